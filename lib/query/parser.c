#include "parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The grammar (see query_grammar), by recursive descent; depth and size are bounded. */

static int parse_or(struct parser *parser, struct query_node **out);

int
parser_advance(struct parser *parser)
{
	return lexer_next(&parser->lexer, &parser->token, parser->err);
}

/* "column 7: expected …", at a token. */
int
parser_wrong(struct parser *parser, const struct token *token, const char *format, ...)
{
	char message[300];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return fail_field(parser->err, ERR_USAGE, "where", "column %u: %s",
		lexer_column(&parser->lexer, token->at), message);
}

const char *
parser_found(struct parser *parser, const struct token *token)
{
	if (token->kind == TOKEN_END)
		return "the end";
	return arena_printf(parser->arena, "'%s'",
		query_shown(parser->arena,
			arena_text_n(parser->arena, parser->lexer.condition + token->at,
				token->end - token->at)));
}

int
parser_count(struct parser *parser, const struct token *token)
{
	if (++parser->terms > QUERY_TERMS_MAX)
		return parser_wrong(parser, token, "expected at most %d terms", QUERY_TERMS_MAX);
	return 0;
}

int
parser_expect(struct parser *parser, enum token_kind kind, const char *what)
{
	if (parser->token.kind != kind)
		return parser_wrong(parser, &parser->token, "expected %s, not %s", what,
			parser_found(parser, &parser->token));
	return parser_advance(parser);
}

struct query_node *
parser_negate(struct arena *arena, const struct query_node *node)
{
	struct query_node *inverse = query_node_new(arena, QUERY_NOT);
	const struct query_node **child = arena_alloc(arena, sizeof *child);

	*child = node;
	query_set_children(inverse, child, 1);
	return inverse;
}

static int
enter(struct parser *parser)
{
	if (++parser->depth > QUERY_DEPTH_MAX)
		return parser_wrong(parser, &parser->token,
			"expected at most %d levels of parentheses", QUERY_DEPTH_MAX);
	return 0;
}

static int
find_relation(struct parser *parser, const struct query_relation **out)
{
	const struct token *token = &parser->token;
	const char *near;

	if (token->kind != TOKEN_WORD)
		return parser_wrong(parser, token, "expected a relation after 'has', not %s",
			parser_found(parser, token));
	for (*out = parser->noun->relations; *out != NULL && (*out)->name != NULL; (*out)++)
		if (query_same_name((*out)->name, token->text))
			return parser_advance(parser);
	near = query_suggest_relation(parser->arena, parser->noun, token->text);
	return parser_wrong(parser, token, "expected a relation of %s, there is no '%s'%s%s%s",
		parser->noun->name, query_shown(parser->arena, token->text),
		near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The condition within has NAME( ): its fields are those of the other noun. */
static int
parse_inner(struct parser *parser, struct query_node *has)
{
	const struct query_noun *outer = parser->noun;
	const struct query_node **child = arena_alloc(parser->arena, sizeof *child);
	struct query_node *inner;

	if (has->relation->noun == NULL)
		return parser_wrong(
			parser, &parser->token, "'%s' takes no condition", has->relation->name);
	if (enter(parser) < 0 || parser_advance(parser) < 0)
		return -1;
	parser->noun = has->relation->noun;
	if (parse_or(parser, &inner) < 0)
		return -1;
	parser->noun = outer;
	parser->depth--;
	*child = inner;
	query_set_children(has, child, 1);
	has->height = 1; /* SQL of its own: to the tree around it a leaf */
	return parser_expect(parser, TOKEN_CLOSE, "'and', 'or' or ')'");
}

static int
parse_has(struct parser *parser, struct query_node **out)
{
	struct query_node *has = query_node_new(parser->arena, QUERY_HAS);
	struct token word = parser->token;

	has->noun = parser->noun;
	if (parser_advance(parser) < 0 || find_relation(parser, &has->relation) < 0 ||
		parser_count(parser, &word) < 0)
		return -1;
	if (++parser->relations > QUERY_RELATIONS_MAX)
		return parser_wrong(parser, &word,
			"expected at most %d relations within each other", QUERY_RELATIONS_MAX);
	if (parser->token.kind == TOKEN_OPEN && parse_inner(parser, has) < 0)
		return -1;
	parser->relations--;
	*out = has;
	return 0;
}

static int
parse_group(struct parser *parser, struct query_node **out)
{
	if (enter(parser) < 0 || parser_advance(parser) < 0 || parse_or(parser, out) < 0)
		return -1;
	parser->depth--;
	return parser_expect(parser, TOKEN_CLOSE, "'and', 'or' or ')'");
}

static int
parse_not(struct parser *parser, struct query_node **out)
{
	struct query_node *inner;

	if (parser->token.kind == TOKEN_OPEN)
		return parse_group(parser, out);
	if (token_is(&parser->token, "has"))
		return parse_has(parser, out);
	if (!token_is(&parser->token, "not"))
		return parser_test(parser, out);
	if (enter(parser) < 0 || parser_advance(parser) < 0 || parse_not(parser, &inner) < 0)
		return -1;
	parser->depth--;
	*out = parser_negate(parser->arena, inner);
	return 0;
}

/* One or more of what next reads, with word between: a node with all of them as children. */
static int
parse_chain(struct parser *parser, const char *word, enum query_kind kind,
	int (*next)(struct parser *parser, struct query_node **out), struct query_node **out)
{
	const struct query_node **children = NULL;
	struct query_node *node = NULL;
	unsigned count = 0, room = 0;

	for (;;) {
		if (next(parser, &node) < 0)
			return -1;
		if (count == room) {
			const struct query_node **more = arena_array(
				parser->arena, room = room * 2 + 2, sizeof *more);

			if (children != NULL)
				memcpy(more, children, count * sizeof *more);
			children = more;
		}
		children[count++] = node;
		if (!token_is(&parser->token, word))
			break;
		if (parser_advance(parser) < 0)
			return -1;
	}
	*out = node;
	if (count == 1)
		return 0;
	*out = query_node_new(parser->arena, kind);
	query_set_children(*out, children, count);
	return 0;
}

static int
parse_and(struct parser *parser, struct query_node **out)
{
	return parse_chain(parser, "and", QUERY_AND, parse_not, out);
}

static int
parse_or(struct parser *parser, struct query_node **out)
{
	return parse_chain(parser, "or", QUERY_OR, parse_and, out);
}

static int
parse_end(struct parser *parser)
{
	const struct token *token = &parser->token;

	if (token->kind == TOKEN_END)
		return 0;
	if (token->kind == TOKEN_CLOSE)
		return parser_wrong(
			parser, token, "expected 'and', 'or' or the end: this ')' closes nothing");
	return parser_wrong(parser, token, "expected 'and', 'or' or the end, not %s%s",
		parser_found(parser, token),
		token_is_value(token) ? " (a value of several words is quoted)" : "");
}

int
query_parse(struct arena *arena, const struct query_noun *noun, const struct query_context *context,
	const char *condition, struct query_node **out, struct err *err)
{
	struct parser parser = { .lexer = { arena, condition, 0 },
		.arena = arena,
		.noun = noun,
		.context = context,
		.err = err };
	size_t size = strlen(condition);
	struct query_node *node;

	if (size > QUERY_TEXT_MAX)
		return fail_field(err, ERR_USAGE, "where",
			"column 1: expected a condition of at most 64 KiB");
	if (!text_is_utf8(condition, size))
		return fail_field(
			err, ERR_USAGE, "where", "column 1: expected a condition in UTF-8");
	if (parser_advance(&parser) < 0 || parse_or(&parser, &node) < 0 || parse_end(&parser) < 0)
		return err_hint(err, "liaison-conditions(7) tells what may be written");
	*out = node;
	return 0;
}
