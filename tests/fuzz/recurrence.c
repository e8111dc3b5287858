/* The first line is a rule, the rest a VTIMEZONE: what is expanded is in order and in the window. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "recurrence.h"
#include "timezone_private.h"

enum { MAX = 500 };

static const int64_t FROM = 1700000000, UNTIL = 1800000000;

static void
check_zone(const struct timezone *zone)
{
	for (int64_t time = FROM; time < UNTIL; time += 10000000) {
		struct civil local;
		int offset;

		time_to_civil(time, &local);
		timezone_time(zone, &local, &offset);
		if (offset <= -24 * 60 || offset >= 24 * 60)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct timezone utc = { .name = "UTC" };
	const struct timezone *zone = &utc;
	struct arena *arena = arena_new();
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t length = end != NULL ? (size_t)(end - data) : size;
	const char *rule = arena_text_n(arena, size > 0 ? (const char *)data : "", length);
	struct recurrence set = { .start = 1000000000, .rules = &rule, .rule_count = 1 };
	int64_t *starts;
	unsigned count;
	bool more, cut;
	struct err err;

	if (end != NULL &&
		timezone_read((const char *)end + 1, size - length - 1, arena, &zone, &err) == 0)
		check_zone(zone);
	set.zone = zone;
	if (recurrence_expand(&set, FROM, UNTIL, MAX, arena, &starts, &count, &more, &cut, &err) ==
		0) {
		if (count > MAX)
			abort();
		for (unsigned i = 0; i < count; i++)
			if (starts[i] < FROM || starts[i] >= UNTIL ||
				(i > 0 && starts[i] <= starts[i - 1]))
				abort();
	}
	arena_free(arena);
	return 0;
}
