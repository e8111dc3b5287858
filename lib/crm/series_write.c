#include "liaison/base/clock.h"
#include "liaison/crm/series.h"

static void
write_day(struct json_out *out, struct arena *arena, const char *name, int64_t day)
{
	json_text(out, name, day <= TIME_MIN ? NULL : date_text(arena, day, 0));
}

static const char SELECT_LINES[] =
	"SELECT l.valid_from, l.start_no, l.end_no, l.warn_no, l.increment, l.last_no,"
	" coalesce(l.last_date, -2208988800), l.open"
	" FROM series_line l WHERE l.series_id = ? ORDER BY l.valid_from";

static int
write_lines(
	struct store *store, struct arena *arena, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_LINES);

	stmt_bind_int(q, id);
	json_array_begin(out, "lines");
	while (stmt_row(q)) {
		json_object_begin(out, NULL);
		write_day(out, arena, "from", stmt_int(q));
		json_text(out, "start", stmt_text(q));
		json_text(out, "end", stmt_text(q));
		json_text(out, "warn", stmt_text(q));
		json_int(out, "increment", stmt_int(q));
		json_text(out, "last", stmt_text(q));
		write_day(out, arena, "last_date", stmt_int(q));
		json_bool(out, "open", stmt_int(q) != 0);
		json_object_end(out);
	}
	json_array_end(out);
	return stmt_end(q, err);
}

static const char SELECT_HEAD[] =
	"SELECT id, version, code, description, is_default, manual, date_order FROM series"
	" WHERE code = ?";

/* The head's columns; the object stays open. *id 0: there is none. */
static int
write_head(
	struct store *store, const char *code, struct json_out *out, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_HEAD);

	*id = 0;
	stmt_bind_text(q, code);
	if (stmt_row(q)) {
		*id = stmt_int(q);
		json_object_begin(out, NULL);
		json_int(out, "id", *id);
		json_int(out, "version", stmt_int(q));
		json_text(out, "code", stmt_text(q));
		json_text(out, "description", stmt_text(q));
		json_bool(out, "default", stmt_int(q) != 0);
		json_bool(out, "manual", stmt_int(q) != 0);
		json_bool(out, "date_order", stmt_int(q) != 0);
	}
	return stmt_end(q, err);
}

int
series_write(struct store *store, const char *code, struct json_out *out, struct err *err)
{
	struct arena *arena;
	int64_t id;
	int result;

	if (write_head(store, code, out, &id, err) < 0)
		return -1;
	if (id == 0)
		return fail_field(
			err, ERR_NOT_FOUND, "code", "there is no number series '%s'", code);
	arena = arena_new();
	result = write_lines(store, arena, id, out, err);
	arena_free(arena);
	if (result < 0 || series_relations_write(store, id, out, err) < 0)
		return -1;
	json_object_end(out);
	return 0;
}

const struct query_noun series_noun = {
	.name = "series",
	.from = "series s",
	.id = "s.id",
	.fields =
		(const struct query_field[]){
			{ "id", QUERY_NUMBER, "s.id", NULL, true },
			{ "code", QUERY_TEXT, "s.code", NULL, true },
			{ "description", QUERY_TEXT, "s.description", NULL, true },
			{ "default", QUERY_BOOL, "s.is_default", NULL, false },
			{ "manual", QUERY_BOOL, "s.manual", NULL, false },
			{ "date_order", QUERY_BOOL, "s.date_order", NULL, false },
			{ 0 },
		},
	.sort = "code",
};

static const char SELECT_CODE[] = "SELECT code FROM series WHERE id = ?";

int
series_code(
	struct store *store, struct arena *arena, int64_t id, const char **code, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_CODE);
	const char *found = NULL;

	stmt_bind_int(q, id);
	if (stmt_row(q))
		found = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
		return -1;
	if (found == NULL)
		return fail(err, ERR_NOT_FOUND, "there is no number series %lld", (long long)id);
	*code = found;
	return 0;
}
