#ifndef LIAISON_CRM_CONTACT_ROW_H
#define LIAISON_CRM_CONTACT_ROW_H

#include "liaison/crm/contact.h"

/* Inside the noun: how a contact is checked before it is stored. */

/* Empty texts become NULL, codes upper case; every field is checked against its rule. */
int contact_check(struct arena *arena, struct contact *contact, struct err *err);

/* Name and parts of a new person. */
void contact_complete_name(struct arena *arena, struct contact *contact);

static inline const char **
contact_text_field(struct contact *contact, const struct contact_field *field)
{
	return (const char **)(void *)((char *)contact + field->offset);
}

static inline bool *
contact_flag_field(struct contact *contact, const struct contact_field *field)
{
	return (bool *)(void *)((char *)contact + field->offset);
}

#endif
