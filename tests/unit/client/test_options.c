#include "test.h"

#include <string.h>

#include "liaison/base/text.h"
#include "options.h"

static struct arena *arena;

/* line is split at blanks; "" for a result that is an error. */
static int
parse(const char *line, struct options *options, struct err *err)
{
	char **argv = arena_array(arena, strlen(line) + 2, sizeof *argv);
	char *at = arena_text(arena, line);
	int argc = 0;

	argv[argc++] = arena_text(arena, "liaison");
	while (*at != '\0') {
		char *end = at + strcspn(at, " ");
		bool last = *end == '\0';

		*end = '\0';
		argv[argc++] = at;
		at = last ? end : end + 1;
	}
	return options_parse(arena, argc, argv, options, err);
}

static const char *
words_of(const struct options *options)
{
	const char *out = "";

	for (size_t i = 0; i < options->count; i++)
		out = arena_printf(arena, "%s%s%s", out, i > 0 ? " " : "", options->words[i]);
	return out;
}

static void
takes_its_own_options_wherever_they_stand(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(
		parse("contact --json list -y --where a=b --socket /s -n", &options, &err), 0);
	assert_string_equal(words_of(&options), "contact list --where a=b");
	assert_int_equal(options.format, FORMAT_JSON);
	assert_true(options.yes && options.dry_run);
	assert_string_equal(options.socket, "/s");
	assert_int_equal(parse("--format=csv --color never x --fields no,name", &options, &err), 0);
	assert_int_equal(options.format, FORMAT_CSV);
	assert_int_equal(options.color, COLOR_NEVER);
	assert_string_equal(options.fields, "no,name");
	assert_string_equal(words_of(&options), "x");
}

static void
takes_letters_together_and_hosts(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse("-qyn -H ada@host status", &options, &err), 0);
	assert_true(options.quiet && options.yes && options.dry_run);
	assert_string_equal(options.host, "ada@host");
	assert_int_equal(parse("-Hhost status", &options, &err), 0);
	assert_string_equal(options.host, "host");
}

static void
leaves_what_it_does_not_know_to_the_daemon(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse("a - -5 -x -yz --note=-n --jsonx", &options, &err), 0);
	assert_string_equal(words_of(&options), "a - -5 -x -yz --note=-n --jsonx");
	assert_false(options.yes);
}

static void
takes_nothing_after_two_dashes(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse("contact note C1 -- --json -y", &options, &err), 0);
	assert_string_equal(words_of(&options), "contact note C1 -- --json -y");
	assert_int_equal(options.format, FORMAT_TABLE);
}

static void
notices_when_the_words_say_how_much(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	parse("contact list", &options, &err);
	assert_false(options.limited);
	parse("contact list --limit 5", &options, &err);
	assert_true(options.limited);
	parse("contact list --after=x", &options, &err);
	assert_true(options.limited);
	parse("contact list --limits 5", &options, &err);
	assert_false(options.limited);
}

static void
refuses_wrong_values_of_its_own(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse("x --json --format xml", &options, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(options.format, FORMAT_JSON); /* so that the error is told as JSON */
	assert_int_equal(parse("x --socket", &options, &err), -1);
	assert_int_equal(parse("x --json=yes", &options, &err), -1);
	assert_int_equal(parse("x \xff", &options, &err), -1);
}

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_its_own_options_wherever_they_stand),
		cmocka_unit_test(takes_letters_together_and_hosts),
		cmocka_unit_test(leaves_what_it_does_not_know_to_the_daemon),
		cmocka_unit_test(takes_nothing_after_two_dashes),
		cmocka_unit_test(notices_when_the_words_say_how_much),
		cmocka_unit_test(refuses_wrong_values_of_its_own),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
