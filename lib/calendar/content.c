#include "content.h"

#include <string.h>
#include <strings.h>

#include "liaison/base/text.h"
#include "liaison/wire/meeting.h"

#include "feed_line.h"
#include "feed_part.h"

static const char *const names[FIELD_COUNT] = {
	[FIELD_DTSTART] = "DTSTART",
	[FIELD_DTEND] = "DTEND",
	[FIELD_DURATION] = "DURATION",
	[FIELD_RECURRENCE_ID] = "RECURRENCE-ID",
	[FIELD_RRULE] = "RRULE",
	[FIELD_EXRULE] = "EXRULE",
	[FIELD_RDATE] = "RDATE",
	[FIELD_EXDATE] = "EXDATE",
	[FIELD_SEQUENCE] = "SEQUENCE",
	[FIELD_DTSTAMP] = "DTSTAMP",
	[FIELD_LAST_MODIFIED] = "LAST-MODIFIED",
	[FIELD_STATUS] = "STATUS",
	[FIELD_CLASS] = "CLASS",
	[FIELD_TRANSP] = "TRANSP",
	[FIELD_SUMMARY] = "SUMMARY",
	[FIELD_LOCATION] = "LOCATION",
	[FIELD_DESCRIPTION] = "DESCRIPTION",
	[FIELD_ORGANIZER] = "ORGANIZER",
	[FIELD_ATTENDEE] = "ATTENDEE",
};

/* The item while its lines go by. */
struct scan {
	struct arena *arena;
	struct content *out;
	unsigned depth;
	enum { IN_OTHER, IN_ZONE, IN_EVENT } in; /* the outermost component */
	size_t begin; /* of it */
	const char *tzid;
	struct content_event event;
	unsigned lines;
	struct text text;
	unsigned zone_room, event_room;
};

const char *
field_name(enum field field)
{
	return names[field];
}

enum field
field_find(const char *name, size_t length)
{
	for (unsigned i = 0; i < FIELD_COUNT; i++)
		if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
			return (enum field)i;
	return FIELD_COUNT;
}

bool
field_is_raw(enum field field)
{
	return field < FIELD_SUMMARY;
}

/* Room for one more in an array of the arena. */
static void *
grown(struct arena *arena, void *old, unsigned count, unsigned *room, size_t size)
{
	void *array;

	if (count < *room)
		return old;
	*room = *room == 0 ? 4 : *room * 2;
	array = arena_array(arena, *room, size);
	if (count > 0)
		memcpy(array, old, count * size);
	return array;
}

/* The end of a parameter, or of the parameters: the first ';' or ':' outside quotes. */
static const char *
parameter_end(const char *at, const char *end)
{
	bool quoted = false;

	for (; at < end; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (!quoted && (*at == ';' || *at == ':'))
			break;
	}
	return at;
}

static bool
is_value_type(const char *at, const char *end)
{
	return end - at >= 6 && strncasecmp(at, "VALUE=", 6) == 0;
}

/* Adds the parameters but VALUE; returns where the value begins, or NULL. */
static const char *
add_parameters(struct scan *scan, const char *at, const char *end)
{
	for (unsigned i = 0; at < end && *at == ';'; i++) {
		const char *from = at + 1;

		at = parameter_end(from, end);
		if (i == CONTENT_PARAMETERS_MAX)
			return NULL;
		if (at == from || is_value_type(from, at))
			continue;
		text_add_char(&scan->text, ';');
		text_add_n(&scan->text, from, (size_t)(at - from));
	}
	return at < end && *at == ':' ? at + 1 : NULL;
}

/* Adds bytes without NUL, which would end the text for libical. */
static void
add_value(struct scan *scan, const char *at, size_t size)
{
	size_t begin = scan->text.size;
	char *nul;

	text_add_n(&scan->text, at, size);
	while ((nul = memchr(scan->text.bytes + begin, '\0', scan->text.size - begin)) != NULL) {
		*nul = ' ';
		scan->event.cleaned = true;
	}
}

static bool
is_empty(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at == end;
}

/* An empty property is as good as none. */
static void
add_property(struct scan *scan, enum field field, const struct feed_line *line)
{
	const char *end = line->text + line->length, *value;
	size_t begin = scan->text.size;

	if (field_is_raw(field))
		text_add(&scan->text, "X-");
	text_add(&scan->text, names[field]);
	value = add_parameters(scan, line->text + line->name, end);
	if (value == NULL || is_empty(value, end)) {
		scan->event.refused += value == NULL;
		scan->text.size = begin;
		return;
	}
	text_add_char(&scan->text, ':');
	add_value(scan, value, (size_t)(end - value));
	text_add(&scan->text, "\r\n");
}

static void
note_uid(struct scan *scan, const struct feed_line *line)
{
	struct content *out = scan->out;
	const char *value;
	char *unescaped;
	size_t size;

	if (out->uid != NULL || out->event_count > 0 || !feed_line_is(line, "UID"))
		return;
	value = feed_line_value(line, &size);
	if (size == 0)
		return;
	unescaped = arena_alloc(scan->arena, size);
	size = feed_unescape(value, size, unescaped);
	out->uid = text_clean(
		scan->arena, unescaped, size, MEETING_UID_MAX, false, &out->uid_cleaned);
}

static int
take_property(struct scan *scan, const struct feed_line *line, struct err *err)
{
	enum field field = line->name == 0 ? FIELD_COUNT : field_find(line->text, line->name);

	if (line->name == 0 && !feed_line_blank(line))
		scan->event.refused++;
	note_uid(scan, line);
	if (field == FIELD_COUNT)
		return 0;
	if (field == FIELD_ATTENDEE && scan->event.attendees++ >= CONTENT_ATTENDEES_MAX)
		return 0;
	if (scan->lines++ == CONTENT_LINES_MAX)
		return fail(err, ERR_USAGE, "the event has over %d lines", CONTENT_LINES_MAX);
	add_property(scan, field, line);
	return 0;
}

/* A TZID is TEXT here and may be escaped; as a parameter it is not. */
static void
take_tzid(struct scan *scan, const struct feed_line *line)
{
	size_t size;
	const char *value;
	char *tzid;

	if (scan->tzid != NULL || !feed_line_is(line, "TZID"))
		return;
	value = feed_line_value(line, &size);
	tzid = arena_alloc(scan->arena, size + 1);
	feed_unescape(value, size, tzid);
	scan->tzid = tzid;
}

static void
close_zone(struct scan *scan, const struct feed_lines *lines)
{
	struct content *out = scan->out;

	if (scan->tzid == NULL)
		return;
	out->zones = grown(
		scan->arena, out->zones, out->zone_count, &scan->zone_room, sizeof *out->zones);
	out->zones[out->zone_count++] = (struct content_zone){ scan->tzid,
		lines->bytes + scan->begin, lines->at - scan->begin };
}

static void
close_event(struct scan *scan, const struct feed_lines *lines)
{
	struct content *out = scan->out;

	text_add(&scan->text, "END:VEVENT\r\n");
	scan->event.text = arena_text_n(scan->arena, scan->text.bytes, scan->text.size);
	scan->event.bytes = lines->bytes + scan->begin;
	scan->event.size = lines->at - scan->begin;
	out->events = grown(
		scan->arena, out->events, out->event_count, &scan->event_room, sizeof *out->events);
	out->events[out->event_count++] = scan->event;
}

static bool
value_is(const struct feed_line *line, const char *word)
{
	size_t size;
	const char *value = feed_line_value(line, &size);

	return strlen(word) == size && strncasecmp(value, word, size) == 0;
}

static int
open_component(struct scan *scan, const struct feed_line *line, struct err *err)
{
	if (scan->depth == CONTENT_DEPTH_MAX)
		return fail(err, ERR_USAGE, "the event is nested over %d deep", CONTENT_DEPTH_MAX);
	if (scan->depth++ > 0)
		return 0;
	scan->in = value_is(line, "VEVENT")      ? IN_EVENT
		   : value_is(line, "VTIMEZONE") ? IN_ZONE
						 : IN_OTHER;
	scan->begin = line->offset;
	scan->tzid = NULL;
	scan->event = (struct content_event){ 0 };
	scan->lines = 0;
	text_reset(&scan->text);
	text_add(&scan->text, "BEGIN:VEVENT\r\n");
	if (scan->out->event_count == CONTENT_EVENTS_MAX)
		return fail(err, ERR_USAGE, "over %d events bear this UID", CONTENT_EVENTS_MAX);
	return 0;
}

static int
close_component(struct scan *scan, const struct feed_lines *lines, struct err *err)
{
	if (scan->depth == 0)
		return fail(err, ERR_USAGE, "an END has no BEGIN");
	if (--scan->depth > 0)
		return 0;
	if (scan->in == IN_ZONE)
		close_zone(scan, lines);
	else if (scan->in == IN_EVENT)
		close_event(scan, lines);
	return 0;
}

static int
take_line(struct scan *scan, const struct feed_lines *lines, const struct feed_line *line,
	struct err *err)
{
	if (feed_line_is(line, "BEGIN"))
		return open_component(scan, line, err);
	if (feed_line_is(line, "END"))
		return close_component(scan, lines, err);
	if (scan->depth != 1)
		return 0;
	if (scan->in == IN_EVENT)
		return take_property(scan, line, err);
	if (scan->in == IN_ZONE)
		take_tzid(scan, line);
	return 0;
}

static int
take_lines(struct scan *scan, struct feed_lines *lines, struct err *err)
{
	struct feed_line line;

	while (feed_line_next(lines, &line)) {
		feed_line_strip(&line);
		if (take_line(scan, lines, &line, err) < 0)
			return -1;
	}
	if (scan->depth > 0)
		return fail(err, ERR_USAGE, "the event is cut short: an END is missing");
	if (scan->out->event_count == 0)
		return fail(err, ERR_USAGE, "there is no event");
	return 0;
}

int
content_read(
	const char *bytes, size_t size, struct arena *arena, struct content *out, struct err *err)
{
	struct content content = { 0 };
	struct scan scan = { .arena = arena, .out = &content };
	struct feed_lines lines;
	int r;

	feed_lines_init(&lines, bytes, size);
	r = take_lines(&scan, &lines, err);
	feed_lines_clear(&lines);
	text_clear(&scan.text);
	if (r == 0)
		*out = content;
	return r;
}
