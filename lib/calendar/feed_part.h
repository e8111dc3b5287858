#ifndef LIAISON_CALENDAR_FEED_PART_PRIVATE_H
#define LIAISON_CALENDAR_FEED_PART_PRIVATE_H

#include "feed_line.h"
#include "feed_scan.h"

/* The event or the zone that the scan is within: what becomes of its lines. */
struct feed_part {
	struct feed_scan *scan; /* borrowed; what is found goes there */
	struct arena *arena; /* borrowed */
	struct feed_component open;
	bool unusable; /* it is a zone over a limit */
	uint32_t range_start; /* bytes of it that are in no range yet begin here */
	struct text digested; /* own; its unfolded lines */
};

void feed_part_begin(struct feed_part *part, const struct feed_line *line);
/* It ends before the byte end, and is stored. */
void feed_part_end(struct feed_part *part, bool event, size_t end);
/* A property; direct: of the part itself, not of what is nested in it. */
void feed_part_event_line(struct feed_part *part, const struct feed_line *line, bool direct);
void feed_part_zone_line(struct feed_part *part, const struct feed_line *line, bool direct);
/* A line that belongs to it but is no property. */
void feed_part_digest(struct feed_part *part, const struct feed_line *line);
/* The line is in no range of it. */
void feed_part_pass_over(struct feed_part *part, const struct feed_line *line);
/* The first fault counts. */
void feed_part_blame(struct feed_part *part, enum feed_fault fault, unsigned line);

/* Room for one more of size bytes after count of them. */
void *feed_grown(void *array, unsigned count, unsigned *room, size_t size);
/* Of a component's name or a TZID, in any case. */
uint64_t feed_name_hash(const char *name, size_t size);
/* RFC 5545 3.3.11 into out, which has size bytes; a line end written as \n is a blank in an
 * identifier. Returns the length. */
size_t feed_unescape(const char *text, size_t size, char *out);

#endif
