#include "series_number.h"

#include <assert.h>
#include <string.h>

#include "liaison/crm/series.h"

int64_t
series_day(int64_t at)
{
	enum { DAY = 86400 };
	int64_t past = at % DAY;

	return at - (past < 0 ? past + DAY : past);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
number_has_digit(const char *no)
{
	return strpbrk(no, "0123456789") != NULL;
}

int
number_compare(const char *a, const char *b)
{
	size_t long_a = strlen(a), long_b = strlen(b);

	if (long_a != long_b)
		return long_a < long_b ? -1 : 1;
	return strcmp(a, b);
}

static const char *
after_digits(const char *no)
{
	return no + strspn(no, "0123456789");
}

bool
number_alike(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		if (is_digit(*a) && is_digit(*b)) {
			a = after_digits(a);
			b = after_digits(b);
		} else if (*a == *b) {
			a++;
			b++;
		} else {
			return false;
		}
	}
	return *a == *b;
}

/* Adds by to the digits from first up to end, in place; returns what does not fit them. */
static int64_t
add_in_place(const char *first, char *end, int64_t by)
{
	while (end > first && by > 0) {
		int64_t sum = *--end - '0' + by % 10;

		*end = (char)('0' + sum % 10);
		by = by / 10 + sum / 10;
	}
	return by;
}

const char *
series_increment(struct arena *arena, const char *no, int64_t by)
{
	char *copy = arena_text(arena, no), *end = copy + strlen(copy), *first, *next;
	int64_t carry;

	assert(by >= 1);
	while (end > copy && !is_digit(end[-1]))
		end--;
	if (end == copy)
		return NULL;
	for (first = end; first > copy && is_digit(first[-1]); first--)
		;
	carry = add_in_place(first, end, by);
	if (carry == 0)
		next = copy;
	else
		next = arena_printf(
			arena, "%.*s%lld%s", (int)(first - copy), copy, (long long)carry, first);
	return strlen(next) <= NUMBER_MAX ? next : NULL;
}
