#ifndef LIAISON_CRM_COUNTRY_H
#define LIAISON_CRM_COUNTRY_H

#include "liaison/base/arena.h"
#include "liaison/store/sql.h"

/* Countries as address books and other programs' exports name them: lib/crm/data/countries.txt. */

/* The code of ISO 3166-1, in arena, of a name in any case; NULL: no country is called so. */
const char *country_by_name(struct arena *arena, const char *name);
/* A country that is no code may be the text of one in the code table, or a name that others have for it:
 * *text, which may be NULL, becomes the code. ERR_USAGE. */
int country_settle(struct store *store, struct arena *arena, const char **text, struct err *err);

#endif
