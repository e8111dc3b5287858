#ifndef LIAISON_CALENDAR_FEED_H
#define LIAISON_CALENDAR_FEED_H

#include "liaison/base/arena.h"
#include "liaison/wire/meeting.h"

/* The pre-scan: a feed is divided into its events before libical sees any of it, by a state machine
 * over lines of our own. It reads no values but UID, TZID, DTSTAMP and X-WR-TIMEZONE. */

enum {
	FEED_LINE_MAX =
		64 * 1024, /* physical; an ATTACH that is longer, folds and all, is passed over */
	FEED_DEPTH_MAX = 8,
	FEED_BAD_LINES_MAX = 1000,
};

/* All of out in arena. ERR_USAGE with a message that names what was received: it is empty, no
 * calendar (an HTML page, say), cut short (an END is missing), nested too deep outside events, or has
 * too many bad lines or events. An event that is itself at fault is an item with an error; lines of it
 * that are no properties, and long attachments, are in none of its ranges. */
int
feed_split(const char *bytes, size_t size, struct arena *arena, struct feed *out, struct err *err);

#endif
