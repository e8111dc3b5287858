#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "control.h"
#include "engine.h"

/* One connection over a pair of sockets, and commands that need the loop alone. */

struct fixture {
	struct engine engine;
	struct connection *connection;
	int client;
	char answers[16384]; /* what came so far */
	size_t size;
};

static int
set_up(void **state)
{
	struct fixture *fixture = mem_zero(1, sizeof *fixture);
	struct config config = { .arena = arena_new(), .timezone = "UTC" };
	int ends[2];

	uv_loop_init(&fixture->engine.loop);
	worker_init(&fixture->engine.self, &fixture->engine, NULL);
	fixture->engine.settings = settings_new(&config);
	fixture->engine.control.engine = &fixture->engine;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	fixture->client = ends[1];
	fixture->connection = connection_new(&fixture->engine.control, ends[0]);
	fixture->connection->peer.caller.access = MAY_ALL;
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct control *control = &fixture->engine.control;

	connection_close(fixture->connection);
	uv_run(&fixture->engine.loop, UV_RUN_DEFAULT);
	while (control->free_batches != NULL)
		batch_free(control_batch(control));
	close(fixture->client);
	worker_clear(&fixture->engine.self);
	settings_release(fixture->engine.settings);
	assert_int_equal(uv_loop_close(&fixture->engine.loop), 0);
	free(fixture);
	return 0;
}

static void
say(struct fixture *fixture, const char *text)
{
	assert_int_equal(write(fixture->client, text, strlen(text)), (ssize_t)strlen(text));
	connection_read(fixture->connection);
	connection_pump(fixture->connection);
}

/* How often word stands in what the connection has answered so far. */
static unsigned
answered(struct fixture *fixture, const char *word)
{
	ssize_t got = read(fixture->client, fixture->answers + fixture->size,
		sizeof fixture->answers - 1 - fixture->size);
	unsigned count = 0;

	fixture->size += got > 0 ? (size_t)got : 0;
	for (const char *at = fixture->answers; (at = strstr(at, word)) != NULL; at++)
		count++;
	return count;
}

#define CALL(method, rest) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\"" rest "}"
#define WATCH              CALL("watch", "") "\n"

static void
bounds_the_watches_of_a_connection(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < WATCHES_MAX; i++)
		say(fixture, WATCH);
	assert_int_equal(answered(fixture, "\"result\""), WATCHES_MAX);
	assert_int_equal(answered(fixture, "\"error\""), 0);
	say(fixture, WATCH);
	assert_int_equal(answered(fixture, "\"unavailable\""), 1);
	assert_int_equal(fixture->connection->looping, 0);
}

static void
bounds_the_loop_calls_of_a_connection(void **state)
{
	struct fixture *fixture = *state;

	fixture->connection->looping = LOOPING_MAX - 1;
	say(fixture, WATCH);
	assert_int_equal(answered(fixture, "\"error\""), 0);
	fixture->connection->looping = LOOPING_MAX;
	say(fixture, WATCH);
	assert_int_equal(answered(fixture, "\"unavailable\""), 1);
	assert_int_equal(fixture->connection->looping, LOOPING_MAX);
	fixture->connection->looping = 0;
}

static void
bounds_the_loop_calls_of_all(void **state)
{
	struct fixture *fixture = *state;

	fixture->engine.control.call_count = LOOPING_ALL - 1;
	say(fixture, WATCH);
	assert_int_equal(answered(fixture, "\"error\""), 0);
	fixture->engine.control.call_count = LOOPING_ALL;
	say(fixture, WATCH);
	assert_int_equal(answered(fixture, "\"unavailable\""), 1);
	assert_int_equal(fixture->engine.control.call_count, LOOPING_ALL);
}

static void
a_command_in_order_holds_those_after_it(void **state)
{
	struct fixture *fixture = *state;
	const struct command *sync = command_find("source.sync");

	fixture->connection->looping = fixture->connection->holding = 1;
	say(fixture, WATCH);
	assert_int_equal(answered(fixture, "\"id\""), 0);
	say(fixture, CALL("cancel", ",\"params\":{\"id\":7}") "\n");
	assert_int_equal(answered(fixture, "\"id\""), 1);
	connection_loop_done(fixture->connection, sync);
	assert_int_equal(answered(fixture, "\"id\""), 2);
	assert_int_equal(fixture->connection->holding, 0);
}

static void
what_waits_can_be_cancelled(void **state)
{
	struct fixture *fixture = *state;

	fixture->connection->holding = 1;
	say(fixture, WATCH);
	say(fixture, CALL("cancel", ",\"params\":{\"id\":1}") "\n");
	fixture->connection->holding = 0;
	connection_pump(fixture->connection);
	assert_int_equal(answered(fixture, "'watch' was cancelled"), 1);
	assert_false(watch_has(&fixture->engine.watch, fixture->connection));
}

static void
others_on_the_loop_hold_nothing(void **state)
{
	struct fixture *fixture = *state;

	fixture->connection->looping = 1;
	say(fixture, WATCH);
	assert_int_equal(answered(fixture, "\"result\""), 1);
	connection_loop_done(fixture->connection, command_find("system.backup"));
}

static void
no_loop_call_takes_a_key(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, CALL("source.sync", ",\"key\":\"k\"") "\n");
	assert_int_equal(answered(fixture, "'key' is not taken by 'source.sync'"), 1);
	assert_int_equal(answered(fixture, "\"field\":\"key\""), 1);
	assert_int_equal(answered(fixture, "-32602"), 1);
}

static void
what_cannot_be_tried_is_not_run_dry(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, CALL("source.sync", ",\"dry_run\":true") "\n");
	say(fixture, CALL("system.reload", ",\"dry_run\":true") "\n");
	say(fixture, CALL("system.backup", ",\"dry_run\":true,\"params\":{\"output\":\"x\"}") "\n");
	assert_int_equal(answered(fixture, "\"field\":\"dry_run\""), 3);
	say(fixture, CALL("watch", ",\"dry_run\":true") "\n");
	assert_int_equal(answered(fixture, "\"result\""), 1);
}

static void
who_may_only_see_privacy_does_not_repair(void **state)
{
	struct fixture *fixture = *state;

	fixture->connection->peer.caller.access = MAY_READ | MAY_PRIVACY;
	say(fixture,
		CALL("capture.verify", ",\"params\":{\"source\":\"work\",\"repair\":true}") "\n");
	assert_int_equal(answered(fixture, "\"permission\""), 1);
}

static void
a_line_that_does_not_end_is_late(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;

	say(fixture, "{\"jsonrpc\"");
	connection_tick(connection, connection->line_ms + PARTIAL_MS);
	assert_false(connection->closing);
	connection_tick(connection, connection->line_ms + PARTIAL_MS + 1);
	assert_true(connection->closing);
}

static void
a_line_that_is_dribbled_is_late_too(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;

	say(fixture, WATCH "{");
	connection->line_ms -= PARTIAL_MS;
	say(fixture, "\"jsonrpc\"");
	connection_tick(connection, clock_monotonic_ms() + 1);
	assert_true(connection->closing);
}

static void
a_line_that_is_too_long_is_late_once_no_more_of_it_comes(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;
	char line[STRANGER_LINE_MAX + 2];
	int64_t since;

	connection->peer.caller.access = 0;
	memset(line, ' ', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	say(fixture, line);
	assert_true(connection->skipping);
	connection->line_ms -= 2 * PARTIAL_MS;
	say(fixture, "more of it");
	since = connection->line_ms;
	connection_tick(connection, since + PARTIAL_MS);
	assert_false(connection->closing);
	say(fixture, "its end\n");
	connection_tick(connection, since + 10 * PARTIAL_MS);
	assert_false(connection->closing);
	say(fixture, line);
	connection_tick(connection, connection->line_ms + PARTIAL_MS + 1);
	assert_true(connection->closing);
}

static void
the_next_line_has_its_own_time(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;

	say(fixture, "{");
	connection->line_ms -= PARTIAL_MS;
	say(fixture, "}\n{");
	connection_tick(connection, clock_monotonic_ms() + PARTIAL_MS / 2);
	assert_false(connection->closing);
	say(fixture, "}\n");
	connection_tick(connection, clock_monotonic_ms() + 10 * PARTIAL_MS);
	assert_false(connection->closing);
}

/* More than the socket takes, so that some waits. */
static void
fill_queue(struct fixture *fixture, size_t waiting)
{
	static const char WORDS[4096] = "";

	while (connection_backlog(fixture->connection) < waiting)
		connection_send(fixture->connection, WORDS, sizeof WORDS);
}

static void
who_takes_nothing_for_30_s_is_let_go(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;
	int64_t since;

	fill_queue(fixture, 1);
	since = connection->stalled_ms;
	assert_true(since > 0);
	connection_tick(connection, since + STALLED_MS);
	assert_false(connection->closing);
	connection_tick(connection, since + STALLED_MS + 1);
	assert_true(connection->closing);
	assert_int_equal(fixture->engine.control.queued, 0);
}

static void
who_takes_something_is_not(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;
	char taken[65536];

	fill_queue(fixture, OUT_MAX / 2);
	connection->stalled_ms -= 2 * STALLED_MS;
	while (read(fixture->client, taken, sizeof taken) > 0)
		continue;
	uv_run(&fixture->engine.loop, UV_RUN_NOWAIT);
	connection_tick(connection, clock_monotonic_ms());
	assert_false(connection->closing);
	assert_true(connection_backlog(connection) > 0);
}

static void
a_full_queue_keeps_requests_out(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;
	char taken[65536];

	fill_queue(fixture, OUT_MAX);
	assert_true(connection->events & UV_READABLE);
	fill_queue(fixture, OUT_MAX + 1);
	assert_false(connection->events & UV_READABLE);
	while (connection_backlog(connection) > 0) {
		while (read(fixture->client, taken, sizeof taken) > 0)
			continue;
		uv_run(&fixture->engine.loop, UV_RUN_NOWAIT);
	}
	assert_true(connection->events & UV_READABLE);
	assert_int_equal(fixture->engine.control.queued, 0);
}

/* A thousand requests of a megabyte each would be a thousand megabytes. */
static void
bounds_the_bytes_that_wait_to_be_begun(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;
	char *line = malloc(100002);
	unsigned said = 0;

	memset(line, ' ', 100000);
	memcpy(line + 100000, "\n", 2);
	memcpy(line, CALL("watch", ""), sizeof CALL("watch", "") - 1);
	connection->holding = 1;
	while (connection->events & UV_READABLE && ++said < WAITING_MAX)
		say(fixture, line);
	assert_in_range(connection->held, HELD_MAX, HELD_MAX + 100000);
	assert_int_equal(connection->waiting, said);
	connection->holding = 0;
	connection_pump(connection);
	assert_int_equal(connection->held, 0);
	assert_true(connection->events & UV_READABLE);
	assert_int_equal(answered(fixture, "\"id\":1,"), said);
	free(line);
}

static void
a_stranger_is_told_so_and_sends_no_long_lines(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;
	char line[STRANGER_LINE_MAX + 2];

	connection->peer.caller.access = 0;
	say(fixture, WATCH);
	assert_int_equal(answered(fixture, "\"permission\""), 1);
	memset(line, ' ', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	say(fixture, line);
	assert_int_equal(answered(fixture, "over 4096 bytes long"), 1);
	assert_int_equal(connection->in.size, 0);
	say(fixture, "the rest\n" WATCH);
	assert_int_equal(answered(fixture, "\"permission\""), 2);
}

static void
a_line_is_not_late_while_it_is_not_read(void **state)
{
	struct fixture *fixture = *state;
	struct connection *connection = fixture->connection;

	connection->waiting = WAITING_MAX;
	say(fixture, "{\"jsonrpc\"");
	assert_false(connection->events & UV_READABLE);
	connection->line_ms -= 2 * PARTIAL_MS;
	connection_tick(connection, clock_monotonic_ms());
	assert_false(connection->closing);
	connection->waiting = 0;
	connection_pump(connection);
	assert_true(connection->events & UV_READABLE);
	connection_tick(connection, clock_monotonic_ms() + PARTIAL_MS / 2);
	assert_false(connection->closing);
}

static void
a_last_line_ends_with_the_connection(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(write(fixture->client, WATCH, strlen(WATCH) - 1), strlen(WATCH) - 1);
	shutdown(fixture->client, SHUT_WR);
	connection_read(fixture->connection);
	assert_int_equal(answered(fixture, "\"id\""), 0);
	connection_read(fixture->connection);
	connection_pump(fixture->connection);
	assert_int_equal(answered(fixture, "\"result\""), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bounds_the_watches_of_a_connection),
		TEST(bounds_the_loop_calls_of_a_connection),
		TEST(bounds_the_loop_calls_of_all),
		TEST(a_command_in_order_holds_those_after_it),
		TEST(what_waits_can_be_cancelled),
		TEST(others_on_the_loop_hold_nothing),
		TEST(no_loop_call_takes_a_key),
		TEST(what_cannot_be_tried_is_not_run_dry),
		TEST(who_may_only_see_privacy_does_not_repair),
		TEST(a_line_that_does_not_end_is_late),
		TEST(a_line_that_is_dribbled_is_late_too),
		TEST(a_line_that_is_too_long_is_late_once_no_more_of_it_comes),
		TEST(the_next_line_has_its_own_time),
		TEST(a_line_is_not_late_while_it_is_not_read),
		TEST(who_takes_nothing_for_30_s_is_let_go),
		TEST(who_takes_something_is_not),
		TEST(a_full_queue_keeps_requests_out),
		TEST(bounds_the_bytes_that_wait_to_be_begun),
		TEST(a_stranger_is_told_so_and_sends_no_long_lines),
		TEST(a_last_line_ends_with_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
