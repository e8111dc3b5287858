#ifndef LIAISON_CRM_CONTACT_ROW_H
#define LIAISON_CRM_CONTACT_ROW_H

#include "liaison/crm/contact.h"

/* Inside the noun: how a contact is checked before it is stored. */

/* Empty texts become NULL, codes upper case; every field is checked against its rule. */
int contact_check(struct arena *arena, struct contact *contact, struct err *err);

/* contact_code.c: those that differ from before, which is NULL for a new one. ERR_NOT_FOUND: nobody added
 * a code, and setup says to refuse such. */
int contact_check_codes(struct store *store, struct arena *arena, const struct contact *before,
	const struct contact *contact, struct err *err);

/* Writes what people set, and the company, as it is; one to the version. */
int contact_store(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err);

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
