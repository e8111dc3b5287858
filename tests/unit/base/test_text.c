#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"

static struct arena *arena;

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

static void
tells_utf8_from_bytes_that_are_not(void **state)
{
	static const struct {
		const char *bytes;
		bool valid;
	} CASES[] = {
		{ "", true },
		{ "plain ascii that is longer than a word", true },
		{ "gr\xc3\xbc\xc3\x9f", true },
		{ "\xe2\x82\xac", true },
		{ "\xf0\x9f\x98\x80", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\xed\x9f\xbf", true },
		{ "\xee\x80\x80", true },
		{ "\x80", false },
		{ "\xc3", false },
		{ "\xc0\xaf", false },
		{ "\xc1\xbf", false },
		{ "\xe0\x80\xaf", false },
		{ "\xe0\x9f\xbf", false },
		{ "\xed\xa0\x80", false },
		{ "\xf0\x80\x80\x80", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xff", false },
		{ "abcdefgh\xc3", false },
		{ "abcdefgh\xc3(", false },
		{ "\xe2\x82", false },
		{ "\xf0\x9f\x98", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
		assert_int_equal(
			text_is_utf8(CASES[i].bytes, strlen(CASES[i].bytes)), CASES[i].valid);
}

static void
folds_letters_beyond_ascii(void **state)
{
	(void)state;
	assert_string_equal(text_fold(arena, "ÄÖÜ ÉÇ"), "äöü éç");
	assert_string_equal(text_fold(arena, "ПРИВЕТ"), "привет");
	assert_string_equal(text_fold(arena, "ΣΊΣΥΦΟΣ"), "σίσυφοσ");
	assert_string_equal(text_fold(arena, "σίσυφος"), "σίσυφοσ");
	assert_string_equal(text_fold(arena, "\xe2\x84\xaa"), "k"); /* KELVIN SIGN */
	assert_string_equal(text_fold(arena, "\xc8\xba"), "\xe2\xb1\xa5"); /* grows */
	assert_string_equal(text_fold(arena, "straße"), "straße");
	assert_string_equal(text_fold(arena, "\xff"
					     "A"),
		"\xff"
		"a");
}

static void
cuts_between_characters(void **state)
{
	const char *text = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80z";
	static const size_t WANTED[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11 };

	(void)state;
	for (size_t max = 0; max < 13; max++)
		assert_int_equal(text_cut(text, strlen(text), max), WANTED[max]);
}

static void
cleans_what_should_not_be_kept(void **state)
{
	static const struct {
		const char *dirty, *clean;
		bool changed;
	} CASES[] = {
		{ "plain", "plain", false },
		{ "a\tb", "a b", true },
		{ "a\x1b[31m", "a [31m", true },
		{ "a\x7f", "a ", true },
		{ "a\xc2\x85z", "a z", true },
		{ "\xe2\x80\xae"
		  "evil",
			" evil", true },
		{ "\xd8\x9c", " ", true },
		{ "a\xff"
		  "b",
			"a\xef\xbf\xbd"
			"b",
			true },
		{ "\xe2\x82", "\xef\xbf\xbd", true },
		{ "grün", "grün", false },
		{ "two  blanks", "two  blanks", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		bool changed = false;
		const char *clean = text_clean(
			arena, CASES[i].dirty, strlen(CASES[i].dirty), 1000, false, &changed);

		assert_string_equal(clean, CASES[i].clean);
		assert_int_equal(changed, CASES[i].changed);
		assert_true(text_is_clean(clean, strlen(clean), false));
	}
}

static void
keeps_lines_where_it_is_told_to(void **state)
{
	bool changed = false;

	(void)state;
	assert_string_equal(
		text_clean(arena, "a\r\n\tb\rc\n", 8, 100, true, &changed), "a\n\tb c\n");
	assert_true(changed);
	changed = false;
	assert_string_equal(text_clean(arena, "a\r\nb", 4, 100, true, &changed), "a\nb");
	assert_false(changed);
	assert_string_equal(text_clean(arena, "NUL\0in", 6, 100, true, NULL), "NUL in");
}

static void
cleans_within_a_limit_at_a_character(void **state)
{
	(void)state;
	assert_string_equal(text_clean(arena, "grün", 5, 3, false, NULL), "gr");
	assert_string_equal(text_clean(arena, "\xff\xff", 2, 5, false, NULL), "\xef\xbf\xbd");
	assert_string_equal(text_clean(arena, "abc", 3, 0, false, NULL), "");
}

/* Any bytes come out clean, and clean text comes out as it went in. */
static void
cleans_random_bytes_for_good(void **state)
{
	(void)state;
	srand(20261121);
	for (int round = 0; round < 20000; round++) {
		char bytes[40];
		size_t size = (size_t)rand() % sizeof bytes, max = (size_t)rand() % 60;
		bool lines = rand() % 2;
		char *clean, *again;

		for (size_t i = 0; i < size; i++)
			bytes[i] = (char)(rand() % 3 ? rand() % 256
						     : "\xe2\x80\xae\xc3\r\na"[rand() % 7]);
		clean = text_clean(arena, bytes, size, max, lines, NULL);
		again = text_clean(arena, clean, strlen(clean), max, lines, NULL);
		assert_true(strlen(clean) <= max);
		assert_true(text_is_clean(clean, strlen(clean), lines));
		assert_string_equal(clean, again);
		arena_reset(arena);
	}
}

static void
matches_globs(void **state)
{
	static const struct {
		const char *pattern, *string;
		bool fold, matches;
	} CASES[] = {
		{ "", "", false, true },
		{ "", "a", false, false },
		{ "*", "", false, true },
		{ "*", "anything", false, true },
		{ "a*c", "abbbc", false, true },
		{ "a*c", "abbbd", false, false },
		{ "?", "ü", false, true },
		{ "??", "ü", false, false },
		{ "*ü?", "grün", false, true },
		{ "INBOX*", "inbox/x", true, true },
		{ "INBOX*", "inbox/x", false, false },
		{ "*a*b*c*", "xxaxxbxxcxx", false, true },
		{ "ÄRGER", "ärger", true, true },
		{ "a\\*", "a\\x", false, true },
		{ "[a]", "a", false, false },
		{ "**", "x", false, true },
		{ "a**", "a", false, true },
		{ "?*", "", false, false },
		{ "*Sun*", "a \u017fuN", true, true },
		{ "*kEy", "\u212aEEP the \u212aey", true, true },
		{ "*kEy", "\u212aey", false, false },
		{ "*1st", "11ST", true, true },
		{ "*\u00dc*", "gr\u00fcn", true, true },
		{ "\xff", "\xff", false, true },
		{ "\xff", "\xfe", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
		if (text_glob(CASES[i].pattern, CASES[i].string, CASES[i].fold) != CASES[i].matches)
			fail_msg("'%s' against '%s'", CASES[i].pattern, CASES[i].string);
}

static bool
naive_glob(const char *pattern, const char *string)
{
	if (*pattern == '\0')
		return *string == '\0';
	if (*pattern == '*')
		return naive_glob(pattern + 1, string) ||
		       (*string != '\0' && naive_glob(pattern, string + 1));
	return *string != '\0' && (*pattern == '?' || *pattern == *string) &&
	       naive_glob(pattern + 1, string + 1);
}

static void
matches_globs_as_a_naive_matcher_does(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 100000; round++) {
		char pattern[8] = "", string[10] = "";

		for (int i = 0, n = rand() % 7; i < n; i++)
			pattern[i] = "ab*?"[rand() % 4];
		for (int i = 0, n = rand() % 9; i < n; i++)
			string[i] = "ab"[rand() % 2];
		if (text_glob(pattern, string, false) != naive_glob(pattern, string))
			fail_msg("'%s' against '%s'", pattern, string);
	}
}

static void
matches_a_hostile_glob_in_time(void **state)
{
	char pattern[300], string[4001];

	(void)state;
	for (size_t i = 0; i < sizeof pattern - 2; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[sizeof pattern - 2] = 'b';
	pattern[sizeof pattern - 1] = '\0';
	memset(string, 'a', sizeof string - 1);
	string[sizeof string - 1] = '\0';
	assert_false(text_glob(pattern, string, true));
}

static void
reads_whole_numbers_only(void **state)
{
	static const char *const BAD[] = { "", "-", "+1", " 1", "1 ", "1x", "0x1", "1.0",
		"9223372036854775808", "-9223372036854775809", "--1" };
	int64_t value;
	uint32_t small;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
		assert_int_equal(text_to_int64(BAD[i], &value), -1);
	assert_int_equal(text_to_int64("-9223372036854775808", &value), 0);
	assert_true(value == INT64_MIN);
	assert_int_equal(text_to_uint32("4294967295", &small), 0);
	assert_int_equal(small, UINT32_MAX);
	assert_int_equal(text_to_uint32("4294967296", &small), -1);
	assert_int_equal(text_to_uint32("-1", &small), -1);
	assert_int_equal(text_to_uint32("-0", &small), -1);
}

static void
suggests_the_nearest_name(void **state)
{
	static const char *const NAMES[] = { "password-command", "password-file", "poll", "port" };

	(void)state;
	assert_string_equal(text_suggest("pasword-file", NAMES, 4), "password-file");
	assert_string_equal(text_suggest("prot", NAMES, 4), "port");
	assert_null(text_suggest("xyzzy", NAMES, 4));
	assert_null(text_suggest("", NAMES, 4));
	assert_int_equal(text_distance("kitten", "sitting", 10), 3);
	assert_int_equal(text_distance("kitten", "sitting", 2), 3);
	assert_int_equal(text_distance("", "abc", 5), 3);
}

static void
escapes_for_a_line_of_log(void **state)
{
	(void)state;
	assert_string_equal(text_escape(arena, "a\nb\x1b\xff", 5, 100), "a\\x0ab\\x1b\\xff");
	assert_string_equal(text_escape(arena, "grün", 5, 100), "grün");
	assert_string_equal(text_escape(arena, "a\nb", 3, 4), "a");
	assert_string_equal(text_escape(arena, "", 0, 4), "");
}

static void
grows_and_drops_its_front(void **state)
{
	struct text text = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		text_printf(&text, "%d,", i);
	assert_int_equal(text.size, strlen(text.bytes));
	text_drop_front(&text, 4);
	assert_true(text_starts(text.bytes, "2,3,"));
	text_drop_front(&text, text.size + 5);
	assert_int_equal(text.size, 0);
	text_add(&text, "x");
	text_add_char(&text, 'y');
	assert_string_equal(text.bytes, "xy");
	text_reset(&text);
	assert_string_equal(text.bytes, "");
	text_clear(&text);
	assert_null(text.bytes);
}

static void
compares_without_case(void **state)
{
	(void)state;
	assert_true(text_equal_nocase("INBOX", "inbox"));
	assert_false(text_equal_nocase("inbox", "inbo"));
	assert_true(text_equal_nocase(NULL, NULL));
	assert_false(text_equal_nocase("", NULL));
	assert_string_equal(text_trim(arena, " \t a b \r\n", 9), "a b");
	assert_string_equal(text_trim(arena, "  ", 2), "");
}

static void
copies_into_bounded_room(void **state)
{
	char out[4];

	(void)state;
	text_copy(out, sizeof out, "abcdef");
	assert_string_equal(out, "abc");
	text_copy(out, sizeof out, "abü");
	assert_string_equal(out, "ab");
	text_copy(out, sizeof out, "");
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_utf8_from_bytes_that_are_not),
		cmocka_unit_test(folds_letters_beyond_ascii),
		cmocka_unit_test(cuts_between_characters),
		cmocka_unit_test(cleans_what_should_not_be_kept),
		cmocka_unit_test(keeps_lines_where_it_is_told_to),
		cmocka_unit_test(cleans_within_a_limit_at_a_character),
		cmocka_unit_test(cleans_random_bytes_for_good),
		cmocka_unit_test(matches_globs),
		cmocka_unit_test(matches_globs_as_a_naive_matcher_does),
		cmocka_unit_test(matches_a_hostile_glob_in_time),
		cmocka_unit_test(reads_whole_numbers_only),
		cmocka_unit_test(suggests_the_nearest_name),
		cmocka_unit_test(escapes_for_a_line_of_log),
		cmocka_unit_test(grows_and_drops_its_front),
		cmocka_unit_test(compares_without_case),
		cmocka_unit_test(copies_into_bounded_room),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
