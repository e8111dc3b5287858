#include "test.h"

#include <string.h>

#include "options.h"

static int
parse(struct options *options, struct err *err, const char *a, const char *b, const char *c)
{
	const char *argv[] = { "liaisond", a, b, c, NULL };
	int argc = 1;

	while (argv[argc] != NULL)
		argc++;
	return options_parse(argc, (char **)(uintptr_t)argv, options, err);
}

static void
runs_without_any_option(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse(&options, &err, NULL, NULL, NULL), 0);
	assert_int_equal(options.action, ACTION_RUN);
	assert_null(options.config);
}

static void
takes_the_configuration_with_a_check(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse(&options, &err, "-c", "x.conf", "--check-config"), 0);
	assert_int_equal(options.action, ACTION_CHECK_CONFIG);
	assert_string_equal(options.config, "x.conf");
	assert_int_equal(parse(&options, &err, "--config=y.conf", NULL, NULL), 0);
	assert_string_equal(options.config, "y.conf");
}

static void
takes_the_file_of_a_restore(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse(&options, &err, "--restore", "old.db", NULL), 0);
	assert_int_equal(options.action, ACTION_RESTORE);
	assert_string_equal(options.backup, "old.db");
}

static void
refuses_a_missing_value(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse(&options, &err, "--check-backup", NULL, NULL), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.message, "--check-backup"));
	assert_int_equal(parse(&options, &err, "-c", NULL, NULL), -1);
}

static void
suggests_for_an_unknown_option(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse(&options, &err, "--check-confg", NULL, NULL), -1);
	assert_non_null(strstr(err.hint, "--check-config"));
	assert_int_equal(parse(&options, &err, "file.conf", NULL, NULL), -1);
}

static void
refuses_two_checks_at_once(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(parse(&options, &err, "--check-config", "--check-sandbox", NULL), -1);
	assert_int_equal(parse(&options, &err, "--check-config=yes", NULL, NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_without_any_option),
		cmocka_unit_test(takes_the_configuration_with_a_check),
		cmocka_unit_test(takes_the_file_of_a_restore),
		cmocka_unit_test(refuses_a_missing_value),
		cmocka_unit_test(suggests_for_an_unknown_option),
		cmocka_unit_test(refuses_two_checks_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
