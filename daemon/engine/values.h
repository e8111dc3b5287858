#ifndef LIAISON_ENGINE_VALUES_H
#define LIAISON_ENGINE_VALUES_H

#include "command.h"

/* Parameters as the table's types say, however they were given: by name (JSON) or by position (the
 * words of a command line). */

struct value {
	const char *text; /* canonical text; NULL for a flag */
	int64_t number; /* PARAM_INTEGER, PARAM_MINUTES, PARAM_DURATION, PARAM_FLAG */
};

struct param_value {
	bool given, null;
	unsigned count;
	struct value *items; /* arena */
};

struct call_values {
	const struct command *command;
	unsigned count;
	struct param_value params[]; /* in the order of command_param */
};

/* What reading a value needs. */
struct value_context {
	struct arena *arena;
	const struct zone *zone;
	int64_t now;
};

/* The i-th parameter: the command's own, then those its traits bring; NULL after the last. */
const struct param *command_param(const struct command *command, unsigned i);
unsigned command_param_count(const struct command *command);
/* The name that was perhaps meant, or NULL. */
const char *
command_param_near(const struct command *command, struct arena *arena, const char *name);
/* -1: there is none. */
int command_param_find(const struct command *command, const char *name);

struct call_values *values_new(struct arena *arena, const struct command *command);
/* One text for a parameter, checked; repeats add. An empty text clears. */
int values_add_text(struct call_values *values, const struct value_context *context, unsigned place,
	const char *text, size_t size, struct err *err);
int values_add_flag(struct call_values *values, const struct value_context *context, unsigned place,
	bool flag, struct err *err);
/* params: an object, or NULL. */
int values_from_object(struct call_values *values, const struct value_context *context,
	const json_t *params, struct err *err);
/* params: an array of words, of which the first `skip` are not ours. */
int values_from_words(struct call_values *values, const struct value_context *context,
	const json_t *params, size_t skip, struct err *err);
/* Required ones are there; defaults are filled in. Both ways end here. */
int values_finish(struct call_values *values, const struct value_context *context, struct err *err);
/* An edit by a condition. */
bool values_are_bulk(const struct call_values *values);

/* Checks one text against a type and sets *out. */
int value_read(const struct param *param, const struct value_context *context, const char *text,
	size_t size, struct value *out, struct err *err);

/* "contact add <name> [--type person|company] …". */
char *usage_line(struct arena *arena, const struct command *command);
/* "contact.email.add" as words, "contact email add". */
char *command_words(struct arena *arena, const char *name);

#endif
