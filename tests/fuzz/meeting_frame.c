/* The fields of a FRAME_MEETING: what is decoded is within its bounds, and is encoded to the same. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/text.h"
#include "liaison/wire/meeting.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(const struct meeting *meeting, struct arena *arena)
{
	struct text first = { 0 }, second = { 0 };
	struct frame_writer writer;
	struct frame_reader reader = { 0 };
	struct frame frame;
	struct meeting back;
	struct err err;

	frame_begin(&writer, &first, FRAME_MEETING, 0, 0);
	meeting_encode(&writer, meeting);
	frame_end(&writer);
	frame_reader_feed(&reader, first.bytes, first.size);
	if (frame_reader_next(&reader, &frame, &err) != 1 ||
		meeting_decode(&frame, arena, &back, &err) < 0)
		abort();
	frame_begin(&writer, &second, FRAME_MEETING, 0, 0);
	meeting_encode(&writer, &back);
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
	struct frame frame = { .type = FRAME_MEETING, .bytes = bytes, .size = size };
	struct meeting meeting;
	struct err err;

	if (size <= FRAME_MESSAGE_MAX && meeting_decode(&frame, arena, &meeting, &err) == 0)
		check(&meeting, arena);
	arena_free(arena);
	return 0;
}
