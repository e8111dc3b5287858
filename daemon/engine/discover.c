#include "discover.h"

#include <pthread.h>
#include <string.h>

#include "input.h"
#include "values.h"

/* The table as an OpenRPC document (https://spec.open-rpc.org); help, completion and the reference
 * are made from it. */

static const char *const TYPE_NAMES[] = {
	[PARAM_TEXT] = "text",
	[PARAM_EMAIL] = "email",
	[PARAM_DOMAIN] = "domain",
	[PARAM_CONTACT] = "contact",
	[PARAM_CODE] = "code",
	[PARAM_INTEGER] = "integer",
	[PARAM_MONEY] = "money",
	[PARAM_PERCENT] = "percent",
	[PARAM_DECIMAL] = "decimal",
	[PARAM_FORMULA] = "formula",
	[PARAM_DATE] = "date",
	[PARAM_DURATION] = "duration",
	[PARAM_MINUTES] = "minutes",
	[PARAM_FLAG] = "boolean",
	[PARAM_ENUM] = "enum",
	[PARAM_WHERE] = "where",
	[PARAM_SORT] = "sort",
	[PARAM_NAME] = "name",
	[PARAM_INPUT] = "input",
	[PARAM_OUTPUT] = "output",
};

static const char *const ACCESS_NAMES[] = {
	[ACCESS_READS] = "reads",
	[ACCESS_WRITES] = "writes",
	[ACCESS_PRIVACY] = "privacy",
	[ACCESS_ADMIN] = "admin",
};

static const char *const VIEW_NAMES[] = {
	[VIEW_RECORD] = "table", /* of one row */
	[VIEW_TABLE] = "table",
	[VIEW_BARS] = "bars",
	[VIEW_FUNNEL] = "funnel",
	[VIEW_HEAT] = "heat",
};

static void
write_enum(struct json_out *out, const char *values)
{
	json_array_begin(out, "enum");
	for (const char *at = values; at != NULL; at = strchr(at, '|')) {
		at += *at == '|';
		json_text_n(out, NULL, at, strcspn(at, "|"));
	}
	json_array_end(out);
}

static const char *
schema_type(enum param_type type)
{
	if (type == PARAM_FLAG)
		return "boolean";
	return type == PARAM_INTEGER || type == PARAM_MINUTES ? "integer" : "string";
}

static void
write_default(struct json_out *out, const struct param *param)
{
	int64_t number;

	if (param->fallback == NULL)
		return;
	if (param->type == PARAM_FLAG)
		json_bool(out, "default", strcmp(param->fallback, "true") == 0);
	else if (param->type == PARAM_INTEGER && text_to_int64(param->fallback, &number) == 0)
		json_int(out, "default", number);
	else
		json_text(out, "default", param->fallback);
}

static void
write_one_schema(struct json_out *out, const char *name, const struct command *command,
	const struct param *param)
{
	json_object_begin(out, name);
	json_text(out, "type", schema_type(param->type));
	json_text(out, "x-type", TYPE_NAMES[param->type]);
	if (param->values != NULL)
		write_enum(out, param->values);
	write_default(out, param);
	if (param->type == PARAM_INPUT)
		json_int(out, "x-max-bytes", (int64_t)input_max(command));
	json_object_end(out);
}

static void
write_schema(struct json_out *out, const struct command *command, const struct param *param)
{
	if (!(param->flags & PARAM_REPEATS)) {
		write_one_schema(out, "schema", command, param);
		return;
	}
	json_object_begin(out, "schema");
	json_text(out, "type", "array");
	json_text(out, "x-type", TYPE_NAMES[param->type]);
	write_one_schema(out, "items", command, param);
	json_object_end(out);
}

static void
write_param(struct json_out *out, const struct command *command, const struct param *param)
{
	json_object_begin(out, NULL);
	json_text(out, "name", param->name);
	json_text(out, "summary", param->summary);
	json_bool(out, "required", (param->flags & PARAM_REQUIRED) != 0);
	write_schema(out, command, param);
	json_bool(out, "x-positional", (param->flags & (PARAM_REQUIRED | PARAM_POSITIONAL)) != 0);
	json_bool(out, "x-repeats", (param->flags & PARAM_REPEATS) != 0);
	json_object_end(out);
}

static void
write_columns(struct json_out *out, const char *columns)
{
	json_array_begin(out, "x-columns");
	for (const char *at = columns; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		json_text_n(out, NULL, at, strcspn(at, ","));
	}
	json_array_end(out);
}

static void
write_method(struct json_out *out, const char *name, const char *stands_for,
	const struct command *command)
{
	const struct param *param;

	json_object_begin(out, NULL);
	json_text(out, "name", name);
	json_text(out, "summary", command->summary);
	json_text(out, "paramStructure", "either");
	json_array_begin(out, "params");
	for (unsigned i = 0; (param = command_param(command, i)) != NULL; i++)
		write_param(out, command, param);
	json_array_end(out);
	json_object_begin(out, "result");
	json_text(out, "name", command->traits & COMMAND_LIST ? "items" : "record");
	json_object_begin(out, "schema");
	json_object_end(out);
	json_object_end(out);
	json_text(out, "x-access", ACCESS_NAMES[command->access]);
	json_bool(out, "x-confirm", (command->traits & COMMAND_CONFIRM) != 0);
	json_bool(out, "x-list", (command->traits & COMMAND_LIST) != 0);
	json_text(out, "x-key", command->key);
	write_columns(out, command->columns);
	json_text(out, "x-view", VIEW_NAMES[command->view]);
	if (stands_for != NULL)
		json_text(out, "x-shorthand", stands_for);
	json_object_end(out);
}

static void
write_methods(struct json_out *out)
{
	const struct command *command;
	const struct shorthand *shorthand;

	json_array_begin(out, "methods");
	for (unsigned i = 0; (command = command_at(i)) != NULL; i++)
		write_method(out, command->name, NULL, command);
	for (unsigned i = 0; (shorthand = shorthand_at(i))->name != NULL; i++) {
		command = command_find(shorthand->method);
		if (command != NULL)
			write_method(out, shorthand->name, shorthand->method, command);
	}
	json_array_end(out);
}

void
discover_write(struct json_out *out)
{
	json_object_begin(out, NULL);
	json_text(out, "openrpc", "1.2.6");
	json_object_begin(out, "info");
	json_text(out, "title", "liaison");
	json_text(out, "version", LIAISON_VERSION);
	json_object_end(out);
	write_methods(out);
	json_object_end(out);
}
