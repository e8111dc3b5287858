#include "progress.h"

#include <stdio.h>
#include <stdbool.h>

#include "cell.h"

static bool shown; /* a line stands there */

void
progress_show(const json_t *params)
{
	long long done = json_integer_value(json_object_get(params, "done"));
	long long total = json_integer_value(json_object_get(params, "total"));
	const char *unit = json_string_value(json_object_get(params, "unit"));
	struct arena *arena = arena_new();

	unit = cell_clean(arena, unit != NULL ? unit : "");
	if (total > 0)
		fprintf(stderr, "\r\033[K%lld of %lld %s (%lld %%)", done, total, unit,
			done * 100 / total);
	else
		fprintf(stderr, "\r\033[K%lld %s", done, unit);
	fflush(stderr);
	shown = true;
	arena_free(arena);
}

void
progress_clear(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}
