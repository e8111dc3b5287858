#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/ini.h"
#include "liaison/base/text.h"

static struct arena *arena;
static struct ini ini;
static struct text mistakes;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	ini = (struct ini){ 0 };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	text_clear(&mistakes);
	return 0;
}

static void
complain(void *context, const char *file, int line, const char *message)
{
	text_printf(context, "%s:%d: %s\n", file, line, message);
}

static int
parse(const char *text)
{
	return ini_parse(arena, "f", text, strlen(text), &ini, complain, &mistakes);
}

static const struct ini_entry *
entry(const char *key)
{
	for (size_t i = 0; i < ini.count; i++)
		if (ini.entries[i].key != NULL && strcmp(ini.entries[i].key, key) == 0)
			return &ini.entries[i];
	fail_msg("there is no '%s'", key);
	return NULL;
}

static void
reads_sections_and_settings(void **state)
{
	(void)state;
	assert_int_equal(
		parse("\xef\xbb\xbf# first\n[liaison]\r\ndatabase=/a/b # there\n\n"
		      "[account work]\n  host =  imap.own.example  \n[account *]\npoll = 5m"),
		0);
	assert_int_equal(ini.count, 6);
	assert_null(ini.entries[0].key);
	assert_string_equal(ini.entries[0].kind, "liaison");
	assert_string_equal(ini.entries[0].name, "");
	assert_string_equal(entry("database")->value, "/a/b");
	assert_int_equal(entry("database")->line, 3);
	assert_string_equal(entry("host")->value, "imap.own.example");
	assert_string_equal(entry("host")->kind, "account");
	assert_string_equal(entry("host")->name, "work");
	assert_string_equal(entry("poll")->name, "*");
	assert_int_equal(entry("poll")->line, 8);
}

static void
keeps_what_is_quoted(void **state)
{
	(void)state;
	assert_int_equal(parse("[a]\n"
			       "one = \" kept # so \" # comment\n"
			       "two = a#b\n"
			       "three = \"a\", \"b, # c\" # comment\n"
			       "four = pass \"show mail\" x\n"
			       "five = \"q\\\"u\\\\o\"\n"
			       "six = pa\"ss\n"
			       "seven =\n"
			       "eight = a=b\n"
			       "nine = !\\Junk, \"x\\y\"\n"),
		0);
	assert_string_equal(entry("one")->value, " kept # so ");
	assert_string_equal(entry("one")->raw, "\" kept # so \"");
	assert_string_equal(entry("two")->value, "a#b");
	assert_string_equal(entry("three")->value, "\"a\", \"b, # c\"");
	assert_string_equal(entry("four")->value, "pass \"show mail\" x");
	assert_string_equal(entry("five")->value, "q\"u\\o");
	assert_string_equal(entry("six")->value, "pa\"ss");
	assert_string_equal(entry("seven")->value, "");
	assert_string_equal(entry("eight")->value, "a=b");
	assert_string_equal(entry("nine")->value, "!\\Junk, \"x\\y\"");
}

static void
reports_every_mistake_with_its_line(void **state)
{
	(void)state;
	assert_int_equal(parse("outside = 1\n[open\n[a]\nno equals\n = 1\nbad key = 1\n"
			       "x = \"open\n[a] tail\ny = 1\n[]\nz = 1\n[k\xff]\n"),
		-1);
	assert_string_equal(mistakes.bytes,
		"f:1: 'outside' stands outside a section\n"
		"f:2: the section is not closed by ']'\n"
		"f:4: 'no equals' is neither a section nor a setting: write key = value\n"
		"f:5: the setting has no name\n"
		"f:6: 'bad key' is no name of a setting\n"
		"f:7: the value of 'x' has a quote that is not closed\n"
		"f:8: there is something after the section\n"
		"f:10: '[]' is no section\n"
		"f:12: the line is not UTF-8\n");
}

static void
refuses_bytes_no_text_has(void **state)
{
	static const char NUL_INSIDE[] = "[a]\nx = a\0b\ny = \x1b[31m\n";
	char longer[5000];

	(void)state;
	assert_int_equal(
		ini_parse(arena, "f", NUL_INSIDE, sizeof NUL_INSIDE - 1, &ini, complain, &mistakes),
		-1);
	memset(longer, 'x', sizeof longer);
	assert_int_equal(
		ini_parse(arena, "g", longer, sizeof longer, &ini, complain, &mistakes), -1);
	assert_string_equal(mistakes.bytes, "f:2: the line holds a NUL byte\n"
					    "f:3: the line holds a control character\n"
					    "g:1: the line is over 4096 bytes long\n");
}

/* 60 bytes of the line are told, and the sixtieth is half a character. */
static void
cuts_no_character_in_what_it_tells(void **state)
{
	static const char E[] =
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
	char line[200];

	(void)state;
	snprintf(line, sizeof line, "x%s%s%s%s", E, E, E, E);
	assert_int_equal(parse(line), -1);
	assert_true(text_is_utf8(mistakes.bytes, mistakes.size));
	assert_non_null(strstr(mistakes.bytes, "\xc3\xa9?' is neither a section nor a setting"));
}

static void
adds_further_files_to_the_first(void **state)
{
	(void)state;
	assert_int_equal(parse("[a]\nx = 1\n"), 0);
	assert_int_equal(ini_parse(arena, "g", "[b]\ny = 2", 9, &ini, complain, &mistakes), 0);
	assert_int_equal(ini.count, 4);
	assert_string_equal(entry("x")->file, "f");
	assert_string_equal(entry("y")->file, "g");
	assert_int_equal(entry("y")->line, 2);
}

/* Bytes at random: nothing is read past the end, and entries are whole. */
static void
survives_random_bytes(void **state)
{
	static const char ALPHABET[] = "[]=# \"\\\nab\r\t\xc3\xbc";

	(void)state;
	srand(5);
	for (int round = 0; round < 20000; round++) {
		size_t size = (size_t)rand() % 60;
		char *bytes = malloc(size + 1);

		for (size_t i = 0; i < size; i++)
			bytes[i] = ALPHABET[rand() % (int)(sizeof ALPHABET)];
		ini = (struct ini){ 0 };
		ini_parse(arena, "f", bytes, size, &ini, complain, &mistakes);
		free(bytes);
		for (size_t i = 0; i < ini.count; i++) {
			assert_non_null(ini.entries[i].kind);
			assert_non_null(ini.entries[i].name);
			assert_true(ini.entries[i].key == NULL || ini.entries[i].value != NULL);
		}
		text_reset(&mistakes);
		arena_reset(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_sections_and_settings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_what_is_quoted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			reports_every_mistake_with_its_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_bytes_no_text_has, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			cuts_no_character_in_what_it_tells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(adds_further_files_to_the_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_random_bytes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
