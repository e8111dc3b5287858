#include <string.h>
#include <strings.h>

#include "liaison/mail/body.h"
#include "liaison/mail/html.h"
#include "liaison/mail/transfer.h"

#include "quote.h"

/* Quoted text before the answer may be long, so a snippet is taken from more than its size. */
enum { SNIPPET_SOURCE = 32 * 1024 };

static bool
is_word(const char *text, const char *word)
{
	return text != NULL && strcasecmp(text, word) == 0;
}

static void
undo_transfer(const struct body *body, struct text *out)
{
	if (is_word(body->encoding, "base64"))
		base64_loose(body->bytes, body->size, out);
	else if (is_word(body->encoding, "quoted-printable"))
		quoted_printable_loose(body->bytes, body->size, false, out);
	else
		text_add_n(out, body->bytes, body->size);
}

static void
undo_charset(
	struct charsets *charsets, const char *charset, const struct text *in, struct text *out)
{
	const char *bytes = in->bytes == NULL ? "" : in->bytes;

	if (charset == NULL || *charset == '\0')
		charset_guess(charsets, bytes, in->size, out);
	else
		charset_decode(charsets, charset, strlen(charset), bytes, in->size, out);
}

/* What takes no room or looks like a blank: the size of the character if it is one of these. */
static size_t
invisible(const char *bytes, size_t size, bool *blank)
{
	static const char *const nothing[] = { "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d",
		"\xef\xbb\xbf", "\xc2\xad", "\xcd\x8f", NULL };

	*blank = false;
	if ((unsigned char)*bytes < 0x80) {
		*blank = *bytes == ' ' || (*bytes >= '\t' && *bytes <= '\r');
		return *blank;
	}
	if (size >= 2 && memcmp(bytes, "\xc2\xa0", 2) == 0) {
		*blank = true;
		return 2;
	}
	for (unsigned i = 0; nothing[i] != NULL; i++)
		if (size >= strlen(nothing[i]) &&
			memcmp(bytes, nothing[i], strlen(nothing[i])) == 0)
			return strlen(nothing[i]);
	return 0;
}

/* One line, single blanks. */
static void
collapse(const struct text *in, struct text *out)
{
	bool due = false;

	for (size_t i = 0; i < in->size;) {
		bool blank;
		size_t skip = invisible(in->bytes + i, in->size - i, &blank);

		due |= blank;
		i += skip;
		if (skip > 0)
			continue;
		if (due && out->size > 0)
			text_add_char(out, ' ');
		due = false;
		text_add_char(out, in->bytes[i++]);
	}
}

/* Lines without blanks at their ends, at most one empty line in a row, none around the whole. */
static void
tidy(const struct text *in, struct text *out)
{
	size_t lines = 0, blanks = 0;

	for (size_t i = 0; i < in->size; i++) {
		char c = in->bytes[i];

		if (c == '\n') {
			lines++;
			blanks = 0;
		} else if (c == ' ' || c == '\t') {
			blanks++;
		} else if (c != '\r') {
			for (size_t n = 0; n < lines && n < 2 && out->size > 0; n++)
				text_add_char(out, '\n');
			for (size_t n = 0; n < blanks && (lines > 0 || out->size > 0); n++)
				text_add_char(out, ' ');
			lines = blanks = 0;
			text_add_char(out, c);
		}
	}
}

static void
make_text(struct charsets *charsets, const struct body *body, struct text *out)
{
	bool snippet = body->max <= BODY_SNIPPET_MAX;
	struct text raw = { 0 }, utf8 = { 0 }, lines = { 0 }, own = { 0 };

	undo_transfer(body, &raw);
	undo_charset(charsets, body->charset, &raw, &utf8);
	if (is_word(body->subtype, "html")) {
		html_text(utf8.bytes == NULL ? "" : utf8.bytes, utf8.size,
			snippet ? SNIPPET_SOURCE : body->max + 4, &lines);
		text_reset(&utf8);
		text_add_n(&utf8, lines.bytes == NULL ? "" : lines.bytes, lines.size);
	}
	if (snippet) {
		quote_drop(&utf8, &own);
		collapse(own.size > 0 ? &own : &utf8, out);
	} else {
		tidy(&utf8, out);
	}
	text_clear(&raw);
	text_clear(&utf8);
	text_clear(&lines);
	text_clear(&own);
}

char *
body_text(struct charsets *charsets, struct arena *arena, const struct body *body, bool *truncated)
{
	struct body bounded = *body;
	struct text text = { 0 };
	bool changed;
	char *out;

	if (bounded.max > BODY_TEXT_MAX)
		bounded.max = BODY_TEXT_MAX;
	make_text(charsets, &bounded, &text);
	out = text_clean(arena, text.bytes == NULL ? "" : text.bytes, text.size, bounded.max,
		bounded.max > BODY_SNIPPET_MAX, &changed);
	*truncated = text.size > bounded.max;
	text_clear(&text);
	return out;
}
