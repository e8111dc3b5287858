#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "values.h"

/* Parameters by name and by position, against a table of our own. */

static const struct param params[] = {
	{ "contact", PARAM_CONTACT, PARAM_REQUIRED, "who", NULL, NULL },
	{ "note", PARAM_TEXT, PARAM_POSITIONAL, "what", NULL, NULL },
	{ "email", PARAM_EMAIL, PARAM_REPEATS, "address", NULL, NULL },
	{ "kind", PARAM_ENUM, 0, "kind", "call|letter", "call" },
	{ "duration_min", PARAM_MINUTES, 0, "how long", NULL, NULL },
	{ "attempt_failed", PARAM_FLAG, 0, "it failed", NULL, NULL },
	{ "code", PARAM_CODE, 0, "code", NULL, NULL },
	{ "at", PARAM_DATE, 0, "when", NULL, NULL },
	{ "chances", PARAM_PERCENT, 0, "chances", NULL, NULL },
	{ "amount", PARAM_MONEY, 0, "amount", NULL, NULL },
	{ "times", PARAM_INTEGER, 0, "times", NULL, NULL },
	{ "source", PARAM_NAME, 0, "source", NULL, NULL },
	{ "points", PARAM_DECIMAL, 0, "points", NULL, NULL },
	{ "start", PARAM_FORMULA, 0, "start", NULL, NULL },
	{ 0 },
};
static const struct command noted = { .name = "thing.note", .summary = "s", .params = params };
static const struct param many_params[] = {
	{ "segment", PARAM_TEXT, PARAM_REQUIRED, "which", NULL, NULL },
	{ "contact", PARAM_CONTACT, PARAM_REQUIRED | PARAM_REPEATS, "who", NULL, NULL },
	{ 0 },
};
static const struct command many = { .name = "thing.many",
	.summary = "s",
	.params = many_params,
	.traits = COMMAND_LIST | COMMAND_NOUN_EDIT };

struct fixture {
	struct arena *arena;
	struct call_values *values;
	json_t *json;
	struct err err;
};

static int
set_up(void **state)
{
	struct fixture *fixture = mem_zero(1, sizeof *fixture);

	fixture->arena = arena_new();
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	json_decref(fixture->json);
	arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static int
read_params(struct fixture *fixture, const struct command *command, const char *json)
{
	struct value_context context = { fixture->arena, NULL, 1800000000 };

	json_decref(fixture->json);
	fixture->json = json_loads(json, 0, NULL);
	assert_non_null(fixture->json);
	fixture->values = values_new(fixture->arena, command);
	if (json_is_array(fixture->json))
		return values_from_words(
			fixture->values, &context, fixture->json, 0, &fixture->err);
	return values_from_object(fixture->values, &context, fixture->json, &fixture->err);
}

static const struct param_value *
value_of(const struct fixture *fixture, const char *name)
{
	int place = command_param_find(fixture->values->command, name);

	assert_true(place >= 0);
	return &fixture->values->params[place];
}

static const char *
text_of(const struct fixture *fixture, const char *name)
{
	return value_of(fixture, name)->items[0].text;
}

static void
assert_usage(
	struct fixture *fixture, const struct command *command, const char *json, const char *field)
{
	assert_int_equal(read_params(fixture, command, json), -1);
	assert_int_equal(fixture->err.code, ERR_USAGE);
	assert_string_equal(fixture->err.field, field);
}

static void
takes_an_object_and_words_for_the_same(void **state)
{
	static const char *const WAYS[] = {
		("{\"contact\":\"Ada\",\"note\":\"hello\",\"email\":[\"a@x.example\",\"b@x."
		 "example\"],"
		 "\"attempt_failed\":true,\"duration_min\":90}"),
		("[\"Ada\",\"hello\",\"--email\",\"a@x.example\",\"--email=b@x.example\","
		 "\"--attempt-failed\",\"--duration-min\",\"1h30m\"]"),
		("[\"--attempt-failed\",\"--note\",\"hello\",\"--duration-min=90m\",\"--email\","
		 "\"a@x.example\",\"Ada\",\"--email\",\"b@x.example\"]"),
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0]; i++) {
		assert_int_equal(read_params(fixture, &noted, WAYS[i]), 0);
		assert_string_equal(text_of(fixture, "contact"), "Ada");
		assert_string_equal(text_of(fixture, "note"), "hello");
		assert_int_equal(value_of(fixture, "email")->count, 2);
		assert_string_equal(value_of(fixture, "email")->items[1].text, "b@x.example");
		assert_int_equal(value_of(fixture, "attempt_failed")->items[0].number, 1);
		assert_int_equal(value_of(fixture, "duration_min")->items[0].number, 90);
	}
}

static void
fills_defaults_without_calling_them_given(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_params(fixture, &noted, "[\"Ada\"]"), 0);
	assert_string_equal(text_of(fixture, "kind"), "call");
	assert_false(value_of(fixture, "kind")->given);
}

static void
takes_all_remaining_words_for_one_that_repeats(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_params(fixture, &many, "[\"S1\",\"a\",\"b\",\"c\",\"d\",\"e\"]"), 0);
	assert_int_equal(value_of(fixture, "contact")->count, 5);
	assert_string_equal(value_of(fixture, "contact")->items[4].text, "e");
}

static void
ends_options_at_two_dashes(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_params(fixture, &noted, "[\"Ada\",\"--\",\"--kind\"]"), 0);
	assert_string_equal(text_of(fixture, "note"), "--kind");
}

static void
turns_a_flag_off_with_no(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_params(fixture, &noted, "[\"Ada\",\"--no-attempt-failed\"]"), 0);
	assert_true(value_of(fixture, "attempt_failed")->given);
	assert_int_equal(value_of(fixture, "attempt_failed")->items[0].number, 0);
}

static void
clears_by_null_and_by_an_empty_word(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_params(fixture, &noted, "{\"contact\":\"Ada\",\"note\":null}"), 0);
	assert_true(value_of(fixture, "note")->given && value_of(fixture, "note")->null);
	assert_int_equal(read_params(fixture, &noted, "[\"Ada\",\"--note\",\"\"]"), 0);
	assert_true(value_of(fixture, "note")->given && value_of(fixture, "note")->null);
	assert_int_equal(value_of(fixture, "note")->count, 0);
}

static void
replaces_by_an_empty_list(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_params(fixture, &noted, "{\"contact\":\"Ada\",\"email\":[]}"), 0);
	assert_true(value_of(fixture, "email")->given);
	assert_int_equal(value_of(fixture, "email")->count, 0);
}

static void
folds_codes_and_cleans_text(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(
		read_params(fixture, &noted,
			"{\"contact\":\"Ada\",\"code\":\"ab-1\",\"note\":\"a\\u001b[31mb\"}"),
		0);
	assert_string_equal(text_of(fixture, "code"), "AB-1");
	assert_null(strchr(text_of(fixture, "note"), '\033'));
}

static void
reads_decimals_and_date_formulas(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_params(fixture, &noted,
				 "[\"Ada\",\"--points\",\"-2.5\",\"--start\",\"-1y + 2d\"]"),
		0);
	assert_string_equal(text_of(fixture, "points"), "-2.5");
	assert_string_equal(text_of(fixture, "start"), "-1Y+2D");
	assert_int_equal(
		read_params(fixture, &noted, "{\"contact\":\"Ada\",\"points\":0.000001}"), 0);
	assert_string_equal(text_of(fixture, "points"), "0.000001");
	assert_int_equal(
		read_params(fixture, &noted, "{\"contact\":\"Ada\",\"points\":123456789.25}"), 0);
	assert_string_equal(text_of(fixture, "points"), "123456789.250000");
	assert_int_equal(read_params(fixture, &noted, "[\"Ada\",\"--points\",\"1.5000000\"]"), 0);
}

static void
refuses_decimals_that_would_be_rounded(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_params(fixture, &noted, "[\"Ada\",\"--points\",\"1.0000001\"]"), -1);
	assert_string_equal(fixture->err.field, "points");
	assert_int_equal(
		read_params(fixture, &noted, "{\"contact\":\"Ada\",\"points\":1.0000001}"), -1);
	assert_non_null(strstr(fixture->err.message, "'1.0000001'"));
	assert_int_equal(
		read_params(fixture, &noted, "{\"contact\":\"Ada\",\"points\":0.0000001}"), -1);
}

static void
refuses_what_is_not_of_its_type_and_names_the_parameter(void **state)
{
	struct fixture *fixture = *state;

	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"email\":\"nobody\"}", "email");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"kind\":\"cal\"}", "kind");
	assert_usage(
		fixture, &noted, "{\"contact\":\"A\",\"duration_min\":\"5x\"}", "duration_min");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"duration_min\":\"h\"}", "duration_min");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"code\":\"a b\"}", "code");
	assert_usage(
		fixture, &noted, "{\"contact\":\"A\",\"code\":\"123456789012345678901\"}", "code");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"at\":\"2026-13-01\"}", "at");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"chances\":\"101\"}", "chances");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"chances\":-1}", "chances");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"amount\":\"1.2.3\"}", "amount");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"amount\":\"\\u0663\"}", "amount");
	assert_usage(
		fixture, &noted, "{\"contact\":\"A\",\"times\":\"99999999999999999999\"}", "times");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"source\":\"a b\"}", "source");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"points\":\"1e3\"}", "points");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"start\":\"1X\"}", "start");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"start\":\"today\"}", "start");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"attempt_failed\":\"maybe\"}",
		"attempt_failed");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"note\":{}}", "note");
	assert_usage(fixture, &noted, "{\"contact\":\"A\",\"note\":true}", "note");
}

static void
refuses_what_is_too_much_or_too_little(void **state)
{
	struct fixture *fixture = *state;
	char *json = arena_alloc(fixture->arena, 5000);

	assert_usage(fixture, &noted, "{}", "contact");
	assert_usage(fixture, &noted, "{\"contact\":\"\"}", "contact");
	assert_usage(fixture, &noted, "[\"A\",\"b\",\"c\"]", "");
	assert_usage(fixture, &noted, "[\"A\",\"--note\"]", "note");
	assert_usage(fixture, &noted, "[\"A\",\"--note\",\"1\",\"--note\",\"2\"]", "note");
	assert_usage(fixture, &noted, "[\"A\",\"--nope\"]", "nope");
	assert_usage(fixture, &noted, "[\"A\",true]", "");
	memset(json, 'x', 4500);
	memcpy(json, "{\"contact\":\"", 12);
	memcpy(json + 4498, "\"}", 3);
	assert_usage(fixture, &noted, json, "contact");
}

static void
suggests_the_parameter_that_was_meant(void **state)
{
	struct fixture *fixture = *state;

	assert_usage(fixture, &noted, "{\"contct\":\"A\"}", "contct");
	assert_non_null(strstr(fixture->err.hint, "'contact'"));
	assert_usage(fixture, &noted, "[\"A\",\"--durationmin\",\"4\"]", "durationmin");
	assert_non_null(strstr(fixture->err.hint, "'--duration-min'"));
}

static void
brings_the_parameters_of_its_traits(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(
		read_params(fixture, &many,
			"{\"segment\":\"S\",\"contact\":[\"a\"],\"limit\":5,\"if_version\":3}"),
		0);
	assert_int_equal(value_of(fixture, "limit")->items[0].number, 5);
	assert_int_equal(value_of(fixture, "if_version")->items[0].number, 3);
	assert_int_equal(command_param_find(&noted, "limit"), -1);
}

static void
writes_a_usage_line(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(usage_line(fixture->arena, &many),
		"thing many <segment> <contact>… [--where …] [--sort …] [--limit …] [--after …] "
		"[--count]"
		" [--…]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_an_object_and_words_for_the_same),
		cmocka_unit_test(fills_defaults_without_calling_them_given),
		cmocka_unit_test(takes_all_remaining_words_for_one_that_repeats),
		cmocka_unit_test(ends_options_at_two_dashes),
		cmocka_unit_test(turns_a_flag_off_with_no),
		cmocka_unit_test(clears_by_null_and_by_an_empty_word),
		cmocka_unit_test(replaces_by_an_empty_list),
		cmocka_unit_test(folds_codes_and_cleans_text),
		cmocka_unit_test(reads_decimals_and_date_formulas),
		cmocka_unit_test(refuses_decimals_that_would_be_rounded),
		cmocka_unit_test(refuses_what_is_not_of_its_type_and_names_the_parameter),
		cmocka_unit_test(refuses_what_is_too_much_or_too_little),
		cmocka_unit_test(suggests_the_parameter_that_was_meant),
		cmocka_unit_test(brings_the_parameters_of_its_traits),
		cmocka_unit_test(writes_a_usage_line),
	};
	struct CMUnitTest each[sizeof tests / sizeof tests[0]];

	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
		each[i] = tests[i];
		each[i].setup_func = set_up;
		each[i].teardown_func = tear_down;
	}
	return cmocka_run_group_tests_name("values", each, NULL, NULL);
}
