#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/wire/json.h"

static struct text text;
static struct json_out out;

static int
set_up(void **state)
{
	(void)state;
	json_out_init(&out, &text);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	text_clear(&text);
	return 0;
}

static void
writes_a_record(void **state)
{
	(void)state;
	json_object_begin(&out, NULL);
	json_text(&out, "no", "C00001");
	json_text(&out, "city", NULL);
	json_int(&out, "id", INT64_MIN);
	json_array_begin(&out, "emails");
	json_object_begin(&out, NULL);
	json_bool(&out, "primary", true);
	json_object_end(&out);
	json_int(&out, NULL, 0);
	json_array_begin(&out, NULL);
	json_array_end(&out);
	json_array_end(&out);
	json_object_begin(&out, "empty");
	json_object_end(&out);
	json_null_(&out, "nothing");
	json_time(&out, "at", 1795246200, 60);
	json_money(&out, "cost", -5, 2);
	json_raw(&out, "raw", "[1]", 3);
	json_bool(&out, "last", false);
	json_object_end(&out);
	assert_string_equal(text.bytes,
		"{\"no\":\"C00001\",\"city\":null,\"id\":-9223372036854775808,"
		"\"emails\":[{\"primary\":true},0,[]],\"empty\":{},\"nothing\":null,"
		"\"at\":\"2026-11-21T08:30:00+01:00\",\"cost\":\"-0.05\",\"raw\":[1],\"last\":"
		"false}");
	assert_int_equal(out.depth, 0);
}

static void
expect_text(const char *value, size_t size, const char *wanted)
{
	text_reset(&text);
	json_out_init(&out, &text);
	json_text_n(&out, NULL, value, size);
	assert_string_equal(text.bytes, wanted);
}

static void
escapes_what_must_not_be_raw(void **state)
{
	static const char *const CASES[][2] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
		{ "\xc2\x85\xc2\x9b", "\"\\u0085\\u009b\"" },
		{ "\xc2\xa0", "\"\xc2\xa0\"" },
		{ "\xe2\x80\xae", "\"\\u202e\"" },
		{ "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"" },
		{ "\xe2\x80\x8e\xe2\x80\x8f", "\"\\u200e\\u200f\"" },
		{ "\xe2\x81\xa6\xe2\x81\xa9", "\"\\u2066\\u2069\"" },
		{ "\xd8\x9c", "\"\\u061c\"" },
		{ "\xd8\x9b", "\"\xd8\x9b\"" },
		{ "\xe2\x82\xac", "\"\xe2\x82\xac\"" },
		{ "grün\n", "\"grün\\n\"" },
		{ "/", "\"/\"" },
		{ "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
		expect_text(CASES[i][0], strlen(CASES[i][0]), CASES[i][1]);
	expect_text("a\0b", 3, "\"a\\u0000b\"");
}

static void
stays_json_over_broken_utf8(void **state)
{
	json_t *root;

	(void)state;
	expect_text("a\xff\"\n", 4, "\"a\xef\xbf\xbd\\\"\\n\"");
	expect_text("\xc2", 1, "\"\xef\xbf\xbd\"");
	srand(37);
	for (int round = 0; round < 20000; round++) {
		char bytes[30];
		size_t size = (size_t)rand() % sizeof bytes;

		for (size_t i = 0; i < size; i++)
			bytes[i] = (char)rand();
		text_reset(&text);
		json_out_init(&out, &text);
		json_array_begin(&out, NULL);
		json_text_n(&out, NULL, bytes, size);
		json_array_end(&out);
		root = json_loadb(text.bytes, text.size, JSON_ALLOW_NUL, NULL);
		assert_non_null(root);
		if (text_is_utf8(bytes, size)) {
			json_t *first = json_array_get(root, 0);

			assert_int_equal(json_string_length(first), size);
			assert_memory_equal(json_string_value(first), bytes, size);
		}
		json_decref(root);
	}
}

static void
writes_the_shortest_number(void **state)
{
	static const struct {
		double value;
		const char *wanted;
	} CASES[] = { { 0, "0" }, { 1, "1" }, { -2, "-2" }, { 0.1, "0.1" }, { 12.5, "12.5" },
		{ 1.0 / 3, "0.3333333333333333" }, { 1e300, "1e+300" },
		{ 5e-324, "4.94065645841247e-324" }, { 123456789012345.0, "123456789012345" },
		{ 0.30000000000000004, "0.30000000000000004" }, { NAN, "null" },
		{ INFINITY, "null" } };

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		text_reset(&text);
		json_out_init(&out, &text);
		json_double(&out, NULL, CASES[i].value);
		assert_string_equal(text.bytes, CASES[i].wanted);
		if (isfinite(CASES[i].value))
			assert_true(strtod(text.bytes, NULL) == CASES[i].value);
	}
}

static void
writes_money_as_a_decimal_string(void **state)
{
	static const struct {
		int64_t minor;
		int exponent;
		const char *wanted;
	} CASES[] = { { 1250, 2, "\"12.50\"" }, { 0, 2, "\"0.00\"" }, { -1, 3, "\"-0.001\"" },
		{ 12, 0, "\"12\"" }, { -100, 2, "\"-1.00\"" },
		{ INT64_MIN, 2, "\"-92233720368547758.08\"" } };

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		text_reset(&text);
		json_out_init(&out, &text);
		json_money(&out, NULL, CASES[i].minor, CASES[i].exponent);
		assert_string_equal(text.bytes, CASES[i].wanted);
	}
}

static void
refuses_lines_over_its_limits(void **state)
{
	static const char *const BAD[] = { "", "{", "{}x", "{} {}", "nonsense", "{\"a\":1,\"a\":2}",
		"{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}", "{\"a\":1e999}",
		"{\"a\":99999999999999999999}", "{\"a\":\"\\ud800\"}", "{\"a\":'b'}", "{\"a\":01}",
		"{\"a\":\"\n\"}", "{'a':1}", "[1,]", "{\"a\" 1}" };
	struct err err;
	json_t *root;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		if (json_line_parse(BAD[i], strlen(BAD[i]), &root, &err) == 0)
			fail_msg("'%s' is taken", BAD[i]);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

static void
refuses_lines_too_long_or_too_deep(void **state)
{
	static const char QUOTED[] = "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"]";
	char *line = malloc(JSON_LINE_MAX + 2);
	struct err err;
	json_t *root;

	(void)state;
	memset(line, ' ', JSON_LINE_MAX + 1);
	memcpy(line, "{}", 2);
	assert_int_equal(json_line_parse(line, JSON_LINE_MAX + 1, &root, &err), -1);
	assert_int_equal(json_line_parse(line, JSON_LINE_MAX, &root, &err), 0);
	json_decref(root);
	memset(line, '[', 33);
	memset(line + 33, ']', 33);
	assert_int_equal(json_line_parse(line, 66, &root, &err), -1);
	assert_non_null(strstr(err.message, "nested"));
	assert_int_equal(json_line_parse(line + 1, 64, &root, &err), 0);
	json_decref(root);
	line[0] = '[';
	for (size_t i = 0; i < JSON_NESTED_MAX; i++)
		memcpy(line + 1 + 3 * i, "{},", 3);
	line[3 * JSON_NESTED_MAX] = ']';
	assert_int_equal(json_line_parse(line, 3 * JSON_NESTED_MAX + 1, &root, &err), -1);
	assert_non_null(strstr(err.message, "lists and objects"));
	memcpy(line + 1, " 1,", 3);
	assert_int_equal(json_line_parse(line, 3 * JSON_NESTED_MAX + 1, &root, &err), 0);
	json_decref(root);
	memset(line, '[', JSON_LINE_MAX);
	assert_int_equal(json_line_parse(line, JSON_LINE_MAX, &root, &err), -1);
	assert_int_equal(json_line_parse(QUOTED, sizeof QUOTED - 1, &root, &err), 0);
	json_decref(root);
	free(line);
}

static void
copies_a_tree(void **state)
{
	static const char LINE[] =
		"{\"a\":[1,-2.5,true,false,null,\"x\\u001b\"],\"b\\n\":{\"c\":{}},\"d\":[]}";
	json_t *root;

	(void)state;
	assert_int_equal(json_line_parse(LINE, sizeof LINE - 1, &root, NULL), 0);
	json_value(&out, NULL, root);
	assert_string_equal(text.bytes, LINE);
	json_decref(root);
}

static void
keeps_a_document_apart_from_another(void **state)
{
	struct arena *arena = arena_new();
	struct json_doc one, other;
	const char *first = NULL, *second = NULL;

	(void)state;
	json_doc_begin(&one);
	json_doc_begin(&other);
	json_object_begin(&one.out, NULL);
	json_text(&other.out, NULL, "x");
	json_text(&one.out, "name", "y");
	json_object_end(&one.out);
	assert_int_equal(json_doc_end(&one, arena, 0, &first), 0);
	assert_int_equal(json_doc_end(&other, arena, -1, &second), -1);
	assert_string_equal(first, "{\"name\":\"y\"}");
	assert_null(second);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_a_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(escapes_what_must_not_be_raw, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stays_json_over_broken_utf8, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writes_the_shortest_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			writes_money_as_a_decimal_string, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_lines_over_its_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			refuses_lines_too_long_or_too_deep, set_up, tear_down),
		cmocka_unit_test_setup_teardown(copies_a_tree, set_up, tear_down),
		cmocka_unit_test(keeps_a_document_apart_from_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
