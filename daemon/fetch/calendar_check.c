#include <string.h>
#include <strings.h>

#include "calendar.h"
#include "liaison/net/url.h"

/* FRAME_CHECK of a calendar: one GET, and what came. */

static bool
is_calendar(const struct text *body)
{
	static const char BEGIN[] = "BEGIN:VCALENDAR";
	const char *at = body->bytes, *end = at + body->size;

	if (body->size >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
		at += 3;
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	return (size_t)(end - at) >= strlen(BEGIN) && strncasecmp(at, BEGIN, strlen(BEGIN)) == 0;
}

static const char *
describe(const struct calendar *calendar, const struct http_answer *answer, struct arena *arena)
{
	return arena_printf(arena, "%s, %zu bytes, %s, from %s",
		answer->type[0] ? answer->type : "no type", answer->body.size,
		is_calendar(&answer->body) ? "begins like a calendar"
					   : "does not begin like a calendar",
		url_shown(arena, calendar->source->config->url));
}

static void
tell_checked(struct calendar *calendar, uint32_t token, const char *error, const char *words)
{
	struct frame_writer writer;

	link_begin(calendar_fetch(calendar)->link, &writer, FRAME_CHECKED, calendar->source->number,
		token);
	link_put_error(&writer, error);
	frame_put_text(&writer, TAG_CAPABILITIES, error ? NULL : words);
	frame_end(&writer);
}

void
check_done(struct calendar *calendar, struct look *look, const struct look_result *result)
{
	struct http_answer *answer = look_answer(look);
	struct arena *arena = arena_new();
	const char *words, *error = result->error;

	text_reserve(&answer->body, 1);
	words = describe(calendar, answer, arena);
	if (!error && !is_calendar(&answer->body))
		error = arena_printf(arena, "it is no calendar: %s", words);
	tell_checked(calendar, look->check_token, error, words);
	arena_free(arena);
	for (size_t i = 0; i < CALENDAR_CHECKS_MAX; i++)
		if (calendar->checks[i] == look)
			calendar->checks[i] = NULL;
	look_free(look);
}

int
check_take(struct calendar *calendar, const struct frame *frame, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0, place = 0;
	bool other = false;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0)
		other = other || (field.tag == TAG_NAME && field.size > 0);
	if (got < 0)
		return -1;
	while (place < CALENDAR_CHECKS_MAX && calendar->checks[place])
		place++;
	if (other)
		tell_checked(calendar, frame->token, "a calendar has no other host than its url's",
			NULL);
	else if (place == CALENDAR_CHECKS_MAX)
		tell_checked(calendar, frame->token, "it is being checked already", NULL);
	else
		calendar->checks[place] = look_new(calendar, true, frame->token);
	return 0;
}

void
checks_stop(struct calendar *calendar)
{
	for (size_t i = 0; i < CALENDAR_CHECKS_MAX; i++) {
		if (calendar->checks[i])
			tell_checked(calendar, calendar->checks[i]->check_token,
				"the source is not worked on any more", NULL);
		look_free(calendar->checks[i]);
	}
}
