#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "control.h"
#include "engine.h"
#include "input.h"
#include "liaison/base/crypt.h"

/* The bytes of a request's file, as a connection collects them; nothing is run. */

struct fixture {
	struct engine engine;
	struct control control;
	struct connection connection;
	struct arena *arena;
	struct zone *zone;
};

static int
set_up(void **state)
{
	struct fixture *fixture = mem_zero(1, sizeof *fixture);
	struct err err;

	fixture->arena = arena_new();
	fixture->zone = zone_load("UTC", &err);
	fixture->connection.control = &fixture->control;
	fixture->connection.engine = &fixture->engine;
	fixture->connection.closing = true; /* so that nothing is sent */
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct batch *next;

	for (struct batch *batch = fixture->connection.first; batch != NULL; batch = next) {
		next = batch->next;
		batch_free(batch);
	}
	zone_free(fixture->zone);
	arena_free(fixture->arena);
	free(fixture);
	return 0;
}

/* A request of its own batch, in line behind the others. */
static struct batch *
asked_for(struct fixture *fixture, const char *line, unsigned access)
{
	struct connection *connection = &fixture->connection;
	struct batch *batch = batch_new();
	struct request *request = &batch->requests[0];
	enum line_kind kind;
	const char *path;
	struct err err;
	int code;

	assert_int_equal(
		request_parse(batch->arena, line, strlen(line), request, &kind, &code, &err), 0);
	batch->count = 1;
	request->input = input_expected(batch->arena, request, access, fixture->zone, &path);
	if (connection->last != NULL)
		connection->last->next = batch;
	else
		connection->first = batch;
	connection->last = batch;
	return batch;
}

static struct input *
note(struct fixture *fixture, int id)
{
	struct batch *batch = asked_for(fixture,
		arena_printf(fixture->arena,
			"{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"contact.note\","
			"\"params\":{\"contact\":\"C1\",\"file\":\"-\"}}",
			id),
		MAY_ALL);

	assert_true(input_is_open(batch));
	return batch->requests[0].input;
}

static void
give(struct fixture *fixture, int id, const char *chunk, bool last)
{
	json_t *params = json_pack("{s:i,s:s,s:b}", "id", id, "chunk", chunk, "last", last);

	inputs_take(&fixture->connection, params);
	json_decref(params);
}

static void
give_bytes(struct fixture *fixture, int id, size_t size)
{
	uint8_t *bytes = mem_zero(1, size);

	give(fixture, id, base64_encode(fixture->arena, bytes, size), false);
	free(bytes);
}

static void
is_whole_with_the_last_chunk(void **state)
{
	struct fixture *fixture = *state;
	struct input *one = note(fixture, 1), *two = note(fixture, 2);

	give(fixture, 2, "Yg==", false);
	give(fixture, 1, "YQ==", false);
	give(fixture, 3, "Yw==", true);
	assert_true(input_is_open(fixture->connection.first));
	give(fixture, 1, "YQ==", true);
	assert_false(input_is_open(fixture->connection.first));
	assert_true(input_is_open(fixture->connection.last));
	assert_false(one->failed);
	assert_string_equal(one->bytes.bytes, "aa");
	assert_string_equal(two->bytes.bytes, "b");
	give(fixture, 1, "YQ==", false);
	assert_string_equal(one->bytes.bytes, "aa");
}

static void
expects_nothing_that_would_not_be_run(void **state)
{
	struct fixture *fixture = *state;
	static const char *const lines[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.note\",\"params\":{\"contact\":"
		"\"C1\","
		"\"note\":\"x\"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.note\",\"params\":{\"file\":\"-"
		"\"}}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"contact.note\",\"params\":{\"contact\":\"C1\","
		"\"file\":\"-\"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.show\",\"params\":{\"contact\":"
		"\"C1\"}}",
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_null(asked_for(fixture, lines[i], MAY_ALL)->requests[0].input);
	assert_null(asked_for(fixture,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.note\",\"params\":[\"C1\","
		"\"--file\",\"-\"]}",
		MAY_READ)
			    ->requests[0]
			    .input);
}

static void
refuses_what_is_not_base64(void **state)
{
	struct fixture *fixture = *state;
	struct input *input = note(fixture, 1);

	give(fixture, 1, "@", false);
	assert_true(input->whole && input->failed);
	assert_int_equal(input->err.code, ERR_USAGE);
	assert_string_equal(input->err.field, "file");
	assert_int_equal(input->bytes.size, 0);
}

static void
refuses_more_than_the_row_allows(void **state)
{
	struct fixture *fixture = *state;
	struct input *input = note(fixture, 1);

	give_bytes(fixture, 1, 256 * 1024);
	assert_false(input->failed);
	give_bytes(fixture, 1, 1);
	assert_true(input->failed);
	assert_int_equal(input->err.code, ERR_USAGE);
}

static void
bounds_what_waits_on_a_connection(void **state)
{
	struct fixture *fixture = *state;
	struct input *last = NULL;

	for (int id = 1; id <= 17; id++) {
		last = note(fixture, id);
		give_bytes(fixture, id, 256 * 1024);
		assert_int_equal(last->failed, id == 17);
	}
	assert_int_equal(last->err.code, ERR_UNAVAILABLE);
}

static void
gives_up_when_nothing_comes_in_time(void **state)
{
	struct fixture *fixture = *state;
	struct input *one = note(fixture, 1), *two = note(fixture, 2);
	int64_t now = clock_monotonic_ms();

	give(fixture, 1, "YQ==", false);
	assert_false(inputs_tick(&fixture->connection, now + INPUT_IDLE_MS - 1));
	assert_true(inputs_tick(&fixture->connection, now + 2 * INPUT_IDLE_MS));
	assert_true(one->failed);
	assert_int_equal(one->err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(one->err.message, "did not come in time"));
	assert_false(two->whole);
	assert_false(inputs_tick(&fixture->connection, now + 2 * INPUT_IDLE_MS + 1));
}

static void
gives_up_when_no_more_is_read_behind_it(void **state)
{
	struct fixture *fixture = *state;
	int64_t now = clock_monotonic_ms();
	struct input *one;

	asked_for(fixture,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.show\",\"params\":{\"contact\":"
		"\"C1\"}}",
		MAY_ALL);
	one = note(fixture, 2);
	fixture->connection.input_ms = now;
	fixture->connection.waiting = WAITING_MAX;
	assert_false(inputs_tick(&fixture->connection, now)); /* those before it make room yet */
	batch_free(fixture->connection.first);
	fixture->connection.first = fixture->connection.last;
	assert_true(inputs_tick(&fixture->connection, now));
	assert_true(one->failed);
	assert_int_equal(one->err.code, ERR_UNAVAILABLE);
	assert_string_equal(one->err.message, "1024 requests came before the last of 'file'");
}

static void
ends_with_a_cancel_or_the_connection(void **state)
{
	struct fixture *fixture = *state;
	struct input *one = note(fixture, 1), *two = note(fixture, 2);

	assert_false(inputs_cancel(&fixture->connection, "7"));
	assert_true(inputs_cancel(&fixture->connection, "1"));
	assert_true(one->failed);
	assert_false(two->whole);
	inputs_end(&fixture->connection);
	assert_true(two->failed);
	assert_int_equal(two->err.code, ERR_UNAVAILABLE);
	assert_false(inputs_cancel(&fixture->connection, "2"));
}

static void
no_command_takes_two_files(void **state)
{
	const struct command *command;

	(void)state;
	for (unsigned i = 0; (command = command_at(i)) != NULL; i++) {
		unsigned count = 0;

		for (const struct param *param = command->params;
			param != NULL && param->name != NULL; param++) {
			count += param->type == PARAM_INPUT;
			assert_false(param->type == PARAM_INPUT && param->flags & PARAM_REPEATS);
		}
		assert_true(count <= 1);
		assert_true(count == 1 || command->input_max == 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_whole_with_the_last_chunk),
		TEST(expects_nothing_that_would_not_be_run),
		TEST(refuses_what_is_not_base64),
		TEST(refuses_more_than_the_row_allows),
		TEST(bounds_what_waits_on_a_connection),
		TEST(gives_up_when_nothing_comes_in_time),
		TEST(gives_up_when_no_more_is_read_behind_it),
		TEST(ends_with_a_cancel_or_the_connection),
		cmocka_unit_test(no_command_takes_two_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
