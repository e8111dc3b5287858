#ifndef LIAISON_CRM_SETUP_KEYS_H
#define LIAISON_CRM_SETUP_KEYS_H

#include "liaison/store/sql.h"

enum setup_type {
	SETUP_SERIES,
	SETUP_CODE,
	SETUP_CURRENCY,
	SETUP_PERCENT,
	SETUP_FLAG,
	SETUP_LANGUAGE,
	SETUP_COUNTRY,
	SETUP_REGION,
	SETUP_CORRESPONDENCE,
	SETUP_UNKNOWN_CODES,
	SETUP_STRINGS,
};

struct setup_key {
	const char *key;
	enum setup_type type;
	const char *fallback; /* NULL: blank */
	const char *summary;
	const char *kind; /* the codes it is one of; NULL: of none */
};

/* A row that no key names: the currency that the amounts stored so far are in. */
#define SETUP_FROZEN "currency-frozen"

/* The value's row; NULL: there is none. */
int setup_stored(struct store *store, struct arena *arena, const char *key, const char **value,
	struct err *err);
/* setup_check.c: checks *value, and gives it the form it is stored in. */
int setup_check(struct store *store, struct arena *arena, const struct setup_key *key,
	const char **value, struct err *err);

#endif
