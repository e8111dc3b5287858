#ifndef PARSE_ITEM_H
#define PARSE_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/text.h"
#include "liaison/mail/charset.h"
#include "liaison/wire/frame.h"

/* What parse does with one frame of the engine's. */

struct parser {
	struct charsets *charsets; /* own */
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

/* Appends the answer to out: FRAME_EVENT, FRAME_TEXT, FRAME_REJECT or FRAME_PONG, with the frame's
 * source and token. ERR_FORMAT: the frame is malformed, and the program must end.
 * With poison set (tests only), a header "X-Liaison-Test: crash", "hang" or "spin" does what it says. */
int item_take(struct parser *parser, const struct frame *frame, struct text *out, struct err *err);

#endif
