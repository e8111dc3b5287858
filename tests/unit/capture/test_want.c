#include "world.h"

/* Text that is wanted of captured mail, and only of it. */

static struct event_part text_part = { .part = "1.1",
	.type = "text/plain",
	.charset = "utf-8",
	.encoding = "quoted-printable",
	.size = 900 };

static struct event *
mail_with_text(struct world *world, const char *from)
{
	struct event *event = world_mail(world, from, "me@own.example");

	event->parts = &text_part;
	event->part_count = 1;
	event->text_part = "1.1";
	return event;
}

static unsigned
list(struct world *world, int64_t source, unsigned max, struct want **out)
{
	unsigned count;

	assert_ok(want_list(world->store, world->arena, source, max, out, &count, &world->err));
	return count;
}

static void
wants_nothing_at_level_metadata(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, mail_with_text(world, "ada@x.example"));
	assert_int_equal(world->result.wanted, 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM want", 0), 0);
}

static void
wants_a_snippet_or_the_text(void **state)
{
	struct world *world = *state;
	struct want *wants;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world->sources[0].level = LEVEL_SNIPPET;
	world_new(world, world->inbox, 1001, mail_with_text(world, "ada@x.example"));
	world_new(world, world->inbox, 1002, mail_with_text(world, "jo@y.example"));
	world->sources[0].level = LEVEL_TEXT;
	world_new(world, world->inbox, 1003, mail_with_text(world, "ada@x.example"));
	assert_int_equal(list(world, world->work, 10, &wants), 2);
	assert_int_equal(wants[0].uid, 1003);
	assert_int_equal(wants[0].bytes, 256 * 1024);
	assert_true(wants[0].whole);
	assert_int_equal(wants[1].uid, 1001);
	assert_int_equal(wants[1].bytes, 8 * 1024);
	assert_false(wants[1].whole);
	assert_string_equal(wants[1].folder, "INBOX");
	assert_int_equal(wants[1].uidvalidity, 7);
	assert_string_equal(wants[1].part, "1.1");
	assert_string_equal(wants[1].encoding, "quoted-printable");
	assert_string_equal(wants[1].charset, "utf-8");
	assert_string_equal(wants[1].subtype, "plain");
	assert_int_equal(list(world, world->home, 10, &wants), 0);
}

static void
wants_nothing_of_mail_without_text(void **state)
{
	struct world *world = *state;

	world->sources[0].level = LEVEL_TEXT;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_int_equal(world->result.wanted, 0);
}

static void
stores_the_text_and_drops_the_want(void **state)
{
	struct world *world = *state;
	struct want *wants;

	world->sources[0].level = LEVEL_TEXT;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, mail_with_text(world, "ada@x.example"));
	assert_int_equal(list(world, world->work, 10, &wants), 1);
	assert_ok(want_done(world->store, world->capture, world->arena, &wants[0],
		"Dear me,\nthe engine works.", false, NOW, &world->err));
	assert_string_equal(ask_text(world, "SELECT snippet FROM interaction", 0),
		"Dear me, the engine works.");
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_text", 0), 1);
	assert_int_equal(list(world, world->work, 10, &wants), 0);
}

static void
drops_a_want_that_cannot_be_had(void **state)
{
	struct world *world = *state;
	struct want *wants;

	world->sources[0].level = LEVEL_SNIPPET;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, mail_with_text(world, "ada@x.example"));
	world_new(world, world->inbox, 1002, mail_with_text(world, "ada@x.example"));
	assert_int_equal(list(world, world->work, 10, &wants), 2);
	assert_ok(want_done(world->store, world->capture, world->arena, &wants[0], NULL, false, NOW,
		&world->err));
	assert_ok(want_failed(world->store, &wants[1], &world->err));
	assert_ok(want_failed(world->store, &wants[1], &world->err));
	assert_int_equal(list(world, world->work, 10, &wants), 1);
	assert_ok(want_failed(world->store, &wants[0], &world->err));
	assert_int_equal(list(world, world->work, 10, &wants), 0);
	assert_null(ask_text(world, "SELECT snippet FROM interaction", 0));
}

static void
shares_a_list_among_the_folders(void **state)
{
	struct world *world = *state;
	int64_t archive = world_stream(world, world->work, "Archive", 1, 1);
	struct want *wants;

	world->sources[0].level = LEVEL_SNIPPET;
	world_person(world, "Ada Lovelace", "ada@x.example");
	for (unsigned i = 0; i < 20; i++)
		world_new(world, archive, 1 + i, mail_with_text(world, "ada@x.example"));
	world_new(world, world->inbox, 1001, mail_with_text(world, "ada@x.example"));
	assert_int_equal(list(world, world->work, 10, &wants), 10);
	assert_string_equal(wants[0].folder, "INBOX");
	assert_string_equal(wants[1].folder, "Archive");
	assert_int_equal(wants[1].uid, 20);
	assert_int_equal(list(world, world->work, 100, &wants), 21);
	assert_int_equal(list(world, world->work, 1, &wants), 1);
}

static void
asks_no_former_uidvalidity_for_text(void **state)
{
	struct world *world = *state;
	struct want *wants;

	world->sources[0].level = LEVEL_SNIPPET;
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, mail_with_text(world, "ada@x.example"));
	world_stream(world, world->work, "INBOX", 8, 1);
	assert_int_equal(list(world, world->work, 10, &wants), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wants_nothing_at_level_metadata),
		TEST(wants_a_snippet_or_the_text),
		TEST(wants_nothing_of_mail_without_text),
		TEST(stores_the_text_and_drops_the_want),
		TEST(drops_a_want_that_cannot_be_had),
		TEST(shares_a_list_among_the_folders),
		TEST(asks_no_former_uidvalidity_for_text),
	};

	return cmocka_run_group_tests_name("want", tests, NULL, NULL);
}
