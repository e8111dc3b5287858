#include "cell.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

const struct cell_style cell_plain = { ", ", "yes", "no", false, NULL };
const struct cell_style cell_machine = { ";", "true", "false", true, NULL };

static json_t *
find_in_array(const json_t *array, const char *path)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *value = cell_find(json_array_get(array, i), path);

		if (value != NULL)
			json_array_append_new(out, value);
	}
	return out;
}

json_t *
cell_find(const json_t *record, const char *path)
{
	const char *dot = strchr(path, '.');
	json_t *value;
	char head[64];

	if (json_is_array(record))
		return find_in_array(record, path);
	value = json_object_get(record, path);
	if (value != NULL || dot == NULL)
		return json_incref(value);
	if ((size_t)(dot - path) >= sizeof head)
		return NULL;
	memcpy(head, path, (size_t)(dot - path));
	head[dot - path] = '\0';
	value = json_object_get(record, head);
	return value == NULL ? NULL : cell_find(value, dot + 1);
}

enum { TELLING_COUNT = 7 };

/* What a person would call the thing; for a program, what it is known by. */
static const json_t *
telling_member(const json_t *object, bool machine)
{
	static const char *const keys[2][TELLING_COUNT] = {
		{ "name", "email", "no", "code", "source", "value", "id" },
		{ "no", "code", "email", "name", "source", "value", "id" },
	};
	json_t *value;
	const char *key;

	for (size_t i = 0; i < TELLING_COUNT; i++) {
		value = json_object_get(object, keys[machine][i]);
		if (value != NULL && !json_is_null(value))
			return value;
	}
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (!json_is_null(value) && !json_is_object(value) && !json_is_array(value))
			return value;
	}
	return NULL;
}

static bool
add_local_time(struct text *out, const char *string, size_t size, const struct zone *zone)
{
	struct civil civil;
	int64_t time;
	int offset;

	if (zone == NULL || (size != 20 && size != 25) || time_parse(string, &time, &offset) < 0)
		return false;
	time_to_civil(time + zone_offset(zone, time) * 60, &civil);
	text_printf(out, "%04d-%02d-%02d %02d:%02d", civil.year, civil.month, civil.day, civil.hour,
		civil.minute);
	return true;
}

static void
add_json(struct text *out, const json_t *value)
{
	struct json_out json;

	json_out_init(&json, out);
	json_value(&json, NULL, value);
}

/* In an array a program gets what a record is known by, alone all of it. */
static void
add_object(struct text *out, const json_t *value, const struct cell_style *style)
{
	if (style->machine)
		add_json(out, value);
	else
		cell_text(out, telling_member(value, false), style);
}

static void
add_array(struct text *out, const json_t *array, const struct cell_style *style)
{
	size_t before = out->size;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *item = json_array_get(array, i);

		if (out->size > before)
			text_add(out, style->join);
		cell_text(out, json_is_object(item) ? telling_member(item, style->machine) : item,
			style);
	}
}

void
cell_text(struct text *out, const json_t *value, const struct cell_style *style)
{
	switch (value == NULL ? JSON_NULL : json_typeof(value)) {
	case JSON_OBJECT:
		add_object(out, value, style);
		break;
	case JSON_ARRAY:
		add_array(out, value, style);
		break;
	case JSON_STRING:
		if (!add_local_time(
			    out, json_string_value(value), json_string_length(value), style->zone))
			text_add_n(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		add_json(out, value);
		break;
	case JSON_TRUE:
		text_add(out, style->yes);
		break;
	case JSON_FALSE:
		text_add(out, style->no);
		break;
	case JSON_NULL:
		text_add(out, "");
		break;
	}
}

char *
cell_clean(struct arena *arena, const char *text)
{
	bool changed;

	return text_clean(arena, text, strlen(text), strlen(text) * 3 + 1, false, &changed);
}

/* wcwidth knows widths only in a UTF-8 locale, whatever the user's is. */
static void
need_utf8(void)
{
	static bool done;

	if (!done)
		setlocale(LC_CTYPE, "C.UTF-8");
	done = true;
}

/* The bytes and columns of the next character. */
static size_t
next_character(const char *text, size_t size, size_t *columns)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t length = mbrtowc(&wide, text, size, &state);
	int width;

	if (length == 0 || length > size) {
		*columns = 1;
		return 1;
	}
	width = wcwidth(wide);
	*columns = width < 0 ? 1 : (size_t)width;
	return length;
}

size_t
cell_width(const char *text)
{
	size_t size = strlen(text), sum = 0, columns;

	need_utf8();
	for (size_t at = 0; at < size; sum += columns)
		at += next_character(text + at, size - at, &columns);
	return sum;
}

size_t
cell_fit(const char *text, size_t columns)
{
	size_t size = strlen(text), at = 0, sum = 0, blank = 0;

	while (at < size) {
		size_t step;
		size_t length = next_character(text + at, size - at, &step);

		if (sum + step > columns && at > 0)
			return text[at] == ' ' ? at : blank > 0 ? blank : at;
		if (text[at] == ' ')
			blank = at;
		at += length;
		sum += step;
	}
	return size;
}

char *
cell_cut(struct arena *arena, const char *text, size_t columns)
{
	size_t size = strlen(text), sum = 0, at = 0;

	if (cell_width(text) <= columns)
		return arena_text(arena, text);
	while (at < size) {
		size_t step;
		size_t length = next_character(text + at, size - at, &step);

		if (sum + step + 1 > columns)
			break;
		at += length;
		sum += step;
	}
	return arena_printf(arena, "%.*s…", (int)at, text);
}
