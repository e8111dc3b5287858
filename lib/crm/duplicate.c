#include "liaison/crm/duplicate.h"

#include <string.h>

#include "duplicate_side.h"
#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact_find.h"

/* Pairs of contacts that may be one: as records, apart, and all of them in turns. */

static const struct query_field fields[] = {
	{ "id", QUERY_NUMBER, "d.id", NULL, true },
	{ "no", QUERY_TEXT, "a.no COLLATE NOCASE", NULL, true },
	{ "name", QUERY_TEXT, "a.name_fold", NULL, true },
	{ "other", QUERY_TEXT, "b.no COLLATE NOCASE", NULL, true },
	{ "other_name", QUERY_TEXT, "b.name_fold", NULL, true },
	{ "type", QUERY_TEXT, "a.type COLLATE NOCASE", NULL, true },
	{ "salesperson", QUERY_TEXT, "a.salesperson COLLATE NOCASE", NULL, true },
	{ "score", QUERY_NUMBER, "d.score", NULL, true },
	{ "reason", QUERY_TEXT, "r.value COLLATE NOCASE",
		"SELECT 1 FROM json_each(d.reasons) r WHERE", false },
	{ 0 },
};

static const struct query_words words[] = {
	{ "type", "person|company" },
	{ 0 },
};

const struct query_noun duplicate_noun = {
	.name = "duplicate",
	.from = "duplicate_pair d JOIN contact a ON a.id = d.contact_id"
		" JOIN contact b ON b.id = d.other_id",
	.id = "d.id",
	.fields = fields,
	.words = words,
	.sort = "-score",
};

static const char SELECT_PAIR[] =
	"SELECT a.no, a.name, b.no, b.name, a.type, d.score, d.reasons FROM duplicate_pair d"
	" JOIN contact a ON a.id = iif(d.other_id = ?2, d.other_id, d.contact_id)"
	" JOIN contact b ON b.id = iif(d.other_id = ?2, d.contact_id, d.other_id) WHERE d.id = ?1";

int
duplicate_write(
	struct store *store, int64_t id, int64_t contact, struct json_out *out, struct err *err)
{
	static const char *const NAMES[] = { "no", "name", "other", "other_name", "type" };
	struct stmt *q = sql_prepare(store, SELECT_PAIR);

	stmt_bind_int(q, id);
	stmt_bind_int(q, contact);
	if (stmt_row(q)) {
		const char *reasons;

		json_object_begin(out, NULL);
		json_int(out, "id", id);
		json_int(out, "version", 1); /* a score that changes is another look's */
		for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
			json_text(out, NAMES[i], stmt_text(q));
		json_int(out, "score", stmt_int(q));
		reasons = stmt_text(q);
		json_raw(out, "reasons", reasons, strlen(reasons));
		json_object_end(out);
	}
	return stmt_end(q, err);
}

/* ---- apart ---- */

static const char SEPARATE[] =
	"INSERT OR IGNORE INTO duplicate_separate (contact_id, other_id) VALUES (?1, ?2), (?2, ?1)";
static const char JOIN[] =
	"DELETE FROM duplicate_separate WHERE (contact_id = ?1 AND other_id = ?2)"
	" OR (contact_id = ?2 AND other_id = ?1)";
static const char DROP_PAIR[] =
	"DELETE FROM duplicate_pair WHERE contact_id = min(?1, ?2) AND other_id = max(?1, ?2)";
static const char LOOK_AGAIN[] =
	"UPDATE duplicate_content SET checked = 0 WHERE contact_id IN (?1, ?2)";

static int
run_two(struct store *store, const char *sql, int64_t contact, int64_t other, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, contact);
	stmt_bind_int(q, other);
	return stmt_run(q, err);
}

int
duplicate_separate(
	struct store *store, int64_t contact, int64_t other, bool withdraw, struct err *err)
{
	if (contact == other)
		return fail_field(
			err, ERR_REFUSED, "other", "a contact cannot be separated from itself");
	if (!withdraw)
		return run_two(store, SEPARATE, contact, other, err) < 0
			       ? -1
			       : run_two(store, DROP_PAIR, contact, other, err);
	if (run_two(store, JOIN, contact, other, err) < 0)
		return -1;
	if (store_changes(store) == 0)
		return fail_field(err, ERR_NOT_FOUND, "other", "nobody separated the two");
	return run_two(store, LOOK_AGAIN, contact, other, err);
}

static const char SELECT_SEPARATED[] =
	"SELECT other_id FROM duplicate_separate WHERE contact_id = ? ORDER BY other_id";

int
duplicate_separated(struct store *store, struct arena *arena, int64_t contact, int64_t **others,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SEPARATED);
	unsigned room = 0;

	*others = NULL;
	*count = 0;
	stmt_bind_int(q, contact);
	while (stmt_row(q)) {
		if (*count == room)
			*others = arena_grow(arena, *others, *count, &room, sizeof **others);
		(*others)[(*count)++] = stmt_int(q);
	}
	return stmt_end(q, err);
}

/* ---- all of them, in turns ---- */

enum { TURN_MS = 50 };

struct round {
	int64_t round, indexed;
	unsigned hit;
	const char *strings;
};

static const char SELECT_ROUND[] =
	"SELECT round, strings, hit, indexed FROM duplicate_round WHERE id = 1";

static int
read_round(struct store *store, struct arena *arena, struct round *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ROUND);

	*out = (struct round){ 0 };
	if (stmt_row(q)) {
		out->round = stmt_int(q);
		out->strings = stmt_text_copy(q, arena);
		out->hit = (unsigned)stmt_int(q);
		out->indexed = stmt_int(q);
	}
	return stmt_end(q, err);
}

static const char PUT_ROUND[] =
	"UPDATE duplicate_round SET round = ?1, strings = ?2, hit = ?3, indexed = ?4 WHERE id = 1";

static int
put_round(struct store *store, const struct round *round, struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_ROUND);

	stmt_bind_int(q, round->round);
	stmt_bind_text(q, round->strings);
	stmt_bind_int(q, round->hit);
	stmt_bind_int(q, round->indexed);
	return stmt_run(q, err);
}

static bool
is_over(int64_t until)
{
	return clock_monotonic_ms() >= until;
}

static const char SELECT_NEXT[] = "SELECT id FROM contact WHERE id > ? ORDER BY id LIMIT 1";

/* *done: all contacts have been looked at by the rules of this round. */
static int
index_on(struct store *store, const struct duplicate_rows *rows, struct round *round, int64_t until,
	bool *done, struct err *err)
{
	struct arena *arena = arena_new();
	int result = 0;

	*done = false;
	while (result == 0 && !*done && !is_over(until)) {
		struct stmt *q = sql_prepare(store, SELECT_NEXT);
		bool found;

		stmt_bind_int(q, round->indexed);
		result = sql_get_int(q, &round->indexed, &found, err);
		*done = result == 0 && !found;
		if (result == 0 && found)
			result = duplicate_index_by(store, arena, round->indexed, rows, err);
		arena_reset(arena);
	}
	arena_free(arena);
	return result < 0 ? -1 : put_round(store, round, err);
}

static const char SELECT_UNCHECKED[] =
	"SELECT contact_id FROM duplicate_content WHERE checked < ? ORDER BY checked, contact_id"
	" LIMIT 1";

static int
check_on(struct store *store, const struct duplicate_rows *rows, const struct round *round,
	int64_t until, struct err *err)
{
	struct arena *arena = arena_new();
	struct duplicate_hit *hits;
	unsigned count;
	int result = 0;
	bool found = true;

	while (result == 0 && found && !is_over(until)) {
		struct stmt *q = sql_prepare(store, SELECT_UNCHECKED);
		int64_t id = 0;

		stmt_bind_int(q, round->round);
		result = sql_get_int(q, &id, &found, err);
		if (result == 0 && found)
			result = duplicate_check_by(store, arena, id, rows, &hits, &count, err);
		arena_reset(arena);
	}
	arena_free(arena);
	return result;
}

static const char COUNT_LEFT[] =
	"SELECT (SELECT count(*) FROM duplicate_content WHERE checked < ?1)"
	" + (SELECT count(*) FROM contact WHERE id > ?2)";

static int
count_left(struct store *store, const struct round *round, int64_t *left, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_LEFT);
	bool found;

	stmt_bind_int(q, round->round);
	stmt_bind_int(q, round->indexed);
	return sql_get_int(q, left, &found, err);
}

/* By other rules everything is compared again. */
static int
turn(struct store *store, const struct duplicate_rows *rows, struct round *round, int64_t until,
	struct err *err)
{
	bool done;

	if (!text_same(rows->text, round->strings) || rows->hit != round->hit)
		*round = (struct round){
			.round = round->round + 1, .strings = rows->text, .hit = rows->hit
		};
	if (index_on(store, rows, round, until, &done, err) < 0)
		return -1;
	return done ? check_on(store, rows, round, until, err) : 0;
}

int
duplicate_turn(struct store *store, struct arena *arena, int64_t *left, struct err *err)
{
	int64_t until = clock_monotonic_ms() + TURN_MS;
	struct duplicate_rows rows;
	struct round round;
	bool more;

	if (contact_index_turn(store, &more, err) < 0)
		return -1;
	if (duplicate_rows_get(store, arena, &rows, err) < 0 ||
		read_round(store, arena, &round, err) < 0)
		return -1;
	if (!more && turn(store, &rows, &round, until, err) < 0)
		return -1;
	if (count_left(store, &round, left, err) < 0)
		return -1;
	*left += more && *left == 0;
	return 0;
}
