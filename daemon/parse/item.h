#ifndef PARSE_ITEM_H
#define PARSE_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/text.h"
#include "liaison/calendar/timezone.h"
#include "liaison/mail/charset.h"
#include "liaison/wire/frame.h"

/* What parse does with one frame of the engine's. */

enum parser_feed_state {
	FEED_NONE,
	FEED_OPEN, /* pieces are collected */
	FEED_REJECTED, /* it has its answer; its other pieces are passed over */
};

/* A feed that arrives in pieces. */
struct parser_feed {
	enum parser_feed_state state;
	uint32_t source, token;
	size_t size; /* as its first piece said */
	struct text bytes; /* own */
};

struct parser {
	struct charsets *charsets; /* own */
	struct timezones *zones; /* own */
	struct parser_feed feed;
	struct arena *arena; /* own; forgotten after each item */
	bool poison; /* LIAISON_TEST_POISON: see item_take */
	uint64_t items; /* done so far */
};

/* Loads all that the sandbox forbids loading later, and makes libraries do once what they do at
 * their first use. */
void parser_init(struct parser *parser);
void parser_clear(struct parser *parser);
/* That everything still works, now within the sandbox. ERR_INTERNAL. */
int parser_check(struct parser *parser, struct err *err);

/* Appends the answer to out: FRAME_EVENT, FRAME_TEXT, FRAME_FEED_ITEMS, FRAME_MEETING, FRAME_IMPORT_ROWS,
 * FRAME_REJECT
 * or FRAME_PONG, with the frame's source and token; a feed has one answer for all its pieces.
 * ERR_FORMAT: the frame is malformed, and the program must end. With poison set (tests only), a
 * header or a property "X-Liaison-Test: crash", "hang" or "spin" does what it says. */
int item_take(struct parser *parser, const struct frame *frame, struct text *out, struct err *err);
/* Appends FRAME_REJECT. */
void item_reject(struct text *out, uint32_t source, uint32_t token, const char *why);

#endif
