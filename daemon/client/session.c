#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remote.h"
#include "socket.h"
#include "zone.h"

enum {
	LINE_MAX_SIZE = 64 << 20, /* an answer is at most this long */
	READ_SIZE = 64 * 1024,
	OUTGOING_MAX = 256 * 1024, /* more of a file is read when less than this waits */
};

static volatile sig_atomic_t interrupts;

static void
interrupted(int number)
{
	(void)number;
	interrupts++;
}

void
reply_clear(struct reply *reply)
{
	json_decref(reply->result);
	json_decref(reply->error);
	*reply = (struct reply){ 0 };
}

/* SIGINT is held back but while we wait, so that none is lost in between. */
static void
hold_interrupts(void)
{
	struct sigaction action = { .sa_handler = interrupted };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
session_open(struct session *session, const struct options *options, struct err *err)
{
	struct arena *arena = arena_new();
	int result;

	*session = (struct session){ .in = -1, .out = -1, .options = options };
	transfer_init(&session->transfer, options);
	hold_interrupts();
	if (options->host != NULL)
		result = remote_open(options, &session->in, &session->out, &session->ssh, err);
	else
		result = socket_connect(socket_find(arena, options->socket), &session->in, err);
	if (result == 0 && options->host == NULL)
		session->out = session->in;
	if (result == 0) {
		fcntl(session->in, F_SETFL, fcntl(session->in, F_GETFL) | O_NONBLOCK);
		fcntl(session->out, F_SETFL, fcntl(session->out, F_GETFL) | O_NONBLOCK);
	}
	arena_free(arena);
	return result;
}

void
session_close(struct session *session)
{
	if (session->out >= 0 && session->out != session->in)
		close(session->out);
	if (session->in >= 0)
		close(session->in);
	if (session->ssh > 0)
		waitpid(session->ssh, NULL, 0);
	transfer_clear(&session->transfer);
	text_clear(&session->incoming);
	text_clear(&session->outgoing);
	session->in = session->out = -1;
}

/* ---- sending ------------------------------------------------------------------------------------ */

static void
add_members(const struct session *session, struct json_out *out, bool yes)
{
	const char *zone = zone_own();

	if (session->options->as != NULL)
		json_text(out, "as", session->options->as);
	if (zone != NULL)
		json_text(out, "tz", zone);
	if (session->options->dry_run)
		json_bool(out, "dry_run", true);
	if (yes || session->options->yes)
		json_bool(out, "yes", true);
}

static void
send_request(struct session *session, const char *method, const char *const *words, size_t count,
	bool yes)
{
	struct json_out out;

	json_out_init(&out, &session->outgoing);
	json_object_begin(&out, NULL);
	json_text(&out, "jsonrpc", "2.0");
	json_int(&out, "id", ++session->last_id);
	json_text(&out, "method", method);
	if (words != NULL) {
		json_array_begin(&out, "params");
		for (size_t i = 0; i < count; i++)
			json_text(&out, NULL, words[i]);
		json_array_end(&out);
		add_members(session, &out, yes);
	}
	json_object_end(&out);
	text_add_char(&session->outgoing, '\n');
}

static void
send_cancel(struct session *session)
{
	text_printf(&session->outgoing,
		"{\"jsonrpc\":\"2.0\",\"method\":\"cancel\",\"params\":{\"id\":%lld}}\n",
		(long long)session->last_id);
}

static int
lost(const struct session *session, struct err *err)
{
	if (session->options->host != NULL)
		return fail(err, ERR_UNAVAILABLE, "the connection to '%s' broke",
			session->options->host);
	return fail(err, ERR_UNAVAILABLE, "the daemon closed the connection");
}

static int
write_some(struct session *session, struct err *err)
{
	ssize_t sent = write(session->out, session->outgoing.bytes, session->outgoing.size);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return lost(session, err);
	if (sent > 0)
		text_drop_front(&session->outgoing, (size_t)sent);
	return 0;
}

/* ---- receiving ---------------------------------------------------------------------------------- */

/* 1: something came; 0: nothing now; -1: the end. */
static int
read_some(struct session *session, struct err *err)
{
	ssize_t got;

	text_reserve(&session->incoming, READ_SIZE);
	got = read(session->in, session->incoming.bytes + session->incoming.size, READ_SIZE);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0)
		return lost(session, err);
	session->incoming.size += (size_t)got;
	if (session->incoming.size > LINE_MAX_SIZE)
		return fail(err, ERR_UNAVAILABLE, "the daemon's answer is too long");
	return 1;
}

static void
hear_notification(struct session *session, const char *method, const json_t *params)
{
	if (strcmp(method, "progress") == 0 && session->progress != NULL)
		session->progress(session->context, params);
	else if ((strcmp(method, "event") == 0 || strcmp(method, "lagged") == 0) &&
		 session->event != NULL)
		session->event(session->context, method, params);
	else if (strcmp(method, "open") == 0)
		transfer_open(&session->transfer, params);
	else if (strcmp(method, "data") == 0)
		transfer_write(&session->transfer, params);
}

/* 1: the message is the answer to the last request. */
static int
hear(struct session *session, json_t *message, struct reply *out)
{
	const json_t *id = json_object_get(message, "id");
	const char *method = json_string_value(json_object_get(message, "method"));

	if (method != NULL) {
		hear_notification(session, method, json_object_get(message, "params"));
		return 0;
	}
	if (out == NULL || (json_is_integer(id) && json_integer_value(id) != session->last_id))
		return 0;
	out->result = json_incref(json_object_get(message, "result"));
	out->error = json_incref(json_object_get(message, "error"));
	if (out->result == NULL && out->error == NULL)
		out->result = json_null();
	return 1;
}

static int
hear_line(
	struct session *session, const char *line, size_t size, struct reply *out, struct err *err)
{
	json_error_t why;
	json_t *message = json_loadb(line, size, JSON_DECODE_ANY, &why);
	int result;

	if (!json_is_object(message)) {
		json_decref(message);
		return fail(err, ERR_UNAVAILABLE, "what answers is not liaisond");
	}
	result = hear(session, message, out);
	json_decref(message);
	return result;
}

/* Takes whole lines until one is the answer. 1: it was; 0: no line is left. */
static int
hear_lines(struct session *session, struct reply *out, struct err *err)
{
	size_t taken = 0;
	int result = 0;

	while (result == 0) {
		const char *start = session->incoming.bytes + taken;
		size_t left = session->incoming.size - taken;
		const char *end = left == 0 ? NULL : memchr(start, '\n', left);

		if (end == NULL)
			break;
		result = hear_line(session, start, (size_t)(end - start), out, err);
		taken += (size_t)(end - start) + 1;
	}
	if (taken > 0)
		text_drop_front(&session->incoming, taken);
	return result;
}

/* ---- waiting ------------------------------------------------------------------------------------ */

/* Sleeps until something can be done, with SIGINT let through. */
static void
sleep_until(struct session *session, struct pollfd polled[3])
{
	sigset_t none;

	sigemptyset(&none);
	polled[0] = (struct pollfd){ .fd = session->in, .events = POLLIN };
	polled[1] = (struct pollfd){ .fd = session->outgoing.size > 0 ? session->out : -1,
		.events = POLLOUT };
	polled[2] = (struct pollfd){ .fd = session->outgoing.size < OUTGOING_MAX
						   ? transfer_input(&session->transfer)
						   : -1,
		.events = POLLIN };
	if (ppoll(polled, 3, NULL, &none) < 0)
		polled[0].revents = polled[1].revents = polled[2].revents = 0;
}

static int
move(struct session *session, struct err *err)
{
	struct pollfd polled[3];

	if (session->transfer.failed && !session->transfer.cancelled) {
		transfer_cancel(&session->transfer);
		send_cancel(session);
	}
	sleep_until(session, polled);
	if (polled[1].revents != 0 && write_some(session, err) < 0)
		return -1;
	if (polled[2].revents != 0)
		transfer_read(&session->transfer, session->last_id, &session->outgoing);
	if (polled[0].revents != 0 && read_some(session, err) < 0)
		return -1;
	return 0;
}

static int
wait_for(struct session *session, struct reply *out, struct err *err)
{
	sig_atomic_t seen = interrupts;
	int found;

	while ((found = hear_lines(session, out, err)) == 0) {
		if (interrupts > seen && session->ends_on_interrupt)
			return 0;
		if (interrupts > seen + 1)
			return 0;
		if (interrupts > seen && !session->transfer.cancelled) {
			transfer_cancel(&session->transfer);
			send_cancel(session);
		}
		if (move(session, err) < 0)
			return -1;
	}
	return found;
}

int
session_call(struct session *session, const char *method, const char *const *words, size_t count,
	bool yes, struct reply *out, struct err *err)
{
	struct reply reply = { 0 };
	int found;

	session->transfer.cancelled = false;
	send_request(session, method, words, count, yes);
	found = wait_for(session, &reply, err);
	if (found < 0)
		return -1;
	reply.interrupted = found == 0;
	if (session->transfer.failed) {
		reply_clear(&reply);
		return transfer_error(&session->transfer, err);
	}
	if (transfer_finish(&session->transfer, reply.result != NULL, err) < 0) {
		reply_clear(&reply);
		return -1;
	}
	*out = reply;
	return 0;
}

int
session_listen(struct session *session, struct err *err)
{
	return wait_for(session, NULL, err) < 0 ? -1 : 0;
}
