#include "input.h"

#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "control.h"
#include "liaison/base/crypt.h"
#include "values.h"

/* Files that a client opens and the daemon reads (spec section 3). */

static const struct param *
input_param(const struct command *command)
{
	for (const struct param *param = command->params; param != NULL && param->name != NULL;
		param++) {
		if (param->type == PARAM_INPUT)
			return param;
	}
	return NULL;
}

size_t
input_max(const struct command *command)
{
	return command->input_max > 0 ? command->input_max : INPUT_MAX;
}

/* What the request calls its file; NULL: there is none, or the parameters have mistakes. */
static const char *
find_path(struct arena *arena, const struct request *request, const struct zone *zone,
	const struct param *param)
{
	struct value_context context = { arena, zone, clock_now() };
	struct call_values *values = values_new(arena, request->command);
	const struct param_value *value =
		&values->params[command_param_find(request->command, param->name)];
	struct err ignored;
	int result;

	if (json_is_array(request->params))
		result = values_from_words(
			values, &context, request->params, request->skip, &ignored);
	else
		result = values_from_object(values, &context, request->params, &ignored);
	return result < 0 || value->count == 0 ? NULL : value->items[0].text;
}

/* Who may not run the command is not asked for the bytes, and a notification cannot be sent any. */
struct input *
input_expected(struct arena *arena, const struct request *request, unsigned access,
	const struct zone *zone, const char **path)
{
	const struct param *param = input_param(request->command);
	struct input *input;

	if (param == NULL || request->id == NULL || !(access & command_needs(request->command)))
		return NULL;
	*path = find_path(arena, request, zone, param);
	if (*path == NULL)
		return NULL;
	input = mem_zero(1, sizeof *input);
	input->param = param;
	input->max = input_max(request->command);
	input->stream = (request->command->traits & COMMAND_STREAM) != 0;
	return input;
}

void
input_free(struct input *input)
{
	if (input == NULL)
		return;
	text_clear(&input->bytes);
	free(input);
}

int
input_give(struct call *call, const struct request *request, struct err *err)
{
	const struct param *param = input_param(request->command);

	call->input = request->input;
	if (call->input != NULL && call->input->failed) {
		*err = call->input->err;
		return -1;
	}
	if (param != NULL && call->input == NULL && call_count(call, param->name) > 0)
		return fail_field(
			err, ERR_USAGE, param->name, "the bytes of '%s' did not come", param->name);
	return 0;
}

static bool
is_open(const struct input *input)
{
	return input != NULL && !input->whole;
}

bool
inputs_are_ahead(const struct connection *connection)
{
	for (const struct batch *batch = connection->first; batch != NULL; batch = batch->next) {
		const struct input *input = batch->requests[0].input;

		if (input != NULL && input->stream && input->bytes.size >= INPUT_AHEAD)
			return true;
	}
	return false;
}

bool
input_is_open(const struct batch *batch)
{
	for (unsigned i = batch->next_request; i < batch->count; i++) {
		const struct input *input = batch->requests[i].input;

		if (is_open(input) && !input->stream)
			return true;
	}
	return false;
}

void
inputs_ask(struct connection *connection, const struct request *request, const char *path)
{
	struct text out = { 0 };

	connection->input_ms = clock_monotonic_ms();
	if (!request->words)
		return;
	answer_open(&out, request->id, request->input->param->name, path, "read");
	connection_send(connection, out.bytes, out.size);
	text_clear(&out);
}

/* The first request that waits for its bytes; with id (JSON text) the one of it. */
static const struct request *
find_open(const struct connection *connection, const char *id)
{
	for (const struct batch *batch = connection->first; batch != NULL; batch = batch->next) {
		for (unsigned i = batch->next_request; i < batch->count; i++) {
			const struct request *request = &batch->requests[i];

			if (is_open(request->input) && (id == NULL || strcmp(request->id, id) == 0))
				return request;
		}
	}
	return NULL;
}

static size_t
collected(const struct connection *connection)
{
	size_t size = 0;

	for (const struct batch *batch = connection->first; batch != NULL; batch = batch->next) {
		for (unsigned i = batch->next_request; i < batch->count; i++) {
			if (batch->requests[i].input != NULL)
				size += batch->requests[i].input->bytes.size;
		}
	}
	return size;
}

/* The request is run all the same, so that its answer comes in its turn: it is the error. */
static void
give_up(struct input *input)
{
	input->whole = input->failed = true;
	text_clear(&input->bytes);
}

static void
add_bytes(
	const struct connection *connection, struct input *input, const uint8_t *bytes, size_t size)
{
	const char *name = input->param->name;
	size_t others = collected(connection) - input->bytes.size;

	if (input->bytes.size + size > input->max)
		fail_field(&input->err, ERR_USAGE, name, "'%s' is longer than %zu bytes", name,
			input->max);
	else if (others > 0 && others + input->bytes.size + size > INPUTS_MAX)
		fail_field(&input->err, ERR_UNAVAILABLE, name,
			"the files that wait on this connection have over %d bytes", INPUTS_MAX);
	else {
		text_add_n(&input->bytes, (const char *)bytes, size);
		return;
	}
	give_up(input);
}

static void
add_chunk(const struct connection *connection, struct input *input, const json_t *chunk)
{
	const char *name = input->param->name;
	struct arena *arena;
	uint8_t *bytes = NULL;
	size_t size = 0;

	if (chunk == NULL)
		return;
	arena = arena_new();
	if (json_is_string(chunk))
		bytes = base64_decode(
			arena, json_string_value(chunk), json_string_length(chunk), &size);
	if (bytes != NULL) {
		add_bytes(connection, input, bytes, size);
	} else {
		fail_field(&input->err, ERR_USAGE, name, "a 'chunk' of '%s' is not base64", name);
		give_up(input);
	}
	arena_free(arena);
}

void
inputs_take(struct connection *connection, const json_t *params)
{
	const json_t *id = json_object_get(params, "id");
	char *text = id == NULL ? NULL : json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
	const struct request *request = text == NULL ? NULL : find_open(connection, text);

	if (request == NULL && text != NULL)
		loop_calls_take(connection->control, connection, text, params);
	free(text);
	if (request == NULL)
		return;
	connection->input_ms = clock_monotonic_ms();
	add_chunk(connection, request->input, json_object_get(params, "chunk"));
	request->input->whole |= json_is_true(json_object_get(params, "last"));
}

bool
inputs_cancel(struct connection *connection, const char *id)
{
	const struct request *request = find_open(connection, id);

	if (request == NULL)
		return false;
	fail(&request->input->err, ERR_UNAVAILABLE, "'%s' was cancelled", request->command->name);
	give_up(request->input);
	return true;
}

void
inputs_end(struct connection *connection)
{
	const struct request *request;

	while ((request = find_open(connection, NULL)) != NULL) {
		const char *name = request->input->param->name;

		fail_field(&request->input->err, ERR_UNAVAILABLE, name,
			"the connection ended before the last of '%s' came", name);
		give_up(request->input);
	}
	loop_calls_starve(connection->control, connection,
		"the connection ended before the last of the file came");
}

/* It holds up so much that no more is read, nor its bytes, which come behind the rest. */
static bool
is_stuck(const struct connection *connection)
{
	return connection_is_full(connection) && input_is_open(connection->first);
}

/* The same of calls that take their bytes as they come. */
static void
tick_calls(struct connection *connection, int64_t now_ms)
{
	if (connection->clogged > 0)
		return;
	if (connection_is_full(connection))
		loop_calls_starve(connection->control, connection,
			"too much came before the last of the file");
	else if (now_ms - connection->input_ms > INPUT_IDLE_MS)
		loop_calls_starve(connection->control, connection,
			"the last of the file did not come in time");
}

bool
inputs_tick(struct connection *connection, int64_t now_ms)
{
	const struct request *request = find_open(connection, NULL);
	bool stuck = request != NULL && is_stuck(connection);
	const char *name;

	tick_calls(connection, now_ms);
	if (request != NULL && request->input->stream)
		return false;
	if (request == NULL || (!stuck && now_ms - connection->input_ms <= INPUT_IDLE_MS))
		return false;
	name = request->input->param->name;
	if (stuck && connection->waiting < WAITING_MAX)
		fail_field(&request->input->err, ERR_UNAVAILABLE, name,
			"requests of over %d bytes came before the last of '%s'", HELD_MAX, name);
	else if (stuck)
		fail_field(&request->input->err, ERR_UNAVAILABLE, name,
			"%d requests came before the last of '%s'", WAITING_MAX, name);
	else
		fail_field(&request->input->err, ERR_UNAVAILABLE, name,
			"the last of '%s' did not come in time", name);
	give_up(request->input);
	connection->input_ms = now_ms;
	return true;
}
