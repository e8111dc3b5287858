#include "calendar.h"

#include "liaison/base/clock.h"
#include "liaison/calendar/feed.h"
#include "liaison/calendar/meeting.h"

#include "poison.h"

static const char SAMPLE[] = "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20240101T000000Z\r\n"
			     "DTSTART:20240101T100000Z\r\nDTEND:20240101T110000Z\r\n"
			     "RRULE:FREQ=DAILY;COUNT=2\r\nSUMMARY:check\r\nEND:VEVENT\r\n";

static int
read_sample(struct parser *parser, struct err *err)
{
	struct meeting_window window = { .from = 1704067200, .until = 1704412800 };
	struct meeting *versions;
	unsigned count;

	window.zone = timezone_find(parser->zones, "UTC");
	if (window.zone == NULL)
		return fail(err, ERR_INTERNAL, "no time zones could be loaded");
	if (meeting_read(parser->zones, SAMPLE, sizeof SAMPLE - 1, &window, parser->arena,
		    &versions, &count, err) < 0)
		return fail(err, ERR_INTERNAL, "events cannot be read: %s", err->message);
	if (count != 1 || versions[0].occurrence_count != 2)
		return fail(err, ERR_INTERNAL, "events are not read as they should be");
	return 0;
}

void
calendar_init(struct parser *parser)
{
	struct err err;

	parser->zones = timezones_load();
	read_sample(parser, &err); /* calendar_check tells what is wrong */
}

void
calendar_clear(struct parser *parser)
{
	timezones_free(parser->zones);
	text_clear(&parser->feed.bytes);
}

int
calendar_check(struct parser *parser, struct err *err)
{
	int r = read_sample(parser, err);

	arena_reset(parser->arena);
	return r;
}

/* ---- feeds ------------------------------------------------------------------------------------- */

struct piece {
	const uint8_t *bytes; /* borrowed; NULL: none */
	uint32_t length;
	uint64_t size; /* of the whole feed */
	bool first, last;
};

static int
read_piece(const struct frame *frame, struct piece *piece, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int more;

	while ((more = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_LAST)
			piece->last = true;
		if (field.tag == TAG_SIZE) {
			if (field_u64(&field, INT64_MAX, &piece->size, err) < 0)
				return -1;
			piece->first = true;
		}
		if (field.tag == TAG_BYTES) {
			piece->bytes = field.bytes;
			piece->length = field.size;
		}
	}
	return more;
}

static bool
is_open(const struct parser *parser, const struct frame *frame)
{
	const struct parser_feed *feed = &parser->feed;

	return feed->state != FEED_NONE && feed->source == frame->source &&
	       feed->token == frame->token;
}

static void
reject_feed(struct parser *parser, const char *why, struct text *out)
{
	struct parser_feed *feed = &parser->feed;

	item_reject(out, feed->source, feed->token, why);
	text_clear(&feed->bytes);
	feed->state = FEED_REJECTED;
}

static void
open_feed(struct parser *parser, const struct frame *frame, const struct piece *piece,
	struct text *out)
{
	struct parser_feed *feed = &parser->feed;

	if (feed->state == FEED_OPEN)
		reject_feed(parser, "another feed came before its last piece", out);
	*feed = (struct parser_feed){
		.state = FEED_OPEN, .source = frame->source, .token = frame->token
	};
	if (!piece->first)
		reject_feed(parser, "the feed's first piece is missing", out);
	else if (piece->size > FEED_SIZE_MAX)
		reject_feed(parser, "the feed is too long", out);
	else {
		feed->size = (size_t)piece->size;
		text_reserve(&feed->bytes, feed->size);
	}
}

static void
split_feed(struct parser *parser, struct text *out)
{
	struct parser_feed *open = &parser->feed;
	struct feed feed;
	struct err err;

	if (open->bytes.size != open->size)
		reject_feed(parser, "the feed is not as long as was said", out);
	else if (feed_split(open->bytes.bytes, open->size, parser->arena, &feed, &err) < 0)
		reject_feed(parser, err.message, out);
	else
		feed_encode(&feed, open->source, open->token, out);
}

int
calendar_take_feed(
	struct parser *parser, const struct frame *frame, struct text *out, struct err *err)
{
	struct parser_feed *feed = &parser->feed;
	struct piece piece = { 0 };

	if (read_piece(frame, &piece, err) < 0)
		return -1;
	if (piece.first || !is_open(parser, frame))
		open_feed(parser, frame, &piece, out);
	if (feed->state == FEED_OPEN && piece.bytes != NULL) {
		if (piece.length > feed->size - feed->bytes.size)
			reject_feed(parser, "the feed is longer than was said", out);
		else
			text_add_n(&feed->bytes, piece.bytes, piece.length);
	}
	if (!piece.last)
		return 0;
	if (feed->state == FEED_OPEN)
		split_feed(parser, out);
	text_clear(&feed->bytes);
	feed->state = FEED_NONE;
	return 0;
}

/* ---- items ------------------------------------------------------------------------------------- */

struct item {
	struct text bytes; /* own */
	struct meeting_window window;
};

static int
take_zone(
	struct parser *parser, const struct frame_field *field, struct item *item, struct err *err)
{
	const char *name;

	if (field_text(field, parser->arena, MEETING_ZONE_MAX, &name, err) < 0)
		return -1;
	if (item->window.zone == NULL)
		item->window.zone = timezone_find(parser->zones, name);
	return 0;
}

static int
take_bytes(const struct frame_field *field, struct item *item, struct err *err)
{
	if (field->size > FEED_ITEM_BYTES_MAX - item->bytes.size)
		return fail(err, ERR_FORMAT, "an event is over %d bytes long", FEED_ITEM_BYTES_MAX);
	text_add_n(&item->bytes, field->bytes, field->size);
	return 0;
}

static int
take_field(
	struct parser *parser, const struct frame_field *field, struct item *item, struct err *err)
{
	uint64_t max;

	switch (field->tag) {
	case TAG_BYTES:
		return take_bytes(field, item, err);
	case TAG_LOW:
		return field_i64(field, &item->window.from, err);
	case TAG_HIGH:
		return field_i64(field, &item->window.until, err);
	case TAG_NUMBER:
		return field_i64(field, &item->window.now, err);
	case TAG_NAME:
		return take_zone(parser, field, item, err);
	case TAG_SIZE:
		if (field_u64(field, INT64_MAX, &max, err) < 0)
			return -1;
		item->window.text_max = max < MEETING_TEXT_MAX ? (size_t)max : MEETING_TEXT_MAX;
		return 0;
	case TAG_MENTIONED:
		item->window.mentioned = true;
		return 0;
	default: /* tags are numbers off the wire */
		return 0;
	}
}

static int
read_item(struct parser *parser, const struct frame *frame, struct item *item, struct err *err)
{
	struct meeting_window *window = &item->window;
	struct frame_field field;
	size_t cursor = 0;
	int more;

	while ((more = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (take_field(parser, &field, item, err) < 0)
			return -1;
	if (more < 0)
		return -1;
	if (window->from < TIME_MIN || window->until > TIME_MAX || window->from >= window->until)
		return fail(err, ERR_FORMAT, "an event's window is none");
	if (window->zone == NULL)
		window->zone = timezone_find(parser->zones, "UTC");
	return 0;
}

static void
put_meetings(
	const struct meeting *versions, unsigned count, const struct frame *frame, struct text *out)
{
	struct frame_writer writer;

	for (unsigned i = 0; i < count; i++) {
		frame_begin(&writer, out, FRAME_MEETING, frame->source, frame->token);
		meeting_encode(&writer, &versions[i]);
		if (i == count - 1)
			frame_put_flag(&writer, TAG_LAST);
		frame_end(&writer);
	}
}

/* ERR_USAGE: why the item is rejected. */
static int
read_meetings(struct parser *parser, const struct frame *frame, struct item *item, struct text *out,
	struct err *err)
{
	struct meeting *versions;
	unsigned count;

	if (read_item(parser, frame, item, err) < 0)
		return -1;
	if (item->bytes.size == 0)
		return fail(err, ERR_USAGE, "there is no event");
	if (meeting_read(parser->zones, item->bytes.bytes, item->bytes.size, &item->window,
		    parser->arena, &versions, &count, err) < 0)
		return -1;
	if (count == 0)
		return fail(err, ERR_USAGE, "there is no event");
	put_meetings(versions, count, frame, out);
	return 0;
}

int
calendar_take_item(
	struct parser *parser, const struct frame *frame, struct text *out, struct err *err)
{
	struct item item = { 0 };
	int r;

	if (parser->poison)
		poison_obey(frame, TAG_BYTES);
	r = read_meetings(parser, frame, &item, out, err);
	text_clear(&item.bytes);
	if (r == 0 || err->code != ERR_USAGE)
		return r;
	item_reject(out, frame->source, frame->token, err->message);
	return 0;
}
