#include "liaison/crm/sight.h"
#include "world.h"

/* The decision about a message that comes for the first time, and its reason. */

static void
captures_mail_from_a_contact(void **state)
{
	struct world *world = *state;
	int64_t interaction;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "Ada@X.Example", "me@own.example"));
	assert_decided(world->inbox, 1001, "captured");
	assert_reason(world->inbox, 1001, "from ada@x.example, contact C00001");
	interaction = world_row(world, world->inbox, 1001).interaction;
	assert_string_equal(ask_text(world,
				    "SELECT direction || ' ' || initiated_by || ' ' || kind "
				    "|| ' ' || status FROM interaction WHERE id = ?",
				    interaction),
		"inbound them email recorded");
	assert_int_equal(world->result.captured, 1);
	assert_int_equal(world->result.told_count, 1);
	assert_int_equal(world->result.told[0].what, CAPTURE_RECORDED);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
}

static void
captures_our_mail_to_a_contact_as_outbound(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "me@own.example", "ada@x.example"));
	assert_decided(world->inbox, 1001, "captured");
	assert_reason(world->inbox, 1001, "to ada@x.example, contact C00001");
	assert_string_equal(
		ask_text(world, "SELECT direction || ' ' || initiated_by FROM interaction", 0),
		"outbound us");
}

static void
says_who_has_no_contact(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");

	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "unmatched");
	assert_reason(world->inbox, 1001, "no contact has jo@y.example or its domain");
	event = world_mail(world, "jo@y.example", "me@own.example");
	mail_add(world, event, PARTY_CC, "bo@z.example");
	mail_add(world, event, PARTY_CC, "cy@z.example");
	world_new(world, world->inbox, 1002, event);
	assert_reason(world->inbox, 1002,
		"no contact has jo@y.example, bo@z.example or 1 more, or their domains");
}

static void
leaves_mail_without_addresses_unmatched(void **state)
{
	struct world *world = *state;

	world_new(world, world->inbox, 1001, world_mail(world, "undisclosed", NULL));
	assert_decided(world->inbox, 1001, "unmatched");
	assert_reason(world->inbox, 1001, "nobody in it has a usable address");
}

/* Only the first is a stranger's for sure, but none is known to be ours. */
static void
calls_no_mail_internal_whose_author_cannot_be_read(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "me@own.example", "alias@own.example");

	world_new(world, world->inbox, 1001, world_mail(world, "Jo <jo@", "me@own.example"));
	event->parties[0].role = PARTY_SENDER;
	world_new(world, world->inbox, 1002, event);
	event = world_mail(world, "me@own.example", "alias@own.example");
	mail_add(world, event, PARTY_FROM, "Jo <jo@");
	world_new(world, world->inbox, 1003, event);
	for (uint32_t uid = 1001; uid <= 1003; uid++) {
		assert_decided(world->inbox, uid, "unmatched");
		assert_reason(world->inbox, uid, "who wrote it has no usable address");
	}
	assert_int_equal(
		ask(world, "SELECT count(*) FROM message WHERE direction = 'inbound'", 0), 3);
}

static void
calls_mail_among_ourselves_internal(void **state)
{
	struct world *world = *state;

	world_new(world, world->inbox, 1001, world_mail(world, "me@own.example", "me@own.example"));
	assert_decided(world->inbox, 1001, "internal");
	assert_reason(world->inbox, 1001, "only our own addresses");
	world_new(world, world->inbox, 1002,
		world_mail(world, "bob@own.example", "alias@own.example"));
	assert_decided(world->inbox, 1002, "internal");
	assert_reason(world->inbox, 1002, "only our own addresses and colleagues");
	world_new(world, world->inbox, 1003,
		world_mail(world, "x@bots.own.example", "me@own.example"));
	assert_decided(world->inbox, 1003, "internal");
	assert_string_equal(
		ask_text(world, "SELECT direction FROM message ORDER BY id LIMIT 1", 0), "none");
}

static void
treats_a_colleagues_mail_to_a_contact_as_outbound(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "bob@own.example", "ada@x.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	mail_add(world, event, PARTY_CC, "me@own.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "captured");
	assert_string_equal(ask_text(world, "SELECT direction FROM interaction", 0), "outbound");
}

static void
leaves_lists_and_machines_alone(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	event->class = CLASS_BULK;
	event->class_reason = "List-Id";
	event->list_id = "dev.lists.example";
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "bulk");
	assert_reason(world->inbox, 1001, "List-Id: dev.lists.example");
	event = world_mail(world, "ada@x.example", "me@own.example");
	event->class = CLASS_AUTOMATIC;
	event->class_reason = "Auto-Submitted";
	world_new(world, world->inbox, 1002, event);
	assert_decided(world->inbox, 1002, "automatic");
	assert_reason(world->inbox, 1002, "automatic by its Auto-Submitted");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
}

static void
captures_our_own_mail_even_if_its_headers_are_a_machines(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "me@own.example", "ada@x.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	event->class = CLASS_AUTOMATIC;
	event->class_reason = "Precedence";
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "captured");
}

static void
respects_sensitivity(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	event->sensitivity = "private";
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "private");
	assert_reason(world->inbox, 1001, "Sensitivity: private");
	assert_null(ask_text(world, "SELECT subject FROM message", 0));
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 0);
	assert_string_equal(
		ask_text(world, "SELECT message_id FROM message", 0), event->message_id);
}

static void
quarantines_what_cannot_be_read(void **state)
{
	struct world *world = *state;
	struct capture_item item = {
		.uid = 1001,
		.error = "its header has no end",
		.header = (const uint8_t *)"From: x\r\n",
		.header_size = 9,
	};
	struct capture_slice slice = {
		.stream_id = world->inbox,
		.kind = CAPTURE_NEW,
		.items = &item,
		.count = 1,
		.cursor = 1001,
	};

	world_slice(world, &slice);
	assert_decided(world->inbox, 1001, "quarantined");
	assert_reason(world->inbox, 1001, "its header has no end");
	assert_string_equal(
		ask_text(world, "SELECT CAST(header AS TEXT) FROM quarantine", 0), "From: x\r\n");
	assert_int_equal(ask(world, "SELECT cursor FROM stream WHERE id = ?", world->inbox), 1001);
}

static void
tells_when_a_message_id_is_used_twice(void **state)
{
	struct world *world = *state;
	struct event *first = world_mail(world, "ada@x.example", "me@own.example");
	struct event *second = world_mail(world, "mallory@z.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, second);
	first->message_id = second->message_id;
	mail_seal(first);
	world_new(world, world->inbox, 1002, first);
	assert_decided(world->inbox, 1002, "captured");
	assert_reason(world->inbox, 1002,
		"from ada@x.example, contact C00001; "
		"its Message-ID is already used by another message");
}

static void
keeps_mail_without_a_message_id_apart(void **state)
{
	struct world *world = *state;
	struct event *first = world_mail(world, "ada@x.example", "me@own.example");
	struct event *second = world_mail(world, "ada@x.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	first->message_id = second->message_id = NULL;
	memset(first->identity, 1, sizeof first->identity);
	memset(second->identity, 2, sizeof second->identity);
	world_new(world, world->inbox, 1001, first);
	world_new(world, world->inbox, 1002, second);
	assert_decided(world->inbox, 1001, "captured");
	assert_decided(world->inbox, 1002, "captured");
	assert_int_equal(ask(world, "SELECT count(DISTINCT thread) FROM interaction", 0), 2);
}

static void
attributes_mail_to_the_accounts_salesperson(void **state)
{
	struct world *world = *state;

	world->sources[0].salesperson = "JO";
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	world->sources[0].salesperson = "sender";
	world_new(world, world->inbox, 1002, world_mail(world, "ada@x.example", "me@own.example"));
	assert_string_equal(
		ask_text(world, "SELECT salesperson FROM interaction ORDER BY id", 0), "JO");
	assert_int_equal(
		ask(world, "SELECT count(*) FROM interaction WHERE salesperson IS NULL", 0), 1);
}

/* An address counts within its time; a mail among two of us is the writer's. */
static void
attributes_mail_to_whoever_of_us_wrote_or_received_it(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "me@own.example", "ada@x.example");
	bool withheld;

	world->sources[0].salesperson = "sender";
	world->sources[0].visibility = VISIBLE_OWNER;
	assert_ok(source_row(world->store, &world->sources[0], &world->work, &world->err));
	world_salesperson(world, "JO", "me@own.example", event->at);
	world_salesperson(world, "AL", "Alias@own.example", INT64_MAX);
	world_person(world, "Ada Lovelace", "ada@x.example");
	mail_add(world, event, PARTY_CC, "alias@own.example");
	world_new(world, world->inbox, 1001, event);
	event = world_mail(world, "ada@x.example", "me@own.example");
	world_new(world, world->inbox, 1002, event);
	event = world_mail(world, "ada@x.example", "me@own.example");
	mail_add(world, event, PARTY_CC, "alias@own.example");
	world_new(world, world->inbox, 1003, event);
	assert_string_equal(ask_text(world,
				    "SELECT group_concat(coalesce(salesperson, '-'), ' ') FROM "
				    "(SELECT salesperson FROM interaction ORDER BY id)",
				    0),
		"JO - AL");
	store_set_viewer(world->store, "AL");
	assert_ok(sight_withheld(world->store, 1, &withheld, &world->err));
	assert_true(withheld);
	assert_ok(sight_withheld(world->store, 3, &withheld, &world->err));
	assert_false(withheld);
}

static void
takes_a_web_forms_mail_for_the_customers(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "web@own.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	mail_add(world, event, PARTY_REPLY_TO, "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "captured");
	assert_reason(world->inbox, 1001, "reply-to ada@x.example, contact C00001");
	assert_string_equal(ask_text(world, "SELECT direction FROM interaction", 0), "inbound");
	assert_string_equal(ask_text(world, "SELECT role FROM interaction_contact", 0), "reply-to");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(captures_mail_from_a_contact),
		TEST(captures_our_mail_to_a_contact_as_outbound),
		TEST(says_who_has_no_contact),
		TEST(leaves_mail_without_addresses_unmatched),
		TEST(calls_no_mail_internal_whose_author_cannot_be_read),
		TEST(calls_mail_among_ourselves_internal),
		TEST(treats_a_colleagues_mail_to_a_contact_as_outbound),
		TEST(leaves_lists_and_machines_alone),
		TEST(captures_our_own_mail_even_if_its_headers_are_a_machines),
		TEST(respects_sensitivity),
		TEST(quarantines_what_cannot_be_read),
		TEST(tells_when_a_message_id_is_used_twice),
		TEST(keeps_mail_without_a_message_id_apart),
		TEST(attributes_mail_to_the_accounts_salesperson),
		TEST(attributes_mail_to_whoever_of_us_wrote_or_received_it),
		TEST(takes_a_web_forms_mail_for_the_customers),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
