#include "test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/clock.h"
#include "liaison/net/http.h"
#include "liaison/net/mutf7.h"
#include "liaison/net/tls.h"
#include "memory/starve.h"
#include "play.h"

/* The doors to the network when memory runs out, theirs or ours. */

static void *
open_nothing(void)
{
	return open_nothing;
}

static void
close_nothing(void *ignored)
{
	(void)ignored;
}

static const char SESSION[] =
	"* OK [CAPABILITY IMAP4rev1 IDLE SASL-IR AUTH=PLAIN SPECIAL-USE] hi\r\n"
	"A1 OK [CAPABILITY IMAP4rev1 IDLE SPECIAL-USE] in\r\n"
	"* LIST (\\HasNoChildren \\Sent) \"/\" \"Gesendete &APY-\"\r\nA2 OK listed\r\n"
	"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\nA3 OK [READ-ONLY] sel\r\n"
	"* SEARCH 5 8\r\nA4 OK found\r\n"
	"* 1 FETCH (UID 5 FLAGS (\\Seen) INTERNALDATE \"20-Nov-2026 10:00:00 +0100\" RFC822.SIZE "
	"99 "
	"BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 5 "
	"1)(\"IMAGE\" "
	"\"PNG\" (\"NAME\" \"a.png\") NIL NIL \"BASE64\" 50) \"MIXED\") "
	"BODY[HEADER] {24}\r\nSubject: x\r\nFrom: y@z\r\n\r\n)\r\nA5 OK fetched\r\n"
	"+ idling\r\n* 3 EXISTS\r\n";

static int
run_imap(void *ignored, struct text *out, struct err *err)
{
	struct play play;

	(void)ignored, (void)err;
	play_begin(&play, TLS_IMPLICIT, "lYsSFi");
	play_feed(&play, SESSION, sizeof SESSION - 1, 50);
	text_add_n(out, play.log.bytes, play.log.size);
	text_add_n(out, play.sent.bytes, play.sent.size);
	play_end(&play);
	return 0;
}

/* ---- HTTP, with a server in the same thread ---------------------------------------------------- */

enum { SOCKETS_MAX = 8, PATIENCE_MS = 10000 };

struct scene {
	int listener, peer;
	struct pollfd sockets[SOCKETS_MAX];
	int64_t due;
	bool done;
	char url[64];
};

static void
watch(void *context, int descriptor, bool in, bool out)
{
	struct scene *scene = context;
	int place = 0;

	while (place < SOCKETS_MAX - 1 && scene->sockets[place].fd >= 0 &&
		scene->sockets[place].fd != descriptor)
		place++;
	scene->sockets[place].fd = in || out ? descriptor : -1;
	scene->sockets[place].events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
}

static void
set_alarm(void *context, int64_t milliseconds)
{
	((struct scene *)context)->due = milliseconds < 0 ? INT64_MAX
							  : clock_monotonic_ms() + milliseconds;
}

static void
resolve(void *context, const char *host, uint16_t port)
{
	(void)context, (void)host, (void)port;
}

static void
done(void *context)
{
	((struct scene *)context)->done = true;
}

static void *
open_scene(void)
{
	struct scene *scene = mem_zero(1, sizeof *scene);
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;
	struct err err;

	assert_int_equal(http_init(&err), 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	scene->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(scene->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(scene->listener, 5), 0);
	getsockname(scene->listener, (struct sockaddr *)&address, &size);
	snprintf(scene->url, sizeof scene->url, "http://127.0.0.1:%u/x", ntohs(address.sin_port));
	scene->peer = -1;
	return scene;
}

static void
close_scene(void *state)
{
	struct scene *scene = state;

	close(scene->listener);
	free(scene);
}

/* The question is small and comes at once. */
static void
serve(struct scene *scene)
{
	static const char ANSWER[] =
		"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Type: text/calendar\r\n"
		"Content-Length: 3\r\nConnection: close\r\n\r\nabc";
	char asked[4096];

	if (recv(scene->peer, asked, sizeof asked, 0) > 0)
		assert_true(send(scene->peer, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) > 0);
	close(scene->peer);
	scene->peer = -1;
}

static void
turn(struct scene *scene, struct http *http)
{
	struct pollfd events[SOCKETS_MAX + 2];
	int64_t wait = scene->due - clock_monotonic_ms();

	memcpy(events, scene->sockets, sizeof scene->sockets);
	events[SOCKETS_MAX] = (struct pollfd){ .fd = scene->listener, .events = POLLIN };
	events[SOCKETS_MAX + 1] = (struct pollfd){ .fd = scene->peer, .events = POLLIN };
	poll(events, SOCKETS_MAX + 2, wait < 0 ? 0 : wait > 100 ? 100 : (int)wait);
	if (events[SOCKETS_MAX + 1].revents)
		serve(scene);
	if (events[SOCKETS_MAX].revents)
		scene->peer = accept(scene->listener, NULL, NULL);
	for (int i = 0; i < SOCKETS_MAX && !scene->done; i++)
		if (events[i].fd >= 0 && events[i].revents)
			http_ready(http, events[i].fd,
				(events[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0,
				(events[i].revents & POLLOUT) != 0);
	if (!scene->done && clock_monotonic_ms() >= scene->due) {
		scene->due = INT64_MAX;
		http_tick(http);
	}
}

static int
run_http(void *state, struct text *out, struct err *err)
{
	static const struct http_loop LOOP = { watch, set_alarm, resolve, done };
	struct scene *scene = state;
	struct http_request request = {
		.url = scene->url, .user = "me", .secret = "s", .etag = "\"w\"", .size_max = 1024
	};
	int64_t until = clock_monotonic_ms() + PATIENCE_MS;
	struct http_answer *answer;
	struct http *http;
	int result = 0;

	for (int i = 0; i < SOCKETS_MAX; i++)
		scene->sockets[i].fd = -1;
	scene->due = INT64_MAX;
	scene->done = false;
	http = http_get(&request, &LOOP, scene, err);
	if (http == NULL)
		return -1;
	while (!scene->done && clock_monotonic_ms() < until)
		turn(scene, http);
	if (!scene->done) {
		result = fail(err, ERR_FORMAT, "it has not ended after 10 s");
	} else {
		answer = http_answer(http);
		if (answer->outcome == HTTP_RECEIVED)
			text_printf(out, "%s %s\n", answer->etag, answer->body.bytes);
		else
			result = fail(err,
				answer->outcome == HTTP_UNREACHABLE ? ERR_NETWORK : ERR_FORMAT,
				"%s", answer->error);
	}
	http_free(http);
	if (scene->peer >= 0)
		close(scene->peer);
	scene->peer = -1;
	return result;
}

static const struct scenario SCENARIOS[] = {
	{ "speaks_imap", open_nothing, run_imap, NULL, NULL, close_nothing, false },
	{ "gets_a_feed", open_scene, run_http, NULL, NULL, close_scene, true },
};

int
main(void)
{
	return STARVE_EACH(SCENARIOS);
}
