#include "record_check.h"

#include <string.h>

#include "code_text.h"
#include "liaison/base/formula.h"
#include "liaison/base/text.h"

/* words: "won|lost". */
static int
check_word(const struct record_field *field, const char *value, struct err *err)
{
	size_t size = strlen(value);

	for (const char *at = field->words; at != NULL; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, value, size) == 0 && (at[size] == '|' || at[size] == '\0'))
			return 0;
	}
	return fail_field(err, ERR_USAGE, field->name, "the %s '%.40s' is none of %s", field->name,
		value, field->words);
}

static int
check_number(const struct record_field *field, int64_t number, struct err *err)
{
	int64_t max = field->type == RECORD_PERCENT ? 100 * 100 : field->max;

	if (number >= 0 && (max == 0 || number <= max))
		return 0;
	if (field->type == RECORD_PERCENT)
		return fail_field(err, ERR_USAGE, field->name,
			"the %s is a percentage from 0 to 100", field->name);
	if (field->type == RECORD_MONEY)
		return fail_field(err, ERR_USAGE, field->name, "the %s '%lld.%02lld' is below zero",
			field->name, (long long)number / 100, -(long long)number % 100);
	if (max == 0)
		return fail_field(err, ERR_USAGE, field->name, "the %s '%lld' is below zero",
			field->name, (long long)number);
	return fail_field(err, ERR_USAGE, field->name, "the %s '%lld' is not from 0 to %u",
		field->name, (long long)number, field->max);
}

/* However it was written, it is kept in one way. */
static int
check_formula(struct arena *arena, const struct record_field *field, struct record_value *value,
	struct err *err)
{
	struct formula formula;

	if (formula_parse(value->text, &formula, err) < 0)
		return fail_field(err, ERR_USAGE, field->name,
			"the %s '%.40s' is no date formula such as 1M+2D or -CY", field->name,
			value->text);
	value->text = formula_text(arena, &formula);
	return 0;
}

static int
check_value(struct arena *arena, const struct record_field *field, struct record_value *value,
	struct err *err)
{
	switch (field->type) {
	case RECORD_TEXT:
		return text_check(field->name, field->max, value->text, err);
	case RECORD_CODE:
		return code_check(arena, field->name, &value->text, err);
	case RECORD_ENUM:
		return check_word(field, value->text, err);
	case RECORD_INTEGER:
	case RECORD_MINUTES:
	case RECORD_MONEY:
	case RECORD_PERCENT:
		return check_number(field, value->number, err);
	case RECORD_FORMULA:
		return check_formula(arena, field, value, err);
	case RECORD_FLAG:
	case RECORD_DECIMAL:
	case RECORD_DATE:
	case RECORD_CONTACT:
		return 0;
	}
	return 0;
}

/* A text of blanks alone is none. */
static void
settle_blank(struct arena *arena, struct record_value *value)
{
	if (value->text == NULL)
		return;
	value->text = text_trim(arena, value->text, strlen(value->text));
	if (value->text[0] == '\0')
		*value = (struct record_value){ 0 };
}

int
record_check(struct arena *arena, struct record *record, struct err *err)
{
	for (unsigned i = 0; i < record->noun->count; i++) {
		const struct record_field *field = &record->noun->fields[i];
		struct record_value *value = &record->values[i];

		settle_blank(arena, value);
		if (value->given && check_value(arena, field, value, err) < 0)
			return -1;
		if (!value->given && (field->flags & RECORD_REQUIRED))
			return fail_field(err, ERR_USAGE, field->name, "%s %s must have %s %s",
				article_of(record->noun->name), record->noun->name,
				article_of(field->name), field->name);
	}
	return 0;
}
