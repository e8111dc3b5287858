#include "values.h"

#include <assert.h>
#include <string.h>

/* From what the caller gave to values, against the table. */

static const struct param LIST_PARAMS[] = {
	{ "where", PARAM_WHERE, 0, "a condition, such as \"city ~ 'Pra*'\"", NULL, NULL },
	{ "sort", PARAM_SORT, 0, "fields; a '-' before those that descend", NULL, NULL },
	{ "limit", PARAM_INTEGER, 0, "items to a page, from 1 to 1000", NULL, "100" },
	{ "after", PARAM_TEXT, 0, "`next` of the page before", NULL, NULL },
	{ "count", PARAM_FLAG, 0, "count all items, too", NULL, NULL },
	{ "view", PARAM_NAME, 0, "a list that was saved: its condition and order", NULL, NULL },
	{ 0 },
};
static const struct param EDIT_PARAMS[] = {
	{ "if_version", PARAM_INTEGER, 0, "refuse when the record has another version", NULL,
		NULL },
	{ "where", PARAM_WHERE, 0, "in place of one: all that meet this condition", NULL, NULL },
	{ 0 },
};

static const struct param *
table_param(const struct param *params, unsigned *i)
{
	for (; params != NULL && params->name != NULL; params++) {
		if ((*i)-- == 0)
			return params;
	}
	return NULL;
}

/* A command's own limit or count goes before the one its trait brings. */
static bool
is_own(const struct command *command, const char *name)
{
	for (const struct param *own = command->params; own != NULL && own->name != NULL; own++) {
		if (strcmp(own->name, name) == 0)
			return true;
	}
	return false;
}

static const struct param *
trait_param(const struct command *command, const struct param *params, unsigned *i)
{
	for (; params->name != NULL; params++) {
		if (!is_own(command, params->name) && (*i)-- == 0)
			return params;
	}
	return NULL;
}

const struct param *
command_param(const struct command *command, unsigned i)
{
	const struct param *param = table_param(command->params, &i);

	if (param != NULL)
		return param;
	/* i is now the place among those that the traits bring. */
	if (command->traits & COMMAND_LIST)
		param = trait_param(command, LIST_PARAMS, &i);
	if (param == NULL && command->traits & COMMAND_NOUN_EDIT)
		param = trait_param(command, EDIT_PARAMS, &i);
	return param;
}

unsigned
command_param_count(const struct command *command)
{
	unsigned count = 0;

	while (command_param(command, count) != NULL)
		count++;
	return count;
}

int
command_param_find(const struct command *command, const char *name)
{
	const struct param *param;

	for (unsigned i = 0; (param = command_param(command, i)) != NULL; i++) {
		if (strcmp(param->name, name) == 0)
			return (int)i;
	}
	return -1;
}

struct call_values *
values_new(struct arena *arena, const struct command *command)
{
	unsigned count = command_param_count(command);
	struct call_values *values = arena_alloc(
		arena, sizeof *values + count * sizeof values->params[0]);

	values->command = command;
	values->count = count;
	return values;
}

static int
add_value(struct call_values *values, const struct value_context *context, unsigned place,
	const struct value *value, struct err *err)
{
	enum { VALUES_MAX = 1000 };
	const struct param *param = command_param(values->command, place);
	struct param_value *slot = &values->params[place];

	if (slot->count > 0 && !(param->flags & PARAM_REPEATS))
		return fail_field(err, ERR_USAGE, param->name, "'%s' is given twice", param->name);
	if (slot->count >= VALUES_MAX)
		return fail_field(err, ERR_USAGE, param->name, "'%s' is given over %d times",
			param->name, VALUES_MAX);
	/* Room doubles: the array moves at 1, 2, 4, … values. */
	if ((slot->count & (slot->count - 1)) == 0) {
		struct value *items = arena_array(
			context->arena, slot->count > 0 ? slot->count * 2 : 1, sizeof *items);

		if (slot->count > 0)
			memcpy(items, slot->items, slot->count * sizeof *items);
		slot->items = items;
	}
	slot->items[slot->count++] = *value;
	slot->given = true;
	slot->null = false;
	return 0;
}

int
values_add_text(struct call_values *values, const struct value_context *context, unsigned place,
	const char *text, size_t size, struct err *err)
{
	struct value value;

	if (size == 0) {
		values->params[place].given = true;
		values->params[place].null = values->params[place].count == 0;
		return 0;
	}
	if (value_read(command_param(values->command, place), context, text, size, &value, err) < 0)
		return -1;
	return add_value(values, context, place, &value, err);
}

int
values_add_flag(struct call_values *values, const struct value_context *context, unsigned place,
	bool flag, struct err *err)
{
	struct value value = { NULL, flag };
	const struct param *param = command_param(values->command, place);

	if (param->type != PARAM_FLAG)
		return fail_field(err, ERR_USAGE, param->name,
			"'%s' is not a flag: it needs a value", param->name);
	return add_value(values, context, place, &value, err);
}

/* A decimal that is finer than millionths is written as it is, to be refused. */
static const char *
real_words(struct arena *arena, double real, bool is_decimal)
{
	const char *millionths = arena_printf(arena, "%.6f", real);

	if (!is_decimal)
		return arena_printf(arena, "%.10g", real);
	return strtod(millionths, NULL) == real ? millionths : arena_printf(arena, "%.15g", real);
}

static int
add_scalar(struct call_values *values, const struct value_context *context, unsigned place,
	const json_t *value, struct err *err)
{
	bool is_decimal = command_param(values->command, place)->type == PARAM_DECIMAL;
	const char *text;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return values_add_text(values, context, place, json_string_value(value),
			json_string_length(value), err);
	case JSON_INTEGER:
		text = arena_printf(context->arena, "%lld", (long long)json_integer_value(value));
		return values_add_text(values, context, place, text, strlen(text), err);
	case JSON_REAL:
		text = real_words(context->arena, json_real_value(value), is_decimal);
		return values_add_text(values, context, place, text, strlen(text), err);
	case JSON_TRUE:
	case JSON_FALSE:
		return values_add_flag(values, context, place, json_is_true(value), err);
	case JSON_NULL:
		return values_add_text(values, context, place, "", 0, err);
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return fail_field(err, ERR_USAGE, command_param(values->command, place)->name,
		"'%s' is not a list or an object", command_param(values->command, place)->name);
}

static int
add_json(struct call_values *values, const struct value_context *context, unsigned place,
	const json_t *value, struct err *err)
{
	const struct param *param = command_param(values->command, place);
	size_t i;
	json_t *item;

	if (!json_is_array(value) || !(param->flags & PARAM_REPEATS))
		return add_scalar(values, context, place, value, err);
	values->params[place].given = true;
	json_array_foreach(value, i, item)
	{
		if (add_scalar(values, context, place, item, err) < 0)
			return -1;
	}
	return 0;
}

const char *
command_param_near(const struct command *command, struct arena *arena, const char *name)
{
	unsigned count = command_param_count(command);
	const char **names = arena_array(arena, count + 1, sizeof *names);

	for (unsigned i = 0; i < count; i++)
		names[i] = command_param(command, i)->name;
	return text_suggest(name, names, count);
}

static int
unknown_param(const struct command *command, struct arena *arena, const char *name, struct err *err)
{
	const char *near = command_param_near(command, arena, name);

	fail_field(err, ERR_USAGE, name, "'%s' has no parameter '%.60s'", command->name, name);
	if (near != NULL)
		return err_hint(err, "did you mean '%s'?", near);
	return err_hint(err, "%s", usage_line(arena, command));
}

int
values_from_object(struct call_values *values, const struct value_context *context,
	const json_t *params, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)params, name, value)
	{
		int place = command_param_find(values->command, name);

		if (place < 0)
			return unknown_param(values->command, context->arena, name, err);
		if (add_json(values, context, (unsigned)place, value, err) < 0)
			return -1;
	}
	return values_finish(values, context, err);
}

bool
values_are_bulk(const struct call_values *values)
{
	int place = command_param_find(values->command, "where");

	return values->command->traits & COMMAND_NOUN_EDIT && place >= 0 &&
	       values->params[place].count > 0;
}

/* An edit is of one record, the first parameter, or of all that a condition finds. */
static int
check_bulk(const struct call_values *values, struct err *err)
{
	const struct param *noun = command_param(values->command, 0);

	if (values_are_bulk(values) && values->params[0].given)
		return fail_field(
			err, ERR_USAGE, "where", "'where' and '%s' exclude each other", noun->name);
	return 0;
}

int
values_finish(struct call_values *values, const struct value_context *context, struct err *err)
{
	const struct param *param;

	if (check_bulk(values, err) < 0)
		return -1;

	for (unsigned i = 0; (param = command_param(values->command, i)) != NULL; i++) {
		struct param_value *slot = &values->params[i];

		if ((param->flags & PARAM_REQUIRED) && slot->count == 0 &&
			!(slot->given && (param->flags & PARAM_BLANK)) &&
			!(i == 0 && values_are_bulk(values))) {
			fail_field(err, ERR_USAGE, param->name, "'%s' needs '%s': %s",
				values->command->name, param->name, param->summary);
			return err_hint(err, "%s", usage_line(context->arena, values->command));
		}
		if (param->fallback == NULL || slot->given)
			continue;
		if (values_add_text(
			    values, context, i, param->fallback, strlen(param->fallback), err) < 0)
			return -1;
		slot->given = false;
	}
	return 0;
}
