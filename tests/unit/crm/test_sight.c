#include "desk.h"

#include "liaison/crm/sight.h"

/* Whose mail is whose: 1 is in the mailbox of all, 2 in AB's, 3 in AB's with a copy in that of all, 4 in one of whoever wrote it
 * (AB), 5 in one that nobody owns, 6 was entered by hand, 7 has lost its sources. */

enum { COUNT = 7 };

static void
run(struct desk *desk, const char *sql)
{
	assert_ok(stmt_run(sql_prepare(desk->store, sql), &desk->err));
}

static const char *const ROWS[] = {
	"INSERT INTO source (id, name, kind, visibility, salesperson) VALUES"
	" (1, 'desk', 'imap', 'all', NULL), (2, 'ab', 'imap', 'owner', 'ab'),"
	" (3, 'team', 'ical', 'owner', 'sender'), (4, 'boss', 'imap', 'owner', NULL)",
	"INSERT INTO stream (id, source_id, folder, uidvalidity, cursor, anchor, low) SELECT id, "
	"id,"
	" 'INBOX', 1, 0, 0, 0 FROM source",
	"INSERT INTO message (id, identity, message_id, subject, at, offset_min, direction, parts,"
	" source_id)"
	" SELECT value, CAST('i' || value AS BLOB), 'm' || value, 'secret ' || value, 1000 + "
	"value, 0,"
	" 'inbound', '[{\"name\":\"plan.pdf\"}]', CASE value WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 "
	"THEN 2 WHEN 4 THEN 3"
	" WHEN 5 THEN 4 END FROM generate",
	"INSERT INTO interaction (id, kind, status, direction, initiated_by, at, offset_min, "
	"location,"
	" subject, snippet, note, message_id, thread, event_uid, evaluation, attempt_failed, cost,"
	" duration_min, campaign, salesperson, created, changed) SELECT value, 'email', 'recorded',"
	" 'inbound', 'them', 1000 + value, 0, 'room', 'secret ' || value, 'snip', 'noted',"
	" nullif(value, 6), 90, 'e' || value, 'positive', 1, 250, 30, 'K1',"
	" CASE value WHEN 4 THEN 'AB' END, 1, 1 FROM generate",
	"INSERT INTO interaction_text (interaction_id, text) SELECT value, 'whole secret' FROM "
	"generate",
	"INSERT INTO interaction_contact (contact_id, at, interaction_id, role, via) SELECT 1,"
	" 1000 + value, value, 'from', 'address' FROM generate",
	"INSERT INTO ledger (stream_id, uid, at, decision, message_id, interaction_id) VALUES"
	" (1, 1, 9, 'captured', 1, 1), (2, 2, 9, 'captured', 2, 2), (2, 3, 9, 'captured', 3, 3),"
	" (1, 3, 9, 'duplicate', 3, 3), (3, 4, 9, 'captured', 4, 4), (4, 5, 9, 'captured', 5, 5)",
};

static int
open_sight(void **state)
{
	int result = desk_open(state);
	struct desk *desk = *state;

	add_person(desk, "Ada Lovelace", 0);
	run(desk, "CREATE TEMP VIEW generate AS WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL"
		  " SELECT value + 1 FROM n WHERE value < 7) SELECT value FROM n");
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		run(desk, ROWS[i]);
	return result;
}

/* What the viewer sees whole, as "1 3 6". */
static const char *
seen_by(struct desk *desk, const char *viewer)
{
	char *text = arena_text(desk->arena, "");
	bool withheld;

	store_set_viewer(desk->store, viewer);
	for (int64_t id = 1; id <= COUNT; id++) {
		assert_ok(sight_withheld(desk->store, id, &withheld, &desk->err));
		if (!withheld)
			text = arena_printf(
				desk->arena, "%s%s%lld", text, *text ? " " : "", (long long)id);
	}
	return text;
}

static int64_t
count(struct desk *desk, const struct query_noun *noun, const char *condition)
{
	struct query_context context = { .now = NOW };
	struct query_node *where;
	int64_t *ids;
	size_t found;

	assert_ok(query_parse(desk->arena, noun, &context, condition, &where, &desk->err));
	assert_ok(query_ids(desk->store, desk->arena, noun, where, 0, &ids, &found, &desk->err));
	return (int64_t)found;
}

static void
mail_is_its_owners_unless_all_may_see_it(void **state)
{
	struct desk *desk = *state;

	assert_string_equal(seen_by(desk, NULL), "1 2 3 4 5 6 7");
	assert_string_equal(seen_by(desk, "AB"), "1 2 3 4 6");
	assert_string_equal(seen_by(desk, "aB"), "1 2 3 4 6");
	assert_string_equal(seen_by(desk, "CD"), "1 6");
	assert_string_equal(seen_by(desk, ""), "1 6");
	assert_string_equal(seen_by(desk, "sender"), "1 6");
}

static void
a_change_of_the_source_changes_the_past(void **state)
{
	struct desk *desk = *state;

	run(desk, "UPDATE source SET salesperson = 'CD' WHERE id = 2");
	assert_string_equal(seen_by(desk, "AB"), "1 4 6");
	assert_string_equal(seen_by(desk, "CD"), "1 2 3 6");
	run(desk, "UPDATE source SET visibility = 'all'");
	assert_string_equal(seen_by(desk, ""), "1 2 3 4 5 6");
	run(desk, "UPDATE source SET visibility = 'owner', salesperson = NULL");
	assert_string_equal(seen_by(desk, "AB"), "6");
}

static void
what_is_private_in_a_public_mailbox_is_not_public(void **state)
{
	struct desk *desk = *state;

	run(desk, "UPDATE ledger SET decision = 'private' WHERE id IN (1, 4)");
	assert_string_equal(seen_by(desk, "CD"), "6");
	assert_int_equal(count(desk, &interaction_noun, "subject = 'secret 3'"), 0);
	run(desk, "UPDATE ledger SET decision = 'forgotten' WHERE id IN (1, 4)");
	assert_string_equal(seen_by(desk, "CD"), "6");
	assert_int_equal(count(desk, &interaction_noun, "subject = 'secret 3'"), 0);
	assert_string_equal(seen_by(desk, "AB"), "2 3 4 6");
}

static json_t *
whole(struct desk *desk, int64_t id)
{
	struct json_out out;
	json_t *tree = NULL;

	text_reset(&desk->text);
	json_out_init(&out, &desk->text);
	assert_ok(interaction_write_whole(desk->store, desk->arena, id, &out, &desk->err));
	assert_ok(json_line_parse(desk->text.bytes, desk->text.size, &tree, &desk->err));
	return tree;
}

static bool
is_among(const char *word, const char *const *words)
{
	while (*words != NULL && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

/* Every member of the record is one of these or blank, also those that are added later. */
static void
a_record_shows_others_dates_and_parties_only(void **state)
{
	static const char *const SHOWN[] = { "id", "version", "kind", "status", "direction",
		"initiated_by", "at", "end", "all_day", "duration_min", "moves", "salesperson",
		"colleagues", "contacts", "sources", NULL };
	struct desk *desk = *state;
	json_t *all = whole(desk, 2), *seen, *value;
	const char *key;

	store_set_viewer(desk->store, "CD");
	seen = whole(desk, 2);
	assert_int_equal(json_object_size(seen), json_object_size(all));
	assert_true(json_is_true(json_object_get(seen, "withheld")));
	assert_true(json_is_false(json_object_get(all, "withheld")));
	json_object_del(seen, "withheld");
	json_object_foreach(seen, key, value)
	{
		bool blank = json_is_null(value) ||
			     (json_is_array(value) && json_array_size(value) == 0);

		if (!(is_among(key, SHOWN) ? json_equal(value, json_object_get(all, key)) : blank))
			fail_msg("'%s' is not as it should be", key);
	}
	assert_null(strstr(desk->text.bytes, "secret"));
	assert_null(strstr(desk->text.bytes, "plan.pdf"));
	assert_non_null(
		strstr(desk->text.bytes, "\"source\":\"ab\",\"folder\":\"INBOX\",\"uid\":2"));
	assert_non_null(strstr(desk->text.bytes, "Ada Lovelace"));
	json_decref(seen);
	json_decref(all);
}

static void
an_owner_has_the_record_whole(void **state)
{
	struct desk *desk = *state;
	json_t *all = whole(desk, 2), *seen;

	store_set_viewer(desk->store, "AB");
	seen = whole(desk, 2);
	assert_true(json_equal(seen, all));
	assert_string_equal(json_string_value(json_object_get(seen, "text")), "whole secret");
	json_decref(seen);
	json_decref(all);
}

static void
a_condition_finds_no_more_than_the_record_shows(void **state)
{
	static const struct {
		const char *condition;
		int64_t all, others;
	} rows[] = {
		{ "subject ~ 'secret*'", 7, 3 },
		{ "subject = 'secret 2'", 1, 0 },
		{ "subject is blank", 0, 4 },
		{ "not subject ~ 'secret*'", 0, 4 },
		{ "snippet = snip", 7, 2 },
		{ "note = noted", 7, 2 },
		{ "location = room", 7, 2 },
		{ "message_id = m2", 1, 0 },
		{ "message_id = m3", 1, 1 },
		{ "thread = 90", 7, 2 },
		{ "event_uid = e5", 1, 0 },
		{ "evaluation = positive", 7, 2 },
		{ "campaign = K1", 7, 2 },
		{ "attempt_failed", 7, 2 },
		{ "cost > 0", 7, 2 },
		{ "kind = email and direction = inbound", 7, 7 },
		{ "at >= 1970-01-01", 7, 7 },
		{ "source = ab", 2, 2 },
		{ "contact = 'Ada Lovelace'", 7, 7 },
		{ "has contact(name ~ 'ada*')", 7, 7 },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t all, others;

		store_set_viewer(desk->store, NULL);
		all = count(desk, &interaction_noun, rows[i].condition);
		store_set_viewer(desk->store, "CD");
		others = count(desk, &interaction_noun, rows[i].condition);
		if (all != rows[i].all || others != rows[i].others)
			fail_msg("%s: %lld and %lld", rows[i].condition, (long long)all,
				(long long)others);
	}
	assert_int_equal(count(desk, &contact_noun, "has interaction(subject = 'secret 2')"), 0);
	assert_int_equal(count(desk, &contact_noun, "has interaction(subject = 'secret 3')"), 1);
	assert_int_equal(count(desk, &contact_noun,
				 "has interaction(has contact(has interaction("
				 "subject = 'secret 5')))"),
		0);
}

static unsigned
hits(struct desk *desk, const char *viewer, const char *words)
{
	struct timeline_page page;

	store_set_viewer(desk->store, viewer);
	assert_ok(interaction_search(desk->store, desk->arena, words, NULL, NULL, NULL, NULL, 0,
		100, NULL, &page, &desk->err));
	return page.count;
}

/* Whoever forges what makes a mail the same one gets back what he wrote. */
static void
a_copy_opens_the_subject_and_no_more(void **state)
{
	struct desk *desk = *state;
	json_t *seen, *value;
	const char *key;

	store_set_viewer(desk->store, "CD");
	seen = whole(desk, 3);
	assert_true(json_is_true(json_object_get(seen, "withheld")));
	assert_string_equal(json_string_value(json_object_get(seen, "subject")), "secret 3");
	assert_string_equal(json_string_value(json_object_get(seen, "message_id")), "m3");
	json_object_foreach(seen, key, value)
	{
		static const char *const BLANK[] = { "snippet", "text", "note", "location",
			"thread", "campaign", "evaluation", "attempt_failed", "cost", NULL };

		if (is_among(key, BLANK) && !json_is_null(value))
			fail_msg("'%s' is told", key);
	}
	assert_int_equal(json_array_size(json_object_get(seen, "attachments")), 0);
	json_decref(seen);
}

static unsigned
on_timeline(struct desk *desk, int64_t contact)
{
	struct timeline_page page;

	assert_ok(interaction_timeline(desk->store, desk->arena, contact, NULL, NULL, NULL, 0, 100,
		NULL, &page, &desk->err));
	return page.count;
}

/* A party of role mentioned came out of the text. */
static void
whom_the_text_mentions_is_withheld_with_it(void **state)
{
	static const struct {
		const char *condition;
		int64_t owner, others;
	} rows[] = {
		{ "email = rival@x.example", 1, 0 },
		{ "role = mentioned", 1, 0 },
		{ "via = domain", 1, 0 },
		{ "contact = Rival", 1, 0 },
		{ "has contact(name = Rival)", 1, 0 },
		{ "has person(name = Rival)", 1, 0 },
		{ "role = from", 7, 7 },
	};
	struct desk *desk = *state;
	json_t *seen;

	add_person(desk, "Rival", 0);
	run(desk, "INSERT INTO interaction_contact (contact_id, at, interaction_id, role, email,"
		  " via) VALUES (2, 1002, 2, 'mentioned', 'rival@x.example', 'domain')");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		store_set_viewer(desk->store, NULL);
		assert_int_equal(count(desk, &interaction_noun, rows[i].condition), rows[i].owner);
		store_set_viewer(desk->store, "CD");
		assert_int_equal(count(desk, &interaction_noun, rows[i].condition), rows[i].others);
	}
	assert_int_equal(count(desk, &contact_noun, "has interaction"), 1);
	assert_int_equal(on_timeline(desk, 2), 0);
	seen = whole(desk, 2);
	assert_int_equal(json_array_size(json_object_get(seen, "contacts")), 1);
	json_decref(seen);
	store_set_viewer(desk->store, "AB");
	assert_int_equal(count(desk, &contact_noun, "has interaction"), 2);
	assert_int_equal(on_timeline(desk, 2), 1);
	seen = whole(desk, 2);
	assert_int_equal(json_array_size(json_object_get(seen, "contacts")), 2);
	json_decref(seen);
}

static void
a_search_finds_nothing_that_is_withheld(void **state)
{
	struct desk *desk = *state;

	run(desk, "INSERT INTO interaction_search (rowid, subject, body, parties)"
		  " SELECT id, subject, 'whole', 'ada' FROM interaction");
	assert_int_equal(hits(desk, NULL, "secret"), 7);
	assert_int_equal(hits(desk, "AB", "secret"), 5);
	assert_int_equal(hits(desk, "CD", "secret"), 2);
	assert_int_equal(hits(desk, "CD", "subject:2"), 0);
	assert_int_equal(hits(desk, "CD", "parties:ada"), 2);
	assert_int_equal(hits(desk, NULL, "subject:2"), 1);
}

static const char *
owners_of(struct desk *desk, int64_t id)
{
	struct sight_owners owners;
	char *text = arena_text(desk->arena, "");

	assert_ok(sight_owners(desk->store, desk->arena, id, &owners, &desk->err));
	for (unsigned i = 0; i < owners.count; i++)
		text = arena_printf(desk->arena, "%s%s/%s ", text,
			owners.codes[i] == NULL ? "-" : owners.codes[i],
			owners.users[i] == NULL ? "-" : owners.users[i]);
	return owners.all ? "all" : text;
}

static void
names_whom_it_is_not_withheld_from(void **state)
{
	struct desk *desk = *state;

	run(desk, "INSERT INTO salesperson (code, user) VALUES ('AB', 'abby')");
	assert_string_equal(owners_of(desk, 1), "all");
	assert_string_equal(owners_of(desk, 2), "ab/abby ");
	assert_string_equal(owners_of(desk, 3), "ab/abby ");
	assert_string_equal(owners_of(desk, 4), "AB/abby ");
	assert_string_equal(owners_of(desk, 5), "");
	assert_string_equal(owners_of(desk, 6), "all");
	assert_string_equal(owners_of(desk, 7), "");
	run(desk, "UPDATE salesperson SET blocked = 1");
	assert_string_equal(owners_of(desk, 2), "");
}

static bool
links_withheld(struct desk *desk, const char *viewer, const char *links)
{
	bool withheld;

	store_set_viewer(desk->store, viewer);
	assert_ok(sight_links_withheld(desk->store, links, &withheld, &desk->err));
	return withheld;
}

static void
what_a_removal_journals_of_links_is_withheld_with_them(void **state)
{
	static const char OPEN[] = "{\"links\":[[1,\"to\"],[6,\"to\"]]}";
	static const char OF_AB[] = "{\"links\":[[1,\"to\"],[2,\"mentioned\"]]}";
	struct desk *desk = *state;

	assert_false(links_withheld(desk, "CD", OPEN));
	assert_false(links_withheld(desk, "AB", OF_AB));
	assert_false(links_withheld(desk, NULL, OF_AB));
	assert_true(links_withheld(desk, "CD", OF_AB));
	assert_true(links_withheld(desk, "CD", "{\"past\":[[2,1]]}"));
	assert_true(links_withheld(desk, "AB", "{\"links\":[[99,\"to\"]]}"));
	assert_false(links_withheld(desk, "CD", NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_sight, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mail_is_its_owners_unless_all_may_see_it),
		TEST(a_change_of_the_source_changes_the_past),
		TEST(what_is_private_in_a_public_mailbox_is_not_public),
		TEST(a_record_shows_others_dates_and_parties_only),
		TEST(an_owner_has_the_record_whole),
		TEST(a_condition_finds_no_more_than_the_record_shows),
		TEST(a_search_finds_nothing_that_is_withheld),
		TEST(a_copy_opens_the_subject_and_no_more),
		TEST(whom_the_text_mentions_is_withheld_with_it),
		TEST(names_whom_it_is_not_withheld_from),
		TEST(what_a_removal_journals_of_links_is_withheld_with_them),
	};

	return cmocka_run_group_tests_name("sight", tests, NULL, NULL);
}
