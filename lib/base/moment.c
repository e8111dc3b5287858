/* What a user may write for a moment. */
#include "liaison/base/clock.h"

#include <string.h>

enum { DAY = 86400 };

static const struct {
	const char *name;
	int days; /* from today; NOW: this very second */
} WORDS[] = {
	{ "now", 0 },
	{ "today", 0 },
	{ "yesterday", -1 },
	{ "tomorrow", 1 },
};

/* The first and the last day of all are cut to the times there are, whatever the zone. */
static int64_t
within(int64_t time)
{
	return time < TIME_MIN ? TIME_MIN : time > TIME_MAX ? TIME_MAX : time;
}

static int64_t
day_start(const struct zone *zone, int64_t day)
{
	struct civil civil;

	time_to_civil(day * DAY, &civil);
	return zone ? zone_time(zone, &civil) : day * DAY;
}

static int64_t
local_day(const struct zone *zone, int64_t time)
{
	int64_t local = time + (zone ? (int64_t)zone_offset(zone, time) * 60 : 0);

	return (local >= 0 ? local : local - (DAY - 1)) / DAY;
}

static int64_t
whole_day(const struct zone *zone, int64_t day, bool end)
{
	return end ? day_start(zone, day + 1) - 1 : day_start(zone, day);
}

/* "", "-90d", "+2h" after a word. */
static int
read_shift(const char *string, int64_t *shift)
{
	int sign = *string == '-' ? -1 : 1;

	*shift = 0;
	if (*string == '\0')
		return 0;
	if ((*string != '-' && *string != '+') || duration_parse(string + 1, shift) < 0)
		return -1;
	*shift *= sign;
	return 0;
}

/* A shift by whole days goes by the calendar, so that summer time does not move midnight. */
static int
word_parse(const char *string, const struct zone *zone, int64_t now, bool end, int64_t *time)
{
	for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
		size_t length = strlen(WORDS[i].name);
		int64_t shift, day;

		if (strncmp(string, WORDS[i].name, length) != 0 ||
			read_shift(string + length, &shift) < 0)
			continue;
		day = local_day(zone, now) + WORDS[i].days;
		if (i == 0)
			*time = now + shift;
		else if (shift % DAY == 0)
			*time = whole_day(zone, day + shift / DAY, end);
		else
			*time = day_start(zone, day) + shift;
		return *time < TIME_MIN || *time > TIME_MAX ? -1 : 0;
	}
	return -1;
}

/* "2026-11-21 14:05", with seconds or without, as tables show it: a time in zone. A minute is told
 * whole, so its end is its last second. */
static int
clock_parse(const char *string, const struct zone *zone, bool end, int64_t *time)
{
	size_t length = strlen(string);
	bool minutes = length == 16;
	char rfc[] = "2026-11-21T14:05:00Z";
	int64_t value;
	struct civil civil;
	int offset;

	if ((!minutes && length != 19) || string[10] != ' ')
		return -1;
	memcpy(rfc, string, length);
	rfc[10] = 'T';
	if (time_parse(rfc, &value, &offset) < 0)
		return -1;
	time_to_civil(value, &civil);
	*time = within((zone ? zone_time(zone, &civil) : value) + (minutes && end ? 59 : 0));
	return 0;
}

/* "10d" ago is today-10d, "2h" now-2h. */
static int
ago_parse(const char *string, const struct zone *zone, int64_t now, bool end, int64_t *time)
{
	int64_t shift;

	if (duration_parse(string, &shift) < 0)
		return -1;
	if (shift % DAY == 0)
		*time = whole_day(zone, local_day(zone, now) - shift / DAY, end);
	else
		*time = now - shift;
	return *time < TIME_MIN ? -1 : 0;
}

int
moment_parse(const char *string, const struct zone *zone, int64_t now, bool end, int64_t *time,
	int *offset_min, struct err *err)
{
	struct civil civil;
	int64_t value;

	if (time_parse(string, time, offset_min) == 0)
		return 0;
	if (date_parse(string, &civil) == 0)
		value = within(whole_day(zone,
			civil_to_time(&civil) / DAY - (civil_to_time(&civil) % DAY < 0), end));
	else if (clock_parse(string, zone, end, &value) < 0 &&
		 ago_parse(string, zone, now, end, &value) < 0 &&
		 word_parse(string, zone, now, end, &value) < 0)
		return fail(err, ERR_USAGE,
			"'%s' is no time: write 2026-11-21, '2026-11-21 08:30', "
			"2026-11-21T08:30:00+01:00, now, today, yesterday, tomorrow, today-90d or "
			"90d",
			string);
	*time = value;
	*offset_min = zone ? zone_offset(zone, value) : 0;
	return 0;
}
