#include "liaison/base/clock.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"

/* Howard Hinnant's days_from_civil: years begin in March, so that a leap day is a year's last. */
static int64_t
days_from_civil(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t
civil_to_time(const struct civil *civil)
{
	return days_from_civil(civil->year, civil->month, civil->day) * 86400 + civil->hour * 3600 +
	       civil->minute * 60 + civil->second;
}

static int64_t
floor_days(int64_t time)
{
	return (time >= 0 ? time : time - 86399) / 86400;
}

void
time_to_civil(int64_t time, struct civil *out)
{
	int64_t days = floor_days(time), second = time - days * 86400;
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	out->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	out->month = (int)(month < 10 ? month + 3 : month - 9);
	out->year = (int)(year + era * 400 + (out->month <= 2));
	out->hour = (int)(second / 3600);
	out->minute = (int)(second / 60 % 60);
	out->second = (int)(second % 60);
}

static int
days_in_month(int year, int month)
{
	static const int DAYS[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return DAYS[month - 1] + (month == 2 && leap);
}

bool
civil_valid(const struct civil *civil)
{
	return civil->year >= 1900 && civil->year <= 2999 && civil->month >= 1 &&
	       civil->month <= 12 && civil->day >= 1 &&
	       civil->day <= days_in_month(civil->year, civil->month) && civil->hour >= 0 &&
	       civil->hour <= 23 && civil->minute >= 0 && civil->minute <= 59 &&
	       civil->second >= 0 && civil->second <= 60;
}

int
weekday(int64_t time)
{
	int64_t day = (floor_days(time) + 3) % 7; /* 1970 began on a Thursday */

	return (int)(day < 0 ? day + 7 : day);
}

static char *
put_digits(char *out, int value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return out + width;
}

static char *
put_date(char *out, const struct civil *civil)
{
	out = put_digits(out, civil->year, 4);
	*out++ = '-';
	out = put_digits(out, civil->month, 2);
	*out++ = '-';
	return put_digits(out, civil->day, 2);
}

static void
local_civil(int64_t time, int offset_min, struct civil *out)
{
	int64_t local = time + (int64_t)offset_min * 60;

	if (local < TIME_MIN)
		local = TIME_MIN;
	if (local > TIME_MAX)
		local = TIME_MAX;
	time_to_civil(local, out);
}

size_t
time_write(char *out, int64_t time, int offset_min)
{
	char *at = out;
	struct civil civil;

	offset_min %= 24 * 60;
	local_civil(time, offset_min, &civil);
	at = put_date(at, &civil);
	*at++ = 'T';
	at = put_digits(at, civil.hour, 2);
	*at++ = ':';
	at = put_digits(at, civil.minute, 2);
	*at++ = ':';
	at = put_digits(at, civil.second, 2);
	if (offset_min == 0) {
		*at++ = 'Z';
	} else {
		*at++ = offset_min < 0 ? '-' : '+';
		at = put_digits(at, abs(offset_min) / 60, 2);
		*at++ = ':';
		at = put_digits(at, abs(offset_min) % 60, 2);
	}
	*at = '\0';
	return (size_t)(at - out);
}

char *
time_text(struct arena *arena, int64_t time, int offset_min)
{
	char text[TIME_TEXT_SIZE];

	return arena_text_n(arena, text, time_write(text, time, offset_min));
}

char *
date_text(struct arena *arena, int64_t time, int offset_min)
{
	char text[10];
	struct civil civil;

	local_civil(time, offset_min, &civil);
	put_date(text, &civil);
	return arena_text_n(arena, text, sizeof text);
}

/* Reads exactly width digits; NULL, which every reader here passes on, if they are not there. */
static const char *
read_digits(const char *at, int width, int *out)
{
	int value = 0;

	for (int i = 0; at != NULL && i < width; i++) {
		if (at[i] < '0' || at[i] > '9')
			return NULL;
		value = value * 10 + (at[i] - '0');
	}
	*out = value;
	return at ? at + width : NULL;
}

static const char *
read_char(const char *at, char wanted)
{
	return at != NULL && *at == wanted ? at + 1 : NULL;
}

static const char *
read_date(const char *at, struct civil *out)
{
	at = read_char(read_digits(at, 4, &out->year), '-');
	at = read_char(read_digits(at, 2, &out->month), '-');
	return read_digits(at, 2, &out->day);
}

static const char *
read_clock(const char *at, struct civil *out)
{
	at = read_char(read_digits(at, 2, &out->hour), ':');
	at = read_char(read_digits(at, 2, &out->minute), ':');
	at = read_digits(at, 2, &out->second);
	if (at == NULL || *at != '.')
		return at;
	if (at[1] < '0' || at[1] > '9')
		return NULL;
	for (at++; *at >= '0' && *at <= '9'; at++)
		;
	return at;
}

static const char *
read_offset(const char *at, int *offset_min)
{
	int hours, minutes, sign;

	*offset_min = 0;
	if (at == NULL || *at == 'Z' || *at == 'z')
		return at ? at + 1 : NULL;
	if (*at != '+' && *at != '-')
		return NULL;
	sign = *at == '-' ? -1 : 1;
	at = read_char(read_digits(at + 1, 2, &hours), ':');
	at = read_digits(at, 2, &minutes);
	if (at == NULL || hours > 23 || minutes > 59)
		return NULL;
	*offset_min = sign * (hours * 60 + minutes);
	return at;
}

int
time_parse(const char *string, int64_t *time, int *offset_min)
{
	struct civil civil = { 0 };
	const char *at = read_date(string, &civil);
	int64_t value;
	int offset;

	if (at == NULL || (*at != 'T' && *at != 't'))
		return -1;
	at = read_offset(read_clock(at + 1, &civil), &offset);
	if (at == NULL || *at != '\0' || !civil_valid(&civil))
		return -1;
	value = civil_to_time(&civil) - (int64_t)offset * 60;
	if (value < TIME_MIN || value > TIME_MAX)
		return -1;
	*time = value;
	*offset_min = offset;
	return 0;
}

int
date_parse(const char *string, struct civil *out)
{
	struct civil civil = { 0 };
	const char *at = read_date(string, &civil);

	if (at == NULL || *at != '\0' || !civil_valid(&civil))
		return -1;
	*out = civil;
	return 0;
}

static const struct {
	const char *name;
	int64_t seconds;
} UNITS[] = {
	/* largest first, for duration_text */
	{ "y", 365 * 86400 },
	{ "mo", 30 * 86400 },
	{ "w", 7 * 86400 },
	{ "d", 86400 },
	{ "h", 3600 },
	{ "m", 60 },
	{ "s", 1 },
};

enum { UNIT_COUNT = sizeof UNITS / sizeof UNITS[0] };

/* Digits into *value; returns what follows them, or NULL. */
static const char *
read_number(const char *at, int64_t *value)
{
	const char *start = at;

	for (*value = 0; *at >= '0' && *at <= '9'; at++) {
		if (*value > INT64_MAX / 100)
			return NULL;
		*value = *value * 10 + (*at - '0');
	}
	return at == start ? NULL : at;
}

int
duration_parse(const char *string, int64_t *seconds)
{
	int64_t value;
	const char *unit = read_number(string, &value);

	for (size_t i = 0; unit != NULL && i < UNIT_COUNT; i++) {
		if (strcmp(unit, UNITS[i].name) != 0)
			continue;
		if (value > (TIME_MAX - TIME_MIN) / UNITS[i].seconds)
			return -1;
		*seconds = value * UNITS[i].seconds;
		return 0;
	}
	return -1;
}

char *
duration_text(struct arena *arena, int64_t seconds)
{
	size_t unit = 0;

	if (seconds == 0)
		return arena_text(arena, "0s");
	while (seconds % UNITS[unit].seconds != 0)
		unit++;
	return arena_printf(
		arena, "%lld%s", (long long)(seconds / UNITS[unit].seconds), UNITS[unit].name);
}

int
size_parse(const char *string, int64_t *bytes)
{
	static const char LETTERS[] = "KMG";
	int64_t value, shift = 0;
	const char *unit = read_number(string, &value);
	const char *letter;

	if (unit == NULL)
		return -1;
	if (*unit != '\0') {
		letter = strchr(LETTERS, *unit & ~0x20);
		if (letter == NULL || unit[1] != '\0')
			return -1;
		shift = 10 * (letter - LETTERS + 1);
	}
	if (value > INT64_MAX >> (shift + 1))
		return -1;
	*bytes = value << shift;
	return 0;
}
