#ifndef LIAISON_CALENDAR_FEED_SCAN_PRIVATE_H
#define LIAISON_CALENDAR_FEED_SCAN_PRIVATE_H

#include "liaison/base/arena.h"
#include "liaison/base/crypt.h"
#include "liaison/calendar/feed.h"

/* The first half of feed_split: what components a feed consists of, one after the other. */

enum { FEED_ZONES_NAMED_MAX = 50 /* by one event */ };

enum feed_fault {
	FAULT_NONE,
	FAULT_LINE_LONG,
	FAULT_DEEP,
	FAULT_NO_END,
	FAULT_ZONES,
	FAULT_UID_LONG,
};

/* A VEVENT or a VTIMEZONE. */
struct feed_component {
	unsigned calendar; /* the VCALENDAR it lies in */
	unsigned line; /* of its BEGIN */
	unsigned first_range, range_count;
	unsigned first_name, name_count; /* of zones, in feed_scan.names */
	size_t size; /* of its ranges */
	const char *uid; /* of an event: clean, in arena; NULL if it has none */
	uint64_t zone; /* of a VTIMEZONE: the hash of its TZID; 0 if it has none */
	uint8_t digest[SHA256_SIZE]; /* of its unfolded lines without DTSTAMP */
	enum feed_fault fault; /* the first one, of an event */
	unsigned fault_line;
};

struct feed_scan {
	struct feed_component *events, *zones; /* own, as all arrays here */
	unsigned event_count, event_room, zone_count, zone_room;
	struct feed_range *ranges;
	unsigned range_count, range_room;
	uint64_t *names; /* hashes of TZIDs that events name */
	unsigned name_count, name_room;
	const char **calendar_zones; /* X-WR-TIMEZONE of each VCALENDAR, in arena, or NULL */
	unsigned calendar_count, calendar_room;
	unsigned others; /* components that are neither */
	unsigned bad_lines, first_bad_line; /* neither property nor blank: left out of all ranges */
	unsigned attachments; /* over the limit: left out */
	unsigned zones_dropped; /* over a limit */
};

/* ERR_USAGE as feed_split; out is to be cleared in either case. */
int feed_scan(const char *bytes, size_t size, struct arena *arena, struct feed_scan *out,
	struct err *err);
void feed_scan_clear(struct feed_scan *scan);

/* The second half: events grouped by UID, with the zones they name. ERR_USAGE: too many. */
int
feed_group(const struct feed_scan *scan, struct arena *arena, struct feed *out, struct err *err);

#endif
