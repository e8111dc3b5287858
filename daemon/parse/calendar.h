#ifndef PARSE_CALENDAR_H
#define PARSE_CALENDAR_H

#include "item.h"

/* Calendars: a feed is collected and divided into its items, and an item becomes meetings. */

void calendar_init(struct parser *parser);
void calendar_clear(struct parser *parser);
/* That zones and libical work within the sandbox. ERR_INTERNAL. */
int calendar_check(struct parser *parser, struct err *err);

/* FRAME_PARSE_FEED: nothing until the last piece came, then FRAME_FEED_ITEMS or FRAME_REJECT. A feed
 * that cannot be had whole is rejected at once, and the rest of its pieces is passed over. */
int calendar_take_feed(
	struct parser *parser, const struct frame *frame, struct text *out, struct err *err);
/* FRAME_PARSE_MEETING: FRAME_MEETING for each version, or FRAME_REJECT. */
int calendar_take_item(
	struct parser *parser, const struct frame *frame, struct text *out, struct err *err);

#endif
