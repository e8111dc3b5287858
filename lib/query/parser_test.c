#include "parser.h"

#include <string.h>

/* A test: a field, a sign and a value. */

/* An error about a token that was made without knowing its place. */
static int
place_error(struct parser *parser, const struct token *token)
{
	struct err found = *parser->err;

	fail_field(parser->err, found.code, "where", "column %u: %s",
		lexer_column(&parser->lexer, token->at), found.message);
	memcpy(parser->err->candidates, found.candidates, sizeof found.candidates);
	parser->err->candidate_count = found.candidate_count;
	return -1;
}

/* header(NAME): the name is one word or quoted text, and the field is asked for whole. */
static int
parse_argument(struct parser *parser, const char **name)
{
	struct token argument;

	if (parser_advance(parser) < 0)
		return -1;
	argument = parser->token;
	if (argument.kind != TOKEN_WORD && argument.kind != TOKEN_QUOTED)
		return parser_wrong(parser, &argument, "expected a name, not %s",
			parser_found(parser, &argument));
	*name = arena_printf(parser->arena, "%s(%s)", *name, argument.text);
	if (parser_advance(parser) < 0)
		return -1;
	return parser_expect(parser, TOKEN_CLOSE, "')'");
}

static int
unknown_field(struct parser *parser, const struct token *token, const char *name)
{
	const char *near = query_suggest_field(parser->arena, parser->noun, name);

	if (near != NULL)
		return parser_wrong(parser, token,
			"expected a field of %s, there is no '%s': did you mean '%s'?",
			parser->noun->name, query_shown(parser->arena, name), near);
	return parser_wrong(parser, token, "expected a field of %s, there is no '%s'",
		parser->noun->name, query_shown(parser->arena, name));
}

static int
parse_field(struct parser *parser, const struct query_field **out)
{
	struct token first = parser->token;
	const struct query_context *context = parser->relations ? NULL : parser->context;
	const char *name = first.text;

	if (first.kind != TOKEN_WORD)
		return parser_wrong(parser, &first, "expected a field, 'has', 'not' or '(', not %s",
			parser_found(parser, &first));
	if (parser_advance(parser) < 0)
		return -1;
	if (parser->token.kind == TOKEN_OPEN && parser->token.at == first.end &&
		parse_argument(parser, &name) < 0)
		return -1;
	*out = query_find_field(parser->arena, parser->noun, context, name);
	return *out ? 0 : unknown_field(parser, &first, name);
}

static bool
is_reserved(const struct token *token)
{
	return token_is(token, "and") || token_is(token, "or") || token_is(token, "not") ||
	       token_is(token, "has");
}

static int
parse_value(struct parser *parser, const struct query_field *field, enum query_op op,
	const char *after, struct query_value *out)
{
	struct token token = parser->token;

	if (!token_is_value(&token) || is_reserved(&token))
		return parser_wrong(parser, &token, "expected a value after '%s', not %s%s", after,
			parser_found(parser, &token),
			is_reserved(&token) ? " (quote it if you mean the word)" : "");
	if (parser_count(parser, &token) < 0)
		return -1;
	if (query_read_value(parser->arena, parser->context, field, op, token.text,
		    token.kind == TOKEN_QUOTED, out, parser->err) < 0)
		return place_error(parser, &token);
	if (query_check_word(parser->arena, parser->noun, field, op, token.text, parser->err) < 0)
		return place_error(parser, &token);
	return parser_advance(parser);
}

static int
parse_values(struct parser *parser, struct query_node *node)
{
	struct query_value *values = NULL;
	unsigned room = 0;

	if (parser_expect(parser, TOKEN_OPEN, "'(' after 'in'") < 0)
		return -1;
	do {
		if (node->value_count > 0 && parser_advance(parser) < 0)
			return -1;
		if (node->value_count == room) {
			struct query_value *more = arena_array(
				parser->arena, room = room * 2 + 8, sizeof *more);

			if (values != NULL)
				memcpy(more, values, node->value_count * sizeof *more);
			values = more;
		}
		if (parse_value(parser, node->field, node->op, node->value_count ? "," : "(",
			    &values[node->value_count]) < 0)
			return -1;
		node->value_count++;
	} while (parser->token.kind == TOKEN_COMMA);
	node->values = values;
	return parser_expect(parser, TOKEN_CLOSE, "',' or ')'");
}

/* … is blank, is not blank */
static int
parse_is(struct parser *parser, struct query_node *node, struct query_node **out)
{
	bool inverse = false;

	if (parser_advance(parser) < 0)
		return -1;
	if (token_is(&parser->token, "not")) {
		inverse = true;
		if (parser_advance(parser) < 0)
			return -1;
	}
	if (!token_is(&parser->token, "blank"))
		return parser_wrong(parser, &parser->token, "expected 'blank' after 'is', not %s",
			parser_found(parser, &parser->token));
	node->op = QUERY_BLANK;
	*out = inverse ? parser_negate(parser->arena, node) : node;
	if (parser_count(parser, &parser->token) < 0)
		return -1;
	return parser_advance(parser);
}

static int
parse_op(struct parser *parser, struct query_node *node)
{
	struct token op = parser->token;
	struct query_value *value = arena_alloc(parser->arena, sizeof *value);

	node->op = op.op;
	if (query_check_op(node->field, node->op, parser->err) < 0)
		return place_error(parser, &op);
	if (parser_advance(parser) < 0 ||
		parse_value(parser, node->field, node->op, op.text, value) < 0)
		return -1;
	node->values = value;
	node->value_count = 1;
	return 0;
}

static int
parse_in(struct parser *parser, struct query_node *node, enum query_op op)
{
	node->op = op;
	if (node->field->type == QUERY_BOOL)
		return parser_wrong(parser, &parser->token,
			"'%s' is yes or no, expected = or !=", node->field->name);
	if (parser_advance(parser) < 0)
		return -1;
	return parse_values(parser, node);
}

static int
parse_not_in(struct parser *parser, struct query_node *node)
{
	if (parser_advance(parser) < 0)
		return -1;
	if (!token_is(&parser->token, "in"))
		return parser_wrong(parser, &parser->token, "expected 'in' after 'not', not %s",
			parser_found(parser, &parser->token));
	return parse_in(parser, node, QUERY_NE);
}

/* A field that is yes or no may stand alone. */
static int
parse_alone(struct parser *parser, struct query_node *node)
{
	struct query_value *value = arena_alloc(parser->arena, sizeof *value);

	if (node->field->type != QUERY_BOOL)
		return parser_wrong(parser, &parser->token,
			"expected = != < <= > >= ~ 'in' or 'is blank' after '%s', "
			"not %s",
			node->field->name, parser_found(parser, &parser->token));
	*value = (struct query_value){ .written = "yes", .low = 1, .high = 1 };
	node->op = QUERY_EQ;
	node->values = value;
	node->value_count = 1;
	return parser_count(parser, &parser->token);
}

int
parser_test(struct parser *parser, struct query_node **out)
{
	struct query_node *node = query_node_new(parser->arena, QUERY_TEST);

	node->noun = parser->noun;
	if (parse_field(parser, &node->field) < 0)
		return -1;
	*out = node;
	if (parser->token.kind == TOKEN_OP)
		return parse_op(parser, node);
	if (token_is(&parser->token, "in"))
		return parse_in(parser, node, QUERY_EQ);
	if (token_is(&parser->token, "not"))
		return parse_not_in(parser, node);
	if (token_is(&parser->token, "is"))
		return parse_is(parser, node, out);
	return parse_alone(parser, node);
}
