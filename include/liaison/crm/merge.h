#ifndef LIAISON_CRM_MERGE_H
#define LIAISON_CRM_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/crm/contact.h"
#include "liaison/store/sql.h"

/* Two contacts that are one: all that one of them has goes to the other, until it is taken back. */

struct merge_conflict {
	const char *
		field; /* "city", "field.birthday", "relation.CUST", "answer.BUYERS.SIZE", "picture" */
	const char *into, *merged; /* the two values */
	bool taken; /* the merged one's */
};

struct merge_count {
	const char *part; /* "emails" */
	int64_t moved, dropped, changed; /* taken back: came back, and stayed as dropped */
};

enum { MERGE_COUNTS_MAX = 40 };

struct merge_result {
	int64_t id; /* of the merge */
	int64_t merged, into;
	const char *merged_no, *into_no;
	/* Fields of the other that were blank, or taken: as JSON objects, what they were and are. */
	const char *before, *after;
	struct merge_conflict *conflicts;
	unsigned conflict_count, conflict_room;
	struct merge_count counts[MERGE_COUNTS_MAX]; /* of parts that there was something of */
	unsigned count;
};

/* In the open transaction: from goes up in into, and is no more. Where both say something else, into's
 * stays, unless take names the field. Totals are right after. ERR_REFUSED: a person and a company; the
 * same. ERR_USAGE: take names what is no conflict. Texts in arena. The time is that of the rows that go
 * over; a contact of very many interactions takes a second. */
int contact_merge(struct store *store, struct arena *arena, int64_t from, int64_t into,
	const char *const *take, unsigned take_count, const char *user, int64_t now,
	struct merge_result *out, struct err *err);

/* Both are as they were, but for what somebody changed since: that stays with the other. ERR_NOT_FOUND.
 * ERR_REFUSED: the other was merged itself, and that has to be taken back first. */
int contact_unmerge(struct store *store, struct arena *arena, int64_t id, int64_t now,
	struct merge_result *out, struct err *err);

/* A merge by the number of the merged contact or its own. ERR_NOT_FOUND. */
int merge_find(struct store *store, const char *words, int64_t *merge, struct err *err);
/* The merge that a contact went up in. ERR_NOT_FOUND. */
int merge_of_contact(struct store *store, int64_t merged, int64_t *merge, struct err *err);
/* The contact that a number stands for since a merge; *into 0: none was. */
int merge_survivor(struct store *store, struct arena *arena, const char *no, int64_t *into,
	const char **into_no, struct err *err);

#endif
