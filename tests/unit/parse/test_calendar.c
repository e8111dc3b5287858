#include "test.h"

#include <string.h>

#include "liaison/wire/meeting.h"

#include "item.h"

/* What parse answers to feeds and to their items. */

static struct parser parser;
static struct arena *arena;
static struct text in, out;
static struct frame_reader asked, answers;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	parser_init(&parser);
	arena = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	parser_clear(&parser);
	arena_free(arena);
	text_clear(&in);
	text_clear(&out);
	frame_reader_clear(&asked);
	frame_reader_clear(&answers);
	return 0;
}

/* Gives parse what in holds; returns what item_take does. */
static int
take(void)
{
	struct frame frame;
	int r = 0;

	frame_reader_feed(&asked, in.bytes, in.size);
	text_reset(&in);
	while (r == 0 && frame_reader_next(&asked, &frame, &err) == 1)
		r = item_take(&parser, &frame, &out, &err);
	frame_reader_feed(&answers, out.bytes, out.size);
	text_reset(&out);
	return r;
}

static bool
next(struct frame *frame)
{
	return frame_reader_next(&answers, frame, &err) == 1;
}

static void
expect_reject(uint32_t token, const char *words)
{
	struct frame frame;
	struct frame_field field;
	const char *why;
	size_t cursor = 0;

	assert_true(next(&frame));
	assert_int_equal(frame.type, FRAME_REJECT);
	assert_int_equal(frame.source, 7);
	assert_int_equal(frame.token, token);
	assert_int_equal(frame_field_next(&frame, &cursor, &field, &err), 1);
	assert_int_equal(field_text(&field, arena, 400, &why, &err), 0);
	if (strstr(why, words) == NULL)
		fail_msg("'%s' does not say '%s'", why, words);
}

static void
expect_nothing(void)
{
	struct frame frame;

	assert_false(next(&frame));
}

enum { FIRST = 1, LAST = 2 };

static void
put_piece(uint32_t token, const char *bytes, size_t size, size_t total, unsigned which)
{
	struct frame_writer writer;

	frame_begin(&writer, &in, FRAME_PARSE_FEED, 7, token);
	if (which & FIRST)
		frame_put_u64(&writer, TAG_SIZE, total);
	if (bytes != NULL)
		frame_put(&writer, TAG_BYTES, bytes, size);
	if (which & LAST)
		frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
}

static void
put_feed(uint32_t token, const char *text, size_t piece)
{
	size_t size = strlen(text);

	for (size_t at = 0; at < size; at += piece) {
		size_t left = size - at;

		put_piece(token, text + at, left < piece ? left : piece, size,
			(at == 0 ? FIRST : 0u) | (left <= piece ? LAST : 0u));
	}
}

static const char TEXT[] =
	"BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Berlin\r\n"
	"BEGIN:VEVENT\r\nUID:weekly\r\nDTSTAMP:20240101T000000Z\r\nSUMMARY:Weekly\r\n"
	"DTSTART;TZID=Europe/Berlin:20240325T100000\r\nDTEND;TZID=Europe/Berlin:20240325T110000\r\n"
	"RRULE:FREQ=WEEKLY;COUNT=3\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:floating\r\nDTSTAMP:20240101T000000Z\r\nDTSTART:20240325T100000\r\n"
	"END:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:weekly\r\nDTSTAMP:20240101T000000Z\r\nSUMMARY:Moved\r\n"
	"RECURRENCE-ID;TZID=Europe/Berlin:20240401T100000\r\n"
	"DTSTART;TZID=Europe/Berlin:20240402T100000\r\nDTEND;TZID=Europe/Berlin:20240402T110000\r\n"
	"END:VEVENT\r\nEND:VCALENDAR\r\n";

/* The feed's items, as the engine gets them. */
static struct feed
feed_of(uint32_t token)
{
	struct feed feed = { 0 };
	struct frame frame;
	bool last = false;

	while (!last) {
		assert_true(next(&frame));
		assert_int_equal(frame.type, FRAME_FEED_ITEMS);
		assert_int_equal(frame.source, 7);
		assert_int_equal(frame.token, token);
		if (feed_decode(&frame, arena, FEED_SIZE_MAX, &feed, &last, &err) < 0)
			fail_msg("%s", err.message);
	}
	return feed;
}

static void
divides_a_feed_that_comes_in_pieces(void **state)
{
	struct feed feed;

	(void)state;
	for (size_t piece = 7; piece < 2000; piece += 331) {
		put_feed(1, TEXT, piece);
		assert_int_equal(take(), 0);
		feed = feed_of(1);
		assert_int_equal(feed.item_count, 2);
		assert_string_equal(feed.items[0].uid, "weekly");
		assert_string_equal(feed.items[0].zone, "Europe/Berlin");
		expect_nothing();
	}
}

static void
says_why_a_feed_is_none(void **state)
{
	(void)state;
	put_feed(1, "<html>", 100);
	put_feed(2, TEXT, 100);
	put_piece(3, NULL, 0, 0, FIRST | LAST);
	assert_int_equal(take(), 0);
	expect_reject(1, "it begins with '<html>'");
	assert_int_equal(feed_of(2).item_count, 2);
	expect_reject(3, "it is empty");
	expect_nothing();
}

/* As after a restart, when only the rest of a feed comes. */
static void
rejects_once_a_feed_without_its_first_piece(void **state)
{
	(void)state;
	put_piece(1, "b", 1, 0, 0);
	put_piece(1, "c", 1, 0, 0);
	put_piece(1, "d", 1, 0, LAST);
	put_piece(2, "d", 1, 0, LAST);
	put_feed(3, TEXT, 100);
	assert_int_equal(take(), 0);
	expect_reject(1, "first piece is missing");
	expect_reject(2, "first piece is missing");
	assert_int_equal(feed_of(3).item_count, 2);
	expect_nothing();
}

static void
rejects_a_feed_that_another_cuts_off(void **state)
{
	(void)state;
	put_piece(1, TEXT, 100, sizeof TEXT - 1, FIRST);
	put_feed(2, TEXT, 100);
	put_piece(1, TEXT + 100, sizeof TEXT - 101, 0, LAST);
	assert_int_equal(take(), 0);
	expect_reject(1, "another feed came");
	assert_int_equal(feed_of(2).item_count, 2);
	expect_reject(1, "first piece is missing");
	put_piece(3, TEXT, 100, sizeof TEXT - 1, FIRST);
	put_feed(3, TEXT, 100);
	assert_int_equal(take(), 0);
	expect_reject(3, "another feed came");
	assert_int_equal(feed_of(3).item_count, 2);
	expect_nothing();
}

static void
rejects_a_feed_of_another_length(void **state)
{
	(void)state;
	put_piece(1, TEXT, 100, 99, FIRST);
	put_piece(1, TEXT, 100, 0, LAST);
	put_piece(2, TEXT, 100, 101, FIRST | LAST);
	put_piece(3, TEXT, 100, FEED_SIZE_MAX + 1, FIRST);
	put_piece(3, TEXT, 100, 0, LAST);
	assert_int_equal(take(), 0);
	expect_reject(1, "longer than was said");
	expect_reject(2, "not as long as was said");
	expect_reject(3, "too long");
	expect_nothing();
	assert_null(parser.feed.bytes.bytes);
}

static void
put_item(uint32_t token, const struct feed_item *item, const char *const zones[])
{
	struct frame_writer writer;

	frame_begin(&writer, &in, FRAME_PARSE_MEETING, 7, token);
	for (unsigned i = 0; i < item->range_count; i++)
		frame_put(&writer, TAG_BYTES, TEXT + item->ranges[i].offset, item->ranges[i].size);
	frame_put_i64(&writer, TAG_LOW, 1704067200); /* the year 2024 */
	frame_put_i64(&writer, TAG_HIGH, 1735689600);
	for (unsigned i = 0; zones[i] != NULL; i++)
		frame_put_text(&writer, TAG_NAME, zones[i]);
	frame_end(&writer);
}

static void
answers_each_version_of_an_item(void **state)
{
	static const char *const UTC[] = { "UTC", NULL };
	struct meeting series, moved;
	struct feed feed;
	struct frame frame;

	(void)state;
	put_feed(1, TEXT, 100);
	assert_int_equal(take(), 0);
	feed = feed_of(1);
	put_item(2, &feed.items[0], UTC);
	assert_int_equal(take(), 0);
	assert_true(next(&frame));
	assert_int_equal(frame.type, FRAME_MEETING);
	assert_int_equal(frame.token, 2);
	assert_false(frame_has(&frame, TAG_LAST));
	assert_int_equal(meeting_decode(&frame, arena, &series, &err), 0);
	assert_true(next(&frame));
	assert_true(frame_has(&frame, TAG_LAST));
	assert_int_equal(meeting_decode(&frame, arena, &moved, &err), 0);
	assert_string_equal(series.uid, "weekly");
	assert_int_equal(series.occurrence_count, 2);
	assert_true(series.occurrences[0].start == 1711357200); /* before summer time */
	assert_true(series.occurrences[1].start == 1712563200); /* in it */
	assert_true(moved.override);
	assert_string_equal(moved.summary, "Moved");
	assert_int_equal(moved.occurrence_count, 1);
	assert_true(moved.occurrences[0].recurrence == 1711958400);
	assert_true(moved.occurrences[0].start == 1712044800);
	expect_nothing();
}

/* When the floating event starts, for an engine that names these zones. */
static int64_t
floating_start(const struct feed_item *item, const char *const zones[])
{
	struct meeting meeting;
	struct frame frame;

	put_item(2, item, zones);
	assert_int_equal(take(), 0);
	assert_true(next(&frame));
	assert_int_equal(meeting_decode(&frame, arena, &meeting, &err), 0);
	assert_int_equal(meeting.occurrence_count, 1);
	return meeting.occurrences[0].start;
}

static void
reads_floating_times_in_the_first_zone_it_knows(void **state)
{
	static const char *const UNKNOWN[] = { "Nowhere/X", NULL },
				 *const BERLIN[] = { "Europe/Berlin", "America/New_York", NULL },
				 *const SECOND[] = { "Nowhere/X", "Europe/Berlin", NULL };
	struct feed feed;

	(void)state;
	put_feed(1, TEXT, 100);
	assert_int_equal(take(), 0);
	feed = feed_of(1);
	assert_true(floating_start(&feed.items[1], UNKNOWN) == 1711360800);
	assert_true(floating_start(&feed.items[1], BERLIN) == 1711357200);
	assert_true(floating_start(&feed.items[1], SECOND) == 1711357200);
}

static void
put_bytes(uint32_t token, const char *bytes, int64_t low, int64_t high)
{
	struct frame_writer writer;

	frame_begin(&writer, &in, FRAME_PARSE_MEETING, 7, token);
	frame_put_text(&writer, TAG_BYTES, bytes);
	frame_put_i64(&writer, TAG_LOW, low);
	frame_put_i64(&writer, TAG_HIGH, high);
	frame_end(&writer);
}

static void
tells_what_is_nearest_to_now(void **state)
{
	static const char DAILY[] = "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20000101T000000Z\r\n"
				    "RRULE:FREQ=DAILY\r\nEND:VEVENT\r\n";
	const int64_t from = 946684800, now = from + INT64_C(20000) * 86400;
	struct frame_writer writer;
	struct meeting meeting;
	struct frame frame;
	unsigned last;

	(void)state;
	frame_begin(&writer, &in, FRAME_PARSE_MEETING, 7, 1);
	frame_put_text(&writer, TAG_BYTES, DAILY);
	frame_put_i64(&writer, TAG_LOW, from);
	frame_put_i64(&writer, TAG_HIGH, now);
	frame_put_i64(&writer, TAG_NUMBER, now);
	frame_end(&writer);
	assert_int_equal(take(), 0);
	assert_true(next(&frame));
	assert_int_equal(meeting_decode(&frame, arena, &meeting, &err), 0);
	last = meeting.occurrence_count - 1;
	assert_int_equal(last, MEETING_OCCURRENCES_MAX - 1);
	assert_true(meeting.occurrences[last].start == now - 86400);
	assert_true(meeting.flags & MEETING_INCOMPLETE);
}

static void
rejects_an_item_that_cannot_be_read(void **state)
{
	(void)state;
	put_bytes(1, "", 0, 1);
	put_bytes(2, "BEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\n", 0, 1);
	assert_int_equal(take(), 0);
	expect_reject(1, "there is no event");
	expect_reject(2, "");
	expect_nothing();
}

/* What no engine sends is the end of it. */
static void
ends_at_an_item_out_of_bounds(void **state)
{
	struct frame_writer writer;
	char *half = arena_alloc(arena, FEED_ITEM_BYTES_MAX / 2 + 1);

	(void)state;
	put_bytes(1, "BEGIN:VEVENT\r\n", 1, 1);
	assert_int_equal(take(), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	frame_begin(&writer, &in, FRAME_PARSE_MEETING, 7, 2);
	frame_put(&writer, TAG_BYTES, half, FEED_ITEM_BYTES_MAX / 2 + 1);
	frame_put(&writer, TAG_BYTES, half, FEED_ITEM_BYTES_MAX / 2);
	frame_end(&writer);
	assert_int_equal(take(), -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(divides_a_feed_that_comes_in_pieces),
		TEST(says_why_a_feed_is_none),
		TEST(rejects_once_a_feed_without_its_first_piece),
		TEST(rejects_a_feed_that_another_cuts_off),
		TEST(rejects_a_feed_of_another_length),
		TEST(answers_each_version_of_an_item),
		TEST(reads_floating_times_in_the_first_zone_it_knows),
		TEST(tells_what_is_nearest_to_now),
		TEST(rejects_an_item_that_cannot_be_read),
		TEST(ends_at_an_item_out_of_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
