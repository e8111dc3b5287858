#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine.h"
#include "input.h"
#include "liaison/base/log.h"

/* What a client sends: lines, made into batches of requests that go to one thread together. */

enum { READ_SIZE = 64 * 1024, READS_AT_ONCE = 4 };

static void
answer_at_once(struct connection *connection, const struct request *request, int code,
	const struct err *err)
{
	struct text out = { 0 };

	answer_error(&out, request->id, code, err, NULL);
	connection_send(connection, out.bytes, out.size);
	text_clear(&out);
}

/* For a cancel that was sent as a request. */
static void
answer_empty(struct connection *connection, const char *id)
{
	struct text out = { 0 };

	answer_begin(&out, id);
	text_add(&out, "{}");
	answer_end(&out);
	connection_send(connection, out.bytes, out.size);
	text_clear(&out);
}

/* One that was begun is not added to: its arena holds what its answers need. */
static bool
joins(const struct batch *last, enum lane lane)
{
	return last != NULL && last->lane == lane && lane != LANE_LOOP && last->count < BATCH_MAX &&
	       last->next_request == 0;
}

/* The batch the next request of that lane joins: the last one when there is none fresh. */
static struct batch *
batch_for(struct connection *connection, struct batch *fresh, enum lane lane)
{
	struct batch *last = connection->last;

	if (fresh == NULL)
		return last;
	fresh->lane = lane;
	fresh->connection = connection;
	if (last != NULL)
		last->next = fresh;
	else
		connection->first = fresh;
	connection->last = fresh;
	return fresh;
}

/* It is answered in its turn. */
static bool
cancel_waiting(struct connection *connection, const char *id)
{
	for (struct batch *batch = connection->first; batch != NULL; batch = batch->next) {
		for (unsigned i = batch->next_request; i < batch->count; i++) {
			struct request *request = &batch->requests[i];

			if (request->id != NULL && strcmp(request->id, id) == 0) {
				request->cancelled = true;
				return true;
			}
		}
	}
	return false;
}

static void
cancel(struct connection *connection, const struct request *request)
{
	const json_t *id = json_object_get(request->params, "id");
	char *text = id == NULL ? NULL : json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);

	if (text != NULL && !inputs_cancel(connection, text) && !cancel_waiting(connection, text) &&
		!connection_cancel_write(connection, text) &&
		!watch_cancel(&connection->engine->watch, connection, text))
		loop_calls_cancel(connection->control, connection, text);
	free(text);
	if (request->id != NULL)
		answer_empty(connection, request->id);
}

/* Who may nothing is not told what there is, either. */
static int
check_stranger(struct connection *connection, int *code, struct err *err)
{
	if (connection->peer.caller.access != 0)
		return 0;
	if (!connection->refused && control_may_tell(connection->control, connection->peer.uid))
		log_write(LOG_NOTICE, "control: '%s' (uid %u) asks and may not",
			connection->peer.caller.user, (unsigned)connection->peer.uid);
	connection->refused = true;
	*code = 0;
	fail(err, ERR_PERMISSION, "'%s' may not ask anything here", connection->peer.caller.user);
	return err_hint(
		err, "ask the administrator for a place in the group that the configuration names");
}

/* Adds request to the batch of its lane; *fresh is taken when it begins one. One that waits for its
 * file holds up those after it, and none before. */
static void
add_request(
	struct connection *connection, struct request *request, size_t size, struct batch **fresh)
{
	enum lane lane = command_lane(request->command);
	const char *path;
	struct batch *batch;

	request->input = input_expected((*fresh != NULL ? *fresh : connection->last)->arena,
		request, connection->peer.caller.access, connection->engine->settings->zone, &path);
	if (*fresh == NULL && (connection->last->lane != lane || request->input != NULL)) {
		*fresh = control_batch(connection->control);
		if (request->id != NULL)
			request->id = arena_text((*fresh)->arena, request->id);
	}
	batch = batch_for(connection, *fresh, lane);
	batch->requests[batch->count++] = *request;
	batch->size += size;
	connection->waiting++;
	connection->held += size;
	if (request->input != NULL)
		inputs_ask(connection, request, path);
	if (batch == *fresh)
		*fresh = NULL;
}

static void
refuse_line(struct connection *connection, struct request *request, int code, struct err *err)
{
	if (request->id == NULL && code == -32600)
		request->id = "null";
	answer_at_once(connection, request, code, err);
	json_decref(request->root);
}

/* The arena a line is read into is that of the batch it most likely joins. */
static void
take_line(struct connection *connection, const char *line, size_t size)
{
	struct batch *last = connection->last, *fresh = NULL;
	struct request request;
	enum line_kind kind;
	struct err err;
	int code, result;

	if (last == NULL || !joins(last, last->lane))
		fresh = control_batch(connection->control);
	connection->control->requests++;
	result = request_parse(
		(fresh ? fresh : last)->arena, line, size, &request, &kind, &code, &err);
	if (check_stranger(connection, &code, &err) < 0 || result < 0) {
		refuse_line(connection, &request, code, &err);
	} else if (kind == LINE_REQUEST) {
		add_request(connection, &request, size, &fresh);
	} else {
		if (kind == LINE_CANCEL)
			cancel(connection, &request);
		else
			inputs_take(connection, request.params);
		json_decref(request.root);
	}
	if (fresh != NULL)
		control_return(connection->control, fresh);
}

static size_t
line_max(const struct connection *connection)
{
	return connection->peer.caller.access != 0 ? JSON_LINE_MAX : STRANGER_LINE_MAX;
}

static void
too_long(struct connection *connection)
{
	static const struct request nobody = { .id = "null" };
	struct err err;

	fail(&err, ERR_USAGE, "a line is over %zu bytes long", line_max(connection));
	answer_at_once(connection, &nobody, -32700, &err);
}

/* Takes whole lines; the rest of one that is too long is passed over. */
static void
take_lines(struct connection *connection)
{
	struct text *in = &connection->in;
	size_t start = 0;
	char *newline;

	while (!connection->closing && connection->scanned < in->size &&
		(newline = memchr(in->bytes + connection->scanned, '\n',
			 in->size - connection->scanned)) != NULL) {
		size_t end = (size_t)(newline - in->bytes);

		if (connection->skipping)
			connection->skipping = false;
		else if (end - start > line_max(connection))
			too_long(connection);
		else if (end > start && !(end == start + 1 && in->bytes[start] == '\r'))
			take_line(connection, in->bytes + start, end - start);
		start = end + 1;
		connection->scanned = start;
	}
	if (connection->closing)
		return;
	text_drop_front(in, start);
	connection->scanned = in->size;
	if (connection->skipping || in->size > line_max(connection)) {
		if (!connection->skipping)
			too_long(connection);
		connection->skipping = true;
		text_reset(in);
		connection->scanned = 0;
	}
	/* What is skipped costs no memory, so it is late only once nothing more of it comes. */
	if (connection->skipping)
		connection->line_ms = clock_monotonic_ms();
	else if (in->size == 0)
		connection->line_ms = 0;
	else if (start > 0 || connection->line_ms == 0)
		connection->line_ms = clock_monotonic_ms();
}

/* The last line may end with the connection in place of a newline. */
static void
take_rest(struct connection *connection)
{
	if (connection->in.size == 0)
		return;
	text_add_char(&connection->in, '\n');
	take_lines(connection);
}

void
connection_read(struct connection *connection)
{
	for (int i = 0; i < READS_AT_ONCE && !connection->closing; i++) {
		ssize_t got;

		text_reserve(&connection->in, READ_SIZE);
		got = recv(connection->descriptor, connection->in.bytes + connection->in.size,
			READ_SIZE, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got <= 0) {
			connection->ended = true;
			if (got == 0)
				take_rest(connection);
			inputs_end(connection);
			if (got < 0)
				connection_close(connection);
			break;
		}
		connection->in.size += (size_t)got;
		connection->active_ms = clock_monotonic_ms();
		take_lines(connection);
		if (got < READ_SIZE || connection_is_clogged(connection))
			break;
	}
	if (!connection->closing && connection->in.size == 0)
		text_clear(&connection->in);
}
