#include "liaison/capture/source.h"
#include "world.h"

#include <unistd.h>

/* The proof over random folders, what is kept of the unreadable, and a source erased piece by piece.
 * LIAISON_SEED repeats. */

enum { ANCHOR = 1000, LOW = 960, HIGH = 1050, ROUNDS = 12 };

/* What became of a UID, as the test itself knows it. */
enum fate { ABSENT, DECIDED, OUTSIDE, LEFT_OUT, FATES };

struct folder {
	int64_t stream;
	enum fate fate[HIGH + 1];
	bool expunged[HIGH + 1], in_window[HIGH + 1];
	bool windowed;
};

static uint64_t
next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

static struct event *
random_mail(struct world *world, uint64_t *seed)
{
	static const char *const from[] = { "ada@x.example", "jo@y.example", "bob@own.example" };
	struct event *event = world_mail(world, from[next_random(seed) % 3], "me@own.example");

	switch (next_random(seed) % 6) {
	case 0:
		event->class = CLASS_BULK;
		break;
	case 1:
		event->class = CLASS_AUTOMATIC;
		break;
	case 2:
		event->sensitivity = "private";
		break;
	case 3:
		return NULL; /* it cannot be read */
	}
	return event;
}

static void
fill_above(struct world *world, struct folder *folder, uint32_t uid, struct event **last,
	uint64_t *seed)
{
	struct event *event = random_mail(world, seed);

	if (next_random(seed) % 8 == 0) {
		folder->fate[uid] = LEFT_OUT;
		return;
	}
	if (*last != NULL && next_random(seed) % 5 == 0)
		event = *last; /* a copy */
	folder->fate[uid] = DECIDED;
	world_new(world, folder->stream, uid, event);
	*last = event;
}

static void
fill_below(struct world *world, struct folder *folder, uint32_t uid, uint64_t *seed)
{
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");

	folder->in_window[uid] = next_random(seed) % 2;
	folder->fate[uid] = next_random(seed) % 3 == 0   ? LEFT_OUT
			    : next_random(seed) % 2 == 0 ? OUTSIDE
							 : DECIDED;
	if (folder->fate[uid] == LEFT_OUT)
		return;
	if (folder->fate[uid] == OUTSIDE)
		event->date = NOW - 200 * DAY;
	world_decide(world, CAPTURE_BACKFILL, folder->stream, uid, event);
}

static void
fill_folder(struct world *world, struct folder *folder, uint64_t *seed)
{
	struct event *last = NULL;

	folder->windowed = next_random(seed) % 2;
	for (uint32_t uid = LOW; uid <= HIGH; uid++) {
		if (next_random(seed) % 6 == 0)
			continue;
		if (uid > ANCHOR)
			fill_above(world, folder, uid, &last, seed);
		else
			fill_below(world, folder, uid, seed);
		folder->expunged[uid] = next_random(seed) % 5 == 0;
	}
}

/* What left its mailbox without a decision is known to nobody. */
static struct verify_row
expect(const struct folder *folder)
{
	struct verify_row row = { 0 };

	for (uint32_t uid = LOW; uid <= HIGH; uid++) {
		bool there = folder->fate[uid] != ABSENT && !folder->expunged[uid];
		bool excused = folder->windowed && uid <= ANCHOR && !folder->in_window[uid];

		row.gone += folder->fate[uid] == DECIDED && folder->expunged[uid];
		row.server += there;
		row.decided += there && folder->fate[uid] == DECIDED;
		row.missing += there && folder->fate[uid] == LEFT_OUT && !excused;
		row.outside_window += there && (folder->fate[uid] == OUTSIDE ||
						       (folder->fate[uid] == LEFT_OUT && excused));
	}
	return row;
}

static struct verify_row
verify(struct world *world, const struct folder *folder)
{
	struct uid_set all = { 0 }, window = { 0 };
	struct stream stream;
	struct verify_row row;

	for (uint32_t uid = LOW; uid <= HIGH; uid++) {
		if (folder->fate[uid] != ABSENT && !folder->expunged[uid])
			uid_set_add(&all, uid);
		if (folder->in_window[uid])
			uid_set_add(&window, uid);
	}
	assert_ok(stream_get(world->store, world->arena, folder->stream, &stream, &world->err));
	assert_ok(verify_stream(world->store, &stream, &all, folder->windowed ? &window : NULL,
		&row, NULL, &world->err));
	uid_set_clear(&all);
	uid_set_clear(&window);
	return row;
}

static void
columns_add_up_over_random_folders(void **state)
{
	struct world *world = *state;
	const char *given = getenv("LIAISON_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)getpid(),
		 began = seed;

	world_person(world, "Ada Lovelace", "ada@x.example");
	for (int round = 0; round < ROUNDS; round++) {
		char name[20];
		struct folder folder = { 0 };
		struct verify_row row, wanted;

		snprintf(name, sizeof name, "F%d", round);
		folder.stream = world_stream(world, world->work, name, 7, ANCHOR + 1);
		fill_folder(world, &folder, &seed);
		row = verify(world, &folder);
		wanted = expect(&folder);
		if (row.server != wanted.server || row.decided != wanted.decided ||
			row.missing != wanted.missing || row.gone != wanted.gone ||
			row.outside_window != wanted.outside_window)
			fail_msg("LIAISON_SEED=%llu: server %d decided %d missing %d gone %d "
				 "outside "
				 "%d",
				(unsigned long long)began, (int)row.server, (int)row.decided,
				(int)row.missing, (int)row.gone, (int)row.outside_window);
		assert_int_equal(row.server, row.outside_window + row.decided + row.missing);
		assert_int_equal(row.decided, row.captured + row.unmatched + row.internal +
						      row.ignored + row.bulk + row.automatic +
						      row.private_ + row.duplicate +
						      row.quarantined + row.forgotten);
	}
}

static struct uid_set
of_others(struct world *world, uint32_t after, unsigned most)
{
	struct uid_set found = { 0 };

	assert_ok(
		quarantine_of_others(world->store, world->inbox, after, most, &found, &world->err));
	return found;
}

static void
tells_what_another_release_could_not_read(void **state)
{
	struct world *world = *state;
	struct uid_set found, gone = { 0 };

	world_new(world, world->inbox, 1001, NULL);
	world_new(world, world->inbox, 1002, NULL);
	world_new(world, world->inbox, 1003, NULL);
	found = of_others(world, 0, 10);
	assert_int_equal(found.count, 0); /* this one could not */
	ask(world, "UPDATE quarantine SET reader = '0.1' RETURNING 1", 0);
	found = of_others(world, 1001, 1);
	assert_int_equal(uid_set_size(&found), 1);
	assert_true(uid_set_has(&found, 1002));
	uid_set_clear(&found);
	world_decide(world, CAPTURE_RETRY, world->inbox, 1002, NULL);
	world_decide(world, CAPTURE_RETRY, world->inbox, 1001,
		world_mail(world, "jo@y.example", "me@own.example"));
	uid_set_add(&gone, 1003);
	world_slice(
		world, &(struct capture_slice){
			       .stream_id = world->inbox, .kind = CAPTURE_RETRY, .gone = &gone });
	found = of_others(world, 0, 10);
	assert_int_equal(found.count, 0);
	assert_decided(world->inbox, 1001, "unmatched");
	assert_int_equal(ask(world, "SELECT tries FROM quarantine WHERE uid = ?", 1002), 2);
	uid_set_clear(&gone);
}

static void
shows_what_was_kept_of_a_header_without_its_controls(void **state)
{
	static const uint8_t header[] = "Subject: \x1b[31mred\r\nX: \xff\r\n";
	struct world *world = *state;
	struct capture_item item = { .uid = 1001,
		.error = "it ends parse",
		.header = header,
		.header_size = sizeof header - 1,
		.size = 4321 };
	struct json_out out;

	world_slice(world, &(struct capture_slice){ .stream_id = world->inbox,
				   .kind = CAPTURE_NEW,
				   .items = &item,
				   .count = 1,
				   .cursor = 1001 });
	json_out_init(&out, &world->text);
	assert_ok(capture_write_whole(world->store, world->arena,
		world_row(world, world->inbox, 1001).id, &out, &world->err));
	assert_non_null(
		strstr(world->text.bytes, "\"error\":\"it ends parse\",\"tries\":1,\"size\":4321"));
	assert_non_null(
		strstr(world->text.bytes, "\"header\":\"Subject:  [31mred\\nX: \xef\xbf\xbd\\n\""));
}

static void
counts_message_ids_that_were_seen(void **state)
{
	struct world *world = *state;
	struct event *event = world_mail(world, "ada@x.example", "me@own.example");
	int64_t known;

	world_new(world, world->inbox, 1001, event);
	assert_ok(message_ids_known(world->store, world->arena,
		arena_printf(world->arena, "other@x.example\n%s\n", event->message_id), &known,
		&world->err));
	assert_int_equal(known, 1);
	assert_ok(message_ids_known(world->store, world->arena, "", &known, &world->err));
	assert_int_equal(known, 0);
}

static void
erases_a_source_piece_by_piece(void **state)
{
	struct world *world = *state;
	int64_t home = world_stream(world, world->home, "INBOX", 3, 1), rows = 0;
	struct event *shared = world_mail(world, "ada@x.example", "me@own.example");
	unsigned parts = 0;
	bool done = false;

	world_person(world, "Ada Lovelace", "ada@x.example");
	world_new(world, world->inbox, 1001, shared);
	world_new(world, home, 1, shared);
	for (uint32_t uid = 1002; uid < 1202; uid++)
		world_new(world, world->inbox, uid,
			world_mail(world, "ada@x.example", "me@own.example"));
	for (; !done; parts++) {
		int64_t before = ask(world, "SELECT count(*) FROM ledger", 0);

		assert_ok(source_erase_part(
			world->store, world->arena, world->work, &rows, &done, &world->err));
		assert_in_range(before - ask(world, "SELECT count(*) FROM ledger", 0), 0, 50);
		assert_int_equal(ask(world, "SELECT interactions FROM contact", 0),
			ask(world, "SELECT count(*) FROM interaction", 0));
	}
	assert_true(parts > 4);
	assert_int_equal(rows, 201);
	assert_int_equal(ask(world, "SELECT count(*) FROM interaction", 0), 1);
	assert_int_equal(ask(world, "SELECT count(*) FROM source WHERE id = ?", world->work), 0);
	assert_decided(home, 1, "captured");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(columns_add_up_over_random_folders),
		TEST(tells_what_another_release_could_not_read),
		TEST(shows_what_was_kept_of_a_header_without_its_controls),
		TEST(counts_message_ids_that_were_seen),
		TEST(erases_a_source_piece_by_piece),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
