#ifndef LIAISON_CALENDAR_RULE_PRIVATE_H
#define LIAISON_CALENDAR_RULE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* One RRULE (RFC 5545 3.3.10), and the walk through its periods. Sets of numbers are bits. */

enum frequency { DAILY, WEEKLY, MONTHLY, YEARLY };
enum until_form { UNTIL_NONE, UNTIL_DATE, UNTIL_LOCAL, UNTIL_UTC };

enum {
	RULE_LIST_MAX = 100, /* numbers in one BY part */
	RULE_COUNT_MAX = 100000,
	RULE_INTERVAL_MAX = 10000,
	RULE_TIMES_MAX = 1440, /* in a day */
	RULE_LAST_YEAR = 2200, /* nothing is expanded beyond */
	RULE_STEPS_MAX = 2000000, /* days and occurrences looked at */
};

struct rule_day {
	int8_t ordinal; /* not 0 */
	uint8_t weekday; /* 0 is Monday */
};

struct rule {
	enum frequency frequency;
	int interval;
	int64_t count; /* 0: none */
	enum until_form until_form;
	int64_t until; /* its digits read as UTC */
	int week_start;
	uint32_t months; /* bit 1 is January */
	uint64_t weeks, weeks_back; /* bit n, bit n for -n */
	uint32_t monthdays, monthdays_back;
	bool has_yeardays;
	bool yeardays[367], yeardays_back[367];
	uint8_t weekdays; /* all of them */
	uint8_t counted_weekdays; /* those in days */
	struct rule_day days[RULE_LIST_MAX];
	unsigned day_count;
	uint32_t hours;
	uint64_t minutes, seconds;
	int positions[RULE_LIST_MAX];
	unsigned position_count;
};

/* ERR_USAGE: sub-daily, over a limit, against the RFC, and which part. */
int rule_parse(const char *value, struct rule *out, struct err *err);

/* Where the walk is: the instances of one period, then those of the next. */
struct rule_walk {
	struct rule rule; /* with what DTSTART implies */
	int64_t start_day; /* days since 1970 */
	int64_t origin; /* first period, in days, weeks, months or years */
	int64_t period; /* the next one's number from origin, in intervals */
	int32_t times[RULE_TIMES_MAX]; /* seconds of the day, ascending */
	int time_count;
	int64_t days[372]; /* of this period */
	int day_count;
	int64_t chosen[RULE_LIST_MAX]; /* by BYSETPOS, as places among days and times */
	int64_t place, place_count;
	int64_t steps;
};

/* start: DTSTART's wall clock read as UTC. ERR_USAGE: too many times a day. */
int rule_walk_begin(struct rule_walk *walk, const struct rule *rule, int64_t start, bool whole_days,
	struct err *err);
/* Passes over periods that end before wall. */
void rule_walk_skip(struct rule_walk *walk, int64_t wall);
/* The next instance, ascending; before DTSTART, too. False: none until RULE_LAST_YEAR, or there were
 * too many steps (walk->steps says). */
bool rule_walk_next(struct rule_walk *walk, int64_t *wall);

#endif
