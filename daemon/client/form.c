#include "form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "discover.h"
#include "lines.h"

/* The forms of output: tables, lines, ids, JSON. */

static void
add_column(struct output *output, const char *name, size_t length)
{
	const char **columns = arena_array(
		output->arena, output->column_count + 1, sizeof *columns);

	if (output->column_count > 0)
		memcpy(columns, output->columns, output->column_count * sizeof *columns);
	columns[output->column_count++] = arena_text_n(output->arena, name, length);
	output->columns = columns;
}

static void
take_fields(struct output *output)
{
	for (const char *p = output->options->fields; *p != '\0';) {
		size_t length = strcspn(p, ",");

		if (length > 0)
			add_column(output, p, length);
		p += length + (p[length] == ',');
	}
}

static void
take_method_columns(struct output *output)
{
	const char *name;
	size_t length;

	for (size_t i = 0; (name = discover_column(output->method, i, &length)) != NULL; i++)
		add_column(output, name, length);
}

static void
take_all_keys(struct output *output, const json_t *record)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)record, key, value)
	{
		add_column(output, key, strlen(key));
	}
}

/* --fields, else what discover names (tables), else the members of the first item. */
void
form_columns(struct output *output, const json_t *first)
{
	if (output->column_count > 0)
		return;
	if (output->options->fields != NULL)
		take_fields(output);
	else if (output->options->format == FORMAT_TABLE)
		take_method_columns(output);
	if (output->column_count == 0)
		take_all_keys(output, first);
}

/* ---- forms -------------------------------------------------------------------------------------- */

struct table_style
form_style(const struct output *output)
{
	struct table_style style = {
		.width = output->width, .color = output->color, .cell = cell_plain
	};

	style.cell.zone = output->zone;
	return style;
}

struct table_style
form_record_style(const struct output *output)
{
	struct table_style style = form_style(output);
	const char **nested, *name;
	size_t count = 0, length;

	while (discover_column(output->method, count, &length) != NULL)
		count++;
	nested = arena_array(output->arena, count + 1, sizeof *nested);
	for (size_t i = 0; i < count; i++) {
		name = discover_column(output->method, i, &length);
		nested[i] = arena_text_n(output->arena, name, length);
	}
	style.nested = nested;
	style.nested_count = count;
	return style;
}

static void
write_text(const struct text *text)
{
	if (text->size > 0)
		fwrite(text->bytes, 1, text->size, stdout);
}

/* As a program wants it: true and false, times as they came, clean text. The caller's to free. */
static char *
machine_text(const json_t *value)
{
	struct text cell = { 0 };
	struct arena *arena;
	char *clean;
	bool changed;

	text_add(&cell, "");
	cell_text(&cell, value, &cell_machine);
	if (text_is_clean(cell.bytes, cell.size, true))
		return cell.bytes;
	arena = arena_new();
	clean = mem_text(
		text_clean(arena, cell.bytes, cell.size, cell.size * 3 + 1, true, &changed));
	arena_free(arena);
	text_clear(&cell);
	return clean;
}

static void
add_line(const struct output *output, const json_t *record, bool csv, struct text *line)
{
	for (size_t i = 0; i < output->column_count; i++) {
		json_t *value = cell_find(record, output->columns[i]);
		char *cell = machine_text(value);

		if (csv)
			csv_field(line, cell, !json_is_number(value), i == 0);
		else
			tsv_field(line, cell, i == 0);
		free(cell);
		json_decref(value);
	}
	csv ? csv_end(line) : text_add_char(line, '\n');
}

static void
add_heading(const struct output *output, bool csv, struct text *line)
{
	for (size_t i = 0; i < output->column_count; i++)
		csv ? csv_field(line, output->columns[i], true, i == 0)
		    : tsv_field(line, output->columns[i], i == 0);
	csv ? csv_end(line) : text_add_char(line, '\n');
}

void
form_lines(struct output *output, const json_t *items, bool csv, bool heading)
{
	struct text line = { 0 };

	if (json_array_size(items) == 0)
		return;
	form_columns(output, json_array_get(items, 0));
	if (heading && output->items == 0)
		add_heading(output, csv, &line);
	for (size_t i = 0; i < json_array_size(items); i++) {
		add_line(output, json_array_get(items, i), csv, &line);
		write_text(&line);
		text_reset(&line);
	}
	text_clear(&line);
}

void
form_table(struct output *output, const json_t *items)
{
	struct table_style style = form_style(output);

	if (json_array_size(items) == 0)
		return;
	form_columns(output, json_array_get(items, 0));
	table_print(stdout, output->arena, items, output->columns, output->column_count, &style,
		output->items == 0, &output->widths);
}

/* What people type for the record: what discover names, else the first of the usual ones. */
void
form_ids(const struct output *output, const json_t *items)
{
	static const char *const usual[] = { "no", "code", "name", "id" };
	const char *key = discover_key(output->method);
	struct text text = { 0 };

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		const json_t *value = key == NULL ? NULL : json_object_get(item, key);

		for (size_t k = 0; k < 4 && (value == NULL || json_is_null(value)); k++)
			value = json_object_get(item, usual[k]);
		text_reset(&text);
		cell_text(&text, value, &cell_plain);
		if (text.size > 0)
			printf("%s\n", cell_clean(output->arena, text.bytes));
	}
	text_clear(&text);
}

/* Only the members that --fields names, for the JSON forms. */
json_t *
form_chosen(struct output *output, const json_t *item)
{
	json_t *out;

	if (output->options->fields == NULL || !json_is_object(item))
		return json_incref((json_t *)(uintptr_t)item);
	form_columns(output, item);
	out = json_object();
	for (size_t i = 0; i < output->column_count; i++) {
		json_t *value = cell_find(item, output->columns[i]);

		json_object_set_new(out, output->columns[i], value != NULL ? value : json_null());
	}
	return out;
}

static void
add_json(struct output *output, struct text *out, const json_t *item)
{
	json_t *value = form_chosen(output, item);
	struct json_out json;

	json_out_init(&json, out);
	json_value(&json, NULL, value);
	json_decref(value);
}

void
form_jsonl(struct output *output, const json_t *items)
{
	struct text line = { 0 };

	for (size_t i = 0; i < json_array_size(items); i++) {
		text_reset(&line);
		add_json(output, &line, json_array_get(items, i));
		text_add_char(&line, '\n');
		write_text(&line);
	}
	text_clear(&line);
}

static void
print_json_document(const struct output *output, const struct text *json)
{
	struct text indented = { 0 };

	if (output->terminal) {
		json_indent(&indented, json->bytes, json->size);
		write_text(&indented);
	} else {
		write_text(json);
	}
	putchar('\n');
	text_clear(&indented);
}

/* The members beside the items, as they came with the last page. */
static void
keep_rest(struct output *output, const json_t *result)
{
	const char *key;
	json_t *value;

	text_reset(&output->rest);
	json_object_foreach((json_t *)(uintptr_t)result, key, value)
	{
		struct text name = { 0 };
		struct json_out json;

		if (strcmp(key, "items") == 0)
			continue;
		json_out_init(&json, &name);
		json_text(&json, NULL, key);
		text_printf(&output->rest, ",%s:", name.bytes);
		json_out_init(&json, &output->rest);
		json_value(&json, NULL, value);
		text_clear(&name);
	}
}

/* A list is one document however many pages it came in. */
void
form_json_list(struct output *output, const json_t *result, bool last)
{
	const json_t *items = json_object_get(result, "items");
	struct text whole = { 0 };

	for (size_t i = 0; i < json_array_size(items); i++) {
		if (output->json.size > 0)
			text_add_char(&output->json, ',');
		add_json(output, &output->json, json_array_get(items, i));
	}
	keep_rest(output, result);
	if (!last)
		return;
	text_add(&whole, "{\"items\":[");
	text_add_n(&whole, output->json.bytes, output->json.size);
	text_add_char(&whole, ']');
	text_add_n(&whole, output->rest.bytes, output->rest.size);
	text_add_char(&whole, '}');
	print_json_document(output, &whole);
	text_clear(&whole);
}

void
form_json(struct output *output, const json_t *result)
{
	struct text text = { 0 };

	add_json(output, &text, result);
	print_json_document(output, &text);
	text_clear(&text);
}

static void
add_pair(struct text *line, const char *key, const json_t *value)
{
	char *cell = machine_text(value);

	tsv_field(line, key, true);
	tsv_field(line, cell, false);
	text_add_char(line, '\n');
	free(cell);
}

/* Without a terminal: a member a line, key and value; of records in an array a line each. */
void
form_pairs(struct output *output, const json_t *record)
{
	struct text line = { 0 };

	form_columns(output, record);
	for (size_t i = 0; i < output->column_count; i++) {
		json_t *value = cell_find(record, output->columns[i]);
		size_t count = json_is_object(json_array_get(value, 0)) ? json_array_size(value)
									: 0;

		for (size_t k = 0; k < count; k++)
			add_pair(&line, output->columns[i], json_array_get(value, k));
		if (count == 0)
			add_pair(&line, output->columns[i], value);
		json_decref(value);
	}
	write_text(&line);
	text_clear(&line);
}
