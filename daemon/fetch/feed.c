#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "liaison/base/clock.h"

/* A feed on its way to the engine: in pieces as there is credit, one in the process. */

static struct calendars *
calendars_of(const struct calendar *calendar)
{
	return &calendar_fetch(calendar)->calendars;
}

static void
begin_piece(struct calendar *calendar, struct frame_writer *writer)
{
	link_begin(calendar_fetch(calendar)->link, writer, FRAME_FEED, calendar->source->number,
		calendar_memory(calendar)->feed_token);
}

static void
put_names(struct calendar *calendar, struct frame_writer *writer, const struct http_answer *answer)
{
	const char *url = calendar->source->config->url;
	struct arena *arena = arena_new();
	uint8_t digest[SHA256_SIZE];

	sha256(answer->body.bytes, answer->body.size, digest);
	frame_put_u64(writer, TAG_SIZE, answer->body.size);
	frame_put(writer, TAG_DIGEST, digest, sizeof(digest));
	frame_put_text(writer, TAG_ETAG, memory_mark(arena, url, answer->etag));
	frame_put_text(writer, TAG_MODIFIED, memory_mark(arena, url, answer->modified));
	arena_free(arena);
}

static void
send_piece(struct calendar *calendar, const struct http_answer *answer)
{
	struct frame_writer writer;
	size_t left = answer->body.size - calendar->sent;
	size_t size = left < CALENDAR_PIECE ? left : CALENDAR_PIECE;

	begin_piece(calendar, &writer);
	if (calendar->sent == 0)
		put_names(calendar, &writer, answer);
	frame_put(&writer, TAG_BYTES, answer->body.bytes + calendar->sent, size);
	calendar->sent += size;
	if (size == left)
		frame_put_flag(&writer, TAG_LAST);
	link_end_item(calendar_fetch(calendar)->link, &writer);
}

/* All pieces are with the engine, or on their way: the bytes are not needed any more. */
static void
wait_for_answer(struct calendar *calendar)
{
	calendar->unanswered = true;
	calendar->answer_by = clock_monotonic_ms() + CALENDAR_ANSWER_MS;
	alarm_set(calendar_fetch(calendar)->alarms, &calendar->alarm, calendar->answer_by);
	look_release(calendar->held);
}

void
feed_send(struct calendar *calendar)
{
	struct calendars *calendars = calendars_of(calendar);
	struct fetch *fetch = calendar_fetch(calendar);
	struct http_answer *answer;

	if (!calendar->held || calendar->unanswered ||
		(calendars->sending && calendars->sending != calendar))
		return;
	answer = look_answer(calendar->held);
	text_reserve(&answer->body, 1); /* of an empty one, too, there are no bytes somewhere */
	if (!calendars->sending) {
		calendars->sending = calendar;
		calendar_memory(calendar)->feed_token = fetch_token_next(fetch) | 0x80000000;
		calendar->sent = 0;
	}
	do {
		if (link_blocked(fetch->link))
			return; /* sources_resume follows */
		send_piece(calendar, answer);
	} while (calendar->sent < answer->body.size);
	wait_for_answer(calendar);
}

void
feed_abandon(struct calendar *calendar)
{
	struct calendars *calendars = calendars_of(calendar);
	struct frame_writer writer;

	if (calendars->sending == calendar && !calendar->unanswered) {
		if (calendar->sent > 0) {
			begin_piece(calendar, &writer);
			link_put_error(&writer, "the source is not worked on any more");
			link_end_item(calendar_fetch(calendar)->link, &writer);
		}
		calendar_memory(calendar)->feed_token = 0;
	}
	if (calendars->sending == calendar)
		calendars->sending = NULL;
	look_free(calendar->held);
	calendar->held = NULL;
	calendar->unanswered = false;
}
