#include "tree.h"

#include <string.h>

/* What a list is sorted by, as it was written. */

static int
unknown_sort(struct arena *arena, const struct query_noun *noun, const char *name, struct err *err)
{
	const char *near = query_suggest_field(arena, noun, name);

	if (near != NULL)
		return fail_field(err, ERR_USAGE, "sort",
			"%s cannot be sorted by '%s': did you mean '%s'?", noun->name,
			query_shown(arena, name), near);
	return fail_field(err, ERR_USAGE, "sort", "%s cannot be sorted by '%s'", noun->name,
		query_shown(arena, name));
}

static int
add_sort(const struct query_noun *noun, const struct query_field *field, bool descends,
	struct query_sort *sort, struct err *err)
{
	if (!field->sortable || field->exists != NULL)
		return fail_field(err, ERR_USAGE, "sort", "%s cannot be sorted by '%s'", noun->name,
			field->name);
	if (sort->count == QUERY_SORTS_MAX)
		return fail_field(err, ERR_USAGE, "sort", "a list is sorted by at most %d fields",
			QUERY_SORTS_MAX);
	sort->fields[sort->count] = field;
	sort->descends[sort->count++] = descends;
	return 0;
}

/* Rows with the same values go by id, in the direction of the last field; after the id itself there
 * is nothing left to sort. */
int
query_read_sort(struct arena *arena, const struct query_noun *noun, const char *text,
	struct query_sort *out, struct err *err)
{
	const struct query_field *field;
	const char *end, *word;

	for (; *text != '\0'; text = end + (*end == ',')) {
		end = strchrnul(text, ',');
		word = text_trim(arena, text, (size_t)(end - text));
		out->id_descends = *word == '-';
		word += *word == '-' || *word == '+';
		if (query_same_name(word, "id"))
			return 0;
		field = query_find_field(arena, noun, NULL, word);
		if (field == NULL)
			return unknown_sort(arena, noun, word, err);
		if (add_sort(noun, field, out->id_descends, out, err) < 0)
			return -1;
	}
	return 0;
}
