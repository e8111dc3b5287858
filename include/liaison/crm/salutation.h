#ifndef LIAISON_CRM_SALUTATION_H
#define LIAISON_CRM_SALUTATION_H

#include "liaison/crm/contact.h"
#include "liaison/crm/record.h"

/* How a contact is greeted: formulas by the contact's salutation code, its language, and manner. A
 * formula names fields in braces: {job_title} {first_name} {middle_name} {surname} {initials} {name}
 * {company_name}; one that is blank takes the blank behind it along. */

#define SALUTATION_FIELDS(F, N) \
	F(N, code, CODE, RECORD_KEY, 20, NULL, "code of the salutation") \
	F(N, text, TEXT, RECORD_REQUIRED, 250, NULL, \
		"the formula, such as 'Dear {job_title} {surname},'") \
	F(N, language, TEXT, 0, 20, NULL, "for contacts of this language; else of every") \
	F(N, manner, ENUM, 0, 0, "formal|informal", "else formal")

RECORD_PLACES(salutation, SALUTATION_FIELDS);
extern const struct record_noun salutation_noun;
extern const struct query_noun salutation_query;

/* The greeting; NULL when no formula fits. language NULL: the contact's. Of several the one for the
 * whole language tag wins, then its first part, then the one of every language. Text in arena. */
int salutation_render(struct store *store, struct arena *arena, const struct contact *contact,
	const char *manner, const char *language, const char **out, struct err *err);
/* Adds the formulas that setup init gives where they are absent, names them in an array of out, and adds
 * their number to *added. */
int salutation_seed(struct store *store, struct arena *arena, struct json_out *out, unsigned *added,
	struct err *err);

#endif
