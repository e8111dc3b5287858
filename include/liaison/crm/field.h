#ifndef LIAISON_CRM_FIELD_H
#define LIAISON_CRM_FIELD_H

#include "liaison/base/clock.h"
#include "liaison/crm/record.h"

/* Fields of contacts that people declare: once, with a type; conditions name them field.NAME. */

#define FIELD_FIELDS(F, N) \
	F(N, noun, ENUM, RECORD_REQUIRED | RECORD_FIXED, 0, "contact", "what has the field") \
	F(N, name, TEXT, RECORD_KEY, 40, NULL, "its name: lower-case letters, digits, _") \
	F(N, type, ENUM, RECORD_REQUIRED | RECORD_FIXED, 0, "text|number|date|flag", \
		"what it holds") \
	F(N, description, TEXT, RECORD_POSITIONAL, 250, NULL, "what it means")

RECORD_PLACES(field, FIELD_FIELDS);
extern const struct record_noun field_noun;
extern const struct query_noun field_query;

/* The field as conditions over contacts use it (their alias is c); NULL: no field has that name.
 * name: "field.NAME". Strings in arena. */
int field_for_query(struct store *store, struct arena *arena, const char *name,
	const struct query_field **out, struct err *err);

/* assignment: "NAME=VALUE", an empty value clears. ERR_NOT_FOUND, ERR_USAGE: the value is not of the
 * field's type. name may be NULL, else gets the name. */
int field_set(struct store *store, struct arena *arena, int64_t contact, const char *assignment,
	const struct zone *zone, int64_t now, struct err *err);
/* {NAME: value} of those that are set; name as in json_object_begin. */
int field_write_values(struct store *store, int64_t contact, const char *name, struct json_out *out,
	struct err *err);

#endif
