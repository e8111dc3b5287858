#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/crm/contact.h"
#include "liaison/store/event_log.h"

/* Whole requests on a store in memory: the writer's way and a reader's, without processes. */

struct fixture {
	struct engine engine;
	struct worker worker;
	struct settings *settings;
	struct batch *batch;
	json_t *answer;
};

static int
set_up(void **state)
{
	struct fixture *fixture = mem_zero(1, sizeof *fixture);
	struct config config = { .arena = arena_new(), .timezone = "UTC" };
	struct err err;

	fixture->settings = settings_new(&config);
	worker_init(&fixture->worker, &fixture->engine, store_open_memory(&err));
	fixture->worker.capture = capture_new(&fixture->settings->config);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	json_decref(fixture->answer);
	watch_forget(&fixture->worker);
	capture_free(fixture->worker.capture);
	store_close(fixture->worker.store);
	worker_clear(&fixture->worker);
	settings_release(fixture->settings);
	free(fixture);
	return 0;
}

static struct batch *
batch_of(struct fixture *fixture, const char *const *lines, unsigned count, unsigned access)
{
	struct batch *batch = batch_new();
	enum line_kind kind;
	struct err err;
	int code;

	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(request_parse(batch->arena, lines[i], strlen(lines[i]),
					 &batch->requests[i], &kind, &code, &err),
			0);
		batch->count++;
	}
	batch->settings = settings_hold(fixture->settings);
	text_copy(batch->caller.user, sizeof batch->caller.user, "tester");
	batch->caller.access = access;
	return batch;
}

static void
run(struct fixture *fixture, struct batch *batch)
{
	struct err err;

	if (command_lane(batch->requests[0].command) == LANE_READ) {
		batch_run_reads(&batch->work, &fixture->worker);
		return;
	}
	assert_int_equal(store_begin(fixture->worker.store, &err), 0);
	batch_run_writes(&batch->work, &fixture->worker);
	assert_int_equal(store_commit(fixture->worker.store, &err), 0);
}

static json_t *
ask_with(struct fixture *fixture, const char *line, unsigned access)
{
	struct batch *batch = batch_of(fixture, &line, 1, access);

	run(fixture, batch);
	json_decref(fixture->answer);
	fixture->answer = json_loadb(batch->out.bytes, batch->out.size, 0, NULL);
	batch_free(batch);
	assert_non_null(fixture->answer);
	return fixture->answer;
}

static json_t *
ask(struct fixture *fixture, const char *line)
{
	json_t *result = json_object_get(ask_with(fixture, line, MAY_ALL), "result");

	assert_non_null(result);
	return result;
}

static const char *
ask_error(struct fixture *fixture, const char *line, unsigned access)
{
	json_t *error = json_object_get(ask_with(fixture, line, access), "error");

	assert_non_null(error);
	return json_string_value(json_object_get(json_object_get(error, "data"), "name"));
}

#define CALL(method, rest) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\"" rest "}"
#define ADD(name, rest)    CALL("contact.add", ",\"params\":{\"name\":\"" name "\"}" rest)

static size_t
count_contacts(struct fixture *fixture)
{
	return json_array_size(json_object_get(ask(fixture, CALL("contact.list", "")), "items"));
}

static void
answers_the_first_result_for_the_same_key(void **state)
{
	struct fixture *fixture = *state;
	const char *no = json_string_value(
		json_object_get(ask(fixture, ADD("Ada", ",\"key\":\"k\"")), "no"));

	assert_string_equal(no, "C00001");
	no = json_string_value(json_object_get(ask(fixture, ADD("Ada", ",\"key\":\"k\"")), "no"));
	assert_string_equal(no, "C00001");
	assert_int_equal(count_contacts(fixture), 1);
}

static void
refuses_a_key_for_another_request(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, ADD("Ada", ",\"key\":\"k\""));
	assert_string_equal(ask_error(fixture, ADD("Bob", ",\"key\":\"k\""), MAY_ALL), "conflict");
	assert_int_equal(count_contacts(fixture), 1);
}

static void
leaves_a_key_free_after_an_error(void **state)
{
	struct fixture *fixture = *state;

	ask_error(fixture, ADD("", ",\"key\":\"k\""), MAY_ALL);
	ask(fixture, ADD("Ada", ",\"key\":\"k\""));
}

static void
undoes_a_dry_run(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, ADD("Ada", ",\"dry_run\":true,\"key\":\"k\""));
	assert_int_equal(count_contacts(fixture), 0);
	ask(fixture, ADD("Ada", ",\"key\":\"k\""));
	assert_int_equal(count_contacts(fixture), 1);
}

static void
asks_for_yes_and_tells_the_counts(void **state)
{
	static const char REMOVE[] = CALL("contact.remove", ",\"params\":{\"contact\":\"C00001\"}");
	struct fixture *fixture = *state;
	const json_t *data;

	ask(fixture, ADD("Ada", ""));
	assert_string_equal(ask_error(fixture, REMOVE, MAY_ALL), "refused");
	data = json_object_get(json_object_get(fixture->answer, "error"), "data");
	assert_true(json_is_object(json_object_get(data, "counts")));
	assert_int_equal(count_contacts(fixture), 1);
	ask(fixture, CALL("contact.remove", ",\"params\":{\"contact\":\"C00001\"},\"yes\":true"));
	assert_int_equal(count_contacts(fixture), 0);
}

static void
tells_everybody_what_they_may_not(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(ask_error(fixture, ADD("Ada", ""), MAY_READ), "permission");
	assert_string_equal(
		ask_error(fixture, ADD("Ada", ",\"as\":\"XY\""), MAY_ALL), "permission");
	assert_string_equal(ask_error(fixture, CALL("contact.list", ""), 0), "permission");
	assert_string_equal(ask_error(fixture, CALL("system.audit", ""), MAY_WRITE), "permission");
	ask_with(fixture, CALL("contact.list", ""), MAY_READ);
	assert_non_null(json_object_get(fixture->answer, "result"));
}

static void
keeps_the_others_of_a_batch_when_one_fails(void **state)
{
	static const char *const LINES[] = {
		ADD("Ada", ""),
		CALL("contact.email.add", ",\"params\":[\"C00009\",\"a@x.example\"]"),
		ADD("Bob", ""),
	};
	struct fixture *fixture = *state;
	struct batch *batch = batch_of(fixture, LINES, 3, MAY_ALL);

	run(fixture, batch);
	assert_non_null(strstr(batch->out.bytes, "not-found"));
	batch_free(batch);
	assert_int_equal(count_contacts(fixture), 2);
}

static void
answers_errors_to_all_when_nothing_was_committed(void **state)
{
	static const char *const LINES[] = { ADD("Ada", ""), ADD("Bob", "") };
	struct fixture *fixture = *state;
	struct batch *batch = batch_of(fixture, LINES, 2, MAY_ALL);
	struct err err;

	assert_int_equal(store_begin(fixture->worker.store, &err), 0);
	batch_run_writes(&batch->work, &fixture->worker);
	store_rollback(fixture->worker.store);
	fail(&err, ERR_STORAGE, "the disk is full");
	batch_undone(&batch->work, &err);
	assert_null(strstr(batch->out.bytes, "result"));
	assert_non_null(strstr(strstr(batch->out.bytes, "disk is full") + 1, "disk is full"));
	batch_free(batch);
	assert_int_equal(count_contacts(fixture), 0);
}

static void
says_nothing_to_a_notification(void **state)
{
	static const char *const LINES[] = {
		"{\"jsonrpc\":\"2.0\",\"method\":\"contact.add\",\"params\":[\"Ada\"]}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"contact.add\",\"params\":[]}",
	};
	struct fixture *fixture = *state;
	struct batch *batch = batch_of(fixture, LINES, 2, MAY_ALL);

	run(fixture, batch);
	assert_int_equal(batch->out.size, 0);
	batch_free(batch);
	assert_int_equal(count_contacts(fixture), 1);
}

static void
numbers_events_and_tells_only_when_somebody_looks(void **state)
{
	struct fixture *fixture = *state;
	struct event_entry *entries;
	unsigned count;
	struct err err;

	ask(fixture, ADD("Ada", ""));
	ask(fixture, CALL("interaction.add", ",\"params\":[\"C00001\",\"--kind\",\"call\"]"));
	assert_null(fixture->worker.tells);
	atomic_store(&fixture->engine.watch.count, 1);
	ask(fixture, CALL("interaction.add", ",\"params\":[\"C00001\",\"--kind\",\"call\"]"));
	assert_non_null(fixture->worker.tells);
	assert_int_equal(fixture->worker.tells->seq, 2);
	assert_string_equal(fixture->worker.tells->kind, "interaction.recorded");
	assert_int_equal(event_log_list(fixture->worker.store, fixture->worker.arena, 0, 10,
				 &entries, &count, &err),
		0);
	assert_int_equal(count, 2);
	assert_string_equal(entries[0].kind, "interaction.recorded");
}

static void
tells_no_event_of_what_was_undone(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, ADD("Ada", ""));
	atomic_store(&fixture->engine.watch.count, 1);
	ask(fixture, CALL("interaction.add",
			     ",\"params\":[\"C00001\",\"--kind\",\"call\"],\"dry_run\":true"));
	assert_null(fixture->worker.tells);
}

static void
reads_dates_in_the_callers_zone(void **state)
{
	struct fixture *fixture = *state;
	const char *at;

	ask(fixture, ADD("Ada", ""));
	at = json_string_value(json_object_get(
		ask(fixture, CALL("interaction.add",
				     ",\"params\":[\"C00001\",\"--kind\",\"call\",\"--at\","
				     "\"2026-07-01\"],\"tz\":\"Europe/Berlin\"")),
		"at"));
	assert_string_equal(at, "2026-07-01T00:00:00+02:00");
	assert_string_equal(
		ask_error(fixture, CALL("contact.list", ",\"tz\":\"../etc/passwd\""), MAY_ALL),
		"usage");
}

static void
helps_on_every_level(void **state)
{
	struct fixture *fixture = *state;
	const char *text = json_string_value(
		json_object_get(ask(fixture, CALL("help", "")), "text"));

	assert_non_null(strstr(text, "contact"));
	text = json_string_value(
		json_object_get(ask(fixture, CALL("help", ",\"params\":[\"contact\"]")), "text"));
	assert_non_null(strstr(text, "contact email add"));
	text = json_string_value(json_object_get(
		ask(fixture, CALL("help", ",\"params\":[\"contact\",\"email\",\"add\"]")), "text"));
	assert_non_null(strstr(text, "--from"));
	assert_string_equal(
		ask_error(fixture, CALL("help", ",\"params\":[\"nothing\"]"), MAY_ALL), "usage");
}

static const json_t *
find_method(const json_t *methods, const char *name)
{
	size_t i;
	json_t *method;

	json_array_foreach(methods, i, method)
	{
		if (strcmp(json_string_value(json_object_get(method, "name")), name) == 0)
			return method;
	}
	return NULL;
}

static void
discovers_what_the_table_holds(void **state)
{
	struct fixture *fixture = *state;
	const json_t *methods = json_object_get(ask(fixture, CALL("rpc.discover", "")), "methods"),
		     *method, *param;

	method = find_method(methods, "contact.email.add");
	assert_string_equal(json_string_value(json_object_get(method, "x-access")), "writes");
	param = json_array_get(json_object_get(method, "params"), 0);
	assert_string_equal(json_string_value(json_object_get(param, "name")), "contact");
	assert_true(json_is_true(json_object_get(param, "required")));
	assert_true(json_is_true(json_object_get(param, "x-positional")));
	method = find_method(methods, "contact.remove");
	assert_true(json_is_true(json_object_get(method, "x-confirm")));
	method = find_method(methods, "status");
	assert_string_equal(
		json_string_value(json_object_get(method, "x-shorthand")), "system.status");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_the_first_result_for_the_same_key),
		TEST(refuses_a_key_for_another_request),
		TEST(leaves_a_key_free_after_an_error),
		TEST(undoes_a_dry_run),
		TEST(asks_for_yes_and_tells_the_counts),
		TEST(tells_everybody_what_they_may_not),
		TEST(keeps_the_others_of_a_batch_when_one_fails),
		TEST(answers_errors_to_all_when_nothing_was_committed),
		TEST(says_nothing_to_a_notification),
		TEST(numbers_events_and_tells_only_when_somebody_looks),
		TEST(tells_no_event_of_what_was_undone),
		TEST(reads_dates_in_the_callers_zone),
		TEST(helps_on_every_level),
		TEST(discovers_what_the_table_holds),
	};

	return cmocka_run_group_tests_name("execute", tests, NULL, NULL);
}
