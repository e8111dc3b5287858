#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "lines.h"

static void
writes_csv_fields_as_rfc_4180_and_safe_from_formulas(void **state)
{
	static const struct {
		const char *text;
		bool is_text;
		const char *field;
	} rows[] = {
		{ "plain", true, "plain" },
		{ "", true, "" },
		{ "a,b", true, "\"a,b\"" },
		{ "say \"hi\"", true, "\"say \"\"hi\"\"\"" },
		{ "two\nlines", true, "\"two\nlines\"" },
		{ " edge", true, "\" edge\"" },
		{ "=SUM(A1)", true, "\"'=SUM(A1)\"" },
		{ "+420 1", true, "\"'+420 1\"" },
		{ "-1", true, "\"'-1\"" },
		{ "@cmd", true, "\"'@cmd\"" },
		{ "\tx", true, "\"'\tx\"" },
		{ "-1", false, "-1" },
		{ "a\033[31mb", true, "a [31mb" },
		{ "gr\xc3\xbc\xc3\x9f", true, "gr\xc3\xbc\xc3\x9f" },
	};
	struct text out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		text_reset(&out);
		text_add(&out, "");
		csv_field(&out, rows[i].text, rows[i].is_text, true);
		assert_string_equal(out.bytes, rows[i].field);
	}
	text_reset(&out);
	csv_field(&out, "a", true, true);
	csv_field(&out, "b", true, false);
	csv_end(&out);
	assert_string_equal(out.bytes, "a,b\r\n");
	text_clear(&out);
}

static void
writes_tsv_fields_on_one_line(void **state)
{
	struct text out = { 0 };

	(void)state;
	tsv_field(&out, "a\tb\nc\\d\re\033", true);
	tsv_field(&out, "x", false);
	assert_string_equal(out.bytes, "a\\tb\\nc\\\\d\\re \tx");
	text_clear(&out);
}

static void
indents_json(void **state)
{
	static const char json[] = "{\"a\":[1,{\"b\":\"x,{}\\\"\"}],\"c\":{},\"d\":[]}";
	struct text out = { 0 };

	(void)state;
	json_indent(&out, json, strlen(json));
	assert_string_equal(out.bytes,
		"{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,{}\\\"\"\n    }\n  ],\n"
		"  \"c\": {},\n  \"d\": []\n}");
	text_reset(&out);
	json_indent(&out, "\"open", 5); /* not JSON: no crash, nothing lost beyond it */
	text_clear(&out);
}

/* The indented text is the same document. */
static void
keeps_the_document_when_it_indents(void **state)
{
	static const char *const documents[] = { "[]", "{}", "1", "\"a:b,c\"",
		"{\"x\":{\"y\":[[],[{}],[1,2,[3]]]},\"z\":\"\\\\\"}", "[\"\\u0007\",null,true]" };
	struct text out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
		json_t *before = json_loads(documents[i], JSON_DECODE_ANY, NULL), *after;

		text_reset(&out);
		json_indent(&out, documents[i], strlen(documents[i]));
		after = json_loads(out.bytes, JSON_DECODE_ANY, NULL);
		assert_non_null(after);
		assert_true(json_equal(before, after));
		json_decref(before);
		json_decref(after);
	}
	text_clear(&out);
}

static char *
cell(const char *json, const struct cell_style *style)
{
	static struct text out;
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	text_reset(&out);
	text_add(&out, "");
	cell_text(&out, value, style);
	json_decref(value);
	return out.bytes;
}

static void
shows_a_value_as_one_piece_of_text(void **state)
{
	(void)state;
	assert_string_equal(cell("null", &cell_plain), "");
	assert_string_equal(cell("\"x\"", &cell_plain), "x");
	assert_string_equal(cell("12", &cell_plain), "12");
	assert_string_equal(cell("12.5", &cell_plain), "12.5");
	assert_string_equal(cell("true", &cell_plain), "yes");
	assert_string_equal(cell("true", &cell_machine), "true");
	assert_string_equal(cell("[1,2]", &cell_plain), "1, 2");
	assert_string_equal(cell("[\"a\",\"b\"]", &cell_machine), "a;b");
	assert_string_equal(
		cell("[{\"kind\":\"work\",\"email\":\"a@x\"},{\"no\":\"C1\"}]", &cell_machine),
		"a@x;C1");
	assert_string_equal(cell("{\"z\":null,\"y\":3}", &cell_plain), "3");
}

static void
shows_times_in_the_zone_of_the_terminal(void **state)
{
	struct cell_style style = cell_plain;
	struct err err;
	struct zone *zone = zone_load("UTC", &err);

	(void)state;
	assert_non_null(zone);
	style.zone = zone;
	assert_string_equal(cell("\"2026-11-20T10:00:00+01:00\"", &style), "2026-11-20 09:00");
	assert_string_equal(
		cell("\"2026-11-20T10:00:00+01:00\"", &cell_plain), "2026-11-20T10:00:00+01:00");
	assert_string_equal(cell("\"not a time, 20 bytes\"", &style), "not a time, 20 bytes");
	zone_free(zone);
}

static void
finds_values_by_dotted_paths(void **state)
{
	json_t *record = json_loads(
		"{\"a\":{\"b\":1},\"l\":[{\"b\":2},{\"c\":3}],\"x.y\":4}", 0, NULL);
	json_t *found;

	(void)state;
	found = cell_find(record, "a.b");
	assert_int_equal(json_integer_value(found), 1);
	json_decref(found);
	found = cell_find(record, "l.b");
	assert_int_equal(json_array_size(found), 1);
	json_decref(found);
	found = cell_find(record, "x.y");
	assert_int_equal(json_integer_value(found), 4);
	json_decref(found);
	assert_null(cell_find(record, "a.none"));
	assert_null(cell_find(record, "none.b"));
	json_decref(record);
}

static void
measures_and_cuts_by_columns_of_a_terminal(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_int_equal(cell_width("abc"), 3);
	assert_int_equal(cell_width("日本"), 4);
	assert_int_equal(cell_width("e\xcc\x81"), 1); /* a combining accent */
	assert_string_equal(cell_cut(arena, "abcdef", 6), "abcdef");
	assert_string_equal(cell_cut(arena, "abcdef", 4), "abc…");
	assert_string_equal(cell_cut(arena, "日本語", 4), "日…");
	assert_string_equal(cell_cut(arena, "日本語", 5), "日本…");
	arena_free(arena);
}

static void
lets_no_control_through_to_a_terminal(void **state)
{
	struct arena *arena = arena_new();
	const char *clean = cell_clean(arena, "a\033]52;c;x\007b\xc2\x9b"
					      "31m\xe2\x80\xae\xff\n");

	(void)state;
	for (const char *p = clean; *p != '\0'; p++)
		assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	assert_null(strstr(clean, "\xc2\x9b"));
	assert_null(strstr(clean, "\xe2\x80\xae"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_csv_fields_as_rfc_4180_and_safe_from_formulas),
		cmocka_unit_test(writes_tsv_fields_on_one_line),
		cmocka_unit_test(indents_json),
		cmocka_unit_test(keeps_the_document_when_it_indents),
		cmocka_unit_test(shows_a_value_as_one_piece_of_text),
		cmocka_unit_test(shows_times_in_the_zone_of_the_terminal),
		cmocka_unit_test(finds_values_by_dotted_paths),
		cmocka_unit_test(measures_and_cuts_by_columns_of_a_terminal),
		cmocka_unit_test(lets_no_control_through_to_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
