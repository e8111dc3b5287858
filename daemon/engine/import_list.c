#include "import.h"

#include <string.h>

#include "liaison/base/text.h"

/* Lists within a cell, and what a dry run has seen. */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Up to a sign of ends that no \ stands before, without blanks around it that none stands before; *at is
 * left there. */
static const char *
take(struct arena *arena, const char **at, const char *ends)
{
	char *out = arena_alloc(arena, strlen(*at) + 1), *end = out, *kept = out;

	while (is_blank(**at))
		++*at;
	for (; **at != '\0' && strchr(ends, **at) == NULL; ++*at) {
		bool escaped = **at == '\\' && (*at)[1] != '\0';

		*at += escaped;
		*end++ = **at;
		if (escaped || !is_blank(**at))
			kept = end;
	}
	*kept = '\0';
	return out;
}

static void
take_attribute(struct arena *arena, const char **at, struct list_element *out)
{
	struct list_attribute attribute = { .value = "true" };

	++*at;
	attribute.name = take(arena, at, "=|;");
	if (**at == '=') {
		++*at;
		attribute.value = take(arena, at, "|;");
	}
	if (out->count < LIST_ATTRIBUTES_MAX)
		out->attributes[out->count++] = attribute;
}

bool
list_next(struct arena *arena, const char **at, struct list_element *out)
{
	while (**at != '\0') {
		out->count = 0;
		out->key = take(arena, at, "|;");
		while (**at == '|')
			take_attribute(arena, at, out);
		*at += **at == ';';
		if (out->key[0] != '\0')
			return true;
	}
	return false;
}

const char *
list_attribute(const struct list_element *element, const char *name)
{
	for (unsigned i = 0; i < element->count; i++) {
		if (strcmp(element->attributes[i].name, name) == 0)
			return element->attributes[i].value;
	}
	return NULL;
}
