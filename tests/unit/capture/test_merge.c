#include "world.h"

#include "liaison/crm/merge.h"

/* Mail of contacts that were made one. */

static struct merge_result
merge(struct world *world, int64_t from, int64_t into)
{
	struct merge_result result = { 0 };

	assert_ok(contact_merge(world->store, world->arena, from, into, NULL, 0, "tester", NOW,
		MERGE_WHOLE, &result, &world->err));
	capture_contacts_changed(world->capture);
	return result;
}

static void
unmerge(struct world *world, int64_t id)
{
	struct merge_result result = { 0 };

	assert_ok(contact_unmerge(
		world->store, world->arena, id, NOW, MERGE_WHOLE, &result, &world->err));
	capture_contacts_changed(world->capture);
}

static const char COUNT_LINKS[] = "SELECT interactions FROM contact WHERE id = ?";

static void
mail_of_the_merged_one_lands_on_the_survivor(void **state)
{
	struct world *world = *state;
	int64_t ada = world_person(world, "Ada Lovelace", "ada@x.example");
	int64_t same = world_person(world, "A. Lovelace", "ada@y.example");
	struct merge_result result = { 0 };

	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	world_new(world, world->inbox, 1002, world_mail(world, "ada@y.example", "me@own.example"));
	result = merge(world, ada, same);
	assert_int_equal(ask(world, COUNT_LINKS, same), 2);
	world_new(world, world->inbox, 1003, world_mail(world, "ada@x.example", "me@own.example"));
	assert_decided(world->inbox, 1003, "captured");
	assert_int_equal(ask(world, COUNT_LINKS, same), 3);
	unmerge(world, result.id);
	assert_int_equal(ask(world, COUNT_LINKS, ada), 1);
	assert_int_equal(ask(world, COUNT_LINKS, same), 2);
	world_new(world, world->inbox, 1004, world_mail(world, "ada@x.example", "me@own.example"));
	assert_int_equal(ask(world, COUNT_LINKS, ada), 2);
}

static void
an_address_of_both_is_one_persons_then(void **state)
{
	struct world *world = *state;
	int64_t ada = world_person(world, "Ada Lovelace", "ada@x.example");
	int64_t same = world_contact(world, "person", "A. Lovelace");
	struct merge_result result = { 0 };

	world_shared_email(world, same, "ada@x.example");
	world_new(world, world->inbox, 1001, world_mail(world, "ada@x.example", "me@own.example"));
	assert_int_equal(ask(world, "SELECT sum(ambiguous) FROM interaction_contact", 0), 2);
	result = merge(world, ada, same);
	world_new(world, world->inbox, 1002, world_mail(world, "ada@x.example", "me@own.example"));
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction_contact", 0), 2);
	assert_int_equal(ask(world, "SELECT sum(ambiguous) FROM interaction_contact", 0), 0);
	assert_int_equal(ask(world, COUNT_LINKS, same), 2);
	unmerge(world, result.id);
	assert_int_equal(ask(world, COUNT_LINKS, ada), 1);
	world_new(world, world->inbox, 1003, world_mail(world, "ada@x.example", "me@own.example"));
	assert_int_equal(ask(world, COUNT_LINKS, ada), 2);
	assert_int_equal(ask(world, COUNT_LINKS, same), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mail_of_the_merged_one_lands_on_the_survivor),
		TEST(an_address_of_both_is_one_persons_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
