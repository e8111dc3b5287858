#include "fixture.h"

#include <time.h>

struct charsets *charsets;
struct arena *arena;

int
fixture_setup(void **state)
{
	(void)state;
	charsets = charsets_new();
	arena = arena_new();
	return 0;
}

int
fixture_teardown(void **state)
{
	(void)state;
	charsets_free(charsets);
	arena_free(arena);
	return 0;
}

int
fixture_reset(void **state)
{
	(void)state;
	arena_reset(arena);
	return 0;
}

void
item_begin(struct item *item)
{
	*item = (struct item){ 0 };
	frame_begin(&item->writer, &item->bytes, FRAME_PARSE_MESSAGE, 7, 9);
	frame_put_i64(&item->writer, TAG_INTERNALDATE, FIXTURE_INTERNAL);
	frame_put_i64(&item->writer, TAG_INTERNALDATE_OFFSET, FIXTURE_OFFSET);
	frame_put_u64(&item->writer, TAG_RFC822_SIZE, 4711);
}

void
item_header(struct item *item, const char *bytes, size_t size)
{
	frame_put(&item->writer, TAG_HEADER, bytes, size);
}

void
item_part(struct item *item, const char *number, const char *type, const char *subtype,
	const char *disposition, const char *name, uint64_t size)
{
	frame_put_text(&item->writer, TAG_MESSAGE_PART, number);
	frame_put_text(&item->writer, TAG_PART_TYPE, type);
	frame_put_text(&item->writer, TAG_PART_SUBTYPE, subtype);
	frame_put_text(&item->writer, TAG_PART_DISPOSITION, disposition);
	frame_put_text(&item->writer, TAG_PART_NAME, name);
	frame_put_text(&item->writer, TAG_PART_ENCODING, "QUOTED-PRINTABLE");
	frame_put_u64(&item->writer, TAG_PART_SIZE, size);
}

/* Encodes and decodes, as between parse and engine. */
static struct event *
through_frame(const struct event *event)
{
	struct event *out = arena_alloc(arena, sizeof *out);
	struct frame_reader reader = { 0 };
	struct text bytes = { 0 };
	struct frame_writer writer;
	struct frame frame;
	struct err err = { 0 };

	frame_begin(&writer, &bytes, FRAME_EVENT, 1, 2);
	event_encode(&writer, event);
	frame_end(&writer);
	frame_reader_feed(&reader, bytes.bytes, bytes.size);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	if (event_decode(&frame, arena, out, &err) < 0)
		fail_msg("the engine refuses the event: %s", err.message);
	frame_reader_clear(&reader);
	text_clear(&bytes);
	return out;
}

struct event *
item_event(struct item *item)
{
	struct frame_reader reader = { 0 };
	struct event event, *out;
	struct frame frame;
	struct err err = { 0 };

	frame_end(&item->writer);
	frame_reader_feed(&reader, item->bytes.bytes, item->bytes.size);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	if (message_read(charsets, &frame, arena, &event, &err) < 0)
		fail_msg("the item is refused: %s", err.message);
	out = through_frame(&event);
	frame_reader_clear(&reader);
	text_clear(&item->bytes);
	return out;
}

struct event *
event_of_bytes(const char *header, size_t size)
{
	struct item item;

	item_begin(&item);
	item_header(&item, header, size);
	return item_event(&item);
}

struct event *
event_of(const char *header)
{
	return event_of_bytes(header, strlen(header));
}

const struct event_party *
party_of(const struct event *event, enum party_role role, unsigned i)
{
	for (unsigned at = 0; at < event->party_count; at++)
		if (event->parties[at].role == role && i-- == 0)
			return &event->parties[at];
	return NULL;
}

double
cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void
assert_text(const char *got, const char *expected)
{
	if (expected == NULL)
		assert_null(got);
	else
		assert_string_equal(got == NULL ? "(null)" : got, expected);
}
