#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "liaison/wire/meeting.h"

static struct arena *arena;
static struct text out;
static struct frame_reader reader;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	srand(43);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	text_clear(&out);
	frame_reader_clear(&reader);
	return 0;
}

/* ---- meetings ---------------------------------------------------------------------------------- */

static void
encode(const struct meeting *meeting, bool last)
{
	struct frame_writer writer;

	text_reset(&out);
	frame_reader_clear(&reader);
	frame_begin(&writer, &out, FRAME_MEETING, 1, 2);
	meeting_encode(&writer, meeting);
	if (last)
		frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
}

/* What the meeting becomes on the other side; returns what meeting_decode does. */
static int
cross(const struct meeting *meeting, struct meeting *back)
{
	struct frame frame;

	encode(meeting, true);
	frame_reader_feed(&reader, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	assert_true(frame_has(&frame, TAG_LAST));
	return meeting_decode(&frame, arena, back, &err);
}

static void
must_cross(const struct meeting *meeting, struct meeting *back)
{
	if (cross(meeting, back) < 0)
		fail_msg("%s", err.message);
}

static char *
filled(size_t size)
{
	char *text = arena_alloc(arena, size + 1);

	memset(text, 'x', size);
	return text;
}

/* NULL, or text of up to max bytes. */
static const char *
some_text(size_t max)
{
	static const char *const WORDS[] = { "a", "Gr\xc3\xbc\xc3\x9f ", "\xe2\x82\xac", "-", " " };
	struct text text = { 0 };
	const char *copy;
	size_t wanted = (size_t)rand() % (max + 1);

	if (rand() % 4 == 0)
		return NULL;
	text_add(&text, "x");
	while (text.size + 8 < wanted)
		text_add(&text, WORDS[rand() % 5]);
	copy = arena_text_n(arena, text.bytes, text.size);
	text_clear(&text);
	return copy;
}

static int64_t
some_time(void)
{
	return (int64_t)rand() * 10;
}

static void
add_parties(struct meeting *meeting)
{
	unsigned count = (unsigned)rand() % 20;

	meeting->parties = arena_array(arena, count, sizeof *meeting->parties);
	meeting->responses = arena_array(arena, count, 1);
	meeting->party_count = count;
	meeting->party_total = count + (unsigned)rand() % 3;
	for (unsigned i = 0; i < count; i++) {
		struct event_party *party = &meeting->parties[i];

		party->role = (enum party_role)(PARTY_ORGANIZER + rand() % 3);
		party->name = some_text(EVENT_NAME_MAX);
		party->email = "someone";
		party->address = rand() % 2 ? NULL : "a@b.example";
		meeting->responses[i] = (uint8_t)(rand() % (RESPONSE_DELEGATED + 1));
	}
}

static void
add_occurrences(struct meeting *meeting)
{
	unsigned count = (unsigned)rand() % (meeting->form == RECURRENCE_SINGLE ? 2 : 200);
	int64_t recurrence = -86400 * 365;

	meeting->occurrences = arena_array(arena, count, sizeof *meeting->occurrences);
	meeting->occurrence_count = count;
	for (unsigned i = 0; i < count; i++) {
		struct occurrence *one = &meeting->occurrences[i];

		recurrence += 86400 * (1 + rand() % 30);
		one->recurrence = meeting->form == RECURRENCE_SINGLE ? 0 : recurrence;
		one->start = some_time();
		one->end = one->start + rand() % 100000;
		one->offset_min = rand() % 1000 - 500;
	}
}

static struct meeting
some_meeting(void)
{
	struct meeting meeting = { .uid = "uid@x",
		.form = (enum recurrence_form)(rand() % (RECURRENCE_LOCAL + 1)),
		.override = rand() % 2,
		.sequence = rand(),
		.stamp = some_time(),
		.modified = some_time(),
		.status = (enum meeting_status)(rand() % (MEETING_CANCELLED + 1)),
		.sensitivity = some_text(EVENT_WORD_MAX),
		.summary = some_text(EVENT_SUBJECT_MAX),
		.location = some_text(MEETING_LOCATION_MAX),
		.text = some_text(MEETING_TEXT_MAX),
		.zone = some_text(MEETING_ZONE_MAX),
		.remark = some_text(MEETING_REMARK_MAX),
		.flags = (unsigned)rand() % (MEETING_UNREADABLE << 1) };

	add_parties(&meeting);
	add_occurrences(&meeting);
	return meeting;
}

static void
assert_same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void
assert_same(const struct meeting *a, const struct meeting *b)
{
	assert_string_equal(a->uid, b->uid);
	assert_int_equal(a->form, b->form);
	assert_int_equal(a->override, b->override);
	assert_true(a->sequence == b->sequence && a->stamp == b->stamp);
	assert_true(a->modified == b->modified);
	assert_int_equal(a->status, b->status);
	assert_same_text(a->sensitivity, b->sensitivity);
	assert_same_text(a->summary, b->summary);
	assert_same_text(a->location, b->location);
	assert_same_text(a->text, b->text);
	assert_same_text(a->zone, b->zone);
	assert_same_text(a->remark, b->remark);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->party_count, b->party_count);
	assert_int_equal(a->party_total, b->party_total);
	for (unsigned i = 0; i < a->party_count; i++) {
		assert_int_equal(a->parties[i].role, b->parties[i].role);
		assert_same_text(a->parties[i].name, b->parties[i].name);
		assert_same_text(a->parties[i].email, b->parties[i].email);
		assert_same_text(a->parties[i].address, b->parties[i].address);
		assert_int_equal(a->responses[i], b->responses[i]);
	}
	assert_int_equal(a->occurrence_count, b->occurrence_count);
	for (unsigned i = 0; i < a->occurrence_count; i++) {
		assert_true(a->occurrences[i].recurrence == b->occurrences[i].recurrence);
		assert_true(a->occurrences[i].start == b->occurrences[i].start);
		assert_true(a->occurrences[i].end == b->occurrences[i].end);
		assert_int_equal(a->occurrences[i].offset_min, b->occurrences[i].offset_min);
	}
}

static void
comes_out_as_it_went_in(void **state)
{
	struct meeting meeting, back;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		meeting = some_meeting();
		must_cross(&meeting, &back);
		assert_same(&meeting, &back);
		arena_reset(arena);
	}
}

static void
keeps_line_ends_in_its_text_only(void **state)
{
	struct meeting meeting = { .uid = "a", .text = "one\n\ttwo" }, back;

	(void)state;
	must_cross(&meeting, &back);
	assert_string_equal(back.text, "one\n\ttwo");
	meeting.summary = "one\ntwo";
	assert_int_equal(cross(&meeting, &back), -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

static void
cuts_what_is_over_a_limit(void **state)
{
	enum { PARTIES = MEETING_PARTIES_MAX + 10, OCCURRENCES = MEETING_OCCURRENCES_MAX + 10 };
	struct meeting meeting = { .form = RECURRENCE_INSTANT }, back;

	(void)state;
	meeting.uid = filled(2000);
	meeting.summary = meeting.location = meeting.zone = meeting.remark = filled(5000);
	meeting.text = filled(MEETING_TEXT_MAX + 1);
	meeting.parties = arena_array(arena, PARTIES, sizeof *meeting.parties);
	meeting.responses = arena_array(arena, PARTIES, 1);
	meeting.party_count = PARTIES;
	for (unsigned i = 0; i < PARTIES; i++)
		meeting.parties[i] = (struct event_party){ PARTY_ATTENDEE, filled(EVENT_NAME_MAX),
			filled(EVENT_EMAIL_MAX), "a@b" };
	meeting.occurrences = arena_array(arena, OCCURRENCES, sizeof *meeting.occurrences);
	meeting.occurrence_count = OCCURRENCES;
	for (unsigned i = 0; i < OCCURRENCES; i++)
		meeting.occurrences[i].recurrence = i;
	must_cross(&meeting, &back);
	assert_int_equal(strlen(back.uid), MEETING_UID_MAX);
	assert_int_equal(strlen(back.text), MEETING_TEXT_MAX);
	assert_int_equal(back.party_count, MEETING_PARTIES_MAX);
	assert_int_equal(back.party_total, PARTIES);
	assert_int_equal(back.occurrence_count, MEETING_OCCURRENCES_MAX);
	assert_int_equal(back.flags, MEETING_CUT | MEETING_INCOMPLETE);
}

static void
is_whole_unless_it_was_cut(void **state)
{
	struct meeting meeting = { .uid = "a" }, back;

	(void)state;
	meeting.summary = filled(EVENT_SUBJECT_MAX);
	must_cross(&meeting, &back);
	assert_int_equal(back.flags, 0);
	meeting.summary = filled(EVENT_SUBJECT_MAX + 1);
	must_cross(&meeting, &back);
	assert_int_equal(back.flags, MEETING_CUT);
}

static void
must_not_cross(const struct meeting *meeting)
{
	struct meeting back;

	assert_int_equal(cross(meeting, &back), -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

static void
is_refused_when_it_is_out_of_bounds(void **state)
{
	static const struct meeting BAD[] = {
		{ .uid = NULL },
		{ .uid = "" },
		{ .uid = "a\x1b" },
		{ .uid = "\xff is broken" },
		{ .uid = "a", .form = (enum recurrence_form)4 },
		{ .uid = "a", .status = (enum meeting_status)3 },
		{ .uid = "a", .sequence = -1 },
		{ .uid = "a", .stamp = TIME_MAX + 1 },
		{ .uid = "a", .modified = TIME_MIN - 1 },
		{ .uid = "a", .flags = MEETING_UNREADABLE << 1 },
		{ .uid = "a", .summary = "\xe2\x80\xae" },
		{ .uid = "a", .zone = "a\tb" },
		{ .uid = "a", .remark = "a\nb" },
		{ .uid = "a", .sensitivity = "\x07" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof BAD / sizeof *BAD; i++)
		must_not_cross(&BAD[i]);
}

static void
is_refused_with_a_party_that_cannot_be(void **state)
{
	static struct event_party BAD[] = {
		{ PARTY_FROM, NULL, "x", NULL },
		{ (enum party_role)10, NULL, "x", NULL },
		{ PARTY_ATTENDEE, NULL, "x", "no-at" },
		{ PARTY_ATTENDEE, "\x1b", "x", NULL },
		{ PARTY_ATTENDEE, NULL, "\n", NULL },
		{ PARTY_ATTENDEE, NULL, "x", NULL },
	};
	uint8_t response = RESPONSE_NONE;
	struct meeting meeting = {
		.uid = "a", .party_count = 1, .party_total = 1, .responses = &response
	};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		meeting.parties = &BAD[i];
		must_not_cross(&meeting);
	}
	meeting.parties = &BAD[5];
	must_cross(&meeting, &(struct meeting){ 0 });
	response = RESPONSE_DELEGATED + 1;
	must_not_cross(&meeting);
}

static void
is_refused_with_occurrences_that_cannot_be(void **state)
{
	static const struct {
		enum recurrence_form form;
		struct occurrence one, two;
	} BAD[] = {
		{ RECURRENCE_INSTANT, { 1, 2, 1, 0 }, { 5, 1, 1, 0 } },
		{ RECURRENCE_INSTANT, { 5, 1, 1, 0 }, { 1, 1, 1, 0 } },
		{ RECURRENCE_INSTANT, { 5, 1, 1, 0 }, { 5, 1, 1, 0 } },
		{ RECURRENCE_INSTANT, { 1, 1, 1, 24 * 60 }, { 5, 1, 1, 0 } },
		{ RECURRENCE_INSTANT, { 1, 1, TIME_MAX + 1, 0 }, { 5, 1, 1, 0 } },
		{ RECURRENCE_LOCAL, { TIME_MIN - 1, 1, 1, 0 }, { 5, 1, 1, 0 } },
		{ RECURRENCE_DATE, { 86400, 1, 1, 0 }, { 86401, 1, 1, 0 } },
		{ RECURRENCE_SINGLE, { 0, 1, 1, 0 }, { 86400, 1, 1, 0 } },
		{ RECURRENCE_DATE, { -86400, 1, 1, 0 }, { 86400, 1, 1, 0 } },
	};
	enum { LAST = sizeof BAD / sizeof *BAD - 1 };

	(void)state;
	for (unsigned i = 0; i <= LAST; i++) {
		struct occurrence both[] = { BAD[i].one, BAD[i].two };
		struct meeting back, meeting = {
			.uid = "a", .form = BAD[i].form, .occurrences = both, .occurrence_count = 2
		};

		if (i < LAST)
			must_not_cross(&meeting);
		else
			must_cross(&meeting, &back);
	}
}

static void
is_not_believed_when_corrupted(void **state)
{
	struct meeting meeting = some_meeting(), back;
	struct frame frame;

	(void)state;
	meeting.text = NULL;
	encode(&meeting, false);
	for (unsigned round = 0; round < 20000; round++) {
		size_t at = FRAME_HEADER_SIZE + (size_t)rand() % (out.size - FRAME_HEADER_SIZE);
		char kept = out.bytes[at];

		out.bytes[at] = (char)rand();
		frame_reader_clear(&reader);
		frame_reader_feed(&reader, out.bytes, out.size);
		out.bytes[at] = kept;
		if (frame_reader_next(&reader, &frame, &err) != 1 ||
			meeting_decode(&frame, arena, &back, &err) < 0)
			continue;
		assert_true(back.uid[0] != '\0' && back.party_count <= MEETING_PARTIES_MAX);
		for (unsigned i = 0; i < back.occurrence_count; i++)
			assert_true(back.occurrences[i].end >= back.occurrences[i].start);
	}
}

static void
says_which_version_is_the_last(void **state)
{
	struct meeting meeting = { .uid = "a" };
	struct frame frame;

	(void)state;
	encode(&meeting, false);
	frame_reader_feed(&reader, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	assert_false(frame_has(&frame, TAG_LAST));
}

static void
writes_recurrences_by_their_form(void **state)
{
	const int64_t at = 1795266000;

	(void)state;
	assert_null(recurrence_text(arena, RECURRENCE_SINGLE, 0));
	assert_string_equal(recurrence_text(arena, RECURRENCE_INSTANT, at), "2026-11-21T13:00:00Z");
	assert_string_equal(recurrence_text(arena, RECURRENCE_LOCAL, at), "2026-11-21T13:00:00");
	assert_string_equal(
		recurrence_text(arena, RECURRENCE_DATE, at / 86400 * 86400), "2026-11-21");
}

static void
has_a_word_for_each_response(void **state)
{
	static const char *const WORDS[] = { "needs-action", "accepted", "declined", "tentative",
		"delegated" };

	(void)state;
	assert_null(response_word(RESPONSE_NONE));
	for (unsigned i = 0; i < 5; i++)
		assert_string_equal(response_word((enum meeting_response)(i + 1)), WORDS[i]);
}

/* ---- feeds ------------------------------------------------------------------------------------- */

/* What the feed becomes on the other side; returns what feed_decode does. */
static int
feed_cross(const struct feed *feed, uint32_t size, struct feed *back, unsigned *messages)
{
	struct frame frame;
	bool last = false;

	*back = (struct feed){ 0 };
	*messages = 0;
	text_reset(&out);
	frame_reader_clear(&reader);
	feed_encode(feed, 1, 2, &out);
	frame_reader_feed(&reader, out.bytes, out.size);
	while (frame_reader_next(&reader, &frame, &err) == 1) {
		assert_false(last);
		assert_int_equal(frame.type, FRAME_FEED_ITEMS);
		assert_int_equal(frame.token, 2);
		++*messages;
		if (feed_decode(&frame, arena, size, back, &last, &err) < 0)
			return -1;
	}
	assert_true(last);
	return 0;
}

static struct feed
some_feed(unsigned count)
{
	struct feed feed = { .item_count = count,
		.others = (unsigned)rand() % 100,
		.remark = some_text(MEETING_REMARK_MAX) };

	feed.items = arena_array(arena, count, sizeof *feed.items);
	for (unsigned i = 0; i < count; i++) {
		struct feed_item *item = &feed.items[i];

		item->uid = arena_printf(arena, "%u@x", i);
		for (unsigned j = 0; j < 16; j++)
			item->digest[j] = (uint8_t)rand();
		item->zone = some_text(MEETING_ZONE_MAX);
		item->error = rand() % 10 ? NULL : "it is too long";
		item->range_count = (unsigned)rand() % 4 + (item->error == NULL);
		item->ranges = arena_array(arena, item->range_count, sizeof *item->ranges);
		for (unsigned j = 0; j < item->range_count; j++)
			item->ranges[j] = (struct feed_range){ (uint32_t)rand() % 1000000,
				1 + (uint32_t)rand() % 100000 };
	}
	return feed;
}

static void
feed_comes_out_as_it_went_in(void **state)
{
	static const unsigned COUNTS[] = { 0, 1, 63, 64, 65, 128, 5000 };
	unsigned messages;

	(void)state;
	for (unsigned i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
		struct feed feed = some_feed(COUNTS[i]), back;

		if (feed_cross(&feed, 1100000, &back, &messages) < 0)
			fail_msg("%s", err.message);
		assert_true(COUNTS[i] < 5000 ? messages == 1 : messages > 1);
		assert_int_equal(back.item_count, feed.item_count);
		assert_int_equal(back.others, feed.others);
		assert_same_text(back.remark, feed.remark);
		for (unsigned j = 0; j < feed.item_count; j++) {
			const struct feed_item *a = &feed.items[j], *b = &back.items[j];

			assert_string_equal(a->uid, b->uid);
			assert_memory_equal(a->digest, b->digest, 16);
			assert_same_text(a->zone, b->zone);
			assert_same_text(a->error, b->error);
			assert_int_equal(a->range_count, b->range_count);
			if (a->range_count > 0)
				assert_memory_equal(a->ranges, b->ranges, a->range_count * 8);
		}
	}
}

static void
feed_crosses_at_its_limits(void **state)
{
	struct feed_item items[20] = { 0 };
	struct feed feed = { .items = items, .item_count = 20 }, back;
	unsigned messages;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		items[i].uid = filled(MEETING_UID_MAX);
		items[i].zone = filled(MEETING_ZONE_MAX);
		items[i].error = feed.remark = filled(5000);
		items[i].range_count = FEED_RANGES_MAX;
		items[i].ranges = arena_array(arena, FEED_RANGES_MAX, sizeof *items[i].ranges);
		for (unsigned j = 0; j < FEED_RANGES_MAX; j++)
			items[i].ranges[j] = (struct feed_range){ FEED_SIZE_MAX - 128, 128 };
	}
	if (feed_cross(&feed, FEED_SIZE_MAX, &back, &messages) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(back.item_count, 20);
	assert_int_equal(strlen(back.items[19].error), MEETING_REMARK_MAX);
	items[19].ranges[7].size = 129;
	items[19].ranges[7].offset--;
	assert_int_equal(feed_cross(&feed, FEED_SIZE_MAX, &back, &messages), -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

static void
feed_is_refused_when_it_is_out_of_bounds(void **state)
{
	static struct feed_range fine[] = { { 0, 5 }, { 95, 5 } }, none[] = { { 5, 0 } },
				 outside[] = { { 96, 5 } }, wrapping[] = { { 5, UINT32_MAX } },
				 beyond[] = { { UINT32_MAX, 1 } };
	struct feed_item items[] = {
		{ .uid = "a", .ranges = fine, .range_count = 2 },
		{ .uid = "", .ranges = fine, .range_count = 2 },
		{ .uid = "a\n", .ranges = fine, .range_count = 2 },
		{ .uid = "a", .ranges = fine, .range_count = 2, .zone = "\x1b" },
		{ .uid = "a", .ranges = fine, .range_count = 2, .error = "\xff is broken" },
		{ .uid = "a" },
		{ .uid = "a", .ranges = none, .range_count = 1 },
		{ .uid = "a", .ranges = outside, .range_count = 1 },
		{ .uid = "a", .ranges = wrapping, .range_count = 1 },
		{ .uid = "a", .ranges = beyond, .range_count = 1 },
	};
	struct feed back;
	unsigned messages;

	(void)state;
	for (unsigned i = 0; i < sizeof items / sizeof *items; i++) {
		struct feed feed = { .items = &items[i], .item_count = 1 };

		assert_int_equal(feed_cross(&feed, 100, &back, &messages), i == 0 ? 0 : -1);
		assert_int_equal(back.item_count, i == 0 ? 1 : 0);
		if (i > 0)
			assert_int_equal(err.code, ERR_FORMAT);
	}
}

static void
feed_is_not_believed_when_corrupted(void **state)
{
	struct feed feed = some_feed(5), back;
	struct frame frame;
	bool last;

	(void)state;
	feed_encode(&feed, 1, 2, &out);
	for (unsigned round = 0; round < 20000; round++) {
		size_t at = FRAME_HEADER_SIZE + (size_t)rand() % (out.size - FRAME_HEADER_SIZE);
		char kept = out.bytes[at];

		out.bytes[at] = (char)rand();
		frame_reader_clear(&reader);
		frame_reader_feed(&reader, out.bytes, out.size);
		out.bytes[at] = kept;
		back = (struct feed){ 0 };
		if (frame_reader_next(&reader, &frame, &err) != 1 ||
			feed_decode(&frame, arena, 1100000, &back, &last, &err) < 0)
			continue;
		for (unsigned i = 0; i < back.item_count; i++)
			for (unsigned j = 0; j < back.items[i].range_count; j++)
				assert_true((uint64_t)back.items[i].ranges[j].offset +
						    back.items[i].ranges[j].size <=
					    1100000);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(comes_out_as_it_went_in),
		TEST(keeps_line_ends_in_its_text_only),
		TEST(cuts_what_is_over_a_limit),
		TEST(is_whole_unless_it_was_cut),
		TEST(is_refused_when_it_is_out_of_bounds),
		TEST(is_refused_with_a_party_that_cannot_be),
		TEST(is_refused_with_occurrences_that_cannot_be),
		TEST(is_not_believed_when_corrupted),
		TEST(says_which_version_is_the_last),
		TEST(writes_recurrences_by_their_form),
		TEST(has_a_word_for_each_response),
		TEST(feed_comes_out_as_it_went_in),
		TEST(feed_crosses_at_its_limits),
		TEST(feed_is_refused_when_it_is_out_of_bounds),
		TEST(feed_is_not_believed_when_corrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
