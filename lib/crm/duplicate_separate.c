#include "liaison/crm/duplicate.h"

/* Pairs that somebody says are two. */

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

/* ---- as records ---- */

/* One row for both: their ids, of which no base has two thousand million, make its own. */
#define SEPARATE_ID "((d.contact_id << 31) | d.other_id)"

static const struct query_field separate_fields[] = {
	{ "id", QUERY_NUMBER, SEPARATE_ID, NULL, true },
	{ "no", QUERY_TEXT, "a.no COLLATE NOCASE", NULL, true },
	{ "name", QUERY_TEXT, "a.name_fold", NULL, true },
	{ "other", QUERY_TEXT, "b.no COLLATE NOCASE", NULL, true },
	{ "other_name", QUERY_TEXT, "b.name_fold", NULL, true },
	{ "type", QUERY_TEXT, "a.type COLLATE NOCASE", NULL, true },
	{ "salesperson", QUERY_TEXT, "a.salesperson COLLATE NOCASE", NULL, true },
	{ 0 },
};

const struct query_noun separate_noun = {
	.name = "separate",
	.from = "duplicate_separate d JOIN contact a ON a.id = d.contact_id"
		" JOIN contact b ON b.id = d.other_id AND d.contact_id < d.other_id",
	.id = SEPARATE_ID,
	.fields = separate_fields,
	.sort = "no",
};

static const char SELECT_SEPARATE[] =
	"SELECT a.no, a.name, b.no, b.name, a.type FROM contact a, contact b"
	" WHERE a.id = ?1 AND b.id = ?2";

int
separate_write(
	struct store *store, int64_t id, int64_t contact, struct json_out *out, struct err *err)
{
	static const char *const NAMES[] = { "no", "name", "other", "other_name", "type" };
	int64_t first = id >> 31, second = id & 0x7fffffff;
	struct stmt *q = sql_prepare(store, SELECT_SEPARATE);

	stmt_bind_int(q, second == contact ? second : first);
	stmt_bind_int(q, second == contact ? first : second);
	if (stmt_row(q)) {
		json_object_begin(out, NULL);
		json_int(out, "id", id);
		json_int(out, "version", 1);
		for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
			json_text(out, NAMES[i], stmt_text(q));
		json_null_(out, "score");
		json_array_begin(out, "reasons");
		json_array_end(out);
		json_object_end(out);
	}
	return stmt_end(q, err);
}
