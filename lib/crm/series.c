#include "liaison/crm/series.h"

#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/crm/setup.h"
#include "series_number.h"

/* Number series, exact to Business Central's tables 308 and 309. */

struct series {
	int64_t id, version;
	const char *code, *description;
	bool is_default, manual, date_order;
};

/* A stored line: one range of numbers and what was drawn of it. */
struct line {
	int64_t id, from, increment, last_date;
	const char *start, *end, *warn, *last;
	bool has_last_date, open;
};

static const char SELECT_SERIES[] =
	"SELECT id, version, code, description, is_default, manual, date_order FROM series"
	" WHERE code = ?";

static int
find_series(struct store *store, struct arena *arena, const char *code, struct series *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SERIES);
	struct series found = { 0 };

	stmt_bind_text(q, code);
	if (stmt_row(q)) {
		found.id = stmt_int(q);
		found.version = stmt_int(q);
		found.code = stmt_text_copy(q, arena);
		found.description = stmt_text_copy(q, arena);
		found.is_default = stmt_int(q) != 0;
		found.manual = stmt_int(q) != 0;
		found.date_order = stmt_int(q) != 0;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (found.id == 0)
		return fail_field(
			err, ERR_NOT_FOUND, "code", "there is no number series '%s'", code);
	*out = found;
	return 0;
}

static void
read_line(struct stmt *q, struct arena *arena, struct line *out)
{
	out->id = stmt_int(q);
	out->from = stmt_int(q);
	out->start = stmt_text_copy(q, arena);
	out->end = stmt_text_copy(q, arena);
	out->warn = stmt_text_copy(q, arena);
	out->increment = stmt_int(q);
	out->last = stmt_text_copy(q, arena);
	out->has_last_date = !stmt_next_is_null(q);
	out->last_date = stmt_int(q);
	out->open = stmt_int(q) != 0;
}

static const char SELECT_OPEN_LINE[] =
	"SELECT id, valid_from, start_no, end_no, warn_no, increment, last_no, last_date, open"
	" FROM series_line WHERE series_id = ? AND open = 1 AND valid_from <= ?"
	" ORDER BY valid_from DESC LIMIT 1";

static int
find_open_line(struct store *store, struct arena *arena, const struct series *series, int64_t at,
	struct line *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OPEN_LINE);
	struct line found = { 0 };

	stmt_bind_int(q, series->id);
	stmt_bind_int(q, at);
	if (stmt_row(q))
		read_line(q, arena, &found);
	if (stmt_end(q, err) < 0)
		return -1;
	if (found.id == 0) {
		fail(err, ERR_REFUSED, "cannot assign new numbers from series '%s' on %s",
			series->code, date_text(arena, at, 0));
		return err_hint(err, "add a line: series line %s START", series->code);
	}
	*out = found;
	return 0;
}

static bool
in_range(const struct line *line, const char *no)
{
	if (!number_alike(no, line->start) || number_compare(no, line->start) < 0)
		return false;
	return line->end == NULL || number_compare(no, line->end) <= 0;
}

/* The number after the last one of line; the first is the starting number itself. */
static int
next_of(struct arena *arena, const struct series *series, const struct line *line, int64_t at,
	const char **out, struct err *err)
{
	const char *next = line->last == NULL
				   ? line->start
				   : series_increment(arena, line->last, line->increment);

	if (series->date_order && line->has_last_date && series_day(at) < line->last_date)
		return fail_field(err, ERR_REFUSED, "date",
			"series '%s' gives numbers in order of date, and %s is before %s, its last",
			series->code, date_text(arena, at, 0),
			date_text(arena, line->last_date, 0));
	if (next == NULL || !in_range(line, next))
		return fail(err, ERR_REFUSED,
			"cannot assign numbers greater than '%s' from series '%s'",
			line->end != NULL ? line->end : line->last, series->code);
	*out = next;
	return 0;
}

/* Whether another number can follow no. */
static bool
stays_open(struct arena *arena, const struct line *line, const char *no)
{
	const char *next;

	if (line->end == NULL)
		return true;
	next = series_increment(arena, no, line->increment);
	return next != NULL && number_compare(next, line->end) <= 0;
}

static const char TAKE_NUMBER[] =
	"UPDATE series_line SET last_no = ?2, last_date = ?3, open = ?4 WHERE id = ?1";

static int
take_number(struct store *store, struct arena *arena, const struct line *line, const char *no,
	int64_t at, struct err *err)
{
	struct stmt *q = sql_prepare(store, TAKE_NUMBER);

	stmt_bind_int(q, line->id);
	stmt_bind_text(q, no);
	stmt_bind_int(q, series_day(at));
	stmt_bind_int(q, stays_open(arena, line, no));
	return stmt_run(q, err);
}

static int
draw(struct store *store, struct arena *arena, const struct series *series, int64_t at, bool peek,
	const char **no, bool *warning, struct err *err)
{
	struct line line = { 0 };
	const char *next = NULL;

	if (find_open_line(store, arena, series, at, &line, err) < 0 ||
		next_of(arena, series, &line, at, &next, err) < 0)
		return -1;
	if (!peek && take_number(store, arena, &line, next, at, err) < 0)
		return -1;
	*warning = line.end != NULL && line.warn != NULL && number_compare(next, line.warn) >= 0;
	*no = next;
	return 0;
}

int
series_next(struct store *store, struct arena *arena, const char *code, int64_t at, bool peek,
	const char **no, bool *warning, struct err *err)
{
	struct series series = { 0 };
	bool warns = false;

	if (find_series(store, arena, code, &series, err) < 0 ||
		draw(store, arena, &series, at, peek, no, &warns, err) < 0)
		return -1;
	if (warning != NULL)
		*warning = warns;
	return 0;
}

int
series_for(struct store *store, struct arena *arena, const char *setup_key, const char **code,
	struct err *err)
{
	const char *value;

	if (setup_get(store, arena, setup_key, &value, err) < 0)
		return -1;
	if (value == NULL)
		return fail(
			err, ERR_REFUSED, "the setup key '%s' names no number series", setup_key);
	*code = value;
	return 0;
}

int
series_draw(struct store *store, struct arena *arena, const char *setup_key, int64_t at,
	const char **no, struct err *err)
{
	return series_draw_from(store, arena, setup_key, NULL, at, no, err);
}

/* The one that setup_key names, or that was asked for instead. */
static int
find_drawn(struct store *store, struct arena *arena, const char *setup_key, const char *asked,
	struct series *out, struct err *err)
{
	const char *code = NULL;

	if (series_choose(store, arena, setup_key, asked, &code, err) < 0 ||
		find_series(store, arena, code, out, err) < 0)
		return -1;
	if (out->is_default)
		return 0;
	fail_field(err, ERR_REFUSED, "no", "series '%s' gives no numbers by itself", out->code);
	return err_hint(err, "give the number");
}

int
series_draw_from(struct store *store, struct arena *arena, const char *setup_key, const char *asked,
	int64_t at, const char **no, struct err *err)
{
	struct series series = { 0 };
	bool warning;

	if (find_drawn(store, arena, setup_key, asked, &series, err) < 0)
		return -1;
	return draw(store, arena, &series, at, false, no, &warning, err);
}

/* ---- many in one transaction ---- */

struct series_place {
	struct series series;
	struct line line; /* as it is stored */
};

static int
roll_begin(struct store *store, struct series_roll *roll, const char *setup_key, int64_t at,
	struct err *err)
{
	struct series_place *place = arena_alloc(roll->arena, sizeof *place);

	if (find_drawn(store, roll->arena, setup_key, NULL, &place->series, err) < 0 ||
		find_open_line(store, roll->arena, &place->series, at, &place->line, err) < 0)
		return -1;
	roll->place = place;
	roll->at = at;
	return 0;
}

int
series_roll_end(struct store *store, struct series_roll *roll, struct err *err)
{
	if (roll->last != NULL &&
		take_number(store, roll->arena, &roll->place->line, roll->last, roll->at, err) < 0)
		return -1;
	roll->place = NULL;
	roll->last = NULL;
	return 0;
}

/* On another day, and after the last number of a line, another line may be the open one. */
int
series_roll_draw(struct store *store, struct series_roll *roll, const char *setup_key, int64_t at,
	const char **no, struct err *err)
{
	struct line line;

	if (roll->place != NULL && series_day(at) != series_day(roll->at) &&
		series_roll_end(store, roll, err) < 0)
		return -1;
	if (roll->place == NULL && roll_begin(store, roll, setup_key, at, err) < 0)
		return -1;
	line = roll->place->line;
	line.last = roll->last != NULL ? roll->last : line.last;
	if (next_of(roll->arena, &roll->place->series, &line, at, &roll->last, err) < 0)
		return -1;
	*no = roll->last;
	return stays_open(roll->arena, &line, roll->last) ? 0 : series_roll_end(store, roll, err);
}

static int
check_manual(struct store *store, struct arena *arena, const char *setup_key, const char *asked,
	const char *no, struct err *err)
{
	struct series series = { 0 };
	const char *code = NULL;

	if (series_choose(store, arena, setup_key, asked, &code, err) < 0 ||
		find_series(store, arena, code, &series, err) < 0)
		return -1;
	if (!series.manual)
		return fail_field(err, ERR_REFUSED, "no",
			"'%s' cannot be chosen: series '%s' allows no "
			"numbers typed by hand",
			no, series.code);
	return 0;
}

int
series_manual(struct store *store, const char *setup_key, const char *asked, const char *no,
	struct err *err)
{
	struct arena *arena;
	int result;

	if (no[0] == '\0' || strlen(no) > NUMBER_MAX)
		return fail_field(err, ERR_USAGE, "no", "'%.40s' is no number: 1 to %d characters",
			no, NUMBER_MAX);
	arena = arena_new();
	result = check_manual(store, arena, setup_key, asked, no, err);
	arena_free(arena);
	return result;
}

static const char INSERT_SERIES[] = "INSERT INTO series (code, description, is_default, manual, "
				    "date_order) VALUES (?, ?, ?, ?, ?)";

int
series_add(struct store *store, const char *code, const char *description, bool is_default,
	bool manual, bool date_order, int64_t *id, struct err *err)
{
	struct stmt *q;

	if (code[0] == '\0' || strlen(code) > NUMBER_MAX)
		return fail_field(err, ERR_USAGE, "code", "'%.40s' is no code: 1 to %d characters",
			code, NUMBER_MAX);
	if (!is_default && !manual)
		return fail_field(err, ERR_USAGE, "manual",
			"series '%s' must give numbers by default or "
			"take them by hand",
			code);
	q = sql_prepare(store, INSERT_SERIES);
	stmt_bind_text(q, code);
	stmt_bind_text(q, description);
	stmt_bind_int(q, is_default);
	stmt_bind_int(q, manual);
	stmt_bind_int(q, date_order);
	if (stmt_run(q, err) < 0)
		return err->code == ERR_CONFLICT
			       ? fail_field(err, ERR_CONFLICT, "code",
					 "there is a number series '%s' already", code)
			       : -1;
	*id = store_last_id(store);
	return 0;
}

static const char HAS_LINE[] =
	"SELECT 1 FROM series_line l JOIN series s ON s.id = l.series_id WHERE s.code = ? LIMIT 1";

int
series_has_line(struct store *store, const char *code, bool *has, struct err *err)
{
	struct stmt *q = sql_prepare(store, HAS_LINE);
	bool found;

	stmt_bind_text(q, code);
	found = stmt_row(q);
	if (stmt_end(q, err) < 0)
		return -1;
	*has = found;
	return 0;
}
