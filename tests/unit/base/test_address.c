#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/address.h"
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
brings_addresses_into_one_form(void **state)
{
	static const char *const CASES[][2] = {
		{ "Ada@X.Example", "ada@x.example" },
		{ "ada@x.example.", "ada@x.example" },
		{ "\"ada\"@x.example", "ada@x.example" },
		{ "\"a\\da\"@x.example", "ada@x.example" },
		{ "\"John Doe\"@x.example", "\"john doe\"@x.example" },
		{ "\"a@b\"@x.example", "\"a@b\"@x.example" },
		{ "\"q\\\"uote\"@x.example", "\"q\\\"uote\"@x.example" },
		{ "\"\"@x.example", "\"\"@x.example" },
		{ "\"a..b\"@x.example", "a..b@x.example" },
		{ "a+tag@x.example", "a+tag@x.example" },
		{ "o'brien@x.example", "o'brien@x.example" },
		{ "info@MÜNCHEN.example", "info@xn--mnchen-3ya.example" },
		{ "info@xn--MNCHEN-3ya.example", "info@xn--mnchen-3ya.example" },
		{ "info@straße.example", "info@xn--strae-oqa.example" },
		{ "info@例え.テスト", "info@xn--r8jz45g.xn--zckzah" },
		{ "info@x。example", "info@x.example" },
		{ "ÄRGER@x.example", "ärger@x.example" },
		{ "root@localhost", "root@localhost" },
		{ "a@my_host.example", "a@my_host.example" },
		{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
		{ "a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]" },
		{ "\xe2\x84\xaa@x.example", "k@x.example" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct err err;
		char *out, *again;

		if (address_canonical(arena, CASES[i][0], &out, &err) < 0)
			fail_msg("%s", err.message);
		assert_string_equal(out, CASES[i][1]);
		assert_int_equal(address_canonical(arena, out, &again, &err), 0);
		assert_string_equal(out, again);
	}
}

static void
refuses_what_is_no_address(void **state)
{
	static const char *const BAD[] = { "", "@", "a", "a@", "@x.example", "a@b@c",
		"a b@x.example", "a@x example", "a@x..example", "a@.example", "a@-x.example",
		"a@x-.example", "<a@x.example>", "a@x.example>", "Ada <a@x.example>",
		"a@x.example,b@x.example", "a\n@x.example", "a@x.example\r\n", "\"a@x.example",
		"\"a\"b@x.example", "a\"b\"@x.example", "a\x1b@x.example", "a@\xff.example",
		"\xff@x.example", "a@[", "a@[]", "a@[x", "a@..", "a;b@x.example", "a@x/example",
		"a@x\xe2\x80\xae.example", "a@exa mple", "(a)@x.example" };
	struct err err;
	char *out;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		if (address_canonical(arena, BAD[i], &out, &err) == 0)
			fail_msg("'%s' became '%s'", BAD[i], out);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

static void
refuses_what_is_too_long(void **state)
{
	char address[400], *out;
	struct err err;

	(void)state;
	memset(address, 'a', sizeof address);
	memcpy(address + 312, "@x.examp", sizeof "@x.examp"); /* 320 bytes */
	assert_int_equal(address_canonical(arena, address, &out, &err), 0);
	assert_int_equal(strlen(out), 320);
	memset(address, 'a', sizeof address);
	memcpy(address + 313, "@x.examp", sizeof "@x.examp");
	assert_int_equal(address_canonical(arena, address, &out, &err), -1);
	memset(address, 'a', sizeof address);
	memcpy(address, "x@", 2);
	memcpy(address + 2 + 64, ".example", sizeof ".example");
	assert_int_equal(address_canonical(arena, address, &out, &err), -1);
}

/* Whatever is taken comes out the same the second time. */
static void
is_stable_over_random_addresses(void **state)
{
	static const char *const PIECES[] = { "a", "B", "\"", "\\", "@", ".", "ü", "Ü", "ß", "İ",
		"ſ", "+", " ", "-", "xn--", "。", "K", "例", "\xc3", "[", "]", "1", "ẞ", "Σ", "ς",
		"x.example", "\xe2\x80\x8d", "ᾳ", "Ⱥ", "'", "!" };
	unsigned taken = 0;

	(void)state;
	srand(11);
	for (int round = 0; round < 200000; round++) {
		char address[200] = "", *once, *twice;

		for (int i = 0, n = 1 + rand() % 9; i < n; i++) {
			int piece = rand() % 3 ? rand() % (int)(sizeof PIECES / sizeof PIECES[0])
					       : rand() % 6;

			snprintf(address + strlen(address), sizeof address - strlen(address), "%s",
				PIECES[piece]);
		}
		if (rand() % 2)
			snprintf(address + strlen(address), sizeof address - strlen(address), "%s",
				"@x.example");
		if (address_canonical(arena, address, &once, NULL) == 0) {
			taken++;
			if (address_canonical(arena, once, &twice, NULL) < 0)
				fail_msg("'%s' became '%s', which is none", address, once);
			if (strcmp(once, twice) != 0)
				fail_msg("'%s' became '%s' and '%s'", address, once, twice);
			assert_true(text_is_clean(once, strlen(once), false));
		}
		arena_reset(arena);
	}
	assert_true(taken > 1000);
}

static void
brings_domains_into_one_form(void **state)
{
	struct err err;
	char *out;

	(void)state;
	assert_int_equal(domain_canonical(arena, "@Own.Example", &out, &err), 0);
	assert_string_equal(out, "own.example");
	assert_int_equal(domain_canonical(arena, "bücher.example", &out, &err), 0);
	assert_string_equal(out, "xn--bcher-kva.example");
	assert_int_equal(domain_canonical(arena, "", &out, &err), -1);
	assert_int_equal(domain_canonical(arena, "*", &out, &err), -1);
	assert_int_equal(domain_canonical(arena, "a@b", &out, &err), -1);
	assert_int_equal(domain_canonical(arena, ".", &out, &err), -1);
	assert_string_equal(address_domain("a@x.example"), "x.example");
	assert_string_equal(address_domain("\"a@b\"@x.example"), "x.example");
	assert_string_equal(address_domain("none"), "");
}

static void
folds_tags(void **state)
{
	(void)state;
	assert_string_equal(address_fold_tag(arena, "user+tag@d.example"), "user@d.example");
	assert_string_equal(address_fold_tag(arena, "user+a+b@d.example"), "user@d.example");
	assert_string_equal(address_fold_tag(arena, "+tag@d.example"), "+tag@d.example");
	assert_string_equal(address_fold_tag(arena, "user@d.example"), "user@d.example");
	assert_string_equal(address_fold_tag(arena, "\"a +b\"@d.example"), "\"a +b\"@d.example");
}

static void
sees_letters_of_mixed_scripts(void **state)
{
	(void)state;
	assert_true(address_mixed_script("p\xd0\xb0ypal.com")); /* Cyrillic a */
	assert_true(address_mixed_script("\xce\x91pple")); /* Greek alpha */
	assert_true(
		address_mixed_script("a@xn--pypal-4ve.example")); /* the first one in A-labels */
	assert_false(address_mixed_script("a@xn--mnchen-3ya.example"));
	assert_false(address_mixed_script("a@xn--.example"));
	assert_false(address_mixed_script("xn--pypal-4ve@x.example")); /* no domain */
	assert_false(address_mixed_script("paypal.com"));
	assert_false(address_mixed_script("Müller Straße"));
	assert_false(address_mixed_script("Ivan Иванов"));
	assert_false(address_mixed_script("東京 Tokyo株式会社"));
	assert_false(address_mixed_script(""));
	assert_true(address_mixed_script("а1b")); /* digits do not part a word */
}

static void
knows_where_anybody_can_have_a_mailbox(void **state)
{
	(void)state;
	assert_true(domain_is_freemail("gmail.com"));
	assert_true(domain_is_freemail("web.de"));
	assert_true(domain_is_freemail("zzz.hinet.net"));
	assert_true(domain_is_freemail("qq.com"));
	assert_false(domain_is_freemail("example.com"));
	assert_false(domain_is_freemail("notgmail.com"));
	assert_false(domain_is_freemail("com"));
	assert_false(domain_is_freemail(""));
	assert_false(domain_is_freemail("# Domains where anybody can have a mailbox"));
}

static void
finds_an_address_in_words_as_a_whole(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} TEXTS[] = {
		{ "a@x.example", true },
		{ "From: Ada <A@X.Example>, b@y.example", true },
		{ "the address 'a@x.example' is taken", true },
		{ "from = a@x.example.", true },
		{ "{\"email\":\"a+shop@x.example\"}", true },
		{ "bounce to a+b+c=d@x.example", true },
		{ "aa@x.example", false },
		{ "b.a@x.example", false },
		{ "b+a@x.example", false },
		{ "b-a@x.example", false },
		{ "\u00fca@x.example", false },
		{ "a@x.example.com", false },
		{ "a@x.example-shop.example", false },
		{ "a@x.examples", false },
		{ "a+shop at x.example", false },
		{ "a+@y.example", false },
		{ "aa@x.example, a@x.example", true },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
		if (address_is_in(TEXTS[i].text, strlen(TEXTS[i].text), "a@x.example") !=
			TEXTS[i].is)
			fail_msg("'%s'", TEXTS[i].text);
	}
	assert_true(address_is_in("a@x.example.com", 11, "a@x.example"));
	assert_false(address_is_in("a@x.example", 10, "a@x.example"));
	assert_true(address_is_in("x\0a@x.example", 13, "a@x.example"));
}

static void
takes_whom_a_list_names_out_of_text(void **state)
{
	static const char LIST[] = "a@x.example\nAda\nAda Byron\n";
	static const struct {
		const char *text, *left; /* NULL: nothing of it goes */
	} TEXTS[] = {
		{ "Ada Byron <A+shop@X.example>: hello, ada!",
			"(forgotten) <(forgotten)>: hello, (forgotten)!" },
		{ "\u201cAda\u201d\u2014a@x.example\u00bb",
			"\u201c(forgotten)\u201d\u2014(forgotten)\u00bb" },
		{ "Adam of Nevada; aa@x.example, a@x.example.com", NULL },
		{ "\u010cAda", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
		struct text out = { 0 };

		assert_int_equal(
			address_take_out(TEXTS[i].text, LIST, &out), TEXTS[i].left != NULL);
		if (TEXTS[i].left != NULL)
			assert_string_equal(out.bytes, TEXTS[i].left);
		text_clear(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brings_addresses_into_one_form),
		cmocka_unit_test(takes_whom_a_list_names_out_of_text),
		cmocka_unit_test(refuses_what_is_no_address),
		cmocka_unit_test(refuses_what_is_too_long),
		cmocka_unit_test(is_stable_over_random_addresses),
		cmocka_unit_test(brings_domains_into_one_form),
		cmocka_unit_test(folds_tags),
		cmocka_unit_test(sees_letters_of_mixed_scripts),
		cmocka_unit_test(knows_where_anybody_can_have_a_mailbox),
		cmocka_unit_test(finds_an_address_in_words_as_a_whole),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
