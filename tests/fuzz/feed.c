#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"
#include "liaison/calendar/feed.h"

/* A feed to its items: they lie within it, each has a name of its own, and what crosses to the engine
 * is what was found. An input that is no calendar is also read as the inside of an event. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct arena *arena;

/* An item that is to be read consists of whole components, and its bytes split to that item alone. */
static void
check_item(const char *bytes, const struct feed_item *item)
{
	struct text alone = { 0 };
	struct feed feed;
	struct err err;

	text_add(&alone, "BEGIN:VCALENDAR\n");
	for (unsigned i = 0; i < item->range_count; i++)
		text_add_n(&alone, bytes + item->ranges[i].offset, item->ranges[i].size);
	text_add(&alone, "END:VCALENDAR\n");
	if (feed_split(alone.bytes, alone.size, arena, &feed, &err) < 0 || feed.item_count != 1 ||
		strcmp(feed.items[0].uid, item->uid) != 0 || feed.items[0].error != NULL ||
		feed.others != 0 || feed.remark != NULL)
		abort();
	text_clear(&alone);
}

static void
cross(const struct feed *feed, size_t size)
{
	struct frame_reader reader = { 0 };
	struct text out = { 0 };
	struct feed back = { 0 };
	struct frame frame;
	struct err err;
	bool last = false;

	feed_encode(feed, 1, 2, &out);
	frame_reader_feed(&reader, out.bytes, out.size);
	while (!last)
		if (frame_reader_next(&reader, &frame, &err) != 1 ||
			feed_decode(&frame, arena, (uint32_t)size, &back, &last, &err) < 0)
			abort();
	if (back.item_count != feed->item_count || back.others != feed->others)
		abort();
	for (unsigned i = 0; i < feed->item_count; i++)
		if (memcmp(back.items[i].digest, feed->items[i].digest, 16) != 0 ||
			back.items[i].range_count != feed->items[i].range_count)
			abort();
	frame_reader_clear(&reader);
	text_clear(&out);
}

static void
split(const char *bytes, size_t size)
{
	struct feed feed;
	struct err err;

	if (feed_split(bytes, size, arena, &feed, &err) == 0) {
		cross(&feed, size);
		for (unsigned i = 0; i < feed.item_count && i < 100; i++)
			if (feed.items[i].error == NULL)
				check_item(bytes, &feed.items[i]);
	} else if (err.code != ERR_USAGE || !text_is_clean(err.message, strlen(err.message), false))
		abort();
	arena_reset(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text inside = { 0 };

	if (arena == NULL)
		arena = arena_new();
	split((const char *)bytes, size);
	text_add(&inside, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n");
	text_add_n(&inside, bytes, size);
	text_add(&inside, "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
	split(inside.bytes, inside.size);
	text_clear(&inside);
	return 0;
}
