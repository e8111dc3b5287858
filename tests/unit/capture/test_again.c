#include "world.h"

/* Messages that were seen before: copies in other folders, and the same ones after a change of
 * UIDVALIDITY. */

static void
takes_a_copy_for_a_duplicate(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->work, "Archive", 9, 1);
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	world_new(world, archive, 5, event);
	assert_decided(world->inbox, 1001, "captured");
	assert_decided(archive, 5, "duplicate");
	assert_reason(archive, 5, "the same message as work:INBOX:1001");
	assert_int_equal(world_row(world, archive, 5).interaction,
		world_row(world, world->inbox, 1001).interaction);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM message", 0), 1);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
}

static void
decides_a_strangers_copy_as_the_first(void **state)
{
	struct world *world = *state;
	int64_t home = world_stream(world, world->home, "INBOX", 3, 1);
	struct event *event = world_mail(world, "jo@y.example", "me@own.example");

	world_new(world, world->inbox, 1001, event);
	world_new(world, home, 1, event);
	assert_decided(home, 1, "unmatched");
	assert_int_equal(
		world_row(world, home, 1).message, world_row(world, world->inbox, 1001).message);
	assert_int_equal(ask(world, "SELECT count(*) FROM party", 0), 2);
}

static void
recognises_mail_after_a_change_of_uidvalidity(void **state)
{
	struct world *world = *state;
	struct event *ada = world_mail(world, "ada@x.example", "me@own.example");
	struct event *jo = world_mail(world, "jo@y.example", "me@own.example");
	int64_t next;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, ada);
	world_new(world, world->inbox, 1002, jo);
	next = world_stream(world, world->work, "INBOX", 8, 3);
	world_decide(world, CAPTURE_BACKFILL, next, 1, ada);
	world_decide(world, CAPTURE_BACKFILL, next, 2, jo);
	assert_decided(next, 1, "captured");
	assert_decided(next, 2, "unmatched");
	assert_true(world_row(world, next, 1).recognised);
	assert_true(world_row(world, next, 2).recognised);
	assert_reason(next, 1, "from ada@x.example, contact C00001; known from UIDVALIDITY 7");
	assert_int_equal(world_row(world, next, 1).interaction,
		world_row(world, world->inbox, 1001).interaction);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
}

static void
recognises_each_copy_in_a_folder_once(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	int64_t next, third;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	world_new(world, world->inbox, 1002, event);
	assert_decided(world->inbox, 1002, "duplicate");
	next = world_stream(world, world->work, "INBOX", 8, 1);
	world_new(world, next, 1, event);
	world_new(world, next, 2, event);
	world_new(world, next, 3, event);
	assert_decided(next, 1, "captured");
	assert_decided(next, 2, "duplicate");
	assert_decided(next, 3, "duplicate");
	assert_true(world_row(world, next, 2).recognised);
	assert_false(world_row(world, next, 3).recognised);
	third = world_stream(world, world->work, "INBOX", 9, 1);
	world_new(world, third, 1, event);
	assert_decided(third, 1, "captured");
	assert_reason(third, 1, "from ada@x.example, contact C00001; known from UIDVALIDITY 7");
}

static void
does_not_recognise_another_folders_mail(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	int64_t archive;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	archive = world_stream(world, world->work, "Archive", 8, 1);
	world_new(world, archive, 1, event);
	assert_decided(archive, 1, "duplicate");
	assert_false(world_row(world, archive, 1).recognised);
}

static int64_t
stream_of(struct world *world, const char *folder, const char *server)
{
	struct stream stream;
	bool fresh;

	assert_ok(stream_open(world->store, world->arena, world->work, folder, 9, server, 1, false,
		0, &stream, &fresh, &world->err));
	return stream.id;
}

/* "Archive" is "Old" on the new server, and "INBOX" still that. */
static void
recognises_mail_of_a_folder_that_was_renamed_on_the_way(void **state)
{
	struct world *world = *state;
	struct event *both = world_mail(world, "ada@x.example", "me@own.example");
	struct event *twice = world_mail(world, "jo@y.example", "me@own.example");
	int64_t archive = stream_of(world, "Archive", "a.example:993 me"), inbox, old;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, both);
	world_new(world, archive, 1, both);
	world_new(world, archive, 2, twice);
	world_new(world, archive, 3, twice);
	inbox = stream_of(world, "INBOX", "b.example:993 me");
	old = stream_of(world, "Old", "b.example:993 me");
	for (uint32_t uid = 11; uid < 13; uid++)
		world_new(world, old, uid, twice);
	world_new(world, old, 14, both);
	world_new(world, inbox, 21, both);
	world_new(world, inbox, 22, both);
	for (uint32_t uid = 11; uid < 13; uid++) {
		assert_decided(old, uid, "unmatched");
		assert_true(world_row(world, old, uid).recognised);
	}
	assert_decided(old, 14, "duplicate");
	assert_true(world_row(world, old, 14).recognised);
	assert_decided(inbox, 21, "captured");
	assert_true(world_row(world, inbox, 21).recognised);
	assert_decided(inbox, 22, "duplicate");
	assert_false(world_row(world, inbox, 22).recognised);
	world_new(world, old, 15, twice);
	assert_false(world_row(world, old, 15).recognised);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
}

static void
does_not_capture_a_removed_interaction_again(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->work, "Archive", 9, 1);
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	ask(world, "UPDATE ledger SET interaction_id = NULL", 0);
	ask(world, "DELETE FROM interaction", 0);
	world_new(world, archive, 5, event);
	assert_decided(archive, 5, "duplicate");
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
}

static void
moves_what_is_wanted_to_the_new_uid(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	struct event_part part = { .part = "1", .type = "text/plain", .size = 100 };
	int64_t next;

	world->sources[0].level = LEVEL_SNIPPET;
	event->parts = &part;
	event->part_count = 1;
	event->text_part = "1";
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	next = world_stream(world, world->work, "INBOX", 8, 1);
	world_new(world, next, 4, event);
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 1);
	assert_int_equal(ask(world, "SELECT stream_id FROM want", 0), next);
	assert_int_equal(ask(world, "SELECT uid FROM want", 0), 4);
}

static void
captures_at_last_what_was_not_kept_before(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->work, "Archive", 9, 1);
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world->config.unmatched = UNMATCHED_NONE;
	world_new(world, world->inbox, 1001, event);
	world_person(world, "Ada Lovelace", "ada@x.example");
	assert_int_equal(world_rematch(world, "ada@x.example"), 0);
	world_new(world, archive, 5, event);
	assert_decided(world->inbox, 1001, "captured");
	assert_decided(archive, 5, "duplicate");
	assert_string_equal(ask_text(world, "SELECT subject FROM interaction", 0), "Hello");
	assert_string_equal(
		ask_text(world, "SELECT message_id FROM message", 0), event->message_id);
}

static void
decides_anew_what_has_no_row_any_more(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world_new(world, world->inbox, 1001, event);
	ask(world, "DELETE FROM ledger", 0);
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1002, event);
	assert_decided(world->inbox, 1002, "captured");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_a_copy_for_a_duplicate),
		TEST(decides_a_strangers_copy_as_the_first),
		TEST(recognises_mail_after_a_change_of_uidvalidity),
		TEST(recognises_each_copy_in_a_folder_once),
		TEST(does_not_recognise_another_folders_mail),
		TEST(recognises_mail_of_a_folder_that_was_renamed_on_the_way),
		TEST(does_not_capture_a_removed_interaction_again),
		TEST(moves_what_is_wanted_to_the_new_uid),
		TEST(captures_at_last_what_was_not_kept_before),
		TEST(decides_anew_what_has_no_row_any_more),
	};

	return cmocka_run_group_tests_name("again", tests, NULL, NULL);
}
