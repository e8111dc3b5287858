/* "test_recurrence expand" is for the comparison with other programs: it reads lines of DTSTART, zone,
 * rule and a number, and writes so many starts, in UTC, of each. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recurrence.h"

static struct arena *arena;
static struct timezones *zones;

enum { DAY = 86400, MAX = 5000 };

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* "19970902T090000", "19970902T090000Z" or "19970902": the wall clock as UTC seconds. */
static int64_t
moment(const char *text)
{
	struct civil civil = { 0 };

	assert_true(sscanf(text, "%4d%2d%2dT%2d%2d%2d", &civil.year, &civil.month, &civil.day,
			    &civil.hour, &civil.minute, &civil.second) >= 3);
	return civil_to_time(&civil);
}

struct expansion {
	int64_t *starts;
	unsigned count;
	bool more, cut;
	struct err err;
};

static int
expand(const struct recurrence *set, const char *from, const char *until, struct expansion *out)
{
	return recurrence_expand(set, moment(from), moment(until), MAX, arena, &out->starts,
		&out->count, &out->more, &out->cut, &out->err);
}

static struct recurrence
series(const char *start, const char *zone, const char **rule)
{
	struct recurrence set = { .start = moment(start),
		.zone = timezone_find(zones, zone),
		.whole_days = strchr(start, 'T') == NULL,
		.rules = rule,
		.rule_count = *rule != NULL };

	assert_non_null(set.zone);
	return set;
}

/* "1997-09 2..4 7; 1997-10 1 T1030 2" means days of months, at start's time or at that after T. */
static unsigned
listed(const char *text, int64_t start, int64_t *out)
{
	int year, month, used, first, last;
	int64_t clock = start - start / DAY * DAY;
	unsigned count = 0;

	while (sscanf(text, " %d-%d%n", &year, &month, &used) == 2) {
		text += used;
		while (sscanf(text, " %d%n", &first, &used) == 1) {
			text += used;
			last = first;
			if (sscanf(text, "..%d%n", &last, &used) == 1)
				text += used;
			for (; first <= last; first++) {
				struct civil civil = { year, month, first, 0, 0, 0 };

				out[count++] = civil_to_time(&civil) + clock;
			}
		}
		if (*text == ';')
			text++;
	}
	assert_int_equal(*text, '\0');
	return count;
}

static const struct example {
	const char *start, *rule, *until; /* of the window */
	const char *expected;
	bool more;
} EXAMPLES[] = {
	{ "19970902T090000", "FREQ=DAILY;COUNT=10", "20000101", "1997-09 2..11", false },
	{ "19970902T090000", "FREQ=DAILY;UNTIL=19971224T000000Z", "20000101",
		"1997-09 2..30; 1997-10 1..31; 1997-11 1..30; 1997-12 1..23", false },
	{ "19970902T090000", "FREQ=DAILY;INTERVAL=2", "19971205",
		"1997-09 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30;"
		"1997-10 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30;"
		"1997-11 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29; 1997-12 1 3",
		true },
	{ "19970902T090000", "FREQ=DAILY;INTERVAL=10;COUNT=5", "20000101",
		"1997-09 2 12 22; 1997-10 2 12", false },
	{ "19980101T090000",
		"FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
		"20050101", "1998-01 1..31; 1999-01 1..31; 2000-01 1..31", false },
	{ "19980101T090000", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", "20050101",
		"1998-01 1..31; 1999-01 1..31; 2000-01 1..31", false },
	{ "19970902T090000", "FREQ=WEEKLY;COUNT=10", "20000101",
		"1997-09 2 9 16 23 30; 1997-10 7 14 21 28; 1997-11 4", false },
	{ "19970902T090000", "FREQ=WEEKLY;UNTIL=19971224T000000Z", "20000101",
		"1997-09 2 9 16 23 30; 1997-10 7 14 21 28; 1997-11 4 11 18 25; 1997-12 2 9 16 23",
		false },
	{ "19970902T090000", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "19980220",
		"1997-09 2 16 30; 1997-10 14 28; 1997-11 11 25; 1997-12 9 23; 1998-01 6 20;"
		"1998-02 3 17",
		true },
	{ "19970902T090000", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "20000101",
		"1997-09 2 4 9 11 16 18 23 25 30; 1997-10 2", false },
	{ "19970902T090000", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "20000101",
		"1997-09 2 4 9 11 16 18 23 25 30; 1997-10 2", false },
	{ "19970901T090000", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
		"20000101",
		"1997-09 1 3 5 15 17 19 29; 1997-10 1 3 13 15 17 27 29 31;"
		"1997-11 10 12 14 24 26 28; 1997-12 8 10 12 22",
		false },
	{ "19970902T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "20000101",
		"1997-09 2 4 16 18 30; 1997-10 2 14 16", false },
	{ "19970905T090000", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "20000101",
		"1997-09 5; 1997-10 3; 1997-11 7; 1997-12 5; 1998-01 2; 1998-02 6; 1998-03 6;"
		"1998-04 3; 1998-05 1; 1998-06 5",
		false },
	{ "19970905T090000", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "20000101",
		"1997-09 5; 1997-10 3; 1997-11 7; 1997-12 5", false },
	{ "19970907T090000", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "20000101",
		"1997-09 7 28; 1997-11 2 30; 1998-01 4 25; 1998-03 1 29; 1998-05 3 31", false },
	{ "19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "20000101",
		"1997-09 22; 1997-10 20; 1997-11 17; 1997-12 22; 1998-01 19; 1998-02 16", false },
	{ "19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3", "19980301",
		"1997-09 28; 1997-10 29; 1997-11 28; 1997-12 29; 1998-01 29; 1998-02 26", true },
	{ "19970902T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "20000101",
		"1997-09 2 15; 1997-10 2 15; 1997-11 2 15; 1997-12 2 15; 1998-01 2 15", false },
	{ "19970930T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "20000101",
		"1997-09 30; 1997-10 1 31; 1997-11 1 30; 1997-12 1 31; 1998-01 1 31; 1998-02 1",
		false },
	{ "19970910T090000", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
		"20050101", "1997-09 10..15; 1999-03 10..13", false },
	{ "19970902T090000", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "19980401",
		"1997-09 2 9 16 23 30; 1997-11 4 11 18 25; 1998-01 6 13 20 27;"
		"1998-03 3 10 17 24 31",
		true },
	{ "19970610T090000", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "20100101",
		"1997-06 10; 1997-07 10; 1998-06 10; 1998-07 10; 1999-06 10; 1999-07 10;"
		"2000-06 10; 2000-07 10; 2001-06 10; 2001-07 10",
		false },
	{ "19970310T090000", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "20100101",
		"1997-03 10; 1999-01 10; 1999-02 10; 1999-03 10; 2001-01 10; 2001-02 10;"
		"2001-03 10; 2003-01 10; 2003-02 10; 2003-03 10",
		false },
	{ "19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "20100101",
		"1997-01 1; 1997-04 10; 1997-07 19; 2000-01 1; 2000-04 9; 2000-07 18; 2003-01 1;"
		"2003-04 10; 2003-07 19; 2006-01 1",
		false },
	{ "19970519T090000", "FREQ=YEARLY;BYDAY=20MO", "20000101",
		"1997-05 19; 1998-05 18; 1999-05 17", true },
	{ "19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "20000101",
		"1997-05 12; 1998-05 11; 1999-05 17", true },
	{ "19970313T090000", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "20000101",
		"1997-03 13 20 27; 1998-03 5 12 19 26; 1999-03 4 11 18 25", true },
	{ "19970605T090000", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", "20000101",
		"1997-06 5 12 19 26; 1997-07 3 10 17 24 31; 1997-08 7 14 21 28;"
		"1998-06 4 11 18 25; 1998-07 2 9 16 23 30; 1998-08 6 13 20 27;"
		"1999-06 3 10 17 24; 1999-07 1 8 15 22 29; 1999-08 5 12 19 26",
		true },
	{ "19970913T090000", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "19980614",
		"1997-09 13; 1997-10 11; 1997-11 8; 1997-12 13; 1998-01 10; 1998-02 7; 1998-03 7;"
		"1998-04 11; 1998-05 9; 1998-06 13",
		true },
	{ "19961105T090000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
		"20050101", "1996-11 5; 2000-11 7; 2004-11 2", true },
	{ "19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "20000101",
		"1997-09 4; 1997-10 7; 1997-11 6", false },
	{ "19970929T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "19980401",
		"1997-09 29; 1997-10 30; 1997-11 27; 1997-12 30; 1998-01 29; 1998-02 26; 1998-03 "
		"30",
		true },
	{ "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "20000101",
		"1997-08 5 10 19 24", false },
	{ "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "20000101",
		"1997-08 5 17 19 31", false },
	{ "20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "20100101",
		"2007-01 15 30; 2007-02 15; 2007-03 15 30", false },
};

static void
compare(const char *what, const struct recurrence *set, const struct expansion *got,
	const int64_t *expected, unsigned count)
{
	if (got->count != count)
		fail_msg("%s: %u instead of %u", what, got->count, count);
	for (unsigned i = 0; i < count; i++) {
		int64_t wall = got->starts[i] +
			       (int64_t)timezone_offset(set->zone, got->starts[i]) * 60;

		if (wall != expected[i])
			fail_msg("%s: number %u is %s", what, i + 1, time_text(arena, wall, 0));
	}
}

static void
expands_every_example_of_rfc_5545(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof EXAMPLES / sizeof EXAMPLES[0]; i++) {
		const struct example *example = &EXAMPLES[i];
		const char *rule = example->rule;
		struct recurrence set = series(example->start, "America/New_York", &rule);
		struct expansion got = { 0 };
		int64_t expected[400];
		unsigned count = listed(example->expected, set.start, expected);

		if (expand(&set, "19960101", example->until, &got) < 0)
			fail_msg("%s: %s", rule, got.err.message);
		compare(rule, &set, &got, expected, count);
		if (got.more != example->more)
			fail_msg("%s: more is %d", rule, got.more);
	}
}

static void
keeps_the_wall_clock_when_summer_ends(void **state)
{
	const char *rule = "FREQ=WEEKLY;COUNT=10";
	struct recurrence set = series("19970902T090000", "America/New_York", &rule);
	struct expansion got;

	(void)state;
	assert_int_equal(expand(&set, "19970101", "19980101", &got), 0);
	assert_true(got.starts[7] == moment("19971021T130000Z"));
	assert_true(got.starts[8] == moment("19971028T140000Z"));
}

static void
expands_friday_the_thirteenth_without_its_start(void **state)
{
	const char *rule = "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13";
	struct recurrence set = series("19970902T090000", "America/New_York", &rule);
	struct expansion got;
	int64_t expected[10], start = set.start;
	unsigned count = listed(
		"1998-02 13; 1998-03 13; 1998-11 13; 1999-08 13; 2000-10 13", start, expected);

	(void)state;
	set.removed = &start;
	set.removed_count = 1;
	assert_int_equal(expand(&set, "19970101", "20010101", &got), 0);
	compare(rule, &set, &got, expected, count);
}

static void
expands_every_twenty_minutes_as_times_of_a_day(void **state)
{
	const char *rule = "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40";
	struct recurrence set = series("19970902T090000", "America/New_York", &rule);
	struct expansion got;

	(void)state;
	assert_int_equal(expand(&set, "19970101", "19970904", &got), 0);
	assert_int_equal(got.count, 48);
	for (unsigned i = 0; i < 48; i++)
		assert_true(
			got.starts[i] == moment("19970902T130000") + i / 24 * DAY + i % 24 * 1200);
}

static void
refuses_rules_with_a_word_why(void **state)
{
	static const struct {
		const char *rule, *word;
	} BAD[] = {
		/* those of RFC 5545 3.8.5.3 that recur within a day */
		{ "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z", "HOURLY is more often" },
		{ "FREQ=MINUTELY;INTERVAL=15;COUNT=6", "MINUTELY is more often" },
		{ "FREQ=MINUTELY;INTERVAL=90;COUNT=4", "MINUTELY is more often" },
		{ "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", "MINUTELY" },
		{ "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "SECONDLY is more often" },
		{ "FREQ=BANANA", "FREQ is none of" },
		{ "COUNT=3", "FREQ is missing" },
		{ "", "FREQ is missing" },
		{ "FREQ=DAILY;FREQ=DAILY", "FREQ is there twice" },
		{ "FREQ=DAILY;COUNT=99999999999", "COUNT is not" },
		{ "FREQ=DAILY;COUNT=0", "COUNT is not" },
		{ "FREQ=DAILY;COUNT=-1", "COUNT is not" },
		{ "FREQ=DAILY;COUNT=5;UNTIL=20300101", "COUNT and UNTIL" },
		{ "FREQ=DAILY;INTERVAL=0", "INTERVAL is not" },
		{ "FREQ=DAILY;INTERVAL=10001", "INTERVAL is not" },
		{ "FREQ=DAILY;INTERVAL=", "INTERVAL is not" },
		{ "FREQ=MONTHLY;BYDAY=255SU", "BYDAY has a number out of range" },
		{ "FREQ=MONTHLY;BYDAY=0SU", "BYDAY has a number out of range" },
		{ "FREQ=MONTHLY;BYDAY=XX", "BYDAY is not a list" },
		{ "FREQ=MONTHLY;BYDAY=", "BYDAY is not a list" },
		{ "FREQ=MONTHLY;BYDAY=MO,", "BYDAY is not a list" },
		{ "FREQ=WEEKLY;BYDAY=1MO", "BYDAY counts weekdays without" },
		{ "FREQ=YEARLY;BYWEEKNO=2;BYDAY=1MO", "BYDAY counts weekdays beside" },
		{ "FREQ=MONTHLY;BYWEEKNO=2", "BYWEEKNO is for YEARLY" },
		{ "FREQ=MONTHLY;BYYEARDAY=2", "BYYEARDAY is for YEARLY" },
		{ "FREQ=WEEKLY;BYMONTHDAY=2", "BYMONTHDAY is not for WEEKLY" },
		{ "FREQ=YEARLY;BYMONTH=13", "BYMONTH has a number out of range" },
		{ "FREQ=YEARLY;BYMONTH=-1", "BYMONTH has a number out of range" },
		{ "FREQ=YEARLY;BYMONTHDAY=32", "BYMONTHDAY has a number out of range" },
		{ "FREQ=YEARLY;BYMONTHDAY=0", "BYMONTHDAY has a number out of range" },
		{ "FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO has a number out of range" },
		{ "FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY has a number out of range" },
		{ "FREQ=DAILY;BYHOUR=24", "BYHOUR has a number out of range" },
		{ "FREQ=DAILY;BYMINUTE=60", "BYMINUTE has a number out of range" },
		{ "FREQ=DAILY;BYSECOND=61", "BYSECOND has a number out of range" },
		{ "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS has a number out of range" },
		{ "FREQ=MONTHLY;BYMONTHDAY=1;2", "NAME=VALUE" },
		{ "FREQ=MONTHLY;BYNOTHING=1", "none of RFC 5545" },
		{ "RSCALE=CHINESE;FREQ=YEARLY", "another calendar" },
		{ "FREQ=DAILY;UNTIL=20261399", "UNTIL is no date" },
		{ "FREQ=DAILY;UNTIL=2026-11-21", "UNTIL is no date" },
		{ "FREQ=DAILY;UNTIL=20261121T080000+", "UNTIL is no date" },
		{ "FREQ=DAILY;WKST=M", "WKST is no weekday" },
		{ "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;"
		  "BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,"
		  "27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,"
		  "53,"
		  "54,55,56,57,58,59;BYSECOND=0,1",
			"more than 1440 times" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		const char *rule = BAD[i].rule;
		struct recurrence set = series("20260101T090000", "UTC", &rule);
		struct expansion got = { 0 };

		if (expand(&set, "20260101", "20270101", &got) == 0)
			fail_msg("'%s' is expanded", rule);
		assert_int_equal(got.err.code, ERR_USAGE);
		if (strstr(got.err.message, BAD[i].word) == NULL)
			fail_msg("'%s': %s", rule, got.err.message);
	}
}

static void
refuses_a_list_of_more_than_a_hundred(void **state)
{
	static const struct {
		const char *name, *number;
	} LISTS[] = { { "BYMONTHDAY", "1" }, { "BYYEARDAY", "1" }, { "BYDAY", "MO" },
		{ "BYSETPOS", "1" }, { "BYMONTH", "1" } };

	(void)state;
	for (size_t i = 0; i < sizeof LISTS / sizeof LISTS[0]; i++) {
		for (unsigned more = 0; more < 2; more++) {
			char text[700];
			const char *rule = text;
			int length = snprintf(text, sizeof text, "FREQ=YEARLY;%s=%s", LISTS[i].name,
				LISTS[i].number);
			struct recurrence set = series("20260101T090000", "UTC", &rule);
			struct expansion got;

			for (unsigned n = 1; n < 100 + more; n++)
				length += snprintf(text + length, sizeof text - (size_t)length,
					",%s", LISTS[i].number);
			assert_int_equal(expand(&set, "20260101", "20270101", &got), more ? -1 : 0);
		}
	}
}

static void
counts_its_start_whether_the_rule_names_it_or_not(void **state)
{
	const char *rule = "FREQ=WEEKLY;BYDAY=MO;COUNT=3";
	struct recurrence set = series("20261118T090000", "UTC", &rule); /* a Wednesday */
	struct expansion got;
	int64_t expected[3];

	(void)state;
	listed("2026-11 18 23 30", set.start, expected);
	assert_int_equal(expand(&set, "20260101", "20300101", &got), 0);
	compare(rule, &set, &got, expected, 3);
}

static void
ends_by_until_in_every_form(void **state)
{
	static const struct {
		const char *start, *zone, *rule;
		unsigned count;
	} CASES[] = {
		/* 09:00 in Berlin is 08:00 in UTC */
		{ "20261116T090000", "Europe/Berlin", "FREQ=DAILY;UNTIL=20261118T080000Z", 3 },
		{ "20261116T090000", "Europe/Berlin", "FREQ=DAILY;UNTIL=20261118T075959Z", 2 },
		{ "20261116T090000", "Europe/Berlin", "FREQ=DAILY;UNTIL=20261118T090000", 3 },
		{ "20261116T090000", "Europe/Berlin", "FREQ=DAILY;UNTIL=20261118T085959", 2 },
		{ "20261116T090000", "Europe/Berlin", "FREQ=DAILY;UNTIL=20261118", 3 },
		{ "20261116", "Europe/Berlin", "FREQ=DAILY;UNTIL=20261118", 3 },
		{ "20261116", "Europe/Berlin", "FREQ=DAILY;UNTIL=20261118T000000Z", 3 },
		{ "20261116", "America/New_York", "FREQ=DAILY;UNTIL=20261118T000000Z", 3 },
		{ "20261116", "America/New_York", "FREQ=DAILY;UNTIL=20261118T235959", 3 },
		{ "20261116T090000", "UTC", "FREQ=DAILY;UNTIL=20261101T000000Z", 1 },
		{ "20261116T090000", "UTC", "FREQ=MONTHLY;UNTIL=99991231T235959Z", 38 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		const char *rule = CASES[i].rule;
		struct recurrence set = series(CASES[i].start, CASES[i].zone, &rule);
		struct expansion got;

		assert_int_equal(expand(&set, "20260101", "20300101", &got), 0);
		if (got.count != CASES[i].count)
			fail_msg("%s %s: %u", CASES[i].start, rule, got.count);
	}
}

static void
moves_what_falls_into_a_gap(void **state)
{
	const char *rule = "FREQ=DAILY;COUNT=3";
	struct recurrence set = series("20260328T023000", "Europe/Berlin", &rule);
	struct expansion got;

	(void)state;
	assert_int_equal(expand(&set, "20260101", "20270101", &got), 0);
	assert_int_equal(got.count, 3);
	assert_true(got.starts[0] == moment("20260328T013000"));
	assert_true(got.starts[1] == moment("20260329T013000")); /* 03:30 in summer time */
	assert_true(got.starts[2] == moment("20260330T003000"));
}

static void
takes_the_first_of_two_in_an_overlap(void **state)
{
	const char *rule = "FREQ=DAILY;COUNT=3";
	struct recurrence set = series("20261024T023000", "Europe/Berlin", &rule);
	struct expansion got;

	(void)state;
	assert_int_equal(expand(&set, "20260101", "20270101", &got), 0);
	assert_int_equal(got.count, 3);
	assert_true(got.starts[1] == moment("20261025T003000"));
	assert_true(got.starts[2] == moment("20261026T013000"));
}

static void
adds_and_removes(void **state)
{
	const char *rules[] = { "FREQ=DAILY;COUNT=5", "FREQ=WEEKLY;BYDAY=MO;COUNT=3" };
	struct recurrence set = series("20261116T090000", "Europe/Berlin", rules);
	int64_t added[] = { moment("20261117T090000"), moment("20261201T100000"),
		moment("20261202T100000") };
	int64_t removed[] = { moment("20261118T090000"), moment("20261202T100000"),
		moment("20261119T120000") };
	int64_t days[] = { moment("20261120") };
	int64_t expected[] = { moment("20261116T090000"), moment("20261117T090000"),
		moment("20261119T090000"), moment("20261123T090000"), moment("20261130T090000"),
		moment("20261201T100000") };
	struct expansion got;

	(void)state;
	set.rule_count = 2;
	set.added = added;
	set.added_count = 3;
	set.removed = removed;
	set.removed_count = 3;
	set.removed_days = days;
	set.removed_day_count = 1;
	assert_int_equal(expand(&set, "20260101", "20270101", &got), 0);
	compare("set", &set, &got, expected, 6);
	assert_false(got.more);
}

static void
removes_what_a_gap_has_moved(void **state)
{
	const char *rule = "FREQ=DAILY;COUNT=3";
	struct recurrence set = series("20260328T023000", "Europe/Berlin", &rule);
	int64_t removed = moment("20260329T033000"); /* the same moment as 02:30, which is not */
	struct expansion got;

	(void)state;
	set.removed = &removed;
	set.removed_count = 1;
	assert_int_equal(expand(&set, "20260101", "20270101", &got), 0);
	assert_int_equal(got.count, 2);
}

static void
keeps_to_its_window_and_its_number(void **state)
{
	const char *rule = "FREQ=DAILY";
	struct recurrence set = series("20260101T090000", "UTC", &rule);
	struct expansion got;

	(void)state;
	assert_int_equal(expand(&set, "20261121T090000", "20261123T090000", &got), 0);
	assert_int_equal(got.count, 2);
	assert_true(got.starts[0] == moment("20261121T090000"));
	assert_true(got.more);
	assert_false(got.cut);
	assert_int_equal(recurrence_expand(&set, moment("20260101"), moment("20270101"), 10, arena,
				 &got.starts, &got.count, &got.more, &got.cut, &got.err),
		0);
	assert_int_equal(got.count, 10);
	assert_true(got.cut);
	assert_true(got.starts[9] == moment("20260110T090000"));
}

static void
ignores_times_in_a_series_of_dates(void **state)
{
	const char *rule = "FREQ=DAILY;COUNT=2;BYHOUR=9,10;BYMINUTE=30";
	struct recurrence set = series("20261116", "Europe/Berlin", &rule);
	struct expansion got;

	(void)state;
	assert_int_equal(expand(&set, "20260101", "20270101", &got), 0);
	assert_int_equal(got.count, 2);
	assert_true(got.starts[1] == moment("20261116T230000"));
}

static void
ends_soon_whatever_the_rule(void **state)
{
	static const char *const RULES[] = { "FREQ=DAILY", "FREQ=DAILY;COUNT=100000",
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=100000", "FREQ=MONTHLY;BYMONTHDAY=31",
		"FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;BYMONTH=2", "FREQ=YEARLY;BYWEEKNO=53",
		"FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6", "FREQ=YEARLY;BYDAY=53MO;BYMONTHDAY=1",
		"FREQ=YEARLY;INTERVAL=10000", "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
		"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366",
		"FREQ=YEARLY;BYHOUR=1;BYMINUTE=2;BYSECOND=60;BYSETPOS=-366",
		"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,"
		"15,16,17,18,19,20,21,22,23;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,"
		"18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,"
		"45,46,47,48,49,50,51,52,53,54,55,56,57,58,59;BYSETPOS=1,-1" };

	(void)state;
	for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
		const char *rule = RULES[i];
		struct recurrence set = series("19700101T090000", "Europe/Berlin", &rule);
		struct expansion got;
		clock_t before = clock(), took;

		assert_int_equal(expand(&set, "20251121", "20271121", &got), 0);
		took = clock() - before;
		if (took > CLOCKS_PER_SEC / 2)
			fail_msg("%s takes %ld ms", rule, (long)(took * 1000 / CLOCKS_PER_SEC));
	}
}

static void
finds_leap_days_far_from_their_start(void **state)
{
	const char *rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29";
	struct recurrence set = series("19720229T090000", "Europe/Berlin", &rule);
	struct expansion got;

	(void)state;
	assert_int_equal(expand(&set, "20250101", "20290101", &got), 0);
	assert_int_equal(got.count, 1);
	assert_true(got.starts[0] == moment("20280229T080000"));
	assert_true(got.more);
}

/* Week 1 of 2026 begins in December: it is of 2026 all the same. */
static void
counts_the_days_of_week_one_to_its_own_year(void **state)
{
	const char *rule = "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1";
	struct recurrence set = series("20240101T090000", "UTC", &rule);
	struct expansion got;
	int64_t expected[3];

	(void)state;
	listed("2024-01 1; 2025-12 29; 2028-01 3", set.start, expected);
	assert_int_equal(expand(&set, "20240101", "20290101", &got), 0);
	compare(rule, &set, &got, expected, 3);
}

/* DTSTART <tab> zone <tab> rule or nothing <tab> number: so many starts from DTSTART on. */
static int
expand_lines(void)
{
	char line[4096];

	arena = arena_new();
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *rest = line, *start = strsep(&rest, "\t"), *zone = strsep(&rest, "\t");
		const char *rule = strsep(&rest, "\t\n");
		unsigned number = rest != NULL ? (unsigned)strtoul(rest, NULL, 10) : 0;
		struct recurrence set = series(start, zone, &rule);
		struct expansion got = { 0 };

		set.rule_count = *rule != '\0';
		if (recurrence_expand(&set, set.start - 2 * DAY, moment("22000101"), number, arena,
			    &got.starts, &got.count, &got.more, &got.cut, &got.err) < 0)
			printf("refused: %s", got.err.message);
		for (unsigned i = 0; i < got.count; i++)
			printf("%s%s", i > 0 ? " " : "", time_text(arena, got.starts[i], 0));
		printf("\n");
		arena_reset(arena);
	}
	arena_free(arena);
	return 0;
}

int
main(int count, char **words)
{
	static const struct CMUnitTest TESTS[] = {
		cmocka_unit_test(expands_every_example_of_rfc_5545),
		cmocka_unit_test(keeps_the_wall_clock_when_summer_ends),
		cmocka_unit_test(expands_friday_the_thirteenth_without_its_start),
		cmocka_unit_test(expands_every_twenty_minutes_as_times_of_a_day),
		cmocka_unit_test(refuses_rules_with_a_word_why),
		cmocka_unit_test(refuses_a_list_of_more_than_a_hundred),
		cmocka_unit_test(counts_its_start_whether_the_rule_names_it_or_not),
		cmocka_unit_test(ends_by_until_in_every_form),
		cmocka_unit_test(moves_what_falls_into_a_gap),
		cmocka_unit_test(takes_the_first_of_two_in_an_overlap),
		cmocka_unit_test(adds_and_removes),
		cmocka_unit_test(removes_what_a_gap_has_moved),
		cmocka_unit_test(keeps_to_its_window_and_its_number),
		cmocka_unit_test(ignores_times_in_a_series_of_dates),
		cmocka_unit_test(ends_soon_whatever_the_rule),
		cmocka_unit_test(finds_leap_days_far_from_their_start),
		cmocka_unit_test(counts_the_days_of_week_one_to_its_own_year),
	};
	int result;

	zones = timezones_load();
	if (count > 1 && strcmp(words[1], "expand") == 0)
		result = expand_lines();
	else
		result = cmocka_run_group_tests_name("recurrence", TESTS, set_up, tear_down);
	timezones_free(zones);
	return result;
}
