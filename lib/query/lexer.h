#ifndef LIAISON_QUERY_LEXER_H
#define LIAISON_QUERY_LEXER_H

#include "tree.h"

/* Words, quoted texts and signs of a condition. */

enum token_kind {
	TOKEN_END,
	TOKEN_WORD, /* bare */
	TOKEN_QUOTED,
	TOKEN_OP,
	TOKEN_OPEN, /* ( */
	TOKEN_CLOSE, /* ) */
	TOKEN_COMMA,
};

struct token {
	enum token_kind kind;
	size_t at; /* byte it begins at */
	size_t end; /* byte after it */
	const char *text; /* arena: of a word, of a quoted text without its quotes, as written */
	enum query_op op;
};

struct lexer {
	struct arena *arena;
	const char *condition;
	size_t at;
};

/* ERR_USAGE with the column. */
int lexer_next(struct lexer *lexer, struct token *out, struct err *err);
/* Column, in characters from 1, of a byte. */
unsigned lexer_column(const struct lexer *lexer, size_t at);
bool token_is_value(const struct token *token); /* a word or a quoted text */
bool token_is(const struct token *token, const char *keyword);

#endif
