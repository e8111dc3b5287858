#ifndef LIAISON_CRM_CONTACT_LABEL_H
#define LIAISON_CRM_CONTACT_LABEL_H

#include "liaison/query/query.h"
#include "liaison/store/sql.h"
#include "liaison/wire/json.h"

/* Codes that a contact has any number of: mailing and industry groups, responsibilities, web sources,
 * tags. Kinds are those of crm/code.h, and "tag", which needs no code to be added first. */

extern const struct query_noun contact_label_noun;

struct contact_label {
	const char *kind, *code;
	const char *word; /* of a web source: what it is searched for; or NULL */
};

/* label.code is set as it is stored; *added is false when the contact had it, word then replaced.
 * ERR_REFUSED: industry groups and web sources are for companies, responsibilities for persons.
 * ERR_NOT_FOUND: unknown-codes = refuse, and the code is unknown. */
int contact_label_add(struct store *store, struct arena *arena, int64_t contact,
	struct contact_label *label, bool *added, struct err *err);
/* ERR_NOT_FOUND: the contact has none. */
int contact_label_remove(
	struct store *store, int64_t contact, const char *kind, const char *code, struct err *err);
/* {kind, code, text, word, address} */
int contact_label_write(struct store *store, int64_t id, struct json_out *out, struct err *err);
int contact_label_find(struct store *store, int64_t contact, const char *kind, const char *code,
	int64_t *id, struct err *err);
/* The kinds; ends with NULL. */
extern const char *const contact_label_kinds[];
int contact_labels_any(
	struct store *store, int64_t contact, const char *kind, bool *any, struct err *err);
int contact_labels_clear(struct store *store, int64_t contact, const char *kind, struct err *err);
/* What a contact has of a kind, as an array of codes, each with the word behind it that it is searched
 * for, after a blank; name as in json_array_begin. */
int contact_labels_write(struct store *store, int64_t contact, const char *kind, const char *name,
	struct json_out *out, struct err *err);

#endif
