#ifndef LIAISON_QUERY_PARSER_H
#define LIAISON_QUERY_PARSER_H

#include "lexer.h"

/* What the two halves of the parser share: parser.c has the words between tests, parser_test.c a
 * test. */

struct parser {
	struct lexer lexer;
	struct arena *arena;
	const struct query_noun *noun; /* whose fields are meant: changes within has */
	const struct query_context *context; /* find_field is of the outermost noun only */
	struct token token; /* the next one */
	unsigned depth, terms, relations;
	struct err *err;
};

/* Reads the next token. */
int parser_advance(struct parser *parser);
/* "column 7: expected ...", at a token. */
int parser_wrong(struct parser *parser, const struct token *token, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A token as a message names it. */
const char *parser_found(struct parser *parser, const struct token *token);
int parser_count(struct parser *parser, const struct token *token);
/* Takes a token of that kind. */
int parser_expect(struct parser *parser, enum token_kind kind, const char *what);
struct query_node *parser_negate(struct arena *arena, const struct query_node *node);
/* A field and what is asked of it. */
int parser_test(struct parser *parser, struct query_node **out);

#endif
