#ifndef LIAISON_CRM_CLASSIFY_H
#define LIAISON_CRM_CLASSIFY_H

#include "liaison/base/clock.h"
#include "liaison/crm/questionnaire.h"

/* Questions with a source answer themselves (reference 2.10). Each contact's value is kept; whatever
 * changes what it counts notes the contact (triggers of the schema), and what was noted is done soon: by
 * the command that caused it when it is little, else by the engine's schedule in short turns. The bounds
 * of answers are compared with a score: the value itself, or a percentage of all, for which a pass goes
 * over the values after any of them changed. All functions run in an open transaction. */

/* A turn: at most so many contacts, passes at most ten times as many values, and no more once ms have
 * gone (0: any time). *more: there is more to do. */
int classify_turn(struct store *store, const struct zone *zone, int64_t now, unsigned contacts,
	int64_t ms, bool *more, struct err *err);
/* All that is to be done, if that is little; else nothing. Percentages of many are left to turns. */
int classify_if_little(struct store *store, const struct zone *zone, int64_t now, struct err *err);
/* Whether there is anything to do; one look, and no transaction is needed. */
int classify_is_due(
	struct store *store, const struct zone *zone, int64_t now, bool *due, struct err *err);
/* Values and answers of all contacts are found anew by the turns to come. */
int classify_begin_again(struct store *store, struct err *err);
/* How many contacts turns still have to come by. */
int classify_count_waiting(struct store *store, int64_t *count, struct err *err);
/* Finds one contact's values and answers anew. *changed: they were others, though the contact waits for
 * no turn. */
int classify_check(struct store *store, const struct zone *zone, int64_t contact, bool *changed,
	struct err *err);

#endif
