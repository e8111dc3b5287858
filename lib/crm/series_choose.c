#include "liaison/crm/series.h"

#include "liaison/base/text.h"
#include "series_number.h"

/* Which series numbers a record: the one of setup, or another that may be chosen instead of it. */

static const char INSERT_RELATION[] = "INSERT INTO series_relation (series_id, related_id)"
				      " SELECT a.id, b.id FROM series a, series b WHERE a.code = "
				      "?1 AND b.code = ?2 AND a.id <> b.id"
				      " ON CONFLICT DO NOTHING";
static const char SELECT_PAIR[] = "SELECT a.id = b.id FROM series a, series b"
				  " WHERE a.code = ?1 AND b.code = ?2";

int
series_relate(struct store *store, const char *code, const char *instead, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_PAIR);
	int64_t same = 0;
	bool found;

	stmt_bind_text(q, code);
	stmt_bind_text(q, instead);
	if (sql_get_int(q, &same, &found, err) < 0)
		return -1;
	if (!found)
		return fail_field(
			err, ERR_NOT_FOUND, "related", "there is no number series '%.40s'", code);
	if (same != 0)
		return fail_field(err, ERR_USAGE, "related",
			"series '%s' cannot be chosen instead of itself", code);
	q = sql_prepare(store, INSERT_RELATION);
	stmt_bind_text(q, code);
	stmt_bind_text(q, instead);
	return stmt_run(q, err);
}

static const char SELECT_RELATED[] =
	"SELECT b.code FROM series_relation r JOIN series a ON a.id = r.series_id"
	" JOIN series b ON b.id = r.related_id WHERE a.code = ?1 AND b.code = ?2";

int
series_choose(struct store *store, struct arena *arena, const char *setup_key, const char *asked,
	const char **code, struct err *err)
{
	const char *own, *found = NULL;
	struct stmt *q;

	if (series_for(store, arena, setup_key, &own, err) < 0)
		return -1;
	if (asked == NULL || text_equal_nocase(asked, own)) {
		*code = own;
		return 0;
	}
	q = sql_prepare(store, SELECT_RELATED);
	stmt_bind_text(q, own);
	stmt_bind_text(q, asked);
	if (stmt_row(q))
		found = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
		return -1;
	if (found == NULL) {
		fail_field(err, ERR_REFUSED, "series",
			"series '%.40s' cannot be chosen instead of '%s'", asked, own);
		return err_hint(err, "series add CODE --related %s makes one that can", own);
	}
	*code = found;
	return 0;
}

static const char SELECT_RELATIONS[] =
	"SELECT b.code FROM series_relation r JOIN series b ON b.id = r.related_id"
	" WHERE r.series_id = ? ORDER BY b.code";

int
series_relations_write(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RELATIONS);

	stmt_bind_int(q, id);
	json_array_begin(out, "related");
	while (stmt_row(q))
		json_text(out, NULL, stmt_text(q));
	json_array_end(out);
	return stmt_end(q, err);
}

static const char SELECT_WARNED[] =
	"SELECT l.warn_no, l.end_no FROM series_line l JOIN series s ON s.id = l.series_id"
	" WHERE s.code = ?1 AND l.last_no = ?2 AND l.end_no IS NOT NULL AND l.warn_no IS NOT NULL";

int
series_warning(struct store *store, struct arena *arena, const char *code, const char *no,
	const char **warning, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_WARNED);
	const char *words = NULL;

	stmt_bind_text(q, code);
	stmt_bind_text(q, no);
	if (stmt_row(q)) {
		const char *warn = stmt_text_copy(q, arena), *end = stmt_text_copy(q, arena);

		if (number_compare(no, warn) >= 0)
			words = arena_printf(arena,
				"series '%s' is near its end: it gave '%s', and ends with '%s'",
				code, no, end);
	}
	*warning = words;
	return stmt_end(q, err);
}
