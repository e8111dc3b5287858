#include "record.h"

#include <stdint.h>
#include <string.h>

enum { NESTING_MAX = 6, WRAP_MIN = 20 };

static bool
is_empty(const json_t *value)
{
	const char *key;
	json_t *member;

	if (json_is_array(value))
		return json_array_size(value) == 0;
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		if (!json_is_null(member))
			return false;
	}
	return json_is_null(value) || json_is_object(value);
}

static bool
is_list_of_records(const json_t *value)
{
	return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

/* Text in several lines: it stands below the rest. */
static bool
is_block(const json_t *value)
{
	const char *line = json_is_string(value) ? strchr(json_string_value(value), '\n') : NULL;

	return line != NULL && line[1] != '\0';
}

/* What stands on a line of its own behind its key. */
static bool
is_line(const json_t *value)
{
	return !json_is_object(value) && !is_list_of_records(value) && !is_block(value);
}

static size_t
widest_key(json_t *record, bool all)
{
	size_t widest = 0;
	const char *key;
	json_t *value;

	json_object_foreach(record, key, value)
	{
		if ((all || !is_empty(value)) && is_line(value) && cell_width(key) > widest)
			widest = cell_width(key);
	}
	return widest;
}

/* As many lines of the terminal as it takes, each beginning at column. */
static void
print_wrapped(FILE *out, const char *line, size_t column, const struct table_style *style)
{
	size_t width = style->width > column + WRAP_MIN ? style->width - column : SIZE_MAX;

	for (;;) {
		size_t length = cell_fit(line, width);

		fwrite(line, 1, length, out);
		fputc('\n', out);
		line += length + strspn(line + length, " ");
		if (*line == '\0')
			break;
		fprintf(out, "%*s", (int)column, "");
	}
}

/* Lines of the text stay lines, each below the first. */
static void
print_value(FILE *out, struct arena *arena, const json_t *value, const struct table_style *style,
	size_t column)
{
	struct text text = { 0 };
	const char *line;

	cell_text(&text, value, &style->cell);
	line = text.size > 0 ? text.bytes : "";
	for (;;) {
		size_t length = strcspn(line, "\n");

		print_wrapped(
			out, cell_clean(arena, arena_text_n(arena, line, length)), column, style);
		if (line[length] == '\0' || line[length + 1] == '\0')
			break;
		line += length + 1;
		fprintf(out, "%*s", *line == '\n' ? 0 : (int)column, "");
	}
	text_clear(&text);
}

static void
print_line(FILE *out, struct arena *arena, const char *key, const json_t *value, size_t width,
	const struct table_style *style)
{
	const char *label = cell_clean(arena, key);

	fprintf(out, "%*s%s%s%s%*s", (int)style->indent, "", style->color ? "\033[2m" : "", label,
		style->color ? "\033[0m" : "", (int)(width - cell_width(label) + 2), "");
	print_value(out, arena, value, style, style->indent + width + 2);
}

static void
print_title(FILE *out, struct arena *arena, const char *key, const struct table_style *style)
{
	fprintf(out, "%*s%s%s%s\n", (int)style->indent, "", style->color ? "\033[1m" : "",
		cell_clean(arena, key), style->color ? "\033[0m" : "");
}

static void
print_block(FILE *out, struct arena *arena, const char *key, const json_t *value,
	const struct table_style *style)
{
	print_title(out, arena, key, style);
	fprintf(out, "%*s", (int)style->indent + 2, "");
	print_value(out, arena, value, style, style->indent + 2);
}

static void
print_nested(FILE *out, struct arena *arena, const char *key, json_t *value, bool all,
	const struct table_style *style)
{
	struct table_style inner = *style;
	size_t *widths = NULL;
	size_t count;

	inner.indent += 2;
	print_title(out, arena, key, style);
	if (is_list_of_records(value)) {
		const char **columns = table_nested_columns(arena, key, value, all, &inner, &count);

		table_print(out, arena, value, columns, count, &inner, true, &widths);
	} else if (inner.indent < 2 * NESTING_MAX) {
		record_print(out, arena, value, all, &inner);
	}
}

void
record_print(FILE *out, struct arena *arena, const json_t *record, bool all,
	const struct table_style *style)
{
	json_t *object = (json_t *)(uintptr_t)record; /* jansson's loop wants it so */
	size_t width = widest_key(object, all);
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if ((all || !is_empty(value)) && is_line(value))
			print_line(out, arena, key, value, width, style);
	}
	json_object_foreach(object, key, value)
	{
		if ((all || !is_empty(value)) && !is_line(value) && !is_block(value))
			print_nested(out, arena, key, value, all, style);
	}
	json_object_foreach(object, key, value)
	{
		if (is_block(value))
			print_block(out, arena, key, value, style);
	}
}
