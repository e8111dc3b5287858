#include "liaison/store/journal.h"
#include "rulebook.h"

/* The past judged again, and what people decide of it by hand. */

static struct event *
letter(struct world *world, const char *from, const char *subject)
{
	struct event *event = world_mail(world, from, "me@own.example");

	event->subject = subject;
	event->parts = arena_array(world->arena, 1, sizeof *event->parts);
	event->parts[0] = (struct event_part){ .part = "1", .type = "text/plain", .size = 100 };
	event->part_count = 1;
	event->text_part = "1";
	mail_seal(event);
	return event;
}

static int64_t
row_id(struct world *world, uint32_t uid)
{
	return world_row(world, world->inbox, uid).id;
}

static void
drops_what_a_rule_ignores_now(void **state)
{
	struct world *world = *state;
	int64_t rule;

	world->sources[0].level = LEVEL_TEXT;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "An offer"));
	world_new(world, world->inbox, 1002, letter(world, "ada@x.example", "Lunch"));
	rule = world_rule(world, "ignore", NULL, "subject ~ \"*offer*\"");
	assert_int_equal(world_reapply(world, true), 1);
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(world_reapply(world, false), 1);
	assert_decided(world->inbox, 1001, "ignored");
	assert_decided(world->inbox, 1002, "captured");
	assert_int_equal(ask(world, "SELECT rule FROM ledger WHERE uid = 1001", 0), rule);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 1);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
	assert_int_equal(ask(world, "SELECT hits FROM rule", 0), 1);
	assert_int_equal(world_reapply(world, false), 0);
}

static void
brings_back_what_no_rule_ignores_any_more(void **state)
{
	struct world *world = *state;
	int64_t rule = world_rule(world, "ignore", NULL, "from = ada@x.example");

	world->sources[0].level = LEVEL_TEXT;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Hello"));
	assert_decided(world->inbox, 1001, "ignored");
	assert_ok(rule_remove(world->store, rule, &world->err));
	assert_int_equal(world_reapply(world, false), 1);
	assert_decided(world->inbox, 1001, "captured");
	assert_null(ask_text(world, "SELECT rule FROM ledger", 0));
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 1);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
	assert_string_equal(ask_text(world, "SELECT subject FROM interaction", 0), "Hello");
}

static void
captures_bulk_mail_that_is_kept_now(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world, "ada@x.example", "News");

	event->class = CLASS_BULK;
	event->list_id = "news.x.example";
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "bulk");
	world_rule(world, "keep", NULL, "list-id = news.x.example");
	assert_int_equal(world_reapply(world, false), 1);
	assert_decided(world->inbox, 1001, "captured");
	assert_string_equal(ask_text(world, "SELECT plain FROM ledger", 0), "bulk");
}

static void
strips_what_becomes_private(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Salary"));
	world_rule(world, "private", NULL, "subject = salary");
	assert_int_equal(world_reapply(world, false), 1);
	assert_decided(world->inbox, 1001, "private");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM address", 0), 0);
	assert_null(ask_text(world, "SELECT coalesce(subject, text_part) FROM message", 0));
	/* The capture still writes addresses after that, by numbers that are true. */
	world_new(world, world->inbox, 1002, letter(world, "ada@x.example", "Lunch"));
	assert_int_equal(
		ask(world, "SELECT count(*) FROM party p JOIN address a ON a.id = p.address_id", 0),
		2);
}

static void
leaves_what_it_cannot_judge(void **state)
{
	struct world *world = *state;
	int64_t rule = world_rule(world, "private", NULL, "subject = salary");
	struct reapplied told;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Salary"));
	assert_decided(world->inbox, 1001, "private");
	assert_ok(rule_remove(world->store, rule, &world->err));
	told = world_reapply_row(world, row_id(world, 1001), false);
	assert_true(told.unknown);
	assert_false(told.changed);
	assert_decided(world->inbox, 1001, "private");
}

static void
finds_colleagues_of_a_new_own_domain(void **state)
{
	static const char *domains[] = { "own.example", "sister.example" };
	struct world *world = *state;

	world_person(world, "Sis", "sis@sister.example");
	world_new(world, world->inbox, 1001, letter(world, "sis@sister.example", "Hello"));
	assert_decided(world->inbox, 1001, "captured");
	world->config.own_domains = (struct config_list){ domains, 2 };
	world_configure(world);
	assert_int_equal(world_reapply(world, false), 1);
	assert_decided(world->inbox, 1001, "internal");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_string_equal(ask_text(world, "SELECT direction FROM message", 0), "none");
}

static void
turns_the_direction_of_an_address_of_ours(void **state)
{
	static const char *own[] = { "me@own.example", "me@elsewhere.example" };
	struct world *world = *state;
	struct event *event = world_mail(world, "me@elsewhere.example", "ada@x.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_string_equal(ask_text(world, "SELECT direction FROM interaction", 0), "inbound");
	world->config.own_addresses = (struct config_list){ own, 2 };
	world_configure(world);
	assert_int_equal(world_reapply(world, true), 1);
	assert_int_equal(world_reapply(world, false), 1);
	assert_string_equal(
		ask_text(world, "SELECT direction || ' ' || initiated_by FROM interaction", 0),
		"outbound us");
	assert_string_equal(ask_text(world, "SELECT direction FROM message", 0), "outbound");
	assert_int_equal(world_reapply(world, false), 0);
}

static void
takes_away_the_link_alone(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world, "ada@x.example", "Both");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Bob", "bob@y.example");
	mail_add(world, event, PARTY_CC, "bob@y.example");
	world_new(world, world->inbox, 1001, event);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 2);
	world_rule(world, "ignore", NULL, "any-address = bob@y.example");
	assert_int_equal(world_reapply(world, true), 1);
	assert_int_equal(world_reapply(world, false), 1);
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 1);
	assert_int_equal(ask(world, "SELECT sum(interactions) FROM contact", 0), 1);
}

static void
counts_a_rule_for_each_link_it_takes_away(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Bob", "bob@y.example");
	for (uint32_t uid = 1001; uid <= 1003; uid++) {
		struct event *event = letter(world, "ada@x.example", "Both");

		mail_add(world, event, PARTY_CC, "bob@y.example");
		mail_seal(event);
		world_new(world, world->inbox, uid, event);
	}
	world_rule(world, "ignore", NULL, "any-address = bob@y.example");
	assert_int_equal(world_reapply(world, false), 3);
	assert_int_equal(ask(world, "SELECT hits FROM rule", 0), 3);
	assert_int_equal(world_reapply(world, false), 0);
	assert_int_equal(ask(world, "SELECT hits FROM rule", 0), 3);
}

#define TEMPLATE "SELECT coalesce(template, '-') FROM interaction"

static void
gives_the_past_its_template_and_takes_it_back(void **state)
{
	struct world *world = *state;
	int64_t rule;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Order"));
	rule = world_rule(world, "template", "TT", "subject = order");
	assert_int_equal(world_reapply(world, true), 1);
	assert_string_equal(ask_text(world, TEMPLATE, 0), "-");
	assert_int_equal(world_reapply(world, false), 1);
	assert_string_equal(ask_text(world, TEMPLATE, 0), "TT");
	assert_int_equal(ask(world, "SELECT hits FROM rule", 0), 1);
	assert_int_equal(world_reapply(world, false), 0);
	assert_ok(rule_remove(world->store, rule, &world->err));
	assert_int_equal(world_reapply(world, false), 1);
	assert_string_equal(ask_text(world, TEMPLATE, 0), "-");
}

static void
leaves_a_template_that_people_said(void **state)
{
	struct world *world = *state;
	struct journal_entry entry = { .user = "ada",
		.method = "interaction.edit",
		.noun = "interaction",
		.before = "{\"template\":null}",
		.after = "{\"template\":\"MINE\"}" };
	int64_t id;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Order"));
	entry.record = world_row(world, world->inbox, 1001).interaction;
	assert_int_equal(ask(world, "UPDATE interaction SET template = 'MINE' RETURNING 1", 0), 1);
	assert_ok(journal_add(world->store, &entry, &id, &world->err));
	world_rule(world, "template", "TT", "subject = order");
	assert_int_equal(world_reapply(world, true), 0);
	assert_int_equal(world_reapply(world, false), 0);
	assert_string_equal(ask_text(world, TEMPLATE, 0), "MINE");
}

static unsigned
reapply_unread(struct world *world, const char *const *folders, size_t count)
{
	struct unread_folder unread[4];
	struct reapply_scope scope = { .unread = { unread, count } };
	int64_t last = ask(world, "SELECT max(id) FROM ledger", 0);
	struct reapplied told;
	unsigned changed = 0;

	for (size_t i = 0; i < count; i++)
		unread[i] = (struct unread_folder){ "work", folders[i] };
	for (int64_t row = 1; row <= last; row++) {
		assert_ok(store_begin(world->store, &world->err));
		assert_ok(capture_reapply_row(world->store, world->capture, world->arena, row,
			&scope, false, NOW, &world->result, &told, &world->err));
		assert_ok(capture_count(world->store, world->capture, &world->err));
		assert_ok(store_commit(world->store, &world->err));
		changed += told.changed;
	}
	return changed;
}

static void
ignores_what_is_in_folders_that_are_not_read_and_brings_it_back(void **state)
{
	static const char *const folders[] = { "Hidden", "INBOX" };
	struct world *world = *state;
	int64_t hidden = world_stream(world, world->work, "Hidden", 4, 1);
	struct event *both = letter(world, "ada@x.example", "Both");
	struct event *alone = letter(world, "ada@x.example", "Alone");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, hidden, 1, both);
	world_new(world, world->inbox, 1001, both);
	world_new(world, hidden, 2, alone);
	world_new(world, hidden, 3, letter(world, "eve@z.example", "Stranger"));
	assert_int_equal(reapply_unread(world, folders, 1), 2);
	assert_decided(hidden, 1, "captured");
	assert_decided(hidden, 2, "ignored");
	assert_reason(hidden, 2, "it is in no folder that is read");
	assert_decided(hidden, 3, "ignored");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	assert_int_equal(reapply_unread(world, folders, 1), 0);
	/* Moved to where it is read it is decided as new mail is. */
	world_new(world, world->inbox, 1002, alone);
	assert_decided(world->inbox, 1002, "captured");
	assert_int_equal(reapply_unread(world, folders, 2), 2);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(reapply_unread(world, folders, 0), 3);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 2);
	assert_decided(hidden, 3, "unmatched");
}

static void
keeps_what_was_captured_of_a_former_address(void **state)
{
	struct world *world = *state;
	int64_t ada = world_person(world, "Ada Lovelace", "ada@x.example");

	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Hello"));
	assert_ok(contact_email_remove(
		world->store, world->arena, ada, "ada@x.example", NOW, &world->err));
	capture_contacts_changed(world->capture);
	assert_int_equal(world_reapply(world, false), 0);
	assert_decided(world->inbox, 1001, "captured");
}

static void
does_not_make_again_what_people_removed(void **state)
{
	struct world *world = *state;
	int64_t id;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Hello"));
	id = world_row(world, world->inbox, 1001).interaction;
	assert_int_equal(ask(world, "UPDATE ledger SET interaction_id = NULL RETURNING 1", 0), 1);
	assert_ok(interaction_erase(world->store, world->arena, &id, 1, &world->err));
	assert_int_equal(world_reapply(world, false), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
}

static void
takes_copies_along(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->work, "Archive", 4, 1);
	struct event *event = letter(world, "ada@x.example", "Hello");
	int64_t rule;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	world_new(world, archive, 1, event);
	assert_decided(archive, 1, "duplicate");
	rule = world_rule(world, "ignore", NULL, "from = ada@x.example");
	assert_int_equal(world_reapply(world, false), 1);
	assert_decided(world->inbox, 1001, "ignored");
	assert_decided(archive, 1, "ignored");
	assert_ok(rule_remove(world->store, rule, &world->err));
	assert_int_equal(world_reapply(world, false), 1);
	assert_decided(world->inbox, 1001, "captured");
	assert_decided(archive, 1, "duplicate");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
}

static void
counts_contacts_once_for_all_rows(void **state)
{
	struct world *world = *state;
	struct reapplied told;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "One"));
	world_new(world, world->inbox, 1002, letter(world, "ada@x.example", "Two"));
	world_rule(world, "ignore", NULL, "from = ada@x.example");
	assert_ok(store_begin(world->store, &world->err));
	for (uint32_t uid = 1001; uid <= 1002; uid++) {
		assert_ok(capture_reapply_row(world->store, world->capture, world->arena,
			row_id(world, uid), NULL, false, NOW, &world->result, &told, &world->err));
		assert_true(told.changed);
	}
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 2);
	assert_ok(capture_count(world->store, world->capture, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 0);
}

/* ---- by hand ----------------------------------------------------------------------------------- */

static void
ignore(struct world *world, int64_t row)
{
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_ignore(world->store, world->capture, world->arena, row, "jo", NOW,
		&world->result, &world->err));
	assert_ok(store_commit(world->store, &world->err));
}

static void
link_to(struct world *world, int64_t row, int64_t contact)
{
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_link(world->store, world->capture, world->arena, row, contact, "jo", NOW,
		&world->result, &world->err));
	assert_ok(store_commit(world->store, &world->err));
}

static void
ignores_by_hand_for_good(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Hello"));
	ignore(world, row_id(world, 1001));
	assert_decided(world->inbox, 1001, "ignored");
	assert_reason(world->inbox, 1001, "by hand, by jo");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	world_rule(world, "keep", NULL, "from = ada@x.example");
	assert_int_equal(world_reapply(world, false), 0);
	assert_true(world_reapply_row(world, row_id(world, 1001), true).by_hand);
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	assert_decided(world->inbox, 1001, "ignored");
}

static void
links_by_hand_whatever_rules_say(void **state)
{
	struct world *world = *state;
	int64_t ada = world_contact(world, "person", "Ada Lovelace");

	world_rule(world, "ignore", NULL, "from = ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Hello"));
	assert_decided(world->inbox, 1001, "ignored");
	link_to(world, row_id(world, 1001), ada);
	assert_decided(world->inbox, 1001, "captured");
	assert_reason(world->inbox, 1001, "linked by hand, by jo");
	assert_string_equal(ask_text(world,
				    "SELECT via || ' ' || role || ' ' || email FROM "
				    "interaction_contact",
				    0),
		"manual from ada@x.example");
	assert_int_equal(world_reapply(world, false), 0);
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
}

static void
adds_a_link_by_hand_that_stays(void **state)
{
	struct world *world = *state;
	int64_t bob = world_contact(world, "person", "Bob");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Hello"));
	link_to(world, row_id(world, 1001), bob);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 2);
	world_rule(world, "ignore", NULL, "from = ada@x.example");
	assert_int_equal(world_reapply(world, false), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 2);
}

static void
keeps_a_link_by_hand_and_nothing_of_what_is_private(void **state)
{
	struct world *world = *state;
	int64_t bob = world_contact(world, "person", "Bob"), rule;
	struct reapplied told;

	world->sources[0].level = LEVEL_TEXT;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Salary"));
	link_to(world, row_id(world, 1001), bob);
	rule = world_rule(world, "private", NULL, "subject = salary");
	told = world_reapply_row(world, row_id(world, 1001), true);
	assert_true(told.changed && told.by_hand && told.rule == rule);
	assert_string_equal(ask_text(world, "SELECT subject FROM interaction", 0), "Salary");
	assert_int_equal(world_reapply(world, false), 1);
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(ask(world, "SELECT rule FROM ledger", 0), rule);
	assert_int_equal(ask(world, "SELECT contact_id FROM interaction_contact", 0), bob);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 1);
	assert_null(ask_text(world,
		"SELECT coalesce(i.subject, i.snippet, i.parties, m.subject, m.text_part) FROM "
		"interaction i JOIN message m ON m.id = i.message_id",
		0));
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 0);
	assert_int_equal(ask(world, "SELECT interactions FROM contact WHERE id = ?", bob), 1);
	assert_int_equal(ask(world, "SELECT sum(interactions) FROM contact", 0), 1);
	assert_int_equal(world_reapply(world, false), 0);
}

static void
judges_at_a_copy_what_the_filter_leaves_of_a_message(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->home, "INBOX", 4, 1);
	struct event *event = letter(world, "ada@x.example", "Hello");
	const struct query_context context = { .now = NOW };
	struct reapply_scope scope = { 0 };
	struct reapplied told;
	struct query_node *where;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	world_new(world, archive, 1, event);
	world_rule(world, "ignore", NULL, "from = ada@x.example");
	assert_ok(query_parse(
		world->arena, &capture_noun, &context, "source = home", &where, &world->err));
	scope.where = where;
	assert_ok(capture_reapply_row(world->store, world->capture, world->arena,
		world_row(world, archive, 1).id, NULL, true, NOW, &world->result, &told,
		&world->err));
	assert_int_equal(told.row, 0);
	assert_ok(capture_reapply_row(world->store, world->capture, world->arena,
		world_row(world, archive, 1).id, &scope, true, NOW, &world->result, &told,
		&world->err));
	assert_int_equal(told.row, row_id(world, 1001));
	assert_true(told.changed);
	assert_string_equal(told.after, "ignored");
}

/* ---- a run that was broken off ------------------------------------------------------------------ */

static enum reapply_found
resume(struct world *world, const char *key, int64_t now)
{
	enum reapply_found found;
	int64_t cursor = 0, batch = 0;

	assert_ok(reapply_resume(world->store, key, now, &cursor, &batch, &found, &world->err));
	assert_int_equal(cursor, found == REAPPLY_RESUMED ? 77 : 0);
	return found;
}

static const char *
key_of(struct world *world, const char *filter, const struct unread_folders *unread)
{
	const char *key;

	assert_ok(reapply_key(
		world->store, world->capture, world->arena, filter, unread, &key, &world->err));
	return key;
}

static void
goes_on_within_a_day_and_under_the_same_rules_alone(void **state)
{
	struct world *world = *state;
	const struct unread_folder folder = { "work", "Hidden" };
	const struct unread_folders none = { NULL, 0 }, hidden = { &folder, 1 };
	const char *one, *same, *other, *changed, *elsewhere;
	int64_t batch, at;

	one = key_of(world, "work\n\nM\303\274", &none);
	same = key_of(world, "work\n\nM\303\274", &none);
	other = key_of(world, "home\n\n", &none);
	elsewhere = key_of(world, "work\n\nM\303\274", &hidden);
	world_rule(world, "ignore", NULL, "size > 0");
	changed = key_of(world, "work\n\nM\303\274", &none);
	assert_ok(journal_add(world->store,
		&(struct journal_entry){
			.user = "jo", .method = "capture.reapply", .noun = "capture" },
		&batch, &world->err));
	at = ask(world, "SELECT max(at) FROM journal", 0);
	assert_int_equal(resume(world, one, at), REAPPLY_NONE);
	assert_ok(reapply_note(world->store, one, 77, batch, false, &world->err));
	assert_int_equal(resume(world, same, at + DAY), REAPPLY_RESUMED);
	assert_int_equal(resume(world, same, at + DAY + 1), REAPPLY_OUTDATED);
	assert_int_equal(resume(world, changed, at), REAPPLY_OUTDATED);
	assert_int_equal(resume(world, elsewhere, at), REAPPLY_OUTDATED);
	assert_int_equal(resume(world, other, at), REAPPLY_NONE);
	assert_ok(reapply_note(world->store, one, 77, batch, true, &world->err));
	assert_int_equal(resume(world, same, at), REAPPLY_NONE);
}

/* ---- what people may learn of it -------------------------------------------------------------- */

static void
knows_the_address_that_is_not_ours(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "me@own.example", "ada@x.example");
	const char *address;

	world_new(world, world->inbox, 1001, event);
	assert_ok(capture_other_address(
		world->store, world->capture, world->arena, 1, &address, &world->err));
	assert_string_equal(address, "ada@x.example");
	event = world_mail(world, "me@own.example", "ada@x.example");
	mail_add(world, event, PARTY_TO, "bob@y.example");
	world_new(world, world->inbox, 1002, event);
	assert_fails(capture_other_address(
			     world->store, world->capture, world->arena, 2, &address, &world->err),
		ERR_REFUSED);
}

static void
wants_text_again_by_the_level_of_today(void **state)
{
	struct world *world = *state;
	bool wanted;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, letter(world, "ada@x.example", "Hello"));
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 0);
	assert_ok(capture_refetch(
		world->store, world->capture, world->arena, 1, NOW, &wanted, &world->err));
	assert_false(wanted);
	world_rule(world, "level", "text", "from = ada@x.example");
	assert_ok(capture_refetch(
		world->store, world->capture, world->arena, 1, NOW, &wanted, &world->err));
	assert_true(wanted);
	assert_int_equal(ask(world, "SELECT count(*) FROM want WHERE bytes > 8192", 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drops_what_a_rule_ignores_now),
		TEST(brings_back_what_no_rule_ignores_any_more),
		TEST(captures_bulk_mail_that_is_kept_now),
		TEST(strips_what_becomes_private),
		TEST(leaves_what_it_cannot_judge),
		TEST(finds_colleagues_of_a_new_own_domain),
		TEST(turns_the_direction_of_an_address_of_ours),
		TEST(takes_away_the_link_alone),
		TEST(counts_a_rule_for_each_link_it_takes_away),
		TEST(gives_the_past_its_template_and_takes_it_back),
		TEST(leaves_a_template_that_people_said),
		TEST(ignores_what_is_in_folders_that_are_not_read_and_brings_it_back),
		TEST(keeps_what_was_captured_of_a_former_address),
		TEST(does_not_make_again_what_people_removed),
		TEST(takes_copies_along),
		TEST(counts_contacts_once_for_all_rows),
		TEST(ignores_by_hand_for_good),
		TEST(links_by_hand_whatever_rules_say),
		TEST(adds_a_link_by_hand_that_stays),
		TEST(keeps_a_link_by_hand_and_nothing_of_what_is_private),
		TEST(judges_at_a_copy_what_the_filter_leaves_of_a_message),
		TEST(goes_on_within_a_day_and_under_the_same_rules_alone),
		TEST(knows_the_address_that_is_not_ours),
		TEST(wants_text_again_by_the_level_of_today),
	};

	return cmocka_run_group_tests_name("reapply", tests, NULL, NULL);
}
