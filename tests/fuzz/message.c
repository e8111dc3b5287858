#include <stdlib.h>
#include <string.h>

#include "liaison/mail/message.h"

/* An item's payload to an event, and the event through a frame, as between parse and engine: whatever
 * parse makes of foreign bytes, the engine must take. An input that is no payload is a header. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct charsets *charsets;
static struct arena *arena;

static void
pass_on(const struct event *event)
{
	struct frame_reader reader = { 0 };
	struct text out = { 0 };
	struct frame_writer writer;
	struct event decoded;
	struct frame frame;
	struct err err;

	frame_begin(&writer, &out, FRAME_EVENT, 1, 1);
	event_encode(&writer, event);
	frame_end(&writer);
	frame_reader_feed(&reader, out.bytes, out.size);
	if (frame_reader_next(&reader, &frame, &err) != 1 ||
		event_decode(&frame, arena, &decoded, &err) < 0)
		abort();
	if (memcmp(decoded.identity, event->identity, sizeof decoded.identity) != 0)
		abort();
	frame_reader_clear(&reader);
	text_clear(&out);
}

static void
read_payload(const uint8_t *bytes, size_t size)
{
	struct frame frame = { FRAME_PARSE_MESSAGE, 1, 1, bytes, size };
	struct event event;
	struct err err;

	if (message_read(charsets, &frame, arena, &event, &err) == 0)
		pass_on(&event);
	arena_reset(arena);
}

static void
read_as_header(const uint8_t *bytes, size_t size)
{
	struct frame_writer writer;
	struct text item = { 0 };

	if (size > FRAME_CHUNK_MAX / 2)
		return;
	frame_begin(&writer, &item, FRAME_PARSE_MESSAGE, 1, 1);
	frame_put_i64(&writer, TAG_INTERNALDATE, 1714730400);
	frame_put(&writer, TAG_HEADER, bytes, size);
	frame_end(&writer);
	read_payload(
		(const uint8_t *)item.bytes + FRAME_HEADER_SIZE, item.size - FRAME_HEADER_SIZE);
	text_clear(&item);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (charsets == NULL) {
		charsets = charsets_new();
		arena = arena_new();
	}
	if (size > FRAME_MESSAGE_MAX)
		return 0;
	read_payload(bytes, size);
	read_as_header(bytes, size);
	return 0;
}
