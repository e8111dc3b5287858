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

static const char SELECT_COUNTRY[] =
	"SELECT code FROM code WHERE kind = 'country' AND text = ? COLLATE NOCASE ORDER BY code";

/* NULL: none has that text in the code table. */
static int
find_by_text(struct store *store, struct arena *arena, const char *text, const char **code,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_COUNTRY);

	*code = NULL;
	stmt_bind_text(q, text);
	return sql_get_text(q, arena, code, err);
}

int
country_settle(struct store *store, struct arena *arena, const char **text, struct err *err)
{
	enum { CODE_MAX = 3 };
	const char *code;

	if (*text == NULL || strlen(*text) <= CODE_MAX)
		return 0;
	if (find_by_text(store, arena, *text, &code, err) < 0)
		return -1;
	if (code == NULL)
		code = country_by_name(arena, *text);
	if (code == NULL) {
		fail_field(err, ERR_USAGE, "country",
			"the country '%.60s' is no code such as 'DE', and none is called so",
			*text);
		return err_hint(err, "code add country CODE '%.60s' says which it is", *text);
	}
	*text = code;
	return 0;
}
