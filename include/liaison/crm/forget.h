#ifndef LIAISON_CRM_FORGET_H
#define LIAISON_CRM_FORGET_H

#include "liaison/store/sql.h"

/* What erasing a person does to contacts and interactions. */

/* The contact goes with all that is its own; its interactions and persons have let go of it already. */
int contact_erase(struct store *store, struct arena *arena, int64_t id, struct err *err);
/* Persons of the company, at most max, become nobody's; *count of them. */
int contact_persons_free(struct store *store, struct arena *arena, int64_t company, unsigned max,
	unsigned *count, struct err *err);
/* The interaction, which others share, names these parties from now on, and in its words none of the list
 * (address_take_out); redact: and has no words. */
int interaction_leave(struct store *store, int64_t id, const char *parties, const char *list,
	bool redact, int64_t now, struct err *err);
/* ERR_REFUSED: the address is forgotten. */
int forgotten_refuse(const struct store *store, const char *address, struct err *err);

#endif
