#include "reader.h"

#include <stdlib.h>

/* CSV as programs write it. */

static void
expect(struct reader *reader, const char *text, const char *const *rows, unsigned count)
{
	read_text(reader, text);
	assert_int_equal(reader->type, IMPORT_CSV);
	for (unsigned i = 0; i < count && i < reader->count; i++)
		assert_string_equal(row_text(reader, i), rows[i]);
	assert_int_equal(reader->count, count);
}

#define EXPECT(reader, text, ...) \
	do { \
		static const char *const wanted[] = { __VA_ARGS__ }; \
		expect(reader, text, wanted, sizeof wanted / sizeof *wanted); \
	} while (0)

static void
lines_end_as_they_may(void **state)
{
	struct reader *reader = *state;

	EXPECT(reader, "a,b\n1,2\n3,4", "a|b", "1|2", "3|4");
	EXPECT(reader, "a,b\r\n1,2\r\n\r\n3,4\r\n", "a|b", "1|2", "3|4");
	EXPECT(reader, "a,b\r1,2\r3,4\r", "a|b", "1|2", "3|4");
	assert_int_equal(reader->rows[2].line, 3);
	assert_true(reader->rows[0].header);
	assert_false(reader->rows[1].header);
}

static void
quotes_keep_what_would_end_a_cell(void **state)
{
	struct reader *reader = *state;

	EXPECT(reader, "a,b\n\"1,\"\"x\"\"\r\n2\",\"\"\n", "a|b", "1,\"x\"\n2|");
	EXPECT(reader, "a,b\n5\" nail,\"x\" \n\"x\"\t,y\n", "a|b", "5\" nail|x", "x|y");
	EXPECT(reader, "\"a\nb\",c\n1,2\n", "a\nb|c", "1|2");
	assert_int_equal(reader->rows[1].line, 3);
}

static void
the_header_tells_the_delimiter(void **state)
{
	struct reader *reader = *state;

	EXPECT(reader, "a;b;\"c,d,e,f\"\n1,5;2;3\n", "a|b|c,d,e,f", "1,5|2|3");
	EXPECT(reader, "a\tb\n1,2\t3;4\n", "a|b", "1,2|3;4");
	EXPECT(reader, "sep=;\r\na\r\n1;2\r\n", "a", "!it has 2 cells, and the header has 1");
	EXPECT(reader, "a\n1\n", "a", "1");
}

static void
what_spreadsheets_write_of_empty_rows_and_columns_is_nothing(void **state)
{
	struct reader *reader = *state;

	EXPECT(reader, "a,b\n1,2,\n3,4,,,\n,\n,,,\n5\n", "a|b", "1|2", "3|4", "5");
	assert_int_equal(reader->rows[3].line, 6);
	EXPECT(reader, "a;b\n;\n1;2;;3\n", "a|b", "!it has 4 cells, and the header has 2");
}

static void
a_byte_order_mark_is_no_part_of_the_first_name(void **state)
{
	struct reader *reader = *state;

	EXPECT(reader,
		"\xef\xbb\xbf"
		"a,b\n1,2\n",
		"a|b", "1|2");
	assert_string_equal(reader->encoding, "utf-8");
}

static void
utf_16_is_told_by_its_mark_or_its_zeros(void **state)
{
	static const char WITH[] = "\xff\xfe"
				   "a\0,\0b\0\n\0\xfc\0,\0\x3d\xd8\x42\xde\n\0";
	static const char WITHOUT[] = "\0a\0,\0b\0\n\0\xfc\0,\0c\0\n\xd8";
	struct reader *reader = *state;

	assert_int_equal(read_file(reader, IMPORT_ANY, WITH, sizeof WITH - 1), 0);
	assert_string_equal(row_text(reader, 1), "\xc3\xbc|\xf0\x9f\x99\x82");
	assert_string_equal(reader->encoding, "utf-16le");
	assert_int_equal(read_file(reader, IMPORT_ANY, WITHOUT, sizeof WITHOUT - 1), 0);
	assert_string_equal(row_text(reader, 1), "\xc3\xbc|c");
	assert_string_equal(reader->encoding, "utf-16be");
}

static void
what_is_no_utf_8_is_windows_1252_and_said_to_be(void **state)
{
	struct reader *reader = *state;

	EXPECT(reader, "a,b\n\x80\xdc,x\n\xc3\xbc,y\n", "a|b", "\xe2\x82\xac\xc3\x9c|x",
		"\xc3\xbc|y");
	assert_true(reader->rows[1].recoded);
	assert_false(reader->rows[2].recoded);
}

static void
a_row_that_is_too_long_is_refused_and_the_next_one_read(void **state)
{
	struct reader *reader = *state;
	struct text file = { 0 };

	text_add(&file, "a,b\n1,");
	for (int i = 0; i < 2 * IMPORT_ROW_MAX; i++)
		text_add_char(&file, i % 7 == 1 ? '"' : 'x');
	text_add(&file, "\n3,4\n");
	read_text(reader, file.bytes);
	assert_int_equal(reader->count, 3);
	assert_non_null(strstr(reader->rows[1].error, "over 786432 bytes"));
	assert_int_equal(reader->rows[1].line, 2);
	assert_string_equal(row_text(reader, 2), "3|4");
	assert_int_equal(reader->rows[2].line, 3);
	text_clear(&file);
}

static void
a_row_may_take_most_of_a_window_and_the_rows_around_it_are_read(void **state)
{
	struct reader *reader = *state;
	struct text file = { 0 };

	text_add(&file, "a,b\n");
	for (int row = 0; row < 4; row++) {
		text_add(&file, "1,\"");
		for (int i = 0; i < 700000; i++)
			text_add_char(&file, i % 100 == 99 ? '\n' : 'x');
		text_add(&file, "\"\n3,4\n");
	}
	read_text(reader, file.bytes);
	assert_int_equal(reader->count, 1 + 8);
	for (unsigned i = 1; i < 9; i += 2) {
		assert_int_equal(strlen(reader->rows[i].cells[1].value), 700000);
		assert_string_equal(row_text(reader, i + 1), "3|4");
	}
	text_clear(&file);
}

static void
a_quote_that_nothing_closes_takes_its_line_alone(void **state)
{
	struct reader *reader = *state;
	struct text file = { 0 };
	unsigned refused = 0;

	text_add(&file, "a,b\n");
	for (int i = 0; i < 200000; i++)
		text_add(&file, i % 1000 == 7 ? "\"1,2\n" : i == 150000 ? "\"1\",2\n" : "1,2\n");
	for (reader->step = IMPORT_WINDOW_MIN; reader->step >= 5000; reader->step /= 3) {
		refused = 0;
		read_text(reader, file.bytes);
		assert_int_equal(reader->count, 1 + 200000);
		for (unsigned i = 1; i <= 200000; i++) {
			assert_int_equal(reader->rows[i].line, i + 1);
			refused += reader->rows[i].error != NULL;
		}
		assert_int_equal(refused, 200);
	}
	assert_non_null(strstr(reader->rows[8].error, "text follows it"));
	assert_non_null(strstr(reader->rows[199008].error, "is not closed"));
	text_clear(&file);
}

static void
text_behind_a_quote_that_closes_refuses_the_line(void **state)
{
	struct reader *reader = *state;

	EXPECT(reader, "a,b\n\"x\"y,1\n\"p\nq\",\"r\"s\n5,6\n", "a|b",
		"!a quote that opens here closes in the middle of a cell: text follows it",
		"!a quote that opens here closes in the middle of a cell: text follows it", "5|6");
	assert_int_equal(reader->rows[1].line, 2);
	assert_int_equal(reader->rows[2].line, 4);
}

static void
a_quote_that_is_not_closed_is_named_by_its_line(void **state)
{
	struct reader *reader = *state;

	EXPECT(reader, "a,b\n1,2\n3,\"4\n5,6\n", "a|b", "1|2",
		"!a quote that opens here is not closed", "5|6");
	assert_int_equal(reader->rows[2].line, 3);
}

static void
what_is_no_table_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *said;
	} FILES[] = {
		{ "PK\x03\x04", 4, "spreadsheet" },
		{ "\n\n \n", 4, "empty" },
		{ "ab\0c", 4, "no text" },
		{ "\"a", 2, "header" },
	};
	struct reader *reader = *state;

	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
		assert_int_equal(read_file(reader, IMPORT_CSV, FILES[i].bytes, FILES[i].size), -1);
		assert_int_equal(reader->err.code, ERR_USAGE);
		assert_non_null(strstr(reader->err.message, FILES[i].said));
	}
}

static void
a_state_that_is_none_ends_its_sender(void **state)
{
	struct reader *reader = *state;
	struct import_rows rows;
	uint8_t bytes[IMPORT_STATE_MAX];
	struct import_window window = { .state = bytes, .bytes = "a\n", .size = 2, .last = true };

	memset(bytes, 0xff, sizeof bytes);
	for (size_t size = 0; size <= sizeof bytes; size++) {
		window.state_size = size;
		assert_int_equal(import_read(&window, reader->arena, &rows, &reader->err), -1);
		assert_int_equal(reader->err.code, ERR_FORMAT);
	}
}

/* However the file is cut into windows. */
static void
windows_change_nothing(void **state)
{
	static const char FILE_[] =
		"n\xc3\xa4me;b\r\n\"x\r\ny\";\"a\"\"b\"\r\n\r\n1;2\r\n\"q\";3\r\n";
	struct reader *reader = *state;

	for (reader->step = 1; reader->step < sizeof FILE_; reader->step++) {
		read_text(reader, FILE_);
		assert_int_equal(reader->count, 4);
		assert_string_equal(row_text(reader, 0), "n\xc3\xa4me|b");
		assert_string_equal(row_text(reader, 1), "x\ny|a\"b");
		assert_string_equal(row_text(reader, 2), "1|2");
		assert_string_equal(row_text(reader, 3), "q|3");
		assert_int_equal(reader->rows[3].line, 6);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, reader_open, reader_close)
	const struct CMUnitTest tests[] = {
		TEST(lines_end_as_they_may),
		TEST(quotes_keep_what_would_end_a_cell),
		TEST(the_header_tells_the_delimiter),
		TEST(what_spreadsheets_write_of_empty_rows_and_columns_is_nothing),
		TEST(a_byte_order_mark_is_no_part_of_the_first_name),
		TEST(utf_16_is_told_by_its_mark_or_its_zeros),
		TEST(what_is_no_utf_8_is_windows_1252_and_said_to_be),
		TEST(a_row_that_is_too_long_is_refused_and_the_next_one_read),
		TEST(a_row_may_take_most_of_a_window_and_the_rows_around_it_are_read),
		TEST(a_quote_that_is_not_closed_is_named_by_its_line),
		TEST(a_quote_that_nothing_closes_takes_its_line_alone),
		TEST(text_behind_a_quote_that_closes_refuses_the_line),
		TEST(what_is_no_table_is_refused),
		TEST(a_state_that_is_none_ends_its_sender),
		TEST(windows_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
