#ifndef LIAISON_WIRE_CONFIG_BUILD_PRIVATE_H
#define LIAISON_WIRE_CONFIG_BUILD_PRIVATE_H

#include "config_setting.h"

/* A configuration being made of a file, as config_build() and its checks share it. */

/* A section of the file: its own line and the lines that belong to it. */
struct section {
	const struct section_kind *kind;
	const struct ini_entry *entry; /* its own line */
	struct config_source *source;
};

struct builder {
	const struct ini *ini;
	struct config *config;
	struct arena *arena;
	struct section *sections; /* of sources, in file order; without "[account *]" */
	size_t count;
	ini_complain *complain;
	void *context;
	unsigned mistakes;
};

/* Complains about a line; what is built with a mistake is thrown away. */
void config_mistake(struct builder *builder, const struct ini_entry *entry, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* config_check.c */
void config_check_source(struct builder *builder, const struct section *section);

/* config_place.c */
void config_set_places(struct builder *builder, bool user_mode);
void config_check_places(struct builder *builder);

#endif
