#include "liaison/capture/source.h"
#include "world.h"

/* One mailbox that was captured as two sources becomes one. */

enum { OLD = 700, ALL = 1300, UNREAD = 5, FORGOTTEN = 6, BAD = 1250 };

/* Mail up to OLD is of both, what is behind it of the second one alone. */
static void
fill(struct world *world, int64_t old, int64_t new)
{
	for (uint32_t uid = 1; uid <= ALL; uid++) {
		struct event *mail = world_mail(world, "ada@x.example", "me@own.example");

		if (uid <= OLD)
			world_new(world, old, uid, uid == UNREAD ? NULL : mail);
		world_new(world, new, uid, uid == BAD ? NULL : mail);
	}
	ask(world,
		"UPDATE ledger SET decision = 'forgotten', message_id = NULL, interaction_id = "
		"NULL "
		"WHERE id = ? RETURNING id",
		world_row(world, old, FORGOTTEN).id);
}

static bool
join_begun(struct world *world, struct source_join *join)
{
	struct source from, into;

	assert_ok(source_find(world->store, world->arena, "work", &into, &world->err));
	if (source_find(world->store, world->arena, "home", &from, &world->err) < 0)
		return false;
	assert_ok(source_join_begin(world->store, world->arena, &from, &into, join, &world->err));
	return true;
}

/* Breaks off after so many pieces, and begins anew. */
static unsigned
join_by(struct world *world, unsigned pieces)
{
	struct source_join join;
	unsigned times = 0;

	while (join_begun(world, &join)) {
		bool done = false;

		for (unsigned i = 0; i < pieces && !done; i++) {
			assert_ok(store_begin(world->store, &world->err));
			assert_ok(source_join_part(
				world->store, world->arena, &join, &done, &world->err));
			assert_ok(store_commit(world->store, &world->err));
		}
		assert_true(++times < 100);
	}
	return times;
}

static void
becomes_one_wherever_it_is_broken_off(void **state)
{
	struct world *world = *state;
	int64_t new = world_stream(world, world->home, "INBOX", 7, 1);
	int64_t other = world_stream(world, world->home, "Other", 8, 1), kept;

	world->inbox = world_stream(world, world->work, "INBOX", 7, 1);
	world_person(world, "Ada Lovelace", "ada@x.example");
	fill(world, world->inbox, new);
	world_new(world, other, 1, world_mail(world, "ada@x.example", "me@own.example"));
	kept = world_row(world, new, ALL).interaction;
	assert_true(join_by(world, 5) > 2);
	assert_int_equal(ask(world, "SELECT count(*) FROM source", 0), 1);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM ledger", 0), ALL); /* but BAD, and Other's */
	assert_int_equal(world_row(world, world->inbox, BAD).id, 0);
	assert_decided(world->inbox, UNREAD, "captured");
	assert_decided(world->inbox, FORGOTTEN, "forgotten");
	assert_decided(world->inbox, ALL, "captured");
	assert_decided(other, 1, "captured");
	assert_int_equal(world_row(world, world->inbox, ALL).interaction, kept);
	assert_int_equal(ask(world, "SELECT count(*) FROM quarantine", 0), 0);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM message WHERE source_id IS NOT ?", world->work),
		0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), ALL - 1);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), ALL - 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM pragma_foreign_key_check", 0), 0);
}

static void
refuses_another_mailbox(void **state)
{
	struct world *world = *state;
	struct source from, into;
	struct source_join join;
	int64_t new = world_stream(world, world->home, "INBOX", 9, 1);

	world_new(world, new, 1, world_mail(world, "ada@x.example", "me@own.example"));
	ask(world, "UPDATE stream SET server = 'b.example:993 me' WHERE id = ? RETURNING id", new);
	ask(world, "UPDATE stream SET server = 'a.example:993 me' WHERE id = ? RETURNING id",
		world->inbox);
	assert_ok(source_find(world->store, world->arena, "home", &from, &world->err));
	assert_ok(source_find(world->store, world->arena, "work", &into, &world->err));
	assert_fails(
		source_join_begin(world->store, world->arena, &from, &into, &join, &world->err),
		ERR_CONFLICT);
	assert_int_equal(ask(world, "SELECT source_id FROM stream WHERE id = ?", new), world->home);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(becomes_one_wherever_it_is_broken_off),
		TEST(refuses_another_mailbox),
	};

	return cmocka_run_group_tests_name("source_join", tests, NULL, NULL);
}
