#ifndef LIAISON_ENGINE_CONTACT_REMOVAL_H
#define LIAISON_ENGINE_CONTACT_REMOVAL_H

#include "command.h"
#include "liaison/crm/record.h"

/* Removing a contact so that it can be had back: what belongs to it is journaled first, each with an
 * entry of its own, the contact last. Undo reads the entries from the last to the first. */

/* A company goes with its persons, which are many: *done false: so many of them, added to *persons, went in
 * this transaction, and the rest is for the next one. contact_check_removal comes first. */
int remove_contact(struct call *call, int64_t id, int64_t *persons, bool *done, struct err *err);
/* One alone, which has no persons. */
int remove_one_contact(struct call *call, int64_t id, struct err *err);
/* Only a note, or its links to interactions. */
int remove_contact_note(struct call *call, int64_t contact, int64_t id, struct err *err);
int remove_contact_links(struct call *call, int64_t id, struct err *err);

/* profile_change.c: what people answered for the contact becomes these answers, journaled. */
int change_answers(struct call *call, int64_t contact, const struct record *question,
	const int64_t *answers, const int64_t *days, unsigned count, struct err *err);
/* As the journal has it, in the call's arena. */
int answers_text(struct call *call, int64_t contact, const struct record *question,
	const char **out, struct err *err);

#endif
