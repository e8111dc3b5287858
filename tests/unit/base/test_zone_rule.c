#include "test.h"

#include "liaison/base/clock.h"
#include "zone_rule.h"

static int64_t
at(const char *text)
{
	int64_t time;
	int offset;

	assert_int_equal(time_parse(text, &time, &offset), 0);
	return time;
}

/* Offsets by rule at noon, UTC, of two days. */
static void
check(const char *string, const char *first, int first_offset, const char *second,
	int second_offset)
{
	struct zone_rule rule;

	assert_int_equal(zone_rule_parse(string, &rule), 0);
	assert_int_equal(zone_rule_offset(&rule, at(first)), first_offset);
	assert_int_equal(zone_rule_offset(&rule, at(second)), second_offset);
}

static void
changes_in_the_week_of_a_month(void **state)
{
	(void)state;
	check("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-28T12:00:00Z", 3600, "2026-03-29T12:00:00Z",
		7200);
	check("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-15T12:00:00Z", 39600, "2026-07-15T12:00:00Z",
		36000);
	check("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-06-01T12:00:00Z", -3600,
		"2026-12-01T12:00:00Z", -7200);
}

/* POSIX: Jn never counts 29 February, n does. */
static void
changes_on_a_day_of_the_year(void **state)
{
	(void)state;
	check("EST5EDT,J60/0,J300/0", "2028-02-29T12:00:00Z", -18000, "2028-03-01T12:00:00Z",
		-14400);
	check("EST5EDT,59/0,300/0", "2028-02-28T12:00:00Z", -18000, "2028-02-29T12:00:00Z", -14400);
	check("EST5EDT,59/0,300/0", "2027-02-28T12:00:00Z", -18000, "2027-03-01T12:00:00Z", -14400);
}

static void
may_have_no_summer(void **state)
{
	(void)state;
	check("UTC0", "2026-01-01T12:00:00Z", 0, "2026-07-01T12:00:00Z", 0);
	check("<+0545>-5:45", "2026-01-01T12:00:00Z", 20700, "2026-07-01T12:00:00Z", 20700);
}

static void
refuses_what_is_no_rule(void **state)
{
	static const char *const BAD[] = { "", "CET", "<CET-1", "CET-1CEST,", "CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5,M10.5.0", "CET-1CEST,J0,J300", "CET-1CEST,J366,J300",
		"CET-1CEST,366,300", "CET-1CEST,M3.5.0/200,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x",
		"CET-999", "CET-1:99", "12", "CET-1CEST,x,y" };
	struct zone_rule rule;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
		if (zone_rule_parse(BAD[i], &rule) == 0)
			fail_msg("'%s' is taken", BAD[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_in_the_week_of_a_month),
		cmocka_unit_test(changes_on_a_day_of_the_year),
		cmocka_unit_test(may_have_no_summer),
		cmocka_unit_test(refuses_what_is_no_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
