#include "test.h"

#include <string.h>

#include "liaison/base/text.h"
#include "liaison/base/utf8.h"

static void
writes_and_reads_every_code_point(void **state)
{
	(void)state;
	for (uint32_t code = 0; code < 0x110000; code++) {
		char form[UTF8_MAX];
		uint32_t back;
		size_t length;

		if (code >= 0xd800 && code < 0xe000)
			continue;
		length = utf8_write(code, form);
		if (utf8_read(form, length, &back) != length || back != code)
			fail_msg("U+%04X is not read back", code);
	}
}

static void
reads_a_broken_sequence_as_one(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} CASES[] = {
		{ "\x80", 1 },
		{ "\xff\xff", 1 },
		{ "\xc0\xaf", 1 },
		{ "\xc3", 1 },
		{ "\xc3(", 1 },
		{ "\xe2\x82", 2 },
		{ "\xe2\x82z", 2 },
		{ "\xed\xa0\x80", 1 },
		{ "\xf0\x9f\x98", 3 },
		{ "\xf4\x90\x80\x80", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		uint32_t code = 0;

		assert_int_equal(
			utf8_read(CASES[i].bytes, strlen(CASES[i].bytes), &code), CASES[i].length);
		assert_int_equal(code, UTF8_INVALID);
	}
}

/* The bytes behind the NUL would make the sequence whole, were they read. */
static void
reads_no_further_than_a_strings_end(void **state)
{
	static const char STRING[] = "\xf0\x9f\0\x98\x80";
	uint32_t code;

	(void)state;
	assert_int_equal(utf8_read(STRING, UTF8_MAX, &code), 2);
	assert_int_equal(code, UTF8_INVALID);
	assert_int_equal(utf8_read("", UTF8_MAX, &code), 1);
	assert_int_equal(code, 0);
}

static void
counts_characters(void **state)
{
	(void)state;
	assert_int_equal(utf8_count(""), 0);
	assert_int_equal(utf8_count("abc"), 3);
	assert_int_equal(utf8_count("Z\xc3\xbcrich"), 6);
	assert_int_equal(utf8_count("\xe2\x82\xac\xf0\x9f\x98\x80"), 2);
	assert_int_equal(utf8_count_n("\xc3\xbc\0\xc3\xbc", 5), 3);
	assert_int_equal(utf8_count_n("\xc3\xbc\xc3\xbc", 2), 1);
}

static void
tells_where_a_character_begins(void **state)
{
	static const char TEXT[] = "a\xe2\x82\xac";

	(void)state;
	assert_true(utf8_begins(TEXT[0]));
	assert_true(utf8_begins(TEXT[1]));
	assert_false(utf8_begins(TEXT[2]));
	assert_false(utf8_begins(TEXT[3]));
	assert_true(utf8_begins(TEXT[4]));
}

static void
adds_characters_to_a_text(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add_code(&text, 'a');
	text_add_code(&text, 0xfc);
	text_add_code(&text, 0x20ac);
	text_add_code(&text, 0x1f600);
	assert_string_equal(text.bytes, "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80");
	text_clear(&text);
}

static void
folds_every_code_point_to_itself_the_second_time(void **state)
{
	(void)state;
	for (uint32_t code = 0; code < 0x110000; code++) {
		uint32_t once = utf8_fold(code);

		if (utf8_fold(once) != once)
			fail_msg("U+%04X folds to U+%04X and on", code, once);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_reads_every_code_point),
		cmocka_unit_test(reads_a_broken_sequence_as_one),
		cmocka_unit_test(reads_no_further_than_a_strings_end),
		cmocka_unit_test(counts_characters),
		cmocka_unit_test(tells_where_a_character_begins),
		cmocka_unit_test(adds_characters_to_a_text),
		cmocka_unit_test(folds_every_code_point_to_itself_the_second_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
