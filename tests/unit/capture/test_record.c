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
		"\"subject\":\"Hello\",\"event_uid\":null,\"recurrence_id\":null}");
	text_reset(&world->text);
	json_out_init(&out, &world->text);
	assert_ok(capture_write(world->store, world->arena, 2, &out, &world->err));
	assert_string_equal(world->text.bytes,
		"{\"id\":2,\"version\":1,\"source\":\"work\","
		"\"folder\":\"INBOX\",\"uidvalidity\":7,\"uid\":1002,\"at\":\"2027-01-15T08:00:"
		"00Z\","
		"\"decision\":\"quarantined\",\"reason\":\"its header has no end\",\"rule\":null,"
		"\"interaction\":null,\"error\":\"its header has no end\","
		"\"date\":null,\"from\":null,\"subject\":null,\"event_uid\":null,\"recurrence_id\":"
		"null}");
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
		TEST(lists_the_newest_decision_first),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
