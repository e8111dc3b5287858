#ifndef LIAISON_CRM_INTERACTION_HAND_H
#define LIAISON_CRM_INTERACTION_HAND_H

#include "liaison/crm/interaction.h"

/* What people changed of what was recorded, which its calendar or a rule does not change again. */

enum by_hand {
	HAND_STATUS = 1 << 0,
	HAND_TIMES = 1 << 1,
	HAND_SUBJECT = 1 << 2,
	HAND_LOCATION = 1 << 3,
	HAND_CONTACTS = 1 << 4,
	HAND_INITIATOR = 1 << 5,
	HAND_DURATION = 1 << 6,
	HAND_TEMPLATE = 1 << 7,
};

/* *out: bits of enum by_hand. */
int interaction_by_hand(struct store *store, int64_t id, unsigned *out, struct err *err);

#endif
