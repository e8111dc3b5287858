#include "test.h"

#include "liaison/base/clock.h"
#include "liaison/base/formula.h"

/* Date formulas, worked out by hand on calendars. */

static int64_t
day_of(const char *text)
{
	struct civil civil;

	if (date_parse(text, &civil) < 0)
		fail_msg("'%s' is no day", text);
	return civil_to_time(&civil);
}

static void
check(const char *text, const char *from, const char *wanted)
{
	struct arena *arena = arena_new();
	struct formula formula;
	struct err err;
	int64_t day = 0;

	if (formula_parse(text, &formula, &err) < 0 ||
		formula_apply(&formula, day_of(from), &day, &err) < 0)
		fail_msg("%s from %s: %s", text, from, err.message);
	if (day != day_of(wanted))
		fail_msg("%s from %s is %s, not %s", text, from, date_text(arena, day, 0), wanted);
	arena_free(arena);
}

static void
goes_days_and_weeks_on_and_back(void **state)
{
	(void)state;
	check("1D", "2026-12-31", "2027-01-01");
	check("-1D", "2028-03-01", "2028-02-29");
	check("-1D", "2027-03-01", "2027-02-28");
	check("2W", "2028-02-20", "2028-03-05");
	check("-1W", "2027-01-03", "2026-12-27");
	check("0D", "2027-01-03", "2027-01-03");
	check("366D", "2028-01-01", "2029-01-01");
}

static void
months_end_where_they_are_too_short(void **state)
{
	(void)state;
	check("1M", "2027-01-31", "2027-02-28");
	check("1M", "2028-01-31", "2028-02-29");
	check("1M", "2100-01-31", "2100-02-28");
	check("1M", "2000-01-31", "2000-02-29");
	check("-1M", "2027-03-31", "2027-02-28");
	check("3M", "2027-01-15", "2027-04-15");
	check("1M", "2026-12-15", "2027-01-15");
	check("-1M", "2027-01-31", "2026-12-31");
	check("1Q", "2026-11-30", "2027-02-28");
	check("-1Q", "2026-05-31", "2026-02-28");
	check("1Y", "2028-02-29", "2029-02-28");
	check("4Y", "2028-02-29", "2032-02-29");
	check("-1Y", "2027-01-15", "2026-01-15");
	check("18M", "2026-08-31", "2028-02-29");
}

static void
terms_are_applied_one_after_the_other(void **state)
{
	(void)state;
	check("1M+2D", "2027-01-31", "2027-03-02");
	check("2D+1M", "2027-01-31", "2027-03-02");
	check("1M-1D", "2027-01-31", "2027-02-27");
	check("1D+1M", "2027-01-31", "2027-03-01");
	check("1Y-1D", "2027-01-01", "2027-12-31");
	check("-1Y+1D", "2028-02-29", "2027-03-01");
	check("1M+1M", "2027-01-31", "2027-03-28");
	check("CM+1D", "2027-02-10", "2027-03-01");
	check("-1M+CM", "2027-03-31", "2027-02-28");
	check("-CM-1M", "2027-03-31", "2027-02-01");
}

static void
periods_end_on_their_last_day(void **state)
{
	(void)state;
	check("CD", "2027-01-15", "2027-01-15");
	check("CW", "2027-01-15", "2027-01-17"); /* a Friday */
	check("CW", "2027-01-17", "2027-01-17");
	check("CW", "2027-01-18", "2027-01-24");
	check("CM", "2028-02-01", "2028-02-29");
	check("CM", "2027-12-31", "2027-12-31");
	check("CQ", "2027-01-15", "2027-03-31");
	check("CQ", "2027-06-30", "2027-06-30");
	check("CQ", "2027-11-01", "2027-12-31");
	check("CY", "2027-01-15", "2027-12-31");
	check("CY", "2999-06-01", "2999-12-31");
}

static void
periods_begin_on_their_first_day(void **state)
{
	(void)state;
	check("-CW", "2027-01-15", "2027-01-11");
	check("-CW", "2027-01-11", "2027-01-11");
	check("-CM", "2028-02-29", "2028-02-01");
	check("-CQ", "2027-06-30", "2027-04-01");
	check("-CY", "2027-06-30", "2027-01-01");
	check("-CY-1Y", "2027-06-30", "2026-01-01");
}

static void
is_written_in_several_ways_and_kept_in_one(void **state)
{
	static const char *const WAYS[][2] = { { "1m + 2d", "1M+2D" }, { "<+1W>", "1W" },
		{ " cm +1d ", "CM+1D" }, { "- 1Y", "-1Y" }, { "<-CM-1M>", "-CM-1M" },
		{ "0012D", "12D" } };
	struct arena *arena = arena_new();
	struct formula formula;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0]; i++) {
		if (formula_parse(WAYS[i][0], &formula, &err) < 0)
			fail_msg("%s", err.message);
		assert_string_equal(formula_text(arena, &formula), WAYS[i][1]);
	}
	arena_free(arena);
}

static void
refuses_what_is_no_formula(void **state)
{
	static const char *const BAD[] = { "", " ", "1", "D", "1X", "1M2D", "1D+", "+", "CC", "C",
		"1C", "C1M", "10000D", "<1D", "1D>", "<>", "1D,1W", "--1D", "1.5D", "2026-01-01",
		"1D+1D+1D+1D+1D+1D+1D+1D+1D", "99999999999999999999D" };
	struct formula formula;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		if (formula_parse(BAD[i], &formula, &err) == 0)
			fail_msg("'%s' is taken", BAD[i]);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

static void
stays_within_the_calendar(void **state)
{
	static const char *const FAR[] = { "9999Y", "-9999Y", "-200Y", "-9999M", "-9999Q",
		"9999Y-9999Y", "9999Q+9999Q" };
	struct formula formula;
	struct err err;
	int64_t day = 1;

	(void)state;
	for (size_t i = 0; i < sizeof FAR / sizeof FAR[0]; i++) {
		assert_int_equal(formula_parse(FAR[i], &formula, &err), 0);
		if (formula_apply(&formula, day_of("2027-01-15"), &day, &err) == 0)
			fail_msg("'%s' leads to a day", FAR[i]);
		assert_int_equal(day, 1);
	}
}

/* What a day is applied to may be any second of it. */
static void
knows_days_only(void **state)
{
	struct formula formula;
	struct err err;
	int64_t day;

	(void)state;
	assert_int_equal(formula_parse("1D", &formula, &err), 0);
	assert_int_equal(formula_apply(&formula, day_of("2027-01-15") + 86399, &day, &err), 0);
	assert_true(day == day_of("2027-01-16"));
	assert_int_equal(formula_apply(&formula, day_of("1969-12-31") + 1, &day, &err), 0);
	assert_true(day == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_days_and_weeks_on_and_back),
		cmocka_unit_test(months_end_where_they_are_too_short),
		cmocka_unit_test(terms_are_applied_one_after_the_other),
		cmocka_unit_test(periods_end_on_their_last_day),
		cmocka_unit_test(periods_begin_on_their_first_day),
		cmocka_unit_test(is_written_in_several_ways_and_kept_in_one),
		cmocka_unit_test(refuses_what_is_no_formula),
		cmocka_unit_test(stays_within_the_calendar),
		cmocka_unit_test(knows_days_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
