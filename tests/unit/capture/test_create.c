#include "liaison/capture/candidate.h"
#include "world.h"

/* create-contacts: of whom capture makes contacts by itself. */

static void
set_create(struct world *world, enum config_create create)
{
	world->sources[0].create_contacts = create;
	world->sent = true;
	world_configure(world);
}

static void
mail(struct world *world, unsigned uid, const char *from, const char *to)
{
	world_new(world, world->inbox, uid, world_mail(world, from, to));
}

static const char *
contacts(struct world *world)
{
	return ask_text(world,
		"SELECT group_concat(name || ' ' || address, ', ') FROM (SELECT c.name, e.address "
		"FROM contact c LEFT JOIN contact_email e ON e.contact_id = c.id ORDER BY c.id)",
		0);
}

static void
makes_nobody_unless_asked(void **state)
{
	struct world *world = *state;

	mail(world, 1001, "me@own.example", "jo@y.example");
	mail(world, 1002, "jo@y.example", "me@own.example");
	assert_null(contacts(world));
	assert_decided(world->inbox, 1001, "unmatched");
}

static void
makes_contacts_of_those_we_write_to(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "me@own.example", "jo@y.example");

	set_create(world, CREATE_SENT);
	event->parties[1].name = "March, Jo";
	mail_add(world, event, PARTY_CC, "bo.bee@z.example");
	mail_add(world, event, PARTY_CC, "Jo@Y.example");
	mail(world, 1001, "cy@z.example", "me@own.example");
	world_new(world, world->inbox, 1002, event);
	assert_decided(world->inbox, 1001, "unmatched");
	assert_decided(world->inbox, 1002, "captured");
	assert_reason(world->inbox, 1002, "to jo@y.example, contact C00001, and 1 more");
	assert_string_equal(contacts(world), "Jo March jo@y.example, Bo Bee bo.bee@z.example");
	assert_string_equal(
		ask_text(world, "SELECT learned_from FROM contact_email", 0), "mail in work:INBOX");
	assert_string_equal(ask_text(world,
				    "SELECT user || ' ' || method || ' ' || (after LIKE "
				    "'%jo@y.example%') FROM journal ORDER BY id LIMIT 1",
				    0),
		"liaisond capture.create-contacts 1");
	mail(world, 1003, "jo@y.example", "me@own.example");
	assert_decided(world->inbox, 1003, "captured");
	mail(world, 1004, "me@own.example", "jo@y.example");
	assert_int_equal(ask(world, "SELECT count(*) FROM contact", 0), 2);
}

static void
believes_who_we_are_in_our_own_folder_alone(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "me@own.example", "jo@y.example");
	int64_t sent = world_stream(world, world->work, "Sent", 7, 1);

	set_create(world, CREATE_ALL);
	world->sent = false;
	world_new(world, world->inbox, 1001, event);
	assert_null(contacts(world));
	assert_decided(world->inbox, 1001, "unmatched");
	world->sent = true; /* the same one, where only we put it */
	world_new(world, sent, 1, event);
	assert_string_equal(contacts(world), "Jo jo@y.example");
	assert_decided(sent, 1, "duplicate");
	assert_decided(world->inbox, 1001, "captured");
}

static void
believes_the_server_that_verified_us(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "me@own.example", "jo@y.example");

	world->sources[0].authserv_id = "mx.own.example";
	set_create(world, CREATE_SENT);
	world->sent = false;
	event->authentications = arena_array(world->arena, 1, sizeof *event->authentications);
	event->authentications[0] = (struct event_authentication){ "mx.own.example",
		VERDICT_VERIFIED, "dmarc=pass" };
	event->authentication_count = 1;
	world_new(world, world->inbox, 1001, event);
	assert_string_equal(contacts(world), "Jo jo@y.example");
}

static void
makes_contacts_of_those_who_write(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");

	set_create(world, CREATE_ALL);
	mail_add(world, event, PARTY_CC, "bo@z.example");
	mail_add(world, event, PARTY_REPLY_TO, "cy@z.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "captured");
	assert_string_equal(contacts(world), "Jo jo@y.example");
}

static void
brings_the_past_of_who_is_written_to(void **state)
{
	struct world *world = *state;
	struct candidate_result result;

	set_create(world, CREATE_SENT);
	mail(world, 1001, "jo@y.example", "me@own.example");
	mail(world, 1002, "me@own.example", "jo@y.example");
	assert_decided(world->inbox, 1001, "unmatched");
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(candidate_follow(
		world->store, world->capture, world->arena, 100, NOW, &result, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	assert_decided(world->inbox, 1001, "captured");
	assert_int_equal(result.capture.told_count, 1);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 2);
	assert_int_equal(ask(world, "SELECT count(*) FROM candidate_past", 0), 0);
}

static void
makes_nobody_of_machines_lists_and_the_doubtful(void **state)
{
	static const unsigned doubts[] = { EVENT_AMBIGUOUS_FROM, EVENT_SPOOFED_NAME,
		EVENT_MIXED_SCRIPT };
	struct world *world = *state;
	struct event *event;
	unsigned uid = 1001;

	world->sources[0].authserv_id = "mx.own.example";
	set_create(world, CREATE_ALL);
	mail(world, uid++, "no-reply@shop.example", "me@own.example");
	mail(world, uid++, "me@own.example", "no-reply@shop.example");
	mail(world, uid++, "bob@own.example", "me@own.example");
	for (int class = CLASS_BULK; class <= CLASS_AUTOMATIC; class ++) {
		event = world_mail(world, "jo@y.example", "me@own.example");
		event->class = (enum event_class) class;
		world_new(world, world->inbox, uid++, event);
	}
	for (unsigned i = 0; i < 3; i++) {
		event = world_mail(world, "jo@y.example", "me@own.example");
		event->flags = doubts[i];
		world_new(world, world->inbox, uid++, event);
	}
	/* Anybody can write that he is one of us. */
	event = world_mail(world, "me@own.example", "jo@y.example");
	event->authentications = arena_array(world->arena, 1, sizeof *event->authentications);
	event->authentications[0] = (struct event_authentication){ "mx.own.example", VERDICT_FAILED,
		"dmarc=fail" };
	event->authentication_count = 1;
	world_new(world, world->inbox, uid++, event);
	event = world_mail(world, "me@own.example", NULL);
	for (unsigned i = 0; i < 26; i++)
		mail_add(
			world, event, PARTY_TO, arena_printf(world->arena, "guest%u@y.example", i));
	world_new(world, world->inbox, uid++, event);
	assert_null(contacts(world));
}

static void
makes_nobody_twice_nor_whom_people_dealt_with(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "me@own.example", "jo@y.example");
	int64_t archive = world_stream(world, world->work, "Archive", 7, 1), id;
	bool changed;

	set_create(world, CREATE_ALL);
	world_new(world, world->inbox, 1001, event);
	assert_ok(
		contact_remove(world->store, ask(world, "SELECT id FROM contact", 0), &world->err));
	capture_contacts_changed(world->capture);
	world_new(world, archive, 1, event); /* a copy does not bring it back */
	assert_null(contacts(world));
	assert_ok(candidate_set_ignored(
		world->store, world->arena, "jo@y.example", true, &id, &changed, &world->err));
	mail(world, 1002, "jo@y.example", "me@own.example");
	assert_null(contacts(world));
	id = world_person(world, "Bo", "bo@z.example");
	assert_ok(contact_email_remove(
		world->store, world->arena, id, "bo@z.example", NOW, &world->err));
	capture_contacts_changed(world->capture);
	mail(world, 1003, "bo@z.example", "me@own.example");
	assert_string_equal(contacts(world), "Bo bo@z.example");
	assert_decided(world->inbox, 1003, "unmatched");
}

static void
works_where_nothing_is_kept_of_strangers(void **state)
{
	struct world *world = *state;

	world->config.unmatched = UNMATCHED_NONE;
	set_create(world, CREATE_SENT);
	mail(world, 1001, "jo@y.example", "me@own.example");
	mail(world, 1002, "me@own.example", "jo@y.example");
	assert_decided(world->inbox, 1001, "unmatched");
	assert_decided(world->inbox, 1002, "captured");
}

static void
gives_a_person_the_company_of_the_domain(void **state)
{
	struct world *world = *state;
	int64_t company = world_contact(world, "company", "Y Ltd");

	assert_ok(
		contact_domain_add(world->store, world->arena, company, "y.example", &world->err));
	world->sources[0].salesperson = "AB";
	set_create(world, CREATE_ALL);
	mail(world, 1001, "jo@y.example", "me@own.example");
	assert_reason(world->inbox, 1001, "from jo@y.example, contact C00002");
	assert_int_equal(
		ask(world, "SELECT company_id FROM contact WHERE no = 'C00002'", 0), company);
	assert_string_equal(
		ask_text(world, "SELECT salesperson FROM contact WHERE no = 'C00002'", 0), "AB");
}

static void
captures_mail_when_the_numbers_are_used_up(void **state)
{
	struct world *world = *state;

	ask(world,
		"UPDATE series_line SET end_no = 'C00001', last_no = 'C00001', open = 0 "
		"WHERE start_no = 'C00001' RETURNING id",
		0);
	set_create(world, CREATE_ALL);
	mail(world, 1001, "jo@y.example", "me@own.example");
	assert_decided(world->inbox, 1001, "unmatched");
	assert_null(contacts(world));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes_nobody_unless_asked),
		TEST(makes_contacts_of_those_we_write_to),
		TEST(believes_who_we_are_in_our_own_folder_alone),
		TEST(believes_the_server_that_verified_us),
		TEST(makes_contacts_of_those_who_write),
		TEST(brings_the_past_of_who_is_written_to),
		TEST(makes_nobody_of_machines_lists_and_the_doubtful),
		TEST(makes_nobody_twice_nor_whom_people_dealt_with),
		TEST(works_where_nothing_is_kept_of_strangers),
		TEST(gives_a_person_the_company_of_the_domain),
		TEST(captures_mail_when_the_numbers_are_used_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
