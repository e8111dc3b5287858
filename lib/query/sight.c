#include "tree.h"

#include <string.h>

/* What conditions and sorts see of rows that are withheld from the viewer. */

const struct query_open *
query_find_open(const struct query_noun *noun, const char *name)
{
	static const struct query_open closed = { 0 };

	for (const struct query_open *o = noun->open; o != NULL && o->name != NULL; o++)
		if (query_same_name(o->name, name))
			return o;
	return &closed;
}

bool
query_is_open(const struct query_noun *noun, const char *name, unsigned level)
{
	return level <= query_find_open(noun, name)->most;
}

bool
query_is_masked(const struct query_sql *sql, const struct query_noun *noun)
{
	return sql->masked && noun != NULL && noun->withheld != NULL;
}

/* A table of one row, the value of an expression over the tables before it. */
void
query_add_from(struct query_sql *sql, const struct query_noun *noun, const char *joined)
{
	const char *where = strstr(joined, " WHERE ");

	if (!query_is_masked(sql, noun)) {
		text_add(&sql->text, joined);
		return;
	}
	text_add_n(&sql->text, joined, where == NULL ? strlen(joined) : (size_t)(where - joined));
	text_add(&sql->text, " JOIN json_each(json_array(");
	text_add(&sql->text, noun->withheld);
	text_add(&sql->text, ")) sight");
	text_add(&sql->text, where == NULL ? "" : where);
}

static const char *
exists_seen(
	const struct query_sql *sql, const struct query_field *field, const struct query_open *open)
{
	if (open->most != QUERY_ALWAYS)
		return arena_printf(
			sql->arena, "%s sight.value <= %u AND", field->exists, open->most);
	return arena_printf(
		sql->arena, "%s (sight.value = 0 OR %s) AND", field->exists, open->only);
}

/* Wrapped like this a text loses its collation, and is folded instead. */
const struct query_field *
query_seen_field(
	const struct query_sql *sql, const struct query_noun *noun, const struct query_field *field)
{
	const struct query_open *open;
	struct query_field *seen;

	if (!query_is_masked(sql, noun))
		return field;
	open = query_find_open(noun, field->name);
	if (open->most == QUERY_ALWAYS && open->only == NULL)
		return field;
	seen = arena_alloc(sql->arena, sizeof *seen);
	*seen = *field;
	if (field->exists != NULL)
		seen->exists = exists_seen(sql, field, open);
	else
		seen->sql = arena_printf(sql->arena, "CASE WHEN sight.value <= %u THEN (%s) END",
			open->most, field->sql);
	return seen;
}
