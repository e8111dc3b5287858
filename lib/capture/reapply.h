#ifndef CAPTURE_REAPPLY_H
#define CAPTURE_REAPPLY_H

#include "rules.h"

/* A message of the past being judged again, as the files that do so share it. */

struct again {
	struct turn turn;
	bool first_only; /* a row that is not its message's first is not looked at */
	const struct reapply_scope *scope; /* the first of these rows is; NULL: of all */
	struct unread_folders unread;
	struct sighting *seen;
	unsigned count;
	const struct sighting *main; /* what was decided of the message; the others are copies */
	struct stored stored;
	struct view view;
	int64_t interaction_id; /* 0: none */
	unsigned links_left; /* of its interaction, that nothing takes away */
	bool linked_by_hand;
	bool unlinks; /* a rule, or who we are, takes a link away */
	bool retemplates;
};

/* Loads the message of a row, and decides it; main NULL: nothing of it is to be judged. */
int again_load(struct again *it, int64_t row, struct err *err);
/* The steps of it: the row that tells what was decided (NULL: none does), what is stored, at the source at
 * hand, and what is decided of that. */
const struct sighting *again_main(const struct sighting *seen, unsigned count);
int again_read(struct again *it, int64_t message_id, struct err *err);
int again_see(struct again *it, struct err *err); /* the last part of it */
int again_decide(struct again *it, struct err *err);
/* It was seen in unread folders alone, so that it is ignored. */
bool again_is_unread(const struct again *it);
void again_ignore_unread(struct again *it);
/* What becomes of it; dry: would become. */
int again_judge(struct again *it, bool dry, struct reapplied *told, struct err *err);
/* A party whose links go: it is one of us, or a rule leaves it out. */
bool again_unlinks(const struct again *it, const char *email);
/* All rows of it that are decided, copies too, become this; its interaction goes, and what is private
 * keeps what tells copies apart alone. */
int again_drop(struct again *it, enum decision decision, const char *reason, bool by_hand,
	struct err *err);
/* It is private, but people linked it: the interaction stays with their links, and tells nothing of what
 * the message says. */
int again_bare(struct again *it, struct err *err);
/* It is captured: its interaction is made, or follows. */
int again_capture(struct again *it, bool *changed, struct err *err);

#endif
