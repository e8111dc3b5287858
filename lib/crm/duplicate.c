#include "liaison/crm/duplicate.h"

#include <string.h>

#include "duplicate_search.h"
#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact_find.h"

/* Pairs of contacts that may be one: as records, and all of them in turns. */

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

void
duplicate_reasons_write(unsigned reasons, struct json_out *out)
{
	static const char *const WORDS[] = {
		[DUPLICATE_NAME] = "name",
		[DUPLICATE_SIMILAR_NAME] = "similar-name",
		[DUPLICATE_EMAIL] = "email",
		[DUPLICATE_PHONE] = "phone",
		[DUPLICATE_DOMAIN] = "domain",
		[DUPLICATE_ADDRESS] = "address",
		[DUPLICATE_COMPANY] = "company",
		[DUPLICATE_STRINGS_ALIKE] = "strings",
	};

	for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
		if (reasons & 1u << i)
			json_text(out, NULL, WORDS[i]);
	}
}

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

/* ---- all of them, in turns ---- */

enum { TURN_MS = 50 };

struct round {
	int64_t round, indexed;
	unsigned hit;
	const char *strings;
};

/* What one turn does. */
struct turn {
	struct store *store;
	const struct duplicate_rows *rows;
	struct duplicate_search *search; /* or NULL */
	struct round round;
	int64_t until; /* of the monotonic clock */
	unsigned looked; /* at so many contacts */
	bool over; /* there is nothing more to look at */
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
is_late(const struct turn *turn)
{
	return clock_monotonic_ms() >= turn->until;
}

static const char SELECT_NEXT[] = "SELECT id FROM contact WHERE id > ? ORDER BY id LIMIT 1";

static int
index_next(struct turn *turn, struct arena *arena, bool *found, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_NEXT);

	stmt_bind_int(q, turn->round.indexed);
	if (sql_get_int(q, &turn->round.indexed, found, err) < 0)
		return -1;
	if (!*found)
		return 0;
	turn->looked++;
	return duplicate_index_by(turn->store, arena, turn->round.indexed, turn->rows, err);
}

/* *done: all contacts have been looked at by the rules of this round. */
static int
index_on(struct turn *turn, bool *done, struct err *err)
{
	const int64_t before = turn->round.indexed;
	struct arena *arena = arena_new();
	bool found = true;
	int result = 0;

	while (result == 0 && found && !is_late(turn)) {
		result = index_next(turn, arena, &found, err);
		arena_reset(arena);
	}
	arena_free(arena);
	*done = !found;
	if (result < 0)
		return -1;
	return turn->round.indexed == before ? 0 : put_round(turn->store, &turn->round, err);
}

static const char SELECT_UNCHECKED[] =
	"SELECT contact_id FROM duplicate_content WHERE checked < ? ORDER BY checked, contact_id"
	" LIMIT 1";

static int
check_next(struct turn *turn, struct arena *arena, bool *found, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_UNCHECKED);
	struct duplicate_hit *hits;
	unsigned count;
	int64_t id = 0;

	stmt_bind_int(q, turn->round.round);
	if (sql_get_int(q, &id, found, err) < 0)
		return -1;
	if (!*found)
		return 0;
	turn->looked++;
	return duplicate_check_by(
		turn->store, arena, id, turn->rows, turn->search, &hits, &count, err);
}

static int
check_on(struct turn *turn, struct err *err)
{
	struct arena *arena = arena_new();
	bool found = true;
	int result = 0;

	if (turn->search != NULL)
		duplicate_search_begin(turn->search, turn->store);
	while (result == 0 && found && !is_late(turn)) {
		result = check_next(turn, arena, &found, err);
		arena_reset(arena);
	}
	arena_free(arena);
	turn->over = !found;
	return result;
}

/* By other rules everything is compared again. */
static int
begin_round(struct turn *turn, struct err *err)
{
	const struct duplicate_rows *rows = turn->rows;
	struct round *round = &turn->round;

	if (text_same(rows->text, round->strings) && rows->hit == round->hit)
		return 0;
	*round = (struct round){
		.round = round->round + 1, .strings = rows->text, .hit = rows->hit
	};
	return put_round(turn->store, round, err);
}

static int
look_on(struct turn *turn, struct err *err)
{
	bool done;

	if (begin_round(turn, err) < 0 || index_on(turn, &done, err) < 0)
		return -1;
	return done ? check_on(turn, err) : 0;
}

/* Contacts are not counted, which would read all of them: numbers that are none any more count. */
static const char COUNT_LEFT[] =
	"SELECT (SELECT count(*) FROM duplicate_content WHERE checked < ?1)"
	" + max(coalesce((SELECT max(id) FROM contact), 0) - ?2, 0)";

static int
count_left(const struct turn *turn, int64_t *left, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, COUNT_LEFT);

	stmt_bind_int(q, turn->round.round);
	stmt_bind_int(q, turn->round.indexed);
	return sql_get_int(q, left, NULL, err);
}

/* Counted once, as it takes a tenth of a turn, and then down. */
static int
estimate_left(const struct turn *turn, int64_t *left, struct err *err)
{
	int64_t *counted = turn->search != NULL ? duplicate_search_left(turn->search) : left;

	if (turn->over) {
		*left = 0;
		return 0;
	}
	if (turn->search != NULL && *counted > 0)
		*counted -= turn->looked;
	else if (count_left(turn, counted, err) < 0)
		return -1;
	if (*counted < 1)
		*counted = 1;
	*left = *counted;
	return 0;
}

int
duplicate_turn(struct store *store, struct arena *arena, struct duplicate_search *search,
	int64_t *left, struct err *err)
{
	struct duplicate_rows rows;
	struct turn turn = { .store = store,
		.rows = &rows,
		.search = search,
		.until = clock_monotonic_ms() + TURN_MS };
	bool more;

	if (contact_index_turn(store, &more, err) < 0)
		return -1;
	if (duplicate_rows_get(store, arena, &rows, err) < 0 ||
		read_round(store, arena, &turn.round, err) < 0)
		return -1;
	if (!more && look_on(&turn, err) < 0)
		return -1;
	return estimate_left(&turn, left, err);
}
