#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "input.h"

static void on_ready(uv_poll_t *poll, int status, int events);

void
connection_listen(struct connection *connection)
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
	connection_listen(connection);
	return connection;
}

void
connection_release(struct connection *connection)
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
	connection_release(connection);
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

void
connection_close_if_over(struct connection *connection)
{
	if (!connection->closing && connection->ended && connection_is_idle(connection))
		connection_close(connection);
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
	connection_listen(connection);
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
	connection_listen(connection);
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
	connection_close_if_over(connection);
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
