#ifndef LIAISON_CRM_FIND_PLACE_H
#define LIAISON_CRM_FIND_PLACE_H

#include "find_word.h"

/* The words of all contacts: who has them, what stands within them, what is a typing mistake away. */

int
find_place_put(struct store *store, int64_t contact, const struct find_word *word, struct err *err);
/* A word that nobody has any more goes. */
int find_place_drop(
	struct store *store, int64_t contact, const struct find_word *word, struct err *err);

/* Whether the contact is found by the word, its beginnings, ends and typing mistakes. */
int find_place_has(struct store *store, int64_t contact, const struct find_word *word, bool *has,
	struct err *err);

#endif
