#include "world.h"

/* The ledger beside the server's UIDs. */

static struct verify_row
verify(struct world *world, int64_t id, const struct uid_set *all, const struct uid_set *window,
	struct uid_set *missing)
{
	struct stream stream;
	struct verify_row row;

	assert_ok(stream_get(world->store, world->arena, id, &stream, &world->err));
	assert_ok(verify_stream(world->store, &stream, all, window, &row, missing, &world->err));
	assert_int_equal(row.server, row.outside_window + row.decided + row.missing);
	assert_int_equal(row.decided, row.captured + row.unmatched + row.internal + row.ignored +
					      row.bulk + row.automatic + row.private_ +
					      row.duplicate + row.quarantined + row.forgotten);
	return row;
}

static void
fill(struct world *world)
{
	struct event *copy = world_mail(world, "ada@x.example", "me@own.example");
	struct event *bulk = world_mail(world, "list@x.example", "me@own.example");
	struct event *automatic = world_mail(world, "robot@x.example", "me@own.example");
	struct event *secret = world_mail(world, "ada@x.example", "me@own.example");

	bulk->class = CLASS_BULK;
	automatic->class = CLASS_AUTOMATIC;
	secret->sensitivity = "private";
	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, copy);
	world_new(world, world->inbox, 1002, copy);
	world_new(world, world->inbox, 1003, bulk);
	world_new(world, world->inbox, 1004, automatic);
	world_new(world, world->inbox, 1005, secret);
	world_new(world, world->inbox, 1006, world_mail(world, "jo@y.example", "me@own.example"));
	world_new(
		world, world->inbox, 1007, world_mail(world, "bob@own.example", "me@own.example"));
	world_new(world, world->inbox, 1008, NULL);
}

static void
counts_every_decision(void **state)
{
	struct world *world = *state;
	struct uid_set all = { 0 };
	struct verify_row row;

	fill(world);
	uid_set_add_range(&all, 1001, 1008);
	row = verify(world, world->inbox, &all, NULL, NULL);
	assert_string_equal(row.folder, "INBOX");
	assert_int_equal(row.server, 8);
	assert_int_equal(row.captured, 1);
	assert_int_equal(row.duplicate, 1);
	assert_int_equal(row.bulk, 1);
	assert_int_equal(row.automatic, 1);
	assert_int_equal(row.private_, 1);
	assert_int_equal(row.unmatched, 1);
	assert_int_equal(row.internal, 1);
	assert_int_equal(row.quarantined, 1);
	assert_int_equal(row.missing, 0);
	uid_set_clear(&all);
}

static void
counts_again_what_the_ledger_got_meanwhile(void **state)
{
	struct world *world = *state;
	struct uid_set all = { 0 }, missing = { 0 };
	struct verify_row tally, row;
	struct stream stream;

	fill(world);
	assert_ok(verify_tally(world->store, world->inbox, &tally, &world->err));
	assert_int_equal(tally.decided, 8);
	world_new(world, world->inbox, 1009, world_mail(world, "ada@x.example", "me@own.example"));
	uid_set_add_range(&all, 1002, 1010);
	assert_ok(stream_get(world->store, world->arena, world->inbox, &stream, &world->err));
	assert_ok(verify_tallied(
		world->store, &stream, &all, NULL, &tally, &row, &missing, &world->err));
	assert_int_equal(row.decided, 8);
	assert_int_equal(row.gone, 1);
	assert_int_equal(row.captured, 1);
	assert_int_equal(row.missing, 1);
	assert_true(uid_set_has(&missing, 1010));
	uid_set_clear(&all);
	uid_set_clear(&missing);
}

static void
compares_more_ranges_than_are_counted(void **state)
{
	struct world *world = *state;
	struct uid_set all = { 0 }, missing = { 0 };
	struct verify_row row;

	fill(world);
	for (uint32_t uid = 1002; uid < 9002; uid += 2)
		uid_set_add(&all, uid);
	row = verify(world, world->inbox, &all, NULL, &missing);
	assert_int_equal(row.server, 4000);
	assert_int_equal(row.decided, 4);
	assert_int_equal(row.gone, 4);
	assert_int_equal(row.missing, 3996);
	uid_set_clear(&all);
	uid_set_clear(&missing);
}

static void
finds_what_is_missing_and_what_is_gone(void **state)
{
	struct world *world = *state;
	struct uid_set all = { 0 }, missing = { 0 };
	struct verify_row row;

	fill(world);
	uid_set_add_range(&all, 1003, 1010);
	uid_set_add(&all, 4000000000u);
	row = verify(world, world->inbox, &all, NULL, &missing);
	assert_int_equal(row.gone, 2);
	assert_int_equal(row.decided, 6);
	assert_int_equal(row.missing, 3);
	assert_true(uid_set_has(&missing, 1009));
	assert_true(uid_set_has(&missing, 1010));
	assert_true(uid_set_has(&missing, 4000000000u));
	assert_int_equal(uid_set_size(&missing), 3);
	uid_set_clear(&all);
	uid_set_clear(&missing);
}

static void
excuses_what_is_before_the_window(void **state)
{
	struct world *world = *state;
	struct uid_set all = { 0 }, window = { 0 }, missing = { 0 };
	struct event *old = world_mail(world, "jo@y.example", "me@own.example");
	struct verify_row row;

	fill(world);
	old->date = NOW - 200 * DAY;
	world_decide(world, CAPTURE_BACKFILL, world->inbox, 900, old);
	uid_set_add_range(&all, 800, 1009);
	uid_set_add_range(&window, 900, 1008);
	row = verify(world, world->inbox, &all, &window, &missing);
	assert_int_equal(row.server, 210);
	assert_int_equal(row.outside_window, 101);
	assert_int_equal(row.decided, 8);
	assert_int_equal(row.missing, 101);
	assert_true(uid_set_has(&missing, 901));
	assert_true(uid_set_has(&missing, 1000));
	assert_true(uid_set_has(&missing, 1009)); /* above the anchor a date excuses nothing */
	assert_false(uid_set_has(&missing, 899));
	assert_false(uid_set_has(&missing, 900));
	uid_set_clear(&all);
	uid_set_clear(&window);
	uid_set_clear(&missing);
}

static void
counts_what_was_recognised(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	struct uid_set all = { 0 };
	struct verify_row row;
	int64_t next;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, event);
	next = world_stream(world, world->work, "INBOX", 8, 1);
	world_new(world, next, 1, event);
	uid_set_add(&all, 1);
	row = verify(world, next, &all, NULL, NULL);
	assert_int_equal(row.recognised, 1);
	assert_int_equal(row.captured, 1);
	assert_int_equal(row.missing, 0);
	uid_set_clear(&all);
}

static void
verifies_an_empty_folder(void **state)
{
	struct world *world = *state;
	struct uid_set all = { 0 };
	struct verify_row row;

	fill(world);
	row = verify(world, world->inbox, &all, NULL, NULL);
	assert_int_equal(row.server, 0);
	assert_int_equal(row.gone, 8);
}

static void
adds_up_and_writes_a_record(void **state)
{
	struct world *world = *state;
	struct verify_row total = { 0 };
	struct verify_row one = { .folder = "INBOX",
		.server = 3,
		.decided = 2,
		.captured = 1,
		.private_ = 1,
		.missing = 1 };
	struct json_out out;

	verify_add(&total, &one);
	verify_add(&total, &one);
	json_out_init(&out, &world->text);
	verify_write(&total, &out);
	assert_string_equal(world->text.bytes,
		"{\"folder\":null,\"server\":6,\"outside_window\":0,"
		"\"decided\":4,\"captured\":2,\"unmatched\":0,\"internal\":0,\"ignored\":0,"
		"\"bulk\":0,"
		"\"automatic\":0,\"private\":2,\"duplicate\":0,\"quarantined\":0,\"forgotten\":0,"
		"\"recognised\":0,\"gone\":0,\"missing\":2}");
}

static void
lists_what_is_quarantined(void **state)
{
	struct world *world = *state;
	struct quarantined *list;
	unsigned count;
	int64_t asked;

	world_new(world, world->inbox, 1001, NULL);
	world_new(world, world->inbox, 1002, NULL);
	asked = world_row(world, world->inbox, 1002).id;
	assert_ok(quarantine_list(
		world->store, world->arena, world->work, NULL, 0, &list, &count, &world->err));
	assert_int_equal(count, 2);
	assert_string_equal(list[0].folder, "INBOX");
	assert_int_equal(list[0].uidvalidity, 7);
	assert_ok(quarantine_list(
		world->store, world->arena, world->work, &asked, 1, &list, &count, &world->err));
	assert_int_equal(count, 1);
	assert_int_equal(list[0].uid, 1002);
	assert_ok(quarantine_list(
		world->store, world->arena, world->home, NULL, 0, &list, &count, &world->err));
	assert_int_equal(count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_every_decision),
		TEST(counts_again_what_the_ledger_got_meanwhile),
		TEST(compares_more_ranges_than_are_counted),
		TEST(finds_what_is_missing_and_what_is_gone),
		TEST(excuses_what_is_before_the_window),
		TEST(counts_what_was_recognised),
		TEST(verifies_an_empty_folder),
		TEST(adds_up_and_writes_a_record),
		TEST(lists_what_is_quarantined),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
