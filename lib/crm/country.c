#include "liaison/crm/country.h"

#include <string.h>

#include "liaison/base/text.h"

/* lib/crm/data/countries.txt: CODE|name|name, a country a line. */
extern const char data_crm_countries_txt[];

static bool
is_called(const char *line, size_t size, const char *name, size_t length)
{
	const char *at = memchr(line, '|', size);

	while (at != NULL) {
		const char *begin = at + 1;
		size_t rest = (size_t)(line + size - begin), part;

		at = memchr(begin, '|', rest);
		part = at != NULL ? (size_t)(at - begin) : rest;
		if (part == length && memcmp(begin, name, length) == 0)
			return true;
	}
	return false;
}

const char *
country_by_name(struct arena *arena, const char *name)
{
	enum { CODE_SIZE = 2 };
	const char *folded = text_fold(arena, name), *line = data_crm_countries_txt;
	size_t length = strlen(folded);

	while (*line != '\0') {
		size_t size = strcspn(line, "\n");

		if (line[0] != '#' && is_called(line, size, folded, length))
			return arena_text_n(arena, line, CODE_SIZE);
		line += size + (line[size] == '\n');
	}
	return NULL;
}
