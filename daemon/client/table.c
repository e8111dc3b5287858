#include "table.h"

#include <string.h>

enum { GAP = 2, NARROWEST = 8 };

struct grid {
	char **cells; /* count columns a row, heading first */
	size_t rows, count;
	size_t *widths;
	size_t *needed; /* by the values, the heading left aside */
	bool *numeric; /* aligned right */
	bool *whole; /* never cut: a number or a time in part misleads */
};

static char *
heading_of(struct arena *arena, const char *name)
{
	char *out = cell_clean(arena, name);

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

static bool
is_number(const json_t *value)
{
	return json_is_number(value);
}

static bool
is_time(const json_t *value)
{
	int64_t time;
	int offset;

	return json_is_string(value) && time_parse(json_string_value(value), &time, &offset) == 0;
}

/* Values of one kind and nothing else but blanks. */
static bool
holds_only(const json_t *items, const char *column, bool (*is_kind)(const json_t *value))
{
	bool some = false, others = false;

	for (size_t i = 0; i < json_array_size(items) && !others; i++) {
		json_t *value = cell_find(json_array_get(items, i), column);
		bool fits = value != NULL && is_kind(value);

		some |= fits;
		others = value != NULL && !fits && !json_is_null(value);
		json_decref(value);
	}
	return some && !others;
}

static void
fill(struct grid *grid, struct arena *arena, const json_t *items, const char *const *columns,
	const struct cell_style *style)
{
	grid->rows = json_array_size(items) + 1;
	grid->cells = arena_array(arena, grid->rows * grid->count, sizeof *grid->cells);
	grid->numeric = arena_array(arena, grid->count, sizeof *grid->numeric);
	grid->whole = arena_array(arena, grid->count, sizeof *grid->whole);
	for (size_t c = 0; c < grid->count; c++) {
		grid->numeric[c] = holds_only(items, columns[c], is_number);
		grid->whole[c] = grid->numeric[c] || holds_only(items, columns[c], is_time);
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

/* The column may be narrower by one: a heading gives way to NARROWEST, then values that may be cut. */
static bool
gives_way(const struct grid *grid, size_t column, bool values)
{
	size_t width = grid->widths[column];

	if (width <= NARROWEST)
		return false;
	return values ? !grid->whole[column] : width > grid->needed[column];
}

/* The widest column that gives way, or count. */
static size_t
widest(const struct grid *grid, bool values)
{
	size_t found = grid->count;

	for (size_t c = 0; c < grid->count; c++) {
		if (gives_way(grid, c, values) &&
			(found == grid->count || grid->widths[c] >= grid->widths[found]))
			found = c;
	}
	return found;
}

static void
shrink(struct grid *grid, size_t width, bool values)
{
	size_t column;

	while (total_width(grid) > width && (column = widest(grid, values)) < grid->count)
		grid->widths[column]--;
}

static void
measure(struct grid *grid, struct arena *arena, const struct table_style *style)
{
	grid->widths = arena_array(arena, grid->count, sizeof *grid->widths);
	grid->needed = arena_array(arena, grid->count, sizeof *grid->needed);
	for (size_t i = 0; i < grid->rows * grid->count; i++) {
		size_t width = cell_width(grid->cells[i]), column = i % grid->count;

		if (width > grid->widths[column])
			grid->widths[column] = width;
		if (i >= grid->count && width > grid->needed[column])
			grid->needed[column] = width;
	}
	if (style->width <= style->indent)
		return;
	shrink(grid, style->width - style->indent, false);
	shrink(grid, style->width - style->indent, true);
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

/* The columns that style names for key. */
static const char **
named_columns(struct arena *arena, const char *key, const json_t *items,
	const struct table_style *style, size_t *count)
{
	const char **out = arena_array(arena, style->nested_count + 1, sizeof *out);
	size_t length = strlen(key);

	*count = 0;
	for (size_t i = 0; i < style->nested_count; i++) {
		const char *name = style->nested[i];

		if (strncmp(name, key, length) == 0 && name[length] == '.' &&
			!is_blank_everywhere(items, name + length + 1))
			out[(*count)++] = name + length + 1;
	}
	return out;
}

static const char **
own_columns(struct arena *arena, const json_t *items, size_t *count)
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

const char **
table_nested_columns(struct arena *arena, const char *key, const json_t *items, bool all,
	const struct table_style *style, size_t *count)
{
	const char **named = named_columns(arena, key, items, style, count);

	return *count > 0 && !all ? named : own_columns(arena, items, count);
}
