#include "table.h"

#include <string.h>

enum { GAP = 2, NARROWEST = 8 };

struct grid {
	char **cells; /* count columns a row, heading first */
	size_t rows, count;
	size_t *widths;
	bool *numeric;
};

static char *
heading_of(struct arena *arena, const char *name)
{
	char *out = arena_text(arena, name);

	for (char *p = out; *p != '\0'; p++) {
		if (*p == '_')
			*p = ' ';
		else if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	}
	return out;
}

static char *
cell_of(struct arena *arena, const json_t *item, const char *column, const struct cell_style *style)
{
	struct text text = { 0 };
	json_t *value = cell_find(item, column);
	char *out;

	cell_text(&text, value, style);
	out = cell_clean(arena, text.size > 0 ? text.bytes : "");
	json_decref(value);
	text_clear(&text);
	return out;
}

/* Numbers and nothing else but blanks: such a column is aligned right and never cut. */
static bool
is_numeric(const json_t *items, const char *column)
{
	bool numbers = false, others = false;

	for (size_t i = 0; i < json_array_size(items) && !others; i++) {
		json_t *value = cell_find(json_array_get(items, i), column);

		numbers |= json_is_number(value);
		others = value != NULL && !json_is_number(value) && !json_is_null(value);
		json_decref(value);
	}
	return numbers && !others;
}

static void
fill(struct grid *grid, struct arena *arena, const json_t *items, const char *const *columns,
	const struct cell_style *style)
{
	grid->rows = json_array_size(items) + 1;
	grid->cells = arena_array(arena, grid->rows * grid->count, sizeof *grid->cells);
	grid->numeric = arena_array(arena, grid->count, sizeof *grid->numeric);
	for (size_t c = 0; c < grid->count; c++) {
		grid->numeric[c] = is_numeric(items, columns[c]);
		grid->cells[c] = heading_of(arena, columns[c]);
		for (size_t r = 1; r < grid->rows; r++)
			grid->cells[r * grid->count + c] = cell_of(
				arena, json_array_get(items, r - 1), columns[c], style);
	}
}

static size_t
total_width(const struct grid *grid)
{
	size_t sum = 0;

	for (size_t c = 0; c < grid->count; c++)
		sum += grid->widths[c] + (c > 0 ? GAP : 0);
	return sum;
}

/* The widest column of text that can still give way, or count: numbers are not cut. */
static size_t
widest_text(const struct grid *grid)
{
	size_t widest = grid->count;

	for (size_t c = 0; c < grid->count; c++) {
		if (!grid->numeric[c] && grid->widths[c] > NARROWEST &&
			(widest == grid->count || grid->widths[c] >= grid->widths[widest]))
			widest = c;
	}
	return widest;
}

static void
shrink(struct grid *grid, size_t width)
{
	size_t widest;

	while (total_width(grid) > width && (widest = widest_text(grid)) < grid->count)
		grid->widths[widest]--;
}

static void
measure(struct grid *grid, struct arena *arena, const struct table_style *style)
{
	grid->widths = arena_array(arena, grid->count, sizeof *grid->widths);
	for (size_t i = 0; i < grid->rows * grid->count; i++) {
		size_t width = cell_width(grid->cells[i]);

		if (width > grid->widths[i % grid->count])
			grid->widths[i % grid->count] = width;
	}
	if (style->width > style->indent)
		shrink(grid, style->width - style->indent);
}

static void
pad(FILE *out, size_t count)
{
	fprintf(out, "%*s", (int)count, "");
}

static void
print_row(FILE *out, struct arena *arena, const struct grid *grid, size_t row)
{
	for (size_t c = 0; c < grid->count; c++) {
		bool last = c + 1 == grid->count;
		char *cell = cell_cut(arena, grid->cells[row * grid->count + c], grid->widths[c]);
		size_t width = cell_width(cell);
		size_t room = grid->widths[c] > width ? grid->widths[c] - width : 0;

		if (c > 0)
			pad(out, GAP);
		if (grid->numeric[c])
			pad(out, room);
		fputs(cell, out);
		if (!grid->numeric[c] && !last)
			pad(out, room);
	}
}

void
table_print(FILE *out, struct arena *arena, const json_t *items, const char *const *columns,
	size_t count, const struct table_style *style, bool heading, size_t **widths)
{
	struct grid grid = { .count = count, .widths = *widths };

	if (count == 0)
		return;
	fill(&grid, arena, items, columns, &style->cell);
	if (grid.widths == NULL)
		measure(&grid, arena, style);
	for (size_t row = heading ? 0 : 1; row < grid.rows; row++) {
		pad(out, style->indent);
		fputs(row == 0 && style->color ? "\033[1m" : "", out);
		print_row(out, arena, &grid, row);
		fputs(row == 0 && style->color ? "\033[0m\n" : "\n", out);
	}
	*widths = grid.widths;
}

static bool
is_plain(const json_t *value)
{
	return !json_is_object(value) && !json_is_array(value);
}

static bool
is_blank_everywhere(const json_t *items, const char *key)
{
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *value = json_object_get(json_array_get(items, i), key);

		if (value != NULL && !json_is_null(value) &&
			!(json_is_array(value) && json_array_size(value) == 0))
			return false;
	}
	return true;
}

const char **
table_own_columns(struct arena *arena, const json_t *items, size_t *count)
{
	json_t *first = json_array_get(items, 0);
	const char **out = arena_array(arena, json_object_size(first) + 1, sizeof *out);
	const char *key;
	json_t *value;

	*count = 0;
	for (int plain = 1; plain >= 0; plain--) {
		json_object_foreach(first, key, value)
		{
			if (is_plain(value) == (plain == 1) && !is_blank_everywhere(items, key))
				out[(*count)++] = arena_text(arena, key);
		}
	}
	return out;
}
