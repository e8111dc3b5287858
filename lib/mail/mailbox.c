#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "liaison/mail/mailbox.h"

#include "etpan.h"

/* What an atom may hold (RFC 5322 section 3.2.3), and a name or domain in plain form. */
static bool
is_atom_char(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL));
}

static bool
is_name_char(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || c == ' ' || (c != '\0' && strchr(".'_-&+/!", c) != NULL));
}

static bool
is_domain_char(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || c == '.' || c == '-');
}

static bool
plain_spec(const char *bytes, size_t size)
{
	const char *sign = memchr(bytes, '@', size);
	const char *end = bytes + size;

	if (sign == NULL || sign == bytes || sign + 1 == end || size > EVENT_EMAIL_MAX)
		return false;
	for (const char *at = bytes; at < sign; at++)
		if (!is_atom_char((unsigned char)*at) && *at != '.')
			return false;
	for (const char *at = sign + 1; at < end; at++)
		if (!is_domain_char((unsigned char)*at))
			return false;
	return true;
}

/* A name as it will be read: no runs of blanks, none at the ends, no encoded words. */
static bool
plain_name(const char *bytes, size_t size, bool quoted)
{
	if (size == 0)
		return quoted;
	if (bytes[0] == ' ' || bytes[size - 1] == ' ')
		return false;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == ' ' && bytes[i + 1] == ' ')
			return false;
		if (!quoted && !is_name_char(c))
			return false;
		if (c < ' ' || c >= 0x7f || c == '"' || c == '\\' ||
			(c == '=' && bytes[i + 1] == '?'))
			return false;
	}
	return true;
}

bool
mailbox_plain(const char *bytes, size_t size, struct mailbox *out)
{
	const char *open = memrchr(bytes, '<', size);
	size_t name_size;
	bool quoted = size > 0 && bytes[0] == '"';

	*out = (struct mailbox){ .name = "", .spec = bytes, .spec_size = size };
	if (open == NULL)
		return plain_spec(bytes, size);
	if (bytes[size - 1] != '>')
		return false;
	out->spec = open + 1;
	out->spec_size = (size_t)(bytes + size - 1 - out->spec);
	name_size = (size_t)(open - bytes);
	if (name_size > 0 && bytes[--name_size] != ' ')
		return false;
	if (quoted && (name_size < 2 || bytes[name_size - 1] != '"'))
		return false;
	out->name = quoted ? bytes + 1 : bytes;
	out->name_size = quoted ? name_size - 2 : name_size;
	return plain_spec(out->spec, out->spec_size) &&
	       (name_size == 0 || plain_name(out->name, out->name_size, quoted));
}

/* A mailbox that is not plain, taken apart. All in one copy, without comments. */
struct pieces {
	const char *text; /* without comments */
	size_t size;
	const char *comment; /* the last one that is closed, without its parentheses */
	size_t comment_size;
	const char *name; /* before the angle; still quoted */
	size_t name_size;
	const char *spec;
	size_t spec_size;
	bool angle;
};

static void
trim(const char **bytes, size_t *size)
{
	while (*size > 0 && **bytes == ' ')
		++*bytes, --*size;
	while (*size > 0 && (*bytes)[*size - 1] == ' ')
		--*size;
}

/* Copies bytes without comments (RFC 5322 section 3.2.2), which may hold each other. */
static void
drop_comments(struct arena *arena, const char *bytes, size_t size, struct pieces *out)
{
	char *text = arena_alloc(arena, size + 1);
	const char *open = bytes;
	size_t kept = 0, depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];
		bool pair = c == '\\' && i + 1 < size && (quoted || depth > 0);

		if (c == '"' && depth == 0)
			quoted = !quoted;
		if (c == '(' && !quoted && depth++ == 0)
			open = bytes + i + 1;
		if (depth == 0)
			text[kept++] = c;
		if (pair && ++i < size && depth == 0)
			text[kept++] = bytes[i];
		if (c == ')' && !quoted && depth > 0 && --depth == 0) {
			out->comment = open;
			out->comment_size = (size_t)(bytes + i - open);
			text[kept++] = ' ';
		}
	}
	out->text = text;
	out->size = kept;
	trim(&out->text, &out->size);
}

/* The last "<" that is not in quotes. */
static const char *
find_angle(const char *text, size_t size)
{
	const char *angle = NULL;
	bool quoted = false;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\\' && quoted)
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == '<' && !quoted)
			angle = text + i;
	}
	return angle;
}

/* What is not the address: "mailto:", a route, the single quotes that Outlook puts around. */
static void
peel_spec(struct pieces *pieces)
{
	const char *colon;

	trim(&pieces->spec, &pieces->spec_size);
	if (pieces->spec_size > 2 && *pieces->spec == '\'' &&
		pieces->spec[pieces->spec_size - 1] == '\'') {
		pieces->spec++;
		pieces->spec_size -= 2;
	}

	if (pieces->spec_size > 7 && strncasecmp(pieces->spec, "mailto:", 7) == 0) {
		pieces->spec += 7;
		pieces->spec_size -= 7;
	}
	if (pieces->spec_size == 0 || *pieces->spec != '@')
		return;
	colon = memchr(pieces->spec, ':', pieces->spec_size); /* a route, RFC 5322 section 4.4 */
	if (colon != NULL) {
		pieces->spec_size -= (size_t)(colon + 1 - pieces->spec);
		pieces->spec = colon + 1;
	}
}

static void
take_apart(struct pieces *pieces)
{
	const char *end = pieces->text + pieces->size;
	const char *angle = find_angle(pieces->text, pieces->size);
	const char *close;

	pieces->angle = angle != NULL;
	pieces->spec = angle == NULL ? pieces->text : angle + 1;
	close = angle == NULL ? end : memchr(pieces->spec, '>', (size_t)(end - pieces->spec));
	pieces->spec_size = (size_t)((close == NULL ? end : close) - pieces->spec);
	pieces->name = pieces->text;
	pieces->name_size = angle == NULL ? 0 : (size_t)(angle - pieces->text);
	peel_spec(pieces);
	trim(&pieces->name, &pieces->name_size);
	trim(&pieces->spec, &pieces->spec_size);
}

/* Blanks may stand around the dots and the sign of an address (RFC 5322 section 4.4), no other. */
static bool
is_tight(const char *spec, size_t size)
{
	for (size_t i = 1; i + 1 < size; i++) {
		size_t before = i, after = i;

		if (spec[i] != ' ')
			continue;
		while (before > 0 && spec[before] == ' ')
			before--;
		while (after < size && spec[after] == ' ')
			after++;
		if (after < size && strchr(".@", spec[before]) == NULL &&
			strchr(".@", spec[after]) == NULL)
			return false;
		i = after;
	}
	return memchr(spec, '@', size) != NULL;
}

/* A phrase without its quotes, backslashes and stray angles. */
static const char *
unquote(struct arena *arena, const char *bytes, size_t size, size_t *out_size)
{
	char *text = arena_alloc(arena, size + 1);
	size_t kept = 0;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\\' && i + 1 < size)
			i++;
		else if (strchr("\"<>", bytes[i]) != NULL && bytes[i] != '\0')
			continue;
		text[kept++] = bytes[i];
	}
	*out_size = kept;
	return text;
}

static const char *
without_blanks(struct arena *arena, const char *bytes, size_t size, size_t *out_size)
{
	char *text = arena_alloc(arena, size + 1);
	size_t kept = 0;
	bool quoted = false;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '"' && (i == 0 || bytes[i - 1] != '\\'))
			quoted = !quoted;
		if (bytes[i] != ' ' || quoted)
			text[kept++] = bytes[i];
	}
	*out_size = kept;
	return text;
}

/* libetpan's answer for "name <spec>", if it saw the same address in it. Encoded words in quotes it
 * reads wrongly, so it is not asked. */
static bool
ask_etpan(struct arena *arena, const struct pieces *pieces, struct mailbox *out)
{
	const char *slice, *spec;
	size_t size;

	if (memchr(pieces->spec, '"', pieces->spec_size) != NULL ||
		memmem(pieces->name, pieces->name_size, "=?", 2) != NULL ||
		pieces->name_size + pieces->spec_size > ETPAN_SLICE_MAX ||
		!is_tight(pieces->spec, pieces->spec_size))
		return false;
	slice = arena_printf(arena, "%.*s <%.*s>", (int)pieces->name_size, pieces->name,
		(int)pieces->spec_size, pieces->spec);
	if (!etpan_mailbox(arena, slice, strlen(slice), out))
		return false;
	spec = without_blanks(arena, pieces->spec, pieces->spec_size, &size);
	return size == out->spec_size && memcmp(spec, out->spec, size) == 0;
}

/* The last word with an "@", for what is no mailbox by any grammar. */
static bool
find_word(const char *text, size_t size, struct pieces *out)
{
	static const char around[] = " <>\"'()[],;:";
	const char *sign = memrchr(text, '@', size);
	const char *start = sign, *end = sign;

	if (sign == NULL)
		return false;
	while (start > text && strchr(around, start[-1]) == NULL)
		start--;
	while (end < text + size && strchr(around, *end) == NULL)
		end++;
	if (start == sign || end == sign + 1)
		return false;
	out->spec = start;
	out->spec_size = (size_t)(end - start);
	out->name = text;
	out->name_size = (size_t)(start - text);
	return true;
}

static void
recover(struct arena *arena, const char *bytes, size_t size, struct pieces *pieces,
	struct mailbox *out)
{
	bool quoted = pieces->spec_size > 0 && *pieces->spec == '"' &&
		      memmem(pieces->spec, pieces->spec_size, "\"@", 2) != NULL;

	if (!quoted && !is_tight(pieces->spec, pieces->spec_size) &&
		!find_word(pieces->text, pieces->size, pieces) && !pieces->angle)
		find_word(bytes, size, pieces);
	out->name = unquote(arena, pieces->name, pieces->name_size, &out->name_size);
	trim(&out->name, &out->name_size);
	out->spec = without_blanks(arena, pieces->spec, pieces->spec_size, &out->spec_size);
	if (memchr(out->spec, '@', out->spec_size) == NULL) {
		out->spec = pieces->spec;
		out->spec_size = pieces->spec_size;
	}
}

bool
mailbox_odd(struct arena *arena, const char *bytes, size_t size, struct mailbox *out)
{
	struct pieces pieces = { 0 };

	drop_comments(arena, bytes, size, &pieces);
	take_apart(&pieces);
	*out = (struct mailbox){ .name = "", .spec = "" };
	if (!ask_etpan(arena, &pieces, out))
		recover(arena, bytes, size, &pieces, out);
	if (out->name_size == 0 && pieces.comment_size > 0)
		out->name = unquote(arena, pieces.comment, pieces.comment_size, &out->name_size);
	return out->spec_size > 0;
}

bool
mailbox_read(struct arena *arena, const char *bytes, size_t size, struct mailbox *out)
{
	return mailbox_plain(bytes, size, out) || mailbox_odd(arena, bytes, size, out);
}
