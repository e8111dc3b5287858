#include "search_words.h"

#include "desk.h"

/* Full text: what people type, made safe, and what it finds. */

static const char *
made(struct desk *desk, const char *words)
{
	const char *match;

	assert_ok(search_words(desk->arena, words, &match, &desk->err));
	return match;
}

static void
every_word_becomes_a_quoted_string(void **state)
{
	static const struct {
		const char *words, *match;
	} rows[] = {
		{ "offer", "\"offer\"" },
		{ "new offer", "\"new\" \"offer\"" },
		{ "\"new offer\" x", "\"new offer\" \"x\"" },
		{ "off*", "\"off\"*" },
		{ "\"new off\"*", "\"new off\"*" },
		{ "subject:offer", "subject : \"offer\"" },
		{ "Subject:\"new offer\"", "subject : \"new offer\"" },
		{ "parties:ada* x", "parties : \"ada\"* \"x\"" },
		{ "note:x", "body : \"x\"" },
		{ "a AND b OR NOT c NEAR(d, 2)",
			"\"a\" \"AND\" \"b\" \"OR\" \"NOT\" \"c\" \"NEAR(d,\" \"2)\"" },
		{ "x\"y", "\"x\" \"y\"" },
		{ "open \"quote", "\"open\" \"quote\"" },
		{ "rowid:1 evil:x", "\"rowid:1\" \"evil:x\"" },
		{ "a - + ^ ( ) {x y}: *", "\"a\" \"{x\" \"y}:\"" },
		{ "-word", "\"-word\"" },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(made(desk, rows[i].words), rows[i].match);
}

static void
nothing_to_search_for_is_said(void **state)
{
	static const char *const WRONG[] = { "", "  ", "***", "\"\"", "- -", "subject:", "\"" };
	struct desk *desk = *state;
	const char *match;

	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
		assert_fails(search_words(desk->arena, WRONG[i], &match, &desk->err), ERR_USAGE);
		assert_string_equal(desk->err.field, "text");
	}
}

static void
too_many_words_are_refused(void **state)
{
	struct desk *desk = *state;
	struct text words = { 0 };
	const char *match;

	for (int i = 0; i < 65; i++)
		text_add(&words, "w ");
	assert_fails(search_words(desk->arena, words.bytes, &match, &desk->err), ERR_USAGE);
	for (int i = 0; i < 2000; i++)
		text_add(&words, "w ");
	assert_fails(search_words(desk->arena, words.bytes, &match, &desk->err), ERR_USAGE);
	text_clear(&words);
}

static unsigned
find(struct desk *desk, const char *words, int64_t *first)
{
	struct timeline_page page;

	assert_ok(interaction_search(desk->store, desk->arena, words, NULL, NULL, NULL, NULL, 0,
		100, NULL, &page, &desk->err));
	*first = page.count > 0 ? page.ids[0] : 0;
	return page.count;
}

static int64_t
add_mail(struct desk *desk, const char *subject, const char *snippet, const char *parties,
	int64_t at)
{
	struct interaction mail = { .kind = "email",
		.status = "recorded",
		.direction = "inbound",
		.initiated_by = "them",
		.at = at,
		.subject = subject,
		.snippet = snippet };

	assert_ok(interaction_add(desk->store, &mail, NULL, 0, parties, NOW, &desk->err));
	return mail.id;
}

/* Whatever bytes stand between the blanks, FTS5 takes what is made of them. */
static void
no_words_are_ever_syntax(void **state)
{
	static const char PARTS[] =
		"ab \"*:()^+-{}.,'\\;%_&|~!<>=[]#$@?/`\x01\x7f subject: NEAR AND "
		"\xc3\xa9\xe2\x80\x93\xf0\x9f\x98\x80";
	struct desk *desk = *state;
	uint64_t seed = 7;

	add_mail(desk, "ab", "ba", "a@b", NOW);
	for (int i = 0; i < 5000; i++) {
		char words[41];
		struct timeline_page page;
		int size = 1 + i % 40, result;

		for (int j = 0; j < size; j++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			words[j] = PARTS[(seed >> 33) % (sizeof PARTS - 1)];
		}
		words[size] = '\0';
		result = interaction_search(desk->store, desk->arena, words, NULL, NULL, NULL, NULL,
			0, 10, NULL, &page, &desk->err);
		if (result < 0 && desk->err.code != ERR_USAGE)
			fail_msg("'%s': %s", words, desk->err.message);
		arena_reset(desk->arena);
	}
}

static void
finds_words_phrases_prefixes_and_fields(void **state)
{
	struct desk *desk = *state;
	int64_t one = add_mail(
			desk, "Offer for pumps", "the price is fair", "Ada ada@x.example", NOW),
		two = add_mail(
			desk, "Invoice", "as in our offer for pumps", "Bob bob@y.example", NOW + 1),
		first;

	assert_int_equal(find(desk, "offer", &first), 2);
	assert_int_equal(first, one); /* the subject weighs more than the newer one's text */
	assert_int_equal(find(desk, "subject:offer", &first), 1);
	assert_int_equal(find(desk, "body:offer", &first), 1);
	assert_int_equal(first, two);
	assert_int_equal(find(desk, "\"price is fair\"", &first), 1);
	assert_int_equal(find(desk, "\"fair price\"", &first), 0);
	assert_int_equal(find(desk, "inv*", &first), 1);
	assert_int_equal(find(desk, "invo", &first), 0);
	assert_int_equal(find(desk, "parties:ada@x.example", &first), 1);
	assert_int_equal(find(desk, "OFFER Pumps price", &first), 1);
	assert_int_equal(find(desk, "offer \xe2\x80\x93 pumps", &first), 2); /* a dash is no word */
}

static void
accents_and_case_do_not_matter(void **state)
{
	struct desk *desk = *state;
	int64_t first;

	add_mail(desk,
		"\xc3\x9c"
		"bergabe Caf\xc3\xa9",
		NULL, NULL, NOW);
	assert_int_equal(find(desk, "ubergabe cafe", &first), 1);
	assert_int_equal(find(desk,
				 "\xc3\xbc"
				 "bergabe",
				 &first),
		1);
}

static void
text_that_comes_later_is_found_and_replaced(void **state)
{
	struct desk *desk = *state;
	int64_t id = add_mail(desk, "Pumps", "first words", "Ada", NOW), first;

	assert_ok(interaction_set_text(desk->store, desk->arena, id, "whole text with marmalade",
		true, false, &desk->err));
	assert_int_equal(find(desk, "marmalade pumps ada", &first), 1);
	assert_int_equal(find(desk, "first", &first), 0);
	assert_ok(interaction_set_text(
		desk->store, desk->arena, id, "other text", true, false, &desk->err));
	assert_int_equal(find(desk, "marmalade", &first), 0);
	assert_int_equal(find(desk, "other pumps", &first), 1);
	assert_ok(stmt_run(
		sql_prepare(desk->store, "INSERT INTO interaction_search"
					 " (interaction_search) VALUES ('integrity-check')"),
		&desk->err));
}

static void
keeps_to_contact_span_and_kind(void **state)
{
	static const char *const CALLS[] = { "call" };
	struct desk *desk = *state;
	int64_t acme = add_company(desk, "Acme"), ada = add_person(desk, "Ada", acme),
		bob = add_person(desk, "Bob", 0), since = NOW + 1;
	struct timeline_page page;

	add_interaction(desk, "call", NOW, "pumps", ada);
	add_interaction(desk, "letter", NOW + 2, "pumps", ada);
	add_interaction(desk, "call", NOW + 2, "pumps", bob);
	assert_ok(interaction_search(desk->store, desk->arena, "pumps", &ada, NULL, NULL, NULL, 0,
		9, NULL, &page, &desk->err));
	assert_int_equal(page.count, 2);
	assert_ok(interaction_search(desk->store, desk->arena, "pumps", &acme, NULL, NULL, NULL, 0,
		9, NULL, &page, &desk->err));
	assert_int_equal(page.count, 2);
	assert_ok(interaction_search(desk->store, desk->arena, "pumps", NULL, &since, NULL, CALLS,
		1, 9, NULL, &page, &desk->err));
	assert_int_equal(page.count, 1);
}

static void
pages_keep_to_what_was_there_at_the_first(void **state)
{
	struct desk *desk = *state;
	bool seen[200] = { false };
	const char *after = NULL;
	unsigned count = 0;

	for (int i = 0; i < 50; i++)
		add_mail(desk, i % 3 == 0 ? "pumps pumps" : "about pumps", NULL, NULL, NOW + i);
	do {
		struct timeline_page page;

		assert_ok(interaction_search(desk->store, desk->arena, "pumps", NULL, NULL, NULL,
			NULL, 0, 8, after, &page, &desk->err));
		for (unsigned i = 0; i < page.count; i++) {
			assert_false(seen[page.ids[i]]);
			seen[page.ids[i]] = true;
			count++;
		}
		after = page.next;
		add_mail(desk, "more about pumps", NULL, NULL, NOW + 100);
	} while (after != NULL);
	assert_int_equal(count, 50);
	assert_fails(interaction_search(desk->store, desk->arena, "pumps", NULL, NULL, NULL, NULL,
			     0, 8, "s-1.5", &(struct timeline_page){ 0 }, &desk->err),
		ERR_USAGE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_word_becomes_a_quoted_string),
		CASE(nothing_to_search_for_is_said),
		CASE(too_many_words_are_refused),
		CASE(no_words_are_ever_syntax),
		CASE(finds_words_phrases_prefixes_and_fields),
		CASE(accents_and_case_do_not_matter),
		CASE(text_that_comes_later_is_found_and_replaced),
		CASE(keeps_to_contact_span_and_kind),
		CASE(pages_keep_to_what_was_there_at_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
