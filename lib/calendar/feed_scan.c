#include "feed_scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feed_part.h"

/* What a component is to the scan. Those before PART_NESTED lie directly in a VCALENDAR: where one
 * begins, whatever is still open there has lost its END. */
enum part { PART_EVENT, PART_ZONE, PART_OTHER, PART_NESTED, PART_CALENDAR };

struct level {
	enum part part;
	uint64_t name; /* hash */
};

struct scanner {
	struct feed_scan *scan;
	struct arena *arena;
	struct feed_lines lines;
	struct level levels[FEED_DEPTH_MAX];
	unsigned depth, too_deep; /* open levels; those beyond FEED_DEPTH_MAX */
	struct feed_part part;
	struct err *err;
};

static bool
word_is(const char *word, size_t size, const char *name)
{
	return strlen(name) == size && strncasecmp(word, name, size) == 0;
}

static enum part
part_of(const char *name, size_t size)
{
	static const char *const OTHERS[] = { "VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY" };

	if (word_is(name, size, "VEVENT"))
		return PART_EVENT;
	if (word_is(name, size, "VTIMEZONE"))
		return PART_ZONE;
	if (word_is(name, size, "VCALENDAR"))
		return PART_CALENDAR;
	for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++)
		if (word_is(name, size, OTHERS[i]))
			return PART_OTHER;
	return PART_NESTED;
}

/* An event or a zone is open: the bytes of its lines are kept. */
static bool
is_kept(const struct scanner *at)
{
	return at->depth >= 2 && at->levels[1].part <= PART_ZONE;
}

static bool
in_event(const struct scanner *at)
{
	return at->depth >= 2 && at->levels[1].part == PART_EVENT;
}

static void
take_calendar_line(struct scanner *at, const struct feed_line *line)
{
	const char **zone = &at->scan->calendar_zones[at->scan->calendar_count - 1];
	const char *value;
	size_t size;
	bool changed;

	if (*zone != NULL || !feed_line_is(line, "X-WR-TIMEZONE"))
		return;
	value = feed_line_value(line, &size);
	if (size > 0)
		*zone = text_clean(at->arena, value, size, MEETING_ZONE_MAX, false, &changed);
}

static int
refuse(struct scanner *at)
{
	enum { SHOWN = 60 };
	size_t size = at->lines.size < SHOWN ? at->lines.size : SHOWN;

	return fail(at->err, ERR_USAGE, "it is no calendar: it begins with '%s'",
		text_escape(at->arena, at->lines.bytes, size, SHOWN * 4));
}

/* A line that is no property: nobody else sees it. */
static int
take_bad_line(struct scanner *at, const struct feed_line *line)
{
	struct feed_scan *scan = at->scan;

	if (scan->calendar_count == 0)
		return refuse(at);
	if (scan->bad_lines++ == 0)
		scan->first_bad_line = line->number;
	if (scan->bad_lines > FEED_BAD_LINES_MAX)
		return fail(at->err, ERR_USAGE,
			"over %d of its lines are no properties; the first is line %u",
			FEED_BAD_LINES_MAX, scan->first_bad_line);
	if (is_kept(at))
		feed_part_pass_over(&at->part, line);
	return 0;
}

/* What lies in the calendar and is still open has lost its END. */
static void
close_unended(struct scanner *at, const struct feed_line *line)
{
	if (is_kept(at)) {
		feed_part_blame(&at->part, FAULT_NO_END, at->part.open.line);
		feed_part_end(&at->part, in_event(at), line->offset);
	}
	at->depth = 1;
	at->too_deep = 0;
}

static int
begin_calendar(struct scanner *at, const struct feed_line *line)
{
	struct feed_scan *scan = at->scan;

	if (at->depth > 0)
		return fail(at->err, ERR_USAGE,
			"it is cut short: line %u begins a calendar within another", line->number);
	scan->calendar_zones = feed_grown(scan->calendar_zones, scan->calendar_count,
		&scan->calendar_room, sizeof *scan->calendar_zones);
	scan->calendar_zones[scan->calendar_count++] = NULL;
	at->levels[at->depth++] = (struct level){ PART_CALENDAR, 0 };
	return 0;
}

/* A component that nobody reads within another, or directly in the calendar. */
static int
begin_nested(struct scanner *at, const struct feed_line *line, uint64_t name)
{
	if (at->depth == FEED_DEPTH_MAX) {
		if (!is_kept(at))
			return fail(at->err, ERR_USAGE, "line %u is nested over %d levels deep",
				line->number, FEED_DEPTH_MAX);
		feed_part_blame(&at->part, FAULT_DEEP, line->number);
		at->too_deep++;
	} else {
		at->scan->others += at->depth == 1;
		at->levels[at->depth++] = (struct level){ PART_NESTED, name };
	}
	if (is_kept(at))
		feed_part_digest(&at->part, line);
	return 0;
}

static int
take_begin(struct scanner *at, const struct feed_line *line)
{
	size_t size;
	const char *name = feed_line_value(line, &size);
	enum part part = part_of(name, size);

	if (part == PART_CALENDAR)
		return begin_calendar(at, line);
	if (at->depth == 0)
		return take_bad_line(at, line);
	if (part == PART_NESTED)
		return begin_nested(at, line, feed_name_hash(name, size));
	if (at->depth > 1)
		close_unended(at, line);
	at->levels[at->depth++] = (struct level){ part, feed_name_hash(name, size) };
	if (part == PART_OTHER)
		at->scan->others++;
	else
		feed_part_begin(&at->part, line);
	return 0;
}

static int
end_calendar(struct scanner *at, const struct feed_line *line)
{
	if (at->depth == 0)
		return take_bad_line(at, line);
	if (at->depth > 1)
		close_unended(at, line);
	at->depth = 0;
	return 0;
}

/* The open level, counted from 1, that the END is of; 0 if it is of none. */
static unsigned
level_of(const struct scanner *at, uint64_t name)
{
	for (unsigned i = at->depth; i > 1; i--)
		if (at->levels[i - 1].name == name)
			return i;
	return 0;
}

static int
take_end(struct scanner *at, const struct feed_line *line)
{
	size_t size;
	const char *name = feed_line_value(line, &size);
	enum part part = part_of(name, size);
	unsigned level;

	if (part == PART_CALENDAR)
		return end_calendar(at, line);
	if (at->too_deep > 0 && part == PART_NESTED) {
		at->too_deep--;
		return 0;
	}
	level = level_of(at, feed_name_hash(name, size));
	if (level == 0)
		return take_bad_line(at, line);
	if (is_kept(at)) {
		if (level < at->depth)
			feed_part_blame(&at->part, FAULT_NO_END, at->part.open.line);
		feed_part_digest(&at->part, line);
		if (level == 2)
			feed_part_end(&at->part, in_event(at), line->offset + line->size);
	}
	at->depth = level - 1;
	at->too_deep = 0;
	return 0;
}

/* Between calendars there is nothing but their BEGINs. */
static int
take_line(struct scanner *at, struct feed_line *line)
{
	bool structural;

	if (at->depth == 0)
		feed_line_strip(line);
	if (feed_line_blank(line)) {
		if (line->headless && is_kept(at))
			feed_part_pass_over(&at->part, line);
		return 0;
	}
	structural = feed_line_is(line, "BEGIN") || feed_line_is(line, "END");
	if (line->name == 0 || (structural ? line->text[line->name] != ':' : at->depth == 0))
		return take_bad_line(at, line);
	if (structural)
		return line->name == 5 ? take_begin(at, line) : take_end(at, line);
	if (in_event(at))
		feed_part_event_line(&at->part, line, at->depth == 2);
	else if (is_kept(at))
		feed_part_zone_line(&at->part, line, at->depth == 2);
	else if (at->depth == 1)
		take_calendar_line(at, line);
	return 0;
}

static int
scan_lines(struct scanner *at)
{
	struct feed_line line;

	while (feed_line_next(&at->lines, &line))
		if (take_line(at, &line) < 0)
			return -1;
	if (at->scan->calendar_count == 0)
		return refuse(at);
	if (at->depth > 0)
		return fail(at->err, ERR_USAGE,
			"it is cut short: END:VCALENDAR is missing after line %u",
			at->lines.number);
	return 0;
}

int
feed_scan(
	const char *bytes, size_t size, struct arena *arena, struct feed_scan *out, struct err *err)
{
	struct scanner at = {
		.scan = out, .arena = arena, .part = { .scan = out, .arena = arena }, .err = err
	};
	int r;

	if (size > FEED_SIZE_MAX)
		return fail(err, ERR_USAGE, "it is over %d bytes long", FEED_SIZE_MAX);
	if (size == 0)
		return fail(err, ERR_USAGE, "it is empty");
	feed_lines_init(&at.lines, bytes, size);
	r = scan_lines(&at);
	feed_lines_clear(&at.lines);
	text_clear(&at.part.digested);
	return r;
}

void
feed_scan_clear(struct feed_scan *scan)
{
	free(scan->events);
	free(scan->zones);
	free(scan->ranges);
	free(scan->names);
	free(scan->calendar_zones);
}
