#include "test.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "liaison/base/user.h"

static struct arena *arena;

static void
believes_the_environment(void **state)
{
	(void)state;
	setenv("HOME", "/home/ada", 1);
	setenv("XDG_RUNTIME_DIR", "/run/ada", 1);
	assert_string_equal(user_home(arena), "/home/ada");
	assert_string_equal(user_runtime(arena), "/run/ada");
}

static void
asks_the_user_database_for_a_home(void **state)
{
	const struct passwd *user = getpwuid(getuid());

	(void)state;
	if (user == NULL)
		skip();
	unsetenv("HOME");
	assert_string_equal(user_home(arena), user->pw_dir);
	setenv("HOME", "not/absolute", 1);
	assert_string_equal(user_home(arena), user->pw_dir);
}

static void
takes_a_runtime_folder_only_where_there_is_one(void **state)
{
	const char *usual = arena_printf(arena, "/run/user/%u", (unsigned)getuid());
	const char *found;

	(void)state;
	unsetenv("XDG_RUNTIME_DIR");
	found = user_runtime(arena);
	if (access(usual, F_OK) == 0)
		assert_string_equal(found, usual);
	else
		assert_null(found);
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
		cmocka_unit_test(believes_the_environment),
		cmocka_unit_test(asks_the_user_database_for_a_home),
		cmocka_unit_test(takes_a_runtime_folder_only_where_there_is_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
