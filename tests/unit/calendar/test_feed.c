#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "liaison/base/text.h"
#include "liaison/calendar/feed.h"

static struct arena *arena;
static struct feed feed;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	feed = (struct feed){ 0 };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* An allocation of exactly that size lets a sanitizer see a read past the end. */
static int
split_bytes(const char *bytes, size_t size)
{
	char *exact = malloc(size ? size : 1);
	int r;

	assert_non_null(exact);
	memcpy(exact, bytes, size);
	r = feed_split(exact, size, arena, &feed, &err);
	free(exact);
	return r;
}

static int
split(const char *text)
{
	return split_bytes(text, strlen(text));
}

static void
must_split(const char *text)
{
	if (split(text) < 0)
		fail_msg("%s", err.message);
}

static void
must_refuse(const char *text, const char *words)
{
	assert_int_equal(split(text), -1);
	assert_int_equal(err.code, ERR_USAGE);
	if (strstr(err.message, words) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, words);
}

/* The bytes of an item, as the engine sends them back. */
static char *
bytes_of(const char *text, const struct feed_item *item)
{
	struct text out = { 0 };
	char *copy;

	text_add(&out, "");
	for (unsigned i = 0; i < item->range_count; i++)
		text_add_n(&out, text + item->ranges[i].offset, item->ranges[i].size);
	copy = arena_text_n(arena, out.bytes, out.size);
	text_clear(&out);
	return copy;
}

#define CALENDAR(body)   "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" body "END:VCALENDAR\r\n"
#define EVENT(uid, body) "BEGIN:VEVENT\r\nUID:" uid "\r\n" body "END:VEVENT\r\n"
#define ZONE(tzid, body) "BEGIN:VTIMEZONE\r\nTZID:" tzid "\r\n" body "END:VTIMEZONE\r\n"

static void
groups_events_by_uid_in_their_order(void **state)
{
	static const char TEXT[] = CALENDAR(EVENT("b", "SUMMARY:1\r\n") EVENT("a", "SUMMARY:2\r\n")
			EVENT("b", "RECURRENCE-ID:20240101T000000Z\r\n"));

	(void)state;
	must_split(TEXT);
	assert_int_equal(feed.item_count, 2);
	assert_string_equal(feed.items[0].uid, "b");
	assert_string_equal(feed.items[1].uid, "a");
	assert_string_equal(bytes_of(TEXT, &feed.items[0]),
		EVENT("b", "SUMMARY:1\r\n") EVENT("b", "RECURRENCE-ID:20240101T000000Z\r\n"));
	assert_string_equal(bytes_of(TEXT, &feed.items[1]), EVENT("a", "SUMMARY:2\r\n"));
	assert_null(feed.items[0].error);
	assert_null(feed.remark);
	assert_int_equal(feed.others, 0);
}

static void
takes_every_kind_of_line_end(void **state)
{
	static const char *const ENDS[] = { "\n", "\r\n", "\r", "\r\r\n" };
	uint8_t digest[16];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		char text[400];
		const char *end = ENDS[i];

		snprintf(text, sizeof text,
			"BEGIN:VCALENDAR%sBEGIN:VEVENT%sUID:x%s y%sSUMMARY:s%sEND:VEVENT%s"
			"END:VCALENDAR",
			end, end, end, end, end, end);
		must_split(text);
		assert_int_equal(feed.item_count, 1);
		assert_string_equal(feed.items[0].uid, "xy");
		assert_null(feed.remark);
		if (i == 0)
			memcpy(digest, feed.items[0].digest, sizeof digest);
		assert_memory_equal(digest, feed.items[0].digest, sizeof digest);
	}
}

static void
unfolds_within_characters_and_names(void **state)
{
	(void)state;
	must_split("\xef\xbb\xbf" CALENDAR(
		"BE\r\n GIN:VEVENT\r\nU\r\n ID:gr\xc3\r\n \xbc\xc3\r\n\t\x9f"
		"e\r\n \r\n \r\nEND:VEVENT\r\n"));
	assert_int_equal(feed.item_count, 1);
	assert_string_equal(feed.items[0].uid, "gr\xc3\xbc\xc3\x9f"
					       "e");
}

static void
reads_begin_and_end_in_any_case(void **state)
{
	(void)state;
	must_split("begin:vcalendar\nBegin:vEvent \nuid: a \nend:VEVENT\nEnd:VCalendar\t\n");
	assert_int_equal(feed.item_count, 1);
	assert_string_equal(feed.items[0].uid, "a");
}

static void
leaves_nested_components_in_their_event(void **state)
{
	static const char TEXT[] = CALENDAR(EVENT("a",
		"BEGIN:VALARM\r\nUID:alarm\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n") EVENT("b", ""));

	(void)state;
	must_split(TEXT);
	assert_int_equal(feed.item_count, 2);
	assert_non_null(strstr(bytes_of(TEXT, &feed.items[0]), "END:VALARM"));
	must_split(CALENDAR("BEGIN:VEVENT\r\nBEGIN:VALARM\r\nUID:alarm\r\nEND:VALARM\r\n"
			    "UID:a\r\nEND:VEVENT\r\n"));
	assert_string_equal(feed.items[0].uid, "a");
}

static void
keeps_calendars_apart(void **state)
{
	static const char TEXT[] = CALENDAR("X-WR-TIMEZONE:Europe/Berlin\r\n" ZONE(
		"Foo", "X-A:1\r\n") EVENT("a", "DTSTART;TZID=Foo:20240101T000000\r\n"))
		CALENDAR(
			ZONE("Foo", "X-A:2\r\n") EVENT("b", "DTSTART;TZID=Foo:20240101T000000\r\n"))
			CALENDAR(EVENT("c", "DTSTART;TZID=Foo:20240101T000000\r\n"));

	(void)state;
	must_split(TEXT);
	assert_int_equal(feed.item_count, 3);
	assert_string_equal(feed.items[0].zone, "Europe/Berlin");
	assert_null(feed.items[1].zone);
	assert_non_null(strstr(bytes_of(TEXT, &feed.items[0]), "X-A:1"));
	assert_null(strstr(bytes_of(TEXT, &feed.items[0]), "X-A:2"));
	assert_non_null(strstr(bytes_of(TEXT, &feed.items[1]), "X-A:2"));
	assert_null(strstr(bytes_of(TEXT, &feed.items[2]), "VTIMEZONE"));
}

static void
finds_the_zones_an_event_names(void **state)
{
	static const char TEXT[] = CALENDAR(EVENT("a",
		"DTSTART;VALUE=DATE-TIME;TZID=\"One; or:so\":20240101T000000\r\n"
		"DTEND;tzid=TWO;X=y:20240101T000000\r\n"
		"DESCRIPTION;X=\";TZID=Three\":z;TZID=Three:\r\n") ZONE("One; or:so",
		"") ZONE("Two", "X-A:first\r\n") ZONE("Two", "X-A:second\r\n") ZONE("Three", ""));
	const char *bytes;

	(void)state;
	must_split(TEXT);
	bytes = bytes_of(TEXT, &feed.items[0]);
	assert_true(text_starts(bytes, "BEGIN:VTIMEZONE\r\nTZID:One; or:so\r\n"));
	assert_non_null(strstr(bytes, "X-A:first"));
	assert_null(strstr(bytes, "X-A:second"));
	assert_null(strstr(bytes, "TZID:Three"));
	assert_int_equal(feed.others, 0);
}

/* The digest of the only event of a calendar with these lines. */
static const uint8_t *
digest_of(const char *before, const char *lines)
{
	must_split(arena_printf(arena,
		"BEGIN:VCALENDAR\r\n%sBEGIN:VEVENT\r\nUID:a\r\n%sEND:VEVENT\r\nEND:VCALENDAR\r\n",
		before, lines));
	assert_int_equal(feed.item_count, 1);
	return feed.items[0].digest;
}

static void
tells_what_changed_from_what_did_not(void **state)
{
	static const char LINES[] = "DTSTART;TZID=Foo:20240101T000000\r\nSUMMARY:one\r\n";
	static const char *const SAME[][2] = {
		{ "", "DTSTAMP:20240101T000000Z\r\n"
		      "DTSTART;TZID=Foo:20240101T000000\r\nSUMMARY:one\r\n" },
		{ "", "DTSTART;TZID=Foo:2024\r\n 0101T000000\r\nSUMM\n\tARY:one\n" },
		{ ZONE("Bar", ""), LINES },
	};
	static const char *const OTHER[][2] = {
		{ "", "DTSTART;TZID=Foo:20240101T000000\r\nSUMMARY:two\r\n" },
		{ ZONE("Foo", ""), LINES },
		{ ZONE("Foo", "X-A:b\r\n"), LINES },
		{ "X-WR-TIMEZONE:Europe/Berlin\r\n", LINES },
		{ "X-WR-TIMEZONE:Europe/Paris\r\n", LINES },
	};
	const uint8_t *seen[8];
	unsigned count = 0;

	(void)state;
	seen[count++] = digest_of("", LINES);
	for (unsigned i = 0; i < sizeof SAME / sizeof *SAME; i++)
		assert_memory_equal(seen[0], digest_of(SAME[i][0], SAME[i][1]), 16);
	for (unsigned i = 0; i < sizeof OTHER / sizeof *OTHER; i++) {
		seen[count] = digest_of(OTHER[i][0], OTHER[i][1]);
		for (unsigned j = 0; j < count; j++)
			assert_memory_not_equal(seen[j], seen[count], 16);
		count++;
	}
}

static void
changes_with_any_event_of_its_uid(void **state)
{
	uint8_t digest[16];

	(void)state;
	must_split(CALENDAR(EVENT("a", "") EVENT("a", "X-A:1\r\n")));
	memcpy(digest, feed.items[0].digest, 16);
	must_split(CALENDAR(EVENT("a", "") EVENT("a", "X-A:2\r\n")));
	assert_memory_not_equal(digest, feed.items[0].digest, 16);
	must_split(CALENDAR(EVENT("a", "")));
	assert_memory_not_equal(digest, feed.items[0].digest, 16);
}

static void
names_an_event_without_uid_by_its_digest(void **state)
{
	static const char *const TEXT = CALENDAR(
		"BEGIN:VEVENT\r\nSUMMARY:1\r\nEND:VEVENT\r\n"
		"BEGIN:VEVENT\r\nSUMMARY:2\r\nUID: \r\nEND:VEVENT\r\n"
		"BEGIN:VEVENT\r\nSUMMARY:1\r\nEND:VEVENT\r\n");
	const char *first;

	(void)state;
	must_split(TEXT);
	assert_int_equal(feed.item_count, 2);
	assert_int_equal(strlen(feed.items[0].uid), 32);
	assert_string_not_equal(feed.items[0].uid, feed.items[1].uid);
	assert_int_equal(feed.items[0].range_count, 1);
	first = feed.items[0].uid;
	must_split(CALENDAR("BEGIN:VEVENT\r\nDTSTAMP:1\r\nSUMMARY:1\r\nEND:VEVENT\r\n"));
	assert_string_equal(feed.items[0].uid, first);
}

static void
cleans_and_unescapes_a_uid(void **state)
{
	static const char TEXT[] = CALENDAR(
		"BEGIN:VEVENT\r\nUID:a\\,b\\\\c\x1b\xff\r\nEND:VEVENT\r\n");

	(void)state;
	must_split(TEXT);
	assert_string_equal(feed.items[0].uid, "a,b\\c \xef\xbf\xbd");
}

static void
takes_bytes_that_are_zero(void **state)
{
	static const char TEXT[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\0b\\\0\nSUMMARY:\0\n"
				   "END:VEVENT\nEND:VCALENDAR\n";

	(void)state;
	assert_int_equal(split_bytes(TEXT, sizeof TEXT - 1), 0);
	assert_int_equal(feed.item_count, 1);
	assert_string_equal(feed.items[0].uid, "a b\\ ");
}

static void
counts_what_is_no_event(void **state)
{
	(void)state;
	must_split(
		CALENDAR("BEGIN:VTODO\r\nUID:a\r\nEND:VTODO\r\nBEGIN:VJOURNAL\r\nEND:VJOURNAL\r\n"
			 "BEGIN:VFREEBUSY\r\nEND:VFREEBUSY\r\nBEGIN:X-OWN\r\nBEGIN:X-IN\r\n"
			 "END:X-IN\r\nEND:X-OWN\r\n" EVENT("b", "") ZONE("c", "")));
	assert_int_equal(feed.item_count, 1);
	assert_int_equal(feed.others, 4);
	must_split(CALENDAR(""));
	assert_int_equal(feed.item_count, 0);
}

static void
passes_over_lines_that_are_no_properties(void **state)
{
	static const char TEXT[] = CALENDAR(EVENT("a",
		"SUMMARY:1\r\nthis is a broken description\r\nEND:VALARM\r\nBEGIN;X=Y:VALARM\r\n"
		"X-A:1\r\n\r\nX-B:2\r\n\r\n lost:3\r\n"));

	(void)state;
	must_split(TEXT);
	assert_null(feed.items[0].error);
	assert_string_equal(
		bytes_of(TEXT, &feed.items[0]), EVENT("a", "SUMMARY:1\r\nX-A:1\r\n\r\nX-B:2\r\n"));
	assert_string_equal(
		feed.remark, "passed over lines that are no properties: 4, the first is line 6");
}

static void
blames_only_the_event_whose_end_is_missing(void **state)
{
	static const char TEXT[] = CALENDAR("BEGIN:VEVENT\r\nUID:a\r\n" EVENT("b", "")
			EVENT("c", "BEGIN:VALARM\r\n") "BEGIN:VEVENT\r\nUID:d\r\n");

	(void)state;
	must_split(TEXT);
	assert_int_equal(feed.item_count, 4);
	assert_string_equal(
		feed.items[0].error, "the event that begins in line 3 has no fitting end");
	assert_string_equal(bytes_of(TEXT, &feed.items[0]), "BEGIN:VEVENT\r\nUID:a\r\n");
	assert_null(feed.items[1].error);
	assert_string_equal(
		feed.items[2].error, "the event that begins in line 8 has no fitting end");
	assert_string_equal(
		feed.items[3].error, "the event that begins in line 12 has no fitting end");
}

static char *
filled(size_t size)
{
	char *text = arena_alloc(arena, size + 1);

	memset(text, 'x', size);
	return text;
}

static void
passes_over_long_attachments(void **state)
{
	char *text = arena_printf(arena,
		CALENDAR(EVENT("a", "ATTACH;VALUE=BINARY:%s\r\nSUMMARY:1\r\n")),
		filled(FEED_LINE_MAX + 1));

	(void)state;
	must_split(text);
	assert_null(feed.items[0].error);
	assert_string_equal(bytes_of(text, &feed.items[0]), EVENT("a", "SUMMARY:1\r\n"));
	assert_string_equal(feed.remark, "passed over attachments over 65536 bytes: 1");
	must_split(arena_printf(arena, CALENDAR(EVENT("a", "ATTACH:%s\r\n")), "cid:1"));
	assert_null(feed.remark);
}

static void
blames_only_the_event_with_a_long_line(void **state)
{
	(void)state;
	must_split(arena_printf(arena,
		CALENDAR("X-WR-CALDESC:%s\r\n" EVENT("a", "") EVENT("b", "SUMMARY:%s\r\n")),
		filled(FEED_LINE_MAX + 1), filled(FEED_LINE_MAX + 1)));
	assert_null(feed.items[0].error);
	assert_string_equal(feed.items[1].error, "line 9 is over 65536 bytes long");
	must_split(arena_printf(arena, CALENDAR(EVENT("a", "SUMMARY:%s\r\n %s\r\n")),
		filled(FEED_LINE_MAX - 8), filled(FEED_LINE_MAX - 1)));
	assert_null(feed.items[0].error);
}

static void
blames_only_the_event_that_is_too_deep(void **state)
{
	static const char DEEP[] =
		"BEGIN:X\r\nBEGIN:X\r\nBEGIN:X\r\nBEGIN:X\r\nBEGIN:X\r\nBEGIN:X\r\n";
	static const char OUT[] = "END:X\r\nEND:X\r\nEND:X\r\nEND:X\r\nEND:X\r\nEND:X\r\n";

	(void)state;
	must_split(arena_printf(arena,
		CALENDAR(EVENT("a", "%s%s") EVENT("b", "%sBEGIN:X\r\nEND:X\r\n%s")
				EVENT("c", "%sBEGIN:X\r\n") EVENT("d", "")),
		DEEP, OUT, DEEP, OUT, DEEP));
	assert_int_equal(feed.item_count, 4);
	assert_null(feed.items[0].error);
	assert_string_equal(feed.items[1].error, "line 26 is nested over 8 levels deep");
	assert_non_null(feed.items[2].error);
	assert_null(feed.items[3].error);
	must_refuse(arena_printf(arena, "BEGIN:VCALENDAR\n%sBEGIN:X\nBEGIN:X\n", DEEP),
		"line 9 is nested over 8 levels deep");
}

static void
blames_only_the_event_that_is_too_much(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add(&text, "BEGIN:VCALENDAR\n");
	for (unsigned i = 0; i <= MEETING_VERSIONS_MAX; i++)
		text_add(&text, "BEGIN:VEVENT\nUID:many\nEND:VEVENT\n\n");
	text_printf(&text, "BEGIN:VEVENT\nUID:%s\nEND:VEVENT\n", filled(MEETING_UID_MAX + 1));
	text_add(&text, "BEGIN:VEVENT\nUID:long\n");
	for (unsigned i = 0; i < 9; i++)
		text_printf(&text, "X-A:%s\n", filled(60000));
	text_add(&text, "END:VEVENT\nBEGIN:VEVENT\nUID:zones\n");
	for (unsigned i = 0; i < 51; i++)
		text_printf(&text, "X-A;TZID=%u:\n", i);
	text_add(&text, "END:VEVENT\nBEGIN:VEVENT\nUID:well\nEND:VEVENT\nEND:VCALENDAR\n");
	must_split(text.bytes);
	assert_int_equal(feed.item_count, 5);
	assert_string_equal(feed.items[0].error, "there are 1001 events of this UID, over 1000");
	assert_non_null(strstr(feed.items[1].error, "is over 998 bytes long"));
	assert_int_equal(strlen(feed.items[1].uid), MEETING_UID_MAX);
	assert_non_null(strstr(feed.items[2].error, "bytes long with its time zones, over 524288"));
	assert_non_null(
		strstr(feed.items[3].error, "names another time zone than the 50 before it"));
	assert_null(feed.items[4].error);
	text_clear(&text);
}

static void
drops_time_zones_over_the_limit(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add(&text, "BEGIN:VCALENDAR\n");
	for (unsigned i = 0; i < FEED_ZONES_MAX + 2; i++)
		text_printf(&text, "BEGIN:VTIMEZONE\nTZID:%u\nEND:VTIMEZONE\n", i);
	text_add(&text, EVENT("a", "X;TZID=499:\n") EVENT("b", "X;TZID=500:\n") "END:VCALENDAR\n");
	must_split(text.bytes);
	assert_int_equal(feed.items[0].range_count, 2);
	assert_int_equal(feed.items[1].range_count, 1);
	assert_string_equal(feed.remark, "passed over time zones over a limit: 2");
	text_clear(&text);
}

static void
refuses_what_is_no_calendar(void **state)
{
	(void)state;
	must_refuse("", "it is empty");
	must_refuse("\r\n \r\n", "it is no calendar");
	must_refuse("<!DOCTYPE html>\n<html><body>Sign in\x1b to see the calendar of somebody else",
		"it is no calendar: it begins with '<!DOCTYPE html>");
	assert_null(strstr(err.message, "somebody"));
	assert_null(strchr(err.message, '\x1b'));
	assert_null(strchr(err.message, '\n'));
	must_refuse("{\"error\": \"BEGIN:VCALENDAR\"}", "'{\"error\"");
	must_refuse("\x1f\x8b\x08", "\\x1f\\x8b\\x08");
	must_refuse("\xff\xfe"
		    "B",
		"it is no calendar");
	must_refuse(EVENT("a", ""), "it is no calendar");
}

static void
refuses_a_feed_cut_short(void **state)
{
	static const char TEXT[] = CALENDAR(EVENT("a", "SUMMARY:1\r\n") EVENT("b", ""));

	(void)state;
	for (size_t size = 0; size < sizeof TEXT - 1 - strlen("\r\n"); size++) {
		assert_int_equal(split_bytes(TEXT, size), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
	must_refuse("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n",
		"it is cut short: END:VCALENDAR is missing after line 3");
	must_refuse("BEGIN:VCALENDAR\nBEGIN:VEVENT\n" CALENDAR(""),
		"it is cut short: line 3 begins a calendar within another");
}

static void
refuses_a_thousand_bad_lines(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add(&text, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n");
	for (unsigned i = 0; i < FEED_BAD_LINES_MAX; i++)
		text_add(&text, "nonsense\nX-A:1\n");
	text_add(&text, "END:VEVENT\nEND:VCALENDAR\n");
	must_split(text.bytes);
	assert_null(feed.items[0].error);
	text_add(&text, "more\n");
	must_refuse(text.bytes, "over 1000 of its lines are no properties; the first is line 4");
	text_clear(&text);
}

static void
refuses_too_many_events(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add(&text, "BEGIN:VCALENDAR\n");
	for (unsigned i = 0; i < FEED_ITEMS_MAX; i++)
		text_printf(&text, "BEGIN:VEVENT\nUID:%u\nEND:VEVENT\n", i);
	text_add(&text, "END:VCALENDAR\n");
	must_split(text.bytes);
	assert_int_equal(feed.item_count, FEED_ITEMS_MAX);
	text_add(&text, CALENDAR(EVENT("x", "")));
	must_refuse(text.bytes, "it has 100001 events, over 100000");
	text_clear(&text);
}

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
time_of(const char *start, const char *piece, size_t size)
{
	struct text text = { 0 };
	double begun;

	text_add(&text, start);
	while (text.size < size)
		text_add(&text, piece);
	begun = cpu_seconds();
	feed_split(text.bytes, text.size, arena, &feed, &err);
	begun = cpu_seconds() - begun;
	text_clear(&text);
	arena_reset(arena);
	return begun;
}

/* Feeds made to be slow: four times the size takes about four times as long, not sixteen times. */
static void
takes_time_by_size_whatever_comes(void **state)
{
	static const struct {
		const char *start, *piece;
	} HARD[] = {
		{ "", "END:VEVENT\n" },
		{ "BEGIN:VCALENDAR\n", "END:VEVENT\n" },
		{ "BEGIN:VCALENDAR\n", "BEGIN:VEVENT\n" },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "BEGIN:X\n" },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "BEGIN:VALARM\nEND:VALARM\n" },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "X;TZID=a:\n" },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\nX:", "\n " },
		{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\nX:", ";TZID=" },
		{ "BEGIN:VCALENDAR\n", "\r" },
		{ "BEGIN:VCALENDAR\n", "\n" },
		{ "BEGIN:VCALENDAR\r", "A:\r" },
		{ "BEGIN:VCALENDAR\n", "BEGIN:VEVENT\nUID:a\nEND:VEVENT\n\n" },
		{ "BEGIN:VCALENDAR\n", "BEGIN:VEVENT\nEND:VEVENT\n" },
		{ "", "BEGIN:VCALENDAR\nEND:VCALENDAR\n" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof HARD / sizeof *HARD; i++) {
		double part = time_of(HARD[i].start, HARD[i].piece, 2 << 20);
		double whole = time_of(HARD[i].start, HARD[i].piece, 8 << 20);

		if (whole > 10 * part + 0.1)
			fail_msg("feed %u took %.2f s, a quarter of it %.2f s", i, whole, part);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(groups_events_by_uid_in_their_order),
		TEST(takes_every_kind_of_line_end),
		TEST(unfolds_within_characters_and_names),
		TEST(reads_begin_and_end_in_any_case),
		TEST(leaves_nested_components_in_their_event),
		TEST(keeps_calendars_apart),
		TEST(finds_the_zones_an_event_names),
		TEST(tells_what_changed_from_what_did_not),
		TEST(changes_with_any_event_of_its_uid),
		TEST(names_an_event_without_uid_by_its_digest),
		TEST(cleans_and_unescapes_a_uid),
		TEST(takes_bytes_that_are_zero),
		TEST(counts_what_is_no_event),
		TEST(passes_over_lines_that_are_no_properties),
		TEST(blames_only_the_event_whose_end_is_missing),
		TEST(passes_over_long_attachments),
		TEST(blames_only_the_event_with_a_long_line),
		TEST(blames_only_the_event_that_is_too_deep),
		TEST(blames_only_the_event_that_is_too_much),
		TEST(drops_time_zones_over_the_limit),
		TEST(refuses_what_is_no_calendar),
		TEST(refuses_a_feed_cut_short),
		TEST(refuses_a_thousand_bad_lines),
		TEST(refuses_too_many_events),
		TEST(takes_time_by_size_whatever_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
