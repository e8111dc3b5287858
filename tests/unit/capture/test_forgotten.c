#include "world.h"

#include "liaison/capture/forget.h"
#include "liaison/crm/interaction.h"

/* What was forgotten stays so, whatever is looked at again. */

static const char FORGET[] = "UPDATE ledger SET decision = 'forgotten', reason = 'it was "
			     "forgotten', interaction_id = NULL"
			     " WHERE interaction_id = ?";

/* The interaction goes, its evidence and its row stay. */
static void
forget(struct world *world, int64_t interaction)
{
	struct stmt *q;

	assert_ok(store_begin(world->store, &world->err));
	q = sql_prepare(world->store, FORGET);
	stmt_bind_int(q, interaction);
	assert_ok(stmt_run(q, &world->err));
	assert_ok(interaction_erase(world->store, world->arena, &interaction, 1, &world->err));
	assert_ok(store_commit(world->store, &world->err));
}

static struct event *
forgotten(struct world *world)
{
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	assert_decided(world->inbox, 1001, "captured");
	forget(world, world_row(world, world->inbox, 1001).interaction);
	return event;
}

static void
assert_stays(struct world *world, int64_t stream, uint32_t uid)
{
	assert_decided(stream, uid, "forgotten");
	assert_int_equal(world_row(world, stream, uid).interaction, 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 0);
	assert_int_equal(ask(world, "SELECT sum(interactions) FROM contact", 0), 0);
}

static void
is_not_captured_again_at_the_next_look(void **state)
{
	struct world *world = *state;
	struct event *event = forgotten(world);

	world_new(world, world->inbox, 1001, event);
	assert_stays(world, world->inbox, 1001);
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 1001, event);
	assert_stays(world, world->inbox, 1001);
	world_decide(world, CAPTURE_RETRY, world->inbox, 1001, event);
	assert_stays(world, world->inbox, 1001);
}

static void
is_not_captured_again_after_a_restart(void **state)
{
	struct world *world = *state;
	struct event *event = forgotten(world);

	world_configure(world);
	world_new(world, world->inbox, 1001, event);
	assert_stays(world, world->inbox, 1001);
}

static void
is_recognised_under_a_new_uidvalidity(void **state)
{
	struct world *world = *state;
	struct event *event = forgotten(world);
	int64_t renewed = world_stream(world, world->work, "INBOX", 8, 1);

	world_new(world, renewed, 3, event);
	assert_stays(world, renewed, 3);
	assert_true(world_row(world, renewed, 3).recognised);
}

static void
is_forgotten_in_other_folders_and_accounts_too(void **state)
{
	struct world *world = *state;
	struct event *event = forgotten(world);
	int64_t archive = world_stream(world, world->work, "Archive", 7, 1);
	int64_t home = world_stream(world, world->home, "INBOX", 7, 1);

	world_new(world, archive, 1, event);
	assert_stays(world, archive, 1);
	world_new(world, home, 1, event);
	assert_stays(world, home, 1);
}

static void
is_not_brought_back_by_matching_the_past_again(void **state)
{
	struct world *world = *state;
	int64_t count;

	forgotten(world);
	world_rematch(world, "ada@x.example");
	assert_stays(world, world->inbox, 1001);
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_rematch(world->store, world->capture, world->arena, 0, NOW,
		&world->result, &count, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	assert_int_equal(count, 0);
	assert_stays(world, world->inbox, 1001);
	world_person(world, "Ada's colleague", "grace@x.example");
	world_rematch(world, "grace@x.example");
	assert_stays(world, world->inbox, 1001);
}

static void
erase(struct world *world, const char *words)
{
	struct forget_person person;
	bool held = false, done = false;
	int64_t id;

	assert_ok(store_begin(world->store, &world->err));
	assert_ok(forget_find(world->store, world->arena, words, &person, &world->err));
	assert_ok(forget_begin(
		world->store, world->arena, &person, "eve", false, NULL, NOW, &id, &world->err));
	assert_ok(store_commit(world->store, &world->err));
	while (!done)
		assert_ok(forget_slice(world->store, world->capture, world->arena, id, NOW, &held,
			&done, &world->err));
}

static void
run_sql(struct world *world, const char *sql)
{
	assert_ok(stmt_run(sql_prepare(world->store, sql), &world->err));
}

static void
takes_a_short_number_for_the_contact_only_where_it_is_one(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "ada@x.example");
	run_sql(world, "UPDATE contact SET no = '7'");
	world_new(world, world->inbox, 1001, world_mail(world, "b@y.example", "me@own.example"));
	run_sql(world,
		"INSERT INTO quarantine (stream_id, uid, at, error, header) SELECT "
		"stream_id, uid, 0, 'byte 7 is odd', CAST('Date: 7 Nov' AS BLOB) FROM ledger");
	run_sql(world, "INSERT INTO event (at, kind, record) VALUES (0, 'x', '{\"at\":17}'), "
		       "(0, 'x', '{\"no\":\"7\"}')");
	run_sql(world, "INSERT INTO idempotency (user, key, at, request, result) VALUES ('a', 'k', "
		       "0, x'00', '{\"at\":17}'), ('a', 'l', 0, x'00', 'contact ''7''')");
	erase(world, "7");
	assert_int_equal(ask(world, "SELECT count(*) FROM contact", 0), 0);
	assert_int_equal(ask(world, "SELECT count(header) FROM quarantine", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM event WHERE record LIKE '%17%'", 0), 1);
	assert_int_equal(
		ask(world, "SELECT count(*) FROM event WHERE record LIKE '%\"7\"%'", 0), 0);
	assert_int_equal(ask(world, "SELECT count(*) FROM idempotency", 0), 1);
}

static void
leaves_what_names_another_address_alone(void **state)
{
	struct world *world = *state;

	world_person(world, "Ada Lovelace", "a@x.example");
	for (uint32_t uid = 1001; uid < 1004; uid++)
		world_new(world, world->inbox, uid, NULL);
	run_sql(world, "UPDATE quarantine SET header = CAST(CASE uid WHEN 1001 THEN 'From: "
		       "aa@x.example' WHEN 1002 THEN 'From: A+Shop@X.example' ELSE 'To: "
		       "<a@x.example>' END AS BLOB)");
	run_sql(world,
		"INSERT INTO event (at, kind, record) VALUES (0, 'x', '[\"aa@x.example\"]'), "
		"(0, 'x', '[\"a@x.example\"]')");
	erase(world, "a@x.example");
	assert_string_equal(
		ask_text(world, "SELECT group_concat(uid) FROM quarantine WHERE header NOTNULL", 0),
		"1001");
	assert_int_equal(ask(world, "SELECT count(*) FROM event", 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_not_captured_again_at_the_next_look),
		TEST(is_not_captured_again_after_a_restart),
		TEST(is_recognised_under_a_new_uidvalidity),
		TEST(is_forgotten_in_other_folders_and_accounts_too),
		TEST(is_not_brought_back_by_matching_the_past_again),
		TEST(takes_a_short_number_for_the_contact_only_where_it_is_one),
		TEST(leaves_what_names_another_address_alone),
	};

	return cmocka_run_group_tests_name("forgotten", tests, NULL, NULL);
}
