#ifndef LIAISON_CLIENT_CELL_H
#define LIAISON_CLIENT_CELL_H

#include <stdbool.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "liaison/wire/json.h"

/* A value of a record as one piece of text. */

struct cell_style {
	const char *join; /* between the values of an array */
	const char *yes, *no;
	bool machine; /* a record is told by its key, not by what it is called */
	const struct zone *zone; /* times are shown in it, short; NULL: as they came */
};

extern const struct cell_style cell_plain; /* ", " yes no */
extern const struct cell_style cell_machine; /* ";" true false */

/* The value at path, "a" or "a.b"; an array on the way gives an array. NULL: there is none. The
 * caller releases it with json_decref. */
json_t *cell_find(const json_t *record, const char *path);

/* An object shows its most telling member. */
void cell_text(struct text *out, const json_t *value, const struct cell_style *style);

/* One line that may go to a terminal: no control, no bidi override, valid UTF-8. */
char *cell_clean(struct arena *arena, const char *text);

/* Columns on a terminal; text is UTF-8. */
size_t cell_width(const char *text);
/* The bytes of text that go on a line of so many columns: all, or as far as a blank, or as many as
 * fit; at least one character. */
size_t cell_fit(const char *text, size_t columns);
/* At most that many columns, the last an ellipsis when it had to be cut. */
char *cell_cut(struct arena *arena, const char *text, size_t columns);

#endif
