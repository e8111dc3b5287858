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
/* The next number: the last digit group increased, padding kept. NULL: no digit, or too long. */
const char *series_increment(struct arena *arena, const char *no, int64_t by);
/* A number typed by hand: refused unless the series allows it. */
int series_manual(struct store *store, const char *setup_key, const char *no, struct err *err);

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
/* ERR_CONFLICT: another line begins that day. */
int series_line_add(
	struct store *store, const char *code, const struct series_line *line, struct err *err);
int series_has_line(struct store *store, const char *code, bool *has, struct err *err);
/* {id, version, code, description, default, manual, date_order, lines [{from, start, end, warn,
 * increment, last, last_date, open}]} */
int series_write(struct store *store, const char *code, struct json_out *out, struct err *err);
int series_code(
	struct store *store, struct arena *arena, int64_t id, const char **code, struct err *err);

#endif
