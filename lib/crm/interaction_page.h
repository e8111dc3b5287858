#ifndef LIAISON_CRM_INTERACTION_PAGE_H
#define LIAISON_CRM_INTERACTION_PAGE_H

#include "liaison/crm/interaction.h"

/* What timeline and search share. */

/* ",email,call," for instr(); NULL for none. */
char *kinds_text(struct arena *arena, const char *const *kinds, unsigned count);
/* Reads "<letter>a.b". ERR_USAGE: it is something else. */
int page_cursor(const char *after, const char *letter, int64_t *a, int64_t *b, struct err *err);

#endif
