#include "zone_rule.h"

#include <stddef.h>

#include "liaison/base/clock.h"

/* Every reader returns what follows, or NULL, which the next one passes on. */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *
skip_name(const char *at)
{
	if (at == NULL)
		return NULL;
	if (*at == '<') {
		while (*at != '\0' && *at != '>')
			at++;
		return *at == '>' ? at + 1 : NULL;
	}
	if (!is_letter(*at))
		return NULL;
	while (is_letter(*at))
		at++;
	return at;
}

static const char *
read_number(const char *at, int max, int *out)
{
	int value = 0;

	if (at == NULL || *at < '0' || *at > '9')
		return NULL;
	for (; *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (*at - '0');
		if (value > max)
			return NULL;
	}
	*out = value;
	return at;
}

/* [+-]hh[:mm[:ss]] */
static const char *
read_clock(const char *at, int32_t *out)
{
	int part[3] = { 0 }, sign = 1;

	if (at != NULL && (*at == '-' || *at == '+'))
		sign = *at++ == '-' ? -1 : 1;
	at = read_number(at, 167, &part[0]);
	for (int i = 1; i < 3 && at != NULL && *at == ':'; i++)
		at = read_number(at + 1, 59, &part[i]);
	*out = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
	return at;
}

static const char *
read_dotted(const char *at, int max, int *out)
{
	return at != NULL && *at == '.' ? read_number(at + 1, max, out) : NULL;
}

static const char *
read_day(const char *at, struct zone_change *out)
{
	if (*at == 'M') {
		out->kind = DAY_MONTH_WEEK;
		at = read_number(at + 1, 12, &out->month);
		at = read_dotted(at, 5, &out->week);
		at = read_dotted(at, 6, &out->day);
		return out->month > 0 && out->week > 0 ? at : NULL;
	}
	out->kind = *at == 'J' ? DAY_JULIAN : DAY_ZERO;
	at = read_number(at + (*at == 'J'), 365, &out->day);
	return out->kind == DAY_JULIAN && out->day == 0 ? NULL : at;
}

static const char *
read_change(const char *at, struct zone_change *out)
{
	if (at == NULL || *at != ',')
		return NULL;
	at = read_day(at + 1, out);
	out->second = 2 * 3600;
	if (at != NULL && *at == '/')
		at = read_clock(at + 1, &out->second);
	return at;
}

int
zone_rule_parse(const char *string, struct zone_rule *out)
{
	struct zone_rule rule = { 0 };
	const char *at = read_clock(skip_name(string), &rule.standard);

	rule.standard = -rule.standard; /* POSIX counts to the west */
	if (at != NULL && *at != '\0') {
		rule.has_summer = true;
		rule.summer = rule.standard + 3600;
		at = skip_name(at);
		if (at != NULL && *at != ',') {
			at = read_clock(at, &rule.summer);
			rule.summer = -rule.summer;
		}
		at = read_change(read_change(at, &rule.start), &rule.end);
	}
	if (at == NULL || *at != '\0')
		return -1;
	*out = rule;
	return 0;
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The local wall clock second at which change happens in year. */
static int64_t
change_time(const struct zone_change *change, int year)
{
	struct civil first = { year, change->kind == DAY_MONTH_WEEK ? change->month : 1, 1, 0, 0,
		0 };
	int64_t start = civil_to_time(&first);
	int day = change->day;
	struct civil civil;

	if (change->kind == DAY_MONTH_WEEK) {
		int sunday_based = (weekday(start) + 1) % 7;

		day = (change->day - sunday_based + 7) % 7 + (change->week - 1) * 7;
		time_to_civil(start + (int64_t)day * 86400, &civil);
		if (civil.month != change->month) /* "5" is the last one */
			day -= 7;
	} else if (change->kind == DAY_JULIAN) {
		day = change->day - 1 + (change->day > 59 && is_leap(year));
	}
	return start + (int64_t)day * 86400 + change->second;
}

int32_t
zone_rule_offset(const struct zone_rule *rule, int64_t time)
{
	struct civil civil;
	int64_t start, end;
	bool summer;

	if (!rule->has_summer)
		return rule->standard;
	time_to_civil(time + rule->standard, &civil);
	start = change_time(&rule->start, civil.year) - rule->standard;
	end = change_time(&rule->end, civil.year) - rule->summer;
	if (start < end)
		summer = time >= start && time < end;
	else
		summer = time >= start || time < end;
	return summer ? rule->summer : rule->standard;
}
