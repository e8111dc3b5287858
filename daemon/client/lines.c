#include "lines.h"

#include <string.h>

enum { INDENT = 2 };

/* OWASP ASVS 5.0 1.2.10. */
static bool
is_formula(const char *text)
{
	return *text != '\0' && strchr("=+-@\t\r", *text) != NULL;
}

static bool
needs_quotes(const char *text)
{
	size_t length = strlen(text);

	return strpbrk(text, ",\"\r\n") != NULL ||
	       (length > 0 && (text[0] == ' ' || text[length - 1] == ' '));
}

static bool
is_kept(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 0x20 ? byte != 0x7f : c == '\n' || c == '\t' || c == '\r';
}

void
csv_field(struct text *out, const char *text, bool is_text, bool first)
{
	bool guarded = is_text && is_formula(text);
	bool quoted = guarded || needs_quotes(text);

	if (!first)
		text_add_char(out, ',');
	if (quoted)
		text_add_char(out, '"');
	if (guarded)
		text_add_char(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			text_add_char(out, '"');
		text_add_char(out, is_kept(*text) ? *text : ' ');
	}
	if (quoted)
		text_add_char(out, '"');
}

void
csv_end(struct text *out)
{
	text_add(out, "\r\n");
}

void
tsv_field(struct text *out, const char *text, bool first)
{
	static const char from[] = "\t\n\r\\", to[] = "tnr\\";

	if (!first)
		text_add_char(out, '\t');
	for (; *text != '\0'; text++) {
		const char *found = strchr(from, *text);

		if (found != NULL) {
			text_add_char(out, '\\');
			text_add_char(out, to[found - from]);
		} else {
			text_add_char(out, is_kept(*text) ? *text : ' ');
		}
	}
}

static void
new_line(struct text *out, unsigned depth)
{
	text_add_char(out, '\n');
	for (unsigned i = 0; i < depth * INDENT; i++)
		text_add_char(out, ' ');
}

/* The end of the string that starts at bytes[at]. */
static size_t
skip_string(const char *bytes, size_t size, size_t at)
{
	for (at++; at < size && bytes[at] != '"'; at++) {
		if (bytes[at] == '\\')
			at++;
	}
	return at < size ? at : size - 1;
}

void
json_indent(struct text *out, const char *json, size_t size)
{
	unsigned depth = 0;

	for (size_t at = 0; at < size; at++) {
		char c = json[at];
		char next = at + 1 < size ? json[at + 1] : '\0';

		if (c == '"') {
			size_t end = skip_string(json, size, at);

			text_add_n(out, json + at, end - at + 1);
			at = end;
		} else if ((c == '{' && next == '}') || (c == '[' && next == ']')) {
			text_add_n(out, json + at++, 2);
		} else if (c == '{' || c == '[') {
			text_add_char(out, c);
			new_line(out, ++depth);
		} else if (c == '}' || c == ']') {
			new_line(out, depth > 0 ? --depth : 0);
			text_add_char(out, c);
		} else if (c == ',') {
			text_add_char(out, c);
			new_line(out, depth);
		} else if (c == ':') {
			text_add(out, ": ");
		} else {
			text_add_char(out, c);
		}
	}
}
