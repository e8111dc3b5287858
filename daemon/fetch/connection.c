#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/clock.h"
#include "mailbox.h"

/* Name, address, socket, TLS, bytes. */

enum { READ_SIZE = 64 * 1024, READS_AT_ONCE = 4, NEXT_ADDRESS_MS = 5000 };

static void on_events(uv_poll_t *poll, int status, int events);
static void try_address(struct connection *connection);

const char *
connection_host(const struct connection *connection)
{
	return connection->host ? connection->host : box_config(connection->box)->host;
}

static void
poll_for(struct connection *connection, int events)
{
	if (connection->events == events || !connection->polled)
		return;
	connection->events = events;
	if (events == 0)
		uv_poll_stop(&connection->poll);
	else
		uv_poll_start(&connection->poll, events, on_events);
}

static void
set_deadline(struct connection *connection, int64_t milliseconds)
{
	connection->deadline = clock_monotonic_ms() + milliseconds;
	session_arm(connection);
}

void
connection_fail(
	struct connection *connection, enum source_state state, const char *why, int64_t wait_ms)
{
	char sentence[400];

	if (connection->phase == PHASE_CLOSED || connection->doom)
		return;
	if (connection->goodbye)
		snprintf(sentence, sizeof(sentence), "%s (the server said: %s)", why,
			connection->goodbye);
	else
		snprintf(sentence, sizeof(sentence), "%s", why);
	if (!connection->in_feed) {
		box_lost(connection, state, sentence, wait_ms);
		return;
	}
	connection->doom = mem_text(sentence);
	connection->doom_state = state;
	connection->doom_wait = wait_ms;
}

/* What failed while the machine was fed. */
static void
meet_doom(struct connection *connection)
{
	char *why = connection->doom;

	connection->doom = NULL;
	box_lost(connection, connection->doom_state, why, connection->doom_wait);
	free(why);
}

/* ---- bytes ---- */

/* 0: wait; over 0: bytes; -1: the connection failed. */
static ssize_t
read_some(struct connection *connection, char *buffer, struct err *err)
{
	enum tls_need need;
	ssize_t n;

	if (connection->tls)
		return tls_read(connection->tls, buffer, READ_SIZE, &need, err);
	n = recv(connection->descriptor, buffer, READ_SIZE, 0);
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == 0)
		return fail(err, ERR_NETWORK, "'%s' closed the connection",
			connection_host(connection));
	return fail(err, ERR_NETWORK, "the connection to '%s' was cut: %s",
		connection_host(connection), strerror(errno));
}

static ssize_t
write_some(struct connection *connection, const char *bytes, size_t size, struct err *err)
{
	enum tls_need need;
	ssize_t n;

	if (connection->tls)
		return tls_write(connection->tls, bytes, size, &need, err);
	n = send(connection->descriptor, bytes, size, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return fail(err, ERR_NETWORK, "the connection to '%s' was cut: %s",
		connection_host(connection), strerror(errno));
}

static bool
talks(const struct connection *connection)
{
	return connection->phase >= PHASE_GREETING && connection->phase < PHASE_CLOSED &&
	       !connection->doom && !connection->leaving;
}

void
connection_flush(struct connection *connection)
{
	struct err err = { 0 };
	size_t size;
	const char *bytes;
	bool full = false;

	if (!talks(connection))
		return;
	while (!full && (bytes = imap_output(connection->imap, &size)) && size > 0) {
		ssize_t n = write_some(connection, bytes, size, &err);

		if (n < 0) {
			connection_fail(connection, SOURCE_OFFLINE, err.message, 0);
			return;
		}
		imap_sent(connection->imap, (size_t)n);
		full = n == 0;
	}
	poll_for(connection, (connection->paused ? 0 : UV_READABLE) | (full ? UV_WRITABLE : 0));
}

static void
pause_reading(struct connection *connection)
{
	connection->paused = true;
	poll_for(connection, connection->events & ~UV_READABLE);
}

static void begin_handshake(struct connection *connection);

/* -1: there is nothing more to be read now. */
static int
feed(struct connection *connection, const char *bytes, size_t size)
{
	struct err err = { 0 };
	int result;

	connection->last_byte = clock_monotonic_ms();
	connection->asked_bytes += (int64_t)size;
	connection->in_feed = true;
	result = imap_feed(connection->imap, bytes, size, &err);
	connection->in_feed = false;
	if (connection->doom)
		meet_doom(connection);
	else if (result < 0)
		connection_fail(connection, SOURCE_ERROR, err.message, 0);
	else if (connection->leaving)
		session_leave(connection);
	else if (connection->phase == PHASE_SECURING)
		begin_handshake(connection);
	else
		return 0;
	return -1;
}

/* Feeds what there is; a few pieces a turn, so that one server does not keep the loop. */
static void
read_all(struct connection *connection)
{
	static char buffer[READ_SIZE];
	struct err err = { 0 };

	for (int i = 0; i < READS_AT_ONCE && talks(connection); i++) {
		ssize_t n;

		if (link_blocked(box_fetch(connection->box)->link)) {
			pause_reading(connection);
			return;
		}
		n = read_some(connection, buffer, &err);
		if (n == 0)
			return;
		if (n < 0) {
			connection_fail(connection, SOURCE_OFFLINE, err.message, 0);
			return;
		}
		if (feed(connection, buffer, (size_t)n) < 0)
			return;
		session_next(connection);
	}
}

static void
step_handshake(struct connection *connection)
{
	struct err err = { 0 };
	enum tls_need need;

	if (tls_handshake(connection->tls, &need, &err) < 0) {
		connection_fail(connection, SOURCE_ERROR, err.message, 0);
		return;
	}
	if (need != TLS_READY) {
		poll_for(connection, need == TLS_NEEDS_READ ? UV_READABLE : UV_WRITABLE);
		return;
	}
	session_begin(connection);
}

static void
begin_handshake(struct connection *connection)
{
	const struct config_source *config = box_config(connection->box);
	struct err err = { 0 };
	struct tls_context *context = fetch_trust(
		box_fetch(connection->box), config->ca_file, &err);

	if (context)
		connection->tls = tls_new(context, connection->descriptor,
			connection_host(connection), config->tls_fingerprint, &err);
	if (!connection->tls) {
		connection_fail(connection, SOURCE_ERROR, err.message, 0);
		return;
	}
	connection->phase = PHASE_HANDSHAKE;
	set_deadline(connection, CONNECT_MS);
	step_handshake(connection);
}

static void
connected(struct connection *connection)
{
	uv_freeaddrinfo(connection->addresses);
	connection->addresses = connection->address = NULL;
	connection->imap = imap_new(box_config(connection->box)->tls, session_listen, connection);
	if (box_config(connection->box)->tls == TLS_IMPLICIT) {
		begin_handshake(connection);
		return;
	}
	session_begin(connection);
}

static void
drop_socket(struct connection *connection)
{
	if (connection->descriptor >= 0)
		close(connection->descriptor);
	connection->descriptor = -1;
}

/* uv_poll_t is tied to a descriptor: an address that fails costs a new connection structure's poll,
 * so a socket is polled only for the address in use and the handle closed before the next. */
static void
next_after_close(uv_handle_t *handle)
{
	struct connection *connection = handle->data;

	connection->polled = false;
	drop_socket(connection);
	if (connection->phase == PHASE_CLOSED) {
		free(connection);
		return;
	}
	try_address(connection);
}

static void
address_failed(struct connection *connection, int code)
{
	char sentence[300];
	bool last = !connection->address || !connection->address->ai_next;

	if (!last) {
		connection->address = connection->address->ai_next;
		connection->events = 0;
		if (connection->polled)
			uv_close((uv_handle_t *)&connection->poll, next_after_close);
		else {
			drop_socket(connection);
			try_address(connection);
		}
		return;
	}
	snprintf(sentence, sizeof(sentence), "'%s' port %d cannot be reached: %s",
		connection_host(connection), box_config(connection->box)->port, strerror(code));
	connection_fail(connection, SOURCE_OFFLINE, sentence, 0);
}

static void
finish_connect(struct connection *connection)
{
	int code = 0;
	socklen_t size = sizeof(code);

	if (getsockopt(connection->descriptor, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
		code = errno;
	if (code != 0) {
		address_failed(connection, code);
		return;
	}
	connected(connection);
}

static void
on_events(uv_poll_t *poll, int status, int events)
{
	struct connection *connection = poll->data;

	if (status < 0) { /* libuv stopped polling: reading tells what happened */
		connection->events = 0;
		events = UV_READABLE;
	}
	if (connection->phase == PHASE_CONNECT) {
		finish_connect(connection);
		return;
	}
	if (connection->phase == PHASE_HANDSHAKE) {
		step_handshake(connection);
		return;
	}
	if (events & UV_READABLE)
		read_all(connection);
	if (talks(connection))
		connection_flush(connection);
}

void
connection_resume(struct connection *connection)
{
	if (!connection->paused)
		return;
	connection->paused = false;
	connection->last_byte = connection->asked_at = clock_monotonic_ms();
	connection->asked_bytes = 0;
	read_all(connection); /* TLS may hold bytes that poll does not see */
	if (talks(connection))
		connection_flush(connection);
}

/* ---- socket ---- */

static void
set_option(int descriptor, int level, int option, int value)
{
	setsockopt(descriptor, level, option, &value, sizeof(value));
}

/* A peer that went without a word is noticed within minutes. */
static void
set_options(int descriptor)
{
	set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 60);
	set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 20);
	set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 120 * 1000);
	set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
}

static void
try_address(struct connection *connection)
{
	const struct addrinfo *address = connection->address;
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	connection->descriptor = fd;
	connection->phase = PHASE_CONNECT;
	if (fd < 0) {
		address_failed(connection, errno);
		return;
	}
	set_options(fd);
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS) {
		address_failed(connection, errno);
		return;
	}
	uv_poll_init(&box_fetch(connection->box)->loop, &connection->poll, fd);
	connection->poll.data = connection;
	connection->polled = true;
	connection->events = 0;
	set_deadline(connection, address->ai_next ? NEXT_ADDRESS_MS : CONNECT_MS);
	poll_for(connection, UV_WRITABLE);
}

static void
on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
	struct connection *connection = request->data;
	char sentence[300];

	free(request);
	if (!connection) { /* closed meanwhile */
		uv_freeaddrinfo(addresses);
		return;
	}
	connection->resolving = NULL;
	if (status == 0 && addresses) {
		connection->addresses = connection->address = addresses;
		try_address(connection);
		return;
	}
	uv_freeaddrinfo(addresses);
	snprintf(sentence, sizeof(sentence), "'%s' cannot be resolved: %s",
		connection_host(connection), uv_strerror(status < 0 ? status : UV_EAI_NONAME));
	connection_fail(connection, SOURCE_OFFLINE, sentence, 0);
}

static void
resolve(struct turn *turn)
{
	struct connection *connection = turn->owner;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct in6_addr literal;
	char port[8];
	int result;

	if (inet_pton(AF_INET, connection_host(connection), &literal) == 1 ||
		inet_pton(AF_INET6, connection_host(connection), &literal) == 1)
		hints.ai_flags = AI_NUMERICHOST;
	connection->phase = PHASE_RESOLVE;
	set_deadline(connection, CONNECT_MS);
	snprintf(port, sizeof(port), "%d", box_config(connection->box)->port);
	connection->resolving = mem_zero(1, sizeof(*connection->resolving));
	connection->resolving->data = connection;
	result = uv_getaddrinfo(&box_fetch(connection->box)->loop, connection->resolving,
		on_resolved, connection_host(connection), port, &hints);
	if (result == 0)
		return;
	free(connection->resolving);
	connection->resolving = NULL;
	connection_fail(connection, SOURCE_OFFLINE, uv_strerror(result), 0);
}

static void
ring(struct alarm *alarm)
{
	struct connection *connection = alarm->owner;

	if (connection->phase == PHASE_CONNECT && clock_monotonic_ms() >= connection->deadline) {
		address_failed(connection, ETIMEDOUT);
		return;
	}
	session_tick(connection);
}

struct connection *
connection_open(struct mailbox *box, struct folder *home)
{
	struct connection *connection = mem_zero(1, sizeof(*connection));

	connection->box = box;
	connection->home = home;
	connection->descriptor = -1;
	connection->alarm.ring = ring;
	connection->alarm.owner = connection;
	connection->turn.host = box_config(box)->host;
	connection->turn.go = resolve;
	connection->turn.owner = connection;
	connection->next = box->connections;
	box->connections = connection;
	if (home)
		home->idler = connection;
	return connection;
}

struct connection *
connection_open_check(struct mailbox *box, const char *host, uint32_t token)
{
	struct connection *connection = connection_open(box, NULL);

	connection->checking = true;
	connection->check_token = token;
	connection->deadline = INT64_MAX;
	connection->shown = mem_zero(1, sizeof(*connection->shown));
	connection->shown->source = box->source;
	if (host) {
		connection->host = mem_text(host);
		connection->turn.host = connection->host;
	}
	return connection;
}

static void
free_shown(struct connection *connection)
{
	if (connection->shown)
		folders_free(connection->shown);
	free(connection->shown);
	free(connection->host);
	connection->shown = NULL;
	connection->host = NULL;
}

static void
free_closed(uv_handle_t *handle)
{
	struct connection *connection = handle->data;

	drop_socket(connection);
	free(connection);
}

/* Gives everything back; the structure itself goes when the loop has let go of it. */
void
connection_close(struct connection *connection)
{
	struct fetch *fetch = box_fetch(connection->box);

	connection->phase = PHASE_CLOSED;
	alarm_stop(fetch->alarms, &connection->alarm);
	rate_leave(fetch->rate, &connection->turn);
	free_shown(connection);
	if (connection->resolving) {
		connection->resolving->data = NULL;
		uv_cancel((uv_req_t *)connection->resolving);
	}
	uv_freeaddrinfo(connection->addresses);
	tls_free(connection->tls);
	imap_free(connection->imap);
	free(connection->goodbye);
	free(connection->polls);
	connection->polls = NULL;
	connection->tls = NULL;
	connection->imap = NULL;
	connection->goodbye = NULL;
	if (connection->polled && !uv_is_closing((uv_handle_t *)&connection->poll))
		uv_close((uv_handle_t *)&connection->poll, free_closed);
	else if (!connection->polled) {
		drop_socket(connection);
		free(connection);
	}
}
