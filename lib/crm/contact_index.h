#ifndef LIAISON_CRM_CONTACT_INDEX_H
#define LIAISON_CRM_CONTACT_INDEX_H

#include "liaison/base/arena.h"
#include "liaison/store/sql.h"

/* What is derived from a contact and what belongs to it so that it can be found: the words of
 * contact.find and the keys of duplicates. */

/* After the contact or something of it changed or went, in the open transaction: derives it anew. */
int contact_index(struct store *store, struct arena *arena, int64_t id, struct err *err);
/* The same with an arena of its own. */
int contact_index_alone(struct store *store, int64_t id, struct err *err);
/* Only notes it; contact_index_turn (crm/contact_find.h) does it later. */
int contact_index_later(struct store *store, int64_t id, struct err *err);

#endif
