#include "rulebook.h"

/* What rules decide of what comes: in their order, of the whole mail or of a link. */

static const char RULE_OF[] = "SELECT rule FROM ledger WHERE uid = ?";

static struct event *
letter(struct world *world, const char *from, const char *subject)
{
	struct event *event = world_mail(world, from, "me@own.example");

	event->subject = subject;
	mail_seal(event);
	return event;
}

static struct event *
bulk(struct world *world, const char *from)
{
	struct event *event = world_mail(world, from, "me@own.example");

	event->class = CLASS_BULK;
	event->class_reason = "List-Id";
	event->list_id = "news.x.example";
	return event;
}

static void
ignores_what_a_rule_says_and_names_it(void **state)
{
	struct world *world = *state;
	int64_t id;

	world_person(world, "Ada Lovelace", "ada@x.example");
	id = world_rule(world, "ignore", NULL, "from = ada@x.example and subject ~ \"*offer*\"");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "An Offer"));
	assert_decided(world->inbox, 1001, "ignored");
	assert_int_equal(ask(world, RULE_OF, 1001), id);
	assert_string_equal(world_row(world, world->inbox, 1001).reason,
		"rule 1, ignore: from = ada@x.example and subject ~ \"*offer*\"");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	world_new(world, world->inbox, 1002, letter(world, "ada@x.example", "Lunch"));
	assert_decided(world->inbox, 1002, "captured");
	assert_null(ask_text(world, RULE_OF, 1002));
}

static void
counts_the_hits_of_a_rule(void **state)
{
	struct world *world = *state;

	world_rule(world, "ignore", NULL, "from ~ \"*@shop.example\"");
	for (uint32_t uid = 1001; uid < 1004; uid++)
		world_new(world, world->inbox, uid, letter(world, "a@shop.example", "Sale"));
	world_new(world, world->inbox, 1004, letter(world, "a@x.example", "Sale"));
	assert_int_equal(ask(world, "SELECT hits FROM rule", 0), 3);
	assert_int_equal(ask(world, "SELECT last_hit FROM rule", 0), NOW);
}

static void
lets_the_first_rule_that_matches_decide(void **state)
{
	struct world *world = *state;
	int64_t keep, ignore;

	world_person(world, "Ada Lovelace", "ada@x.example");
	keep = world_rule(world, "keep", NULL, "subject ~ \"*invoice*\"");
	ignore = world_rule(world, "ignore", NULL, "from = ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Your invoice"));
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(ask(world, RULE_OF, 1001), keep);
	assert_ok(rule_move(world->store, ignore, 1, NOW, &world->err));
	world_new(world, world->inbox, 1002, letter(world, "ada@x.example", "Your invoice"));
	assert_decided(world->inbox, 1002, "ignored");
	assert_int_equal(ask(world, RULE_OF, 1002), ignore);
}

static void
keeps_bulk_mail_of_a_contact_and_of_nobody_else(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_rule(world, "keep", NULL, "list-id = news.x.example");
	world_new(world, world->inbox, 1001, bulk(world, "ada@x.example"));
	assert_decided(world->inbox, 1001, "captured");
	assert_string_equal(ask_text(world, "SELECT plain FROM ledger", 0), "bulk");
	world_new(world, world->inbox, 1002, bulk(world, "jo@y.example"));
	assert_decided(world->inbox, 1002, "unmatched");
}

static void
never_opens_what_its_sender_declares_private(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world, "ada@x.example", "Hush");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_rule(world, "keep", NULL, "from = ada@x.example");
	event->sensitivity = "private";
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "private");
	assert_null(ask_text(world, RULE_OF, 1001));
}

static void
keeps_nothing_of_what_a_rule_calls_private(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_rule(world, "private", NULL, "subject ~ \"*salary*\"");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Your Salary"));
	assert_decided(world->inbox, 1001, "private");
	assert_null(ask_text(world, "SELECT subject FROM message", 0));
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
}

static void
asks_for_what_was_decided_without_rules(void **state)
{
	struct world *world = *state;

	world_rule(world, "ignore", NULL, "decision = bulk");
	world_rule(world, "private", NULL, "decision in (unmatched, captured)");
	world_new(world, world->inbox, 1001, bulk(world, "jo@y.example"));
	world_new(world, world->inbox, 1002, letter(world, "jo@y.example", "Hello"));
	assert_decided(world->inbox, 1001, "ignored");
	assert_decided(world->inbox, 1002, "private");
}

static void
knows_the_folder_the_source_and_the_direction(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->home, "Archive/Old", 3, 1);

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_rule(world, "ignore", NULL,
		"source = home and folder ~ \"archive/*\" and direction = outbound and size > 1k");
	world_new(world, archive, 1, world_mail(world, "me@own.example", "ada@x.example"));
	assert_decided(archive, 1, "ignored");
	world_new(world, archive, 2, world_mail(world, "ada@x.example", "me@own.example"));
	assert_decided(archive, 2, "captured");
	world_new(world, world->inbox, 1001, world_mail(world, "me@own.example", "ada@x.example"));
	assert_decided(world->inbox, 1001, "captured");
}

/* ---- links ------------------------------------------------------------------------------------- */

static void
leaves_one_participant_out_and_not_the_mail(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world, "ada@x.example", "Both");
	int64_t ada = world_person(world, "Ada Lovelace", "ada@x.example");

	world_person(world, "Bob Blocked", "bob@y.example");
	world_rule(world, "ignore", NULL, "any-address = bob@y.example");
	mail_add(world, event, PARTY_CC, "bob@y.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 1);
	assert_int_equal(ask(world, "SELECT contact_id FROM interaction_contact", 0), ada);
	assert_int_equal(ask(world, "SELECT hits FROM rule", 0), 1);
}

static void
ignores_the_mail_when_nobody_is_left(void **state)
{
	struct world *world = *state;
	int64_t id = world_rule(world, "ignore", NULL, "any-address ~ \"*@y.example\"");

	world_person(world, "Bob Blocked", "bob@y.example");
	world_new(world, world->inbox, 1001, letter(world, "bob@y.example", "Alone"));
	assert_decided(world->inbox, 1001, "ignored");
	assert_int_equal(ask(world, RULE_OF, 1001), id);
	world_new(world, world->inbox, 1002, letter(world, "eve@y.example", "A stranger of there"));
	assert_decided(world->inbox, 1002, "ignored");
}

static void
leaves_a_stranger_beside_to_be_matched_later(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world, "ada@x.example", "Both");

	world_person(world, "Bob Blocked", "bob@y.example");
	world_rule(world, "ignore", NULL, "any-address = bob@y.example");
	mail_add(world, event, PARTY_CC, "bob@y.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "unmatched");
	world_person(world, "Ada Lovelace", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 1);
}

static void
drops_the_mail_of_a_sender_whoever_else_reads_it(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world, "bob@y.example", "Both");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_rule(world, "ignore", NULL, "from = bob@y.example");
	mail_add(world, event, PARTY_CC, "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "ignored");
}

static void
lets_one_of_a_domain_in(void **state)
{
	struct world *world = *state;
	struct rule keep = {
		.action = "keep", .where = "any-address = boss@y.example", .link = true
	};

	assert_ok(rule_add(world->store, world->arena, &keep, NOW, &world->err));
	world_rule(world, "ignore", NULL, "any-address ~ \"*@y.example\"");
	world_person(world, "Boss", "boss@y.example");
	world_new(world, world->inbox, 1001, letter(world, "boss@y.example", "Hello"));
	assert_decided(world->inbox, 1001, "captured");
}

static void
is_honoured_when_the_past_is_matched(void **state)
{
	struct world *world = *state;

	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Hello"));
	world_rule(world, "ignore", NULL, "from = ada@x.example");
	world_person(world, "Ada Lovelace", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	assert_decided(world->inbox, 1001, "unmatched");
}

/* ---- values ------------------------------------------------------------------------------------ */

static struct event *
with_text(struct world *world, const char *from)
{
	struct event *event = letter(world, from, "Text");

	event->parts = arena_array(world->arena, 1, sizeof *event->parts);
	event->parts[0] = (struct event_part){ .part = "1", .type = "text/plain", .size = 100 };
	event->part_count = 1;
	event->text_part = "1";
	return event;
}

static void
sets_how_much_is_asked_for(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Bob", "bob@y.example");
	world_rule(world, "level", "text", "from ~ \"*@x.example\"");
	world_new(world, world->inbox, 1001, with_text(world, "ada@x.example"));
	world_new(world, world->inbox, 1002, with_text(world, "bob@y.example"));
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 1);
	assert_int_equal(ask(world, "SELECT uid FROM want", 0), 1001);
	assert_true(ask(world, "SELECT bytes FROM want", 0) > 8 * 1024);
	world->sources[0].level = LEVEL_TEXT;
	world_rule(world, "level", "metadata", "from ~ \"*@y.example\"");
	world_new(world, world->inbox, 1003, with_text(world, "bob@y.example"));
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 1);
}

static void
sets_the_template(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_rule(world, "template", "order", "subject ~ \"order*\"");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Order 17"));
	assert_string_equal(ask_text(world, "SELECT template FROM interaction", 0), "ORDER");
}

/* ---- headers ----------------------------------------------------------------------------------- */

static struct event *
with_header(struct world *world, const char *name, const char *value)
{
	struct event *event = letter(world, "ada@x.example", "Header");

	event->headers = arena_array(world->arena, 1, sizeof *event->headers);
	event->headers[0] = (struct event_header){ name, value };
	event->header_count = 1;
	return event;
}

static void
reads_headers_that_were_asked_for(void **state)
{
	struct world *world = *state;
	struct rule_needs needs;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_rule(world, "ignore", NULL, "header(X-Spam) = yes");
	assert_ok(rule_needs(world->store, world->arena, &needs, &world->err));
	assert_int_equal(needs.header_count, 1);
	assert_string_equal(needs.headers[0], "x-spam");
	world_new(world, world->inbox, 1001, with_header(world, "x-spam", "YES"));
	assert_decided(world->inbox, 1001, "ignored");
	world_new(world, world->inbox, 1002, with_header(world, "x-spam", NULL));
	assert_decided(world->inbox, 1002, "captured");
}

static void
does_not_guess_at_headers_that_nobody_read(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_rule(world, "ignore", NULL, "not header(X-Real) = yes");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Before"));
	assert_decided(world->inbox, 1001, "captured");
	assert_true(world_reapply_row(world, 1, true).unknown);
	world_new(world, world->inbox, 1002, with_header(world, "x-real", NULL));
	assert_decided(world->inbox, 1002, "ignored");
}

static void
takes_the_subject_as_a_header_from_the_evidence(void **state)
{
	struct world *world = *state;
	struct rule_needs needs;

	world_rule(world, "ignore", NULL, "header(Subject) ~ \"*sale*\"");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "A sale"));
	assert_decided(world->inbox, 1001, "ignored");
	assert_ok(rule_needs(world->store, world->arena, &needs, &world->err));
	assert_int_equal(needs.header_count, 0);
}

/* ---- adding ------------------------------------------------------------------------------------ */

static void
names_the_column_of_a_mistake(void **state)
{
	struct world *world = *state;
	struct rule rule = { .action = "ignore", .where = "from = a@x.example and subjct = b" };

	assert_fails(rule_add(world->store, world->arena, &rule, NOW, &world->err), ERR_USAGE);
	assert_non_null(strstr(world->err.message, "column 24"));
	assert_non_null(strstr(world->err.message, "did you mean 'subject'"));
	assert_string_equal(world->err.field, "where");
}

static void
refuses_values_that_are_none(void **state)
{
	struct world *world = *state;
	struct rule level = { .action = "level", .where = "size > 1", .value = "all" },
		    keep = { .action = "keep", .where = "size > 1", .value = "text" },
		    bare = { .action = "level", .where = "size > 1" },
		    template = { .action = "template", .where = "size > 1", .value = "a b" };

	assert_fails(rule_add(world->store, world->arena, &level, NOW, &world->err), ERR_USAGE);
	assert_fails(rule_add(world->store, world->arena, &keep, NOW, &world->err), ERR_USAGE);
	assert_fails(rule_add(world->store, world->arena, &bare, NOW, &world->err), ERR_USAGE);
	assert_fails(rule_add(world->store, world->arena, &template, NOW, &world->err), ERR_USAGE);
	assert_int_equal(ask(world, "SELECT count(*) FROM rule", 0), 0);
}

static void
keeps_places_without_gaps(void **state)
{
	struct world *world = *state;
	int64_t ids[4];
	struct rule first = { .action = "ignore", .where = "size > 9", .place = 1 };

	for (int i = 0; i < 4; i++)
		ids[i] = world_rule(world, "ignore", NULL, "size > 1");
	assert_ok(rule_add(world->store, world->arena, &first, NOW, &world->err));
	assert_int_equal(first.place, 1);
	assert_ok(rule_move(world->store, ids[3], 2, NOW, &world->err));
	assert_ok(rule_move(world->store, ids[0], 5, NOW, &world->err));
	assert_ok(rule_remove(world->store, ids[1], &world->err));
	assert_string_equal(ask_text(world,
				    "SELECT group_concat(id || ':' || place, ' ') FROM (SELECT id, "
				    "place FROM rule ORDER BY place)",
				    0),
		"5:1 4:2 3:3 1:4");
	assert_ok(rule_move(world->store, 5, 99, NOW, &world->err)); /* behind all: last */
	assert_int_equal(ask(world, "SELECT place FROM rule WHERE id = ?", 5), 4);
	assert_fails(rule_move(world->store, ids[0], 0, NOW, &world->err), ERR_USAGE);
}

static void
bounds_the_headers_that_are_asked_for(void **state)
{
	struct world *world = *state;
	struct rule rule = { .action = "ignore", .where = "header(X-17) = 1" };

	for (int i = 1; i <= EVENT_HEADER_NAMES_MAX; i++)
		world_rule(
			world, "ignore", NULL, arena_printf(world->arena, "header(X-%d) = 1", i));
	assert_fails(rule_add(world->store, world->arena, &rule, NOW, &world->err), ERR_REFUSED);
}

static void
follows_rules_of_a_transaction_that_is_undone(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	assert_ok(store_begin(world->store, &world->err));
	world_rule(world, "ignore", NULL, "from = ada@x.example");
	store_rollback(world->store);
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Hello"));
	assert_decided(world->inbox, 1001, "captured");
	world_rule(world, "private", NULL, "from = ada@x.example");
	world_new(world, world->inbox, 1002, letter(world, "ada@x.example", "Hello"));
	assert_decided(world->inbox, 1002, "private");
}

static void
copies_follow_the_rule_of_the_first(void **state)
{
	struct world *world = *state;
	int64_t sent = world_stream(world, world->work, "Archive", 4, 1);
	struct event *event = letter(world, "ada@x.example", "Hello");

	world_rule(world, "ignore", NULL, "folder = INBOX");
	world_new(world, world->inbox, 1001, event);
	world_new(world, sent, 1, event);
	assert_decided(sent, 1, "ignored");
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger WHERE rule = '1'", 0), 2);
}

/* ---- drafts ------------------------------------------------------------------------------------ */

static void
reads_a_draft(void **state)
{
	struct world *world = *state;
	struct rule *rules;
	unsigned count;

	assert_fails(
		rules_read(world->arena, "\n\nignore: size > 1k and", &rules, &count, &world->err),
		ERR_USAGE);
	assert_non_null(strstr(world->err.message, "line 3: column 14"));
	assert_ok(rules_read(world->arena,
		"# my rules\n\nignore: any-address = a@x.example\r\n"
		"  ignore mail: any-address = b@x.example\nlevel text: size < 10k",
		&rules, &count, &world->err));
	assert_int_equal(count, 3);
	assert_true(rules[0].link);
	assert_false(rules[1].link);
	assert_string_equal(rules[2].value, "text");
	assert_fails(
		rules_read(world->arena, "igno: size > 1", &rules, &count, &world->err), ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ignores_what_a_rule_says_and_names_it),
		TEST(counts_the_hits_of_a_rule),
		TEST(lets_the_first_rule_that_matches_decide),
		TEST(keeps_bulk_mail_of_a_contact_and_of_nobody_else),
		TEST(never_opens_what_its_sender_declares_private),
		TEST(keeps_nothing_of_what_a_rule_calls_private),
		TEST(asks_for_what_was_decided_without_rules),
		TEST(knows_the_folder_the_source_and_the_direction),
		TEST(leaves_one_participant_out_and_not_the_mail),
		TEST(ignores_the_mail_when_nobody_is_left),
		TEST(leaves_a_stranger_beside_to_be_matched_later),
		TEST(drops_the_mail_of_a_sender_whoever_else_reads_it),
		TEST(lets_one_of_a_domain_in),
		TEST(is_honoured_when_the_past_is_matched),
		TEST(sets_how_much_is_asked_for),
		TEST(sets_the_template),
		TEST(reads_headers_that_were_asked_for),
		TEST(does_not_guess_at_headers_that_nobody_read),
		TEST(takes_the_subject_as_a_header_from_the_evidence),
		TEST(names_the_column_of_a_mistake),
		TEST(refuses_values_that_are_none),
		TEST(keeps_places_without_gaps),
		TEST(bounds_the_headers_that_are_asked_for),
		TEST(follows_rules_of_a_transaction_that_is_undone),
		TEST(copies_follow_the_rule_of_the_first),
		TEST(reads_a_draft),
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
