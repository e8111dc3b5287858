#include "words.h"

#include <stdbool.h>
#include <string.h>

/* One word of the command, read from *at into out, which has room for all of it. */
static int
read_word(const char **at, char *out, struct err *err)
{
	const char *p = *at;
	char quote = '\0';

	for (; *p != '\0' && (quote != '\0' || strchr(" \t", *p) == NULL); p++) {
		if (quote == '\0' && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (quote != '\0' && *p == quote) {
			quote = '\0';
		} else if (*p == '\\' && quote != '\'' && p[1] != '\0' &&
			   (quote == '\0' || p[1] == '"' || p[1] == '\\')) {
			*out++ = *++p;
		} else {
			*out++ = *p;
		}
	}
	if (quote != '\0')
		return fail(err, ERR_CONFIG, "the command ends inside %c quotes", quote);
	*out = '\0';
	*at = p;
	return 0;
}

int
words_split(struct arena *arena, const char *command, char ***out, struct err *err)
{
	char **words = arena_array(arena, WORDS_MAX + 1, sizeof *words);
	size_t count = 0;

	for (const char *p = command + strspn(command, " \t"); *p != '\0'; p += strspn(p, " \t")) {
		if (count == WORDS_MAX)
			return fail(
				err, ERR_CONFIG, "the command has more than %d words", WORDS_MAX);
		words[count] = arena_alloc(arena, strlen(p) + 1);
		if (read_word(&p, words[count++], err) < 0)
			return -1;
	}
	if (count == 0 || words[0][0] == '\0')
		return fail(err, ERR_CONFIG, "the command is empty");
	*out = words;
	return 0;
}
