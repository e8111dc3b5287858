#include "liaison/export/vcard.h"

#include <stdbool.h>
#include <string.h>

enum { LINE_MAX_BYTES = 75 };

/* A continuation begins with a blank, which counts. */
static void
add_folded(struct text *out, const char *line, size_t size)
{
	size_t room = LINE_MAX_BYTES;

	while (size > room) {
		size_t part = text_cut(line, size, room);

		text_add_n(out, line, part);
		text_add(out, "\r\n ");
		line += part;
		size -= part;
		room = LINE_MAX_BYTES - 1;
	}
	text_add_n(out, line, size);
	text_add(out, "\r\n");
}

static void
add_escaped(struct text *line, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			text_add(line, "\\n");
			continue;
		}
		if (strchr("\\,;", *value) != NULL)
			text_add_char(line, '\\');
		text_add_char(line, *value);
	}
}

static bool
is_blank(const char *value)
{
	return value == NULL || value[0] == '\0';
}

void
vcard_text(struct text *out, const char *name, const char *value)
{
	struct text line = { 0 };

	if (is_blank(value))
		return;
	text_printf(&line, "%s:", name);
	add_escaped(&line, value);
	add_folded(out, line.bytes, line.size);
	text_clear(&line);
}

void
vcard_uri(struct text *out, const char *name, const char *value)
{
	struct text line = { 0 };

	if (is_blank(value))
		return;
	text_printf(&line, "%s:%s", name, value);
	add_folded(out, line.bytes, line.size);
	text_clear(&line);
}

void
vcard_parts(struct text *out, const char *name, char separator, const char *const *parts,
	unsigned count)
{
	struct text line = { 0 };
	bool any = false;

	text_printf(&line, "%s:", name);
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			text_add_char(&line, separator);
		if (is_blank(parts[i]))
			continue;
		any = true;
		add_escaped(&line, parts[i]);
	}
	if (any)
		add_folded(out, line.bytes, line.size);
	text_clear(&line);
}
