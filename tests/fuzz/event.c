/* The fields of a FRAME_EVENT: what is decoded is within its bounds, and is encoded to the same. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/text.h"
#include "liaison/wire/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(const struct event *event, struct arena *arena)
{
	struct text first = { 0 }, second = { 0 };
	struct frame_writer writer;
	struct frame_reader reader = { 0 };
	struct frame frame;
	struct event back;
	struct err err;

	frame_begin(&writer, &first, FRAME_EVENT, 0, 0);
	event_encode(&writer, event);
	frame_end(&writer);
	frame_reader_feed(&reader, first.bytes, first.size);
	if (frame_reader_next(&reader, &frame, &err) != 1 ||
		event_decode(&frame, arena, &back, &err) < 0)
		abort();
	frame_begin(&writer, &second, FRAME_EVENT, 0, 0);
	event_encode(&writer, &back);
	frame_end(&writer);
	if (first.size != second.size || memcmp(first.bytes, second.bytes, first.size) != 0)
		abort();
	frame_reader_clear(&reader);
	text_clear(&first);
	text_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	struct frame frame = { .type = FRAME_EVENT, .bytes = bytes, .size = size };
	struct event event;
	struct err err;

	if (size <= FRAME_MESSAGE_MAX && event_decode(&frame, arena, &event, &err) == 0)
		check(&event, arena);
	arena_free(arena);
	return 0;
}
