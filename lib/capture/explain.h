#ifndef CAPTURE_EXPLAIN_H
#define CAPTURE_EXPLAIN_H

#include "inside.h"

/* What the files of explain share. */

/* An answer being put together. */
struct story {
	struct turn turn; /* reads only */
	struct json_out *out;
	int64_t rows[400]; /* capture records, the asked one first */
	unsigned row_count;
	int64_t messages[16];
	unsigned message_count;
	const char *answer; /* one sentence */
};

void story_add_row(struct story *story, int64_t id);
void story_add_message(struct story *story, int64_t id);

/* explain_find.c */
/* Fills rows, messages and, when there is no row, the answer. ERR_NOT_FOUND: no such
 * interaction or source, or a Message-ID or event that was never seen. */
int story_find(struct story *story, const struct explain_thing *thing, struct err *err);

/* explain_rule.c */
/* How each rule fared with the message that view is of. */
int explain_rules(struct story *story, const struct view *view, bool withheld, struct err *err);
const char *explain_left_out(struct turn *turn, const struct considered *seen);

/* doubt.c */
/* What speaks for and against the sender of the first message. */
int explain_sender(struct story *story, struct err *err);

/* explain_why.c */
const char *outcome_word(const struct considered *seen);
const char *outcome_why(struct turn *turn, const struct view *view, const struct considered *seen);

#endif
