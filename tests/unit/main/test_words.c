#include "test.h"

#include <string.h>

#include "words.h"

/* The words of command joined by '|', or "!" for a refusal. */
static const char *
split(struct arena *arena, const char *command)
{
	char **words, *out = NULL;
	struct err err;

	if (words_split(arena, command, &words, &err) < 0)
		return "!";
	for (; *words != NULL; words++)
		out = out == NULL ? *words : arena_printf(arena, "%s|%s", out, *words);
	return out;
}

static void
splits_commands_by_our_rules(void **state)
{
	static const struct {
		const char *command, *words;
	} rows[] = {
		{ "pass show mail/work", "pass|show|mail/work" },
		{ "  pass \t show  ", "pass|show" },
		{ "a 'b c' \"d e\"", "a|b c|d e" },
		{ "a \"say \\\"hi\\\" \\\\ \\n\"", "a|say \"hi\" \\ \\n" },
		{ "a 'no \\ escape'", "a|no \\ escape" },
		{ "a b\\ c", "a|b c" },
		{ "a pre'quo'ted", "a|prequoted" },
		{ "a '' b", "a||b" },
		{ "echo $HOME `id` ; rm *", "echo|$HOME|`id`|;|rm|*" },
		{ "a \"open", "!" },
		{ "a 'open", "!" },
		{ "", "!" },
		{ "   ", "!" },
		{ "''", "!" },
		{ "a trailing\\", "a|trailing\\" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(split(arena, rows[i].command), rows[i].words);
	arena_free(arena);
}

static void
refuses_more_words_than_it_keeps(void **state)
{
	struct arena *arena = arena_new();
	char command[2 * (WORDS_MAX + 1) + 1];

	(void)state;
	memset(command, 'a', sizeof command - 1);
	for (size_t i = 1; i < sizeof command; i += 2)
		command[i] = ' ';
	command[2 * WORDS_MAX] = '\0';
	assert_string_not_equal(split(arena, command), "!");
	command[2 * WORDS_MAX] = 'b';
	command[2 * WORDS_MAX + 1] = '\0';
	assert_string_equal(split(arena, command), "!");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_commands_by_our_rules),
		cmocka_unit_test(refuses_more_words_than_it_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
