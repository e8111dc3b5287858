#include "world.h"

#include "liaison/capture/retention.h"

/* Mail that leaves its mailbox: believed when nothing of it is left anywhere, and not by the dozen. */

static struct event_part text_part = { .part = "1", .type = "text/plain", .size = 900 };

static struct event *
letter(struct world *world)
{
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	event->subject = "Hello";
	event->parts = &text_part;
	event->part_count = 1;
	event->text_part = "1";
	mail_seal(event);
	return event;
}

/* The folder has these UIDs and no others. */
static void
look(struct world *world, int64_t stream, uint32_t first, uint32_t last, int64_t now)
{
	struct uid_set all = { 0 }, gone = { 0 }, back = { 0 };

	if (first <= last)
		uid_set_add_range(&all, first, last);
	assert_ok(gone_compare(world->store, stream, &all, &gone, &back, &world->err));
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(gone_note(world->store, stream, &gone, &back, now, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	uid_set_clear(&all);
	uid_set_clear(&gone);
	uid_set_clear(&back);
}

static struct gone_counts
settle(struct world *world, int64_t before, bool accept)
{
	struct gone_counts counts = { 0 };
	struct capture_result result;
	bool more = true;

	while (more) {
		assert_ok(store_begin(world->store, &world->err));
		assert_ok(gone_settle(world->store, world->capture, world->arena, world->work,
			before, accept, before, &result, &counts, &more, &world->err));
		assert_ok(store_commit(world->store, &world->err));
	}
	return counts;
}

static void
capture_with_text(struct world *world, unsigned count)
{
	struct want *wants;
	unsigned wanted;

	world->sources[0].level = LEVEL_TEXT;
	world_person(world, "Ada", "ada@x.example");
	for (unsigned i = 0; i < count; i++)
		world_new(world, world->inbox, 1001 + i, letter(world));
	assert_ok(want_list(
		world->store, world->arena, world->work, 100, &wants, &wanted, &world->err));
	for (unsigned i = 0; i < wanted; i++)
		assert_ok(want_done(world->store, world->capture, world->arena, &wants[i],
			"the words of it", false, NOW, &world->err));
}

static int64_t
interactions(struct world *world)
{
	return ask(world, "SELECT count(*) FROM interaction", 0);
}

static void
removes_what_left(void **state)
{
	struct world *world = *state;
	struct event *event;

	world->sources[0].on_delete = DELETE_REMOVE;
	capture_with_text(world, 3);
	look(world, world->inbox, 1002, 1003, NOW);
	assert_int_equal(settle(world, NOW, false).mails, 0); /* it may have moved */
	assert_int_equal(settle(world, NOW, false).open, 1);
	assert_int_equal(settle(world, NOW + 1, false).mails, 1);
	assert_int_equal(settle(world, NOW + 2, false).mails, 0);
	assert_int_equal(interactions(world), 2);
	assert_decided(world->inbox, 1001, "captured");
	assert_reason(world->inbox, 1001, "it left the mailbox");
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 2);
	assert_null(ask_text(world, "SELECT subject FROM message ORDER BY id", 0));
	/* Another message is not mistaken for it. */
	event = letter(world);
	world_new(world, world->inbox, 1004, event);
	assert_int_equal(interactions(world), 3);
}

static void
captures_again_what_comes_back(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world);

	world->sources[0].on_delete = DELETE_REMOVE;
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	look(world, world->inbox, 1, 0, NOW);
	assert_int_equal(settle(world, NOW + 1, false).mails, 1);
	world_new(world, world->inbox, 1002, event);
	assert_decided(world->inbox, 1002, "captured");
	assert_int_equal(interactions(world), 1);
	assert_string_equal(ask_text(world, "SELECT subject FROM interaction", 0), "Hello");
	look(world, world->inbox, 1002, 1002, NOW + 2);
	assert_int_equal(settle(world, NOW + 3, false).mails, 0);
	assert_int_equal(interactions(world), 1);
}

static void
drops_the_text_alone(void **state)
{
	struct world *world = *state;

	world->sources[0].on_delete = DELETE_DROP_TEXT;
	capture_with_text(world, 2);
	look(world, world->inbox, 1002, 1002, NOW);
	assert_int_equal(settle(world, NOW + 1, false).texts, 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 1);
	assert_int_equal(interactions(world), 2);
	assert_null(ask_text(world, "SELECT snippet FROM interaction ORDER BY id", 0));
	assert_string_equal(
		ask_text(world, "SELECT subject FROM interaction ORDER BY id", 0), "Hello");
}

static void
looks_once_at_what_moved_and_removes_it_when_it_leaves_there(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->work, "Archive", 9, 1);
	struct event *event = letter(world);

	world->sources[0].on_delete = DELETE_REMOVE;
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	world_new(world, archive, 1, event);
	look(world, world->inbox, 1, 0, NOW);
	assert_int_equal(settle(world, NOW + 1, false).mails, 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM gone WHERE settled = 0", 0), 0);
	look(world, archive, 1, 0, NOW + 2);
	assert_int_equal(settle(world, NOW + 3, false).mails, 1);
	assert_int_equal(interactions(world), 0);
}

static void
keeps_what_moved(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->work, "Archive", 5, 1);
	struct event *event = letter(world);

	world->sources[0].on_delete = DELETE_REMOVE;
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	look(world, world->inbox, 1, 0, NOW);
	world_new(world, archive, 1, event);
	look(world, archive, 1, 1, NOW + 1);
	assert_int_equal(settle(world, NOW + 2, false).mails, 0);
	look(world, archive, 1, 0, NOW + 3);
	assert_int_equal(settle(world, NOW + 4, false).mails, 1);
	assert_int_equal(interactions(world), 0);
}

static void
keeps_what_another_account_has(void **state)
{
	struct world *world = *state;
	int64_t other = world_stream(world, world->home, "INBOX", 5, 1);
	struct event *event = letter(world);

	world->sources[0].on_delete = DELETE_REMOVE;
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	world_new(world, other, 1, event);
	look(world, world->inbox, 1, 0, NOW);
	assert_int_equal(settle(world, NOW + 1, false).mails, 0);
	assert_int_equal(interactions(world), 1);
}

static void
doubts_that_half_of_a_folder_left(void **state)
{
	struct world *world = *state;

	world->sources[0].on_delete = DELETE_REMOVE;
	capture_with_text(world, 20);
	look(world, world->inbox, 1012, 1020, NOW);
	assert_int_equal(settle(world, NOW + 1, false).doubted, 11);
	assert_int_equal(interactions(world), 20);
	/* A doubt does not go by more mail coming, nor by less being missing. */
	look(world, world->inbox, 1009, 1020, NOW + 2);
	assert_int_equal(settle(world, NOW + 3, false).doubted, 8);
	assert_int_equal(ask(world, "SELECT doubted FROM stream WHERE id = ?", world->inbox), 8);
	assert_int_equal(settle(world, NOW + 4, true).mails, 8);
	assert_int_equal(ask(world, "SELECT doubted FROM stream WHERE id = ?", world->inbox), 0);
	assert_int_equal(interactions(world), 12);
}

static void
doubts_no_more_when_all_is_there_again(void **state)
{
	struct world *world = *state;

	world->sources[0].on_delete = DELETE_REMOVE;
	capture_with_text(world, 20);
	look(world, world->inbox, 1, 0, NOW);
	assert_int_equal(settle(world, NOW + 1, false).doubted, 20);
	look(world, world->inbox, 1001, 1020, NOW + 2);
	assert_int_equal(settle(world, NOW + 3, false).doubted, 0);
	assert_int_equal(interactions(world), 20);
	look(world, world->inbox, 1002, 1020, NOW + 4);
	assert_int_equal(settle(world, NOW + 5, false).mails, 1);
}

static void
takes_a_cleared_bin_of_strangers_for_what_it_is(void **state)
{
	struct world *world = *state;

	world->sources[0].on_delete = DELETE_REMOVE;
	for (uint32_t i = 0; i < 20; i++)
		world_new(world, world->inbox, 1001 + i, letter(world));
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1021, letter(world));
	look(world, world->inbox, 1021, 1021, NOW);
	assert_int_equal(settle(world, NOW + 1, false).doubted, 0);
	assert_int_equal(interactions(world), 1);
}

static void
believes_no_new_uidvalidity(void **state)
{
	struct world *world = *state;
	struct event *event = letter(world), *other = letter(world);
	int64_t later;

	world->sources[0].on_delete = DELETE_REMOVE;
	world_person(world, "Ada", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	world_new(world, world->inbox, 1002, other);
	later = world_stream(world, world->work, "INBOX", 8, 1);
	look(world, later, 1, 0, NOW);
	assert_int_equal(settle(world, NOW + 1, false).mails, 0);
	/* What is seen under the new one, and leaves then, has left. */
	world_new(world, later, 1, event);
	look(world, later, 1, 0, NOW + 2);
	assert_int_equal(settle(world, NOW + 3, false).mails, 1);
	assert_int_equal(interactions(world), 1);
}

static void
believes_a_vanished_folder_when_told(void **state)
{
	static const char *const there[] = { "Other" };
	struct world *world = *state;

	world->sources[0].on_delete = DELETE_REMOVE;
	capture_with_text(world, 3);
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(gone_folders(world->store, world->work, there, 1, NOW, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	assert_int_equal(settle(world, NOW + 1, true).mails, 3);
	assert_int_equal(interactions(world), 0);
}

static void
settles_as_many_as_there_are(void **state)
{
	struct world *world = *state;

	world->sources[0].on_delete = DELETE_REMOVE;
	capture_with_text(world, 100);
	look(world, world->inbox, 1, 0, NOW);
	assert_int_equal(settle(world, NOW + 1, true).mails, 100);
	assert_int_equal(interactions(world), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM gone WHERE settled = 0", 0), 0);
}

static void
keeps_all_where_nobody_asked(void **state)
{
	struct world *world = *state;

	capture_with_text(world, 2);
	look(world, world->inbox, 1, 0, NOW);
	settle(world, NOW + 1, true);
	assert_int_equal(interactions(world), 2);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(removes_what_left),
		TEST(captures_again_what_comes_back),
		TEST(drops_the_text_alone),
		TEST(keeps_what_moved),
		TEST(looks_once_at_what_moved_and_removes_it_when_it_leaves_there),
		TEST(keeps_what_another_account_has),
		TEST(doubts_that_half_of_a_folder_left),
		TEST(doubts_no_more_when_all_is_there_again),
		TEST(takes_a_cleared_bin_of_strangers_for_what_it_is),
		TEST(believes_no_new_uidvalidity),
		TEST(believes_a_vanished_folder_when_told),
		TEST(settles_as_many_as_there_are),
		TEST(keeps_all_where_nobody_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
