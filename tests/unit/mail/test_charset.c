#include "fixture.h"

static void
opens_about_forty_character_sets(void **state)
{
	(void)state;
	assert_true(charsets_count(charsets) >= 40);
}

static void
decodes_the_sample_of_each(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(charsets_check(charsets, &err), 0);
}

static void
knows_names_in_any_spelling(void **state)
{
	static const char *const known[] = { "UTF-8", "utf8", "ISO-8859-1", "iso_8859-1:1987",
		"latin1", "Windows-1252", "cp1252", "GB2312", "gbk", "ks_c_5601-1987", "Shift_JIS",
		"iso-8859-8-i", "us-ascii", "ANSI_X3.4-1968", "unicode-1-1-utf-7", "KOI8-U" };
	static const char *const unknown[] = { "", "x-klingon", "utf-9", "UTF-8//TRANSLIT/x",
		"ISO-2022-CN-EXT", "../../../etc/passwd",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!charset_known(charsets, known[i], strlen(known[i])))
			fail_msg("'%s' is not known", known[i]);
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		if (charset_known(charsets, unknown[i], strlen(unknown[i])))
			fail_msg("'%s' is known", unknown[i]);
}

static void
expect(const char *charset, const char *bytes, size_t size, const char *utf8)
{
	struct text out = { 0 };

	charset_decode(charsets, charset, strlen(charset), bytes, size, &out);
	assert_int_equal(out.size, strlen(utf8));
	assert_memory_equal(out.bytes == NULL ? "" : out.bytes, utf8, out.size);
	text_clear(&out);
}

static void
replaces_what_has_no_meaning(void **state)
{
	(void)state;
	expect("utf-8",
		"a\xff"
		"b\xc3",
		4,
		"a\xef\xbf\xbd"
		"b\xef\xbf\xbd");
	expect("utf-8", "\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	expect("gb18030", "a\x81", 2, "a\xef\xbf\xbd");
	expect("utf-16le", "a\0b", 3, "a\xef\xbf\xbd");
	expect("utf-7", "+AOk-", 5, "\xc3\xa9");
	expect("windows-1252",
		"\x81"
		"a",
		2,
		"\xef\xbf\xbd"
		"a");
}

/* An unfinished shift of one text must not change the next. */
static void
begins_each_text_anew(void **state)
{
	struct text out = { 0 };

	(void)state;
	charset_decode(charsets, "iso-2022-jp", 11, "\033$BF", 4, &out);
	text_reset(&out);
	charset_decode(charsets, "iso-2022-jp", 11, "abc", 3, &out);
	assert_string_equal(out.bytes, "abc");
	text_clear(&out);
}

static void
converts_a_large_text(void **state)
{
	struct text in = { 0 }, out = { 0 };

	(void)state;
	while (in.size < 300000)
		text_add(&in, "\xe9\xff\xa4");
	assert_true(charset_decode(charsets, "iso-8859-15", 11, in.bytes, in.size, &out));
	assert_int_equal(out.size, in.size / 3 * 7);
	assert_true(text_is_utf8(out.bytes, out.size));
	text_clear(&in);
	text_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(opens_about_forty_character_sets),
		MAIL_TEST(decodes_the_sample_of_each),
		MAIL_TEST(knows_names_in_any_spelling),
		MAIL_TEST(replaces_what_has_no_meaning),
		MAIL_TEST(begins_each_text_anew),
		MAIL_TEST(converts_a_large_text),
	};

	return RUN_MAIL_TESTS(tests);
}
