#ifndef LIAISON_CLIENT_TABLE_H
#define LIAISON_CLIENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cell.h"
#include "liaison/wire/json.h"

/* Records as lines of aligned columns, within a terminal's width. */

struct table_style {
	size_t width; /* of the terminal; 0: as wide as it comes */
	bool color; /* the heading stands out */
	unsigned indent;
	struct cell_style cell;
	/* Of tables within a record, as "member.column"; a member none of them names shows its own. */
	const char *const *nested;
	size_t nested_count;
};

/* Prints items (a JSON array) under the names of columns. With heading false only the lines. Widths
 * are those of these items and kept in *widths (arena) for the next call; NULL at first. */
void table_print(FILE *out, struct arena *arena, const json_t *items, const char *const *columns,
	size_t count, const struct table_style *style, bool heading, size_t **widths);

/* The columns of a table within a record under key, those that are blank everywhere left out: what
 * style names, else (or all) the plain members of the first item, then the others. arena. */
const char **table_nested_columns(struct arena *arena, const char *key, const json_t *items,
	bool all, const struct table_style *style, size_t *count);

#endif
