#include "loop_call.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/base/crypt.h"
#include "request.h"

static struct connection *
connection_of(const struct loop_call *call)
{
	return call->batch->connection;
}

const char *
loop_call_id(const struct loop_call *call)
{
	return call->batch->requests[0].id;
}

static void
link_call(struct control *control, struct loop_call *call)
{
	call->next = control->calls;
	if (call->next != NULL)
		call->next->previous = call;
	control->calls = call;
	control->call_count++;
}

static void
unlink_call(struct control *control, struct loop_call *call)
{
	if (call->previous != NULL)
		call->previous->next = call->next;
	else
		control->calls = call->next;
	if (call->next != NULL)
		call->next->previous = call->previous;
	control->call_count--;
}

/* The call lies in its batch's arena and ends with it. */
static void
end_call(struct loop_call *call)
{
	struct batch *batch = call->batch;
	struct connection *connection = batch->connection;
	struct control *control = connection->control;
	const struct command *command = batch->requests[0].command;

	call->fed = true;
	loop_call_hold(call, false);
	unlink_call(control, call);
	if (batch->requests[0].id != NULL)
		connection_send(connection, batch->out.bytes, batch->out.size);
	control_return(control, batch);
	connection_loop_done(connection, command);
}

void
loop_call_answer(struct loop_call *call)
{
	answer_end(&call->batch->out);
	end_call(call);
}

void
loop_call_fail_with(struct loop_call *call, const struct err *err, const struct answer_more *more)
{
	text_reset(&call->batch->out);
	answer_error(&call->batch->out, loop_call_id(call), 0, err, more);
	end_call(call);
}

void
loop_call_fail(struct loop_call *call, const struct err *err)
{
	loop_call_fail_with(call, err, NULL);
}

/* What goes on is bounded, as each call holds memory, a place at a server, or a copy of the
 * database. */
static int
check_room(const struct loop_call *call, struct err *err)
{
	const struct connection *connection = connection_of(call);

	if (connection->looping > LOOPING_MAX)
		return fail(err, ERR_UNAVAILABLE,
			"%d commands of this connection that take long are under way", LOOPING_MAX);
	if (connection->control->call_count > LOOPING_ALL)
		return fail(err, ERR_UNAVAILABLE, "too many commands that take long are under way");
	return 0;
}

/* No transaction keeps a result under a key, or could be undone. */
static int
check_members(const struct loop_call *call, struct err *err)
{
	const struct request *request = &call->batch->requests[0];
	const struct command *command = request->command;

	if (request->key != NULL)
		return fail_field(
			err, ERR_USAGE, "key", "'key' is not taken by '%s'", command->name);
	if (request->dry_run && !(command->traits & COMMAND_TRIES))
		return fail_field(err, ERR_USAGE, "dry_run",
			"'%s' cannot be tried: it takes no 'dry_run'", command->name);
	return 0;
}

static int
check_confirmed(const struct loop_call *call, struct err *err)
{
	const struct call *words = &call->call;

	/* One that can be tried tries first, and refuses with the counts itself. */
	if (!(words->command->traits & COMMAND_CONFIRM) || words->yes || words->dry_run ||
		words->command->traits & COMMAND_TRIES)
		return 0;
	fail(err, ERR_REFUSED, "'%s' must be confirmed", words->command->name);
	return err_hint(err, "run it with yes (liaison --yes)");
}

void
loop_call_run(struct batch *batch)
{
	struct control *control = batch->connection->control;
	struct worker *self = &control->engine->self;
	struct loop_call *call = arena_alloc(batch->arena, sizeof *call);
	struct err err;

	link_call(control, call);
	call->batch = batch;
	if (check_room(call, &err) < 0 ||
		call_prepare(&call->call, batch, &batch->requests[0], self, &err) < 0) {
		loop_call_fail(call, &err);
		return;
	}
	answer_begin(&batch->out, loop_call_id(call));
	json_out_init(&call->json, &batch->out);
	call->call.out = &call->json;
	if (check_members(call, &err) < 0 || check_confirmed(call, &err) < 0 ||
		call->call.command->run_loop(call, &err) < 0)
		loop_call_fail(call, &err);
}

void
loop_calls_cancel(struct control *control, struct connection *connection, const char *id)
{
	struct loop_call *next;

	for (struct loop_call *call = control->calls; call != NULL; call = next) {
		next = call->next;
		if (connection_of(call) != connection || call->cancelled ||
			(id != NULL && (loop_call_id(call) == NULL ||
					       strcmp(loop_call_id(call), id) != 0)))
			continue;
		call->cancelled = true;
		if (call->cancel != NULL) {
			call->cancel(call);
			next = control->calls; /* others may have ended with it; cancelled ones are passed over */
		}
	}
}

/* ---- their files ---- */

void
loop_call_hold(struct loop_call *call, bool full)
{
	struct connection *connection = connection_of(call);

	if (call->full == full)
		return;
	call->full = full;
	if (full)
		connection->clogged++;
	else
		connection->clogged--;
	connection->input_ms = clock_monotonic_ms();
	if (!connection->closing)
		connection_pump(connection);
}

static void
starve(struct loop_call *call, enum err_code code, const char *why)
{
	struct err err;

	call->fed = true;
	fail_field(&err, code, "file", "%s", why);
	call->starved(call, &err);
}

static void
feed(struct loop_call *call, const json_t *params)
{
	const json_t *chunk = json_object_get(params, "chunk");
	bool last = json_is_true(json_object_get(params, "last"));
	struct arena *arena = arena_new();
	uint8_t *bytes = NULL;
	size_t size = 0;

	if (json_is_string(chunk))
		bytes = base64_decode(
			arena, json_string_value(chunk), json_string_length(chunk), &size);
	connection_of(call)->input_ms = clock_monotonic_ms();
	call->fed = last;
	if (chunk != NULL && bytes == NULL)
		starve(call, ERR_USAGE, "a 'chunk' of 'file' is not base64");
	else
		call->take(call, (const char *)bytes, size, last);
	arena_free(arena);
}

void
loop_calls_take(struct control *control, struct connection *connection, const char *id,
	const json_t *params)
{
	for (struct loop_call *call = control->calls; call != NULL; call = call->next) {
		if (connection_of(call) == connection && call->take != NULL && !call->fed &&
			loop_call_id(call) != NULL && strcmp(loop_call_id(call), id) == 0) {
			feed(call, params);
			return;
		}
	}
}

void
loop_calls_starve(struct control *control, struct connection *connection, const char *why)
{
	struct loop_call *next;

	for (struct loop_call *call = control->calls; call != NULL; call = next) {
		next = call->next;
		if (connection_of(call) != connection || call->take == NULL || call->fed)
			continue;
		starve(call, ERR_UNAVAILABLE, why);
		next = control->calls; /* it may have ended; those that are fed are passed over */
	}
}

void
loop_calls_drained(struct control *control, struct connection *connection)
{
	struct loop_call *next;

	for (struct loop_call *call = control->calls; call != NULL; call = next) {
		next = call->next;
		if (connection_of(call) == connection && call->drained != NULL)
			call->drained(call);
	}
}

size_t
loop_call_backlog(const struct loop_call *call)
{
	return connection_backlog(connection_of(call));
}

void
loop_call_notify(struct loop_call *call, const char *method, const char *fields)
{
	struct text out = { 0 };

	if (loop_call_id(call) == NULL)
		return;
	text_add(&out, "{\"jsonrpc\":\"2.0\",\"method\":\"");
	text_add(&out, method);
	text_add(&out, "\",\"params\":{\"id\":");
	text_add(&out, loop_call_id(call));
	text_add(&out, fields);
	text_add(&out, "}}\n");
	connection_send(connection_of(call), out.bytes, out.size);
	text_clear(&out);
}

void
loop_call_progress(struct loop_call *call, int64_t done, int64_t total, const char *unit)
{
	char fields[120], all[24];

	snprintf(all, sizeof all, "%lld", (long long)total);
	snprintf(fields, sizeof fields, ",\"done\":%lld,\"total\":%s,\"unit\":\"%s\"",
		(long long)done, total > 0 ? all : "null", unit);
	loop_call_notify(call, "progress", fields);
}

void
loop_call_open(struct loop_call *call, const char *param, const char *mode)
{
	const struct request *request = &call->batch->requests[0];
	struct text out = { 0 };

	if (!request->words || request->id == NULL)
		return;
	answer_open(&out, request->id, param, call_text(&call->call, param), mode);
	connection_send(connection_of(call), out.bytes, out.size);
	text_clear(&out);
}

void
loop_call_data(struct loop_call *call, const void *bytes, size_t size, bool last)
{
	struct text fields = { 0 };
	struct arena *arena = call->call.engine->self.arena;

	arena_reset(arena);
	text_add(&fields, ",\"chunk\":\"");
	text_add(&fields, base64_encode(arena, bytes, size));
	text_add(&fields, last ? "\",\"last\":true" : "\",\"last\":false");
	loop_call_notify(call, "data", fields.bytes);
	text_clear(&fields);
	arena_reset(arena);
}

int64_t
loop_call_data_all(struct loop_call *call, struct text *text)
{
	enum { CHUNK = 48 * 1024 };
	size_t sent = 0;

	while (sent < text->size) {
		size_t left = text->size - sent, size = left < CHUNK ? left : CHUNK;

		loop_call_data(call, text->bytes + sent, size, false);
		sent += size;
	}
	text_reset(text);
	return (int64_t)sent;
}
