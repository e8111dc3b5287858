/* What parse says of a message or a meeting: the first byte chooses which. What is decoded is within
 * its bounds, and is encoded to the same. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/text.h"
#include "liaison/wire/event.h"
#include "liaison/wire/meeting.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool
read_event(const struct frame *frame, struct arena *arena, struct frame_writer *writer)
{
	struct event event;
	struct err err;

	if (event_decode(frame, arena, &event, &err) < 0)
		return false;
	event_encode(writer, &event);
	return true;
}

static bool
read_meeting(const struct frame *frame, struct arena *arena, struct frame_writer *writer)
{
	struct meeting meeting;
	struct err err;

	if (meeting_decode(frame, arena, &meeting, &err) < 0)
		return false;
	meeting_encode(writer, &meeting);
	return true;
}

static const struct {
	enum frame_type type;
	bool (*read)(const struct frame *frame, struct arena *arena, struct frame_writer *writer);
} KINDS[] = {
	{ FRAME_EVENT, read_event },
	{ FRAME_MEETING, read_meeting },
};

/* Out: the payload as one message of its own. */
static bool
write_again(unsigned kind, const struct frame *frame, struct arena *arena, struct text *out)
{
	struct frame_writer writer;
	bool taken;

	frame_begin(&writer, out, KINDS[kind].type, 0, 0);
	taken = KINDS[kind].read(frame, arena, &writer);
	frame_end(&writer);
	return taken;
}

static void
check(unsigned kind, const struct text *first, struct arena *arena)
{
	struct frame_reader reader = { 0 };
	struct text second = { 0 };
	struct frame frame;
	struct err err;

	frame_reader_feed(&reader, first->bytes, first->size);
	if (frame_reader_next(&reader, &frame, &err) != 1 ||
		!write_again(kind, &frame, arena, &second))
		abort();
	if (first->size != second.size || memcmp(first->bytes, second.bytes, first->size) != 0)
		abort();
	frame_reader_clear(&reader);
	text_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	unsigned kind = size > 0 ? bytes[0] % 2 : 0;
	struct arena *arena = arena_new();
	struct text first = { 0 };
	struct frame frame = { .type = KINDS[kind].type };

	frame.bytes = bytes + (size > 0);
	frame.size = size - (size > 0);
	if (frame.size <= FRAME_MESSAGE_MAX && write_again(kind, &frame, arena, &first))
		check(kind, &first, arena);
	text_clear(&first);
	arena_free(arena);
	return 0;
}
