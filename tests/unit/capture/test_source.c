#include "world.h"

#include "liaison/capture/source.h"

/* Erasing a source takes what only it has seen. */

static void
erases_what_only_it_has_seen(void **state)
{
	struct world *world = *state;
	int64_t home = world_stream(world, world->home, "INBOX", 3, 1);
	struct event *shared = world_mail(world, "ada@x.example", "me@own.example");
	struct source_counts counts;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, shared);
	world_new(world, world->inbox, 1002, world_mail(world, "ada@x.example", "me@own.example"));
	world_new(world, world->inbox, 1003, world_mail(world, "jo@y.example", "me@own.example"));
	world_new(world, world->inbox, 1004, NULL);
	world_new(world, home, 1, shared);
	assert_ok(source_count(world->store, world->work, &counts, &world->err));
	assert_int_equal(counts.rows, 4);
	assert_int_equal(counts.interactions, 1);
	assert_ok(source_erase(world->store, world->arena, world->work, &world->err));
	capture_contacts_changed(world->capture);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM message", 0), 1);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM address WHERE address = 'jo@y.example'", 0), 0);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
	assert_decided(home, 1, "captured");
	world_new(world, home, 2, world_mail(world, "jo@y.example", "me@own.example"));
	assert_decided(home, 2, "unmatched");
}

static void
keeps_the_name_and_the_history_of_a_renamed_source(void **state)
{
	struct world *world = *state;
	struct source source;

	world_new(world, world->inbox, 1001, world_mail(world, "jo@y.example", "me@own.example"));
	assert_ok(source_rename(world->store, world->work, "office", &world->err));
	assert_ok(source_find(world->store, world->arena, "office", &source, &world->err));
	assert_int_equal(source.id, world->work);
	assert_fails(source_find(world->store, world->arena, "work", &source, &world->err),
		ERR_NOT_FOUND);
	assert_fails(source_rename(world->store, world->work, "home", &world->err), ERR_CONFLICT);
	assert_int_equal(ask(world, "SELECT count(*) FROM ledger", 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(erases_what_only_it_has_seen),
		TEST(keeps_the_name_and_the_history_of_a_renamed_source),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
