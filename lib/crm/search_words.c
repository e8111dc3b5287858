#include "search_words.h"

#include <stdbool.h>
#include <string.h>

#include "liaison/base/text.h"

enum { TERMS_MAX = 64, WORDS_BYTES_MAX = 4000 };

struct term {
	const char *column; /* NULL: any */
	const char *start;
	size_t size;
	bool prefix;
};

/* What people write before the colon, and the column of the index that is meant. */
static const struct {
	const char *word, *column;
} columns[] = {
	{ "subject:", "subject" },
	{ "body:", "body" },
	{ "text:", "body" },
	{ "note:", "body" },
	{ "parties:", "parties" },
};

static const char *
take_column(const char **at)
{
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		size_t size = strlen(columns[i].word);

		if (strncasecmp(*at, columns[i].word, size) == 0) {
			*at += size;
			return columns[i].column;
		}
	}
	return NULL;
}

/* A phrase up to its closing quote, or to the end; or a word up to a blank or a quote. */
static struct term
take_term(const char **at)
{
	struct term term = { .column = take_column(at) };

	if (**at == '"') {
		(*at)++;
		term.start = *at;
		term.size = strcspn(*at, "\"");
		*at += term.size;
		if (**at == '"')
			(*at)++;
		term.prefix = **at == '*';
		*at += term.prefix;
		return term;
	}
	term.start = *at;
	term.size = strcspn(*at, " \t\r\n\"");
	*at += term.size;
	while (term.size > 0 && term.start[term.size - 1] == '*') {
		term.prefix = true;
		term.size--;
	}
	return term;
}

/* A letter, a digit or a byte of a character beyond ASCII: something the tokenizer keeps. */
static bool
has_substance(const struct term *term)
{
	for (size_t i = 0; i < term->size; i++) {
		unsigned char c = (unsigned char)term->start[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			c >= 0x80)
			return true;
	}
	return false;
}

/* Quotes cannot stand in a term: they end it. */
static void
add_term(struct text *match, const struct term *term)
{
	if (match->size > 0)
		text_add_char(match, ' ');
	if (term->column != NULL)
		text_printf(match, "%s : ", term->column);
	text_add_char(match, '"');
	text_add_n(match, term->start, term->size);
	text_add_char(match, '"');
	if (term->prefix)
		text_add_char(match, '*');
}

int
search_words(struct arena *arena, const char *words, const char **match, struct err *err)
{
	struct text built = { 0 };
	unsigned count = 0;

	if (strlen(words) > WORDS_BYTES_MAX)
		return fail_field(err, ERR_USAGE, "text", "the search is longer than %d bytes",
			WORDS_BYTES_MAX);
	for (const char *at = words; *(at += strspn(at, " \t\r\n")) != '\0';) {
		struct term term = take_term(&at);

		if (has_substance(&term) && ++count <= TERMS_MAX)
			add_term(&built, &term);
	}
	*match = arena_text(arena, built.bytes);
	text_clear(&built);
	if (count > TERMS_MAX)
		return fail_field(
			err, ERR_USAGE, "text", "the search has over %d words", TERMS_MAX);
	if (count == 0)
		return fail_field(
			err, ERR_USAGE, "text", "there is no word to search for in '%.60s'", words);
	return 0;
}
