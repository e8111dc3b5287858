#include <stdlib.h>
#include <string.h>

#include "liaison/calendar/feed.h"
#include "liaison/calendar/meeting.h"

/* The components of one UID to meetings, and those through a frame, as between parse and engine:
 * whatever parse makes of foreign bytes, the engine must take. A whole calendar is divided first. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct timezones *zones;
static struct arena *arena;

static void
pass_on(struct meeting *meeting)
{
	struct frame_reader reader = { 0 };
	struct text out = { 0 };
	struct frame_writer writer;
	struct meeting decoded;
	struct frame frame;
	struct err err;

	frame_begin(&writer, &out, FRAME_MEETING, 1, 1);
	meeting_encode(&writer, meeting);
	frame_end(&writer);
	frame_reader_feed(&reader, out.bytes, out.size);
	if (frame_reader_next(&reader, &frame, &err) != 1 ||
		meeting_decode(&frame, arena, &decoded, &err) < 0)
		abort();
	if (decoded.occurrence_count > meeting->occurrence_count ||
		decoded.party_count > meeting->party_count)
		abort();
	frame_reader_clear(&reader);
	text_clear(&out);
}

/* The year 2026, read in Berlin. */
static void
read_item(const char *bytes, size_t size)
{
	struct meeting_window window = { .from = 1767225600,
		.until = 1798761600,
		.zone = timezone_find(zones, "Europe/Berlin"),
		.mentioned = true,
		.text_max = 500 };
	struct meeting *meetings;
	unsigned count, total = 0;
	struct err err;

	if (meeting_read(zones, bytes, size, &window, arena, &meetings, &count, &err) < 0)
		return;
	if (count == 0 || count > MEETING_VERSIONS_MAX)
		abort();
	for (unsigned i = 0; i < count; i++) {
		total += meetings[i].occurrence_count;
		pass_on(&meetings[i]);
	}
	if (total > MEETING_OCCURRENCES_MAX)
		abort();
}

static void
read_feed(const char *bytes, size_t size)
{
	struct text text = { 0 };
	struct feed feed;
	struct err err;

	if (feed_split(bytes, size, arena, &feed, &err) < 0)
		return;
	for (unsigned i = 0; i < feed.item_count; i++) {
		text_reset(&text);
		for (unsigned k = 0; k < feed.items[i].range_count; k++)
			text_add_n(&text, bytes + feed.items[i].ranges[k].offset,
				feed.items[i].ranges[k].size);
		if (text.size > 0)
			read_item(text.bytes, text.size);
	}
	text_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char CALENDAR[] = "BEGIN:VCALENDAR";

	if (zones == NULL) {
		zones = timezones_load();
		arena = arena_new();
	}
	if (size > sizeof CALENDAR && memcmp(bytes, CALENDAR, sizeof CALENDAR - 1) == 0)
		read_feed((const char *)bytes, size);
	else
		read_item((const char *)bytes, size);
	arena_reset(arena);
	return 0;
}
