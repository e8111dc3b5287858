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
	int64_t id; /* of the merge; 0: not begun */
	bool done; /* nothing is left to do */
	bool again; /* it was broken off before, and is gone on with */
	int64_t rows, total; /* how far it is, roughly, when it is not done */
	int64_t merged, into;
	const char *merged_no, *into_no;
	/* Fields of the other that were blank, or taken: as JSON objects, what they were and are. */
	const char *before, *after;
	struct merge_conflict *conflicts;
	unsigned conflict_count, conflict_room;
	struct merge_count counts[MERGE_COUNTS_MAX]; /* of parts that there was something of */
	unsigned count;
};

#define MERGE_WHOLE INT64_MAX

/* In the open transaction: from goes up in into, and is no more. Where both say something else, into's
 * stays, unless take names the field. It takes as many transactions as there are rows for: until out->done
 * it is to be called again with the same out, zeroed before the first. until_ms of the monotonic clock ends
 * one, MERGE_WHOLE none. Totals are right in the end. ERR_REFUSED: a person and a company; the same.
 * ERR_USAGE: take names what is no conflict. ERR_UNAVAILABLE: another merge of one of them is under way.
 * Texts in the first call's arena. */
int contact_merge(struct store *store, struct arena *arena, int64_t from, int64_t into,
	const char *const *take, unsigned take_count, const char *user, int64_t now,
	int64_t until_ms, struct merge_result *out, struct err *err);

/* In the same way: both are as they were, but for what somebody changed since: that stays with the other.
 * One that was broken off is gone on with. ERR_NOT_FOUND. ERR_REFUSED: the other was merged itself, and that
 * has to be taken back first. */
int contact_unmerge(struct store *store, struct arena *arena, int64_t id, int64_t now,
	int64_t until_ms, struct merge_result *out, struct err *err);

/* For a dry run, which has one transaction: adds to the counts of one that is not done, or, back, of one
 * taken back, what is left of it. */
int
contact_merge_rest(struct store *store, bool back, struct merge_result *result, struct err *err);

/* ERR_UNAVAILABLE: the contact is one of a merge that is under way. */
int
contact_merge_refuse(struct store *store, struct arena *arena, int64_t contact, struct err *err);

/* What was under way when the database was closed is brought to its end, in transactions of its own; *ended
 * counts them. */
int contact_merges_end(struct store *store, int64_t now, unsigned *ended, struct err *err);

/* A merge by the number of the merged contact or its own. ERR_NOT_FOUND. */
int merge_find(struct store *store, const char *words, int64_t *merge, struct err *err);
/* The merge that a contact went up in. ERR_NOT_FOUND. */
int merge_of_contact(struct store *store, int64_t merged, int64_t *merge, struct err *err);
/* The contact that a number stands for since a merge; *into 0: none was. */
int merge_survivor(struct store *store, struct arena *arena, const char *no, int64_t *into,
	const char **into_no, struct err *err);

#endif
