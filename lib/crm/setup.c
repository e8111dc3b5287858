#include "liaison/crm/setup.h"

#include <string.h>

#include "currency.h"
#include "liaison/base/text.h"
#include "liaison/crm/code.h"
#include "liaison/crm/duplicate.h"
#include "liaison/crm/salesperson.h"
#include "setup_keys.h"

static const char DEFAULT_CURRENCY[] = "EUR";

static const struct setup_key keys[] = {
	{ "contact-series", SETUP_SERIES, "CONTACT", "the number series of contacts", NULL },
	{ "segment-series", SETUP_SERIES, "SEGMENT", "the number series of segments", NULL },
	{ "campaign-series", SETUP_SERIES, "CAMPAIGN", "the number series of campaigns", NULL },
	{ "opportunity-series", SETUP_SERIES, "OPPORTUNITY", "the number series of opportunities",
		NULL },
	{ "task-series", SETUP_SERIES, "TASK", "the number series of tasks", NULL },
	{ "default-salesperson", SETUP_CODE, NULL,
		"fills the salesperson of new contacts where it is blank and nobody of us asks",
		"salesperson" },
	{ "default-territory", SETUP_CODE, NULL, "fills the territory of new contacts",
		"territory" },
	{ "default-country", SETUP_COUNTRY, NULL, "fills the country of new contacts", "country" },
	{ "default-language", SETUP_LANGUAGE, NULL, "fills the language of new contacts",
		"language" },
	{ "default-format-region", SETUP_REGION, NULL, "fills the format region of new contacts",
		NULL },
	{ "default-correspondence", SETUP_CORRESPONDENCE, NULL,
		"fills the correspondence of new contacts: email or hard-copy", NULL },
	{ "default-company-salutation", SETUP_CODE, NULL, "fills the salutation of new companies",
		"salutation" },
	{ "default-person-salutation", SETUP_CODE, NULL, "fills the salutation of new persons",
		"salutation" },
	{ "default-cycle", SETUP_CODE, NULL, "the sales cycle of new opportunities", NULL },
	{ "currency", SETUP_CURRENCY, DEFAULT_CURRENCY,
		"the local currency; frozen at the first amount", NULL },
	{ "unknown-codes", SETUP_UNKNOWN_CODES, "accept",
		"accept or refuse: territories, groups and other codes that nobody has added",
		NULL },
	{ "customer-relation", SETUP_CODE, "CUST", "the business relation that means customer",
		"business-relation" },
	{ "vendor-relation", SETUP_CODE, "VEND", "the business relation that means vendor",
		"business-relation" },
	{ "bank-relation", SETUP_CODE, "BANK", "the business relation that means bank",
		"business-relation" },
	{ "employee-relation", SETUP_CODE, "EMPL", "the business relation that means employee",
		"business-relation" },
	{ "duplicate-search", SETUP_FLAG, "true",
		"looks for duplicates when a contact is added or edited", NULL },
	{ "duplicate-hit", SETUP_PERCENT, "60",
		"the score, in percent, from which contacts count as duplicates", NULL },
	{ "duplicate-strings", SETUP_STRINGS, DUPLICATE_STRINGS,
		"beginnings and ends of fields by which contacts are compared, "
		"field:first:letters",
		NULL },
	{ "inherit-salesperson", SETUP_FLAG, "true",
		"a person takes the salesperson of its company", NULL },
	{ "inherit-territory", SETUP_FLAG, "true", "a person takes the territory of its company",
		NULL },
	{ "inherit-country", SETUP_FLAG, "true", "a person takes the country of its company",
		NULL },
	{ "inherit-language", SETUP_FLAG, "true", "a person takes the language of its company",
		NULL },
	{ "inherit-format-region", SETUP_FLAG, "true",
		"a person takes the format region of its company", NULL },
	{ "inherit-address", SETUP_FLAG, "true",
		"a person without an address of its own takes that of its company", NULL },
	{ "inherit-communication", SETUP_FLAG, "true",
		"a person takes phone, mobile, home page and correspondence of its company where "
		"it has none of its own",
		NULL },
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

static const struct setup_key *
find_key(const char *key)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (strcmp(keys[i].key, key) == 0)
			return &keys[i];
	}
	return NULL;
}

static int
unknown_key(const char *key, struct err *err)
{
	const char *names[KEY_COUNT], *near;

	for (size_t i = 0; i < KEY_COUNT; i++)
		names[i] = keys[i].key;
	near = text_suggest(key, names, KEY_COUNT);
	fail_field(err, ERR_USAGE, "key", "there is no setup key '%.60s'", key);
	if (near != NULL)
		return err_hint(err, "did you mean '%s'?", near);
	return err_hint(err, "setup show lists all keys");
}

static const char SELECT_VALUE[] = "SELECT value FROM setup WHERE key = ?";

int
setup_stored(struct store *store, struct arena *arena, const char *key, const char **value,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_VALUE);
	const char *found = NULL;

	stmt_bind_text(q, key);
	if (sql_get_text(q, arena, &found, err) < 0)
		return -1;
	*value = found;
	return 0;
}

int
setup_get(struct store *store, struct arena *arena, const char *key, const char **value,
	struct err *err)
{
	const struct setup_key *row = find_key(key);
	const char *found;

	if (row == NULL)
		return unknown_key(key, err);
	if (setup_stored(store, arena, key, &found, err) < 0)
		return -1;
	*value = found != NULL ? found : row->fallback;
	return 0;
}

/* With unknown-codes = refuse somebody has to have added it. */
static int
check_known(struct store *store, struct arena *arena, const struct setup_key *key,
	const char **value, struct err *err)
{
	if (key->kind == NULL)
		return 0;
	if (strcmp(key->kind, "salesperson") == 0)
		return salesperson_settle(store, arena, "value", value, err);
	return code_settle(store, arena, key->kind, "value", value, err);
}

static const char PUT_VALUE[] = "INSERT INTO setup (key, value) VALUES (?1, ?2)"
				" ON CONFLICT (key) DO UPDATE SET value = excluded.value";
static const char DELETE_VALUE[] = "DELETE FROM setup WHERE key = ?";

static int
put_value(struct store *store, const char *key, const char *value, struct err *err)
{
	struct stmt *q = sql_prepare(store, value != NULL ? PUT_VALUE : DELETE_VALUE);

	stmt_bind_text(q, key);
	if (value != NULL)
		stmt_bind_text(q, value);
	return stmt_run(q, err);
}

static int
set_checked(struct store *store, struct arena *arena, const struct setup_key *key,
	const char *value, struct err *err)
{
	bool given = value != NULL && value[0] != '\0';
	const char *checked = given ? value : key->fallback;

	if (checked != NULL && setup_check(store, arena, key, &checked, err) < 0)
		return -1;
	if (given && check_known(store, arena, key, &checked, err) < 0)
		return -1;
	if (checked != NULL && key->fallback != NULL && strcmp(checked, key->fallback) == 0)
		checked = NULL;
	return put_value(store, key->key, checked, err);
}

int
setup_set(struct store *store, const char *key, const char *value, struct err *err)
{
	const struct setup_key *row = find_key(key);
	struct arena *arena;
	int result;

	if (row == NULL)
		return unknown_key(key, err);
	arena = arena_new();
	result = set_checked(store, arena, row, value, err);
	arena_free(arena);
	return result;
}

int
setup_write_key(struct store *store, struct arena *arena, const char *key, struct json_out *out,
	struct err *err)
{
	const struct setup_key *row = find_key(key);
	const char *value = NULL;

	if (row == NULL)
		return unknown_key(key, err);
	if (setup_get(store, arena, key, &value, err) < 0)
		return -1;
	json_object_begin(out, NULL);
	json_text(out, "key", row->key);
	json_text(out, "value", value);
	json_text(out, "default", row->fallback);
	json_text(out, "summary", row->summary);
	json_object_end(out);
	return 0;
}

int
setup_write(struct store *store, struct arena *arena, const char *only, const char *name,
	struct json_out *out, struct err *err)
{
	int result = 0;

	if (only != NULL && find_key(only) == NULL)
		return unknown_key(only, err);
	json_array_begin(out, name);
	for (size_t i = 0; i < KEY_COUNT && result == 0; i++) {
		if (only == NULL || strcmp(keys[i].key, only) == 0)
			result = setup_write_key(store, arena, keys[i].key, out, err);
	}
	json_array_end(out);
	return result;
}

int
setup_currency_exponent(struct store *store, int *exponent, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_VALUE);
	int found = currency_exponent(NULL);

	stmt_bind_text(q, "currency");
	if (stmt_row(q))
		found = currency_exponent(stmt_text(q));
	if (stmt_end(q, err) < 0)
		return -1;
	*exponent = found;
	return 0;
}

static const char FREEZE[] =
	"INSERT OR IGNORE INTO setup (key, value)"
	" VALUES (?1, coalesce((SELECT value FROM setup WHERE key = 'currency'), ?2))";

int
setup_freeze_currency(struct store *store, struct err *err)
{
	struct stmt *q = sql_prepare(store, FREEZE);

	stmt_bind_text(q, SETUP_FROZEN);
	stmt_bind_text(q, DEFAULT_CURRENCY);
	return stmt_run(q, err);
}
