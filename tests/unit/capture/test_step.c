#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liaison/store/migrate.h"

/* A slice is written whole or not at all: the process is killed at each step of it, and the next one
 * finds nothing of the slice, does it again, and everything is there once. */

static const char *const steps[] = {
	"begin",
	"message",
	"parties",
	"thread",
	"interaction",
	"want",
	"ledger",
	"quarantine",
	"outside",
	"cursor",
	"end",
};

/* What the child and the tests share: a database file instead of one in memory. */
static void
open_file(struct world *world, const char *path)
{
	capture_free(world->capture);
	store_close(world->store);
	world->store = store_open(path, STORE_WRITER, &world->err);
	if (world->store == NULL)
		fail_msg("no store: %s", world->err.message);
	assert_ok(store_migrate(world->store, path, &world->err));
	world->capture = capture_new(&world->config);
}

static void
do_slice(struct world *world, struct event *const events[3])
{
	struct capture_item items[4] = {
		{ .uid = 10, .event = events[0] },
		{ .uid = 9, .event = events[1] },
		{ .uid = 8, .event = events[2] },
		{ .uid = 7, .error = "it cannot be read" },
	};
	struct capture_slice slice = { .stream_id = world->inbox,
		.kind = CAPTURE_BACKFILL,
		.items = items,
		.count = 4,
		.low = 6,
		.low_moves = true };

	world_slice(world, &slice);
}

static void
make_events(struct world *world, struct event *events[3])
{
	static struct event_part part = { .part = "1", .type = "text/plain", .size = 9 };

	world->sources[0].level = LEVEL_SNIPPET;
	for (unsigned i = 0; i < 3; i++)
		events[i] = world_mail(
			world, i == 1 ? "jo@y.example" : "ada@x.example", "me@own.example");
	mail_reply(world, events[0], events[1]);
	events[0]->parts = &part;
	events[0]->part_count = 1;
	events[0]->text_part = "1";
	events[2]->date = NOW - 400 * DAY;
}

static void
killed_at(struct world *world, const char *path, const char *name, struct event *const events[3])
{
	char words[40];
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		snprintf(words, sizeof words, "%s:1", name);
		setenv("LIAISON_TEST_KILL", words, 1);
		open_file(world, path);
		do_slice(world, events);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("the step '%s' was never passed", name);
}

static int64_t
traces(struct world *world)
{
	return ask(world,
		"SELECT (SELECT count(*) FROM ledger) + (SELECT count(*) FROM message) + "
		"(SELECT count(*) FROM party) + (SELECT count(*) FROM address) + "
		"(SELECT count(*) FROM interaction) + (SELECT count(*) FROM interaction_contact) + "
		"(SELECT count(*) FROM want) + (SELECT count(*) FROM outside) + "
		"(SELECT count(*) FROM quarantine) + (SELECT count(*) FROM thread_ref) + "
		"(SELECT sum(interactions) FROM contact) + (SELECT sum(backfill_done) FROM stream)",
		0);
}

static void
remove_files(const char *directory, const char *path)
{
	char name[80];

	unlink(path);
	snprintf(name, sizeof name, "%s-wal", path);
	unlink(name);
	snprintf(name, sizeof name, "%s-shm", path);
	unlink(name);
	rmdir(directory);
}

static void
is_whole_or_nothing_at_every_step(void **state)
{
	struct world *world = *state;
	char directory[] = "/tmp/liaison-step-XXXXXX", path[64];
	struct event *events[3];

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/liaison.db", directory);
	open_file(world, path);
	assert_ok(source_row(world->store, &world->sources[0], &world->work, &world->err));
	world->inbox = world_stream(world, world->work, "INBOX", 7, 11);
	world_person(world, "Ada Lovelace", "ada@x.example");
	make_events(world, events);
	for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		store_close(world->store);
		world->store = store_open_memory(&world->err); /* no open file crosses the fork */
		killed_at(world, path, steps[i], events);
		open_file(world, path);
		assert_int_equal(traces(world), 0);
	}
	do_slice(world, events);
	assert_decided(world->inbox, 10, "captured");
	assert_decided(world->inbox, 9, "unmatched");
	assert_decided(world->inbox, 7, "quarantined");
	assert_int_equal(ask(world, "SELECT count(*) FROM outside", 0), 1);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 1);
	assert_int_equal(ask(world, "SELECT low FROM stream", 0), 6);
	remove_files(directory, path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_whole_or_nothing_at_every_step),
	};

	return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}
