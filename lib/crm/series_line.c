#include "liaison/crm/series.h"

#include <string.h>

#include "series_number.h"

/* Lines of number series: what they must be, and putting them where they belong. */

static int
check_number(const char *field, const char *no, const char *start, struct err *err)
{
	if (no == NULL)
		return 0;
	if (no[0] == '\0' || strlen(no) > NUMBER_MAX)
		return fail_field(err, ERR_USAGE, field, "'%.40s' is no number: 1 to %d characters",
			no, NUMBER_MAX);
	if (!number_has_digit(no))
		return fail_field(err, ERR_USAGE, field, "'%s' has no digit to increase", no);
	if (!number_alike(no, start))
		return fail_field(
			err, ERR_USAGE, field, "'%s' is not of the pattern of '%s'", no, start);
	if (number_compare(no, start) < 0)
		return fail_field(err, ERR_USAGE, field,
			"'%s' is less than the starting number '%s'", no, start);
	return 0;
}

static int
check_line(const struct series_line *line, struct err *err)
{
	if (check_number("start", line->start, line->start, err) < 0 ||
		check_number("end", line->end, line->start, err) < 0 ||
		check_number("warn", line->warn, line->start, err) < 0)
		return -1;
	if (line->warn != NULL && line->end == NULL)
		return fail_field(err, ERR_USAGE, "warn",
			"a warning number '%s' needs an ending number", line->warn);
	if (line->warn != NULL && number_compare(line->warn, line->end) > 0)
		return fail_field(err, ERR_USAGE, "warn",
			"'%s' is greater than the ending number '%s'", line->warn, line->end);
	if (line->increment < 1 || line->increment > 1000000000)
		return fail_field(err, ERR_USAGE, "increment",
			"an increment of '%lld' is not in 1 to "
			"1,000,000,000",
			(long long)line->increment);
	return 0;
}

static const char TOUCH_SERIES[] = "UPDATE series SET version = version + 1 WHERE code = ?";

static int
touch_series(struct store *store, const char *code, struct err *err)
{
	struct stmt *q = sql_prepare(store, TOUCH_SERIES);

	stmt_bind_text(q, code);
	return stmt_run(q, err);
}

static const char SELECT_LAST[] =
	"SELECT l.last_no FROM series_line l JOIN series s ON s.id = l.series_id"
	" WHERE s.code = ?1 AND l.valid_from = ?2";

/* NULL: no line begins that day, or none of its numbers was drawn. */
static int
find_last(struct store *store, struct arena *arena, const char *code, int64_t day,
	const char **last, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_LAST);

	*last = NULL;
	stmt_bind_text(q, code);
	stmt_bind_int(q, day);
	if (stmt_row(q))
		*last = stmt_text_copy(q, arena);
	return stmt_end(q, err);
}

/* A line that is changed keeps the numbers it gave: they lie within it. */
static int
check_last(const struct series_line *line, const char *last, struct err *err)
{
	if (last == NULL)
		return 0;
	if (!number_alike(last, line->start) || number_compare(last, line->start) < 0)
		return fail_field(err, ERR_REFUSED, "start",
			"'%s' cannot be the starting number: '%s' was drawn already", line->start,
			last);
	if (line->end != NULL && number_compare(last, line->end) > 0)
		return fail_field(err, ERR_REFUSED, "end",
			"'%s' cannot be the ending number: '%s' was drawn already", line->end,
			last);
	return 0;
}

static const char SELECT_DRAWN[] =
	"SELECT l.start_no, l.last_no FROM series_line l JOIN series s ON s.id = l.series_id"
	" WHERE s.code = ?1 AND l.valid_from <> ?2 AND l.last_no IS NOT NULL";

static bool
reaches(const struct series_line *line, const char *first, const char *last)
{
	return number_alike(line->start, last) && number_compare(line->start, last) <= 0 &&
	       (line->end == NULL || number_compare(line->end, first) >= 0);
}

/* What another line gave is not given again. */
static int
check_drawn(struct store *store, const char *code, int64_t day, const struct series_line *line,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_DRAWN);
	bool drawn = false;
	struct err taken;

	stmt_bind_text(q, code);
	stmt_bind_int(q, day);
	while (!drawn && stmt_row(q)) {
		const char *first = stmt_text(q), *last = stmt_text(q);

		drawn = reaches(line, first, last);
		if (drawn)
			fail_field(&taken, ERR_REFUSED, "start",
				"'%s' cannot be the starting number: another line of '%s' has "
				"given '%s' to '%s'",
				line->start, code, first, last);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (drawn)
		*err = taken;
	return drawn ? -1 : 0;
}

/* Whether a number can follow last. */
static bool
is_open(struct arena *arena, const struct series_line *line, const char *last)
{
	const char *next;

	if (line->end == NULL || last == NULL)
		return true;
	next = series_increment(arena, last, line->increment);
	return next != NULL && number_compare(next, line->end) <= 0;
}

static const char PUT_LINE[] =
	"INSERT INTO series_line (series_id, valid_from, start_no, end_no, warn_no, increment, "
	"open)"
	" SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM series WHERE code = ?1"
	" ON CONFLICT (series_id, valid_from) DO UPDATE SET start_no = excluded.start_no,"
	" end_no = excluded.end_no, warn_no = excluded.warn_no, increment = excluded.increment,"
	" open = excluded.open";

static int
put_line(struct store *store, struct arena *arena, const char *code, const struct series_line *line,
	struct err *err)
{
	int64_t day = series_day(line->from);
	const char *last;
	struct stmt *q;

	if (find_last(store, arena, code, day, &last, err) < 0 || check_last(line, last, err) < 0 ||
		check_drawn(store, code, day, line, err) < 0)
		return -1;
	q = sql_prepare(store, PUT_LINE);
	stmt_bind_text(q, code);
	stmt_bind_int(q, day);
	stmt_bind_text(q, line->start);
	stmt_bind_text(q, line->end);
	stmt_bind_text(q, line->warn);
	stmt_bind_int(q, line->increment);
	stmt_bind_int(q, is_open(arena, line, last));
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(store) == 0)
		return fail_field(
			err, ERR_NOT_FOUND, "code", "there is no number series '%s'", code);
	return 0;
}

int
series_line_add(
	struct store *store, const char *code, const struct series_line *line, struct err *err)
{
	struct arena *arena;
	int result;

	if (check_line(line, err) < 0)
		return -1;
	arena = arena_new();
	result = put_line(store, arena, code, line, err);
	arena_free(arena);
	return result < 0 ? -1 : touch_series(store, code, err);
}

static const char SELECT_ID[] = "SELECT l.id FROM series_line l JOIN series s ON s.id = l.series_id"
				" WHERE s.code = ?1 AND l.valid_from = ?2";

int
series_line_id(struct store *store, const char *code, int64_t from, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ID);
	bool found;

	stmt_bind_text(q, code);
	stmt_bind_int(q, series_day(from));
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	return found ? 0
		     : fail_field(err, ERR_NOT_FOUND, "from", "series '%s' has no such line", code);
}
