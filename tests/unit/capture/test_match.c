#include "world.h"

/* Whom a message is linked to: addresses, domains, their times, shared ones. */

static const char *
links(struct world *world, uint32_t uid)
{
	return ask_text(world,
		"SELECT group_concat(c.no || ' ' || x.role || ' ' || x.via || ' ' || x.ambiguous, "
		"', ') "
		"FROM interaction_contact x JOIN contact c ON c.id = x.contact_id "
		"WHERE x.interaction_id = ? ORDER BY c.no",
		world_row(world, world->inbox, uid).interaction);
}

static void
links_every_party_once(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Bob Byte", "bob@y.example");
	mail_add(world, event, PARTY_TO, "bob@y.example");
	mail_add(world, event, PARTY_CC, "BOB@y.example");
	mail_add(world, event, PARTY_CC, "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_string_equal(links(world, 1001), "C00001 from address 0, C00002 to address 0");
	assert_reason(world->inbox, 1001, "from ada@x.example, contact C00001, and 1 more");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
}

static void
knows_all_addresses_of_a_contact(void **state)
{
	struct world *world = *state;
	int64_t ada = world_person(world, "Ada Lovelace", "ada@x.example");

	world_email(world, ada,
		"countess@b\xc3\xbc"
		"cher.example");
	world_new(world, world->inbox, 1001,
		world_mail(world, "Countess@xn--bcher-kva.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "captured");
	assert_string_equal(links(world, 1001), "C00001 from address 0");
}

static void
falls_back_to_the_companys_domain(void **state)
{
	struct world *world = *state;
	int64_t company = world_contact(world, "company", "Example Ltd");

	assert_ok(
		contact_domain_add(world->store, world->arena, company, "x.example", &world->err));
	capture_contacts_changed(world->capture);
	world_new(world, world->inbox, 1001,
		world_mail(world, "stranger@mail.x.example", "me@own.example"));
	assert_string_equal(links(world, 1001), "C00001 from domain 0");
	assert_reason(world->inbox, 1001, "from stranger@mail.x.example, by its domain C00001");
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1002, world_mail(world, "ada@x.example", "me@own.example"));
	assert_string_equal(links(world, 1002), "C00002 from address 0");
}

static void
counts_a_persons_mail_for_the_company_too(void **state)
{
	struct world *world = *state;
	int64_t company = world_contact(world, "company", "Example Ltd");
	struct contact ada = { .type = "person", .name = "Ada Lovelace", .company_id = company };

	assert_ok(contact_add(world->store, world->arena, &ada, NOW, &world->err));
	world_email(world, ada.id, "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_int_equal(ask(world, "SELECT company_id FROM interaction_contact", 0), company);
	assert_int_equal(ask(world, "SELECT interactions FROM contact WHERE id = ?", company), 1);
}

static void
never_takes_a_free_mail_domain_for_a_company(void **state)
{
	struct world *world = *state;
	int64_t company = world_contact(world, "company", "Mail Users Ltd");

	(void)contact_domain_add(world->store, world->arena, company, "gmail.com", &world->err);
	capture_contacts_changed(world->capture);
	world_new(world, world->inbox, 1001, world_mail(world, "jo@gmail.com", "me@own.example"));
	assert_decided(world->inbox, 1001, "unmatched");
}

static void
links_all_who_share_an_address_and_flags_them(void **state)
{
	struct world *world = *state;
	int64_t bob;

	world_person(world, "Ada Lovelace", "family@x.example");
	bob = world_contact(world, "person", "Bob Lovelace");
	world_shared_email(world, bob, "family@x.example");
	world_new(
		world, world->inbox, 1001, world_mail(world, "family@x.example", "me@own.example"));
	assert_string_equal(links(world, 1001), "C00001 from address 1, C00002 from address 1");
	assert_reason(world->inbox, 1001,
		"from family@x.example, one of 2 contacts that share it, C00001, and 1 more");
}

static void
asks_who_held_the_address_at_the_messages_time(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "desk@x.example", "me@own.example");
	int64_t ada = world_contact(world, "person", "Ada Lovelace");
	int64_t bob = world_contact(world, "person", "Bob Byte");

	world_email_between(world, ada, "desk@x.example", 0, NOW - 30 * DAY);
	world_email_between(world, bob, "desk@x.example", NOW - 30 * DAY + 1, 0);
	event->at = NOW - 30 * DAY;
	world_new(world, world->inbox, 1001, event);
	assert_string_equal(links(world, 1001), "C00001 from address 0");
	event = world_mail(world, "desk@x.example", "me@own.example");
	event->at = NOW - 30 * DAY + 1;
	world_new(world, world->inbox, 1002, event);
	assert_string_equal(links(world, 1002), "C00002 from address 0");
}

static void
matches_nobody_outside_the_time(void **state)
{
	struct world *world = *state;
	int64_t ada = world_contact(world, "person", "Ada Lovelace");

	world_email_between(world, ada, "ada@x.example", 0, NOW - 300 * DAY);
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "unmatched");
	assert_reason(
		world->inbox, 1001, "no contact has ada@x.example or its domain at that time");
}

static void
believes_one_from_only(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "mallory@z.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	mail_add(world, event, PARTY_FROM, "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "unmatched");
}

static void
folds_plus_tags_only_where_the_account_says_so(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001,
		world_mail(world, "ada+news@x.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "unmatched");
	world->sources[0].fold_subaddress = true;
	world_configure(world);
	world_new(world, world->inbox, 1002,
		world_mail(world, "ada+crm@x.example", "me@own.example"));
	assert_string_equal(links(world, 1002), "C00001 from alias 0");
	world_new(
		world, world->inbox, 1003, world_mail(world, "ada@x.example", "me+a@own.example"));
	assert_decided(world->inbox, 1003, "captured");
	world_new(
		world, world->inbox, 1004, world_mail(world, "me+a@own.example", "me@own.example"));
	assert_decided(world->inbox, 1004, "internal");
}

static void
folds_plus_tags_of_single_domains(void **state)
{
	static const char *domains[] = { "x.example" };
	struct world *world = *state;

	world->sources[0].fold_domains = (struct config_list){ domains, 1 };
	world_configure(world);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Bob Byte", "bob@y.example");
	world_new(
		world, world->inbox, 1001, world_mail(world, "ada+a@x.example", "me@own.example"));
	world_new(
		world, world->inbox, 1002, world_mail(world, "bob+a@y.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "captured");
	assert_decided(world->inbox, 1002, "unmatched");
}

static void
prefers_the_tagged_address_itself(void **state)
{
	struct world *world = *state;

	world->sources[0].fold_subaddress = true;
	world_configure(world);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "Ada's robot", "ada+bot@x.example");
	world_new(world, world->inbox, 1001,
		world_mail(world, "ada+bot@x.example", "me@own.example"));
	assert_string_equal(links(world, 1001), "C00002 from address 0");
}

static void
matches_no_contact_that_is_one_of_us(void **state)
{
	struct world *world = *state;

	world_person(world, "Myself", "me@own.example");
	world_person(world, "A colleague", "bob@own.example");
	world_new(world, world->inbox, 1001, world_mail(world, "jo@y.example", "me@own.example"));
	world_new(world, world->inbox, 1002, world_mail(world, "bob@own.example", "jo@y.example"));
	assert_decided(world->inbox, 1001, "unmatched");
	assert_decided(world->inbox, 1002, "unmatched");
}

static void
says_nothing_twice_when_reply_to_is_the_sender(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	mail_add(world, event, PARTY_REPLY_TO, "ada@x.example");
	mail_add(world, event, PARTY_SENDER, "office@x.example");
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "The office", "office@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_string_equal(links(world, 1001), "C00001 from address 0, C00002 sender address 0");
}

static void
learns_of_a_new_contact_at_the_next_message(void **state)
{
	struct world *world = *state;

	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "unmatched");
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1002, world_mail(world, "ada@x.example", "me@own.example"));
	assert_decided(world->inbox, 1002, "captured");
}

/* Bob is no colleague of ours once he has left, and another holds his address. */
static void
a_salespersons_address_is_ours_in_its_time(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "bob@free.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_person(world, "The next Bob", "bob@free.example");
	world_new(
		world, world->inbox, 1001, world_mail(world, "bob@free.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "captured");
	world_salesperson(world, "BOB", "Bob@Free.example", world->clock + DAY);
	world_new(
		world, world->inbox, 1002, world_mail(world, "bob@free.example", "me@own.example"));
	assert_decided(world->inbox, 1002, "internal");
	world_new(
		world, world->inbox, 1003, world_mail(world, "bob@free.example", "ada@x.example"));
	assert_string_equal(links(world, 1003), "C00001 to address 0");
	assert_string_equal(
		ask_text(world, "SELECT direction FROM interaction ORDER BY id DESC", 0),
		"outbound");
	event->at = world->clock + 2 * DAY;
	world_new(world, world->inbox, 1004, event);
	assert_string_equal(links(world, 1004), "C00001 from address 0, C00002 to address 0");
}

static void
who_left_was_one_of_us_all_the_same(void **state)
{
	struct world *world = *state;
	struct err err;

	world_salesperson(world, "AB", "ab@free.example", INT64_MAX);
	world_salesperson(world, "CD", "cd@free.example", INT64_MAX);
	if (stmt_run(sql_prepare(world->store, "UPDATE salesperson SET blocked = 1"), &err) < 0)
		fail_msg("%s", err.message);
	world_new(
		world, world->inbox, 1001, world_mail(world, "ab@free.example", "cd@free.example"));
	assert_decided(world->inbox, 1001, "internal");
}

/* Bob's tag is folded as everybody's is. */
static void
a_salespersons_tag_is_folded_where_the_account_says_so(void **state)
{
	struct world *world = *state;

	world_salesperson(world, "BOB", "bob@free.example", INT64_MAX);
	world_new(world, world->inbox, 1001,
		world_mail(world, "bob+crm@free.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "unmatched");
	world->sources[0].fold_subaddress = true;
	world_configure(world);
	world_new(world, world->inbox, 1002,
		world_mail(world, "bob+crm@free.example", "me@own.example"));
	assert_decided(world->inbox, 1002, "internal");
}

static void
matches_a_thousand_parties(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");

	event->parties = arena_array(world->arena, 1000, sizeof *event->parties);
	event->party_count = 0;
	event->party_total = 200000;
	for (unsigned i = 0; i < 1000; i++) {
		const char *email = arena_printf(world->arena, "p%u@x.example", i);

		event->parties[i] = (struct event_party){
			.role = i == 0 ? PARTY_FROM : PARTY_TO, .email = email, .address = email
		};
	}
	event->party_count = 1000;
	world_person(world, "The last", "p999@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_string_equal(links(world, 1001), "C00001 to address 0");
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 1000);
	assert_int_equal(ask(world, "SELECT party_total FROM message", 0), 200000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(links_every_party_once),
		TEST(knows_all_addresses_of_a_contact),
		TEST(falls_back_to_the_companys_domain),
		TEST(counts_a_persons_mail_for_the_company_too),
		TEST(never_takes_a_free_mail_domain_for_a_company),
		TEST(links_all_who_share_an_address_and_flags_them),
		TEST(asks_who_held_the_address_at_the_messages_time),
		TEST(matches_nobody_outside_the_time),
		TEST(believes_one_from_only),
		TEST(folds_plus_tags_only_where_the_account_says_so),
		TEST(folds_plus_tags_of_single_domains),
		TEST(prefers_the_tagged_address_itself),
		TEST(matches_no_contact_that_is_one_of_us),
		TEST(says_nothing_twice_when_reply_to_is_the_sender),
		TEST(learns_of_a_new_contact_at_the_next_message),
		TEST(a_salespersons_address_is_ours_in_its_time),
		TEST(who_left_was_one_of_us_all_the_same),
		TEST(a_salespersons_tag_is_folded_where_the_account_says_so),
		TEST(matches_a_thousand_parties),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
