#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"
#include "recurrence.h"

static struct arena *arena;
static struct timezones *zones;

extern const char data_calendar_windows_txt[];

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	zones = timezones_load();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	timezones_free(zones);
	arena_free(arena);
	return 0;
}

static struct civil
civil_of(const char *text)
{
	struct civil civil = { 0 };

	assert_int_equal(sscanf(text, "%4d%2d%2dT%2d%2d%2d", &civil.year, &civil.month, &civil.day,
				 &civil.hour, &civil.minute, &civil.second),
		6);
	return civil;
}

static int64_t
moment(const char *text)
{
	struct civil civil = civil_of(text);

	return civil_to_time(&civil);
}

static const struct case_of_time {
	const char *zone, *local, *utc;
} TIMES[] = {
	{ "Europe/Berlin", "20260329T023000", "20260329T013000" },
	{ "Europe/Berlin", "20261025T023000", "20261025T003000" },
	{ "Europe/London", "20260329T013000", "20260329T013000" },
	{ "Europe/London", "20261025T013000", "20261025T003000" },
	{ "Europe/Dublin", "20260329T013000", "20260329T013000" },
	{ "Europe/Dublin", "20261025T013000", "20261025T003000" },
	{ "Europe/Kyiv", "20260329T033000", "20260329T013000" },
	{ "Europe/Kyiv", "20261025T033000", "20261025T003000" },
	{ "Europe/Istanbul", "20260329T023000", "20260328T233000" },
	{ "Europe/Istanbul", "20261025T023000", "20261024T233000" },
	{ "America/New_York", "20260308T023000", "20260308T073000" },
	{ "America/New_York", "20261101T013000", "20261101T053000" },
	{ "America/Los_Angeles", "20260308T023000", "20260308T103000" },
	{ "America/Los_Angeles", "20261101T013000", "20261101T083000" },
	{ "America/St_Johns", "20260308T023000", "20260308T060000" },
	{ "America/St_Johns", "20261101T013000", "20261101T040000" },
	{ "America/Sao_Paulo", "20260329T023000", "20260329T053000" },
	{ "America/Sao_Paulo", "20261025T023000", "20261025T053000" },
	{ "America/Santiago", "20260404T233000", "20260405T023000" },
	{ "America/Santiago", "20260906T003000", "20260906T043000" },
	{ "America/Havana", "20260308T003000", "20260308T053000" },
	{ "America/Havana", "20261101T003000", "20261101T043000" },
	{ "America/Phoenix", "20260329T023000", "20260329T093000" },
	{ "America/Phoenix", "20261025T023000", "20261025T093000" },
	{ "Asia/Kolkata", "20260329T023000", "20260328T210000" },
	{ "Asia/Kolkata", "20261025T023000", "20261024T210000" },
	{ "Asia/Tokyo", "20260329T023000", "20260328T173000" },
	{ "Asia/Tokyo", "20261025T023000", "20261024T173000" },
	{ "Asia/Tehran", "20260329T023000", "20260328T230000" },
	{ "Asia/Tehran", "20261025T023000", "20261024T230000" },
	{ "Asia/Jerusalem", "20260327T023000", "20260327T003000" },
	{ "Asia/Jerusalem", "20261025T013000", "20261024T223000" },
	{ "Asia/Beirut", "20260329T003000", "20260328T223000" },
	{ "Asia/Beirut", "20261024T233000", "20261024T203000" },
	{ "Africa/Cairo", "20260424T003000", "20260423T223000" },
	{ "Africa/Cairo", "20261029T233000", "20261029T203000" },
	{ "Africa/Casablanca", "20260215T023000", "20260215T013000" },
	{ "Africa/Casablanca", "20260322T023000", "20260322T023000" },
	{ "Australia/Lord_Howe", "20260405T014500", "20260404T144500" },
	{ "Australia/Lord_Howe", "20261004T021500", "20261003T154500" },
	{ "Australia/Sydney", "20260405T023000", "20260404T153000" },
	{ "Australia/Sydney", "20261004T023000", "20261003T163000" },
	{ "Pacific/Auckland", "20260405T023000", "20260404T133000" },
	{ "Pacific/Auckland", "20260927T023000", "20260926T143000" },
	{ "Pacific/Chatham", "20260405T031500", "20260404T133000" },
	{ "Pacific/Chatham", "20260927T031500", "20260926T143000" },
	{ "Pacific/Kiritimati", "20260329T023000", "20260328T123000" },
	{ "Pacific/Kiritimati", "20261025T023000", "20261024T123000" },
	{ "Pacific/Apia", "20260329T023000", "20260328T133000" },
	{ "Pacific/Apia", "20261025T023000", "20261024T133000" },
	{ "Asia/Kathmandu", "20260329T023000", "20260328T204500" },
	{ "Asia/Kathmandu", "20261025T023000", "20261024T204500" },
	{ "Antarctica/Troll", "20260329T020000", "20260329T020000" },
	{ "Antarctica/Troll", "20261025T020000", "20261025T000000" },
	{ "Europe/Berlin", "20990329T023000", "20990329T013000" },
	{ "Europe/Berlin", "20990701T090000", "20990701T070000" },
	{ "America/New_York", "21500701T090000", "21500701T130000" },
	{ "Africa/Casablanca", "20871201T090000", "20871201T080000" },
	{ "Australia/Lord_Howe", "20600115T090000", "20600114T220000" },
	{ "Europe/Berlin", "19800406T023000", "19800406T013000" },
	{ "Europe/London", "19700601T090000", "19700601T080000" },
	{ "Europe/Moscow", "20110327T023000", "20110326T233000" },
	{ "Europe/Moscow", "20120101T090000", "20120101T050000" },
	{ "Asia/Pyongyang", "20160101T090000", "20160101T003000" },
	{ "Pacific/Apia", "20111230T120000", "20111230T220000" },
	{ "America/Caracas", "20100101T090000", "20100101T133000" },
	{ "Africa/Monrovia", "19710601T090000", "19710601T094430" },
};

/* Gaps and overlaps of 2026 in 27 zones, far years, and zones as they were. */
static void
turns_wall_clock_into_utc_on_days_of_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof TIMES / sizeof TIMES[0]; i++) {
		const struct timezone *zone = timezone_find(zones, TIMES[i].zone);
		struct civil local = civil_of(TIMES[i].local);
		int offset = 9999;
		int64_t time;

		assert_non_null(zone);
		time = timezone_time(zone, &local, &offset);
		if (time != moment(TIMES[i].utc))
			fail_msg("%s %s is %s", TIMES[i].zone, TIMES[i].local,
				time_text(arena, time, 0));
		assert_int_equal(offset, timezone_offset(zone, time));
	}
}

static void
knows_a_zone_by_any_of_its_names(void **state)
{
	static const struct {
		const char *written, *name;
	} NAMES[] = { { "Europe/Berlin", "Europe/Berlin" }, { "europe/BERLIN", "Europe/Berlin" },
		{ "UTC", "UTC" }, { "utc", "UTC" }, { "Z", "UTC" }, { "GMT", "GMT" },
		{ "Etc/UTC", "Etc/UTC" }, { "Etc/GMT-3", "Etc/GMT-3" },
		{ "US/Eastern", "US/Eastern" }, { "EST5EDT", "EST5EDT" },
		{ "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires" },
		{ "America/Port-au-Prince", "America/Port-au-Prince" },
		{ "W. Europe Standard Time", "Europe/Berlin" },
		{ "w. europe standard time", "Europe/Berlin" },
		{ "  \"W. Europe Standard Time\" ", "Europe/Berlin" },
		{ "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin" },
		{ "(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin" },
		{ "(UTC-05:00) Eastern Time (US & Canada)", "America/New_York" },
		{ "(UTC-05:00) Indiana (East)", "America/Indianapolis" },
		{ "(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London",
			"Europe/London" },
		{ "/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin" },
		{ "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin", "Europe/Berlin" },
		{ "/citadel.org/20190914_1/Europe/Berlin", "Europe/Berlin" },
		{ "/softwarestudio.org/Olson_20011030_5/America/Indiana/Knox",
			"America/Indiana/Knox" },
		{ "/Europe/Berlin", "Europe/Berlin" }, { "tzone://Microsoft/Utc", "UTC" },
		{ "tzone://Microsoft/W. Europe Standard Time", "Europe/Berlin" } };

	(void)state;
	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
		const struct timezone *zone = timezone_find(zones, NAMES[i].written);

		if (zone == NULL)
			fail_msg("'%s' is unknown", NAMES[i].written);
		assert_string_equal(timezone_name(zone), NAMES[i].name);
	}
}

static void
does_not_know_what_is_no_zone(void **state)
{
	static const char *const NAMES[] = { "", " ", "\"\"", "Nowhere/X", "Nowhere/UTC", "local",
		"localtime", "/etc/localtime", "posixrules", "posix/Europe/Berlin", "Factory",
		"../../../../etc/passwd", "/../Europe/Berlin", "/a/../Europe/Berlin", "Europe",
		"Europe/", "/", "//", "tzone://Microsoft/Custom", "Europe/Berlin/..", "zone.tab",
		"(UTC+01:00) Atlantis", "(UTC+01:00)", "(UTC", "Customized Time Zone", "GMT+0100",
		"leap-seconds.list" };
	char longer[400];

	(void)state;
	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
		if (timezone_find(zones, NAMES[i]) != NULL)
			fail_msg("'%s' is known", NAMES[i]);
	memset(longer, 'a', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	assert_null(timezone_find(zones, longer));
}

static void
knows_every_windows_zone_of_its_table(void **state)
{
	char line[256], *shown, *target;
	const char *at = data_calendar_windows_txt;
	unsigned count = 0;

	(void)state;
	for (const char *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
		if (line[0] == '#')
			continue;
		target = strchr(line, '|');
		*target++ = '\0';
		shown = strchr(target, '|');
		*shown++ = '\0';
		if (timezone_find(zones, line) == NULL)
			fail_msg("'%s' is unknown", line);
		if (timezone_find(zones, target) == NULL)
			fail_msg("'%s' is no zone of the system", target);
		if (*shown != '\0') {
			const char *whole = arena_printf(arena, "(UTC+99:00) %s", shown);

			assert_non_null(timezone_find(zones, whole));
			assert_string_equal(timezone_name(timezone_find(zones, whole)), target);
		}
		count++;
	}
	assert_true(count >= 140);
}

static void
knows_every_zone_of_the_system(void **state)
{
	FILE *file = fopen("/usr/share/zoneinfo/tzdata.zi", "re");
	char line[512], first[128], second[128];
	unsigned count = 0;

	(void)state;
	if (file == NULL)
		skip();
	while (fgets(line, sizeof line, file) != NULL) {
		bool zone = sscanf(line, "Z %127s", first) == 1;
		bool link = sscanf(line, "L %127s %127s", second, first) == 2;

		if ((!zone && !link) || strcmp(first, "Factory") == 0)
			continue;
		if (timezone_find(zones, first) == NULL)
			fail_msg("'%s' is unknown", first);
		count++;
	}
	fclose(file);
	assert_true(count > 300);
}

static int
read_zone(const char *body, const struct timezone **out, struct err *err)
{
	const char *text = arena_printf(
		arena, "BEGIN:VTIMEZONE\r\nTZID:Own\r\n%sEND:VTIMEZONE\r\n", body);

	return timezone_read(text, strlen(text), arena, out, err);
}

static void
check_time(const struct timezone *zone, const char *local, const char *utc)
{
	struct civil civil = civil_of(local);
	int64_t time = timezone_time(zone, &civil, NULL);

	if (time != moment(utc))
		fail_msg("%s is %s", local, time_text(arena, time, 0));
}

static const char BERLIN[] =
	"BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
	"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n"
	"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
	"BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nRRULE:FREQ=YEARLY;BYD\r\n"
	" AY=-1SU;BYMONTH=3\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
	"TZNAME;LANGUAGE=\"de:x\":MESZ\r\nEND:DAYLIGHT\r\n";

/* As Outlook writes it, from 1601; compared with the system's at every hour of two years. */
static void
reads_a_zone_with_yearly_rules(void **state)
{
	const struct timezone *zone, *system = timezone_find(zones, "Europe/Berlin");
	struct err err;

	(void)state;
	assert_int_equal(read_zone(BERLIN, &zone, &err), 0);
	assert_string_equal(timezone_name(zone), "Own");
	for (int64_t time = moment("20260101T000000"); time < moment("20280101T000000");
		time += 3600) {
		struct civil local;

		time_to_civil(time, &local);
		assert_int_equal(timezone_offset(zone, time), timezone_offset(system, time));
		assert_true(
			timezone_time(zone, &local, NULL) == timezone_time(system, &local, NULL));
	}
	check_time(zone, "20260329T023000", "20260329T013000");
	check_time(zone, "20261025T023000", "20261025T003000");
	check_time(zone, "21500701T090000", "21500701T070000");
}

static void
reads_a_zone_with_until_and_rdate(void **state)
{
	const struct timezone *zone;
	struct err err;

	(void)state;
	assert_int_equal(
		read_zone("BEGIN:DAYLIGHT\nDTSTART:20200329T020000\nTZOFFSETFROM:+0100\n"
			  "RRULE:FREQ=YEARLY;UNTIL=20210328T010000Z;BYMONTH=3;BYDAY=-1SU\n"
			  "TZOFFSETTO:+0200\nEND:DAYLIGHT\nBEGIN:STANDARD\n"
			  "DTSTART:20201025T030000\nRDATE:20211031T030000,20250101T000000\n"
			  "TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n",
			&zone, &err),
		0);
	check_time(zone, "20191201T090000", "20191201T080000");
	check_time(zone, "20200701T090000", "20200701T070000");
	check_time(zone, "20210701T090000", "20210701T070000");
	check_time(zone, "20211201T090000", "20211201T080000");
	check_time(zone, "20220701T090000", "20220701T080000");
}

static void
reads_a_zone_of_one_offset(void **state)
{
	const struct timezone *zone;
	struct err err;

	(void)state;
	assert_int_equal(read_zone("BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0545\n"
				   "TZOFFSETTO:+054500\nEND:STANDARD\n",
				 &zone, &err),
		0);
	check_time(zone, "20260701T090000", "20260701T031500");
	check_time(zone, "19600701T090000", "19600701T031500");
}

#define OBSERVANCE(RULE) \
	"BEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n" RULE \
	"END:STANDARD\n"

static void
refuses_zones_that_are_over_a_limit_or_malformed(void **state)
{
	static const struct {
		const char *body, *word;
	} BAD[] = {
		{ OBSERVANCE("RRULE:FREQ=SECONDLY\n"), "SECONDLY is more often" },
		{ OBSERVANCE("RRULE:FREQ=DAILY\n"), "not YEARLY" },
		{ OBSERVANCE("RRULE:FREQ=MONTHLY\n"), "not YEARLY" },
		{ OBSERVANCE("RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU\n"),
			"more than 2000 times" },
		{ OBSERVANCE("RDATE:tomorrow\n"), "RDATE that is no time" },
		{ OBSERVANCE("BEGIN:STANDARD\n"), "do not belong" },
		{ OBSERVANCE("nonsense\n"), "no NAME:VALUE" },
		{ "", "no observance" },
		{ "BEGIN:VEVENT\nEND:VEVENT\n", "do not belong" },
		{ "END:VTIMEZONE\nBEGIN:STANDARD\n", "not one VTIMEZONE" },
		{ "BEGIN:STANDARD\nDTSTART:20200101T000000\nEND:STANDARD\n", "without DTSTART" },
		{ "BEGIN:STANDARD\nDTSTART:20249999T999999\nEND:STANDARD\n", "DTSTART that is no" },
		{ "BEGIN:STANDARD\nTZOFFSETFROM:+2500\nEND:STANDARD\n", "TZOFFSETFROM that is" },
		{ "BEGIN:STANDARD\nTZOFFSETTO:0100\nEND:STANDARD\n", "TZOFFSETTO that is" },
		{ "BEGIN:STANDARD\n", "without DTSTART" },
	};
	const struct timezone *zone;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		if (read_zone(BAD[i].body, &zone, &err) == 0)
			fail_msg("'%s' is read", BAD[i].body);
		assert_int_equal(err.code, ERR_USAGE);
		if (strstr(err.message, BAD[i].word) == NULL)
			fail_msg("'%s': %s", BAD[i].body, err.message);
	}
	assert_int_equal(timezone_read("", 0, arena, &zone, &err), -1);
	assert_int_equal(timezone_read("BEGIN:VTIMEZONE\0", 16, arena, &zone, &err), -1);
}

static void
refuses_zones_with_too_many_observances_or_dates(void **state)
{
	struct text many = { 0 }, dates = { 0 };
	const struct timezone *zone;
	struct err err;

	(void)state;
	for (int i = 0; i < 100; i++)
		text_add(&many, OBSERVANCE(""));
	assert_int_equal(read_zone(many.bytes, &zone, &err), 0);
	text_add(&many, OBSERVANCE(""));
	assert_int_equal(read_zone(many.bytes, &zone, &err), -1);
	assert_non_null(strstr(err.message, "100 observances"));
	text_add(&dates, "BEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:+0100\n"
			 "TZOFFSETTO:+0200\nRDATE:20200102T000000");
	for (int i = 0; i < 200; i++)
		text_add(&dates, ",20200103T000000");
	text_add(&dates, "\nEND:STANDARD\n");
	assert_int_equal(read_zone(dates.bytes, &zone, &err), -1);
	assert_non_null(strstr(err.message, "200 RDATEs"));
	text_clear(&many);
	text_clear(&dates);
}

int
main(void)
{
	static const struct CMUnitTest TESTS[] = {
		cmocka_unit_test(turns_wall_clock_into_utc_on_days_of_change),
		cmocka_unit_test(knows_a_zone_by_any_of_its_names),
		cmocka_unit_test(does_not_know_what_is_no_zone),
		cmocka_unit_test(knows_every_windows_zone_of_its_table),
		cmocka_unit_test(knows_every_zone_of_the_system),
		cmocka_unit_test(reads_a_zone_with_yearly_rules),
		cmocka_unit_test(reads_a_zone_with_until_and_rdate),
		cmocka_unit_test(reads_a_zone_of_one_offset),
		cmocka_unit_test(refuses_zones_that_are_over_a_limit_or_malformed),
		cmocka_unit_test(refuses_zones_with_too_many_observances_or_dates),
	};

	return cmocka_run_group_tests_name("timezone", TESTS, set_up, tear_down);
}
