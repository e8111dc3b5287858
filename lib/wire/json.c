#include "liaison/wire/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"

void
json_out_init(struct json_out *out, struct text *text)
{
	*out = (struct json_out){ .text = text, .first = true };
}

/* Bytes that stand for themselves: not '"', '\', controls or DEL. 2 marks the start of a sequence
 * among which C1, bidi and line separator characters are; other bytes from 0x80 go as they are. */
static const uint8_t KIND[256] = {
	[0x00 ... 0x1f] = 1,
	['"'] = 1,
	['\\'] = 1,
	[0x7f] = 1,
	[0xc2] = 2,
	[0xd8] = 2,
	[0xe2] = 2,
};

/* The code point of an invisible character that must be escaped, else 0; *length is its size. */
static unsigned
invisible(const unsigned char *at, size_t size, size_t *length)
{
	if (at[0] == 0xc2 && size >= 2 && at[1] <= 0x9f) {
		*length = 2;
		return at[1];
	}
	if (at[0] == 0xd8 && size >= 2 && at[1] == 0x9c) {
		*length = 2;
		return 0x61c;
	}
	*length = 3;
	if (at[0] != 0xe2 || size < 3)
		return 0;
	if (at[1] == 0x80 && (at[2] == 0x8e || at[2] == 0x8f || (at[2] >= 0xa8 && at[2] <= 0xae)))
		return 0x2000u + (at[2] & 0x3fu);
	if (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9)
		return 0x2040u + (at[2] & 0x3fu);
	return 0;
}

static void
put_escape(struct text *text, unsigned code)
{
	static const char SHORT[] = "\"\\\b\f\n\r\t", LETTER[] = "\"\\bfnrt";
	const char *found = code != 0 && code < 0x80 ? strchr(SHORT, (int)code) : NULL;
	char form[8] = { '\\' };

	if (found != NULL) {
		form[1] = LETTER[found - SHORT];
		text_add_n(text, form, 2);
	} else {
		snprintf(form, sizeof form, "\\u%04x", code);
		text_add_n(text, form, 6);
	}
}

/* Never believed to be UTF-8, since a broken byte would make the whole line unreadable. */
static void
put_broken(struct text *text, const unsigned char *at, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (at[i] >= 0x80)
			text_add(text, "\xef\xbf\xbd");
		else if (KIND[at[i]] == 1)
			put_escape(text, at[i]);
		else
			text_add_char(text, (char)at[i]);
	}
}

/* Eight bytes of which one is a control, DEL, '"', '\\' or beyond ASCII; a borrow may also accuse a
 * byte after such a one, which changes nothing. */
static bool
has_special(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
	uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\', del = word ^ ones * 0x7f;

	return (((word - ones * 0x20) | (quote - ones) | (slash - ones) | (del - ones) | word) &
		       highs) != 0;
}

/* Nearly every string stands for itself; it is told so eight bytes at a time. */
static bool
is_plain(const unsigned char *at, size_t size)
{
	uint64_t word;

	for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
		memcpy(&word, at, sizeof word);
		if (has_special(word))
			return false;
	}
	for (; size > 0; at++, size--)
		if (KIND[*at] != 0 || *at >= 0x80)
			return false;
	return true;
}

static void
put_escaped(struct text *text, const char *value, size_t size)
{
	const unsigned char *at = (const unsigned char *)value;
	size_t run = 0, length;

	if (!text_is_utf8(value, size)) {
		put_broken(text, at, size);
		return;
	}
	for (size_t i = 0; i < size;) {
		unsigned code = at[i];

		length = 1;
		if (KIND[at[i]] == 0 ||
			(KIND[at[i]] == 2 && (code = invisible(at + i, size - i, &length)) == 0)) {
			i++;
			continue;
		}
		text_add_n(text, value + run, i - run);
		put_escape(text, code);
		i += length;
		run = i;
	}
	text_add_n(text, value + run, size - run);
}

/* The string in quotes and one more byte after it. */
static void
put_string(struct text *text, const char *value, size_t size, char after)
{
	bool plain = is_plain((const unsigned char *)value, size);
	char *to;

	if (!plain) {
		text_add_char(text, '"');
		put_escaped(text, value, size);
		text_add_char(text, '"');
		if (after != '\0')
			text_add_char(text, after);
		return;
	}
	text_reserve(text, size + 3);
	to = text->bytes + text->size;
	*to++ = '"';
	memcpy(to, value, size);
	to += size;
	*to++ = '"';
	if (after != '\0')
		*to++ = after;
	*to = '\0';
	text->size = (size_t)(to - text->bytes);
}

/* What comes before any value: the comma that is due and the name. */
static void
begin_value(struct json_out *out, const char *name)
{
	if (!out->first)
		text_add_char(out->text, ',');
	out->first = false;
	if (name != NULL) {
		put_string(out->text, name, strlen(name), ':');
	}
}

static void
open_nest(struct json_out *out, const char *name, char bracket)
{
	begin_value(out, name);
	text_add_char(out->text, bracket);
	out->first = true;
	out->depth++;
}

static void
close_nest(struct json_out *out, char bracket)
{
	assert(out->depth > 0);
	text_add_char(out->text, bracket);
	out->first = false;
	out->depth--;
}

void
json_object_begin(struct json_out *out, const char *name)
{
	open_nest(out, name, '{');
}

void
json_object_end(struct json_out *out)
{
	close_nest(out, '}');
}

void
json_array_begin(struct json_out *out, const char *name)
{
	open_nest(out, name, '[');
}

void
json_array_end(struct json_out *out)
{
	close_nest(out, ']');
}

void
json_text(struct json_out *out, const char *name, const char *value)
{
	if (value == NULL)
		json_null_(out, name);
	else
		json_text_n(out, name, value, strlen(value));
}

void
json_text_n(struct json_out *out, const char *name, const char *value, size_t size)
{
	begin_value(out, name);
	put_string(out->text, value, size, '\0');
}

static void
put_digits(struct text *text, uint64_t value)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	text_add_n(text, digits + at, sizeof digits - at);
}

void
json_int(struct json_out *out, const char *name, int64_t value)
{
	begin_value(out, name);
	if (value < 0)
		text_add_char(out->text, '-');
	put_digits(out->text, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void
json_double(struct json_out *out, const char *name, double value)
{
	char form[40];

	if (!isfinite(value)) {
		json_null_(out, name);
		return;
	}
	if (value == floor(value) && fabs(value) < 1e15) {
		json_int(out, name, (int64_t)value);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(form, sizeof form, "%.*g", digits, value);
		if (strtod(form, NULL) == value)
			break;
	}
	json_raw(out, name, form, strlen(form));
}

void
json_bool(struct json_out *out, const char *name, bool value)
{
	json_raw(out, name, value ? "true" : "false", value ? 4 : 5);
}

void
json_null_(struct json_out *out, const char *name)
{
	json_raw(out, name, "null", 4);
}

void
json_time(struct json_out *out, const char *name, int64_t time, int offset_min)
{
	char text[TIME_TEXT_SIZE + 2] = "\"";
	size_t size = time_write(text + 1, time, offset_min);

	text[size + 1] = '"';
	json_raw(out, name, text, size + 2);
}

void
json_money(struct json_out *out, const char *name, int64_t minor, int exponent)
{
	uint64_t value = minor < 0 ? -(uint64_t)minor : (uint64_t)minor, unit = 1;
	char fraction[24];

	assert(exponent >= 0 && exponent < 19);
	for (int i = 0; i < exponent; i++)
		unit *= 10;
	begin_value(out, name);
	text_add(out->text, minor < 0 ? "\"-" : "\"");
	put_digits(out->text, value / unit);
	if (exponent > 0) {
		snprintf(fraction, sizeof fraction, ".%0*llu", exponent,
			(unsigned long long)(value % unit));
		text_add(out->text, fraction);
	}
	text_add_char(out->text, '"');
}

void
json_raw(struct json_out *out, const char *name, const char *json, size_t size)
{
	begin_value(out, name);
	text_add_n(out->text, json, size);
}

static void
put_members(struct json_out *out, const json_t *object)
{
	const char *key;
	json_t *member;
	void *at = json_object_iter((json_t *)object);

	for (; at != NULL; at = json_object_iter_next((json_t *)object, at)) {
		key = json_object_iter_key(at);
		member = json_object_iter_value(at);
		json_value(out, key, member);
	}
}

static void
put_elements(struct json_out *out, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		json_value(out, NULL, json_array_get(array, i));
}

void
json_value(struct json_out *out, const char *name, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		json_object_begin(out, name);
		put_members(out, value);
		json_object_end(out);
		break;
	case JSON_ARRAY:
		json_array_begin(out, name);
		put_elements(out, value);
		json_array_end(out);
		break;
	case JSON_STRING:
		json_text_n(out, name, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		json_int(out, name, json_integer_value(value));
		break;
	case JSON_REAL:
		json_double(out, name, json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		json_bool(out, name, json_is_true(value));
		break;
	case JSON_NULL:
		json_null_(out, name);
		break;
	}
}

void
json_doc_begin(struct json_doc *doc)
{
	doc->text = (struct text){ 0 };
	json_out_init(&doc->out, &doc->text);
}

int
json_doc_end(struct json_doc *doc, struct arena *arena, int result, const char **text)
{
	if (result >= 0)
		*text = arena_text_n(arena, doc->text.bytes, doc->text.size);
	text_clear(&doc->text);
	return result;
}
