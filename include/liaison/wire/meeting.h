#ifndef LIAISON_WIRE_MEETING_H
#define LIAISON_WIRE_MEETING_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/wire/event.h"
#include "liaison/wire/frame.h"

/* What parse made of one event of a calendar (RFC 5545 VEVENT): clean UTF-8, bounded. One struct
 * meeting is a version: the event itself, or an override of some of its occurrences, with the
 * occurrences within the window that follow it. It crosses from parse to engine as FRAME_MEETING
 * and is checked again on arrival. */

enum {
	MEETING_PARTIES_MAX = 500,
	MEETING_OCCURRENCES_MAX = 5000, /* of one UID in a window */
	MEETING_VERSIONS_MAX = 1000, /* of one UID */
	MEETING_UID_MAX = 998, /* bytes, as all below */
	MEETING_LOCATION_MAX = 1000,
	MEETING_ZONE_MAX = 127,
	MEETING_TEXT_MAX = 64 * 1024,
	MEETING_REMARK_MAX = 1000, /* and what is wrong with an item of a feed */
};

enum meeting_status { MEETING_CONFIRMED, MEETING_TENTATIVE, MEETING_CANCELLED };

/* PARTSTAT of an attendee; the organizer has RESPONSE_NONE unless they attend too. */
enum meeting_response {
	RESPONSE_NONE,
	RESPONSE_NEEDS_ACTION,
	RESPONSE_ACCEPTED,
	RESPONSE_DECLINED,
	RESPONSE_TENTATIVE,
	RESPONSE_DELEGATED,
};

/* What names an occurrence, by the type of the series' DTSTART. */
enum recurrence_form {
	RECURRENCE_SINGLE, /* the event does not recur: there is nothing to tell apart */
	RECURRENCE_INSTANT, /* UTC seconds */
	RECURRENCE_DATE, /* midnight UTC of the date, wherever it is observed */
	RECURRENCE_LOCAL, /* the wall clock read as UTC: floating, or in a zone nobody knows */
};

struct occurrence {
	int64_t recurrence; /* in the meeting's form; 0 for RECURRENCE_SINGLE */
	int64_t start, end; /* UTC; all-day: local midnights, end is that after the last day */
	int offset_min; /* of start, in the event's zone */
};

enum meeting_flag {
	MEETING_ALL_DAY = 1 << 0, /* of this version */
	MEETING_FLOATING = 1 << 1, /* no zone: read in the calendar's, else the window's zone */
	MEETING_ZONE_UNKNOWN = 1 << 2, /* zone is not known: read as floating */
	MEETING_END_MISSING =
		1 << 3, /* neither DTEND nor DURATION: RFC 5545 3.6.1 says what then */
	MEETING_END_BEFORE_START = 1 << 4, /* end is start; a whole day lasts one */
	MEETING_CUT = 1 << 5, /* parties, text or occurrences were over a limit */
	MEETING_CLEANED = 1 << 6, /* controls, NUL or invalid bytes were replaced */
	MEETING_TRANSPARENT = 1 << 7, /* TRANSP */
	MEETING_UID_MISSING = 1 << 8, /* uid was made of the event's own digest */
	MEETING_MORE =
		1 << 9, /* of the first version: something of this UID lies after the window */
	MEETING_RULE_REFUSED =
		1 << 10, /* a rule is not expanded (word says why): DTSTART alone is */
	MEETING_OUTSIDE =
		1 << 11, /* nothing of it is within the window; a single event is told all the same,
	                              * as it may have been within when it was recorded */
	MEETING_CONFLICTING =
		1 << 12, /* several events of the same UID: the newest version counts */
	MEETING_INCOMPLETE = 1 << 13, /* occurrences of this UID may be left out of all versions:
	                               * what is absent is not gone */
	MEETING_UNREADABLE =
		1 << 14, /* an override of which only what it overrides can be read: its
	                              * occurrences are there, and nothing else is known of them */
};

struct meeting {
	const char *uid;
	enum recurrence_form form; /* of all occurrences of this UID */
	bool override; /* of an occurrence (with THISANDFUTURE: of several) */
	int64_t sequence; /* SEQUENCE, 0 if absent */
	int64_t stamp; /* DTSTAMP, 0 if absent or insane */
	int64_t modified; /* LAST-MODIFIED, 0 if absent */
	enum meeting_status status;
	const char *sensitivity; /* "private", "confidential" (CLASS) or NULL */
	const char *summary, *location, *text; /* or NULL; text: DESCRIPTION, if it was asked for */
	const char *
		zone; /* IANA name, or the TZID as written with MEETING_ZONE_UNKNOWN; NULL: UTC or floating */
	const char *remark; /* what was wrong with it and how it was read, or NULL */
	unsigned flags; /* enum meeting_flag */
	struct event_party *parties; /* PARTY_ORGANIZER, PARTY_ATTENDEE, PARTY_MENTIONED */
	uint8_t *responses; /* enum meeting_response, of each party */
	unsigned party_count, party_total;
	struct occurrence *occurrences; /* ascending by recurrence */
	unsigned occurrence_count;
};

/* "2026-11-21T13:00:00Z", "2026-11-21" or "2026-11-21T13:00:00"; NULL for RECURRENCE_SINGLE. */
char *recurrence_text(struct arena *arena, enum recurrence_form form, int64_t recurrence);
/* "needs-action", "accepted", …; NULL for RESPONSE_NONE. */
const char *response_word(enum meeting_response response);

/* Writes meeting's fields into the open message; what is over a limit above, or would not fit into
 * a message, is cut and MEETING_CUT set. */
void meeting_encode(struct frame_writer *writer, const struct meeting *meeting);
/* Reads and checks them; all memory in arena. ERR_FORMAT: out of bounds, unclean text. */
int meeting_decode(
	const struct frame *frame, struct arena *arena, struct meeting *out, struct err *err);

/* ---- the pieces of a feed, as parse found them: FRAME_FEED_ITEMS ------------------------------- */

enum {
	FEED_SIZE_MAX = 10 * 1024 * 1024,
	FEED_ITEMS_MAX = 100000,
	FEED_ITEM_BYTES_MAX = 512 * 1024, /* of one UID, with the time zones it names */
	FEED_ZONES_MAX = 500,
	/* Of one item: its versions, its zones, and what lines that are passed over divide. */
	FEED_RANGES_MAX = 4096,
};

struct feed_range {
	uint32_t offset, size; /* bytes of the feed */
};

/* All components of a feed that bear one UID. */
struct feed_item {
	const char *uid; /* unescaped and clean; the digest in hex if the event has none */
	uint8_t digest[16]; /* of its components without DTSTAMP, its zones and its calendar's zone:
	                     * equal means that nothing changed */
	const char *zone; /* X-WR-TIMEZONE of its calendar, or NULL */
	const char *error; /* it is not to be read, and why; or NULL */
	struct feed_range *ranges; /* VTIMEZONE components it names, then VEVENT components; with
	                            * an error as many of them as are within the limits */
	unsigned range_count;
};

struct feed {
	struct feed_item *items; /* in the order of their first component */
	unsigned item_count;
	unsigned others; /* components that are not events */
	const char *remark; /* what was passed over, or NULL */
};

/* Items as messages of type FRAME_FEED_ITEMS, TAG_LAST in the last one. */
void feed_encode(const struct feed *feed, uint32_t source, uint32_t token, struct text *out);
/* Adds one message's items to out (grown in arena). *last: all is there. ERR_FORMAT: out of bounds;
 * size is that of the feed, which no range may leave. */
int feed_decode(const struct frame *frame, struct arena *arena, uint32_t size, struct feed *out,
	bool *last, struct err *err);

#endif
