#include "liaison/mail/body.h"
#include "liaison/mail/html.h"
#include "liaison/mail/transfer.h"

#include "fixture.h"

static char *
text_of(const char *bytes, size_t size, const char *encoding, const char *charset,
	const char *subtype, size_t max, bool *truncated)
{
	struct body body = { bytes, size, encoding, charset, subtype, max };

	return body_text(charsets, arena, &body, truncated);
}

static void
expect(const char *bytes, const char *encoding, const char *charset, const char *subtype,
	const char *expected)
{
	bool truncated;
	char *text = text_of(bytes, strlen(bytes), encoding, charset, subtype, 100000, &truncated);

	if (strcmp(text, expected) != 0)
		fail_msg("'%s' became '%s' instead of '%s'", bytes, text, expected);
	assert_false(truncated);
}

static void
expect_snippet(const char *bytes, const char *subtype, const char *expected)
{
	bool truncated;
	char *text = text_of(bytes, strlen(bytes), NULL, "utf-8", subtype, 4096, &truncated);

	if (strcmp(text, expected) != 0)
		fail_msg("'%s' became '%s' instead of '%s'", bytes, text, expected);
}

static void
undoes_encodings_and_charsets(void **state)
{
	(void)state;
	expect("hello\r\nworld\r\n", NULL, NULL, "plain", "hello\nworld");
	expect("caf=C3=A9 =\r\nau lait=20\r\n", "quoted-printable", "utf-8", "plain",
		"caf\xc3\xa9 au lait");
	expect("Y2Fmw6kKb3Vp\r\n", "BASE64", "UTF-8", "plain", "caf\xc3\xa9\noui");
	expect("caf\xe9", "8bit", "iso-8859-1", "plain", "caf\xc3\xa9");
	expect("caf\xe9", "7bit", NULL, "plain", "caf\xc3\xa9");
	expect("=E4=BD=A0", "Quoted-Printable", "utf-8", NULL, "\xe4\xbd\xa0");
	expect("caf\xe9", NULL, "x-klingon", "plain", "caf?");
	expect("", NULL, NULL, NULL, "");
}

static void
takes_input_that_is_cut_anywhere(void **state)
{
	static const char quoted[] = "a=C3=A9 b=\r\nc=E4=BD=A0";
	static const char coded[] = "Y2Fmw6kgw6k=";

	(void)state;
	for (size_t size = 0; size < sizeof quoted; size++) {
		bool truncated;
		char *text = text_of(
			quoted, size, "quoted-printable", "utf-8", "plain", 5000, &truncated);

		assert_true(text_is_utf8(text, strlen(text)));
	}
	for (size_t size = 0; size < sizeof coded; size++) {
		bool truncated;
		char *text = text_of(coded, size, "base64", "utf-8", "plain", 5000, &truncated);

		assert_true(text_is_utf8(text, strlen(text)));
	}
}

static void
reads_broken_encodings(void **state)
{
	struct text out = { 0 };

	(void)state;
	base64_loose("YW Jj\r\nZGVm====Z2hp*", 21, &out);
	assert_string_equal(out.bytes, "abcdefghi");
	text_reset(&out);
	quoted_printable_loose("a=b=3D=ZZ=\t\r\nc==41_", 19, false, &out);
	assert_string_equal(out.bytes, "a=b==ZZc=A_");
	text_clear(&out);
}

static void
makes_text_tidy_and_clean(void **state)
{
	(void)state;
	expect("\r\n\r\na  \r\n\r\n\r\n\r\nb\t\r\n  c\r\n", NULL, NULL, "plain", "a\n\nb\n  c");
	expect("a\x1b[31mb", NULL, NULL, "plain", "a [31mb");
	expect("a\xe2\x80\xae"
	       "b",
		NULL, "utf-8", "plain", "a b");
}

static void
turns_html_into_text(void **state)
{
	static const struct {
		const char *html, *text;
	} rows[] = {
		{ "<p>Hello <b>world</b></p><p>Bye</p>", "Hello world\n\nBye" },
		{ "a<br>b<br/>c", "a\nb\nc" },
		{ "<div>a</div><div>b</div>", "a\nb" },
		{ "a &lt;b&gt; &amp; &quot;c&quot; &eacute; &#8364; &#x20ac; &#150; &nbsp; d",
			"a <b> & \"c\" \xc3\xa9 \xe2\x82\xac \xe2\x82\xac \xe2\x80\x93 d" },
		{ "a &unknown; &; &# &#x; & b", "a &unknown; &; &# &#x; & b" },
		{ "&#0; &#55296; &#1114112; &#99999999999;",
			"\xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd" },
		{ "<html><head><title>T</title><style>p { x: '>' "
		  "}</style></head><body>b</body></html>",
			"b" },
		{ "a<script>if (a < b) { document.write('<p>x</p>') }</script>b", "ab" },
		{ "a<!-- <p>no</p> -->b<!DOCTYPE x>c<?php y ?>d", "abcd" },
		{ "<a href=\"https://b.example/?x=1>2\">the link</a>", "the link" },
		{ "<ul><li>one</li><li>two</li></ul>", "- one\n- two" },
		{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc" },
		{ "<pre>a\n  b\nc</pre>", "a\n  b\nc" },
		{ "<blockquote>said<br>she</blockquote>yes", "> said\n> she\nyes" },
		{ "1 < 2 > 1 <3", "1 < 2 > 1 <3" },
		{ "a<img src='x.png' onerror='alert(1)'>b", "ab" },
		{ "a\n\n   b\t c", "a b c" },
		{ "cut <b", "cut" },
		{ "cut <a href=\"x", "cut" },
		{ "cut &am", "cut &am" },
		{ "a<style>never closed", "a" },
		{ "a<!-- never closed", "a" },
		{ "<head><meta x><p>no end of head</p>", "no end of head" },
		{ "<BODY>UP<BR>PER</BODY>", "UP\nPER" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect(rows[i].html, NULL, "utf-8", "HTML", rows[i].text);
}

static void
is_linear_in_hostile_html(void **state)
{
	static const char *const pieces[] = { "<", "<a ", "<a '", "<a \"", "&", "&#1", "<!--",
		"<script>", "<style></", "</", "<blockquote>", "<pre>", "<br>", "<p>", "<div><",
		"=\"'", "<!", "\n", "&amp" };
	double start = cpu_ms();

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct text flood = { 0 }, out = { 0 };

		while (flood.size < 500000)
			text_add(&flood, pieces[i]);
		html_text(flood.bytes, flood.size, 1 << 20, &out);
		text_clear(&flood);
		text_clear(&out);
	}
	assert_true(cpu_ms() - start < 2000);
}

static void
stops_at_the_size_asked_for(void **state)
{
	bool truncated;

	(void)state;
	assert_string_equal(text_of("abcdef", 6, NULL, NULL, "plain", 3, &truncated), "abc");
	assert_true(truncated);
	assert_string_equal(
		text_of("\xc3\xa9\xc3\xa9", 4, NULL, "utf-8", "plain", 3, &truncated), "\xc3\xa9");
	assert_true(truncated);
	assert_string_equal(text_of("<p>abc", 6, NULL, "utf-8", "html", 3, &truncated), "abc");
	assert_false(truncated);
	assert_string_equal(text_of("abc", 3, NULL, NULL, "plain", 0, &truncated), "");
	assert_true(truncated);
}

static void
makes_one_line_of_a_snippet(void **state)
{
	(void)state;
	expect_snippet("  Hello\r\n\r\n  world\t!\r\n", "plain", "Hello world !");
	expect_snippet("a\xc2\xa0\xc2\xa0"
		       "b\xe2\x80\x8b\xef\xbb\xbf"
		       "c",
		"plain", "a bc");
	expect_snippet("<p>Hello</p><p>world</p>", "html", "Hello world");
}

static void
drops_what_a_reply_repeats(void **state)
{
	static const struct {
		const char *text, *snippet;
	} rows[] = {
		{ "Yes.\r\n\r\nOn Fri, 3 May 2024, Ada <a@b.example> wrote:\r\n> Will you?\r\n> "
		  "Please.\r\n",
			"Yes." },
		{ "On Fri, 3 May 2024 at 10:20, Ada\r\n<a@b.example> wrote:\r\n\r\n> Will "
		  "you?\r\n\r\nYes.\r\n",
			"Yes." },
		{ "Ja.\r\n\r\nAm 3. Mai 2024 schrieb Ada:\r\nx\r\n",
			"Ja. Am 3. Mai 2024 schrieb Ada: x" },
		{ "Oui.\r\nLe 3 mai, Ada a \xc3\xa9"
		  "crit :\r\n> x\r\n",
			"Oui." },
		{ "Yes.\r\n-----Original Message-----\r\nFrom: Ada\r\nWill you?\r\n", "Yes." },
		{ "> only\r\n> quotes\r\n", "> only > quotes" },
		{ "On Friday I wrote: hello\r\n", "On Friday I wrote: hello" },
		{ "a > b\r\n", "a > b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect_snippet(rows[i].text, "plain", rows[i].snippet);
	expect_snippet("Yes.<blockquote>Will you?</blockquote>", "html", "Yes.");
	expect("Yes.\r\n> Will you?\r\n", NULL, NULL, "plain", "Yes.\n> Will you?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(undoes_encodings_and_charsets),
		MAIL_TEST(takes_input_that_is_cut_anywhere),
		MAIL_TEST(reads_broken_encodings),
		MAIL_TEST(makes_text_tidy_and_clean),
		MAIL_TEST(turns_html_into_text),
		MAIL_TEST(is_linear_in_hostile_html),
		MAIL_TEST(stops_at_the_size_asked_for),
		MAIL_TEST(makes_one_line_of_a_snippet),
		MAIL_TEST(drops_what_a_reply_repeats),
	};

	return RUN_MAIL_TESTS(tests);
}
