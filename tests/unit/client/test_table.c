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

static char *
record(const char *json, bool all)
{
	struct table_style style = { .cell = cell_plain };
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
keeps_the_lines_of_a_text(void **state)
{
	(void)state;
	assert_string_equal(record("{\"text\":\"one\\ntwo\\n\",\"n\":1}", false),
		"text  one\n      two\nn     1\n");
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
		cmocka_unit_test(keeps_the_lines_of_a_text),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
