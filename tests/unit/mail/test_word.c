#include "liaison/mail/word.h"

#include "fixture.h"

#include "etpan.h"

struct row {
	const char *header, *text;
};

static void
check_rows(const struct row *rows, size_t count, unsigned *all_flags)
{
	for (size_t i = 0; i < count; i++) {
		unsigned flags = 0;
		char *text = words_text(
			charsets, arena, rows[i].header, strlen(rows[i].header), 2000, &flags);

		if (strcmp(text, rows[i].text) != 0)
			fail_msg("'%s' became '%s' instead of '%s'", rows[i].header, text,
				rows[i].text);
		*all_flags |= flags;
	}
}

#define CHECK(rows, flags) check_rows(rows, sizeof rows / sizeof *rows, flags)

static void
decodes_words_in_all_their_shapes(void **state)
{
	static const struct row rows[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "0", "0" },
		{ "=?utf-8?Q?caf=C3=A9?=", "caf\xc3\xa9" },
		{ "=?UTF-8?b?Y2Fmw6k=?=", "caf\xc3\xa9" },
		{ "=?iso-8859-1?q?caf=E9_au_lait?=", "caf\xc3\xa9 au lait" },
		{ "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab" },
		{ "=?ISO-8859-1?Q?a?= b", "a b" },
		{ "=?ISO-8859-1?Q?a_?= =?utf-8?Q?b?=", "a b" },
		{ "Re: =?utf-8?Q?=C3=84rger?= (1)", "Re: \xc3\x84rger (1)" },
		{ "=?utf-8*de?Q?=C3=A4?=", "\xc3\xa4" },
		{ "=?windows-1252?Q?=80_100?=", "\xe2\x82\xac 100" },
		{ "=?koi8-r?B?8NLJ18XU?=", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82" },
		{ "=?gb2312?B?xOO6ww==?=", "\xe4\xbd\xa0\xe5\xa5\xbd" },
		{ "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac" },
		{ "=?Shift_JIS?B?k/qWew==?=", "\xe6\x97\xa5\xe6\x9c\xac" },
		{ "=?unicode-1-1-utf-7?Q?+AOk-t+AOk-?=", "\xc3\xa9t\xc3\xa9" },
		{ "=?utf8?Q?=C3=A9?=", "\xc3\xa9" },
		{ "=?us-ascii?Q?a=E9?=", "a\xc3\xa9" },
		{ "=?utf-8?Q?"
		  "?=",
			"" },
		{ "=?utf-8?Q?a?b?=", "a?b" },
	};
	unsigned flags = 0;

	(void)state;
	CHECK(rows, &flags);
	assert_int_equal(flags, 0);
}

static void
decodes_what_mailers_should_not_have_written(void **state)
{
	static const struct row rows[] = {
		/* padding too little, too much, none */
		{ "=?utf-8?B?Y2Fmw6k?=", "caf\xc3\xa9" },
		{ "=?utf-8?B?YQ?=", "a" },
		{ "=?utf-8?B?YQ====?=", "a" },
		/* a character split over two words, both encodings */
		{ "=?utf-8?B?Y2Fmww==?= =?utf-8?B?qQ==?=", "caf\xc3\xa9" },
		{ "=?utf-8?Q?caf=C3?=\r\n =?utf-8?Q?=A9?=", "caf\xc3\xa9" },
		{ "=?utf-8?Q?=F0=9F=98?= =?UTF-8?B?gA==?=", "\xf0\x9f\x98\x80" },
		/* glued to text and to each other */
		{ "a=?utf-8?Q?b?=c", "abc" },
		{ "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab" },
		/* in quotes, as Outlook does */
		{ "\"=?utf-8?Q?M=C3=BCller?=\"", "\"M\xc3\xbcller\"" },
		/* blanks within */
		{ "=?utf-8?Q?a b?=", "a b" },
		{ "=?utf-8?B?Y2 Fm?=", "caf" },
		/* no words at all */
		{ "=?utf-8?Q?a", "=?utf-8?Q?a" },
		{ "=?utf-8?X?a?=", "=?utf-8?X?a?=" },
		{ "=?utf-8?", "=?utf-8?" },
		{ "=??Q?a?=", "=??Q?a?=" },
		{ "=?=?=?", "=?=?=?" },
		{ "a =? b", "a =? b" },
		{ "=?utf-8?Q?=G1=?=", "=G1=" },
	};
	unsigned flags = 0;

	(void)state;
	CHECK(rows, &flags);
	assert_int_equal(flags, 0);
}

static void
makes_clean_text_of_controls_and_raw_bytes(void **state)
{
	static const struct row rows[] = {
		{ "=?utf-8?q?a=0D=0AInjected:_1=00nul=1B]0;x=07?=", "a  Injected: 1 nul ]0;x" },
		{ "=?utf-8?Q?a=E2=80=AEb?=", "a b" },
		{ "=?utf-8?Q?a=C2=85b?=", "a b" },
		{ "=?utf-8?Q?=FFa?=", "\xef\xbf\xbd"
				      "a" },
		{ "a\x1b[31mb", "a [31mb" },
	};
	static const struct row raw[] = {
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "caf\xe9", "caf\xc3\xa9" },
		{ "\x80 5", "\xe2\x82\xac 5" },
		{ "caf\xe9 =?utf-8?Q?=C3=A9?=", "caf\xc3\xa9 \xc3\xa9" },
	};
	unsigned flags = 0;

	(void)state;
	CHECK(rows, &flags);
	assert_int_equal(flags, EVENT_CLEANED);
	flags = 0;
	CHECK(raw, &flags);
	assert_int_equal(flags, 0);
}

static void
keeps_what_it_can_of_an_unknown_charset(void **state)
{
	static const struct row rows[] = {
		{ "=?x-klingon?Q?nuq=E9neH?=", "nuq?neH" },
		{ "=?x-klingon?Q?=C3=A9?=", "\xc3\xa9" },
		{ "=?../../etc/passwd?Q?a=E9?=", "a?" },
	};
	unsigned flags = 0;

	(void)state;
	CHECK(rows, &flags);
	assert_int_equal(flags, EVENT_UNKNOWN_CHARSET);
}

/* What libetpan reads right, we read the same: well-formed words between plain ones. */
static void
decodes_well_formed_words_as_libetpan_does(void **state)
{
	static const char *const words[] = { "=?utf-8?Q?=C3=A9t=C3=A9?=", "=?utf-8?B?w6k=?=",
		"=?iso-8859-15?Q?=A4_5?=", "=?koi8-r?B?8NLJ18XU?=", "plain", "Re:", "x.y-z",
		"=?big5?B?sXqmbg==?=", "=?windows-1250?Q?=9A=9E?=" };
	unsigned seed = 42, compared = 0;

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		struct text header = { 0 };
		unsigned flags = 0;
		char *ours, *theirs;

		for (unsigned i = 0; i < 1 + round % 5; i++) {
			seed = seed * 1103515245 + 12345;
			if (i > 0)
				text_add_char(&header, ' ');
			text_add(&header, words[seed / 65536 % 9]);
		}
		ours = words_text(charsets, arena, header.bytes, header.size, 2000, &flags);
		theirs = etpan_words(arena, header.bytes, header.size);
		assert_non_null(theirs);
		assert_string_equal(ours, theirs);
		compared++;
		text_clear(&header);
		arena_reset(arena);
	}
	assert_int_equal(compared, 5000);
}

static void
cuts_at_a_character(void **state)
{
	unsigned flags = 0;

	(void)state;
	assert_string_equal(
		words_text(charsets, arena, "=?utf-8?Q?=C3=A9=C3=A9?=", 24, 3, &flags), "\xc3\xa9");
	assert_string_equal(words_text(charsets, arena, "abcdef", 6, 3, &flags), "abc");
}

static void
is_linear_in_floods_of_words(void **state)
{
	static const char *const pieces[] = { "=?utf-8?Q?a?= ", "=?utf-8?Q?", "=?",
		"?=", "=?a?b?=?=", "=?utf-8?B?////" };
	double start = cpu_ms();

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct text flood = { 0 };
		unsigned flags = 0;

		while (flood.size < 250000)
			text_add(&flood, pieces[i]);
		words_text(charsets, arena, flood.bytes, flood.size, 2000, &flags);
		text_clear(&flood);
	}
	assert_true(cpu_ms() - start < 500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(decodes_words_in_all_their_shapes),
		MAIL_TEST(decodes_what_mailers_should_not_have_written),
		MAIL_TEST(makes_clean_text_of_controls_and_raw_bytes),
		MAIL_TEST(keeps_what_it_can_of_an_unknown_charset),
		MAIL_TEST(decodes_well_formed_words_as_libetpan_does),
		MAIL_TEST(cuts_at_a_character),
		MAIL_TEST(is_linear_in_floods_of_words),
	};

	return RUN_MAIL_TESTS(tests);
}
