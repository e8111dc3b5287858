#ifndef LIAISON_CRM_TOTALS_H
#define LIAISON_CRM_TOTALS_H

#include "liaison/crm/interaction.h"

/* Adds interaction to the stored totals of a contact, if it counts. */
int totals_add(struct store *store, int64_t contact_id, const struct interaction *interaction,
	struct err *err);

#endif
