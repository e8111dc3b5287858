#include <string.h>

#include "imap_machine.h"

/* Bytes to tokens. Each function takes a run from at most size bytes and returns how many, 0 for
 * none (the state changed, look again) or -1. */

static int
give(struct imap *imap, enum token_kind kind, bool literal)
{
	struct token token = { .kind = kind, .literal = literal, .truncated = imap->literal_cut };
	int result;

	text_add_n(&imap->token, "", 1);
	token.bytes = imap->token.bytes;
	token.size = imap->token.size - 1;
	imap->lex = LEX_BETWEEN;
	result = imap_token(imap, &token);
	text_reset(&imap->token);
	imap->literal_cut = false;
	return result;
}

static int
end_line(struct imap *imap)
{
	int result = 0;

	if (imap->lex == LEX_TEXT)
		result = give(imap, TOKEN_TEXT, false);
	if (result == 0)
		result = give(imap, TOKEN_END, false);
	imap->lex = LEX_BETWEEN;
	imap->raw = imap->ignore = false;
	imap->line_used = imap->skipped = 0;
	imap->tail_size = 0;
	return result;
}

/* Counts size more bytes of the line; 1: keep them, 0: drop them, -1: too many. */
static int
charge(struct imap *imap, size_t size)
{
	imap->line_used += size;
	if (imap->line_used <= IMAP_LINE_MAX)
		return 1;
	if (imap_line_long(imap) < 0)
		return imap_dead(
			imap, ERR_FORMAT, "the server sent a line over %d bytes", IMAP_LINE_MAX);
	imap->line_used = 0;
	imap->skipped += size + IMAP_LINE_MAX;
	text_reset(&imap->token);
	if (imap->skipped > SKIPPED_MAX)
		return imap_dead(imap, ERR_FORMAT, "the server sent an endless line");
	return 0;
}

static int
keep(struct imap *imap, const char *bytes, size_t size)
{
	int kept = charge(imap, size);

	if (kept > 0)
		text_add_n(&imap->token, bytes, size);
	return kept < 0 ? -1 : 0;
}

/* The ranges of a set are tokens of their own, for it may be as long as the mailbox is large. */
static bool
parts_set(const struct imap *imap, char c)
{
	return c == ',' && imap->line == LINE_ESEARCH;
}

static bool
ends_atom(char c)
{
	return c == ' ' || c == '(' || c == ')' || c == '"' || c == '{' || c == '\r' || c == '\n' ||
	       c == '\t';
}

/* "BODY[HEADER.FIELDS (FROM TO)]" is one atom although there are blanks inside. */
static bool
opens_section(const struct imap *imap)
{
	const char *b = imap->token.bytes;

	return imap->line == LINE_FETCH && imap->token.size >= 4 &&
	       (strncmp(b, "BODY", 4) == 0 || strncmp(b, "body", 4) == 0 ||
		       strncmp(b, "BINA", 4) == 0);
}

static ssize_t
lex_between(struct imap *imap, const char *bytes)
{
	char c = *bytes;

	if (imap->ignore || imap->raw) {
		imap->lex = imap->raw ? LEX_TEXT : LEX_SKIP;
		return imap->raw && c == ' ' ? 1 : 0;
	}
	if (c == '\n')
		return end_line(imap) < 0 ? -1 : 1;
	if (charge(imap, 1) < 0)
		return -1;
	if (c == ' ' || c == '\t' || c == '\r' || parts_set(imap, c))
		return 1;
	if (c == '(' || c == ')')
		return give(imap, c == '(' ? TOKEN_OPEN : TOKEN_CLOSE, false) < 0 ? -1 : 1;
	if (c == '"') {
		imap->lex = LEX_QUOTED;
		return 1;
	}
	if (c == '{') {
		imap->lex = LEX_SIZE;
		return 1;
	}
	imap->lex = LEX_ATOM;
	return 0;
}

static ssize_t
lex_atom(struct imap *imap, const char *bytes, size_t size)
{
	size_t n = 0;

	while (n < size && !ends_atom(bytes[n]) && bytes[n] != '[' && bytes[n] != '\0' &&
		!parts_set(imap, bytes[n]))
		n++;
	if (n > 0)
		return keep(imap, bytes, n) < 0 ? -1 : (ssize_t)n;
	if (*bytes == '\0')
		return imap_dead(imap, ERR_FORMAT, "the server sent a NUL byte outside a literal");
	if (*bytes == '[') {
		if (opens_section(imap))
			imap->lex = LEX_BRACKET;
		return keep(imap, bytes, 1) < 0 ? -1 : 1;
	}
	if (*bytes == '{' && imap->token.size == 1 && imap->token.bytes[0] == '~') {
		text_reset(&imap->token);
		imap->lex = LEX_SIZE;
		return 1;
	}
	return give(imap, TOKEN_ATOM, false);
}

static ssize_t
lex_bracket(struct imap *imap, const char *bytes, size_t size)
{
	size_t n = 0;

	while (n < size && bytes[n] != ']' && bytes[n] != '\r' && bytes[n] != '\n')
		n++;
	if (n < size) {
		imap->lex = LEX_ATOM;
		n += bytes[n] == ']';
	}
	return n > 0 && keep(imap, bytes, n) < 0 ? -1 : (ssize_t)n;
}

static ssize_t
lex_quoted(struct imap *imap, const char *bytes, size_t size)
{
	size_t n = 0;

	while (n < size && bytes[n] != '"' && bytes[n] != '\\' && bytes[n] != '\r' &&
		bytes[n] != '\n' && bytes[n] != '\0')
		n++;
	if (n > 0)
		return keep(imap, bytes, n) < 0 ? -1 : (ssize_t)n;
	switch (*bytes) {
	case '"':
		return give(imap, TOKEN_STRING, false) < 0 ? -1 : 1;
	case '\\':
		imap->lex = LEX_ESCAPE;
		return 1;
	case '\0':
		return imap_dead(imap, ERR_FORMAT, "the server sent a NUL byte outside a literal");
	default: /* an unclosed string ends with its line */
		return give(imap, TOKEN_STRING, false);
	}
}

static ssize_t
lex_escape(struct imap *imap, const char *bytes)
{
	imap->lex = LEX_QUOTED;
	if (*bytes == '\r' || *bytes == '\n' || *bytes == '\0')
		return 0;
	return keep(imap, bytes, 1) < 0 ? -1 : 1;
}

static int
begin_literal(struct imap *imap, uint64_t size)
{
	if (size > IMAP_LITERAL_MAX)
		return imap_dead(imap, ERR_FORMAT, "the server announced a literal of %llu bytes",
			(unsigned long long)size);
	imap->literal_size = imap->literal_left = size;
	imap->literal_keep = imap->lex == LEX_SKIP ? 0 : imap_literal_keep(imap, size);
	imap->literal_cut = imap->literal_keep < size;
	imap->lex = LEX_LITERAL;
	text_reset(&imap->token);
	return 0;
}

/* Digits and "+" or "-" up to "}"; the token holds them. */
static ssize_t
lex_size(struct imap *imap, const char *bytes)
{
	if (*bytes != '}') {
		if (imap->token.size > 12)
			return imap_dead(
				imap, ERR_FORMAT, "the server sent an illegal literal size");
		return keep(imap, bytes, 1) < 0 ? -1 : 1;
	}
	imap->lex = LEX_SIZE_END;
	return 1;
}

static ssize_t
lex_size_end(struct imap *imap, const char *bytes)
{
	uint64_t size;
	size_t digits = imap->token.size;

	if (*bytes == '\r')
		return 1;
	if (digits > 0 &&
		(imap->token.bytes[digits - 1] == '+' || imap->token.bytes[digits - 1] == '-'))
		digits--;
	if (*bytes != '\n' || parse_number(imap->token.bytes, digits, UINT32_MAX, &size) < 0)
		return imap_dead(imap, ERR_FORMAT, "the server sent an illegal literal size");
	return begin_literal(imap, size) < 0 ? -1 : 1;
}

static int
end_literal(struct imap *imap)
{
	if (!imap->ignore)
		return give(imap, TOKEN_STRING, true);
	imap->lex = LEX_SKIP;
	imap->tail_size = 0;
	imap->literal_cut = false;
	return 0;
}

static ssize_t
lex_literal(struct imap *imap, const char *bytes, size_t size)
{
	size_t n = size < imap->literal_left ? size : (size_t)imap->literal_left;
	size_t kept = n < imap->literal_keep ? n : (size_t)imap->literal_keep;

	text_add_n(&imap->token, bytes, kept);
	imap->literal_keep -= kept;
	imap->literal_left -= n;
	if (imap->literal_left == 0 && end_literal(imap) < 0)
		return -1;
	return (ssize_t)n;
}

static ssize_t
lex_text(struct imap *imap, const char *bytes, size_t size)
{
	const char *end = memchr(bytes, '\n', size);
	size_t n = end ? (size_t)(end - bytes) : size;

	if (n > 0)
		return keep(imap, bytes, n) < 0 ? -1 : (ssize_t)n;
	while (imap->token.size > 0 && imap->token.bytes[imap->token.size - 1] == '\r')
		imap->token.size--;
	return end_line(imap) < 0 ? -1 : 1;
}

/* Whether a skipped line ends in "{12}" or "{12+}"; then a literal follows. */
static bool
tail_announces(const struct imap *imap, uint64_t *size)
{
	const char *tail = imap->tail;
	unsigned end = imap->tail_size, start;

	if (end > 0 && tail[end - 1] == '\r')
		end--;
	if (end == 0 || tail[end - 1] != '}')
		return false;
	end--;
	if (end > 0 && (tail[end - 1] == '+' || tail[end - 1] == '-'))
		end--;
	for (start = end; start > 0 && tail[start - 1] >= '0' && tail[start - 1] <= '9';)
		start--;
	return start > 0 && tail[start - 1] == '{' &&
	       parse_number(tail + start, end - start, UINT32_MAX, size) == 0;
}

static void
remember_tail(struct imap *imap, const char *bytes, size_t size)
{
	size_t take = size < sizeof(imap->tail) ? size : sizeof(imap->tail);
	size_t old = imap->tail_size;

	if (old + take > sizeof(imap->tail)) {
		size_t drop = old + take - sizeof(imap->tail);

		memmove(imap->tail, imap->tail + drop, old - drop);
		old -= drop;
	}
	memcpy(imap->tail + old, bytes + size - take, take);
	imap->tail_size = (unsigned)(old + take);
}

static ssize_t
lex_skip(struct imap *imap, const char *bytes, size_t size)
{
	const char *end = memchr(bytes, '\n', size);
	size_t n = end ? (size_t)(end - bytes) : size;
	uint64_t literal;

	if (n > 0) {
		remember_tail(imap, bytes, n);
		return charge(imap, n) < 0 ? -1 : (ssize_t)n;
	}
	if (tail_announces(imap, &literal))
		return begin_literal(imap, literal) < 0 ? -1 : 1;
	return end_line(imap) < 0 ? -1 : 1;
}

static ssize_t
lex_step(struct imap *imap, const char *bytes, size_t size)
{
	switch (imap->lex) {
	case LEX_BETWEEN:
		return lex_between(imap, bytes);
	case LEX_ATOM:
		return lex_atom(imap, bytes, size);
	case LEX_BRACKET:
		return lex_bracket(imap, bytes, size);
	case LEX_QUOTED:
		return lex_quoted(imap, bytes, size);
	case LEX_ESCAPE:
		return lex_escape(imap, bytes);
	case LEX_SIZE:
		return lex_size(imap, bytes);
	case LEX_SIZE_END:
		return lex_size_end(imap, bytes);
	case LEX_LITERAL:
		return lex_literal(imap, bytes, size);
	case LEX_TEXT:
		return lex_text(imap, bytes, size);
	case LEX_SKIP:
		return lex_skip(imap, bytes, size);
	}
	return -1;
}

static uint64_t
bytes_max(const struct imap *imap)
{
	return imap_oldest(imap, IMAP_FETCH) ? FETCH_BYTES_MAX : BYTES_MAX;
}

int
imap_lex(struct imap *imap, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t taken;

		if (imap->phase == PHASE_TLS)
			return imap_dead(imap, ERR_REFUSED,
				"the server sent data between its STARTTLS answer and the "
				"handshake");
		taken = lex_step(imap, bytes, size);
		if (taken < 0 || imap->phase == PHASE_DEAD)
			return -1;
		bytes += taken;
		size -= (size_t)taken;
		imap->bytes += (uint64_t)taken;
		if (imap->bytes > BYTES_MAX && imap->bytes > bytes_max(imap))
			return imap_dead(imap, ERR_FORMAT, "the server does not stop sending");
	}
	return 0;
}
