#include "tree.h"

#include <assert.h>
#include <string.h>

/* Conditions as SQL: fragments from the noun's tables, signs and "?", nothing else.
 *
 * SQLite's parser has a stack of 100 entries and an expression may be 1,000 high, so long chains are
 * cut into balanced groups, "not" is moved to the leaves, and a tree that is high is written with
 * "&" and "|": these two have one precedence and group to the left, so that a chain that nests in
 * its first operand needs no parentheses at all. */

enum {
	GROUP = 8, /* operands beside each other before they are grouped */
	PLAIN_HEIGHT =
		6, /* trees up to here are written with AND and OR, which the planner reads */
};

static void
add(struct query_sql *sql, const char *text)
{
	text_add(&sql->text, text);
}

static void add_node(struct query_sql *sql, const struct query_node *node, bool inverse, bool bits);

static const struct query_field *
find_copy(const struct query_relation *relation, const struct query_field *of)
{
	for (const struct query_field *f = relation->copies; f != NULL && f->name != NULL; f++)
		if (query_same_name(f->name, of->name))
			return f;
	return NULL;
}

/* Only of what must be true by itself. */
static void
add_copies(
	struct query_sql *sql, const struct query_relation *relation, const struct query_node *node)
{
	struct query_node copy = *node;

	if (node->kind == QUERY_AND) {
		for (unsigned i = 0; i < node->count; i++)
			add_copies(sql, relation, node->children[i]);
		return;
	}
	if (node->kind != QUERY_TEST || node->op == QUERY_NE || node->op == QUERY_BLANK)
		return;
	copy.field = find_copy(relation, node->field);
	if (copy.field == NULL)
		return;
	add(sql, " AND (");
	query_add_test(sql, &copy);
	add(sql, ")");
}

static void
add_has(struct query_sql *sql, const struct query_node *node)
{
	const struct query_noun *noun = node->noun;
	const struct query_open *open = query_find_open(noun, node->relation->name);
	bool masked = query_is_masked(sql, noun);

	if (masked && open->most != QUERY_ALWAYS)
		text_printf(&sql->text, "sight.value <= %u AND ", open->most);
	add(sql, "EXISTS (SELECT 1 FROM ");
	query_add_from(sql, node->count > 0 ? node->relation->noun : NULL, node->relation->join);
	if (masked && open->only != NULL)
		text_printf(&sql->text, " AND (sight.value = 0 OR %s)", open->only);
	if (node->count > 0) {
		add(sql, " AND (");
		add_node(sql, node->children[0], false, node->children[0]->height > PLAIN_HEIGHT);
		add(sql, ")");
		add_copies(sql, node->relation, node->children[0]);
	}
	add(sql, ")");
}

/* "not" stands at the leaves alone, so that a leaf that is sure makes the whole so. What follows is put
 * in parentheses; false: nothing was added. */
static bool
add_sureness(struct query_sql *sql, const struct query_node *node)
{
	const char *known = NULL;

	if (sql->sure == QUERY_AS_IS || node->kind != QUERY_TEST || node->noun->known == NULL)
		return false;
	known = node->noun->known(sql->arena, node->field);
	if (known == NULL)
		return false;
	add(sql, sql->sure == QUERY_CERTAIN ? "((" : "((NOT (");
	add(sql, known);
	add(sql, sql->sure == QUERY_CERTAIN ? ") AND " : ")) OR ");
	return true;
}

static void
add_leaf(struct query_sql *sql, const struct query_node *node, bool inverse, bool bits)
{
	bool sure = add_sureness(sql, node);

	if (node->kind == QUERY_TEST && node->op == QUERY_NE)
		inverse = !inverse;
	add(sql, "(");
	if (inverse || bits)
		add(sql, "(");
	if (node->kind == QUERY_TEST) {
		query_add_test(sql, node);
	} else if (node->kind == QUERY_HAS) {
		add_has(sql, node);
	} else {
		/* Fragments of ours hold one "?" each, written by hand, and no bind mark of add_bind. */
		const char *mark = strchr(node->sql, '?');

		assert(mark != NULL);
		text_add_n(&sql->text, node->sql, (size_t)(mark - node->sql));
		query_bind_int(sql, node->number);
		add(sql, mark + 1);
	}
	if (inverse || bits)
		add(sql, inverse ? ") IS NOT TRUE" : ") IS TRUE");
	add(sql, sure ? "))" : ")");
}

static const char *
sign(const struct query_node *node, bool inverse, bool bits)
{
	bool all = (node->kind == QUERY_AND) != inverse;

	if (bits)
		return all ? " & " : " | ";
	return all ? " AND " : " OR ";
}

static void
add_grouped(struct query_sql *sql, const struct query_node *node, bool inverse, bool bits)
{
	bool is_leaf = node->height == 1;

	if (!is_leaf)
		add(sql, "(");
	add_node(sql, node, inverse, bits);
	if (!is_leaf)
		add(sql, ")");
}

/* Some of the children of a node, joined by its sign; over GROUP of them in groups of groups. */
static void
add_children(struct query_sql *sql, const struct query_node *node,
	const struct query_node **children, unsigned count, bool inverse, bool bits)
{
	unsigned size = 1;

	while (size * GROUP < count)
		size *= GROUP;
	for (unsigned i = 0; i < count; i += size) {
		unsigned some = count - i < size ? count - i : size;

		if (i > 0)
			add(sql, sign(node, inverse, bits));
		if (some == 1) {
			add_grouped(sql, children[i], inverse, bits);
			continue;
		}
		add(sql, "(");
		add_children(sql, node, children + i, some, inverse, bits);
		add(sql, ")");
	}
}

static unsigned
highest(const struct query_node *node)
{
	unsigned place = 0;

	for (unsigned i = 1; i < node->count; i++)
		if (node->children[i]->height > node->children[place]->height)
			place = i;
	return place;
}

/* The highest child first and without parentheses, then the others in groups. */
static void
add_bits(struct query_sql *sql, const struct query_node *node, bool inverse)
{
	const struct query_node **others = arena_array(sql->arena, node->count, sizeof *others);
	unsigned first = highest(node), count = 0;

	for (unsigned i = 0; i < node->count; i++)
		if (i != first)
			others[count++] = node->children[i];
	add_node(sql, node->children[first], inverse, true);
	if (count == 0)
		return;
	add(sql, sign(node, inverse, true));
	add(sql, "(");
	add_children(sql, node, others, count, inverse, true);
	add(sql, ")");
}

static void
add_node(struct query_sql *sql, const struct query_node *node, bool inverse, bool bits)
{
	switch (node->kind) {
	case QUERY_NOT:
		add_node(sql, node->children[0], !inverse, bits);
		return;
	case QUERY_AND:
	case QUERY_OR:
		if (bits)
			add_bits(sql, node, inverse);
		else
			add_children(sql, node, node->children, node->count, inverse, bits);
		return;
	case QUERY_TEST:
	case QUERY_HAS:
	case QUERY_FIXED:
		add_leaf(sql, node, inverse, bits);
		return;
	}
}

void
query_compile(struct query_sql *sql, const struct query_node *where)
{
	if (where == NULL)
		add(sql, "1");
	else
		add_node(sql, where, false, where->height > PLAIN_HEIGHT);
}
