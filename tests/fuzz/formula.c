/* Date formulas that people write: what is taken is written as what is read again to the same, and leads
 * to a day within the calendar. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/formula.h"
#include "liaison/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct arena *arena;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_day(const struct formula *formula, int64_t from)
{
	struct err err;
	int64_t day, again;

	if (formula_apply(formula, from, &day, &err) < 0) {
		must(err.code == ERR_USAGE);
		return;
	}
	must(day >= TIME_MIN && day <= TIME_MAX && day % 86400 == 0);
	must(formula_apply(formula, from + 86399, &again, &err) == 0 && again == day);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const int64_t DAYS[] = { TIME_MIN, -86400, 0, INT64_C(1835308800), /* 2028-02-28 */
		INT64_C(1832889600), TIME_MAX - 86399 };
	struct formula formula, again;
	char *text;
	struct err err;

	if (arena == NULL)
		arena = arena_new();
	if (formula_parse(arena_text_n(arena, (const char *)bytes, size), &formula, &err) < 0) {
		must(err.code == ERR_USAGE && text_is_utf8(err.message, strlen(err.message)));
	} else {
		text = formula_text(arena, &formula);
		must(formula_parse(text, &again, &err) == 0);
		must(strcmp(formula_text(arena, &again), text) == 0);
		for (size_t i = 0; i < sizeof DAYS / sizeof DAYS[0]; i++)
			check_day(&formula, DAYS[i]);
	}
	arena_reset(arena);
	return 0;
}
