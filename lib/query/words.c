#include <string.h>

#include "tree.h"

/* Fields that take one of a few words. */

static const char *
words_of(const struct query_noun *noun, const struct query_field *field)
{
	const struct query_words *one = noun->words;

	while (one != NULL && one->field != NULL && strcmp(one->field, field->name) != 0)
		one++;
	return one == NULL || one->field == NULL ? NULL : one->words;
}

static bool
is_among(const char *words, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = words; at != NULL; at = strchr(at, '|')) {
		at += *at == '|';
		if (strcspn(at, "|") == size && strncasecmp(at, word, size) == 0)
			return true;
	}
	return false;
}

/* "a, b or c" */
static const char *
told(struct arena *arena, const char *words)
{
	const char *text = "", *at = words;

	for (;;) {
		int size = (int)strcspn(at, "|");
		const char *rest = at + size;

		text = arena_printf(arena, "%s%s%.*s", text,
			at == words     ? ""
			: *rest == '\0' ? " or "
					: ", ",
			size, at);
		if (*rest == '\0')
			return text;
		at = rest + 1;
	}
}

int
query_check_word(struct arena *arena, const struct query_noun *noun,
	const struct query_field *field, enum query_op op, const char *written, struct err *err)
{
	const char *words = words_of(noun, field);

	if (words == NULL || (op != QUERY_EQ && op != QUERY_NE) || is_among(words, written))
		return 0;
	return fail_field(err, ERR_USAGE, "where", "expected %s for '%s', not '%s'",
		told(arena, words), field->name, query_shown(arena, written));
}
