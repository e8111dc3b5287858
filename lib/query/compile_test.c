#include "tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One comparison as SQL, and what is bound. */

struct query_sql
query_sql_begin(const struct store *store, struct arena *arena)
{
	return (struct query_sql){ .arena = arena, .masked = store_viewer(store) != NULL };
}

void
query_sql_clear(struct query_sql *sql)
{
	text_clear(&sql->text);
	free(sql->binds);
	sql->binds = NULL;
	sql->bind_count = sql->bind_room = 0;
}

static struct query_bind *
add_bind(struct query_sql *sql)
{
	if (sql->bind_count == sql->bind_room) {
		sql->bind_room = sql->bind_room * 2 + 16;
		sql->binds = mem_resize(sql->binds, sql->bind_room * sizeof *sql->binds);
	}
	text_add_char(&sql->text, '?');
	sql->binds[sql->bind_count] = (struct query_bind){ .type = BIND_INT };
	return &sql->binds[sql->bind_count++];
}

void
query_bind_int(struct query_sql *sql, int64_t value)
{
	add_bind(sql)->integer = value;
}

void
query_bind_double(struct query_sql *sql, double value)
{
	struct query_bind *bind = add_bind(sql);

	bind->type = BIND_DOUBLE;
	bind->number = value;
}

void
query_bind_text(struct query_sql *sql, const char *value)
{
	struct query_bind *bind = add_bind(sql);

	bind->type = BIND_TEXT;
	bind->text = value;
}

struct stmt *
query_prepare(struct store *store, const struct query_sql *sql)
{
	struct stmt *q = sql_prepare_once(store, sql->text.bytes, sql->text.size);

	for (size_t i = 0; i < sql->bind_count; i++) {
		const struct query_bind *bind = &sql->binds[i];

		if (bind->type == BIND_INT)
			stmt_bind_int(q, bind->integer);
		else if (bind->type == BIND_DOUBLE)
			stmt_bind_double(q, bind->number);
		else
			stmt_bind_text(q, bind->text);
	}
	return q;
}

static void
add(struct query_sql *sql, const char *text)
{
	text_add(&sql->text, text);
}

static bool
is_text(const struct query_field *field)
{
	return field->type == QUERY_TEXT || field->type == QUERY_CONTACT;
}

static bool
ends_in(const char *text, const char *ending)
{
	size_t size = strlen(text), length = strlen(ending);

	return size >= length && strcmp(text + size - length, ending) == 0;
}

/* Such a fragment compares without regard to case already, and an index on it may serve. */
static bool
is_folded(const struct query_field *field)
{
	return ends_in(field->sql, "_fold") || ends_in(field->sql, "COLLATE NOCASE");
}

void
query_add_operand(struct query_sql *sql, const struct query_field *field)
{
	add(sql, is_text(field) && !is_folded(field) ? "fold(" : "(");
	add(sql, field->sql);
	add(sql, ")");
}

static void
add_blank(struct query_sql *sql, const struct query_field *field)
{
	add(sql, "((");
	add(sql, field->sql);
	add(sql, ") IS NULL");
	if (is_text(field)) {
		add(sql, " OR (");
		add(sql, field->sql);
		add(sql, ") = ''");
	}
	add(sql, ")");
}

static bool
is_blank_value(const struct query_field *field, const struct query_value *value)
{
	return is_text(field) && value->text[0] == '\0';
}

static void
bind_value(struct query_sql *sql, const struct query_field *field, const struct query_value *value)
{
	if (is_text(field))
		query_bind_text(sql, value->text);
	else if (value->is_double)
		query_bind_double(sql, value->number);
	else
		query_bind_int(sql, value->low);
}

static void
add_equal(struct query_sql *sql, const struct query_field *field, const struct query_value *value)
{
	if (is_blank_value(field, value)) {
		add_blank(sql, field);
		return;
	}
	if (field->type == QUERY_BOOL) {
		add(sql, "(coalesce((");
		add(sql, field->sql);
		add(sql, "), 0) <> 0) = ");
		query_bind_int(sql, value->low);
		return;
	}
	query_add_operand(sql, field);
	if (value->low == value->high) {
		add(sql, " = ");
		bind_value(sql, field, value);
		return;
	}
	add(sql, " BETWEEN ");
	query_bind_int(sql, value->low);
	add(sql, " AND ");
	query_bind_int(sql, value->high);
}

/* Plain values go into one list; days and blanks are compared one by one. */
static bool
is_plain(const struct query_field *field, const struct query_value *value)
{
	return value->low == value->high && !is_blank_value(field, value);
}

static void
add_plain_list(
	struct query_sql *sql, const struct query_node *node, const struct query_field *field)
{
	const char *before = " IN (";

	query_add_operand(sql, field);
	for (unsigned i = 0; i < node->value_count; i++) {
		if (!is_plain(field, &node->values[i]))
			continue;
		add(sql, before);
		bind_value(sql, field, &node->values[i]);
		before = ", ";
	}
	add(sql, ")");
}

/* The others of a list, as a balanced chain of at most 1,000. */
static void
add_others(struct query_sql *sql, const struct query_field *field,
	const struct query_value **values, unsigned count)
{
	unsigned half = count / 2;

	if (count == 1) {
		add_equal(sql, field, values[0]);
		return;
	}
	add(sql, "(");
	add_others(sql, field, values, half);
	add(sql, " OR ");
	add_others(sql, field, values + half, count - half);
	add(sql, ")");
}

static void
add_list(struct query_sql *sql, const struct query_node *node, const struct query_field *field)
{
	const struct query_value **others = arena_array(
		sql->arena, node->value_count, sizeof *others);
	unsigned count = 0;

	for (unsigned i = 0; i < node->value_count; i++)
		if (!is_plain(field, &node->values[i]))
			others[count++] = &node->values[i];
	if (count < node->value_count)
		add_plain_list(sql, node, field);
	if (count > 0 && count < node->value_count)
		add(sql, " OR ");
	if (count > 0)
		add_others(sql, field, others, count);
}

/* Bytes before the first "*" or "?". */
static size_t
literal_prefix(const char *pattern)
{
	return strcspn(pattern, "*?");
}

/* Where an index may serve, the pattern's beginning is a range of it: from "pra" to before "prb". */
static void
add_glob(struct query_sql *sql, const struct query_field *field, const char *pattern)
{
	size_t prefix = is_folded(field) ? literal_prefix(pattern) : 0;
	char *end;

	if (prefix > 0) {
		end = arena_text_n(sql->arena, pattern, prefix);
		end[prefix - 1]++;
		query_add_operand(sql, field);
		add(sql, " >= ");
		query_bind_text(sql, arena_text_n(sql->arena, pattern, prefix));
		add(sql, " AND ");
		query_add_operand(sql, field);
		add(sql, " < ");
		query_bind_text(sql, end);
		add(sql, " AND ");
	}
	add(sql, "glob_fold(");
	add(sql, field->sql);
	add(sql, ", ");
	query_bind_text(sql, pattern);
	add(sql, ")");
}

/* A day is compared as a whole: before its first second, or after its last. */
static void
add_order(struct query_sql *sql, const struct query_node *node, const struct query_field *field)
{
	struct query_value value = node->values[0];

	if (node->op == QUERY_LE || node->op == QUERY_GT)
		value.low = value.high;
	query_add_operand(sql, field);
	add(sql, " ");
	add(sql, query_op_text(node->op));
	add(sql, " ");
	bind_value(sql, field, &value);
}

/* True, false or NULL; "!=" is told by the caller's "not". */
static void
add_comparison(
	struct query_sql *sql, const struct query_node *node, const struct query_field *field)
{
	switch (node->op) {
	case QUERY_EQ:
	case QUERY_NE:
		if (node->value_count == 1)
			add_equal(sql, field, &node->values[0]);
		else
			add_list(sql, node, field);
		return;
	case QUERY_LT:
	case QUERY_LE:
	case QUERY_GT:
	case QUERY_GE:
		add_order(sql, node, field);
		return;
	case QUERY_GLOB:
		add_glob(sql, field, node->values[0].text);
		return;
	case QUERY_BLANK:
		add_blank(sql, field);
		return;
	}
}

static bool
asks_for_blank(const struct query_node *node)
{
	if (node->op == QUERY_BLANK)
		return true;
	for (unsigned i = 0; i < node->value_count; i++)
		if ((node->op == QUERY_EQ || node->op == QUERY_NE) &&
			is_blank_value(node->field, &node->values[i]))
			return true;
	return false;
}

/* Of many values one must match; blank is to have none that is not. */
static void
add_many(struct query_sql *sql, const struct query_node *node, const struct query_field *field)
{
	if (asks_for_blank(node)) {
		add(sql, "NOT EXISTS (");
		add(sql, field->exists);
		add(sql, " NOT ");
		add_blank(sql, field);
		add(sql, ")");
		if (node->op == QUERY_BLANK || node->value_count == 1)
			return;
		add(sql, " OR ");
	}
	add(sql, "EXISTS (");
	add(sql, field->exists);
	add(sql, " (");
	add_comparison(sql, node, field);
	add(sql, "))");
}

void
query_add_test(struct query_sql *sql, const struct query_node *node)
{
	const struct query_field *field = query_seen_field(sql, node->noun, node->field);

	assert(node->field->sql != NULL);
	if (field->exists != NULL)
		add_many(sql, node, field);
	else
		add_comparison(sql, node, field);
}
