#include "agenda.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "liaison/store/migrate.h"

/* A calendar is recorded in pieces; whatever step the process is killed at, doing it again from the
 * last commit leaves what it would have left undisturbed. */

static const char *const steps[] = {
	"begin:4",
	"message:3",
	"parties:3",
	"interaction:3",
	"ledger:4",
	"occurrence:4",
	"version:1",
	"settled:1",
	"gone:1",
	"item:2",
	"quarantine:1",
	"end:3",
	"absent:2",
	"gone:3",
	"look:1",
	"look:3",
};

static void
open_file(struct agenda *agenda, const char *path)
{
	struct world *world = agenda->world;

	store_close(world->store);
	world->store = store_open(path, STORE_WRITER, &world->err);
	if (world->store == NULL)
		fail_msg("no store: %s", world->err.message);
	assert_ok(store_migrate(world->store, path, &world->err));
	agenda_configure(agenda);
}

/* Everything a calendar does: it is read, changes, loses an event, has one that cannot be read. */
static void
run_through(struct agenda *agenda)
{
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 5);
	struct meeting *single = agenda_event(agenda, "a@cal", AHEAD + HOUR);

	agenda->max = 2;
	agenda_read(agenda, agenda->team, series);
	agenda_read(agenda, agenda->team, single);
	agenda_record(agenda, agenda->team, "bad@cal", NULL, 0);
	agenda_look(agenda, agenda->team, "s@cal a@cal bad@cal");
	single->sequence++;
	agenda->now++;
	single->occurrences[0].start += DAY;
	single->occurrences[0].end += DAY;
	agenda_read(agenda, agenda->team, single);
	series->occurrence_count = 3;
	series->sequence++;
	agenda_read(agenda, agenda->team, series);
	for (int i = 0; i < 3; i++)
		agenda_look(agenda, agenda->team, "s@cal");
}

/* What came of it, in words that do not depend on how often it was begun. */
static const char *
outcome(struct agenda *agenda)
{
	struct world *world = agenda->world;
	static const char INTERACTIONS[] =
		"SELECT group_concat(x, ' ') FROM (SELECT status || at || "
		"coalesce(recurrence_id, '') AS x FROM interaction ORDER BY x)";
	static const char LEDGER[] = "SELECT group_concat(x, ' ') FROM (SELECT decision || reason "
				     "AS x FROM ledger ORDER BY x)";
	static const char REST[] =
		"SELECT (SELECT interactions FROM contact) || ' ' || (SELECT count(*) FROM "
		"party) || ' ' || (SELECT count(*) FROM interaction_contact) || ' ' || (SELECT "
		"count(*) FROM interaction_move) || ' ' || (SELECT count(*) FROM occurrence WHERE "
		"gone) || ' ' || (SELECT count(*) FROM feed_item WHERE absent = -1)";

	return arena_printf(world->arena, "%s\n%s\n%s", ask_text(world, INTERACTIONS, 0),
		ask_text(world, LEDGER, 0), ask_text(world, REST, 0));
}

static void
start_file(struct agenda *agenda, const char *path)
{
	struct world *world = agenda->world;

	agenda->now = NOW;
	world->serial = 1;
	open_file(agenda, path);
	world_person(world, "Ada", "ada@x.example");
	store_close(world->store);
	world->store = store_open_memory(&world->err); /* no open file crosses the fork */
}

static void
killed_at(struct agenda *agenda, const char *path, const char *step)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		setenv("LIAISON_TEST_KILL", step, 1);
		open_file(agenda, path);
		run_through(agenda);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("the step '%s' was never passed", step);
}

static void
remove_database(const char *path)
{
	static const char *const ENDS[] = { "", "-wal", "-shm" };
	char name[80];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ENDS[i]);
		unlink(name);
	}
}

static void
comes_to_the_same_wherever_it_is_killed(void **state)
{
	struct agenda *agenda = *state;
	char directory[] = "/tmp/liaison-step-XXXXXX", path[64];
	const char *undisturbed;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/liaison.db", directory);
	start_file(agenda, path);
	open_file(agenda, path);
	run_through(agenda);
	undisturbed = outcome(agenda);
	for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		remove_database(path);
		start_file(agenda, path);
		killed_at(agenda, path, steps[i]);
		open_file(agenda, path);
		agenda->now = NOW;
		run_through(agenda);
		if (strcmp(outcome(agenda), undisturbed) != 0)
			fail_msg("%s:\n%s\nnot\n%s", steps[i], outcome(agenda), undisturbed);
	}
	remove_database(path);
	rmdir(directory);
}

static void
comes_to_the_same_after_a_rollback(void **state)
{
	struct agenda *agenda = *state;
	struct world *world = agenda->world;
	struct meeting *series = agenda_series(agenda, "s@cal", AHEAD, 3);
	struct feed_item feed_item = { .uid = "s@cal" };
	struct meeting_item item = { agenda->team, &feed_item, series, 1, NULL, 0, NOW + 90 * DAY };
	struct capture_result result;
	unsigned next;

	world_person(world, "Ada", "ada@x.example");
	assert_ok(store_begin(world->store, &world->err));
	assert_ok(capture_meeting(world->store, world->capture, world->arena, &item, 0, 10, NOW,
		&result, &next, &world->err));
	store_rollback(world->store);
	capture_contacts_changed(world->capture);
	agenda_read(agenda, agenda->team, series);
	agenda_read(agenda, agenda->team, series);
	assert_int_equal(ask(world, "SELECT interactions FROM contact", 0), 3);
	assert_int_equal(ask(world, "SELECT count(*) FROM pragma_foreign_key_check", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENDA_TEST(comes_to_the_same_wherever_it_is_killed),
		AGENDA_TEST(comes_to_the_same_after_a_rollback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
