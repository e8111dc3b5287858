#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "liaison/base/text.h"
#include "liaison/net/url.h"

/* Folders of feeds that are files: what the sandbox leaves open. A folder, because most programs write
 * such a file by putting a new one in its place. */

static bool
learn(struct fetch *fetch, const char *path)
{
	struct place *place;

	for (place = fetch->places; place; place = place->next)
		if (strcmp(place->path, path) == 0)
			return false;
	place = mem_zero(1, sizeof(*place));
	place->path = mem_text(path);
	place->next = fetch->places;
	fetch->places = place;
	return true;
}

/* Of a file at the very top, the file alone. */
static bool
learn_folder_of(struct fetch *fetch, const char *path)
{
	char *folder = mem_text(path);
	char *slash = strrchr(folder, '/');
	bool new;

	if (slash && slash != folder)
		*slash = '\0';
	new = learn(fetch, folder);
	free(folder);
	return new;
}

static bool
learn_file(struct fetch *fetch, const char *path)
{
	char *real = realpath(path, NULL);
	bool new = learn_folder_of(fetch, path);

	if (real && learn_folder_of(fetch, real))
		new = true;
	free(real);
	return new;
}

bool
fetch_learn_places(struct fetch *fetch)
{
	struct arena *arena = arena_new();
	bool new = false;

	for (size_t i = 0; i < fetch->config.source_count; i++) {
		const char *url = fetch->config.sources[i].url;
		const char *path = url ? url_path(arena, url) : NULL;

		if (path && learn_file(fetch, path))
			new = true;
	}
	arena_free(arena);
	return new;
}
