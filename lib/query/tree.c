#include "tree.h"

#include <string.h>

/* Building and naming. */

struct query_node *
query_node_new(struct arena *arena, enum query_kind kind)
{
	struct query_node *node = arena_alloc(arena, sizeof *node);

	node->kind = kind;
	node->height = 1;
	return node;
}

void
query_set_children(struct query_node *node, const struct query_node **children, unsigned count)
{
	node->children = children;
	node->count = count;
	node->height = 1;
	for (unsigned i = 0; i < count; i++)
		if (children[i]->height >= node->height)
			node->height = children[i]->height + 1;
}

/* A chain of the same word becomes one node with many children. */
static struct query_node *
join(struct arena *arena, enum query_kind kind, struct query_node *a, struct query_node *b)
{
	struct query_node *both[2] = { a, b }, *node;
	const struct query_node **children;
	unsigned count = 0;

	if (a == NULL || b == NULL)
		return a ? a : b;
	for (int i = 0; i < 2; i++)
		count += both[i]->kind == kind ? both[i]->count : 1;
	children = arena_array(arena, count, sizeof *children);
	count = 0;
	for (int i = 0; i < 2; i++) {
		if (both[i]->kind != kind)
			children[count++] = both[i];
		else
			for (unsigned j = 0; j < both[i]->count; j++)
				children[count++] = both[i]->children[j];
	}
	node = query_node_new(arena, kind);
	query_set_children(node, children, count);
	return node;
}

struct query_node *
query_and(struct arena *arena, struct query_node *a, struct query_node *b)
{
	return join(arena, QUERY_AND, a, b);
}

struct query_node *
query_or(struct arena *arena, struct query_node *a, struct query_node *b)
{
	/* "All, or those": all. */
	if (a == NULL || b == NULL)
		return NULL;
	return join(arena, QUERY_OR, a, b);
}

struct query_node *
query_fixed(struct arena *arena, const char *sql, int64_t value)
{
	struct query_node *node = query_node_new(arena, QUERY_FIXED);

	node->sql = sql;
	node->number = value;
	return node;
}

int
query_compare(struct arena *arena, const struct query_noun *noun,
	const struct query_context *context, const char *field, enum query_op op, const char *value,
	struct query_node **out, struct err *err)
{
	struct query_node *node = query_node_new(arena, QUERY_TEST);
	struct query_value *read = arena_alloc(arena, sizeof *read);

	node->noun = noun;
	node->field = query_find_field(arena, noun, context, field);
	node->op = op;
	if (node->field == NULL)
		return fail(err, ERR_USAGE, "%s has no field '%s'", noun->name,
			query_shown(arena, field));
	if (query_check_op(node->field, op, err) < 0)
		return -1;
	if (op != QUERY_BLANK) {
		if (query_read_value(arena, context, node->field, op, value, false, read, err) <
				0 ||
			query_check_word(arena, noun, node->field, op, value, err) < 0)
			return -1;
		node->values = read;
		node->value_count = 1;
	}
	*out = node;
	return 0;
}

static char
name_letter(char c)
{
	if (c == '-')
		return '_';
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

bool
query_same_name(const char *a, const char *b)
{
	while (*a != '\0' && name_letter(*a) == name_letter(*b)) {
		a++;
		b++;
	}
	return *a == '\0' && *b == '\0';
}

const struct query_field *
query_find_field(struct arena *arena, const struct query_noun *noun,
	const struct query_context *context, const char *name)
{
	const struct query_field *made;

	for (const struct query_field *field = noun->fields; field != NULL && field->name != NULL;
		field++)
		if (query_same_name(field->name, name))
			return field;
	made = noun->find == NULL ? NULL : noun->find(arena, name);
	if (made != NULL)
		return made;
	if (context == NULL || context->find_field == NULL)
		return NULL;
	return context->find_field(context->data, name);
}

/* Suggestions go by the spelling with "_". */
static const char *
plain_name(struct arena *arena, const char *name)
{
	char *plain = arena_text(arena, name);

	for (char *c = plain; *c != '\0'; c++)
		*c = name_letter(*c);
	return plain;
}

const char *
query_suggest_field(struct arena *arena, const struct query_noun *noun, const char *name)
{
	const char **names;
	size_t count = 0;

	while (noun->fields[count].name != NULL)
		count++;
	names = arena_array(arena, count + 1, sizeof *names);
	for (size_t i = 0; i < count; i++)
		names[i] = noun->fields[i].name;
	return text_suggest(plain_name(arena, name), names, count);
}

const char *
query_suggest_relation(struct arena *arena, const struct query_noun *noun, const char *name)
{
	const char **names;
	size_t count = 0;

	if (noun->relations == NULL)
		return NULL;
	while (noun->relations[count].name != NULL)
		count++;
	names = arena_array(arena, count + 1, sizeof *names);
	for (size_t i = 0; i < count; i++)
		names[i] = noun->relations[i].name;
	return text_suggest(name, names, count);
}

const char *
query_shown(struct arena *arena, const char *word)
{
	return text_escape(arena, word, strlen(word), 60);
}
