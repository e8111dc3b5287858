#include "world.h"

/* Capture records and the conditions over them. */

static void
writes_the_record_of_the_protocol(void **state)
{
	struct world *world = *state;
	struct json_out out;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	world_new(world, world->inbox, 1002, NULL);
	json_out_init(&out, &world->text);
	assert_ok(capture_write(world->store, world->arena, 1, &out, &world->err));
	assert_string_equal(world->text.bytes,
		"{\"id\":1,\"version\":1,\"source\":\"work\","
		"\"folder\":\"INBOX\",\"uidvalidity\":7,\"uid\":"
		"1001,\"at\":\"2027-01-15T08:00:00Z\","
		"\"decision\":\"captured\",\"reason\":\"from "
		"ada@x.example, contact C00001\",\"rule\":null,"
		"\"interaction\":1,\"error\":null,"
		"\"date\":\"2027-01-05T09:01:00+01:00\","
		"\"from\":\"ada@x.example\","
		"\"subject\":\"Hello\",\"event_uid\":null,\"recurrence_id\":null,"
		"\"withheld\":false}");
	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_ok(capture_write(world->store, world->arena, 2, &out, &world->err));
	assert_string_equal(world->text.bytes,
		"{\"id\":2,\"version\":1,\"source\":\"work\","
		"\"folder\":\"INBOX\",\"uidvalidity\":7,\"uid\":1002,\"at\":\"2027-01-15T08:00:"
		"00Z\","
		"\"decision\":\"quarantined\",\"reason\":\"its header has no end\",\"rule\":null,"
		"\"interaction\":null,\"error\":\"its header has no "
		"end\",\"tries\":1,\"size\":null,"
		"\"date\":null,\"from\":null,\"subject\":null,\"event_uid\":null,\"recurrence_id\":"
		"null,\"withheld\":false}");
	assert_fails(
		capture_write(world->store, world->arena, 3, &out, &world->err), ERR_NOT_FOUND);
}

static unsigned
count(struct world *world, const char *condition)
{
	struct query_context context = { .now = NOW };
	struct query_list list = { .noun = &capture_noun, .limit = 100 };
	struct query_node *where;
	struct query_page page;

	assert_ok(
		query_parse(world->arena, &capture_noun, &context, condition, &where, &world->err));
	list.where = where;
	assert_ok(query_run(world->store, world->arena, &list, &page, &world->err));
	return page.count;
}

static void
answers_conditions_over_messages(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "list@z.example", "me@own.example");

	event->class = CLASS_BULK;
	event->class_reason = "List-Id";
	event->list_id = "dev.lists.example";
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	world_new(world, world->inbox, 1002, event);
	event = world_mail(world, "me@own.example", "ada@x.example");
	event->subject = "The offer";
	mail_add(world, event, PARTY_CC, "bob@y.example");
	mail_seal(event);
	world_new(world, world->inbox, 1003, event);
	world_new(world, world->inbox, 1004, NULL);
	assert_int_equal(count(world, "decision = captured"), 2);
	assert_int_equal(count(world, "decision = bulk and list-id ~ '*.lists.example'"), 1);
	assert_int_equal(count(world, "source = work and folder = INBOX and uid >= 1003"), 2);
	assert_int_equal(count(world, "from = ada@x.example"), 1);
	assert_int_equal(count(world, "to = ada@x.example"), 1);
	assert_int_equal(count(world, "cc = bob@y.example"), 1);
	assert_int_equal(count(world, "any-address = ada@x.example"), 2);
	assert_int_equal(count(world, "subject ~ 'the o*'"), 1);
	assert_int_equal(count(world, "direction = outbound"), 1);
	assert_int_equal(count(world, "size > 1000"), 3);
	assert_int_equal(count(world, "interaction is blank"), 2);
	assert_int_equal(count(world, "error ~ '*no end*'"), 1);
	assert_int_equal(count(world, "message-id = 'm2@test.example'"), 1);
	assert_int_equal(count(world, "reason ~ '*C00001*'"), 2);
	assert_int_equal(count(world, "at >= now"), 4);
	assert_int_equal(count(world, "has contact(name = 'Ada Lovelace')"), 2);
	assert_int_equal(count(world, "has interaction(direction = inbound)"), 1);
	assert_int_equal(count(world, "source = home"), 0);
}

/* The account work is JO's own from now on. */
static void
own_by(struct world *world, const char *salesperson)
{
	int64_t id;

	world->sources[0].visibility = VISIBLE_OWNER;
	world->sources[0].salesperson = salesperson;
	assert_ok(source_row(world->store, &world->sources[0], &id, &world->err));
}

static void
withholds_from_others_what_an_owners_mail_says(void **state)
{
	struct world *world = *state;
	struct json_out out;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	world_new(world, world->inbox, 1002, NULL);
	own_by(world, "JO");
	store_set_viewer(world->store, "AL");
	json_out_init(&out, &world->text);
	assert_ok(capture_write(world->store, world->arena, 1, &out, &world->err));
	assert_string_equal(world->text.bytes,
		"{\"id\":1,\"version\":1,\"source\":\"work\","
		"\"folder\":\"INBOX\",\"uidvalidity\":7,\"uid\":"
		"1001,\"at\":\"2027-01-15T08:00:00Z\",\"decision\":\"captured\","
		"\"reason\":null,\"rule\":null,\"interaction\":1,\"error\":null,"
		"\"date\":\"2027-01-05T09:01:00+01:00\",\"from\":\"ada@x.example\","
		"\"subject\":null,\"event_uid\":null,\"recurrence_id\":null,\"withheld\":true}");
	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_ok(capture_write(world->store, world->arena, 2, &out, &world->err));
	assert_non_null(strstr(world->text.bytes, "\"decision\":\"quarantined\",\"reason\":null"));
	assert_non_null(strstr(world->text.bytes, "\"error\":null"));
	store_set_viewer(world->store, "jo");
	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_ok(capture_write(world->store, world->arena, 2, &out, &world->err));
	assert_non_null(strstr(world->text.bytes, "its header has no end"));
	assert_null(strstr(world->text.bytes, "\"withheld\":true"));
}

static void
a_copy_in_a_mailbox_of_all_shows_what_the_copy_said(void **state)
{
	struct world *world = *state;
	int64_t home = world_stream(world, world->home, "INBOX", 3, 1);
	struct event *both = world_mail(world, "jo@y.example", "me@own.example");

	own_by(world, "JO");
	world_new(world, world->inbox, 1001, both);
	world_new(world, world->inbox, 1002, world_mail(world, "bo@y.example", "me@own.example"));
	world_new(world, home, 1, both);
	store_set_viewer(world->store, "");
	assert_int_equal(count(world, "subject ~ 'h*'"), 1);
	assert_int_equal(count(world, "source = home and reason ~ '*'"), 1);
	assert_int_equal(count(world, "source = work and subject is blank"), 2);
	assert_int_equal(count(world, "source = work"), 2);
}

static void
conditions_of_others_find_dates_and_parties_only(void **state)
{
	static const struct {
		const char *condition;
		unsigned owner, others;
	} rows[] = {
		{ "decision = unmatched", 1, 1 },
		{ "decision = quarantined", 1, 1 },
		{ "from = jo@y.example", 1, 1 },
		{ "any-address = me@own.example", 1, 1 },
		{ "header(from) = jo@y.example", 1, 1 },
		{ "date < now", 1, 1 },
		{ "uid = 1001 and folder = INBOX", 1, 1 },
		{ "subject = hello", 1, 0 },
		{ "header(subject) = hello", 1, 0 },
		{ "message-id ~ '*test.example'", 1, 0 },
		{ "header(message-id) ~ '*test.example'", 1, 0 },
		{ "reason ~ '*jo@y.example*'", 1, 0 },
		{ "error ~ '*no end*'", 1, 0 },
		{ "size > 0", 1, 0 },
		{ "event_uid is blank", 2, 2 },
	};
	struct world *world = *state;

	own_by(world, "sender");
	world_new(world, world->inbox, 1001, world_mail(world, "jo@y.example", "me@own.example"));
	world_new(world, world->inbox, 1002, NULL);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned owner, others;

		store_set_viewer(world->store, NULL);
		owner = count(world, rows[i].condition);
		store_set_viewer(world->store, "AL");
		others = count(world, rows[i].condition);
		if (owner != rows[i].owner || others != rows[i].others)
			fail_msg("%s: %u and %u", rows[i].condition, owner, others);
	}
}

static void
lists_the_newest_decision_first(void **state)
{
	struct world *world = *state;
	struct query_list list = { .noun = &capture_noun, .limit = 2 };
	struct query_page page;

	for (unsigned i = 0; i < 5; i++)
		world_new(world, world->inbox, 1001 + i,
			world_mail(world, "jo@y.example", "me@own.example"));
	assert_ok(query_run(world->store, world->arena, &list, &page, &world->err));
	assert_int_equal(page.count, 2);
	assert_int_equal(page.ids[0], 5);
	list.after = page.next;
	world_new(world, world->inbox, 1010, world_mail(world, "jo@y.example", "me@own.example"));
	assert_ok(query_run(world->store, world->arena, &list, &page, &world->err));
	assert_int_equal(page.ids[0], 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_the_record_of_the_protocol),
		TEST(answers_conditions_over_messages),
		TEST(withholds_from_others_what_an_owners_mail_says),
		TEST(a_copy_in_a_mailbox_of_all_shows_what_the_copy_said),
		TEST(conditions_of_others_find_dates_and_parties_only),
		TEST(lists_the_newest_decision_first),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
