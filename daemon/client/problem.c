#include "problem.h"

#include <stdio.h>
#include <string.h>

#include "record.h"

static bool
wants_json(const struct options *options)
{
	return options->format == FORMAT_JSON || options->format == FORMAT_JSONL;
}

static void
print_json(const json_t *error)
{
	struct text text = { 0 };
	struct json_out json;

	json_out_init(&json, &text);
	json_value(&json, NULL, error);
	fprintf(stderr, "%s\n", text.bytes);
	text_clear(&text);
}

static void
print_candidate(struct arena *arena, const json_t *candidate)
{
	static const char *const keys[] = { "no", "name", "type" };

	for (int i = 0; i < 3; i++) {
		const char *value = json_string_value(json_object_get(candidate, keys[i]));

		if (value != NULL && *value != '\0')
			fprintf(stderr, "  %s", cell_clean(arena, value));
	}
	fputc('\n', stderr);
}

/* What is wrong with a configuration, "file:line: message". */
static void
print_mistake(struct arena *arena, const char *mistake)
{
	if (mistake != NULL)
		fprintf(stderr, "  %s\n", cell_clean(arena, mistake));
}

static void
print_lines(const json_t *error)
{
	const json_t *data = json_object_get(error, "data");
	const json_t *counts = json_object_get(data, "counts");
	const struct table_style style = { .indent = 2, .cell = cell_plain };
	const json_t *mistakes = json_object_get(data, "mistakes");
	const json_t *candidates = json_object_get(data, "candidates");
	const char *message = json_string_value(json_object_get(error, "message"));
	const char *hint = json_string_value(json_object_get(data, "hint"));
	struct arena *arena = arena_new();

	fprintf(stderr, "liaison: %s\n",
		cell_clean(arena, message != NULL ? message : "the daemon refused"));
	if (hint != NULL && *hint != '\0')
		fprintf(stderr, "liaison: %s\n", cell_clean(arena, hint));
	for (size_t i = 0; i < json_array_size(mistakes); i++)
		print_mistake(arena, json_string_value(json_array_get(mistakes, i)));
	if (json_is_object(counts)) {
		record_print(stderr, arena, counts, false, &style);
		if (hint == NULL)
			fputs("liaison: add --yes to go on\n", stderr);
	}
	for (size_t i = 0; i < json_array_size(candidates); i++)
		print_candidate(arena, json_array_get(candidates, i));
	arena_free(arena);
}

int
problem_answered(const struct options *options, const json_t *error)
{
	const char *name = json_string_value(
		json_object_get(json_object_get(error, "data"), "name"));
	json_int_t code = json_integer_value(json_object_get(error, "code"));

	if (wants_json(options))
		print_json(error);
	else
		print_lines(error);
	if (name != NULL)
		return err_exit_status(err_by_name(name));
	return code == -32700 || code == -32600 || code == -32601 ? err_exit_status(ERR_USAGE)
								  : err_exit_status(ERR_INTERNAL);
}

int
problem_own(const struct options *options, const struct err *err)
{
	bool unreachable = err->code == ERR_UNAVAILABLE;
	json_t *error = json_pack("{s:i,s:s,s:{s:s}}", "code",
		unreachable ? EXIT_UNREACHABLE : err_rpc_code(err->code), "message", err->message,
		"data", "name", unreachable ? "unreachable" : err_name(err->code));

	if (err->hint[0] != '\0')
		json_object_set_new(json_object_get(error, "data"), "hint", json_string(err->hint));
	if (wants_json(options))
		print_json(error);
	else
		print_lines(error);
	json_decref(error);
	return unreachable ? EXIT_UNREACHABLE : err_exit_status(err->code);
}
