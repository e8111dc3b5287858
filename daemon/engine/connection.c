#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "input.h"

enum { FLYING_MAX = 3 };

static void on_ready(uv_poll_t *poll, int status, int events);

static void
listen_for(struct connection *connection)
{
	int events = 0;

	if (connection->broken || (!connection->ended && !connection_is_clogged(connection) &&
					  connection_backlog(connection) <= OUT_MAX))
		events |= UV_READABLE;
	if (connection_backlog(connection) > 0)
		events |= UV_WRITABLE;
	if (connection->closing || events == connection->events)
		return;
	if (events & UV_READABLE && !(connection->events & UV_READABLE) && connection->line_ms != 0)
		connection->line_ms = clock_monotonic_ms(); /* what was not read was not late */
	connection->events = events;
	if (events != 0)
		uv_poll_start(&connection->poll, events, on_ready);
	else
		uv_poll_stop(&connection->poll);
}

struct connection *
connection_new(struct control *control, int descriptor)
{
	struct connection *connection = mem_zero(1, sizeof *connection);

	connection->control = control;
	connection->engine = control->engine;
	connection->descriptor = descriptor;
	connection->active_ms = clock_monotonic_ms();
	connection->next = control->connections;
	if (connection->next != NULL)
		connection->next->previous = connection;
	control->connections = connection;
	control->count++;
	connection->handle_open = true;
	uv_poll_init(&control->engine->loop, &connection->poll, descriptor);
	connection->poll.data = connection;
	listen_for(connection);
	return connection;
}

static void
free_if_unused(struct connection *connection)
{
	if (!connection->closing || connection->handle_open || connection->reading > 0 ||
		connection->writing > 0 || connection->looping > 0)
		return;
	text_clear(&connection->in);
	text_clear(&connection->out);
	free(connection);
}

static void
on_closed(uv_handle_t *handle)
{
	struct connection *connection = handle->data;

	close(connection->descriptor);
	connection->descriptor = -1;
	connection->handle_open = false;
	free_if_unused(connection);
}

static void
unlink_connection(struct connection *connection)
{
	if (connection->previous != NULL)
		connection->previous->next = connection->next;
	else
		connection->control->connections = connection->next;
	if (connection->next != NULL)
		connection->next->previous = connection->previous;
	connection->control->count--;
}

void
connection_close(struct connection *connection)
{
	struct batch *batch;

	if (connection->closing)
		return;
	connection->closing = true;
	connection->control->queued -= connection_backlog(connection);
	unlink_connection(connection);
	while ((batch = connection->first) != NULL) {
		connection->first = batch->next;
		control_return(connection->control, batch);
	}
	watch_drop(&connection->engine->watch, connection);
	connection->looping++; /* cancelled calls may end here and now */
	loop_calls_cancel(connection->control, connection, NULL);
	connection->looping--;
	uv_poll_stop(&connection->poll);
	uv_close((uv_handle_t *)&connection->poll, on_closed);
}

bool
connection_is_idle(const struct connection *connection)
{
	return !connection->closing && connection->waiting == 0 && connection->reading == 0 &&
	       connection->writing == 0 && connection->looping == 0 &&
	       connection_backlog(connection) == 0 &&
	       !watch_has(&connection->engine->watch, connection);
}

size_t
connection_backlog(const struct connection *connection)
{
	return connection->out.size - connection->sent;
}

bool
connection_is_full(const struct connection *connection)
{
	return connection->waiting >= WAITING_MAX || connection->held >= HELD_MAX;
}

bool
connection_is_clogged(const struct connection *connection)
{
	return connection_is_full(connection) || connection->clogged > 0 ||
	       inputs_are_ahead(connection);
}

/* Bytes taken, 0 when the socket is full, -1 when the client is gone. */
static ssize_t
put(struct connection *connection, const char *bytes, size_t size)
{
	ssize_t sent = send(connection->descriptor, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return 0;
	if (sent > 0) {
		connection->active_ms = clock_monotonic_ms();
		connection->stalled_ms = 0;
	}
	return sent;
}

static void
keep_rest(struct connection *connection, const char *bytes, size_t size)
{
	if (size == 0)
		return;
	if (connection->stalled_ms == 0)
		connection->stalled_ms = clock_monotonic_ms();
	if (connection->sent > connection->out.size / 2) {
		text_drop_front(&connection->out, connection->sent);
		connection->sent = 0;
	}
	connection->control->queued += size;
	text_add_n(&connection->out, bytes, size);
}

/* Closed on the next turn of the loop: whoever sends need not care that it may go away. */
static void
break_off(struct connection *connection)
{
	connection->control->queued -= connection_backlog(connection);
	connection->broken = true;
	connection->ended = false;
	connection->out.size = connection->sent = 0;
	shutdown(connection->descriptor, SHUT_RDWR);
	listen_for(connection);
}

void
connection_send(struct connection *connection, const char *bytes, size_t size)
{
	ssize_t sent = 0;

	if (connection->closing || connection->broken || size == 0)
		return;
	if (connection_backlog(connection) == 0) {
		text_reset(&connection->out);
		connection->sent = 0;
		sent = put(connection, bytes, size);
	}
	if (sent < 0) {
		break_off(connection);
		return;
	}
	keep_rest(connection, bytes + sent, size - (size_t)sent);
	listen_for(connection);
}

static void
flush(struct connection *connection)
{
	enum { KEEP = 256 * 1024 };
	size_t backlog = connection_backlog(connection);
	ssize_t sent = backlog == 0
			       ? 0
			       : put(connection, connection->out.bytes + connection->sent, backlog);

	if (sent < 0) {
		break_off(connection);
		return;
	}
	connection->sent += (size_t)sent;
	connection->control->queued -= (size_t)sent;
	if (connection_backlog(connection) > 0)
		return;
	if (connection->out.room > KEEP)
		text_clear(&connection->out);
	else
		text_reset(&connection->out);
	connection->sent = 0;
	watch_drained(&connection->engine->watch, connection);
	loop_calls_drained(connection->control, connection);
}

static bool
begin(struct connection *connection, struct batch *batch)
{
	if (connection->holding > 0 || input_is_open(batch))
		return false;
	switch (batch->lane) {
	case LANE_READ:
		if (connection->writing > 0 || connection->reading >= FLYING_MAX)
			return false;
		connection->reading++;
		break;
	case LANE_WRITE:
		if (connection->reading > 0 || connection->writing >= FLYING_MAX)
			return false;
		connection->writing++;
		break;
	case LANE_LOOP:
		if (connection->reading > 0 || connection->writing > 0)
			return false;
		connection->looping++;
		connection->holding += (batch->requests[0].command->traits & COMMAND_IN_ORDER) != 0;
		break;
	}
	connection->first = batch->next;
	if (connection->first == NULL)
		connection->last = NULL;
	batch->next = NULL;
	connection->waiting -= batch->count - batch->next_request;
	connection->held -= batch->size;
	return true;
}

static void
work_done(struct work *work)
{
	connection_batch_done((struct batch *)work);
}

static void
dispatch(struct connection *connection, struct batch *batch)
{
	batch->settings = settings_hold(connection->engine->settings);
	batch->caller = connection->peer.caller;
	batch->work.priority = WORK_COMMAND;
	batch->work.weight = batch->count;
	batch->work.done = work_done;
	batch->work.undone = batch_undone;
	batch->work.run = batch->lane == LANE_READ ? batch_run_reads : batch_run_writes;
	if (batch->lane == LANE_READ)
		pool_add(connection->engine->readers, &batch->work);
	else if (batch->lane == LANE_WRITE)
		writer_add(connection->engine->writer, &batch->work);
	else
		loop_call_run(batch);
}

/* What is answered waits in memory for clients that read slowly: one batch at a time for them, and
 * none while they are many. */
static bool
has_room(const struct connection *connection)
{
	enum { OUT_SLOW = 256 * 1024, OUT_ALL = 32 << 20 };
	size_t backlog = connection_backlog(connection);

	if (backlog == 0)
		return true;
	return backlog <= OUT_SLOW && connection->reading == 0 &&
	       connection->control->queued <= OUT_ALL;
}

/* A connection's requests take effect in order: reads wait for its writes, writes for its reads, and
 * all for a command of COMMAND_IN_ORDER. */
void
connection_pump(struct connection *connection)
{
	struct batch *batch;

	if (connection->pumping)
		return;
	connection->pumping = true;
	while (!connection->closing && (batch = connection->first) != NULL &&
		has_room(connection) && begin(connection, batch))
		dispatch(connection, batch);
	connection->pumping = false;
	if (!connection->closing)
		listen_for(connection);
}

/* A client that has sent its last is let go once it has all its answers. */
static void
close_if_over(struct connection *connection)
{
	if (!connection->closing && connection->ended && connection_is_idle(connection))
		connection_close(connection);
}

/* The rest of it comes first when there is room for more answers. */
static void
put_back(struct connection *connection, struct batch *batch)
{
	settings_release(batch->settings);
	batch->settings = NULL;
	text_reset(&batch->out);
	connection->waiting += batch->count - batch->next_request;
	connection->held += batch->size;
	batch->next = connection->first;
	connection->first = batch;
	if (connection->last == NULL)
		connection->last = batch;
}

static void
forget_lasting(struct connection *connection, struct batch *batch)
{
	struct batch **place = &connection->lasting;

	while (*place != NULL && *place != batch)
		place = &(*place)->next;
	if (*place == batch)
		*place = batch->next;
	batch->next = NULL;
	batch->lasting = false;
}

/* A write that takes several transactions goes to the writer again, behind others' commands and as new
 * mail does, so that neither waits for all of it. Whoever asked for it and is gone wants no more. */
static void
go_on(struct connection *connection, struct batch *batch)
{
	struct request *request = &batch->requests[batch->reached];
	struct text out = { 0 };

	connection_send(connection, batch->out.bytes, batch->out.size);
	text_reset(&batch->out);
	batch->next_request = batch->reached;
	if (!batch->lasting) {
		batch->lasting = true;
		batch->next = connection->lasting;
		connection->lasting = batch;
	}
	batch->lasting_id = request->id;
	request->cancelled = batch->unwanted || connection->closing;
	if (request->id != NULL) {
		text_printf(&out,
			"{\"jsonrpc\":\"2.0\",\"method\":\"progress\",\"params\":{\"id\":%s,"
			"\"done\":%lld,\"total\":%lld,\"unit\":\"%s\"}}\n",
			request->id, (long long)request->turns.done,
			(long long)request->turns.total, request->turns.unit);
		connection_send(connection, out.bytes, out.size);
		text_clear(&out);
	}
	batch->work.priority = WORK_NEW;
	writer_add(connection->engine->writer, &batch->work);
}

bool
connection_cancel_write(struct connection *connection, const char *id)
{
	for (struct batch *batch = connection->lasting; batch != NULL; batch = batch->next) {
		if (batch->lasting_id != NULL && strcmp(batch->lasting_id, id) == 0) {
			batch->unwanted = true;
			return true;
		}
	}
	return false;
}

void
connection_batch_done(struct batch *batch)
{
	struct connection *connection = batch->connection;

	if (batch->lane == LANE_WRITE && batch->reached < batch->count) {
		go_on(connection, batch);
		return;
	}
	if (batch->lasting)
		forget_lasting(connection, batch);
	if (batch->lane == LANE_READ)
		connection->reading--;
	else
		connection->writing--;
	connection_send(connection, batch->out.bytes, batch->out.size);
	if (batch->lane == LANE_READ && batch->next_request < batch->count && !connection->closing)
		put_back(connection, batch);
	else
		control_return(connection->control, batch);
	if (connection->closing) {
		free_if_unused(connection);
		return;
	}
	connection_pump(connection);
	close_if_over(connection);
}

void
connection_loop_done(struct connection *connection, const struct command *command)
{
	connection->looping--;
	connection->holding -= (command->traits & COMMAND_IN_ORDER) != 0;
	if (connection->closing) {
		free_if_unused(connection);
		return;
	}
	connection_pump(connection);
	close_if_over(connection);
}

/* Both halves are gone: nobody is there to read an answer. A client that has only sent its last
 * still reads. */
static bool
is_gone(const struct connection *connection)
{
	struct pollfd look = { .fd = connection->descriptor };

	return poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct connection *connection = poll->data;

	if (events & UV_WRITABLE)
		flush(connection);
	if (!connection->closing && events & UV_READABLE && !connection->ended)
		connection_read(connection);
	if (connection->closing)
		return;
	if (status < 0 || connection->broken ||
		(connection->ended && (is_gone(connection) ||
					      watch_has(&connection->engine->watch, connection)))) {
		connection_close(connection);
		return;
	}
	connection_pump(connection);
	close_if_over(connection);
}

void
connection_tick(struct connection *connection, int64_t now_ms)
{
	if (connection->stalled_ms > 0 && now_ms - connection->stalled_ms > STALLED_MS)
		connection_close(connection);
	else if (connection->line_ms > 0 && connection->events & UV_READABLE &&
		 now_ms - connection->line_ms > PARTIAL_MS)
		connection_close(connection);
	else if (connection->ended && is_gone(connection))
		connection_close(connection);
	if (!connection->closing && inputs_tick(connection, now_ms))
		connection_pump(connection);
}
