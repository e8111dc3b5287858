#include "follow.h"

#include <stdio.h>
#include <string.h>

#include "cell.h"

static bool
is_json(const struct output *output)
{
	return output->options->format == FORMAT_JSON || output->options->format == FORMAT_JSONL;
}

static void
print_json(const json_t *params)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)params);
	struct text text = { 0 };
	struct json_out json;

	json_object_del(copy, "id"); /* our own request's number */
	json_out_init(&json, &text);
	json_value(&json, NULL, copy);
	printf("%s\n", text.bytes);
	text_clear(&text);
	json_decref(copy);
}

/* What a person wants to see of any record, as far as it has it. */
static void
print_summary(struct output *output, const json_t *record)
{
	static const char *const keys[] = { "at", "direction", "source", "name", "no", "contacts",
		"subject", "description", "state", "error" };
	struct cell_style style = cell_plain;
	struct arena *arena = arena_new();
	struct text text = { 0 };

	style.zone = output->zone;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		json_t *value = json_object_get(record, keys[i]);

		text_reset(&text);
		cell_text(&text, value, &style);
		if (text.size > 0)
			printf("%s%s", output->terminal ? "  " : "\t",
				cell_clean(arena, text.bytes));
	}
	text_clear(&text);
	arena_free(arena);
}

static void
print_line(struct output *output, const json_t *params)
{
	const char *kind = json_string_value(json_object_get(params, "kind"));
	struct arena *arena = arena_new();

	kind = cell_clean(arena, kind != NULL ? kind : "event");
	if (output->color)
		printf("\033[1m%s\033[0m", kind);
	else
		printf("%s", kind);
	print_summary(output, json_object_get(params, "record"));
	putchar('\n');
	arena_free(arena);
}

void
follow_print(struct output *output, const char *method, const json_t *params)
{
	if (strcmp(method, "lagged") == 0)
		fprintf(stderr, "liaison: events were left out, list again to see all\n");
	else if (is_json(output))
		print_json(params);
	else
		print_line(output, params);
	fflush(stdout);
}
