#include "lexer.h"

#include <string.h>

#include "liaison/base/utf8.h"

unsigned
lexer_column(const struct lexer *lexer, size_t at)
{
	return 1 + (unsigned)utf8_count_n(lexer->condition, at);
}

bool
token_is(const struct token *token, const char *keyword)
{
	return token->kind == TOKEN_WORD && text_equal_nocase(token->text, keyword);
}

bool
token_is_value(const struct token *token)
{
	return token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A "!" belongs to a word unless it begins an operator. */
static bool
ends_word(const char *at)
{
	if (*at == '\0' || is_blank(*at))
		return true;
	if (*at == '!')
		return at[1] == '=' || at[1] == '~';
	return strchr("()<>=~,\"'", *at) != NULL;
}

static const struct {
	const char *sign;
	enum query_op op;
	const char *instead; /* what is meant, of a sign other languages have */
} SIGNS[] = {
	{ "<>", QUERY_NE, "!=" },
	{ "==", QUERY_EQ, "=" },
	{ "=~", QUERY_GLOB, "~" },
	{ "!~", QUERY_NE, "not FIELD ~ PATTERN" },
	{ "<=", QUERY_LE, NULL },
	{ ">=", QUERY_GE, NULL },
	{ "!=", QUERY_NE, NULL },
	{ "<", QUERY_LT, NULL },
	{ ">", QUERY_GT, NULL },
	{ "=", QUERY_EQ, NULL },
	{ "~", QUERY_GLOB, NULL },
};

static int
read_sign(struct lexer *lexer, struct token *out, struct err *err)
{
	const char *at = lexer->condition + lexer->at;

	for (size_t i = 0; i < sizeof SIGNS / sizeof SIGNS[0]; i++) {
		if (!text_starts(at, SIGNS[i].sign))
			continue;
		if (SIGNS[i].instead != NULL)
			return fail_field(err, ERR_USAGE, "where",
				"column %u: expected '%s' instead of '%s'",
				lexer_column(lexer, lexer->at), SIGNS[i].instead, SIGNS[i].sign);
		lexer->at += strlen(SIGNS[i].sign);
		out->kind = TOKEN_OP;
		out->op = SIGNS[i].op;
		out->text = SIGNS[i].sign;
		break;
	}
	return 0;
}

/* The closing quote; a quote within is written twice. NULL: there is none. */
static const char *
find_quote(const char *at, char quote)
{
	for (; *at != '\0'; at++) {
		if (*at != quote)
			continue;
		if (at[1] != quote)
			return at;
		at++;
	}
	return NULL;
}

static int
read_quoted(struct lexer *lexer, struct token *out, struct err *err)
{
	const char *at = lexer->condition + lexer->at + 1;
	char quote = at[-1], *to;
	const char *end = find_quote(at, quote);

	if (end == NULL)
		return fail_field(err, ERR_USAGE, "where",
			"column %u: expected a closing %c of the text that begins here",
			lexer_column(lexer, lexer->at), quote);
	to = arena_alloc(lexer->arena, (size_t)(end - at) + 1);
	out->text = to;
	for (; at < end; at++) {
		at += *at == quote;
		*to++ = *at;
	}
	lexer->at = (size_t)(end + 1 - lexer->condition);
	out->kind = TOKEN_QUOTED;
	return 0;
}

static void
read_word(struct lexer *lexer, struct token *out)
{
	const char *begin = lexer->condition + lexer->at, *end = begin;

	while (!ends_word(end))
		end++;
	out->kind = TOKEN_WORD;
	out->text = arena_text_n(lexer->arena, begin, (size_t)(end - begin));
	lexer->at += (size_t)(end - begin);
}

static enum token_kind
punctuation(char c)
{
	switch (c) {
	case '(':
		return TOKEN_OPEN;
	case ')':
		return TOKEN_CLOSE;
	case ',':
		return TOKEN_COMMA;
	default:
		return TOKEN_END;
	}
}

static int
read_token(struct lexer *lexer, struct token *out, struct err *err)
{
	const char *at = lexer->condition + lexer->at;

	if (*at == '\0')
		return 0;
	out->kind = punctuation(*at);
	if (out->kind != TOKEN_END) {
		lexer->at++;
		return 0;
	}
	if (*at == '"' || *at == '\'')
		return read_quoted(lexer, out, err);
	if (ends_word(at))
		return read_sign(lexer, out, err);
	read_word(lexer, out);
	return 0;
}

int
lexer_next(struct lexer *lexer, struct token *out, struct err *err)
{
	while (is_blank(lexer->condition[lexer->at]))
		lexer->at++;
	*out = (struct token){ .kind = TOKEN_END, .at = lexer->at, .text = "" };
	if (read_token(lexer, out, err) < 0)
		return -1;
	out->end = lexer->at;
	return 0;
}
