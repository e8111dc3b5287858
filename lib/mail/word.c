#include <string.h>

#include "liaison/mail/transfer.h"
#include "liaison/mail/word.h"
#include "liaison/wire/event.h"

/* One encoded word, =?charset*language?encoding?text?= (RFC 2047 section 2, RFC 2231 section 5). */
struct word {
	const char *charset;
	size_t charset_size;
	char encoding; /* 'b' or 'q' */
	const char *text;
	size_t text_size;
	size_t end; /* offset after it */
};

struct decoder {
	struct charsets *charsets;
	const char *bytes;
	size_t size;
	struct text out;
	struct text run; /* decoded bytes of neighbouring words in one charset */
	const char *run_charset;
	size_t run_charset_size;
	bool no_more_words; /* no "?=" follows: saves looking again */
	bool unknown;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t
skip_blanks(const struct decoder *decoder, size_t at)
{
	while (at < decoder->size && is_blank(decoder->bytes[at]))
		at++;
	return at;
}

/* Finds the charset's end: a token, never a blank or a control. */
static const char *
charset_end(const char *at, const char *end)
{
	const char *start = at;

	while (at<end && * at> ' ' && *at < 0x7f && *at != '?' && at - start < 64)
		at++;
	return at < end && *at == '?' && at > start ? at : NULL;
}

static bool
word_at(struct decoder *decoder, size_t at, struct word *out)
{
	const char *end = decoder->bytes + decoder->size;
	const char *start = decoder->bytes + at;
	const char *mark, *close, *star;

	if (decoder->no_more_words || end - start < 8 || start[0] != '=' || start[1] != '?')
		return false;
	mark = charset_end(start + 2, end);
	if (mark == NULL || end - mark < 4 || mark[2] != '?' || strchr("bBqQ", mark[1]) == NULL)
		return false;
	close = memmem(mark + 3, (size_t)(end - mark - 3), "?=", 2);
	if (close == NULL) {
		decoder->no_more_words = true;
		return false;
	}
	out->charset = start + 2;
	star = memchr(out->charset, '*', (size_t)(mark - out->charset));
	out->charset_size = (size_t)((star == NULL ? mark : star) - out->charset);
	out->encoding = (char)(mark[1] | 0x20);
	out->text = mark + 3;
	out->text_size = (size_t)(close - out->text);
	out->end = (size_t)(close + 2 - decoder->bytes);
	return true;
}

static void
flush_run(struct decoder *decoder)
{
	if (decoder->run.size > 0 &&
		!charset_decode(decoder->charsets, decoder->run_charset, decoder->run_charset_size,
			decoder->run.bytes, decoder->run.size, &decoder->out))
		decoder->unknown = true;
	text_reset(&decoder->run);
	decoder->run_charset = NULL;
}

/* Neighbours in one charset are decoded together: mailers split characters over words. */
static void
add_word(struct decoder *decoder, const struct word *word)
{
	bool same = decoder->run_charset != NULL &&
		    decoder->run_charset_size == word->charset_size &&
		    strncasecmp(decoder->run_charset, word->charset, word->charset_size) == 0;

	if (!same)
		flush_run(decoder);
	decoder->run_charset = word->charset;
	decoder->run_charset_size = word->charset_size;
	if (word->encoding == 'b')
		base64_loose(word->text, word->text_size, &decoder->run);
	else
		quoted_printable_loose(word->text, word->text_size, true, &decoder->run);
}

/* Adds text that is no encoded word; returns where the next "=?" or the end is. */
static size_t
add_plain(struct decoder *decoder, size_t at)
{
	size_t left = decoder->size - at;
	const char *start = decoder->bytes + at;
	const char *next = left > 1 ? memmem(start + 1, left - 1, "=?", 2) : NULL;
	size_t length = next == NULL ? left : (size_t)(next - start);

	flush_run(decoder);
	charset_guess(decoder->charsets, start, length, &decoder->out);
	return at + length;
}

static void
decode(struct decoder *decoder)
{
	struct word word;
	size_t at = 0;

	while (at < decoder->size && decoder->out.size < WORDS_MAX) {
		size_t next;

		if (!word_at(decoder, at, &word)) {
			at = add_plain(decoder, at);
			continue;
		}
		add_word(decoder, &word);
		at = word.end;
		next = skip_blanks(decoder, at); /* blanks between two words mean nothing */
		if (next > at && word_at(decoder, next, &word))
			at = next;
	}
	flush_run(decoder);
}

static bool
is_plain(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] < ' ' || bytes[i] == 0x7f)
			return false;
		if (bytes[i] == '=' && i + 1 < size && bytes[i + 1] == '?')
			return false;
	}
	return true;
}

static void
trim(const char **bytes, size_t *size)
{
	while (*size > 0 && is_blank((*bytes)[0]))
		(*bytes)++, (*size)--;
	while (*size > 0 && is_blank((*bytes)[*size - 1]))
		(*size)--;
}

static char *
clean(struct arena *arena, const struct text *text, size_t max, unsigned *flags)
{
	const char *bytes = text->bytes == NULL ? "" : text->bytes;
	size_t size = text->size;
	bool changed = false;
	char *out;

	trim(&bytes, &size);
	out = text_clean(arena, bytes, size, max, false, &changed);
	if (changed)
		*flags |= EVENT_CLEANED;
	for (size = strlen(out); size > 0 && out[size - 1] == ' '; size--)
		out[size - 1] = '\0';
	return out + strspn(out, " ");
}

char *
words_text(struct charsets *charsets, struct arena *arena, const char *bytes, size_t size,
	size_t max, unsigned *flags)
{
	struct decoder decoder = { .charsets = charsets };
	char *result;

	trim(&bytes, &size);
	if (size > WORDS_MAX)
		size = WORDS_MAX;
	if (is_plain(bytes, size))
		return arena_text_n(arena, bytes, size < max ? size : max);
	decoder.bytes = bytes;
	decoder.size = size;
	decode(&decoder);
	if (decoder.unknown)
		*flags |= EVENT_UNKNOWN_CHARSET;
	result = clean(arena, &decoder.out, max, flags);
	text_clear(&decoder.out);
	text_clear(&decoder.run);
	return result;
}
