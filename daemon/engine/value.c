#include <stdio.h>
#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/formula.h"
#include "values.h"

/* One value of one type. */

enum { TEXT_MAX = 4000, LONG_MAX_BYTES = 256 * 1024, WHERE_MAX = 64 * 1024, CODE_MAX = 20 };

static const char *const TYPE_WORDS[] = {
	[PARAM_TEXT] = "text",
	[PARAM_EMAIL] = "an address such as ada@x.example",
	[PARAM_DOMAIN] = "a domain such as x.example",
	[PARAM_CONTACT] = "a contact's number, address or name",
	[PARAM_CODE] = "a code of at most 20 letters, digits, '.', '_' or '-'",
	[PARAM_INTEGER] = "a whole number",
	[PARAM_MONEY] = "an amount such as 12.50",
	[PARAM_PERCENT] = "a percentage from 0 to 100",
	[PARAM_DECIMAL] = "a number such as 12.5",
	[PARAM_FORMULA] = "a date formula such as 1M+2D or -CY",
	[PARAM_DATE] = "a date such as 2026-11-21, a time, or today-90d",
	[PARAM_DURATION] = "a duration such as 90d",
	[PARAM_MINUTES] = "minutes, such as 45 or 1h30m",
	[PARAM_FLAG] = "true or false",
	[PARAM_ENUM] = "one of its words",
	[PARAM_WHERE] = "a condition",
	[PARAM_SORT] = "fields, a '-' before those that descend",
	[PARAM_NAME] = "a name without blanks",
	[PARAM_INPUT] = "a file",
	[PARAM_OUTPUT] = "a file",
};

static int
wrong(const struct param *param, const char *text, struct err *err)
{
	return fail_field(err, ERR_USAGE, param->name, "'%.80s' is not right for '%s', which is %s",
		text, param->name, TYPE_WORDS[param->type]);
}

static size_t
text_max(const struct param *param)
{
	if (param->type == PARAM_WHERE)
		return WHERE_MAX;
	return param->flags & PARAM_LONG ? LONG_MAX_BYTES : TEXT_MAX;
}

static int
read_code(const struct param *param, const struct value_context *context, const char *text,
	struct value *out, struct err *err)
{
	size_t size = strlen(text);
	char *code = arena_text(context->arena, text);

	if (size > CODE_MAX)
		return wrong(param, text, err);
	for (size_t i = 0; i < size; i++) {
		if (code[i] >= 'a' && code[i] <= 'z')
			code[i] = (char)(code[i] - 'a' + 'A');
		else if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", code[i]) == NULL)
			return wrong(param, text, err);
	}
	out->text = code;
	return 0;
}

/* "45", "45m", "2h", "1h30m". */
static int
read_minutes(const struct param *param, const char *text, struct value *out, struct err *err)
{
	int64_t total = 0, number = 0;
	bool digits = false, seen = false;

	for (const char *at = text; *at != '\0'; at++) {
		if (*at >= '0' && *at <= '9') {
			number = number * 10 + (*at - '0');
			digits = seen = true;
			if (number > 1000000)
				return wrong(param, text, err);
		} else if (digits && (*at == 'h' || *at == 'm')) {
			total += *at == 'h' ? number * 60 : number;
			number = 0;
			digits = false;
		} else {
			return wrong(param, text, err);
		}
	}
	out->number = total + number;
	return seen ? 0 : wrong(param, text, err);
}

static int
read_enum(const struct param *param, const char *text, struct value *out, struct err *err)
{
	size_t size = strlen(text);

	for (const char *at = param->values; at != NULL; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, text, size) == 0 && (at[size] == '|' || at[size] == '\0')) {
			out->text = text;
			return 0;
		}
	}
	return fail_field(err, ERR_USAGE, param->name, "'%.80s' is not right for '%s', which is %s",
		text, param->name, param->values);
}

/* Digits with at most one point and a sign, in millionths at the finest; the handler rounds to the currency. */
enum { PLACES_MAX = 6 };

static int
read_decimal(const struct param *param, const char *text, struct value *out, struct err *err)
{
	const char *at = text + (*text == '-' || *text == '+');
	unsigned digits = 0, points = 0, places = 0, kept = 0;

	for (; *at != '\0'; at++) {
		if (*at >= '0' && *at <= '9') {
			digits++;
			places += points;
			kept = *at != '0' ? places : kept;
		} else if (*at == '.' && points == 0)
			points++;
		else
			return wrong(param, text, err);
	}
	if (kept > PLACES_MAX)
		return fail_field(err, ERR_USAGE, param->name,
			"'%.80s' for '%s' has more than %d places after the point", text,
			param->name, PLACES_MAX);
	if (digits == 0 || digits > 18)
		return wrong(param, text, err);
	out->text = text;
	return 0;
}

static int
read_percent(const struct param *param, const char *text, struct value *out, struct err *err)
{
	if (read_decimal(param, text, out, err) < 0)
		return -1;
	if (text[0] == '-' || strcspn(text, ".") > 3 ||
		(strcspn(text, ".") == 3 && strncmp(text, "100", 3) != 0))
		return wrong(param, text, err);
	return 0;
}

static int
read_flag(const struct param *param, const char *text, struct value *out, struct err *err)
{
	if (strcmp(text, "true") == 0 || strcmp(text, "yes") == 0)
		out->number = 1;
	else if (strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
		return wrong(param, text, err);
	return 0;
}

static int
read_formula(const struct param *param, const struct value_context *context, const char *text,
	struct value *out, struct err *err)
{
	struct formula formula;

	if (formula_parse(text, &formula, err) < 0)
		return wrong(param, text, err);
	out->text = formula_text(context->arena, &formula);
	return 0;
}

static int
read_date(const struct param *param, const struct value_context *context, const char *text,
	struct value *out, struct err *err)
{
	int64_t time;
	int offset;

	if (moment_parse(text, context->zone, context->now, false, &time, &offset, err) < 0) {
		snprintf(err->field, sizeof err->field, "%s", param->name);
		return -1;
	}
	out->text = text;
	return 0;
}

static int
name_field(const struct param *param, int result, struct err *err)
{
	if (result < 0)
		snprintf(err->field, sizeof err->field, "%s", param->name);
	return result;
}

static int
read_typed(const struct param *param, const struct value_context *context, const char *text,
	struct value *out, struct err *err)
{
	char *canonical;

	out->text = text;
	switch (param->type) {
	case PARAM_EMAIL:
		return name_field(
			param, address_canonical(context->arena, text, &canonical, err), err);
	case PARAM_DOMAIN:
		return name_field(
			param, domain_canonical(context->arena, text, &canonical, err), err);
	case PARAM_CODE:
		return read_code(param, context, text, out, err);
	case PARAM_INTEGER:
		return text_to_int64(text, &out->number) == 0 ? 0 : wrong(param, text, err);
	case PARAM_MONEY:
	case PARAM_DECIMAL:
		return read_decimal(param, text, out, err);
	case PARAM_PERCENT:
		return read_percent(param, text, out, err);
	case PARAM_FORMULA:
		return read_formula(param, context, text, out, err);
	case PARAM_DATE:
		return read_date(param, context, text, out, err);
	case PARAM_DURATION:
		return duration_parse(text, &out->number) == 0 ? 0 : wrong(param, text, err);
	case PARAM_MINUTES:
		return read_minutes(param, text, out, err);
	case PARAM_FLAG:
		return read_flag(param, text, out, err);
	case PARAM_ENUM:
		return read_enum(param, text, out, err);
	case PARAM_NAME:
		return strpbrk(text, " \t\n") == NULL ? 0 : wrong(param, text, err);
	case PARAM_TEXT:
	case PARAM_CONTACT:
	case PARAM_WHERE:
	case PARAM_SORT:
	case PARAM_INPUT:
	case PARAM_OUTPUT:
		break;
	}
	return 0;
}

int
value_read(const struct param *param, const struct value_context *context, const char *text,
	size_t size, struct value *out, struct err *err)
{
	struct value value = { 0 };
	bool changed;
	char *clean;

	if (size > text_max(param))
		return fail_field(err, ERR_USAGE, param->name, "'%s' is longer than %zu bytes",
			param->name, text_max(param));
	clean = text_clean(context->arena, text, size, size * 3 + 1,
		(param->flags & PARAM_LONG) != 0, &changed);
	if (read_typed(param, context, clean, &value, err) < 0)
		return -1;
	*out = value;
	return 0;
}
