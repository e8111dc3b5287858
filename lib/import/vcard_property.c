#include <string.h>
#include <strings.h>

#include "vcard.h"

/* A property: [group.]NAME;parameters:value, where vCard 2.1 has parameters that are values alone
 * ("TEL;CELL:"). */

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static char *
mapped(struct arena *arena, const char *text, size_t size, char (*map)(char c))
{
	char *copy = arena_text_n(arena, text, size);

	for (size_t i = 0; i < size; i++)
		copy[i] = map(copy[i]);
	return copy;
}

/* ---- parameters ---- */

static bool
is(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

static void
take_type(struct reading *reading, struct property *out, const char *type, size_t size)
{
	if (is(type, size, "cell") || is(type, size, "mobile"))
		out->flags |= PROPERTY_CELL;
	else if (is(type, size, "pref"))
		out->preference = 1;
	else if (is(type, size, "fax"))
		out->flags |= PROPERTY_FAX;
	else if (is(type, size, "pager"))
		out->flags |= PROPERTY_PAGER;
	else if (is(type, size, "quoted-printable"))
		out->flags |= PROPERTY_QUOTED;
	else if (is(type, size, "base64") || is(type, size, "b"))
		out->flags |= PROPERTY_BINARY;
	else if (out->kind == NULL && size > 0 && !is(type, size, "internet") &&
		 !is(type, size, "voice") && !is(type, size, "x400"))
		out->kind = reading_text(reading, mapped(reading->arena, type, size, lower), size);
}

static void
take_types(struct reading *reading, struct property *out, const char *types, size_t size)
{
	const char *end = types + size;

	while (types < end) {
		const char *comma = memchr(types, ',', (size_t)(end - types));
		const char *next = comma == NULL ? end : comma;

		take_type(reading, out, types, (size_t)(next - types));
		types = next + (comma != NULL);
	}
}

/* RFC 6350 section 5.3. */
static unsigned
preference_of(const char *value, size_t size)
{
	unsigned number = 0;

	for (size_t i = 0; i < size; i++) {
		if (value[i] < '0' || value[i] > '9' || number > 100)
			return PREFERENCE_NONE;
		number = number * 10 + (unsigned)(value[i] - '0');
	}
	return number >= 1 && number < PREFERENCE_NONE ? number : PREFERENCE_NONE;
}

static void
take_parameter(struct reading *reading, struct property *out, const char *text, size_t size)
{
	const char *equals = memchr(text, '=', size);
	size_t name = equals == NULL ? 0 : (size_t)(equals - text);
	const char *value = equals == NULL ? text : equals + 1;
	size_t length = (size_t)(text + size - value);

	if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
		value++;
		length -= 2;
	}
	if (equals == NULL || is(text, name, "TYPE") || is(text, name, "ENCODING"))
		take_types(reading, out, value, length);
	else if (is(text, name, "PREF"))
		out->preference = preference_of(value, length);
	else if (is(text, name, "CHARSET"))
		out->charset = reading_text(reading, value, length);
	else if (is(text, name, "X-NAME"))
		out->label = reading_text(reading, value, length);
}

/* The end of a parameter: at ';' or ':' outside quotes. */
static size_t
parameter_end(const char *line, size_t size, size_t at)
{
	bool quoted = false;

	for (; at < size; at++) {
		if (line[at] == '"')
			quoted = !quoted;
		else if (!quoted && (line[at] == ';' || line[at] == ':'))
			break;
	}
	return at;
}

/* ---- values ---- */

static int
hex(char c)
{
	static const char DIGITS[] = "0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(DIGITS, upper(c));

	return at == NULL ? -1 : (int)(at - DIGITS);
}

static void
unquote(const char *value, size_t size, struct text *out)
{
	for (size_t i = 0; i < size; i++) {
		int high = value[i] == '=' && i + 2 < size ? hex(value[i + 1]) : -1;
		int low = high < 0 ? -1 : hex(value[i + 2]);

		if (low < 0) {
			text_add_char(out, value[i]);
			continue;
		}
		text_add_char(out, (char)(high * 16 + low));
		i += 2;
	}
}

static bool
is_ascii(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)bytes[i] >= 0x80)
			return false;
	return true;
}

/* The bytes of a file in UTF-16 are decoded already, but for what is quoted. */
static bool
has_charset(const struct reading *reading, const struct property *property)
{
	const char *name = property->charset;

	return name != NULL && !is(name, strlen(name), "utf-8") &&
	       (reading->state->encoding == ENCODING_UTF8 || property->flags & PROPERTY_QUOTED);
}

/* A card in a set that nobody can read is refused, before it is stored as something else. */
static const char *
decoded(struct reading *reading, const struct property *property, const char *bytes, size_t size)
{
	const struct import_charsets *charsets = reading->charsets;
	struct text out = { 0 };
	const char *clean = "";
	char *why;

	if (!has_charset(reading, property))
		return reading_text(reading, bytes, size);
	if (charsets != NULL &&
		charsets->decode(charsets->data, property->charset, bytes, size, &out))
		clean = reading_text(reading, out.size > 0 ? out.bytes : "", out.size);
	else if (is_ascii(bytes, size))
		clean = reading_text(reading, bytes, size);
	else {
		why = arena_printf(reading->arena,
			"its character set '%.40s' is unknown: save the cards in UTF-8",
			property->charset);
		text_mend(why);
		reading->out->rows[reading->out->count - 1].error = why;
	}
	text_clear(&out);
	return clean;
}

static const char *
read_value(struct reading *reading, const struct property *property, const char *value, size_t size)
{
	struct text plain = { 0 };
	const char *clean;

	if (property->flags & PROPERTY_BINARY)
		return "";
	if (!(property->flags & PROPERTY_QUOTED))
		return decoded(reading, property, value, size);
	unquote(value, size, &plain);
	clean = decoded(reading, property, plain.size > 0 ? plain.bytes : "", plain.size);
	text_clear(&plain);
	return clean;
}

bool
property_read(struct reading *reading, const char *line, size_t size, struct property *out)
{
	struct property found = { .preference = PREFERENCE_NONE };
	size_t at = parameter_end(line, size, 0), begin = 0;

	for (size_t i = 0; i < at; i++)
		begin = line[i] == '.' ? i + 1 : begin;
	if (at == begin || at == size)
		return false;
	found.name = mapped(reading->arena, line + begin, at - begin, upper);
	while (at < size && line[at] == ';') {
		size_t end = parameter_end(line, size, at + 1);

		take_parameter(reading, &found, line + at + 1, end - at - 1);
		at = end;
	}
	if (at == size)
		return false;
	found.value = read_value(reading, &found, line + at + 1, size - at - 1);
	*out = found;
	return true;
}

/* ---- parts of values ---- */

static char
unescaped(char c)
{
	return c == 'n' || c == 'N' ? '\n' : c;
}

const char *
property_part(struct arena *arena, const char *value, char separator, unsigned place)
{
	char *part = arena_text_n(arena, value, strlen(value)), *out = part;

	for (const char *at = value; *at != '\0'; at++) {
		if (*at == separator && separator != '\0') {
			if (place-- == 0)
				break;
			continue;
		}
		if (*at == '\\' && at[1] != '\0') {
			at++;
			if (place == 0)
				*out++ = unescaped(*at);
		} else if (place == 0) {
			*out++ = *at;
		}
	}
	*out = '\0';
	return part;
}

unsigned
property_parts(const char *value, char separator)
{
	unsigned count = 1;

	for (; *value != '\0'; value++) {
		if (*value == '\\' && value[1] != '\0')
			value++;
		else
			count += *value == separator;
	}
	return count;
}
