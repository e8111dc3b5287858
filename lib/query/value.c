#include "tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the user wrote, read as the type of the field it is compared with. */

static const char *
type_text(enum query_type type)
{
	switch (type) {
	case QUERY_TEXT:
		return "text";
	case QUERY_NUMBER:
		return "a number";
	case QUERY_MONEY:
		return "an amount";
	case QUERY_TIME:
		return "a time";
	case QUERY_BOOL:
		return "yes or no";
	case QUERY_CONTACT:
		return "a contact";
	}
	return "";
}

static const char *
type_ops(enum query_type type)
{
	switch (type) {
	case QUERY_TEXT:
		return "= != < <= > >= ~ in, is blank";
	case QUERY_NUMBER:
	case QUERY_MONEY:
	case QUERY_TIME:
		return "= != < <= > >= in, is blank";
	case QUERY_BOOL:
		return "= != is blank";
	case QUERY_CONTACT:
		return "= != ~ in, is blank";
	}
	return "";
}

const char *
query_op_text(enum query_op op)
{
	switch (op) {
	case QUERY_EQ:
		return "=";
	case QUERY_NE:
		return "!=";
	case QUERY_LT:
		return "<";
	case QUERY_LE:
		return "<=";
	case QUERY_GT:
		return ">";
	case QUERY_GE:
		return ">=";
	case QUERY_GLOB:
		return "~";
	case QUERY_BLANK:
		return "is blank";
	}
	return "";
}

static bool
op_fits(enum query_type type, enum query_op op)
{
	bool is_text = type == QUERY_TEXT || type == QUERY_CONTACT;

	switch (op) {
	case QUERY_EQ:
	case QUERY_NE:
	case QUERY_BLANK:
		return true;
	case QUERY_LT:
	case QUERY_LE:
	case QUERY_GT:
	case QUERY_GE:
		return type != QUERY_BOOL && type != QUERY_CONTACT;
	case QUERY_GLOB:
		return is_text;
	}
	return false;
}

int
query_check_op(const struct query_field *field, enum query_op op, struct err *err)
{
	if (op_fits(field->type, op))
		return 0;
	return fail_field(err, ERR_USAGE, "where",
		"'%s' is %s and cannot be compared by '%s', expected %s", field->name,
		type_text(field->type), query_op_text(op), type_ops(field->type));
}

/* Minor units of a decimal with at most two places. */
int
query_money(const char *string, int64_t *minor)
{
	const char *digits = string + (*string == '-' || *string == '+');
	int64_t value = 0;
	int places = -1;

	if (*digits < '0' || *digits > '9')
		return -1;
	for (; *digits != '\0'; digits++) {
		if (*digits == '.' && places < 0) {
			places = 0;
			continue;
		}
		if (*digits < '0' || *digits > '9' || places == 2 || value > INT64_MAX / 1000)
			return -1;
		value = value * 10 + (*digits - '0');
		if (places >= 0)
			places++;
	}
	if (places == 0)
		return -1;
	for (int i = places < 0 ? 0 : places; i < 2; i++)
		value *= 10;
	*minor = *string == '-' ? -value : value;
	return 0;
}

static bool
is_decimal(const char *string)
{
	size_t digits, places;

	string += *string == '-' || *string == '+';
	digits = strspn(string, "0123456789");
	if (string[digits] != '.')
		return false;
	places = strspn(string + digits + 1, "0123456789");
	return digits > 0 && places > 0 && string[digits + 1 + places] == '\0';
}

int
query_number(const char *string, int64_t *integer, double *number, bool *is_double)
{
	*is_double = is_decimal(string);
	if (*is_double) {
		*number = strtod(string, NULL);
		return isfinite(*number) ? 0 : -1;
	}
	if (text_to_int64(string, integer) == 0)
		return 0;
	return size_parse(string, integer);
}

int
query_bool(const char *string, bool *out)
{
	static const char *const TRUE_WORDS[] = { "yes", "true", "1", "on" };
	static const char *const FALSE_WORDS[] = { "no", "false", "0", "off" };

	for (size_t i = 0; i < sizeof TRUE_WORDS / sizeof TRUE_WORDS[0]; i++) {
		if (text_equal_nocase(string, TRUE_WORDS[i]) ||
			text_equal_nocase(string, FALSE_WORDS[i])) {
			*out = text_equal_nocase(string, TRUE_WORDS[i]);
			return 0;
		}
	}
	return -1;
}

static int
expected(struct arena *arena, const struct query_field *field, const char *what,
	const char *written, struct err *err)
{
	return fail_field(err, ERR_USAGE, "where", "expected %s for '%s', not '%s'", what,
		field->name, query_shown(arena, written));
}

/* A date, or a day told by a word, is a span of time; a moment is one second. */
static int
read_time(struct arena *arena, const struct query_context *context, const struct query_field *field,
	struct query_value *value, struct err *err)
{
	const struct zone *zone = context ? context->zone : NULL;
	int64_t now = context ? context->now : 0;
	struct err why;
	int offset;

	if (moment_parse(value->written, zone, now, false, &value->low, &offset, &why) < 0 ||
		moment_parse(value->written, zone, now, true, &value->high, &offset, &why) < 0)
		return expected(arena, field,
			"a time such as 2026-11-21, '2026-11-21 08:30', "
			"2026-11-21T08:30:00Z, today, now, today-90d or 90d",
			value->written, err);
	return 0;
}

static const char *
find_me(const struct query_context *context)
{
	if (context == NULL || context->me != NULL || context->find_me == NULL)
		return context == NULL ? NULL : context->me;
	return context->find_me(context->data);
}

static int
read_text(struct arena *arena, const struct query_context *context, const struct query_field *field,
	enum query_op op, bool quoted, struct query_value *value, struct err *err)
{
	const char *text = value->written;

	if (!quoted && op != QUERY_GLOB && text_equal_nocase(text, "me")) {
		text = find_me(context);
		if (text == NULL)
			return fail_field(err, ERR_USAGE, "where",
				"'me' is nobody here: expected a salesperson, as you are none");
	}
	if (op == QUERY_GLOB && strlen(text) > QUERY_PATTERN_MAX)
		return expected(arena, field, "a pattern of at most 256 bytes", text, err);
	value->text = text_fold(arena, text);
	return 0;
}

static int
read_number(struct arena *arena, const struct query_field *field, struct query_value *value,
	struct err *err)
{
	if (query_number(value->written, &value->low, &value->number, &value->is_double) < 0)
		return expected(arena, field, "a number", value->written, err);
	value->high = value->low;
	return 0;
}

static int
read_money(struct arena *arena, const struct query_field *field, struct query_value *value,
	struct err *err)
{
	if (query_money(value->written, &value->low) < 0)
		return expected(arena, field, "an amount such as 1250.00", value->written, err);
	value->high = value->low;
	return 0;
}

static int
read_bool(struct arena *arena, const struct query_field *field, struct query_value *value,
	struct err *err)
{
	bool yes;

	if (query_bool(value->written, &yes) < 0)
		return expected(arena, field, "yes or no", value->written, err);
	value->low = value->high = yes;
	return 0;
}

int
query_read_value(struct arena *arena, const struct query_context *context,
	const struct query_field *field, enum query_op op, const char *written, bool quoted,
	struct query_value *out, struct err *err)
{
	*out = (struct query_value){ .written = arena_text(arena, written) };
	switch (field->type) {
	case QUERY_TEXT:
	case QUERY_CONTACT:
		return read_text(arena, context, field, op, quoted, out, err);
	case QUERY_NUMBER:
		return read_number(arena, field, out, err);
	case QUERY_MONEY:
		return read_money(arena, field, out, err);
	case QUERY_TIME:
		return read_time(arena, context, field, out, err);
	case QUERY_BOOL:
		return read_bool(arena, field, out, err);
	}
	return fail(err, ERR_INTERNAL, "a field of no type");
}
