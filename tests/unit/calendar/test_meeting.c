#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"
#include "liaison/calendar/feed.h"

/* Each feed of tests/data/calendar read as parse reads it, beside the occurrences worked out by hand:
 * NAME.ics gives NAME.expected. Floating times and whole days are in Berlin unless the feed says
 * another zone; the window is the year 2026, UTC. A line is an occurrence: recurrence, start, end,
 * status, summary; what is special about its event stands in lines of their own below it. A failure
 * prints what came out. */

static const char FOLDER[] = "tests/data/calendar";

static const char *const statuses[] = { "confirmed", "tentative", "cancelled" };
static const char *const flags[] = { "all-day", "floating", "zone-unknown", "end-missing",
	"end-before-start", "cut", "cleaned", "transparent", "uid-missing", "more", "rule-refused",
	"outside", "conflicting", "incomplete", "unreadable" };
static const char *const roles[] = {
	[PARTY_ORGANIZER] = "organizer",
	[PARTY_ATTENDEE] = "attendee",
	[PARTY_MENTIONED] = "mentioned",
};

static const struct timezone *home; /* of the feed that is being read */

static int
reset(void **state)
{
	(void)state;
	arena_reset(arena);
	return 0;
}

static int64_t
time_at(const char *text)
{
	int64_t time;
	int offset;

	assert_int_equal(time_parse(text, &time, &offset), 0);
	return time;
}

static struct meeting_window
the_year(const char *zone)
{
	const struct timezone *found = zone == NULL ? NULL : timezone_find(zones, zone);
	struct meeting_window window = {
		.from = time_at("2026-01-01T00:00:00Z"),
		.until = time_at("2027-01-01T00:00:00Z"),
		.zone = found == NULL ? timezone_find(zones, "Europe/Berlin") : found,
		.text_max = 1000,
	};

	assert_non_null(window.zone);
	return window;
}

/* The meeting as it is after a frame between parse and engine. */
static void
through_frame(struct meeting *meeting)
{
	struct frame_reader reader = { 0 };
	struct text bytes = { 0 };
	struct frame_writer writer;
	struct frame frame;
	struct err err = { 0 };

	frame_begin(&writer, &bytes, FRAME_MEETING, 1, 2);
	meeting_encode(&writer, meeting);
	frame_end(&writer);
	frame_reader_feed(&reader, bytes.bytes, bytes.size);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	if (meeting_decode(&frame, arena, meeting, &err) < 0)
		fail_msg("the engine refuses the meeting: %s", err.message);
	frame_reader_clear(&reader);
	text_clear(&bytes);
}

static int
read_bytes(const char *bytes, size_t size, const struct meeting_window *window,
	struct meeting **out, unsigned *count, struct err *err)
{
	if (meeting_read(zones, bytes, size, window, arena, out, count, err) < 0)
		return -1;
	assert_true(*count > 0 && *count <= MEETING_VERSIONS_MAX);
	for (unsigned i = 0; i < *count; i++)
		through_frame(&(*out)[i]);
	return 0;
}

/* A time as the clock shows it at the meeting: at its zone, else at home. */
static void
write_time(const struct meeting *meeting, int64_t time, int offset, struct text *out)
{
	const struct timezone *zone = meeting->zone == NULL ? NULL
							    : timezone_find(zones, meeting->zone);

	if (meeting->flags & (MEETING_ALL_DAY | MEETING_FLOATING | MEETING_ZONE_UNKNOWN))
		zone = home;
	if (zone != NULL)
		offset = timezone_offset(zone, time);
	if (meeting->flags & MEETING_ALL_DAY)
		text_printf(out, " %s", date_text(arena, time, offset));
	else
		text_printf(out, " %s", time_text(arena, time, offset));
}

static void
write_occurrences(const struct meeting *meeting, struct text *out)
{
	for (unsigned i = 0; i < meeting->occurrence_count; i++) {
		const struct occurrence *one = &meeting->occurrences[i];
		const char *name = recurrence_text(arena, meeting->form, one->recurrence);

		text_add(out, name == NULL ? "-" : name);
		write_time(meeting, one->start, one->offset_min, out);
		write_time(meeting, one->end, one->offset_min, out);
		text_printf(out, " %s %s\n", statuses[meeting->status],
			meeting->summary == NULL ? "-" : meeting->summary);
	}
}

static void
write_parties(const struct meeting *meeting, struct text *out)
{
	for (unsigned i = 0; i < meeting->party_count; i++) {
		const struct event_party *party = &meeting->parties[i];
		const char *word = response_word((enum meeting_response)meeting->responses[i]);

		text_printf(out, "  %s: %s <%s> %s\n", roles[party->role],
			party->name == NULL ? "-" : party->name,
			party->address == NULL ? party->email : party->address,
			word == NULL ? "-" : word);
	}
}

static void
write_flags(const struct meeting *meeting, struct text *out)
{
	if (meeting->flags == 0)
		return;
	text_add(out, "  flags:");
	for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
		if (meeting->flags >> i & 1)
			text_printf(out, " %s", flags[i]);
	text_add(out, "\n");
}

static void
write_line(const char *name, const char *value, struct text *out)
{
	if (value != NULL)
		text_printf(out, "  %s: %s\n", name, value);
}

static void
write_meeting(const struct meeting *meeting, struct text *out)
{
	write_occurrences(meeting, out);
	write_flags(meeting, out);
	write_line("zone", meeting->zone, out);
	write_line("location", meeting->location, out);
	write_line("class", meeting->sensitivity, out);
	write_line("text", meeting->text, out);
	write_line("remark", meeting->remark, out);
	write_parties(meeting, out);
}

static void
join_ranges(const char *bytes, const struct feed_item *item, struct text *out)
{
	text_reset(out);
	for (unsigned i = 0; i < item->range_count; i++)
		text_add_n(out, bytes + item->ranges[i].offset, item->ranges[i].size);
}

static void
write_item(const char *bytes, const struct feed_item *item, bool mentioned, struct text *out)
{
	struct meeting_window window = the_year(item->zone);
	struct text text = { 0 };
	struct meeting *meetings;
	unsigned count;
	struct err err;

	window.mentioned = mentioned;
	home = window.zone;
	join_ranges(bytes, item, &text);
	if (item->error != NULL)
		text_printf(out, "error: %s\n", item->error);
	else if (read_bytes(text.bytes, text.size, &window, &meetings, &count, &err) < 0)
		text_printf(out, "error: %s\n", err.message);
	else
		for (unsigned i = 0; i < count; i++)
			write_meeting(&meetings[i], out);
	text_clear(&text);
}

static void
read_stream(FILE *file, struct text *out)
{
	char bytes[4096];
	size_t size;

	while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
		text_add_n(out, bytes, size);
}

static void
read_file(const char *path, struct text *out)
{
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		return;
	read_stream(file, out);
	fclose(file);
}

static void
write_feed(const char *path, const struct text *bytes, struct text *out)
{
	bool mentioned = strstr(path, "mentioned") != NULL;
	struct feed feed;
	struct err err;

	if (feed_split(bytes->bytes, bytes->size, arena, &feed, &err) < 0) {
		text_printf(out, "refused: %s\n", err.message);
		return;
	}
	for (unsigned i = 0; i < feed.item_count; i++)
		write_item(bytes->bytes, &feed.items[i], mentioned, out);
}

static bool
check_file(const char *name)
{
	char *path = arena_printf(arena, "%s/%s", FOLDER, name);
	char *expected_path = arena_printf(arena, "%.*s.expected", (int)strlen(path) - 4, path);
	struct text bytes = { 0 }, expected = { 0 }, got = { 0 };
	bool same;

	read_file(path, &bytes);
	assert_true(bytes.size > 0);
	write_feed(path, &bytes, &got);
	read_file(expected_path, &expected);
	same = expected.size > 0 && got.size > 0 && strcmp(expected.bytes, got.bytes) == 0;
	if (!same)
		print_error("%s is read as\n%s", name, got.size == 0 ? "nothing\n" : got.bytes);
	text_clear(&bytes);
	text_clear(&expected);
	text_clear(&got);
	return same;
}

static void
reads_each_calendar_as_worked_out_by_hand(void **state)
{
	DIR *folder = opendir(FOLDER);
	unsigned count = 0, wrong = 0;
	struct dirent *entry;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		size_t size = strlen(entry->d_name);

		if (size < 4 || strcmp(entry->d_name + size - 4, ".ics") != 0)
			continue;
		count++;
		wrong += !check_file(entry->d_name);
	}
	closedir(folder);
	assert_true(count >= 60);
	assert_int_equal(wrong, 0);
}

/* One item's components, after what printf makes of them. */
static int
read_text(const struct meeting_window *window, struct meeting **out, unsigned *count,
	struct err *err, const char *text)
{
	return read_bytes(text, strlen(text), window, out, count, err);
}

static const char DAILY[] = "BEGIN:VEVENT\r\nUID:u\r\nDTSTART:%s\r\nDURATION:PT1H\r\n"
			    "RRULE:FREQ=DAILY%s\r\n%sEND:VEVENT\r\n";

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
cuts_a_series_at_its_limit_and_says_so(void **state)
{
	struct meeting_window window = the_year(NULL);
	struct meeting *meetings;
	struct err err = { 0 };
	unsigned count;

	(void)state;
	window.until = time_at("2046-01-01T00:00:00Z");
	assert_int_equal(read_text(&window, &meetings, &count, &err,
				 arena_printf(arena, DAILY, "20260101T090000Z", "", "")),
		0);
	assert_int_equal(meetings[0].occurrence_count, MEETING_OCCURRENCES_MAX);
	assert_true(meetings[0].flags & MEETING_CUT);
	assert_int_equal(meetings[0].occurrences[4999].start,
		time_at("2026-01-01T09:00:00Z") + 4999 * INT64_C(86400));
}

/* 13 a day. */
static const char DENSE[] = ";BYHOUR=8,9,10,11,12,13,14,15,16,17,18,19,20";

static void
keeps_what_is_nearest_to_now_of_too_many(void **state)
{
	struct meeting_window window = the_year(NULL);
	struct meeting *meetings;
	struct err err = { 0 };
	unsigned count, last;

	(void)state;
	window.now = time_at("2026-12-01T00:00:00Z");
	window.from = time_at("2025-12-01T00:00:00Z");
	window.until = time_at("2027-03-01T00:00:00Z");
	assert_int_equal(read_text(&window, &meetings, &count, &err,
				 arena_printf(arena, DAILY, "20240101T080000Z", DENSE, "")),
		0);
	last = meetings[0].occurrence_count - 1;
	assert_int_equal(last, MEETING_OCCURRENCES_MAX - 1);
	assert_true(meetings[0].flags & MEETING_CUT);
	assert_true(meetings[0].flags & MEETING_INCOMPLETE);
	assert_true(meetings[0].occurrences[last].start == time_at("2027-02-28T20:00:00Z"));
	assert_true(meetings[0].occurrences[0].start > time_at("2026-01-01T00:00:00Z"));
	for (unsigned i = 1; i <= last; i++)
		assert_true(
			meetings[0].occurrences[i].start - meetings[0].occurrences[i - 1].start <=
			12 * 3600);
}

static void
finds_now_in_the_densest_of_series(void **state)
{
	struct meeting_window window = the_year(NULL);
	struct text rule = { 0 };
	double begin = cpu_seconds();
	struct meeting *meetings;
	struct err err = { 0 };
	unsigned count, nearest = 0;

	(void)state;
	window.now = time_at("2026-07-01T12:00:00Z");
	text_add(&rule, ";BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23");
	for (unsigned i = 0; i < 60; i++)
		text_printf(&rule, "%s%u", i == 0 ? ";BYMINUTE=" : ",", i);
	assert_int_equal(read_text(&window, &meetings, &count, &err,
				 arena_printf(arena, DAILY, "20200101T000000Z", rule.bytes, "")),
		0);
	assert_int_equal(meetings[0].occurrence_count, MEETING_OCCURRENCES_MAX);
	while (meetings[0].occurrences[nearest].start < window.now)
		nearest++;
	assert_true(meetings[0].occurrences[nearest].start == window.now);
	assert_true(nearest > 2400 && nearest < 2600);
	assert_true(cpu_seconds() - begin < 1);
	text_clear(&rule);
}

static void
says_that_more_than_it_tells_may_be_there(void **state)
{
	static const struct {
		const char *rule, *more;
		unsigned flag;
	} cases[] = {
		{ ";COUNT=3", "RDATE:20260105T090000Z\r\n", 0 },
		{ ";COUNT=3", "RDATE:20260199T090000Z\r\n", MEETING_INCOMPLETE },
		{ ";COUNT=3", "EXDATE:20260199T090000Z\r\n", 0 },
		{ ";COUNT=3;BYSETPOS=999999", "", MEETING_RULE_REFUSED },
	};
	const unsigned both = MEETING_INCOMPLETE | MEETING_RULE_REFUSED;
	struct meeting_window window = the_year(NULL);

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct meeting *meetings;
		struct err err = { 0 };
		unsigned count;

		assert_int_equal(read_text(&window, &meetings, &count, &err,
					 arena_printf(arena, DAILY, "20260101T090000Z",
						 cases[i].rule, cases[i].more)),
			0);
		assert_int_equal(meetings[0].flags & both, cases[i].flag);
	}
}

static unsigned
party_rows(const struct meeting *meetings, unsigned count)
{
	unsigned rows = 0;

	for (unsigned i = 0; i < count; i++)
		rows += meetings[i].occurrence_count * meetings[i].party_count;
	return rows;
}

static void
bounds_the_parties_of_all_its_occurrences(void **state)
{
	struct meeting_window window = the_year(NULL);
	struct text parties = { 0 };
	struct meeting *meetings;
	struct err err = { 0 };
	unsigned count;

	(void)state;
	for (unsigned i = 0; i < 400; i++)
		text_printf(&parties, "ATTENDEE:mailto:%u@example.com\n", i);
	text_add(&parties, "ORGANIZER:mailto:o@example.com\n");
	assert_int_equal(
		read_text(&window, &meetings, &count, &err,
			arena_printf(arena, DAILY, "20260101T080000Z", DENSE, parties.bytes)),
		0);
	assert_int_equal(meetings[0].occurrence_count, 365 * 13);
	assert_in_range(party_rows(meetings, count), 4745, 50000);
	assert_int_equal(meetings[0].parties[0].role, PARTY_ORGANIZER);
	assert_int_equal(meetings[0].party_total, 401);
	assert_true(meetings[0].flags & MEETING_CUT);
	assert_non_null(strstr(meetings[0].remark, "parties of each occurrence"));
	assert_int_equal(read_text(&window, &meetings, &count, &err,
				 arena_printf(arena, DAILY, "20260101T080000Z", ";COUNT=120",
					 parties.bytes)),
		0);
	assert_int_equal(meetings[0].party_count, 401);
	assert_null(meetings[0].remark);
	text_clear(&parties);
}

static void
looks_for_no_addresses_in_what_is_private(void **state)
{
	static const char *const words[] = { "PUBLIC", "PRIVATE", "X-ODD" };
	struct meeting_window window = the_year(NULL);

	(void)state;
	window.mentioned = true;
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
		struct meeting *meetings;
		struct err err = { 0 };
		unsigned count;

		assert_int_equal(
			read_text(&window, &meetings, &count, &err,
				arena_printf(arena, DAILY, "20260101T080000Z", ";COUNT=1",
					arena_printf(arena, "CLASS:%s\nSUMMARY:with a@b.example\n",
						words[i]))),
			0);
		assert_int_equal(meetings[0].party_count, i == 0);
	}
}

static void
finds_the_window_of_a_series_that_began_long_ago(void **state)
{
	struct meeting_window window = the_year(NULL);
	double begin = cpu_seconds();
	struct meeting *meetings;
	struct err err = { 0 };
	unsigned count;

	(void)state;
	assert_int_equal(read_text(&window, &meetings, &count, &err,
				 arena_printf(arena, DAILY, "19010101T090000Z", "", "")),
		0);
	assert_int_equal(meetings[0].occurrence_count, 365);
	assert_true(meetings[0].flags & MEETING_MORE);
	assert_true(cpu_seconds() - begin < 1);
}

static void
takes_500_parties_and_the_organizer_of_any_number(void **state)
{
	struct meeting_window window = the_year(NULL);
	struct text text = { 0 };
	struct meeting *meetings;
	struct err err = { 0 };
	double begin;
	unsigned count;

	(void)state;
	text_add(&text, "BEGIN:VEVENT\nUID:u\nDTSTART:20260101T090000Z\nSUMMARY:Hall\n");
	for (unsigned i = 0; i < 10000; i++)
		text_printf(&text, "ATTENDEE:mailto:%u@example.com\n", i);
	text_add(&text, "ORGANIZER:mailto:o@example.com\nEND:VEVENT\n");
	begin = cpu_seconds();
	assert_int_equal(read_text(&window, &meetings, &count, &err, text.bytes), 0);
	assert_true(cpu_seconds() - begin < 2);
	assert_int_equal(meetings[0].party_count, MEETING_PARTIES_MAX);
	assert_int_equal(meetings[0].party_total, 10001);
	assert_int_equal(meetings[0].parties[0].role, PARTY_ORGANIZER);
	assert_true(meetings[0].flags & MEETING_CUT);
	text_clear(&text);
}

static void
takes_1000_versions(void **state)
{
	struct meeting_window window = the_year(NULL);
	struct text text = { 0 };
	struct meeting *meetings;
	struct err err = { 0 };
	unsigned count;

	(void)state;
	window.until = time_at("2036-01-01T00:00:00Z");
	text_printf(&text, DAILY, "20260101T090000Z", ";COUNT=1200", "SUMMARY:x\r\n");
	for (unsigned i = 0; i < 1200; i++) {
		const char *day = arena_text(arena,
			time_text(arena, time_at("2026-01-01T09:00:00Z") + i * INT64_C(86400), 0));

		text_printf(&text, "BEGIN:VEVENT\nUID:u\nRECURRENCE-ID:%.4s%.2s%.2sT090000Z\n", day,
			day + 5, day + 8);
		text_printf(
			&text, "DTSTART:%.4s%.2s%.2sT100000Z\nEND:VEVENT\n", day, day + 5, day + 8);
	}
	assert_int_equal(read_text(&window, &meetings, &count, &err, text.bytes), 0);
	assert_int_equal(count, MEETING_VERSIONS_MAX);
	assert_true(meetings[0].flags & MEETING_CUT);
	assert_int_equal(meetings[0].occurrence_count, 0);
	assert_true(meetings[1].override);
	assert_int_equal(meetings[1].occurrences[0].start, time_at("2026-01-01T10:00:00Z"));
	text_clear(&text);
}

static void
gives_as_much_text_as_is_wanted(void **state)
{
	static const char EVENT[] = "BEGIN:VEVENT\nUID:u\nDTSTART:20260101T090000Z\n"
				    "DESCRIPTION:12345678\303\244\nEND:VEVENT\n";
	struct meeting_window window = the_year(NULL);
	struct meeting *meetings;
	struct err err = { 0 };
	unsigned count;

	(void)state;
	window.text_max = 9;
	assert_int_equal(read_text(&window, &meetings, &count, &err, EVENT), 0);
	assert_string_equal(meetings[0].text, "12345678");
	assert_true(meetings[0].flags & MEETING_CUT);
	window.text_max = 10;
	assert_int_equal(read_text(&window, &meetings, &count, &err, EVENT), 0);
	assert_string_equal(meetings[0].text, "12345678\303\244");
	assert_false(meetings[0].flags & MEETING_CUT);
	window.text_max = 0;
	assert_int_equal(read_text(&window, &meetings, &count, &err, EVENT), 0);
	assert_null(meetings[0].text);
}

static void
cleans_what_it_passes_on(void **state)
{
	static const char EVENT[] = "BEGIN:VEVENT\nUID:u\nDTSTART:20260101T090000Z\n"
				    "SUMMARY:a\0b\033[1m\377\nLOCATION:\342\200\256x\nEND:VEVENT\n";
	struct meeting_window window = the_year(NULL);
	struct meeting *meetings;
	struct err err = { 0 };
	unsigned count;

	(void)state;
	assert_int_equal(read_bytes(EVENT, sizeof EVENT - 1, &window, &meetings, &count, &err), 0);
	assert_string_equal(meetings[0].summary, "a b [1m\357\277\275");
	assert_string_equal(meetings[0].location, " x");
	assert_true(meetings[0].flags & MEETING_CLEANED);
}

static void
refuses_what_is_no_event(void **state)
{
	static const char *const wrong[] = { "", "x", "BEGIN:VEVENT\n", "END:VEVENT\n",
		"BEGIN:VTIMEZONE\nTZID:x\nEND:VTIMEZONE\n", "BEGIN:VEVENT\nEND:VEVENT\n",
		"BEGIN:VEVENT\nDTSTART:20260101\nBEGIN:VALARM\nEND:VALARM\n" };
	struct meeting_window window = the_year(NULL);
	struct meeting *meetings;
	unsigned count;

	(void)state;
	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct err err = { 0 };

		assert_int_equal(read_text(&window, &meetings, &count, &err, wrong[i]), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_true(err.message[0] != '\0');
	}
}

static void
print_occurrences(const struct meeting *meeting)
{
	for (unsigned i = 0; i < meeting->occurrence_count; i++)
		printf("%s %lld %lld %s %s\n", meeting->uid,
			(long long)meeting->occurrences[i].start,
			(long long)meeting->occurrences[i].end, statuses[meeting->status],
			meeting->summary);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(reads_each_calendar_as_worked_out_by_hand, reset),
	cmocka_unit_test_setup(cuts_a_series_at_its_limit_and_says_so, reset),
	cmocka_unit_test_setup(keeps_what_is_nearest_to_now_of_too_many, reset),
	cmocka_unit_test_setup(finds_now_in_the_densest_of_series, reset),
	cmocka_unit_test_setup(says_that_more_than_it_tells_may_be_there, reset),
	cmocka_unit_test_setup(bounds_the_parties_of_all_its_occurrences, reset),
	cmocka_unit_test_setup(looks_for_no_addresses_in_what_is_private, reset),
	cmocka_unit_test_setup(finds_the_window_of_a_series_that_began_long_ago, reset),
	cmocka_unit_test_setup(takes_500_parties_and_the_organizer_of_any_number, reset),
	cmocka_unit_test_setup(takes_1000_versions, reset),
	cmocka_unit_test_setup(gives_as_much_text_as_is_wanted, reset),
	cmocka_unit_test_setup(cleans_what_it_passes_on, reset),
	cmocka_unit_test_setup(refuses_what_is_no_event, reset),
};

/* The occurrences of a feed, for the comparison with another program: uid, start and end in UTC,
 * status, summary. */
static int
read_feed(FILE *file)
{
	struct text bytes = { 0 }, text = { 0 };
	struct meeting_window window;
	struct meeting *meetings;
	unsigned count;
	struct feed feed;
	struct err err;

	fixture_open(NULL);
	read_stream(file, &bytes);
	if (feed_split(bytes.bytes, bytes.size, arena, &feed, &err) < 0)
		return 1;
	window = the_year(NULL);
	for (unsigned i = 0; i < feed.item_count; i++) {
		join_ranges(bytes.bytes, &feed.items[i], &text);
		if (meeting_read(zones, text.bytes, text.size, &window, arena, &meetings, &count,
			    &err) < 0)
			return 1;
		for (unsigned k = 0; k < count; k++)
			print_occurrences(&meetings[k]);
	}
	text_clear(&bytes);
	text_clear(&text);
	return fixture_close(NULL);
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "read") == 0)
		return read_feed(stdin);
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
