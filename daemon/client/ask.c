#include "ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "liaison/base/err.h"
#include "record.h"

bool
ask_possible(const struct options *options, const json_t *error)
{
	const json_t *data = json_object_get(error, "data");
	const char *name = json_string_value(json_object_get(data, "name"));

	return name != NULL && err_by_name(name) == ERR_REFUSED &&
	       json_object_get(data, "counts") != NULL && !options->yes && !options->dry_run &&
	       isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static void
show(const json_t *counts)
{
	struct table_style style = { .indent = 2, .cell = cell_plain };
	struct arena *arena = arena_new();

	if (json_is_object(counts))
		record_print(stderr, arena, counts, false, &style);
	arena_free(arena);
}

bool
ask_agreed(const json_t *error)
{
	const char *message = json_string_value(json_object_get(error, "message"));
	struct arena *arena = arena_new();
	char line[16] = "";

	fprintf(stderr, "%s\n", cell_clean(arena, message != NULL ? message : ""));
	show(json_object_get(json_object_get(error, "data"), "counts"));
	fputs("Go on? [y/N] ", stderr);
	fflush(stderr);
	if (fgets(line, sizeof line, stdin) == NULL)
		fputc('\n', stderr);
	arena_free(arena);
	return line[0] == 'y' || line[0] == 'Y';
}
