#include "liaison/crm/setup.h"

#include <string.h>

#include "code_text.h"
#include "currency.h"
#include "liaison/base/text.h"
#include "liaison/crm/code.h"
#include "liaison/crm/duplicate.h"
#include "liaison/crm/salesperson.h"
#include "setup_keys.h"

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

/* A row that no key names: the currency that the amounts stored so far are in. */
static const char FROZEN[] = "currency-frozen";

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

/* NULL when there is no row. */
static int
stored_value(struct store *store, struct arena *arena, const char *key, const char **value,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_VALUE);
	const char *found = NULL;

	stmt_bind_text(q, key);
	if (stmt_row(q))
		found = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
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
	if (stored_value(store, arena, key, &found, err) < 0)
		return -1;
	*value = found != NULL ? found : row->fallback;
	return 0;
}

static const char COUNT_SERIES[] = "SELECT code FROM series WHERE code = ?";

static int
check_series(struct store *store, struct arena *arena, const char **value, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_SERIES);
	const char *code = NULL;

	stmt_bind_text(q, *value);
	if (stmt_row(q))
		code = stmt_text_copy(q, arena);
	if (stmt_end(q, err) < 0)
		return -1;
	if (code == NULL) {
		fail_field(
			err, ERR_NOT_FOUND, "value", "there is no number series '%.40s'", *value);
		return err_hint(err, "add it: series add CODE");
	}
	*value = code;
	return 0;
}

static int
check_currency(struct store *store, struct arena *arena, const char **value, struct err *err)
{
	const char *code = upper_text(arena, *value), *frozen;

	if (!currency_known(code))
		return fail_field(err, ERR_USAGE, "value",
			"'%.40s' is no currency of ISO 4217, such as EUR", *value);
	if (stored_value(store, arena, FROZEN, &frozen, err) < 0)
		return -1;
	if (frozen != NULL && strcmp(frozen, code) != 0)
		return fail_field(err, ERR_REFUSED, "value",
			"the currency stays '%s': amounts are stored in it", frozen);
	*value = code;
	return 0;
}

static int
check_percent(const char *value, struct err *err)
{
	int64_t number;

	if (text_to_int64(value, &number) < 0 || number < 1 || number > 100)
		return fail_field(
			err, ERR_USAGE, "value", "'%.40s' is no percentage from 1 to 100", value);
	return 0;
}

static int
check_flag(const char **value, struct err *err)
{
	static const char *const TRUE_WORDS[] = { "true", "yes", "on", "1" };
	static const char *const FALSE_WORDS[] = { "false", "no", "off", "0" };

	for (size_t i = 0; i < 4; i++) {
		if (text_equal_nocase(*value, TRUE_WORDS[i])) {
			*value = "true";
			return 0;
		}
		if (text_equal_nocase(*value, FALSE_WORDS[i])) {
			*value = "false";
			return 0;
		}
	}
	return fail_field(err, ERR_USAGE, "value", "'%.40s' is neither true nor false", *value);
}

static int
check_word(const char *value, const char *const words[], const char *rule, struct err *err)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (strcmp(value, words[i]) == 0)
			return 0;
	}
	return fail_field(err, ERR_USAGE, "value", "'%.40s' is not %s", value, rule);
}

static int
check_correspondence(const char *value, struct err *err)
{
	static const char *const WORDS[] = { "email", "hard-copy", NULL };

	return check_word(value, WORDS, "email or hard-copy", err);
}

static int
check_policy(const char *value, struct err *err)
{
	static const char *const WORDS[] = { "accept", "refuse", NULL };

	return check_word(value, WORDS, "accept or refuse", err);
}

/* Checks *value and gives it the form it is stored in. */
static int
check_value(struct store *store, struct arena *arena, const struct setup_key *key,
	const char **value, struct err *err)
{
	switch (key->type) {
	case SETUP_SERIES:
		return check_series(store, arena, value, err);
	case SETUP_CODE:
		return code_check(arena, "value", value, err);
	case SETUP_CURRENCY:
		return check_currency(store, arena, value, err);
	case SETUP_PERCENT:
		return check_percent(*value, err);
	case SETUP_FLAG:
		return check_flag(value, err);
	case SETUP_LANGUAGE:
		return language_check("value", *value, err);
	case SETUP_COUNTRY:
		*value = upper_text(arena, *value);
		return country_check("value", *value, err);
	case SETUP_REGION:
		return language_check("value", *value, err);
	case SETUP_CORRESPONDENCE:
		return check_correspondence(*value, err);
	case SETUP_UNKNOWN_CODES:
		return check_policy(*value, err);
	case SETUP_STRINGS:
		return duplicate_strings_check(arena, value, err);
	}
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

	if (checked != NULL && check_value(store, arena, key, &checked, err) < 0)
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

	stmt_bind_text(q, FROZEN);
	stmt_bind_text(q, DEFAULT_CURRENCY);
	return stmt_run(q, err);
}
