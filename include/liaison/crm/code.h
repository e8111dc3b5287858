#ifndef LIAISON_CRM_CODE_H
#define LIAISON_CRM_CODE_H

#include "liaison/crm/record.h"

/* Codes that people choose from: languages, countries, territories, mailing groups and others, each
 * of a kind. Which kinds there are is in CODE_KINDS. */

#define CODE_KINDS \
	"language|country|territory|salutation|industry-group|mailing-group|responsibility|" \
	"organizational-level|business-relation|web-source|lead-status|lead-source|campaign-" \
	"status"

#define CODE_FIELDS(F, N) \
	F(N, kind, ENUM, RECORD_REQUIRED | RECORD_FIXED, 0, CODE_KINDS, "what it is a code of") \
	F(N, code, CODE, RECORD_KEY, 20, NULL, "the code") \
	F(N, text, TEXT, RECORD_POSITIONAL, 250, NULL, \
		"what it means; of a web source its address, with %1 for the search word")

RECORD_PLACES(code, CODE_FIELDS);
extern const struct record_noun code_noun;
extern const struct query_noun code_query;

/* ERR_NOT_FOUND names the nearest. */
int code_find(struct store *store, struct arena *arena, const char *kind, const char *code,
	int64_t *id, struct err *err);
/* Whether setup says unknown-codes = refuse. */
int code_refuses_unknown(struct store *store, struct arena *arena, bool *refuses, struct err *err);
/* A code that a record is to be given, in the spelling of the code table where it is there. With
 * unknown-codes = refuse one that is not there is ERR_NOT_FOUND of field. *code may be NULL. */
int code_settle(struct store *store, struct arena *arena, const char *kind, const char *field,
	const char **code, struct err *err);
/* The same, and one that is not there is added. */
int code_take(struct store *store, struct arena *arena, const char *kind, const char *field,
	const char **code, struct err *err);

/* Adds what setup init gives to a new database and this one lacks: {kind: [codes]} members of the
 * open object, and their number to *added. */
int code_seed(struct store *store, struct arena *arena, struct json_out *out, unsigned *added,
	struct err *err);

#endif
