#ifndef LIAISON_CALENDAR_CONTENT_PRIVATE_H
#define LIAISON_CALENDAR_CONTENT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* What libical may see of an event: properties that are read, unfolded, one line each, and nothing
 * else. Those whose values libical would wrap, reinterpret or take for a file name (times, rules,
 * numbers) are renamed to X- properties without VALUE, so that their values stay as written. */

enum field {
	FIELD_DTSTART,
	FIELD_DTEND,
	FIELD_DURATION,
	FIELD_RECURRENCE_ID,
	FIELD_RRULE,
	FIELD_EXRULE,
	FIELD_RDATE,
	FIELD_EXDATE,
	FIELD_SEQUENCE,
	FIELD_DTSTAMP,
	FIELD_LAST_MODIFIED,
	FIELD_STATUS,
	FIELD_CLASS,
	FIELD_TRANSP,
	FIELD_SUMMARY, /* from here on under their own names */
	FIELD_LOCATION,
	FIELD_DESCRIPTION,
	FIELD_ORGANIZER,
	FIELD_ATTENDEE,
	FIELD_COUNT,
};

enum {
	CONTENT_DEPTH_MAX = 8,
	CONTENT_EVENTS_MAX = 10000,
	CONTENT_LINES_MAX = 20000, /* that are read, of an event */
	CONTENT_ATTENDEES_MAX = 5000, /* looked at, of an event */
	CONTENT_PARAMETERS_MAX = 100, /* of a property */
};

/* A VTIMEZONE of the feed's own. */
struct content_zone {
	const char *tzid;
	const char *bytes; /* borrowed */
	size_t size;
};

struct content_event {
	const char *text; /* BEGIN:VEVENT to END:VEVENT, for libical */
	const char *bytes; /* as they came; borrowed */
	size_t size;
	unsigned attendees; /* lines of them, looked at or not */
	unsigned refused; /* lines that are no property, or have too many parameters */
	bool cleaned; /* NUL was replaced */
};

struct content {
	const char *uid; /* of the first event, clean; NULL: it has none */
	bool uid_cleaned;
	struct content_zone *zones;
	unsigned zone_count;
	struct content_event *events;
	unsigned event_count;
};

/* "DTSTART" */
const char *field_name(enum field field);
/* FIELD_COUNT: a property nobody reads. */
enum field field_find(const char *name, size_t length);
/* It reaches libical as an X- property. */
bool field_is_raw(enum field field);

/* All of out in arena. ERR_USAGE: it is cut short, nested too deep or too large. */
int content_read(
	const char *bytes, size_t size, struct arena *arena, struct content *out, struct err *err);

#endif
