#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/clock.h"
#include "mailbox.h"
#include "recording.h"

/* Bytes between a server and its machine, through TLS. */

enum { READ_SIZE = 64 * 1024, READS_AT_ONCE = 4 };

static void on_events(uv_poll_t *poll, int status, int events);

const char *
connection_host(const struct connection *connection)
{
	return connection->host;
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

/* The server ended it. */
static void
cut_off(struct connection *connection, const struct err *err)
{
	const char *doing = session_doing(connection);
	char sentence[sizeof(err->message) + 40];

	if (doing)
		snprintf(sentence, sizeof(sentence), "%s (while %s)", err->message, doing);
	else
		text_copy(sentence, sizeof(sentence), err->message);
	connection_fail(connection, SOURCE_OFFLINE, sentence, 0);
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
	while (!full && !connection->broken && (bytes = imap_output(connection->imap, &size)) &&
		size > 0) {
		ssize_t n = write_some(connection, bytes, size, &err);

		connection->broken = n < 0;
		if (n > 0 && connection->recording && connection->phase != PHASE_LOGIN)
			recording_add(connection->recording, false, bytes, (size_t)n);
		if (n > 0)
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
	connection->doubted = false;
	connection->asked_bytes += (int64_t)size;
	connection->in_feed = true;
	if (connection->recording)
		recording_add(connection->recording, true, bytes, size);
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
			cut_off(connection, &err);
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
	set_deadline(connection, HANDSHAKE_MS);
	step_handshake(connection);
}

static void
connected(struct connection *connection)
{
	connection->imap = imap_new(box_config(connection->box)->tls, session_listen, connection);
	if (box_config(connection->box)->tls == TLS_IMPLICIT) {
		begin_handshake(connection);
		return;
	}
	session_begin(connection);
}

static void
on_events(uv_poll_t *poll, int status, int events)
{
	struct connection *connection = poll->data;

	if (status < 0) { /* libuv stopped polling: reading tells what happened */
		connection->events = 0;
		events = UV_READABLE;
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

/* ---- beginning and end ---- */

static void
dialled(void *context, int descriptor, const struct err *err)
{
	struct connection *connection = context;

	connection->dial = NULL;
	if (descriptor < 0) {
		if (connection->port == 0) /* another port tells nothing of the host */
			outage_begins(box_fetch(connection->box), connection->host);
		connection_fail(connection, SOURCE_OFFLINE, err->message, 0);
		return;
	}
	outage_ends(box_fetch(connection->box), connection->host);
	connection->descriptor = descriptor;
	uv_poll_init(&box_fetch(connection->box)->loop, &connection->poll, descriptor);
	connection->poll.data = connection;
	connection->polled = true;
	connected(connection);
}

static void
dial(struct turn *turn)
{
	struct connection *connection = turn->owner;
	struct fetch *fetch = box_fetch(connection->box);

	connection->phase = PHASE_DIAL;
	connection->dial = dial_host(&fetch->loop, fetch->alarms, connection->host,
		connection->port != 0 ? connection->port : box_config(connection->box)->port,
		dialled, connection);
}

static void
ring(struct alarm *alarm)
{
	session_tick(alarm->owner);
}

struct connection *
connection_open(struct mailbox *box, struct folder *home, const char *host)
{
	struct connection *connection = mem_zero(1, sizeof(*connection));

	connection->box = box;
	connection->home = home;
	connection->host = mem_text(host ? host : box_config(box)->host);
	connection->descriptor = -1;
	connection->deadline = INT64_MAX;
	connection->alarm.ring = ring;
	connection->alarm.owner = connection;
	connection->turn.host = connection->host;
	connection->turn.go = dial;
	connection->turn.owner = connection;
	connection->next = box->connections;
	box->connections = connection;
	if (home)
		home->idler = connection;
	return connection;
}

struct connection *
connection_open_check(
	struct mailbox *box, const char *host, uint32_t token, struct recording *recording)
{
	struct connection *connection = connection_open(box, NULL, host);

	connection->checking = true;
	connection->surveying = host != NULL || recording != NULL;
	connection->recording = recording;
	connection->check_token = token;
	connection->shown = mem_zero(1, sizeof(*connection->shown));
	connection->shown->source = box->source;
	return connection;
}

static void
release(struct connection *connection)
{
	if (connection->shown)
		folders_free(connection->shown);
	free(connection->shown);
	recording_free(connection->recording);
	free(connection->host);
	free(connection->goodbye);
	free(connection->polls);
	free(connection);
}

static void
on_closed(uv_handle_t *handle)
{
	release(handle->data);
}

/* The structure itself goes when the loop has let go of it. */
void
connection_close(struct connection *connection)
{
	struct fetch *fetch = box_fetch(connection->box);

	connection->phase = PHASE_CLOSED;
	alarm_stop(fetch->alarms, &connection->alarm);
	rate_leave(fetch->rate, &connection->turn);
	dial_cancel(connection->dial);
	tls_free(connection->tls);
	imap_free(connection->imap);
	connection->dial = NULL;
	connection->tls = NULL;
	connection->imap = NULL;
	if (connection->polled)
		uv_close((uv_handle_t *)&connection->poll, on_closed);
	if (connection->descriptor >= 0)
		close(connection->descriptor);
	connection->descriptor = -1;
	if (!connection->polled)
		release(connection);
}
