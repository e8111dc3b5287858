#ifndef LIAISON_CRM_COUNTRY_H
#define LIAISON_CRM_COUNTRY_H

#include "liaison/base/arena.h"

/* Countries as address books and other programs' exports name them: lib/crm/data/countries.txt. */

/* The code of ISO 3166-1, in arena, of a name in any case; NULL: no country is called so. */
const char *country_by_name(struct arena *arena, const char *name);

#endif
