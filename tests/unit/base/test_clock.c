#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "liaison/base/clock.h"

static struct arena *arena;

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

static void
agrees_with_libc_about_every_week_of_eleven_centuries(void **state)
{
	(void)state;
	for (int64_t time = TIME_MIN; time <= TIME_MAX; time += 7 * 86400 + 12347) {
		struct civil civil;
		struct tm tm;
		time_t libc = (time_t)time;

		time_to_civil(time, &civil);
		gmtime_r(&libc, &tm);
		if (civil.year != tm.tm_year + 1900 || civil.month != tm.tm_mon + 1 ||
			civil.day != tm.tm_mday || civil.hour != tm.tm_hour ||
			civil.minute != tm.tm_min || civil.second != tm.tm_sec ||
			weekday(time) != (tm.tm_wday + 6) % 7 || civil_to_time(&civil) != time)
			fail_msg("%lld is another day", (long long)time);
	}
}

static void
knows_which_dates_are_real(void **state)
{
	static const struct {
		struct civil civil;
		bool valid;
	} CASES[] = {
		{ { 2024, 2, 29, 0, 0, 0 }, true },
		{ { 2023, 2, 29, 0, 0, 0 }, false },
		{ { 1900, 2, 29, 0, 0, 0 }, false },
		{ { 2000, 2, 29, 0, 0, 0 }, true },
		{ { 2026, 12, 31, 23, 59, 60 }, true },
		{ { 2026, 12, 31, 23, 59, 61 }, false },
		{ { 2026, 12, 31, 24, 0, 0 }, false },
		{ { 2026, 0, 1, 0, 0, 0 }, false },
		{ { 2026, 13, 1, 0, 0, 0 }, false },
		{ { 2026, 4, 31, 0, 0, 0 }, false },
		{ { 1899, 12, 31, 0, 0, 0 }, false },
		{ { 3000, 1, 1, 0, 0, 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
		assert_int_equal(civil_valid(&CASES[i].civil), CASES[i].valid);
}

static void
writes_times_with_their_offset(void **state)
{
	(void)state;
	assert_string_equal(time_text(arena, 0, 0), "1970-01-01T00:00:00Z");
	assert_string_equal(time_text(arena, 1795246200, 60), "2026-11-21T08:30:00+01:00");
	assert_string_equal(time_text(arena, 1795246200, -210), "2026-11-21T04:00:00-03:30");
	assert_string_equal(time_text(arena, TIME_MAX, 0), "2999-12-31T23:59:59Z");
	assert_string_equal(time_text(arena, TIME_MAX, 60), "2999-12-31T23:59:59+01:00");
	assert_string_equal(date_text(arena, 1795246200, 0), "2026-11-21");
	assert_string_equal(date_text(arena, 1795302000, 60), "2026-11-22");
}

static void
reads_what_it_writes(void **state)
{
	(void)state;
	srand(3);
	for (int i = 0; i < 100000; i++) {
		int64_t time = TIME_MIN + 86400 +
			       (int64_t)(((uint64_t)rand() << 31 | (uint64_t)rand()) %
					 (uint64_t)(TIME_MAX - TIME_MIN - 2 * 86400)),
			back;
		int offset = rand() % 1439 * (rand() % 2 ? 1 : -1), got;

		assert_int_equal(time_parse(time_text(arena, time, offset), &back, &got), 0);
		assert_true(back == time);
		assert_int_equal(got, offset);
		arena_reset(arena);
	}
}

static void
refuses_times_that_are_not_rfc_3339(void **state)
{
	static const char *const BAD[] = { "", "2026-11-21", "2026-11-21T08:30:00",
		"2026-11-21 08:30:00Z", "2026-11-21T08:30Z", "2026-11-21T08:30:00+0100",
		"2026-11-21T24:00:00Z", "2026-02-30T00:00:00Z", "2026-11-21T08:30:00.Z",
		"2026-11-21T08:30:00ZZ", "2026-11-21T08:30:00+24:00", "26-11-21T08:30:00Z",
		"1899-12-31T23:59:59Z", "2026-11-21T08:30:00+01:60", "-026-11-21T08:30:00Z",
		"1900-01-01T00:00:00+01:00", "2026/11/21T08:30:00Z" };
	int64_t time;
	int offset;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
		if (time_parse(BAD[i], &time, &offset) == 0)
			fail_msg("'%s' is taken", BAD[i]);
	assert_int_equal(time_parse("2026-11-21t08:30:00.123456z", &time, &offset), 0);
	assert_true(time == 1795249800);
	assert_int_equal(time_parse("2016-12-31T23:59:60Z", &time, &offset), 0);
}

static void
reads_and_writes_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} GOOD[] = { { "90s", 90 }, { "15m", 900 }, { "2h", 7200 }, { "2d", 172800 },
		{ "3w", 1814400 }, { "6mo", 15552000 }, { "3y", 94608000 }, { "0s", 0 } };
	static const char *const BAD[] = { "", "5", "s", "-5s", "5 s", "5min", "1.5h", "5sm",
		"99999999999999999999s", "2000y", "m5" };
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
		assert_int_equal(duration_parse(GOOD[i].text, &seconds), 0);
		assert_true(seconds == GOOD[i].seconds);
	}
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
		assert_int_equal(duration_parse(BAD[i], &seconds), -1);
	assert_string_equal(duration_text(arena, 172800), "2d");
	assert_string_equal(duration_text(arena, 90), "90s");
	assert_string_equal(duration_text(arena, 0), "0s");
	assert_string_equal(duration_text(arena, 63072000), "2y");
	assert_string_equal(duration_text(arena, 604800), "1w");
}

static void
reads_sizes(void **state)
{
	int64_t bytes;

	(void)state;
	assert_int_equal(size_parse("25M", &bytes), 0);
	assert_true(bytes == 25 << 20);
	assert_int_equal(size_parse("10", &bytes), 0);
	assert_true(bytes == 10);
	assert_int_equal(size_parse("4g", &bytes), 0);
	assert_true(bytes == INT64_C(4) << 30);
	assert_int_equal(size_parse("", &bytes), -1);
	assert_int_equal(size_parse("M", &bytes), -1);
	assert_int_equal(size_parse("5MB", &bytes), -1);
	assert_int_equal(size_parse("-5M", &bytes), -1);
	assert_int_equal(size_parse("9223372036854775807G", &bytes), -1);
}

static int64_t
at(const char *string)
{
	int64_t time;
	int offset;

	if (time_parse(string, &time, &offset) < 0)
		fail_msg("'%s' is no time", string);
	return time;
}

/* The same zones by libc, over the table and over the rule behind it. */
static void
agrees_with_libc_about_zones(void **state)
{
	static const char *const NAMES[] = { "Europe/Berlin", "America/New_York", "Asia/Kolkata",
		"Australia/Lord_Howe", "Africa/Casablanca", "Europe/Dublin", "America/Sao_Paulo",
		"Pacific/Chatham", "Asia/Tehran", "Etc/GMT+5", "America/Godthab",
		"Antarctica/Troll" };

	(void)state;
	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
		struct zone *zone = zone_load(NAMES[i], NULL);

		if (zone == NULL)
			continue; /* this system does not have it */
		setenv("TZ", NAMES[i], 1);
		tzset();
		for (int64_t time = at("1971-01-01T00:00:00Z"); time < at("2120-01-01T00:00:00Z");
			time += 13 * 3600 + 1801) {
			time_t libc = (time_t)time;
			struct tm tm;

			localtime_r(&libc, &tm);
			if (zone_offset(zone, time) != (int)(tm.tm_gmtoff / 60))
				fail_msg("%s at %lld: %d, not %ld", NAMES[i], (long long)time,
					zone_offset(zone, time), tm.tm_gmtoff / 60);
		}
		zone_free(zone);
	}
	unsetenv("TZ");
}

static void
finds_the_time_of_a_wall_clock(void **state)
{
	struct zone *zone = zone_load("Europe/Berlin", NULL);
	struct civil winter = { 2026, 1, 15, 12, 0, 0 }, summer = { 2026, 7, 15, 12, 0, 0 };
	struct civil gap = { 2026, 3, 29, 2, 30, 0 }, overlap = { 2026, 10, 25, 2, 30, 0 };
	struct civil far = { 2100, 7, 1, 0, 0, 0 };

	(void)state;
	assert_non_null(zone);
	assert_string_equal(zone_name(zone), "Europe/Berlin");
	assert_true(zone_time(zone, &winter) == at("2026-01-15T12:00:00+01:00"));
	assert_true(zone_time(zone, &summer) == at("2026-07-15T12:00:00+02:00"));
	assert_true(zone_time(zone, &gap) == at("2026-03-29T03:30:00+02:00"));
	assert_true(zone_time(zone, &overlap) == at("2026-10-25T02:30:00+02:00"));
	assert_true(zone_time(zone, &far) == at("2100-07-01T00:00:00+02:00"));
	zone_free(zone);
}

static void
refuses_zones_that_are_not_there_or_leave_the_folder(void **state)
{
	static const char *const BAD[] = { "Nowhere/Land", "../etc/passwd", "/etc/localtime",
		"Europe/../Europe/Berlin", "a b", "Europe/", "/", "a/b/c/d", "Europe", "zone.tab",
		"tzdata.zi", "leapseconds",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		assert_null(zone_load(BAD[i], &err));
		assert_int_equal(err.code, ERR_USAGE);
	}
}

static void
has_a_system_zone_whatever_is_set(void **state)
{
	static const char *const SET[] = { "Europe/Berlin", "../../etc/passwd", ":Asia/Tokyo", "" };
	struct zone *zone;

	(void)state;
	for (size_t i = 0; i < sizeof SET / sizeof SET[0]; i++) {
		setenv("TZ", SET[i], 1);
		zone = zone_load(NULL, NULL);
		assert_non_null(zone);
		zone_free(zone);
	}
	unsetenv("TZ");
	zone = zone_load("UTC", NULL);
	assert_int_equal(zone_offset(zone, 1795249800), 0);
	zone_free(zone);
}

static int64_t
moment(const char *string, const struct zone *zone, bool end)
{
	int64_t time;
	int offset;

	if (moment_parse(string, zone, at("2026-11-21T08:30:00Z"), end, &time, &offset, NULL) < 0)
		fail_msg("'%s' is no moment", string);
	return time;
}

static void
reads_what_people_write_for_a_moment(void **state)
{
	struct zone *zone = zone_load("Europe/Berlin", NULL);

	(void)state;
	assert_true(moment("now", zone, false) == at("2026-11-21T08:30:00Z"));
	assert_true(moment("now+2h", zone, false) == at("2026-11-21T10:30:00Z"));
	assert_true(moment("today", zone, false) == at("2026-11-21T00:00:00+01:00"));
	assert_true(moment("today", zone, true) == at("2026-11-21T23:59:59+01:00"));
	assert_true(moment("yesterday", zone, false) == at("2026-11-20T00:00:00+01:00"));
	assert_true(moment("tomorrow", zone, true) == at("2026-11-22T23:59:59+01:00"));
	assert_true(moment("today-90d", zone, false) == at("2026-08-23T00:00:00+02:00"));
	assert_true(moment("today+7d", zone, false) == at("2026-11-28T00:00:00+01:00"));
	assert_true(moment("today+7h", zone, false) == at("2026-11-21T07:00:00+01:00"));
	assert_true(moment("2026-03-29", zone, true) == at("2026-03-29T23:59:59+02:00"));
	assert_true(moment("2026-03-29", zone, false) == at("2026-03-29T00:00:00+01:00"));
	assert_true(moment("2026-03-29", NULL, false) == at("2026-03-29T00:00:00Z"));
	assert_true(moment("1950-03-29", NULL, true) == at("1950-03-29T23:59:59Z"));
	assert_true(moment("2026-11-21T08:30:00-05:00", zone, true) == at("2026-11-21T13:30:00Z"));
	zone_free(zone);
}

static void
keeps_the_first_and_the_last_day_within_the_times_there_are(void **state)
{
	struct zone *east = zone_load("Europe/Berlin", NULL);
	struct zone *west = zone_load("America/New_York", NULL);

	(void)state;
	assert_true(moment("1900-01-01", east, false) == TIME_MIN);
	assert_true(moment("1900-01-01 00:00", east, false) == TIME_MIN);
	assert_true(moment("2999-12-31", west, true) == TIME_MAX);
	assert_true(moment("2999-12-31 23:59", west, true) == TIME_MAX);
	zone_free(east);
	zone_free(west);
}

static void
reads_moments_as_tables_show_them(void **state)
{
	struct zone *zone = zone_load("Europe/Berlin", NULL);

	(void)state;
	assert_true(moment("2026-11-21 14:05", zone, false) == at("2026-11-21T14:05:00+01:00"));
	assert_true(moment("2026-11-21 14:05", zone, true) == at("2026-11-21T14:05:59+01:00"));
	assert_true(moment("2026-07-01 14:05:07", zone, true) == at("2026-07-01T14:05:07+02:00"));
	assert_true(moment("2026-11-21 14:05", NULL, false) == at("2026-11-21T14:05:00Z"));
	zone_free(zone);
}

static void
reads_a_duration_as_so_long_ago(void **state)
{
	struct zone *zone = zone_load("Europe/Berlin", NULL);

	(void)state;
	assert_true(moment("90d", zone, false) == moment("today-90d", zone, false));
	assert_true(moment("2w", zone, true) == moment("today-2w", zone, true));
	assert_true(moment("2h", zone, false) == moment("now-2h", zone, false));
	zone_free(zone);
}

static void
says_what_a_moment_should_look_like(void **state)
{
	static const char *const BAD[] = { "", "soon", "today-", "today-90", "todayx", "2026-13-01",
		"2026-11", "now-99999999999999y", "today-900y", "tomorrow+-1d", "900y", "10",
		"2026-11-21 14", "2026-11-21 24:05", "2026-11-21 14:05Z", "2026-11-21  4:05",
		"2026-02-30 14:05" };
	int64_t time;
	int offset;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		assert_int_equal(
			moment_parse(BAD[i], NULL, 1795249800, false, &time, &offset, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_non_null(strstr(err.message, "today-90d"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_libc_about_every_week_of_eleven_centuries),
		cmocka_unit_test(knows_which_dates_are_real),
		cmocka_unit_test(writes_times_with_their_offset),
		cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(refuses_times_that_are_not_rfc_3339),
		cmocka_unit_test(reads_and_writes_durations),
		cmocka_unit_test(reads_sizes),
		cmocka_unit_test(agrees_with_libc_about_zones),
		cmocka_unit_test(finds_the_time_of_a_wall_clock),
		cmocka_unit_test(refuses_zones_that_are_not_there_or_leave_the_folder),
		cmocka_unit_test(has_a_system_zone_whatever_is_set),
		cmocka_unit_test(reads_what_people_write_for_a_moment),
		cmocka_unit_test(keeps_the_first_and_the_last_day_within_the_times_there_are),
		cmocka_unit_test(reads_moments_as_tables_show_them),
		cmocka_unit_test(reads_a_duration_as_so_long_ago),
		cmocka_unit_test(says_what_a_moment_should_look_like),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
