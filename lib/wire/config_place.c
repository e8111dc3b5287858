#include <stdlib.h>
#include <string.h>

#include "config_build.h"
#include "liaison/base/user.h"

/* Where the database and the socket are. */

/* NULL: nothing tells where the user's files are. */
static const char *
user_database(struct arena *arena)
{
	const char *folder = getenv("XDG_STATE_HOME"), *home = user_home(arena);

	if (folder != NULL && folder[0] == '/')
		return arena_printf(arena, "%s/liaison/liaison.db", folder);
	return home == NULL ? NULL
			    : arena_printf(arena, "%s/.local/state/liaison/liaison.db", home);
}

static const char *
user_socket(struct arena *arena)
{
	const char *folder = user_runtime(arena);

	return folder == NULL ? NULL : arena_printf(arena, "%s/liaison/control", folder);
}

void
config_set_places(struct builder *builder, bool user_mode)
{
	struct config *config = builder->config;
	struct arena *arena = builder->arena;

	if (user_mode) {
		config->database = user_database(arena);
		config->socket = user_socket(arena);
	} else {
		config->database = "/var/lib/liaison/liaison.db";
		config->socket = "/run/liaison/control";
		config->group = "liaison";
	}
}

/* A place that neither the file nor the environment tells. */
static void
check_unknown_place(
	struct builder *builder, const char *place, const char *key, const char *variable)
{
	static const struct ini_entry nowhere = { .file = "liaison.conf" };
	const struct ini *ini = builder->ini;

	if (place == NULL)
		config_mistake(builder, ini->count > 0 ? &ini->entries[0] : &nowhere,
			"there is no place for the %s: set %s, or '%s' in [liaison]", key, variable,
			key);
}

void
config_check_places(struct builder *builder)
{
	static const char *const KEYS[] = { "database", "socket" };
	const unsigned before = builder->mistakes;

	for (size_t i = 0; i < builder->ini->count; i++) {
		const struct ini_entry *entry = &builder->ini->entries[i];

		if (entry->key == NULL || strcmp(entry->kind, "liaison") != 0 ||
			entry->value[0] != '\0')
			continue;
		for (size_t k = 0; k < 2; k++)
			if (strcmp(entry->key, KEYS[k]) == 0)
				config_mistake(builder, entry, "'%s' needs a path", entry->key);
	}
	if (builder->mistakes > before)
		return;
	check_unknown_place(builder, builder->config->database, "database", "HOME");
	check_unknown_place(builder, builder->config->socket, "socket", "XDG_RUNTIME_DIR");
}
