#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "event_tag.h"
#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "liaison/wire/event.h"

static struct arena *arena;
static struct text out;
static struct frame_reader reader;

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
	text_clear(&out);
	frame_reader_clear(&reader);
	return 0;
}

/* What the event becomes on the other side; returns what event_decode does. */
static int
cross(const struct event *event, struct event *back, struct err *err)
{
	struct frame_writer writer;
	struct frame frame;

	text_reset(&out);
	frame_reader_clear(&reader);
	frame_begin(&writer, &out, FRAME_EVENT, 1, 2);
	event_encode(&writer, event);
	frame_end(&writer);
	frame_reader_feed(&reader, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&reader, &frame, err), 1);
	return event_decode(&frame, arena, back, err);
}

static struct event
sample(void)
{
	static const char *references[] = { "a@x", "b@x" };
	static struct event_party parties[] = {
		{ PARTY_FROM, "Ada Lovelace", "Ada@X.example", "ada@x.example" },
		{ PARTY_TO, NULL, "undisclosed", NULL },
	};
	static struct event_header headers[] = {
		{ "x-spam", "YES" },
		{ "x-spam", "" },
		{ "x-none", NULL },
	};
	static struct event_part parts[] = {
		{ "1", "text/plain", NULL, "utf-8", "7bit", 120, false },
		{ "2.1", "application/pdf", "Angebot.pdf", NULL, "base64", 40000, true },
	};

	return (struct event){ .at = 1795246200,
		.offset_min = -210,
		.date = 1795246200,
		.internal_date = 1795246205,
		.size = 12345,
		.message_id = "id@x",
		.in_reply_to = "b@x",
		.references = references,
		.reference_count = 2,
		.subject = "Grüße",
		.parties = parties,
		.party_count = 2,
		.party_total = 2,
		.parts = parts,
		.part_count = 2,
		.text_part = "1",
		.headers = headers,
		.header_count = 3,
		.flags = EVENT_CLEANED,
		.class = CLASS_BULK,
		.class_reason = "List-Id",
		.list_id = "list.x.example",
		.sensitivity = "private",
		.keywords = "\\Seen $Work",
		.identity = { 1, 2, 3 } };
}

static void
comes_out_as_it_went_in(void **state)
{
	struct event event = sample(), back;
	struct err err;

	(void)state;
	if (cross(&event, &back, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(back.at == event.at && back.date == event.date);
	assert_true(back.internal_date == event.internal_date && back.size == event.size);
	assert_int_equal(back.offset_min, -210);
	assert_string_equal(back.message_id, "id@x");
	assert_string_equal(back.in_reply_to, "b@x");
	assert_int_equal(back.reference_count, 2);
	assert_string_equal(back.references[1], "b@x");
	assert_string_equal(back.subject, "Grüße");
	assert_int_equal(back.header_count, 3);
	assert_string_equal(back.headers[0].name, "x-spam");
	assert_string_equal(back.headers[0].value, "YES");
	assert_string_equal(back.headers[1].value, "");
	assert_string_equal(back.headers[2].name, "x-none");
	assert_null(back.headers[2].value);
	assert_int_equal(back.party_count, 2);
	assert_int_equal(back.party_total, 2);
	assert_int_equal(back.parties[0].role, PARTY_FROM);
	assert_string_equal(back.parties[0].name, "Ada Lovelace");
	assert_string_equal(back.parties[0].address, "ada@x.example");
	assert_null(back.parties[1].name);
	assert_null(back.parties[1].address);
	assert_int_equal(back.part_count, 2);
	assert_string_equal(back.parts[1].name, "Angebot.pdf");
	assert_true(back.parts[1].attachment);
	assert_false(back.parts[0].attachment);
	assert_string_equal(back.parts[1].part, "2.1");
	assert_true(back.parts[1].size == 40000);
	assert_string_equal(back.text_part, "1");
	assert_int_equal(back.flags, EVENT_CLEANED);
	assert_int_equal(back.class, CLASS_BULK);
	assert_string_equal(back.class_reason, "List-Id");
	assert_string_equal(back.list_id, "list.x.example");
	assert_string_equal(back.sensitivity, "private");
	assert_string_equal(back.keywords, "\\Seen $Work");
	assert_memory_equal(back.identity, event.identity, sizeof back.identity);
}

static void
crosses_when_nearly_empty(void **state)
{
	struct event event = { .at = 0 }, back;
	struct err err;

	(void)state;
	assert_int_equal(cross(&event, &back, &err), 0);
	assert_null(back.subject);
	assert_null(back.message_id);
	assert_int_equal(back.party_count, 0);
	assert_int_equal(back.class, CLASS_PERSONAL);
}

static char *
long_text(size_t size)
{
	char *text = arena_alloc(arena, size + 1);

	memset(text, 'x', size);
	return text;
}

/* The largest event there can be fits into a message, without what does not. */
static void
leaves_out_what_does_not_fit(void **state)
{
	struct event event = { .at = 1,
		.party_count = EVENT_PARTIES_MAX,
		.party_total = 5000,
		.reference_count = EVENT_REFERENCES_MAX,
		.part_count = EVENT_PARTS_MAX },
		     back;
	struct err err;

	(void)state;
	event.subject = long_text(9000);
	event.keywords = long_text(9000);
	event.parties = arena_array(arena, EVENT_PARTIES_MAX, sizeof *event.parties);
	event.parts = arena_array(arena, EVENT_PARTS_MAX, sizeof *event.parts);
	event.references = arena_array(arena, EVENT_REFERENCES_MAX, sizeof *event.references);
	for (unsigned i = 0; i < EVENT_PARTIES_MAX; i++)
		event.parties[i] = (struct event_party){ PARTY_CC, long_text(9000), long_text(9000),
			"a@b" };
	for (unsigned i = 0; i < EVENT_PARTS_MAX; i++)
		event.parts[i] = (struct event_part){ "1", long_text(9000), long_text(9000),
			long_text(9000), long_text(9000), 1, false };
	for (unsigned i = 0; i < EVENT_REFERENCES_MAX; i++)
		event.references[i] = long_text(9000);
	if (cross(&event, &back, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(strlen(back.subject), EVENT_SUBJECT_MAX);
	assert_int_equal(back.party_total, 5000);
	assert_in_range(back.party_count, 500, EVENT_PARTIES_MAX);
	assert_int_equal(back.flags & EVENT_TRUNCATED,
		back.party_count < EVENT_PARTIES_MAX ? EVENT_TRUNCATED : 0);
}

static void
is_refused_when_it_is_not_clean(void **state)
{
	static const char *const DIRTY[] = { "a\nb", "a\x1b", "\xff is broken", "\xe2\x80\xae",
		"a\tb" };
	struct event back;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof DIRTY / sizeof DIRTY[0]; i++) {
		struct event event = sample();

		event.subject = DIRTY[i];
		assert_int_equal(cross(&event, &back, &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
		event = sample();
		event.keywords = DIRTY[i];
		assert_int_equal(cross(&event, &back, &err), -1);
	}
}

static void
is_refused_when_a_header_is_not_whole(void **state)
{
	struct event_header headers[EVENT_HEADERS_MAX];
	struct event back, event = sample();
	struct frame_writer writer;
	struct frame frame;
	struct err err;

	(void)state;
	for (unsigned i = 0; i < EVENT_HEADERS_MAX; i++)
		headers[i] = (struct event_header){ "x", "y" };
	event.headers = headers;
	event.header_count = EVENT_HEADERS_MAX;
	assert_int_equal(cross(&event, &back, &err), 0);
	assert_int_equal(back.header_count, EVENT_HEADERS_MAX);
	headers[0].value = "a\nb";
	assert_int_equal(cross(&event, &back, &err), -1);
	event = sample();
	event.header_count = 0;
	text_reset(&out);
	frame_reader_clear(&reader);
	frame_begin(&writer, &out, FRAME_EVENT, 1, 2);
	event_encode(&writer, &event);
	frame_put_text(&writer, (enum frame_tag)EV_HEADER_VALUE, "of no header");
	frame_end(&writer);
	frame_reader_feed(&reader, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	assert_int_equal(event_decode(&frame, arena, &back, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
}

static void
is_refused_when_a_value_is_out_of_range(void **state)
{
	struct event back, event = sample();
	struct event_party parties[] = { { PARTY_TO, NULL, "x", "no-at" } };
	struct event_party roleless[] = { { (enum party_role)99, NULL, "x", NULL } };
	struct err err;

	(void)state;
	event.at = TIME_MAX + 1;
	assert_int_equal(cross(&event, &back, &err), -1);
	event = sample();
	event.offset_min = 24 * 60;
	assert_int_equal(cross(&event, &back, &err), -1);
	event = sample();
	event.text_part = "1] BODY[";
	assert_int_equal(cross(&event, &back, &err), -1);
	event = sample();
	event.flags = 1u << 30;
	assert_int_equal(cross(&event, &back, &err), -1);
	event = sample();
	event.class = (enum event_class)7;
	assert_int_equal(cross(&event, &back, &err), -1);
	event = sample();
	event.parties = parties;
	event.party_count = 1;
	assert_int_equal(cross(&event, &back, &err), -1);
	event.parties = roleless;
	assert_int_equal(cross(&event, &back, &err), -1);
	event = sample();
	event.text_part = "TEXT";
	assert_int_equal(cross(&event, &back, &err), 0);
}

/* A byte of the message changed at random: an event within its bounds, or an error. */
static void
is_not_believed_when_corrupted(void **state)
{
	struct event event = sample(), back;
	struct frame_writer writer;
	struct frame frame;

	(void)state;
	srand(41);
	frame_begin(&writer, &out, FRAME_EVENT, 1, 2);
	event_encode(&writer, &event);
	frame_end(&writer);
	for (int round = 0; round < 50000; round++) {
		size_t at = FRAME_HEADER_SIZE + (size_t)rand() % (out.size - FRAME_HEADER_SIZE);
		char kept = out.bytes[at];

		out.bytes[at] = (char)rand();
		frame_reader_clear(&reader);
		frame_reader_feed(&reader, out.bytes, out.size);
		out.bytes[at] = kept;
		assert_int_equal(frame_reader_next(&reader, &frame, NULL), 1);
		if (event_decode(&frame, arena, &back, NULL) < 0)
			continue;
		assert_true(back.party_count <= EVENT_PARTIES_MAX);
		assert_true(back.subject == NULL ||
			    text_is_clean(back.subject, strlen(back.subject), false));
		if (round % 100 == 0)
			arena_reset(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(comes_out_as_it_went_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(crosses_when_nearly_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(leaves_out_what_does_not_fit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_refused_when_it_is_not_clean, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			is_refused_when_a_header_is_not_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			is_refused_when_a_value_is_out_of_range, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_not_believed_when_corrupted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
