#include "world.h"

/* Threads, and who began them. */

static int64_t
thread_of(struct world *world, uint32_t uid)
{
	return ask(world, "SELECT thread FROM interaction WHERE id = ?",
		world_row(world, world->inbox, uid).interaction);
}

static const char *
begun(struct world *world, uint32_t uid)
{
	return ask_text(world, "SELECT initiated_by FROM interaction WHERE id = ?",
		world_row(world, world->inbox, uid).interaction);
}

static void
puts_a_reply_into_the_thread(void **state)
{
	struct world *world = *state;
	struct event *first = world_mail(world, "ada@x.example", "me@own.example");
	struct event *reply = world_mail(world, "me@own.example", "ada@x.example");
	struct event *other = world_mail(world, "ada@x.example", "me@own.example");

	mail_reply(world, reply, first);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, first);
	world_new(world, world->inbox, 1002, reply);
	world_new(world, world->inbox, 1003, other);
	assert_true(thread_of(world, 1001) > 0);
	assert_int_equal(thread_of(world, 1001), thread_of(world, 1002));
	assert_int_not_equal(thread_of(world, 1001), thread_of(world, 1003));
	assert_string_equal(begun(world, 1002), "them");
}

static void
knows_a_thread_by_in_reply_to_alone(void **state)
{
	struct world *world = *state;
	struct event *first = world_mail(world, "me@own.example", "ada@x.example");
	struct event *reply = world_mail(world, "ada@x.example", "me@own.example");
	struct event *again = world_mail(world, "me@own.example", "ada@x.example");

	reply->in_reply_to = first->message_id;
	again->in_reply_to = reply->message_id;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, first);
	world_new(world, world->inbox, 1002, reply);
	world_new(world, world->inbox, 1003, again);
	assert_int_equal(thread_of(world, 1001), thread_of(world, 1002));
	assert_int_equal(thread_of(world, 1001), thread_of(world, 1003));
	assert_string_equal(begun(world, 1002), "us");
	assert_string_equal(begun(world, 1003), "us");
}

static void
joins_siblings_whose_parent_was_never_seen(void **state)
{
	struct world *world = *state;
	struct event *unseen = world_mail(world, "ada@x.example", "me@own.example");
	struct event *one = world_mail(world, "ada@x.example", "me@own.example");
	struct event *two = world_mail(world, "ada@x.example", "me@own.example");

	mail_reply(world, one, unseen);
	mail_reply(world, two, unseen);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, one);
	world_new(world, world->inbox, 1002, two);
	assert_int_equal(thread_of(world, 1001), thread_of(world, 1002));
}

static void
puts_a_late_parent_in_front(void **state)
{
	struct world *world = *state;
	struct event *first = world_mail(world, "me@own.example", "ada@x.example");
	struct event *reply = world_mail(world, "ada@x.example", "me@own.example");
	struct event *again = world_mail(world, "me@own.example", "ada@x.example");
	int64_t ada = world_person(world, "Ada Lovelace", "ada@x.example");

	mail_reply(world, reply, first);
	mail_reply(world, again, reply);
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 3, again);
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 2, reply);
	assert_string_equal(begun(world, 2), "them");
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 1, first);
	assert_int_equal(thread_of(world, 1), thread_of(world, 2));
	assert_int_equal(thread_of(world, 1), thread_of(world, 3));
	assert_string_equal(begun(world, 1), "us");
	assert_string_equal(begun(world, 2), "us");
	assert_string_equal(begun(world, 3), "us");
	assert_int_equal(
		ask(world, "SELECT last_attempt FROM contact WHERE id = ?", ada), again->at);
}

static void
tells_what_a_late_parent_changed(void **state)
{
	struct world *world = *state;
	struct event *first = world_mail(world, "me@own.example", "ada@x.example");
	struct event *reply = world_mail(world, "ada@x.example", "me@own.example");

	mail_reply(world, reply, first);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 2, reply);
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 1, first);
	assert_int_equal(world->result.told_count, 2);
	assert_int_equal(world->result.told[0].what, CAPTURE_RECORDED);
	assert_int_equal(world->result.told[1].what, CAPTURE_CHANGED);
	assert_int_equal(ask(world, "SELECT version FROM interaction WHERE id = ?",
				 world_row(world, world->inbox, 2).interaction),
		2);
}

static void
lets_a_strangers_first_message_say_who_began(void **state)
{
	struct world *world = *state;
	struct event *first = world_mail(world, "jo@y.example", "me@own.example");
	struct event *reply = world_mail(world, "me@own.example", "ada@x.example");

	mail_reply(world, reply, first);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, first);
	world_new(world, world->inbox, 1002, reply);
	assert_decided(world->inbox, 1001, "unmatched");
	assert_string_equal(begun(world, 1002), "them");
}

static void
joins_two_threads_that_turn_out_to_be_one(void **state)
{
	struct world *world = *state;
	struct event *one = world_mail(world, "ada@x.example", "me@own.example");
	struct event *two = world_mail(world, "ada@x.example", "me@own.example");
	struct event *both = world_mail(world, "ada@x.example", "me@own.example");
	struct event *soon = world_mail(world, "ada@x.example", "me@own.example");
	struct event *later = world_mail(world, "ada@x.example", "me@own.example");

	mail_reply(world, both, one);
	both->in_reply_to = two->message_id;
	soon->in_reply_to = two->message_id;
	later->in_reply_to = two->message_id;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, one);
	world_new(world, world->inbox, 1002, two);
	assert_int_not_equal(thread_of(world, 1001), thread_of(world, 1002));
	world_new(world, world->inbox, 1003, both);
	assert_int_equal(thread_of(world, 1001), thread_of(world, 1002));
	assert_int_equal(thread_of(world, 1001), thread_of(world, 1003));
	world_new(world, world->inbox, 1004, soon);
	assert_int_equal(thread_of(world, 1001), thread_of(world, 1004));
	world_configure(world);
	world_new(world, world->inbox, 1005, later);
	assert_int_equal(thread_of(world, 1001), thread_of(world, 1005));
}

static void
joins_threads_through_threads(void **state)
{
	struct world *world = *state;
	struct event *mails[4], *link;

	world_person(world, "Ada Lovelace", "ada@x.example");
	for (unsigned i = 0; i < 4; i++) {
		mails[i] = world_mail(world, "ada@x.example", "me@own.example");
		world_new(world, world->inbox, 1001 + i, mails[i]);
	}
	for (unsigned i = 3; i > 0; i--) {
		link = world_mail(world, "ada@x.example", "me@own.example");
		mail_reply(world, link, mails[i - 1]);
		link->in_reply_to = mails[i]->message_id;
		world_new(world, world->inbox, 1010 + i, link);
	}
	assert_int_equal(ask(world, "SELECT count(DISTINCT thread) FROM interaction", 0), 1);
}

static void
ignores_what_machines_refer_to(void **state)
{
	struct world *world = *state;
	struct event *one = world_mail(world, "ada@x.example", "me@own.example");
	struct event *two = world_mail(world, "ada@x.example", "me@own.example");
	struct event *digest = world_mail(world, "list@x.example", "me@own.example");

	mail_reply(world, digest, one);
	digest->in_reply_to = two->message_id;
	digest->class = CLASS_BULK;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, one);
	world_new(world, world->inbox, 1002, two);
	world_new(world, world->inbox, 1003, digest);
	assert_int_not_equal(thread_of(world, 1001), thread_of(world, 1002));
}

static void
survives_a_message_that_refers_to_itself(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	mail_reply(world, event, event);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "captured");
	assert_true(thread_of(world, 1001) > 0);
}

static void
never_gives_a_thread_number_twice(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	for (unsigned i = 0; i < 5; i++) {
		world_new(world, world->inbox, 1001 + i,
			world_mail(world, "ada@x.example", "me@own.example"));
		world_configure(world);
	}
	assert_int_equal(ask(world, "SELECT count(DISTINCT thread) FROM message", 0), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(puts_a_reply_into_the_thread),
		TEST(knows_a_thread_by_in_reply_to_alone),
		TEST(joins_siblings_whose_parent_was_never_seen),
		TEST(puts_a_late_parent_in_front),
		TEST(tells_what_a_late_parent_changed),
		TEST(lets_a_strangers_first_message_say_who_began),
		TEST(joins_two_threads_that_turn_out_to_be_one),
		TEST(joins_threads_through_threads),
		TEST(ignores_what_machines_refer_to),
		TEST(survives_a_message_that_refers_to_itself),
		TEST(never_gives_a_thread_number_twice),
	};

	return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
