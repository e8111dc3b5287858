#ifndef LIAISON_CRM_SERIES_H
#define LIAISON_CRM_SERIES_H

#include "liaison/query/query.h"
#include "liaison/store/sql.h"
#include "liaison/wire/json.h"

/* Number series (reference 1.2 and 2.9). The default series C00001, S00001, K00001, O00001, T00001
 * exist in every new database under the codes CONTACT, SEGMENT, CAMPAIGN, OPPORTUNITY, TASK. */

extern const struct query_noun series_noun;

/* Draws the next number of series code for the day of at; text in arena. peek: without taking it.
 * ERR_REFUSED: exhausted, no line on that day, date order. warning may be NULL: the number has reached
 * the line's warning number. */
int series_next(struct store *store, struct arena *arena, const char *code, int64_t at, bool peek,
	const char **no, bool *warning, struct err *err);
/* The code of the series that a setup key names ("contact-series"); text in arena. */
int series_for(struct store *store, struct arena *arena, const char *setup_key, const char **code,
	struct err *err);
/* Draws for a new record: the series that setup_key names must give numbers by default. */
int series_draw(struct store *store, struct arena *arena, const char *setup_key, int64_t at,
	const char **no, struct err *err);
/* The same from the series that was asked for: that of setup (asked NULL), or one that may be chosen
 * instead of it; ERR_REFUSED: another. */
int series_draw_from(struct store *store, struct arena *arena, const char *setup_key,
	const char *asked, int64_t at, const char **no, struct err *err);
/* Numbers that are drawn one after the other in one transaction: how far they came is stored once, by
 * series_roll_end before its COMMIT. A copy that was made at a savepoint is what to go back to with it. */
struct series_roll {
	struct arena *arena; /* borrowed: it lives as long as the transaction */
	const struct series_place *place; /* NULL: not begun */
	const char *last; /* NULL: all that were drawn are stored */
	int64_t at;
};
int series_roll_draw(struct store *store, struct series_roll *roll, const char *setup_key,
	int64_t at, const char **no, struct err *err);
int series_roll_end(struct store *store, struct series_roll *roll, struct err *err);
int series_choose(struct store *store, struct arena *arena, const char *setup_key,
	const char *asked, const char **code, struct err *err);
/* From now on series instead may be chosen instead of series code. ERR_NOT_FOUND. */
int series_relate(struct store *store, const char *code, const char *instead, struct err *err);
/* What to tell who was given no, just drawn from series code; NULL: nothing. Text in arena. */
int series_warning(struct store *store, struct arena *arena, const char *code, const char *no,
	const char **warning, struct err *err);
/* The codes that may be chosen instead, as an array named related. */
int series_relations_write(struct store *store, int64_t id, struct json_out *out, struct err *err);
/* The next number: the last digit group increased, padding kept. NULL: no digit, or too long. */
const char *series_increment(struct arena *arena, const char *no, int64_t by);
/* A number typed by hand: refused unless the series allows it. */
int series_manual(struct store *store, const char *setup_key, const char *asked, const char *no,
	struct err *err);

int series_add(struct store *store, const char *code, const char *description, bool is_default,
	bool manual, bool date_order, int64_t *id, struct err *err);
/* The i-th of the default series; NULL: there are no more. */
const char *series_default_code(unsigned i);
/* Adds the i-th with its first line; *id is 0 when there is one of its code. */
int series_add_default(struct store *store, unsigned i, int64_t *id, struct err *err);
struct series_line {
	const char *start, *end, *warn; /* end, warn: or NULL */
	int64_t increment;
	int64_t from; /* takes over that day; TIME_MIN: from ever */
};
/* A line that begins on that day already becomes this one. ERR_REFUSED: the number that was drawn last
 * would not lie within it. */
int series_line_add(
	struct store *store, const char *code, const struct series_line *line, struct err *err);
/* Of the line that begins on the day of from. */
int
series_line_id(struct store *store, const char *code, int64_t from, int64_t *id, struct err *err);
int series_has_line(struct store *store, const char *code, bool *has, struct err *err);
/* {id, version, code, description, default, manual, date_order, lines [{from, start, end, warn,
 * increment, last, last_date, open}], related} */
int series_write(struct store *store, const char *code, struct json_out *out, struct err *err);
int series_code(
	struct store *store, struct arena *arena, int64_t id, const char **code, struct err *err);

#endif
