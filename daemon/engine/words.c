#include <stdio.h>
#include <string.h>

#include "values.h"

/* The words of a command line, read with the same table: --kebab-case VALUE, --flag, --no-flag,
 * "--" ends the options, the rest are the positional parameters in their order. */

enum { USAGE_MAX = 90 };

struct reading {
	struct call_values *values;
	const struct value_context *context;
	const json_t *words;
	size_t next;
	const char **loose; /* words without an option */
	unsigned loose_count;
};

char *
command_words(struct arena *arena, const char *name)
{
	char *words = arena_text(arena, name);

	for (char *at = words; *at != '\0'; at++) {
		if (*at == '.')
			*at = ' ';
	}
	return words;
}

static char *
kebab(struct arena *arena, const char *name)
{
	char *out = arena_text(arena, name);

	for (char *at = out; *at != '\0'; at++) {
		if (*at == '_')
			*at = '-';
	}
	return out;
}

/* What stands for the value in a usage line. */
static const char *
value_word(const struct param *param)
{
	if (param->type == PARAM_ENUM)
		return param->values;
	return param->type == PARAM_INPUT || param->type == PARAM_OUTPUT ? "PATH" : "…";
}

static void
add_usage(struct text *text, struct arena *arena, const struct param *param)
{
	const char *more = param->flags & PARAM_REPEATS ? "…" : "";

	if (param->flags & PARAM_REQUIRED)
		text_printf(text, " <%s>%s", kebab(arena, param->name), more);
	else if (param->flags & PARAM_POSITIONAL)
		text_printf(text, " [<%s>%s]", kebab(arena, param->name), more);
	else if (param->type == PARAM_FLAG)
		text_printf(text, " [--%s]", kebab(arena, param->name));
	else
		text_printf(
			text, " [--%s %s]%s", kebab(arena, param->name), value_word(param), more);
}

char *
usage_line(struct arena *arena, const struct command *command)
{
	struct text text = { 0 };
	const struct param *param;
	char *line;

	text_add(&text, command_words(arena, command->name));
	for (unsigned i = 0; (param = command_param(command, i)) != NULL; i++) {
		if (text.size > USAGE_MAX &&
			!(param->flags & (PARAM_REQUIRED | PARAM_POSITIONAL))) {
			text_add(&text, " [--…]");
			break;
		}
		add_usage(&text, arena, param);
	}
	line = arena_text_n(arena, text.bytes, text.size);
	text_clear(&text);
	return line;
}

static int
word_at(const struct reading *reading, size_t place, const char **word, size_t *size,
	struct err *err)
{
	const json_t *value = json_array_get(reading->words, place);

	if (json_is_integer(value)) {
		*word = arena_printf(
			reading->context->arena, "%lld", (long long)json_integer_value(value));
		*size = strlen(*word);
		return 0;
	}
	if (!json_is_string(value))
		return fail(err, ERR_USAGE, "word %zu is not text", place + 1);
	*word = json_string_value(value);
	*size = json_string_length(value);
	return 0;
}

/* "--last-name" as "last_name"; "" when it cannot be a name. */
static void
snake(const char *word, size_t size, char *out, size_t room)
{
	out[0] = '\0';
	if (size >= room)
		return;
	for (size_t i = 0; i < size; i++)
		out[i] = word[i] == '-' ? '_' : word[i];
	out[size] = '\0';
}

static int
unknown_option(const struct reading *reading, const char *name, struct err *err)
{
	const struct command *command = reading->values->command;
	struct arena *arena = reading->context->arena;
	const char *near = command_param_near(command, arena, name);

	fail_field(err, ERR_USAGE, name, "'%s' has no option '--%.60s'",
		command_words(arena, command->name), kebab(arena, name));
	if (near != NULL)
		return err_hint(err, "did you mean '--%s'?", kebab(arena, near));
	return err_hint(err, "%s", usage_line(arena, command));
}

static int
read_option(struct reading *reading, const char *word, size_t size, struct err *err)
{
	const char *equals = memchr(word, '=', size), *value;
	size_t name_size = equals != NULL ? (size_t)(equals - word) : size, value_size;
	const struct command *command = reading->values->command;
	char name[64];
	int place;

	snake(word + 2, name_size - 2, name, sizeof name);
	place = command_param_find(command, name);
	if (place < 0 && strncmp(name, "no_", 3) == 0 && equals == NULL &&
		(place = command_param_find(command, name + 3)) >= 0)
		return values_add_flag(
			reading->values, reading->context, (unsigned)place, false, err);
	if (place < 0)
		return unknown_option(reading, name, err);
	if (equals != NULL)
		return values_add_text(reading->values, reading->context, (unsigned)place,
			equals + 1, size - name_size - 1, err);
	if (command_param(command, (unsigned)place)->type == PARAM_FLAG)
		return values_add_flag(
			reading->values, reading->context, (unsigned)place, true, err);
	if (reading->next >= json_array_size(reading->words))
		return fail_field(err, ERR_USAGE, name, "'--%s' needs a value",
			kebab(reading->context->arena, name));
	if (word_at(reading, reading->next++, &value, &value_size, err) < 0)
		return -1;
	return values_add_text(
		reading->values, reading->context, (unsigned)place, value, value_size, err);
}

static int
read_words(struct reading *reading, struct err *err)
{
	bool options = true;
	const char *word;
	size_t size;

	while (reading->next < json_array_size(reading->words)) {
		if (word_at(reading, reading->next++, &word, &size, err) < 0)
			return -1;
		if (options && size == 2 && memcmp(word, "--", 2) == 0) {
			options = false;
		} else if (options && size > 2 && memcmp(word, "--", 2) == 0) {
			if (read_option(reading, word, size, err) < 0)
				return -1;
		} else {
			reading->loose[reading->loose_count++] = word;
		}
	}
	return 0;
}

static bool
takes_words(const struct reading *reading, unsigned place)
{
	const struct param *param = command_param(reading->values->command, place);

	return (param->flags & (PARAM_REQUIRED | PARAM_POSITIONAL)) &&
	       !reading->values->params[place].given;
}

static int
place_words(struct reading *reading, struct err *err)
{
	const struct command *command = reading->values->command;
	unsigned used = 0;

	for (unsigned i = 0; command_param(command, i) != NULL && used < reading->loose_count;
		i++) {
		bool all = command_param(command, i)->flags & PARAM_REPEATS;

		if (!takes_words(reading, i))
			continue;
		do {
			const char *word = reading->loose[used++];

			if (values_add_text(reading->values, reading->context, i, word,
				    strlen(word), err) < 0)
				return -1;
		} while (all && used < reading->loose_count);
	}
	if (used < reading->loose_count) {
		fail(err, ERR_USAGE, "'%s' takes no word '%.80s'",
			command_words(reading->context->arena, command->name),
			reading->loose[used]);
		return err_hint(err, "%s", usage_line(reading->context->arena, command));
	}
	return 0;
}

int
values_from_words(struct call_values *values, const struct value_context *context,
	const json_t *params, size_t skip, struct err *err)
{
	struct reading reading = {
		.values = values, .context = context, .words = params, .next = skip
	};

	reading.loose = arena_array(
		context->arena, json_array_size(params) + 1, sizeof *reading.loose);
	if (read_words(&reading, err) < 0 || place_words(&reading, err) < 0)
		return -1;
	return values_finish(values, context, err);
}
