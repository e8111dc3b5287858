/* The fields of a FRAME_FEED_ITEMS: what is decoded is within its bounds, and is encoded to the same. */
#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/text.h"
#include "liaison/wire/meeting.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { SIZE = 1000000 };

/* Through messages and back; first: their bytes. */
static void
cross(const struct feed *feed, struct arena *arena, struct text *first, struct feed *back)
{
	struct frame_reader reader = { 0 };
	struct frame frame;
	struct err err;
	bool last = false;

	*back = (struct feed){ 0 };
	feed_encode(feed, 0, 0, first);
	frame_reader_feed(&reader, first->bytes, first->size);
	while (!last)
		if (frame_reader_next(&reader, &frame, &err) != 1 ||
			feed_decode(&frame, arena, SIZE, back, &last, &err) < 0)
			abort();
	frame_reader_clear(&reader);
}

static void
check(const struct feed *feed, struct arena *arena)
{
	struct text first = { 0 }, second = { 0 };
	struct feed back, again;

	for (unsigned i = 0; i < feed->item_count; i++)
		for (unsigned j = 0; j < feed->items[i].range_count; j++)
			if ((uint64_t)feed->items[i].ranges[j].offset +
					feed->items[i].ranges[j].size >
				SIZE)
				abort();
	cross(feed, arena, &first, &back);
	cross(&back, arena, &second, &again);
	if (first.size != second.size || memcmp(first.bytes, second.bytes, first.size) != 0)
		abort();
	text_clear(&first);
	text_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	struct frame frame = { .type = FRAME_FEED_ITEMS, .bytes = bytes, .size = size };
	struct feed feed = { 0 };
	struct err err;
	bool last;

	if (size <= FRAME_MESSAGE_MAX && feed_decode(&frame, arena, SIZE, &feed, &last, &err) == 0)
		check(&feed, arena);
	arena_free(arena);
	return 0;
}
