#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "liaison/base/crypt.h"
#include "liaison/base/text.h"
#include "liaison/mail/parameter.h"
#include "liaison/mail/word.h"
#include "liaison/wire/event.h"

/* One "name*2*=value" of a continued parameter (RFC 2231 section 3). */
struct piece {
	unsigned index;
	bool extended; /* percent-encoded */
	bool quoted;
	const char *value;
	size_t size;
};

struct pieces {
	struct piece piece[PARAMETER_PIECES_MAX];
	unsigned count;
};

static void
add_percent(const char *bytes, size_t size, struct text *out)
{
	for (size_t i = 0; i < size; i++) {
		bool coded = bytes[i] == '%' && i + 2 < size;
		int high = coded ? hex_digit(bytes[i + 1]) : -1;
		int low = coded ? hex_digit(bytes[i + 2]) : -1;

		if (high >= 0 && low >= 0) {
			text_add_char(out, (char)(high << 4 | low));
			i += 2;
		} else {
			text_add_char(out, bytes[i]);
		}
	}
}

/* The part before the text of "charset'language'text"; 0: it does not begin so. */
static size_t
charset_prefix(const char *bytes, size_t size, size_t *charset_size)
{
	const char *first = memchr(bytes, '\'', size < 64 ? size : 64);
	const char *second;

	if (first == NULL)
		return 0;
	*charset_size = (size_t)(first - bytes);
	second = memchr(first + 1, '\'', size - *charset_size - 1);
	if (second == NULL || second - first > 20)
		return 0;
	return (size_t)(second + 1 - bytes);
}

/* "filename*10*" or "name": the size of the attribute up to "=", 0 if it is another. */
static size_t
attribute(const char *bytes, size_t size, struct piece *out, bool *numbered)
{
	size_t at = 0;

	if (size > 4 && strncasecmp(bytes, "file", 4) == 0)
		at = 4;
	if (size - at < 5 || strncasecmp(bytes + at, "name", 4) != 0)
		return 0;
	at += 4;
	*numbered = false;
	out->index = 0;
	out->extended = false;
	if (at + 1 < size && bytes[at] == '*' && isdigit((unsigned char)bytes[at + 1])) {
		*numbered = true;
		for (at++; at < size && isdigit((unsigned char)bytes[at]); at++)
			if (out->index < 1000000)
				out->index = out->index * 10 + (unsigned)(bytes[at] - '0');
	}
	if (at < size && bytes[at] == '*') {
		out->extended = true;
		at++;
	}
	return at < size && bytes[at] == '=' ? at + 1 : 0;
}

/* The value at bytes, quoted or not; returns where the next parameter may begin. */
static size_t
take_value(const char *bytes, size_t size, struct piece *out)
{
	size_t at = 0;
	bool quoted = size > 0 && bytes[0] == '"';

	for (at = quoted; at < size && bytes[at] != (quoted ? '"' : ';'); at++)
		if (quoted && bytes[at] == '\\')
			at++;
	if (at > size)
		at = size;
	out->quoted = quoted;
	out->value = bytes + quoted;
	out->size = at - quoted;
	while (at < size && bytes[at] != ';')
		at++;
	return at < size ? at + 1 : at;
}

/* Keeps pieces in order of their index; of two with one index the first. */
static void
add_piece(struct pieces *pieces, const struct piece *piece)
{
	unsigned at = pieces->count;

	if (at == PARAMETER_PIECES_MAX)
		return;
	while (at > 0 && pieces->piece[at - 1].index > piece->index)
		at--;
	if (at > 0 && pieces->piece[at - 1].index == piece->index)
		return;
	memmove(pieces->piece + at + 1, pieces->piece + at, (pieces->count - at) * sizeof *piece);
	pieces->piece[at] = *piece;
	pieces->count++;
}

/* An extended value is better than a plain one (RFC 6266 section 4.3), pieces better than none. */
static void
read_pieces(const char *bytes, size_t size, struct pieces *out)
{
	bool best = false;

	for (unsigned looked = 0; size > 0 && looked < 4 * PARAMETER_PIECES_MAX; looked++) {
		struct piece piece;
		size_t skip = 0, head;
		bool numbered;

		while (skip < size && strchr(" \t;", bytes[skip]) != NULL)
			skip++;
		bytes += skip;
		size -= skip;
		head = attribute(bytes, size, &piece, &numbered);
		skip = head + take_value(bytes + head, size - head, &piece);
		bytes += skip;
		size -= skip;
		if (head == 0)
			continue;
		if (!best && (numbered || piece.extended)) {
			best = true;
			out->count = 0;
		}
		if (!best || numbered || piece.extended)
			add_piece(out, &piece);
	}
}

/* In quotes a backslash only guards what follows. */
static void
add_unquoted(const struct piece *piece, struct text *out)
{
	for (size_t i = 0; i < piece->size; i++) {
		if (piece->quoted && piece->value[i] == '\\' && i + 1 < piece->size)
			i++;
		text_add_char(out, piece->value[i]);
	}
}

static char *
join(struct charsets *charsets, struct arena *arena, const struct pieces *pieces, size_t max,
	unsigned *flags)
{
	struct text raw = { 0 }, text = { 0 };
	const char *charset = NULL;
	size_t charset_size = 0;
	char *out;

	for (unsigned i = 0; i < pieces->count; i++) {
		const struct piece *piece = &pieces->piece[i];
		size_t prefix = i == 0 && piece->extended
					? charset_prefix(piece->value, piece->size, &charset_size)
					: 0;

		if (prefix > 0)
			charset = piece->value;
		if (piece->extended)
			add_percent(piece->value + prefix, piece->size - prefix, &raw);
		else
			add_unquoted(piece, &raw);
	}
	if (charset == NULL || raw.size == 0)
		text_add_n(&text, raw.bytes == NULL ? "" : raw.bytes, raw.size);
	else if (!charset_decode(charsets, charset, charset_size, raw.bytes, raw.size, &text))
		*flags |= EVENT_UNKNOWN_CHARSET;
	out = words_text(
		charsets, arena, text.bytes == NULL ? "" : text.bytes, text.size, max, flags);
	text_clear(&raw);
	text_clear(&text);
	return out;
}

/* Names of directories say nothing here and mislead where files are saved. */
static char *
base_name(char *name)
{
	char *base = name;

	for (char *at = name; *at != '\0'; at++)
		if (*at == '/' || *at == '\\')
			base = at + 1;
	return *base == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0 ? NULL : base;
}

char *
parameter_file_name(struct charsets *charsets, struct arena *arena, const char *bytes, size_t size,
	size_t max, unsigned *flags)
{
	struct pieces pieces = { .count = 0 };
	struct piece whole = { .value = bytes, .size = size };
	size_t charset_size, prefix;
	bool numbered;

	if (size > WORDS_MAX)
		size = whole.size = WORDS_MAX;
	if (attribute(bytes, size, &whole, &numbered) > 0)
		read_pieces(bytes, size, &pieces);
	else
		add_piece(&pieces, &whole);
	prefix = charset_prefix(bytes, size, &charset_size);
	if (prefix > 0 && charset_known(charsets, bytes, charset_size))
		pieces.piece[0].extended = true;
	return base_name(join(charsets, arena, &pieces, max, flags));
}
