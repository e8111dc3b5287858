#include <string.h>

#include "liaison/wire/meeting.h"

#include "bounded.h"

/* Fields of FRAME_FEED_ITEMS; each item opens a group. What is of the whole feed stands in the last
 * message, before TAG_LAST. */
enum feed_tag {
	FD_ITEM = TAG_MEETING + 64, /* the UID */
	FD_DIGEST,
	FD_ZONE,
	FD_ERROR,
	FD_RANGES, /* pairs of u32 */
	FD_OTHERS,
	FD_REMARK,
};

enum {
	MESSAGE_FULL = 256 * 1024, /* no further item after so many bytes */
	ITEM_SIZE_MAX = 5 * 8 + MEETING_UID_MAX + 16 + MEETING_ZONE_MAX + MEETING_REMARK_MAX +
			FEED_RANGES_MAX * 8,
	TAIL_SIZE_MAX = 3 * 8 + 8 + MEETING_REMARK_MAX,
	ROOM_FIRST = 64,
};

_Static_assert(sizeof(struct feed_range) == 8, "ranges are pairs of u32");
_Static_assert(MESSAGE_FULL + ITEM_SIZE_MAX + TAIL_SIZE_MAX < FRAME_MESSAGE_MAX, "an item fits");

static const char WHAT[] = "a feed's item";

static void
put_item(struct frame_writer *writer, const struct feed_item *item)
{
	unsigned count = item->range_count < FEED_RANGES_MAX ? item->range_count : FEED_RANGES_MAX;

	bounded_put(writer, FD_ITEM, item->uid, MEETING_UID_MAX);
	frame_put(writer, (enum frame_tag)FD_DIGEST, item->digest, sizeof item->digest);
	bounded_put(writer, FD_ZONE, item->zone, MEETING_ZONE_MAX);
	bounded_put(writer, FD_ERROR, item->error, MEETING_REMARK_MAX);
	if (count > 0)
		frame_put(writer, (enum frame_tag)FD_RANGES, item->ranges,
			count * sizeof *item->ranges);
}

void
feed_encode(const struct feed *feed, uint32_t source, uint32_t token, struct text *out)
{
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_FEED_ITEMS, source, token);
	for (unsigned i = 0; i < feed->item_count; i++) {
		if (out->size - writer.start > MESSAGE_FULL) {
			frame_end(&writer);
			frame_begin(&writer, out, FRAME_FEED_ITEMS, source, token);
		}
		put_item(&writer, &feed->items[i]);
	}
	frame_put_u64(&writer, (enum frame_tag)FD_OTHERS, feed->others);
	bounded_put(&writer, FD_REMARK, feed->remark, MEETING_REMARK_MAX);
	frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
}

/* ---- decoding ---------------------------------------------------------------------------------- */

struct decoder {
	struct arena *arena;
	struct feed feed; /* as it will be */
	struct feed_item *item; /* the group that is open */
	uint32_t size; /* of the feed */
	bool has_digest, last;
	struct err *err;
};

static int
end_item(const struct decoder *to)
{
	if (to->item == NULL)
		return 0;
	if (!to->has_digest)
		return fail(to->err, ERR_FORMAT, "%s has no digest", WHAT);
	if (to->item->range_count == 0 && to->item->error == NULL)
		return fail(to->err, ERR_FORMAT, "%s has no bytes", WHAT);
	return 0;
}

/* Room doubles whenever the count of items is a power of two, so that it needs no field. */
static void
make_room(struct decoder *to)
{
	struct feed *feed = &to->feed;
	unsigned count = feed->item_count;
	struct feed_item *items;

	if (count != 0 && (count < ROOM_FIRST || (count & (count - 1)) != 0))
		return;
	items = arena_array(to->arena, count == 0 ? ROOM_FIRST : (size_t)count * 2, sizeof *items);
	if (count > 0)
		memcpy(items, feed->items, count * sizeof *items);
	feed->items = items;
}

static int
open_item(struct decoder *to, const struct frame_field *field)
{
	const char *uid;

	if (end_item(to) < 0 ||
		bounded_read(field, to->arena, MEETING_UID_MAX, false, WHAT, &uid, to->err) < 0)
		return -1;
	if (uid[0] == '\0')
		return fail(to->err, ERR_FORMAT, "%s has no UID", WHAT);
	if (to->feed.item_count == FEED_ITEMS_MAX)
		return fail(to->err, ERR_FORMAT, "a feed has over %d items", FEED_ITEMS_MAX);
	make_room(to);
	to->item = &to->feed.items[to->feed.item_count++];
	*to->item = (struct feed_item){ .uid = uid };
	to->has_digest = false;
	return 0;
}

static int
read_digest(struct decoder *to, const struct frame_field *field)
{
	if (field->size != sizeof to->item->digest)
		return fail(to->err, ERR_FORMAT, "the digest of %s is none", WHAT);
	memcpy(to->item->digest, field->bytes, field->size);
	to->has_digest = true;
	return 0;
}

static int
check_ranges(const struct decoder *to)
{
	size_t total = 0;

	for (unsigned i = 0; i < to->item->range_count; i++) {
		const struct feed_range *range = &to->item->ranges[i];

		if (range->size == 0 || range->offset > to->size ||
			range->size > to->size - range->offset)
			return fail(to->err, ERR_FORMAT, "%s is not within its feed", WHAT);
		total += range->size;
	}
	if (total > FEED_ITEM_BYTES_MAX)
		return fail(to->err, ERR_FORMAT, "%s is %zu bytes long", WHAT, total);
	return 0;
}

static int
read_ranges(struct decoder *to, const struct frame_field *field)
{
	struct feed_item *item = to->item;
	unsigned count = field->size / sizeof *item->ranges;

	if (field->size % sizeof *item->ranges != 0 || count > FEED_RANGES_MAX)
		return fail(to->err, ERR_FORMAT, "the ranges of %s are none", WHAT);
	item->ranges = arena_array(to->arena, count, sizeof *item->ranges);
	memcpy(item->ranges, field->bytes, field->size);
	item->range_count = count;
	return check_ranges(to);
}

static int
read_item_field(struct decoder *to, const struct frame_field *field)
{
	struct feed_item *item = to->item;

	if (item == NULL)
		return fail(to->err, ERR_FORMAT, "a feed has field %u outside an item", field->tag);
	switch ((int)field->tag) {
	case FD_DIGEST:
		return read_digest(to, field);
	case FD_ZONE:
		return bounded_read(
			field, to->arena, MEETING_ZONE_MAX, false, WHAT, &item->zone, to->err);
	case FD_ERROR:
		return bounded_read(
			field, to->arena, MEETING_REMARK_MAX, false, WHAT, &item->error, to->err);
	default: /* FD_RANGES */
		return read_ranges(to, field);
	}
}

static int
read_others(struct decoder *to, const struct frame_field *field)
{
	uint64_t others;

	if (field_u64(field, FEED_SIZE_MAX, &others, to->err) < 0)
		return -1;
	to->feed.others = (unsigned)others;
	return 0;
}

static int
read_field(struct decoder *to, const struct frame_field *field)
{
	switch ((int)field->tag) {
	case FD_ITEM:
		return open_item(to, field);
	case FD_DIGEST:
	case FD_ZONE:
	case FD_ERROR:
	case FD_RANGES:
		return read_item_field(to, field);
	case FD_OTHERS:
		return read_others(to, field);
	case FD_REMARK:
		return bounded_read(field, to->arena, MEETING_REMARK_MAX, false, "a feed",
			&to->feed.remark, to->err);
	case TAG_LAST:
		to->last = true;
		return 0;
	default:
		return fail(to->err, ERR_FORMAT, "a feed has an unknown field %u", field->tag);
	}
}

int
feed_decode(const struct frame *frame, struct arena *arena, uint32_t size, struct feed *out,
	bool *last, struct err *err)
{
	struct decoder to = { .arena = arena, .feed = *out, .size = size, .err = err };
	struct frame_field field;
	size_t cursor = 0;
	int more;

	while ((more = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (read_field(&to, &field) < 0)
			return -1;
	if (more < 0 || end_item(&to) < 0)
		return -1;
	*out = to.feed;
	*last = to.last;
	return 0;
}
