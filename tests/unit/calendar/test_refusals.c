#include "test.h"

#include <string.h>

#include "content.h"
#include "fixture.h"
#include "liaison/base/text.h"

/* Events that are too much, or wrong in a way that feeds of tests/data do not show: what is refused is
 * told in words, what is wrong in one property does no harm to the others. */

static int
read_bytes(const char *bytes, size_t size, struct meeting **out, unsigned *count, struct err *err)
{
	struct meeting_window window = { .from = 1767225600, /* the year 2026 */
		.until = 1798761600,
		.zone = timezone_find(zones, "Europe/Berlin"),
		.text_max = 1000 };

	return meeting_read(zones, bytes, size, &window, arena, out, count, err);
}

/* One event of these lines, which begins on 5 March 2026 at 9 in Berlin unless they say otherwise. */
static struct meeting *
event(const char *lines)
{
	const char *begin = strstr(lines, "DTSTART") == NULL
				    ? "DTSTART;TZID=Europe/Berlin:20260305T090000\n"
				    : "";
	char *bytes = arena_printf(arena,
		"BEGIN:VEVENT\nUID:u@example\nDTSTAMP:20260101T000000Z\n%s%s\nEND:VEVENT\n", begin,
		lines);
	struct meeting *meetings;
	unsigned count;
	struct err err;

	if (read_bytes(bytes, strlen(bytes), &meetings, &count, &err) < 0)
		fail_msg("it is refused: %s", err.message);
	assert_int_equal(count, 1);
	return meetings;
}

static const char *
refusal_of(const char *bytes, size_t size)
{
	struct meeting *meetings;
	unsigned count;
	struct err err = { 0 };

	assert_int_equal(read_bytes(bytes, size, &meetings, &count, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	return arena_text(arena, err.message);
}

/* times times line within an event. */
static const char *
refusal_of_many(const char *line, unsigned times)
{
	struct text bytes = { 0 };
	const char *words;

	text_add(&bytes, "BEGIN:VEVENT\nUID:u@example\nDTSTART:20260305T090000Z\n");
	for (unsigned i = 0; i < times; i++)
		text_add(&bytes, line);
	text_add(&bytes, "END:VEVENT\n");
	words = refusal_of(bytes.bytes, bytes.size);
	text_clear(&bytes);
	return words;
}

static void
refuses_what_is_too_much(void **state)
{
	struct text events = { 0 };

	(void)state;
	assert_string_equal(refusal_of_many("SEQUENCE:1\n", CONTENT_LINES_MAX + 10),
		"the event has over 20000 lines");
	assert_string_equal(refusal_of_many("BEGIN:VALARM\n", CONTENT_DEPTH_MAX + 2),
		"the event is nested over 8 deep");
	for (unsigned i = 0; i <= CONTENT_EVENTS_MAX; i++)
		text_add(&events, "BEGIN:VEVENT\nUID:u\nEND:VEVENT\n");
	assert_string_equal(
		refusal_of(events.bytes, events.size), "over 10000 events bear this UID");
	text_clear(&events);
}

static void
reads_durations_to_the_second(void **state)
{
	static const struct {
		const char *duration;
		int64_t seconds;
	} CASES[] = { { "PT90S", 90 }, { "P1DT2H3M4S", 93784 }, { "+P2W", 1209600 },
		{ "PT1H30M", 5400 } };

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		const struct meeting *m = event(
			arena_printf(arena, "DURATION:%s", CASES[i].duration));

		assert_int_equal(m->occurrence_count, 1);
		assert_int_equal(m->occurrences[0].end - m->occurrences[0].start, CASES[i].seconds);
	}
}

static void
passes_over_a_duration_that_is_none(void **state)
{
	static const char *const BAD[] = { "P", "P1", "PT1X", "P1H", "-PT1H",
		"PT99999999999999999999S", "1H", "PT1H1D" };

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		const struct meeting *m = event(arena_printf(arena, "DURATION:%s", BAD[i]));

		assert_int_equal(m->occurrence_count, 1);
		assert_int_equal(m->occurrences[0].end, m->occurrences[0].start);
		if ((m->flags & (MEETING_END_MISSING | MEETING_END_BEFORE_START)) == 0)
			fail_msg("'%s' is taken", BAD[i]);
	}
}

static void
refuses_rules_that_say_nothing(void **state)
{
	static const char *const BAD[] = { "FREQ=MONTHLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=MO,",
		"FREQ=MONTHLY;BYMONTHDAY=a", "FREQ=MONTHLY;BYMONTHDAY=1,,2", "FREQ=DAILY;COUNT=0",
		"FREQ=DAILY;INTERVAL=", "COUNT=3", "FREQ=DAILY;UNTIL=never" };

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		const struct meeting *m = event(arena_printf(arena, "RRULE:%s", BAD[i]));

		if ((m->flags & MEETING_RULE_REFUSED) == 0)
			fail_msg("'%s' is taken", BAD[i]);
		assert_int_equal(m->occurrence_count, 1);
	}
}

static void
keeps_when_it_was_last_changed(void **state)
{
	(void)state;
	assert_int_equal(event("LAST-MODIFIED:20260102T030405Z")->modified, 1767323045);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_is_too_much),
		cmocka_unit_test(reads_durations_to_the_second),
		cmocka_unit_test(passes_over_a_duration_that_is_none),
		cmocka_unit_test(refuses_rules_that_say_nothing),
		cmocka_unit_test(keeps_when_it_was_last_changed),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
