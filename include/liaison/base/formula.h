#ifndef LIAISON_BASE_FORMULA_H
#define LIAISON_BASE_FORMULA_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* Date formulas as in Business Central: terms that are applied to a day one after the other. A term is
 * a number and a unit, 1D 2W 3M 1Q 1Y, or C and a unit for the end of the current period, each with +
 * or - before it: -1Y, CM+1D. -CM is the first day of the month. A month that is too short for the day
 * ends on its last one, so that a month after January 31st is February's end. A week begins on Monday. */

enum { FORMULA_TERMS = 8, FORMULA_NUMBER_MAX = 9999 };

struct formula_term {
	int number; /* signed; of a period 1 or -1 */
	char unit; /* one of D W M Q Y */
	bool period; /* C: the end of the current one, or its begin */
};

struct formula {
	unsigned count; /* 0: the day itself */
	struct formula_term terms[FORMULA_TERMS];
};

/* In any case, with blanks between terms, also in angle brackets as Business Central writes them.
 * ERR_USAGE tells what was expected. */
int formula_parse(const char *text, struct formula *out, struct err *err);
/* "1M+2D", which reads as the same. */
char *formula_text(struct arena *arena, const struct formula *formula);
/* day: any second of it, as of UTC; *out its begin. ERR_USAGE: beyond the years 1900 to 2999. */
int formula_apply(const struct formula *formula, int64_t day, int64_t *out, struct err *err);

#endif
