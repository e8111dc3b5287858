/* Times, durations and sizes that people write, in several zones: what is taken is in range, and is
 * written as what is read again to the same. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { NOW = 1795262400, ZONES = 4 };

static struct zone *zones[ZONES];
static struct arena *arena;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
load(void)
{
	static const char *const NAMES[ZONES] = { "UTC", "Europe/Berlin", "Australia/Lord_Howe",
		"America/St_Johns" };
	struct err err;

	arena = arena_new();
	for (unsigned i = 0; i < ZONES; i++)
		zones[i] = zone_load(NAMES[i], &err);
}

static void
check_time(const char *text)
{
	int64_t time, again;
	int offset, offset_again;
	struct civil civil, back;

	if (time_parse(text, &time, &offset) == 0) {
		must(time >= TIME_MIN && time <= TIME_MAX);
		must(time_parse(time_text(arena, time, offset), &again, &offset_again) == 0);
		must(again == time && offset_again == offset);
	}
	if (date_parse(text, &civil) == 0) {
		must(civil_valid(&civil));
		time_to_civil(civil_to_time(&civil), &back);
		must(memcmp(&civil, &back, sizeof civil) == 0);
	}
}

static void
check_count(const char *text)
{
	int64_t seconds, again, bytes;

	if (duration_parse(text, &seconds) == 0) {
		must(seconds >= 0);
		must(duration_parse(duration_text(arena, seconds), &again) == 0 &&
			again == seconds);
	}
	if (size_parse(text, &bytes) == 0)
		must(bytes >= 0);
}

static void
check_moment(const char *text, const struct zone *zone)
{
	int64_t first, last;
	int offset;
	struct err err;

	if (moment_parse(text, zone, NOW, false, &first, &offset, &err) < 0) {
		must(err.code == ERR_USAGE && text_is_utf8(err.message, strlen(err.message)));
		return;
	}
	must(first >= TIME_MIN && first <= TIME_MAX && offset > -24 * 60 && offset < 24 * 60);
	if (moment_parse(text, zone, NOW, true, &last, &offset, &err) == 0)
		must(last >= first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *text;

	if (arena == NULL)
		load();
	text = arena_text_n(arena, (const char *)bytes, size);
	check_time(text);
	check_count(text);
	for (unsigned i = 0; i < ZONES; i++)
		check_moment(text, zones[i]);
	arena_reset(arena);
	return 0;
}
