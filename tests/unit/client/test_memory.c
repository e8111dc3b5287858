#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complete.h"
#include "memory/starve.h"
#include "options.h"
#include "record.h"

/* The client when memory runs out: it ends with the status of a program that had none. */

static void *
open_arena(void)
{
	json_prepare();
	return arena_new();
}

static void
reset_arena(void *arena)
{
	arena_reset(arena);
}

static void
close_arena(void *arena)
{
	arena_free(arena);
}

static int
run_options(void *arena, struct text *out, struct err *err)
{
	static char line[] =
		"liaison\0-qy\0--format=csv\0contact\0list\0--limit\0005\0-H\0ada@host";
	char *words[10], *word = line;
	struct options options;

	for (size_t i = 0; i < 9; i++, word += strlen(word) + 1)
		words[i] = word;
	words[9] = NULL;
	if (options_parse(arena, 9, words, &options, err) < 0)
		return -1;
	for (size_t i = 0; i < options.count; i++)
		text_printf(out, "%s ", options.words[i]);
	text_printf(out, "%s %d %s\n", options.host, options.format, options_text(arena));
	return 0;
}

static json_t *
items_of(const char *json, struct err *err)
{
	json_t *items;

	return json_line_parse(json, strlen(json), &items, err) < 0 ? NULL : items;
}

static int
run_table(void *arena, struct text *out, struct err *err)
{
	static const char *const COLUMNS[] = { "no", "name", "emails" };
	struct table_style style = { .width = 40, .cell = cell_plain };
	json_t *items = items_of("[{\"no\":\"C1\",\"name\":\"日本\",\"emails\":[{\"email\":"
				 "\"a@x.example\"},{\"email\":\"b@x.example\"}]},{\"no\":\"C2\"}]",
		err);
	size_t *widths = NULL;
	char bytes[4096] = "";
	FILE *file = fmemopen(bytes, sizeof bytes, "w");

	table_print(file, arena, items, COLUMNS, 3, &style, true, &widths);
	for (size_t i = 0; i < json_array_size(items); i++)
		record_print(file, arena, json_array_get(items, i), true, &style);
	fclose(file);
	json_decref(items);
	text_add(out, bytes);
	return 0;
}

static int
run_completion(void *arena, struct text *out, struct err *err)
{
	static const char *WORDS[] = { "contact", "" };
	json_t *document = items_of("{\"methods\":[{\"name\":\"contact.add\",\"summary\":\"add\","
				    "\"params\":[]},{\"name\":\"contact.find\",\"params\":[]}]}",
		err);

	(void)arena;
	complete_words(out, document, WORDS, 2);
	json_decref(document);
	return 0;
}

static const struct scenario SCENARIOS[] = {
	{ "takes_its_options", open_arena, run_options, NULL, reset_arena, close_arena, false },
	{ "prints_tables_and_records", open_arena, run_table, NULL, reset_arena, close_arena,
		false },
	{ "completes_words", open_arena, run_completion, NULL, reset_arena, close_arena, false },
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
