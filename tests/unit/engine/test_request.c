#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "request.h"

/* Lines of the control protocol. */

struct outcome {
	struct arena *arena;
	struct request request;
	enum line_kind kind;
	int code, result;
	struct err err;
};

static void
parse(struct outcome *outcome, const char *line)
{
	json_decref(outcome->request.root);
	arena_reset(outcome->arena);
	outcome->err.code = ERR_NONE;
	outcome->err.hint[0] = '\0';
	outcome->result = request_parse(outcome->arena, line, strlen(line), &outcome->request,
		&outcome->kind, &outcome->code, &outcome->err);
}

static int
set_up(void **state)
{
	struct outcome *outcome = mem_zero(1, sizeof *outcome);

	outcome->arena = arena_new();
	*state = outcome;
	return 0;
}

static int
tear_down(void **state)
{
	struct outcome *outcome = *state;

	json_decref(outcome->request.root);
	arena_free(outcome->arena);
	free(outcome);
	return 0;
}

static void
assert_code(struct outcome *outcome, const char *line, int code)
{
	parse(outcome, line);
	assert_int_equal(outcome->result, -1);
	assert_int_equal(outcome->code, code);
	assert_int_equal(outcome->err.code, ERR_USAGE);
}

static void
reads_all_members(void **state)
{
	struct outcome *outcome = *state;

	parse(outcome,
		"{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"method\":\"contact.show\",\"params\":"
		"{\"contact\":\"C1\"},\"key\":\"k\",\"dry_run\":true,\"yes\":true,\"as\":\"XY\","
		"\"tz\":\"Europe/Berlin\"}");
	assert_int_equal(outcome->result, 0);
	assert_int_equal(outcome->kind, LINE_REQUEST);
	assert_string_equal(outcome->request.id, "\"a\\\"b\"");
	assert_string_equal(outcome->request.command->name, "contact.show");
	assert_string_equal(outcome->request.key, "k");
	assert_string_equal(outcome->request.as, "XY");
	assert_string_equal(outcome->request.tz, "Europe/Berlin");
	assert_true(outcome->request.dry_run && outcome->request.yes && !outcome->request.words);
}

static void
tells_what_is_no_request(void **state)
{
	struct outcome *outcome = *state;

	assert_code(outcome, "", -32700);
	assert_code(outcome, "{", -32700);
	assert_code(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"help\"}", -32700);
	assert_code(outcome, "{\"a\":\"\xff\"}", -32700);
	assert_code(outcome, "{\"a\":\"\\u0000\"}", -32600);
	assert_code(outcome, "[]", -32600);
	assert_code(outcome, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"help\"}]", -32600);
	assert_code(outcome, "{}", -32600);
	assert_code(outcome, "{\"jsonrpc\":2,\"id\":1,\"method\":\"help\"}", -32600);
	assert_code(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1}", -32600);
	assert_code(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", -32600);
	assert_code(outcome, "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"help\"}", -32600);
	assert_code(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"help\",\"params\":\"x\"}",
		-32600);
	assert_code(
		outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"help\",\"key\":5}", -32600);
	assert_code(
		outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"help\",\"yes\":1}", -32600);
	assert_code(
		outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"help\",\"extra\":1}", -32600);
	assert_code(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.run\",\"params\":{}}",
		-32600);
}

static void
answers_a_mistake_under_the_id_that_could_be_read(void **state)
{
	struct outcome *outcome = *state;

	assert_code(outcome, "{\"method\":\"help\",\"extra\":1,\"id\":17}", -32600);
	assert_string_equal(outcome->request.id, "17");
	assert_code(outcome,
		"{\"jsonrpc\":\"2.0\",\"id\":18,\"method\":\"help\",\"params\":{\"name\":["
		"\"\\u0000\"]}}",
		0);
	assert_string_equal(outcome->request.id, "18");
	assert_string_equal(outcome->err.field, "name");
	assert_code(outcome, "nonsense", -32700);
	assert_string_equal(outcome->request.id, "null");
}

static void
finds_the_longest_command_that_words_spell(void **state)
{
	struct outcome *outcome = *state;

	parse(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.run\",\"params\":"
		       "[\"contact\",\"email\",\"add\",\"C00001\",\"a@x.example\"]}");
	assert_string_equal(outcome->request.command->name, "contact.email.add");
	assert_int_equal(outcome->request.skip, 3);
	assert_true(outcome->request.words);
	parse(outcome,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.run\",\"params\":[\"status\"]}");
	assert_string_equal(outcome->request.command->name, "system.status");
	assert_int_equal(outcome->request.skip, 1);
	parse(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.run\",\"params\":"
		       "[\"contact\",\"note\",\"list\"]}");
	assert_string_equal(outcome->request.command->name, "contact.note.list");
}

static void
helps_instead_of_running(void **state)
{
	struct outcome *outcome = *state;

	parse(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.run\",\"params\":"
		       "[\"contact\",\"remove\",\"--help\"]}");
	assert_int_equal(outcome->result, 0);
	assert_string_equal(outcome->request.command->name, "help");
	assert_int_equal(json_array_size(outcome->request.params), 2);
	parse(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.run\",\"params\":"
		       "[\"contact\",\"note\",\"C1\",\"--\",\"--help\"]}");
	assert_string_equal(outcome->request.command->name, "contact.note");
}

static void
suggests_a_command(void **state)
{
	struct outcome *outcome = *state;

	assert_code(outcome, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.shwo\"}", -32601);
	assert_non_null(strstr(outcome->err.hint, "'contact show'"));
	assert_code(outcome,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.run\",\"params\":[\"contact\","
		"\"lst\"]}",
		-32601);
	assert_non_null(strstr(outcome->err.hint, "'contact list'"));
}

static void
knows_the_notifications_of_the_protocol(void **state)
{
	struct outcome *outcome = *state;

	parse(outcome, "{\"jsonrpc\":\"2.0\",\"method\":\"cancel\",\"params\":{\"id\":1}}");
	assert_int_equal(outcome->result, 0);
	assert_int_equal(outcome->kind, LINE_CANCEL);
	parse(outcome, "{\"jsonrpc\":\"2.0\",\"method\":\"data\",\"params\":{\"id\":1}}");
	assert_int_equal(outcome->kind, LINE_DATA);
	parse(outcome, "{\"jsonrpc\":\"2.0\",\"method\":\"help\"}");
	assert_int_equal(outcome->kind, LINE_REQUEST);
	assert_null(outcome->request.id);
}

static void
has_a_whole_table(void **state)
{
	const struct command *command;

	(void)state;
	for (unsigned i = 0; (command = command_at(i)) != NULL; i++) {
		assert_ptr_equal(command_find(command->name), command);
		assert_non_null(command->summary);
		assert_true((command->run != NULL) != (command->run_loop != NULL));
		assert_int_equal((command->traits & COMMAND_LOOP) != 0, command->run_loop != NULL);
		for (const struct param *one = command->params; one && one->name; one++) {
			assert_non_null(one->summary);
			assert_null(strchr(one->name, '-'));
			assert_int_equal(one->type == PARAM_ENUM, one->values != NULL);
		}
	}
	for (unsigned i = 0; shorthand_at(i)->name != NULL; i++)
		assert_ptr_equal(
			command_find(shorthand_at(i)->name), command_find(shorthand_at(i)->method));
}

static void
writes_errors_as_the_protocol_says(void **state)
{
	const struct answer_more counts = { "counts", "{\"n\":1}", 7 };
	struct text out = { 0 };
	struct err err;

	(void)state;
	fail_field(&err, ERR_NOT_FOUND, "contact", "there is no contact 'x'");
	err_hint(&err, "look again");
	answer_error(&out, "5", 0, &err, NULL);
	assert_string_equal(out.bytes, "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":3,"
				       "\"message\":\"there is no contact 'x'\","
				       "\"data\":{\"name\":\"not-found\",\"field\":\"contact\","
				       "\"hint\":\"look again\"}}}\n");
	text_reset(&out);
	fail(&err, ERR_AMBIGUOUS, "two");
	err_add_candidate(&err, "C1", "Ada", "person");
	answer_error(&out, "\"q\"", 0, &err, &counts);
	assert_string_equal(out.bytes, "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"error\":{\"code\":4,"
				       "\"message\":\"two\",\"data\":"
				       "{\"name\":\"ambiguous\",\"candidates\":[{\"no\":\"C1\","
				       "\"name\":\"Ada\",\"type\":\"person\"}],"
				       "\"counts\":{\"n\":1}}}}\n");
	text_reset(&out);
	answer_error(&out, NULL, 0, &err, NULL);
	assert_int_equal(out.size, 0);
	text_clear(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_all_members),
		TEST(tells_what_is_no_request),
		TEST(answers_a_mistake_under_the_id_that_could_be_read),
		TEST(finds_the_longest_command_that_words_spell),
		TEST(helps_instead_of_running),
		TEST(suggests_a_command),
		TEST(knows_the_notifications_of_the_protocol),
		TEST(has_a_whole_table),
		TEST(writes_errors_as_the_protocol_says),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
