#include <string.h>

#include "code_text.h"
#include "currency.h"
#include "liaison/base/text.h"
#include "liaison/crm/code.h"
#include "liaison/crm/duplicate.h"
#include "setup_keys.h"

/* What may stand in the keys of the setup. */

static const char COUNT_SERIES[] = "SELECT code FROM series WHERE code = ?";

static int
check_series(struct store *store, struct arena *arena, const char **value, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_SERIES);
	const char *code = NULL;

	stmt_bind_text(q, *value);
	if (sql_get_text(q, arena, &code, err) < 0)
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
	if (setup_stored(store, arena, SETUP_FROZEN, &frozen, err) < 0)
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

int
setup_check(struct store *store, struct arena *arena, const struct setup_key *key,
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
