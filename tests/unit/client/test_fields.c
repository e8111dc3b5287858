#include "test.h"

#include <string.h>

#include "fields.h"

/* Which fields --fields may name. */

static const char LIST[] =
	"{\"items\":[{\"no\":\"C1\",\"name\":\"Ada\",\"emails\":[]}],\"next\":null}";

/* The error's hint, or NULL: the fields are right. */
static char *
hint_of(struct arena *arena, const char *fields, const char *result)
{
	json_t *parsed = json_loads(result, 0, NULL);
	json_t *method = json_pack("{s:[s,s]}", "x-columns", "no", "city");
	json_t *error = fields_check(arena, fields, method, parsed);
	const char *hint = json_string_value(
		json_object_get(json_object_get(error, "data"), "hint"));
	char *copy = error == NULL ? NULL : arena_text(arena, hint);

	json_decref(parsed);
	json_decref(method);
	json_decref(error);
	return copy;
}

static void
takes_members_columns_and_paths(void **state)
{
	(void)state;
	struct arena *arena = arena_new();

	assert_null(hint_of(arena, "no,name", LIST));
	assert_null(hint_of(arena, "city", LIST));
	assert_null(hint_of(arena, "emails.email,no,", LIST));
	assert_null(hint_of(arena, "no", "{\"no\":\"C1\"}"));
	assert_null(hint_of(arena, NULL, LIST));
	arena_free(arena);
}

static void
tells_the_fields_there_are(void **state)
{
	(void)state;
	struct arena *arena = arena_new();

	assert_string_equal(hint_of(arena, "no,zzzzzz", LIST), "there are no, name, emails");
	assert_string_equal(
		hint_of(arena, "nmae", LIST), "did you mean 'name'? there are no, name, emails");
	assert_non_null(hint_of(arena, "email", "{\"no\":\"C1\"}"));
	arena_free(arena);
}

static void
does_not_judge_what_has_no_record(void **state)
{
	(void)state;
	struct arena *arena = arena_new();

	assert_null(hint_of(arena, "zzz", "{\"items\":[],\"next\":null}"));
	assert_null(hint_of(arena, "zzz", "[]"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_members_columns_and_paths),
		cmocka_unit_test(tells_the_fields_there_are),
		cmocka_unit_test(does_not_judge_what_has_no_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
