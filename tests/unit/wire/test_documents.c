#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_setting.h"

/* The manual and the example tell of every setting there is. */

static char *
read_document(const char *path)
{
	static char bytes[256 * 1024];
	FILE *file = fopen(path, "r");
	size_t size;

	if (file == NULL) /* not run from the top of the tree */
		return NULL;
	size = fread(bytes, 1, sizeof bytes - 1, file);
	bytes[size] = '\0';
	fclose(file);
	return bytes;
}

/* word stands in text, not as a part of another. */
static bool
has_word(const char *text, const char *word)
{
	static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz-";
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
		char before = at == text ? ' ' : at[-1], after = at[length];

		if (strchr(LETTERS, before) == NULL &&
			(after == '\0' || strchr(LETTERS, after) == NULL))
			return true;
	}
	return false;
}

static void
tells_every_setting(const char *path)
{
	const char *text = read_document(path);

	for (size_t i = 0; text != NULL && i < config_setting_count; i++) {
		if (!has_word(text, config_settings[i].key))
			fail_msg("%s does not tell of '%s'", path, config_settings[i].key);
	}
}

static void
the_manual_tells_every_setting(void **state)
{
	(void)state;
	tells_every_setting("contrib/man/liaison.conf.5");
}

static void
the_example_shows_every_setting(void **state)
{
	(void)state;
	tells_every_setting("contrib/liaison.conf.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_tells_every_setting),
		cmocka_unit_test(the_example_shows_every_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
