/* RFC 5545 3.3.10 says of each BY part whether it limits or expands; over days, both are the same
 * test: a day of the period is an instance if every part allows it. What a rule leaves open, DTSTART
 * says. A year of BYWEEKNO is one of whole weeks. */
#include "rule.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"

enum { DAY = 86400 };

static int64_t
floor_div(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

static struct civil
civil_of(int64_t day)
{
	struct civil civil;

	time_to_civil(day * DAY, &civil);
	return civil;
}

static int64_t
day_of(int year, int month, int day)
{
	struct civil civil = { year, month, day, 0, 0, 0 };

	return floor_div(civil_to_time(&civil), DAY);
}

/* month counts from January of year 0. */
static int64_t
month_first(int64_t month)
{
	return day_of((int)floor_div(month, 12), (int)(month - 12 * floor_div(month, 12)) + 1, 1);
}

static int64_t
month_of(int64_t day)
{
	struct civil civil = civil_of(day);

	return (int64_t)civil.year * 12 + civil.month - 1;
}

static int64_t
week_first(int64_t day, int week_start)
{
	return day - (weekday(day * DAY) - week_start + 7) % 7;
}

/* Week 1 is the first with at least four days in the year. */
static int64_t
year_first(const struct rule *rule, int64_t year)
{
	if ((rule->weeks | rule->weeks_back) == 0)
		return day_of((int)year, 1, 1);
	return week_first(day_of((int)year, 1, 4), rule->week_start);
}

static int64_t
year_of(const struct rule *rule, int64_t day)
{
	int64_t year = civil_of(day).year;

	if (day < year_first(rule, year))
		return year - 1;
	return day >= year_first(rule, year + 1) ? year + 1 : year;
}

/* The number of the period that day is in. */
static int64_t
period_of(const struct rule *rule, int64_t day)
{
	switch (rule->frequency) {
	case DAILY:
		return day;
	case WEEKLY:
		return floor_div(day - rule->week_start + 3, 7);
	case MONTHLY:
		return month_of(day);
	case YEARLY:
		return year_of(rule, day);
	}
	return 0;
}

static int64_t
period_first(const struct rule *rule, int64_t period)
{
	switch (rule->frequency) {
	case DAILY:
		return period;
	case WEEKLY:
		return period * 7 + rule->week_start - 3; /* 1970 began on a Thursday */
	case MONTHLY:
		return month_first(period);
	case YEARLY:
		return year_first(rule, period);
	}
	return 0;
}

static void
imply_days(struct rule *rule, int64_t start_day)
{
	struct civil start = civil_of(start_day);
	bool monthdays = (rule->monthdays | rule->monthdays_back) != 0;
	bool days = rule->weekdays != 0 || rule->day_count > 0;
	bool weeks = (rule->weeks | rule->weeks_back) != 0;

	if (days || monthdays || rule->has_yeardays || rule->frequency == DAILY)
		return;
	if (rule->frequency == WEEKLY || weeks) {
		rule->weekdays = (uint8_t)(1 << weekday(start_day * DAY));
		return;
	}
	rule->monthdays = UINT32_C(1) << start.day;
	if (rule->frequency == YEARLY && rule->months == 0)
		rule->months = UINT32_C(1) << start.month;
}

static void
add_times(struct rule_walk *walk, int hour)
{
	for (int minute = 0; minute < 60; minute++) {
		if (!(walk->rule.minutes >> minute & 1))
			continue;
		for (int second = 0; second < 60; second++)
			if (walk->rule.seconds >> second & 1)
				walk->times[walk->time_count++] = hour * 3600 + minute * 60 +
								  second;
	}
}

/* A date has no time, and parts that speak of it are ignored. */
static int
imply_times(struct rule_walk *walk, int64_t start, bool whole_days, struct err *err)
{
	struct rule *rule = &walk->rule;
	int second = (int)(start - floor_div(start, DAY) * DAY);

	if (rule->hours == 0 || whole_days)
		rule->hours = UINT32_C(1) << second / 3600;
	if (rule->minutes == 0 || whole_days)
		rule->minutes = UINT64_C(1) << second / 60 % 60;
	if (rule->seconds == 0 || whole_days)
		rule->seconds = UINT64_C(1) << second % 60;
	if (__builtin_popcount(rule->hours) * __builtin_popcountll(rule->minutes) *
			__builtin_popcountll(rule->seconds) >
		RULE_TIMES_MAX)
		return fail(err, ERR_USAGE, "the rule is not expanded: more than 1440 times a day");
	for (int hour = 0; hour < 24; hour++)
		if (rule->hours >> hour & 1)
			add_times(walk, hour);
	return 0;
}

int
rule_walk_begin(struct rule_walk *walk, const struct rule *rule, int64_t start, bool whole_days,
	struct err *err)
{
	walk->rule = *rule;
	walk->time_count = walk->day_count = 0;
	walk->place = walk->place_count = walk->period = walk->steps = 0;
	walk->start_day = floor_div(start, DAY);
	imply_days(&walk->rule, walk->start_day);
	walk->origin = period_of(&walk->rule, walk->start_day);
	return imply_times(walk, start, whole_days, err);
}

void
rule_walk_skip(struct rule_walk *walk, int64_t wall)
{
	int64_t wanted = period_of(&walk->rule, floor_div(wall, DAY)) - walk->origin;

	if (wanted / walk->rule.interval > walk->period)
		walk->period = wanted / walk->rule.interval;
}

/* Whether day is the n-th of its weekday, or the n-th last, in its month or year. */
static bool
ordinal_allows(const struct rule *rule, const struct civil *civil, int64_t day, int today)
{
	bool in_month = rule->frequency == MONTHLY || rule->months != 0;
	int64_t month = (int64_t)civil->year * 12 + civil->month - 1;
	int64_t first = in_month ? month_first(month) : day_of(civil->year, 1, 1);
	int64_t end = in_month ? month_first(month + 1) : day_of(civil->year + 1, 1, 1);
	int forward = (int)((day - first) / 7) + 1, back = (int)((end - 1 - day) / 7) + 1;

	for (unsigned i = 0; i < rule->day_count; i++) {
		int ordinal = rule->days[i].ordinal;

		if (rule->days[i].weekday == today && (ordinal == forward || ordinal == -back))
			return true;
	}
	return false;
}

static bool
weekday_allows(const struct rule *rule, const struct civil *civil, int64_t day)
{
	int today = weekday(day * DAY);

	if (rule->weekdays >> today & 1)
		return true;
	return (rule->counted_weekdays >> today & 1) && ordinal_allows(rule, civil, day, today);
}

static bool
yearday_allows(const struct rule *rule, const struct civil *civil, int64_t day)
{
	int64_t first = day_of(civil->year, 1, 1), end = day_of(civil->year + 1, 1, 1);

	return rule->yeardays[day - first + 1] || rule->yeardays_back[end - day];
}

static bool
monthday_allows(const struct rule *rule, const struct civil *civil, int64_t day)
{
	int64_t end = month_first((int64_t)civil->year * 12 + civil->month);

	return (rule->monthdays >> civil->day & 1) || (rule->monthdays_back >> (end - day) & 1);
}

static bool
week_allows(const struct rule *rule, int64_t first, int64_t end, int64_t day)
{
	int64_t week = (day - first) / 7 + 1, weeks = (end - first) / 7;

	return (rule->weeks >> week & 1) || (rule->weeks_back >> (weeks - week + 1) & 1);
}

static bool
day_allowed(
	const struct rule *rule, const struct civil *civil, int64_t first, int64_t end, int64_t day)
{
	if ((rule->weeks | rule->weeks_back) != 0 && !week_allows(rule, first, end, day))
		return false;
	if (rule->has_yeardays && !yearday_allows(rule, civil, day))
		return false;
	if ((rule->monthdays | rule->monthdays_back) != 0 && !monthday_allows(rule, civil, day))
		return false;
	if (rule->weekdays == 0 && rule->day_count == 0)
		return true;
	return weekday_allows(rule, civil, day);
}

static int
ascending(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* Which of the period's instances BYSETPOS means. */
static void
choose(struct rule_walk *walk)
{
	const struct rule *rule = &walk->rule;
	int64_t all = (int64_t)walk->day_count * walk->time_count, kept = 0, last = -1;

	walk->place_count = 0;
	for (unsigned i = 0; i < rule->position_count; i++) {
		int64_t place = rule->positions[i] > 0 ? rule->positions[i] - 1
						       : all + rule->positions[i];

		if (place >= 0 && place < all)
			walk->chosen[walk->place_count++] = place;
	}
	qsort(walk->chosen, (size_t)walk->place_count, sizeof walk->chosen[0], ascending);
	for (int64_t i = 0; i < walk->place_count; i++) {
		if (walk->chosen[i] != last)
			walk->chosen[kept++] = walk->chosen[i];
		last = walk->chosen[i];
	}
	walk->place_count = kept;
}

/* The days of [first, end) that are allowed; a month that is not is passed over whole. */
static void
fill_days(struct rule_walk *walk, int64_t first, int64_t end)
{
	const struct rule *rule = &walk->rule;

	for (int64_t day = first; day < end; walk->steps++) {
		struct civil civil = civil_of(day);

		if (rule->months != 0 && !(rule->months >> civil.month & 1)) {
			day = month_first((int64_t)civil.year * 12 + civil.month);
			continue;
		}
		if (day_allowed(rule, &civil, first, end, day))
			walk->days[walk->day_count++] = day;
		day++;
	}
}

/* False: it lies beyond the last year. */
static bool
fill(struct rule_walk *walk)
{
	const struct rule *rule = &walk->rule;
	int64_t period = walk->origin + walk->period * rule->interval;
	int64_t first, end;

	/* Checked on the number already: of a period far away the first day has no date. */
	if (walk->period > (int64_t)(RULE_LAST_YEAR - 1500) * 366 / rule->interval)
		return false;
	first = period_first(rule, period);
	if (civil_of(first).year > RULE_LAST_YEAR)
		return false;
	end = period_first(rule, period + 1);
	walk->period++;
	walk->day_count = 0;
	walk->place = 0;
	fill_days(walk, first, end);
	walk->place_count = (int64_t)walk->day_count * walk->time_count;
	if (rule->position_count > 0)
		choose(walk);
	return true;
}

bool
rule_walk_next(struct rule_walk *walk, int64_t *wall)
{
	int64_t place;

	while (walk->place >= walk->place_count)
		if (walk->steps > RULE_STEPS_MAX || !fill(walk))
			return false;
	if (++walk->steps > RULE_STEPS_MAX)
		return false;
	place = walk->rule.position_count > 0 ? walk->chosen[walk->place] : walk->place;
	walk->place++;
	*wall = walk->days[place / walk->time_count] * DAY + walk->times[place % walk->time_count];
	return true;
}
