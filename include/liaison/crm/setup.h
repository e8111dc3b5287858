#ifndef LIAISON_CRM_SETUP_H
#define LIAISON_CRM_SETUP_H

#include "liaison/store/sql.h"
#include "liaison/wire/json.h"

/* Setup keys: one table of name, type, default and explanation. */

/* The value, or its default; NULL for blank. Text in arena. */
int setup_get(struct store *store, struct arena *arena, const char *key, const char **value,
	struct err *err);
/* value NULL or "": back to the default. ERR_USAGE: unknown key (with a suggestion) or bad value. */
int setup_set(struct store *store, const char *key, const char *value, struct err *err);
/* Array of {key, value, default, summary}; of all keys, or of only. name as in json_array_begin. */
int setup_write(struct store *store, struct arena *arena, const char *only, const char *name,
	struct json_out *out, struct err *err);
/* One of them. */
int setup_write_key(struct store *store, struct arena *arena, const char *key, struct json_out *out,
	struct err *err);
/* Money: exponent of the local currency (2 for EUR); frozen at the first amount. */
int setup_currency_exponent(struct store *store, int *exponent, struct err *err);
/* An amount is about to be stored: the currency cannot be changed from now on. */
int setup_freeze_currency(struct store *store, struct err *err);

#endif
