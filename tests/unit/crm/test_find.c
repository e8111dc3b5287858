#include "desk.h"

#include "contact_index.h"
#include "liaison/crm/contact_find.h"
#include "liaison/crm/contact_label.h"
#include "liaison/crm/field.h"

/* contact.find: who is found by what, in which order, and that nothing of the removed is left. */

static int64_t
add(struct desk *desk, struct contact contact)
{
	assert_ok(contact_add(desk->store, desk->arena, &contact, NOW, &desk->err));
	return contact.id;
}

static struct contact_finding
find(struct desk *desk, const char *text)
{
	struct contact_finding found;

	assert_ok(contact_find(desk->store, desk->arena, text, 1000, &found, &desk->err));
	return found;
}

static bool
is_found(struct desk *desk, const char *text, int64_t id)
{
	struct contact_finding found = find(desk, text);

	for (unsigned i = 0; i < found.count; i++) {
		if (found.hits[i].id == id)
			return true;
	}
	return false;
}

static void
run_index(struct desk *desk)
{
	bool more = true;

	while (more)
		assert_ok(contact_index_turn(desk->store, &more, &desk->err));
}

enum { ADA, BOB, KAREL, MUELLER, LI, OLGA, COUNT };

static void
add_six(struct desk *desk, int64_t ids[COUNT])
{
	struct contact_label tag = { .kind = "tag", .code = "Chess" };
	bool added;

	ids[ADA] = add(desk, (struct contact){ .name = "Ada Lovelace",
				     .city = "London",
				     .post_code = "SW1A 1AA",
				     .street = "12 St James's Square",
				     .name_2 = "Byron",
				     .vat_no = "GB 999 9999 73",
				     .external_id = "crm-77" });
	ids[BOB] = add(desk, (struct contact){ .name = "Bob Ross", .phone = "0171 / 234 56 78" });
	ids[KAREL] = add(desk, (struct contact){ .name = "Karel \xc4\x8c"
							 "apek",
				       .city = "Praha",
				       .phone = "+420 (0)224 123 456" });
	ids[MUELLER] = add(desk, (struct contact){ .type = "company",
					 .name = "M\xc3\xbcller-L\xc3\xbc"
						 "denscheid GmbH" });
	ids[LI] = add(desk, (struct contact){ .name = "\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e" });
	ids[OLGA] = add(desk, (struct contact){ .name = "\xd0\x9e\xd0\xbb\xd1\x8c\xd0\xb3\xd0\xb0 "
							"\xd0\x9a\xd0\xbe\xd0\xb2\xd0\xb0\xd0\xbb"
							"\xd1\x91\xd0\xb2\xd0\xb0" });
	add_email(desk, ids[BOB], "bob.ross@paint.example");
	assert_ok(contact_domain_add(
		desk->store, desk->arena, ids[MUELLER], "mueller.example", &desk->err));
	assert_ok(contact_label_add(desk->store, desk->arena, ids[ADA], &tag, &added, &desk->err));
}

static void
finds_by_each_field_and_says_how(void **state)
{
	static const struct {
		const char *text;
		unsigned who;
		const char *field;
		enum find_how how;
	} rows[] = {
		{ "C00002", BOB, "no", FIND_EXACT },
		{ "c00002", BOB, "no", FIND_EXACT },
		{ "C0000", ADA, "no", FIND_PREFIX },
		{ "0006", OLGA, "no", FIND_SUBSTRING },
		{ "bob.ross@paint.example", BOB, "email", FIND_EXACT },
		{ "BOB.Ross@paint", BOB, "email", FIND_PREFIX },
		{ "paint", BOB, "email", FIND_WORD },
		{ "mueller.example", MUELLER, "domain", FIND_EXACT },
		{ "muell", MUELLER, "domain", FIND_PREFIX },
		{ "ada lovelace", ADA, "name", FIND_EXACT },
		{ "ada lov", ADA, "name", FIND_PREFIX },
		{ "lovelace", ADA, "name", FIND_WORD },
		{ "lovel", ADA, "name", FIND_PREFIX },
		{ "ovela", ADA, "name", FIND_SUBSTRING },
		{ "lovelase", ADA, "name", FIND_FUZZY },
		{ "lvoelace", ADA, "name", FIND_FUZZY }, /* exchanged */
		{ "olvelaec", ADA, "name", FIND_FUZZY }, /* twice */
		{ "lovelaces", ADA, "name", FIND_FUZZY },
		{ "bbo", BOB, NULL, FIND_FUZZY }, /* too short to guess at */
		{ "\xc4\x8c"
		  "APEK",
			KAREL, "name", FIND_WORD },
		{ "capek", KAREL, "name", FIND_WORD },
		{ "muller", MUELLER, "name", FIND_PREFIX },
		{ "ludenscheid", MUELLER, "name", FIND_WORD },
		{ "m\xc3\xbcller-l\xc3\xbc"
		  "denscheid",
			MUELLER, "name", FIND_PREFIX },
		{ "london", ADA, "city", FIND_WORD },
		{ "sw1a 1aa", ADA, "post_code", FIND_WORD },
		{ "jamess", ADA, "street", FIND_WORD },
		{ "james's", ADA, "street", FIND_WORD },
		{ "byron", ADA, "name_2", FIND_WORD },
		{ "GB 999 9999 73", ADA, "vat_no", FIND_WORD },
		{ "crm-77", ADA, "external_id", FIND_WORD },
		{ "chess", ADA, "tag", FIND_WORD },
		{ "01712345678", BOB, "phone", FIND_EXACT },
		{ "+44 171 2345678", BOB, "phone", FIND_EXACT },
		{ "0044 (0)171-2345678", BOB, "phone", FIND_EXACT },
		{ "2345678", BOB, "phone", FIND_EXACT },
		{ "34567", BOB, "phone", FIND_SUBSTRING },
		{ "0224123456", KAREL, "phone", FIND_EXACT },
		{ "+420224123456", KAREL, "phone", FIND_EXACT },
		{ "\xe7\x8e\x8b", LI, "name", FIND_PREFIX },
		{ "\xe5\xb0\x8f\xe6\x98\x8e", LI, "name", FIND_SUBSTRING },
		{ "\xe6\x98\x8e", LI, "name", FIND_SUBSTRING },
		{ "\xd0\xba\xd0\xbe\xd0\xb2\xd0\xb0\xd0\xbb\xd0\xb5\xd0\xb2\xd0\xb0", OLGA, "name",
			FIND_WORD },
		{ "\xd0\xba\xd0\xbe\xd0\xb2\xd0\xb0\xd0\xbb\xd1\x8c\xd0\xb2\xd0\xb0", OLGA, "name",
			FIND_FUZZY },
	};
	struct desk *desk = *state;
	int64_t ids[COUNT];

	add_six(desk, ids);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct contact_finding found = find(desk, rows[i].text);

		if (rows[i].field == NULL) {
			assert_false(is_found(desk, rows[i].text, ids[rows[i].who]));
			continue;
		}
		if (found.count == 0 || found.hits[0].id != ids[rows[i].who])
			fail_msg("'%s' finds %u, first %lld", rows[i].text, found.count,
				found.count > 0 ? (long long)found.hits[0].id : 0);
		if (found.hits[0].why[0].how != rows[i].how ||
			strcmp(found.hits[0].why[0].field, rows[i].field) != 0)
			fail_msg("'%s' finds by %s, %d", rows[i].text, found.hits[0].why[0].field,
				found.hits[0].why[0].how);
	}
}

static void
all_words_must_match_in_any_order_and_each_in_its_way(void **state)
{
	static const char *const found[] = { "lovelace ada", "london ada", "ada chess", "lov lon",
		"lovelase ada", "ada lodnon", "ovelac ad 12", "SQUARE james ada" };
	static const char *const missed[] = { "ada ross", "lovelace paris", "ada lovelace x" };
	struct desk *desk = *state;
	int64_t ids[COUNT];

	add_six(desk, ids);
	for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
		if (!is_found(desk, found[i], ids[ADA]))
			fail_msg("'%s' does not find her", found[i]);
	}
	for (size_t i = 0; i < sizeof missed / sizeof *missed; i++) {
		if (find(desk, missed[i]).count > 0)
			fail_msg("'%s' finds somebody", missed[i]);
	}
}

static void
the_sure_come_before_the_vague_and_the_busy_before_the_idle(void **state)
{
	struct desk *desk = *state;
	int64_t ids[7];
	struct contact_finding found;

	ids[6] = add_person(desk, "Karl Ottmann", 0);
	ids[5] = add_person(desk, "Eva Lotto", 0);
	ids[4] = add_person(desk, "Anna Otto", 0);
	ids[3] = add_person(desk, "Berta Otto", 0);
	ids[2] = add_person(desk, "Otto Busch", 0);
	ids[1] = add_person(desk, "Otto", 0);
	ids[0] = add(desk, (struct contact){ .no = "OTTO", .name = "Zoe" });
	add_interaction(desk, "call", NOW - 100, "a word", ids[3]);
	add_interaction(desk, "call", NOW - 200, "a word", ids[4]);
	found = find(desk, "otto");
	assert_int_equal(found.count, 6);
	for (unsigned i = 0; i < found.count; i++) {
		if (found.hits[i].id != ids[i])
			fail_msg("hit %u is %lld", i, (long long)found.hits[i].id);
	}
	assert_null(found.cut);
}

static void
what_goes_is_found_no_more_and_nothing_of_it_is_kept(void **state)
{
	struct desk *desk = *state;
	struct contact ada;
	int64_t ids[COUNT];

	add_six(desk, ids);
	ada = get_contact(desk, ids[ADA]);
	ada.name = "Augusta King";
	ada.first_name = "Augusta";
	ada.surname = "King";
	ada.street = ada.post_code = ada.city = NULL;
	assert_ok(contact_update(desk->store, desk->arena, &ada, NOW, &desk->err));
	assert_false(is_found(desk, "lovelace", ids[ADA]));
	assert_true(is_found(desk, "king", ids[ADA]));
	assert_ok(contact_label_remove(desk->store, ids[ADA], "tag", "chess", &desk->err));
	assert_false(is_found(desk, "chess", ids[ADA]));
	assert_int_equal(ask(desk, "SELECT count(*) FROM find_word WHERE word = 'lovelace'"), 0);
	assert_int_equal(ask(desk, "SELECT count(*) FROM find_tail WHERE tail = 'ovelace'"), 0);
	for (unsigned i = 0; i < COUNT; i++)
		assert_ok(contact_remove(desk->store, ids[i], &desk->err));
	assert_int_equal(ask(desk, "SELECT (SELECT count(*) FROM find_word)"
				   " + (SELECT count(*) FROM find_tail)"
				   " + (SELECT count(*) FROM find_near)"
				   " + (SELECT count(*) FROM find_place)"
				   " + (SELECT count(*) FROM find_entry)"),
		0);
	run_index(desk);
	assert_int_equal(ask(desk, "SELECT count(*) FROM find_queue"), 0);
}

static void
a_text_of_a_field_of_ones_own_is_found_until_the_field_goes(void **state)
{
	struct desk *desk = *state;
	int64_t ids[COUNT];

	add_six(desk, ids);
	ask(desk, "INSERT INTO field (noun, name, type) VALUES ('contact', 'shoe', 'text') "
		  "RETURNING id");
	assert_ok(field_set(
		desk->store, desk->arena, ids[BOB], "shoe=brogue", NULL, NOW, &desk->err));
	assert_true(is_found(desk, "brogue", ids[BOB]));
	ask(desk, "DELETE FROM field RETURNING id");
	run_index(desk);
	assert_false(is_found(desk, "brogue", ids[BOB]));
}

static void
what_is_noted_is_found_later_and_meanwhile_the_answer_says_so(void **state)
{
	struct desk *desk = *state;
	int64_t id = add_person(desk, "Ada Lovelace", 0);

	ask(desk, "UPDATE contact SET city = 'Turin' RETURNING id");
	assert_ok(contact_index_later(desk->store, id, &desk->err));
	assert_false(is_found(desk, "turin", id));
	assert_non_null(find(desk, "turin").cut);
	run_index(desk);
	assert_true(is_found(desk, "turin", id));
	assert_null(find(desk, "turin").cut);
}

static void
whoever_is_not_found_by_name_is_told_whom_it_is_like(void **state)
{
	struct desk *desk = *state;
	int64_t ids[COUNT], id;

	add_six(desk, ids);
	assert_fails(contact_resolve(desk->store, desk->arena, "Ada Lovelase", &id, &desk->err),
		ERR_NOT_FOUND);
	assert_non_null(strstr(desk->err.hint, "'C00001' (Ada Lovelace)"));
	assert_fails(
		contact_resolve(desk->store, desk->arena, "Xyzzy", &id, &desk->err), ERR_NOT_FOUND);
	assert_string_equal(desk->err.hint, "");
}

static void
any_text_is_answered(void **state)
{
	static const char *const texts[] = { "a", "%", "_", "*", "\"", "'", "' OR 1 = 1 --", "|",
		":", "ada:n", "\xf0\x9f\x98\x80", "\xcc\x81", "0", "00", "0000", "+", "@", "@x",
		"a@", ".", "a.b", "-", "\xe2\x80\xae" };
	struct desk *desk = *state;
	char *long_text = mem_alloc((1 << 20) + 1);
	int64_t ids[COUNT];

	add_six(desk, ids);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		find(desk, texts[i]);
	memset(long_text, 'x', 1 << 20);
	long_text[1 << 20] = '\0';
	assert_int_equal(find(desk, long_text).count, 0);
	for (unsigned i = 3; i < 1 << 20; i += 4)
		long_text[i] = ' ';
	assert_non_null(find(desk, long_text).cut);
	assert_fails(contact_find(desk->store, desk->arena, "  ", 10,
			     &(struct contact_finding){ 0 }, &desk->err),
		ERR_USAGE);
	free(long_text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

static void
a_check_finds_what_is_not_found_any_more(void **state)
{
	struct desk *desk = *state;
	int64_t id = add(desk, (struct contact){ .name = "Ada Lovelace", .city = "London" });
	bool wrong;

	run_index(desk);
	assert_ok(contact_index_check(desk->store, id, &wrong, &desk->err));
	assert_false(wrong);
	ask(desk, "UPDATE contact SET city = 'Paris' RETURNING 1");
	assert_ok(contact_index_check(desk->store, id, &wrong, &desk->err));
	assert_true(wrong);
	ask(desk, "UPDATE contact SET city = 'London' RETURNING 1");
	ask(desk, "DELETE FROM find_place WHERE word_id = (SELECT id FROM find_word WHERE word = "
		  "'london') RETURNING 1");
	assert_ok(contact_index_check(desk->store, id, &wrong, &desk->err));
	assert_true(wrong);
	assert_ok(contact_index_later(desk->store, id, &desk->err));
	assert_ok(contact_index_check(desk->store, id, &wrong, &desk->err));
	assert_false(wrong);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(finds_by_each_field_and_says_how),
		CASE(all_words_must_match_in_any_order_and_each_in_its_way),
		CASE(the_sure_come_before_the_vague_and_the_busy_before_the_idle),
		CASE(what_goes_is_found_no_more_and_nothing_of_it_is_kept),
		CASE(a_text_of_a_field_of_ones_own_is_found_until_the_field_goes),
		CASE(what_is_noted_is_found_later_and_meanwhile_the_answer_says_so),
		CASE(whoever_is_not_found_by_name_is_told_whom_it_is_like),
		CASE(any_text_is_answered),
		CASE(a_check_finds_what_is_not_found_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
