#define _GNU_SOURCE
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "table.h"

static struct arena *arena;

static char *
table(const char *json, const char *const *columns, size_t count, size_t width)
{
	struct table_style style = { .width = width, .cell = cell_plain };
	json_t *items = json_loads(json, 0, NULL);
	size_t *widths = NULL;
	char *bytes, *out;
	size_t size;
	FILE *file = open_memstream(&bytes, &size);

	assert_non_null(items);
	table_print(file, arena, items, columns, count, &style, true, &widths);
	fclose(file);
	out = arena_text(arena, bytes);
	free(bytes);
	json_decref(items);
	return out;
}

static const char ITEMS[] = "[{\"no\":\"C1\",\"name\":\"Ada\",\"last_seen\":5},{\"no\":\"C22\","
			    "\"name\":\"日本\",\"last_seen\":15}]";

static void
aligns_columns_by_what_a_terminal_shows(void **state)
{
	static const char *const columns[] = { "no", "name", "last_seen" };

	(void)state;
	assert_string_equal(table(ITEMS, columns, 3, 0), "NO   NAME  LAST SEEN\n"
							 "C1   Ada           5\n"
							 "C22  日本         15\n");
}

static void
shrinks_the_widest_column_to_the_terminal(void **state)
{
	static const char *const columns[] = { "a", "b" };
	const char *out = table(
		"[{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxx\",\"b\":\"short\"}]", columns, 2, 20);

	(void)state;
	assert_string_equal(out, "A              B\nxxxxxxxxxxxx…  short\n");
}

static void
shows_members_that_are_missing_as_blank(void **state)
{
	static const char *const columns[] = { "a", "zz" };

	(void)state;
	assert_string_equal(
		table("[{\"a\":\"x\"},{\"a\":null}]", columns, 2, 0), "A  ZZ\nx  \n   \n");
}

static size_t width; /* of the terminal that a record is shown on */
static const char *const *nested;
static size_t nested_count;

static char *
record(const char *json, bool all)
{
	struct table_style style = {
		.width = width, .cell = cell_plain, .nested = nested, .nested_count = nested_count
	};
	json_t *object = json_loads(json, 0, NULL);
	char *bytes, *out;
	size_t size;
	FILE *file = open_memstream(&bytes, &size);

	assert_non_null(object);
	record_print(file, arena, object, all, &style);
	fclose(file);
	out = arena_text(arena, bytes);
	free(bytes);
	json_decref(object);
	return out;
}

static void
shows_a_record_as_aligned_lines(void **state)
{
	(void)state;
	assert_string_equal(
		record("{\"no\":\"C1\",\"job_title\":null,\"name\":\"Ada\",\"l\":[1,2]}", false),
		"no    C1\nname  Ada\nl     1, 2\n");
	assert_string_equal(record("{\"no\":\"C1\",\"b\":{\"at\":null}}", false), "no  C1\n");
	assert_string_equal(
		record("{\"no\":\"C1\",\"job_title\":null}", true), "no         C1\njob_title  \n");
}

static void
shows_lists_in_a_record_as_tables_below(void **state)
{
	(void)state;
	assert_string_equal(record("{\"emails\":[{\"email\":\"a@x\",\"from\":null}],\"no\":\"C1\","
				   "\"sub\":{\"a\":1}}",
				    false),
		"no  C1\nemails\n  EMAIL\n  a@x\nsub\n  a  1\n");
}

static void
shows_a_text_of_several_lines_below_the_rest(void **state)
{
	(void)state;
	assert_string_equal(
		record("{\"text\":\"one\\n\\ntwo\\n\",\"n\":1,\"sub\":{\"a\":1}}", false),
		"n  1\nsub\n  a  1\ntext\n  one\n\n  two\n");
	assert_string_equal(record("{\"text\":\"one\\n\",\"n\":1}", false), "text  one\nn     1\n");
}

static void
wraps_text_at_blanks_within_the_terminal(void **state)
{
	(void)state;
	width = 36;
	assert_string_equal(
		record("{\"snippet\":\"as agreed, the offer is attached to this\",\"text\":\"The "
		       "quick brown fox jumps over the lazy dog\\nend\"}",
			false),
		"snippet  as agreed, the offer is\n         attached to this\n"
		"text\n  The quick brown fox jumps over the\n  lazy dog\n  end\n");
	assert_string_equal(record("{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}", false),
		"a  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n   xxxxxxx\n");
	width = 0;
}

static void
lets_no_control_of_a_heading_through(void **state)
{
	static const char *const columns[] = { "a\033[31m", "b\x7f" };

	(void)state;
	assert_null(strpbrk(table("[{\"x\":1}]", columns, 2, 0), "\033\x7f"));
}

static void
lets_no_control_of_a_text_through(void **state)
{
	char *out = record("{\"text\":\"one\\u001b[2Jtwo\\nthree\\u009b0m\\u202efour\"}", false);

	(void)state;
	assert_non_null(strstr(out, "three"));
	assert_null(strchr(out, 27));
	assert_null(strstr(out, "\xc2\x9b"));
	assert_null(strstr(out, "\xe2\x80\xae"));
}

static void
shows_in_tables_within_a_record_the_columns_that_are_named(void **state)
{
	static const char *const columns[] = { "s.c", "s.a", "s.blank", "other.b" };
	static const char json[] = "{\"s\":[{\"a\":1,\"b\":2,\"c\":3,\"blank\":null}]}";

	(void)state;
	nested = columns;
	nested_count = 4;
	assert_string_equal(record(json, false), "s\n  C  A\n  3  1\n");
	assert_string_equal(record(json, true), "s\n  A  B  C\n  1  2  3\n");
	nested_count = 0;
}

static void
cuts_headings_before_values(void **state)
{
	static const char *const columns[] = { "interactions", "name" };

	(void)state;
	assert_string_equal(
		table("[{\"interactions\":5,\"name\":\"Ada Lovelace\"}]", columns, 2, 22),
		"INTERAC…  NAME\n       5  Ada Lovelace\n");
}

static void
never_cuts_a_time(void **state)
{
	static const char *const columns[] = { "at", "b" };

	(void)state;
	assert_string_equal(table("[{\"at\":\"2026-11-21T08:30:00Z\",\"b\":\"xxxxxxxxxxxxxxx\"}]",
				    columns, 2, 30),
		"AT                    B\n2026-11-21T08:30:00Z  xxxxxxx…\n");
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
		cmocka_unit_test(aligns_columns_by_what_a_terminal_shows),
		cmocka_unit_test(shrinks_the_widest_column_to_the_terminal),
		cmocka_unit_test(shows_members_that_are_missing_as_blank),
		cmocka_unit_test(shows_a_record_as_aligned_lines),
		cmocka_unit_test(shows_lists_in_a_record_as_tables_below),
		cmocka_unit_test(shows_a_text_of_several_lines_below_the_rest),
		cmocka_unit_test(wraps_text_at_blanks_within_the_terminal),
		cmocka_unit_test(lets_no_control_of_a_heading_through),
		cmocka_unit_test(lets_no_control_of_a_text_through),
		cmocka_unit_test(shows_in_tables_within_a_record_the_columns_that_are_named),
		cmocka_unit_test(cuts_headings_before_values),
		cmocka_unit_test(never_cuts_a_time),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
