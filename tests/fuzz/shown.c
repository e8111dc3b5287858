/* What the client shows of an answer, as a record, a table and lines: nothing of it but line ends may
 * control a terminal. The first byte is the terminal's width. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"
#include "lines.h"
#include "record.h"
#include "table.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must_be_clean(const char *text)
{
	if (!text_is_clean(text, strlen(text), true))
		abort();
}

static void
show(struct arena *arena, const json_t *value, size_t width)
{
	struct table_style style = { .width = width, .cell = cell_plain };
	size_t size, *widths = NULL, count;
	char *bytes = NULL;
	FILE *file = open_memstream(&bytes, &size);

	if (file == NULL)
		abort();
	if (json_is_object(value)) {
		record_print(file, arena, value, true, &style);
	} else if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
		const char **columns = table_nested_columns(
			arena, "items", value, true, &style, &count);

		table_print(file, arena, value, columns, count, &style, true, &widths);
	}
	if (fclose(file) != 0)
		abort();
	must_be_clean(bytes);
	free(bytes);
}

static void
show_cell(struct arena *arena, const json_t *value, size_t width)
{
	struct text cell = { 0 }, line = { 0 };
	char *cut;

	cell_text(&cell, value, &cell_plain);
	cut = cell_cut(arena, cell_clean(arena, cell.size > 0 ? cell.bytes : ""), width + 1);
	must_be_clean(cut);
	if (cell_width(cut) > width + 1)
		abort();
	tsv_field(&line, cell.size > 0 ? cell.bytes : "", true);
	if (line.size > 0 && (memchr(line.bytes, '\n', line.size) != NULL ||
				     memchr(line.bytes, '\t', line.size) != NULL))
		abort();
	text_reset(&line);
	csv_field(&line, cell.size > 0 ? cell.bytes : "", true, true);
	if (line.size > 0 && strchr("=+@", line.bytes[0]) != NULL && line.bytes[0] != '\0')
		abort();
	text_clear(&cell);
	text_clear(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text indented = { 0 };
	struct arena *arena;
	json_t *value;
	struct err err;

	if (size < 2 || json_line_parse((const char *)bytes + 1, size - 1, &value, &err) < 0)
		return 0;
	arena = arena_new();
	show(arena, value, bytes[0]);
	show_cell(arena, value, bytes[0]);
	json_indent(&indented, (const char *)bytes + 1, size - 1);
	text_clear(&indented);
	json_decref(value);
	arena_free(arena);
	return 0;
}
