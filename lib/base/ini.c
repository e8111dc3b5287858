#include "liaison/base/ini.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"

enum { INI_LINE_MAX = 4096 };

struct reader {
	struct arena *arena;
	const char *file;
	int line;
	const char *kind, *name; /* the section that lines belong to; NULL before the first */
	bool broken; /* its line was a mistake: what it holds is passed over */
	struct ini *out;
	size_t room;
	ini_complain *complain;
	void *context;
	unsigned mistakes;
};

__attribute__((format(printf, 2, 3))) static void
mistake(struct reader *reader, const char *format, ...)
{
	char message[400];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	message[text_cut(message, strlen(message), sizeof message - 1)] = '\0';
	text_mend(message);
	reader->mistakes++;
	reader->complain(reader->context, reader->file, reader->line, message);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_word(const char *word)
{
	if (*word == '\0')
		return false;
	for (; *word != '\0'; word++)
		if (!((*word >= 'a' && *word <= 'z') || (*word >= 'A' && *word <= 'Z') ||
			    (*word >= '0' && *word <= '9') || *word == '-' || *word == '_'))
			return false;
	return true;
}

static void
add(struct reader *reader, const char *key, const char *value, const char *raw)
{
	struct ini *out = reader->out;

	if (out->count == reader->room) {
		struct ini_entry *more;

		reader->room = reader->room ? 2 * reader->room : 64;
		more = arena_array(reader->arena, reader->room, sizeof *more);
		if (out->count > 0)
			memcpy(more, out->entries, out->count * sizeof *more);
		out->entries = more;
	}
	out->entries[out->count++] = (struct ini_entry){ reader->file, reader->line, reader->kind,
		reader->name, key, value, raw };
}

/* A quote opens at the start of a word only, so that one within a word is a character. Returns where
 * the comment, or the blanks before it, begin; NULL if a quote is not closed. */
static char *
value_end(char *value)
{
	bool quoted = false;
	char before = ' ', *at;

	for (at = value; *at != '\0'; before = *at, at++) {
		if (quoted && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		else if (quoted && *at == '"')
			quoted = false;
		else if (!quoted && *at == '"' &&
			 (is_blank(before) || before == ',' || before == '!'))
			quoted = true;
		else if (!quoted && *at == '#' && is_blank(before))
			break;
	}
	if (quoted)
		return NULL;
	while (at > value && is_blank(at[-1]))
		at--;
	return at;
}

/* Takes the quotes off a value that is one quoted word; any other stays as it is. */
static const char *
bare_value(struct arena *arena, const char *raw)
{
	size_t size = strlen(raw);
	char *out = arena_text_n(arena, raw, size), *at = out;

	if (size < 2 || raw[0] != '"')
		return raw;
	for (size_t i = 1; raw[i] != '\0'; i++) {
		if (raw[i] == '"') {
			*at = '\0';
			return i + 1 == size ? out : raw;
		}
		if (raw[i] == '\\' && (raw[i + 1] == '"' || raw[i + 1] == '\\'))
			i++;
		*at++ = raw[i];
	}
	return raw;
}

static void
read_section(struct reader *reader, char *line)
{
	char *end = strchr(line, ']'), *kind, *name;

	reader->kind = NULL;
	reader->broken = true;
	if (end == NULL) {
		mistake(reader, "the section is not closed by ']'");
		return;
	}
	if (end[1 + strspn(end + 1, " \t")] != '\0' && end[1 + strspn(end + 1, " \t")] != '#') {
		mistake(reader, "there is something after the section");
		return;
	}
	kind = text_trim(reader->arena, line + 1, (size_t)(end - line - 1));
	name = kind + strcspn(kind, " \t");
	if (*name != '\0') {
		*name++ = '\0';
		name = text_trim(reader->arena, name, strlen(name));
	}
	if (!is_word(kind)) {
		mistake(reader, "'[%s]' is no section", kind);
		return;
	}
	reader->kind = kind;
	reader->name = name;
	reader->broken = false;
	add(reader, NULL, NULL, NULL);
}

static void
read_setting(struct reader *reader, char *line)
{
	char *equals = strchr(line, '='), *key, *value, *end;

	if (equals == NULL) {
		mistake(reader, "'%.60s' is neither a section nor a setting: write key = value",
			line);
		return;
	}
	key = text_trim(reader->arena, line, (size_t)(equals - line));
	if (!is_word(key)) {
		mistake(reader,
			key[0] ? "'%.60s' is no name of a setting" : "the setting has no name%.0s",
			key);
		return;
	}
	value = equals + 1;
	while (is_blank(*value))
		value++;
	end = value_end(value);
	if (end == NULL) {
		mistake(reader, "the value of '%.60s' has a quote that is not closed", key);
		return;
	}
	if (reader->broken)
		return;
	if (reader->kind == NULL) {
		mistake(reader, "'%.60s' stands outside a section", key);
		return;
	}
	value = arena_text_n(reader->arena, value, (size_t)(end - value));
	add(reader, key, bare_value(reader->arena, value), value);
}

static void
read_line(struct reader *reader, const char *bytes, size_t size)
{
	char *line;

	if (size > 0 && bytes[size - 1] == '\r')
		size--;
	if (size > INI_LINE_MAX)
		mistake(reader, "the line is over %d bytes long", INI_LINE_MAX);
	else if (memchr(bytes, '\0', size) != NULL)
		mistake(reader, "the line holds a NUL byte");
	else if (!text_is_utf8(bytes, size))
		mistake(reader, "the line is not UTF-8");
	else if (!text_is_clean(bytes, size, true))
		mistake(reader, "the line holds a control character");
	else {
		line = text_trim(reader->arena, bytes, size);
		if (line[0] == '[')
			read_section(reader, line);
		else if (line[0] != '\0' && line[0] != '#')
			read_setting(reader, line);
	}
}

int
ini_parse(struct arena *arena, const char *file, const char *bytes, size_t size, struct ini *out,
	ini_complain *complain, void *context)
{
	struct reader reader = { .arena = arena,
		.file = file,
		.out = out,
		.room = out->count,
		.complain = complain,
		.context = context };

	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
		bytes += 3;
		size -= 3;
	}
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t length = end ? (size_t)(end - bytes) : size;

		reader.line++;
		read_line(&reader, bytes, length);
		length += end != NULL;
		bytes += length;
		size -= length;
	}
	return reader.mistakes > 0 ? -1 : 0;
}
