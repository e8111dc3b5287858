#include "test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_machine.h"
#include "liaison/base/clock.h"

/* One GET against a server in the same thread, which answers each connection with the next of its
 * answers; the loop is poll's. */

enum { SOCKETS_MAX = 8, ANSWERS_MAX = 5 };

struct scene {
	int listener, peer; /* peer: connected and not served, or -1 */
	uint16_t port;
	const char *answers[ANSWERS_MAX + 1];
	unsigned served;
	char asked[4096];
	struct pollfd sockets[SOCKETS_MAX]; /* descriptor below 0: free */
	int64_t due; /* monotonic ms; below 0: never */
	char resolve[300]; /* "host:port" that is asked for, "" none */
	unsigned done;
	struct http *http;
	bool from_public; /* the first hop passes for one to a public address */
};

static void
watch(void *context, int descriptor, bool in, bool out)
{
	struct scene *scene = context;
	struct pollfd *place = NULL;

	for (int i = 0; i < SOCKETS_MAX; i++)
		if (scene->sockets[i].fd == descriptor)
			place = &scene->sockets[i];
	for (int i = 0; i < SOCKETS_MAX && !place; i++)
		if (scene->sockets[i].fd < 0)
			place = &scene->sockets[i];
	assert_non_null(place);
	place->fd = in || out ? descriptor : -1;
	place->events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
}

static void
set_alarm(void *context, int64_t milliseconds)
{
	struct scene *scene = context;

	scene->due = milliseconds < 0 ? -1 : clock_monotonic_ms() + milliseconds;
}

static void
resolve(void *context, const char *host, uint16_t port)
{
	struct scene *scene = context;

	snprintf(scene->resolve, sizeof scene->resolve, "%s:%u", host, port);
}

static void
done(void *context)
{
	struct scene *scene = context;

	scene->done++;
}

static const struct http_loop LOOP = { watch, set_alarm, resolve, done };

static void
begin(struct scene *scene)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;

	*scene = (struct scene){ .due = -1, .peer = -1 };
	for (int i = 0; i < SOCKETS_MAX; i++)
		scene->sockets[i].fd = -1;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	scene->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(scene->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(scene->listener, 5), 0);
	getsockname(scene->listener, (struct sockaddr *)&address, &size);
	scene->port = ntohs(address.sin_port);
}

static void
end(struct scene *scene)
{
	http_free(scene->http);
	close(scene->listener);
	if (scene->peer >= 0)
		close(scene->peer);
}

/* What is asked is small and comes at once. */
static void
serve(struct scene *scene)
{
	const char *answer = scene->answers[scene->served];
	ssize_t n = recv(scene->peer, scene->asked, sizeof scene->asked - 1, 0);

	if (n > 0) {
		assert_non_null(answer);
		scene->asked[n] = '\0';
		scene->served++;
		assert_int_equal(
			send(scene->peer, answer, strlen(answer), MSG_NOSIGNAL), strlen(answer));
	}
	close(scene->peer);
	scene->peer = -1;
}

static void
pass_on(struct scene *scene, struct pollfd *events)
{
	for (int i = 0; i < SOCKETS_MAX && scene->done == 0; i++)
		if (events[i].fd >= 0 && events[i].revents)
			http_ready(scene->http, events[i].fd,
				(events[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0,
				(events[i].revents & POLLOUT) != 0);
}

static void
turn(struct scene *scene)
{
	struct pollfd events[SOCKETS_MAX + 2];
	int64_t wait = scene->due < 0 ? 1000 : scene->due - clock_monotonic_ms();

	memcpy(events, scene->sockets, sizeof scene->sockets);
	events[SOCKETS_MAX] = (struct pollfd){ .fd = scene->listener, .events = POLLIN };
	events[SOCKETS_MAX + 1] = (struct pollfd){ .fd = scene->peer, .events = POLLIN };
	poll(events, SOCKETS_MAX + 2, wait > 0 ? (int)wait : 0);
	if (events[SOCKETS_MAX + 1].revents)
		serve(scene);
	if (events[SOCKETS_MAX].revents)
		scene->peer = accept(scene->listener, NULL, NULL);
	if (scene->from_public)
		scene->http->public_seen = true;
	pass_on(scene, events);
	if (scene->done == 0 && scene->due >= 0 && clock_monotonic_ms() >= scene->due) {
		scene->due = -1;
		http_tick(scene->http);
	}
}

static const struct http_answer *
get(struct scene *scene, const struct http_request *asked)
{
	struct http_request request = *asked;
	int64_t until = clock_monotonic_ms() + 10000;
	char url[200];
	struct err err;

	snprintf(url, sizeof url, "http://127.0.0.1:%u/feed.ics", scene->port);
	if (!request.url)
		request.url = url;
	request.size_max = 1024;
	scene->http = http_get(&request, &LOOP, scene, &err);
	assert_non_null(scene->http);
	while (scene->done == 0 && scene->resolve[0] == '\0') {
		assert_true(clock_monotonic_ms() < until);
		turn(scene);
	}
	return http_answer(scene->http);
}

#define LENGTH_3 "Content-Length: 3\r\nConnection: close\r\n\r\nabc"

static void
brings_a_body_and_what_the_header_says(void **state)
{
	struct scene scene;
	const struct http_answer *answer;

	(void)state;
	begin(&scene);
	scene.answers[0] =
		"HTTP/1.1 200 OK\r\nETag: W/\"x\"\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n"
		"last-modified: Sat, 21 Nov 2026 09:00:00 GMT\r\n"
		"Content-Type: text/calendar; charset=utf-8\r\n" LENGTH_3;
	answer = get(&scene, &(struct http_request){ 0 });
	assert_int_equal(answer->outcome, HTTP_RECEIVED);
	assert_int_equal(answer->status, 200);
	assert_string_equal(answer->body.bytes, "abc");
	assert_string_equal(answer->etag, "W/\"x\"");
	assert_string_equal(answer->modified, "Sat, 21 Nov 2026 09:00:00 GMT");
	assert_string_equal(answer->type, "text/calendar; charset=utf-8");
	assert_string_equal(answer->error, "");
	end(&scene);
}

static void
forgets_dates_and_words_that_are_not_to_be_relied_on(void **state)
{
	struct scene scene;
	const struct http_answer *answer;
	static char text[2000];

	(void)state;
	snprintf(text, sizeof text,
		"HTTP/1.1 200 OK\r\nETag: \"%0600d\"\r\nDate: Sat, 21 Nov 2026 09:00:01 GMT\r\n"
		"Last-Modified: Sat, 21 Nov 2026 09:00:00 GMT\r\nContent-Type: "
		"te\x1bxt\r\n" LENGTH_3,
		0);
	begin(&scene);
	scene.answers[0] = text;
	answer = get(&scene, &(struct http_request){ 0 });
	assert_int_equal(answer->outcome, HTTP_RECEIVED);
	assert_string_equal(answer->etag, "");
	assert_string_equal(answer->modified, "");
	assert_string_equal(answer->type, "");
	end(&scene);
}

static void
asks_by_what_is_known(void **state)
{
	struct scene scene;
	struct http_request request = {
		.etag = "\"x\"", .modified = "Sat, 21 Nov 2026 09:00:00 GMT", .secret = "t0ken"
	};
	const struct http_answer *answer;

	(void)state;
	begin(&scene);
	scene.answers[0] = "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";
	answer = get(&scene, &request);
	assert_int_equal(answer->outcome, HTTP_UNCHANGED);
	assert_non_null(strstr(scene.asked, "\r\nIf-None-Match: \"x\"\r\n"));
	assert_non_null(
		strstr(scene.asked, "\r\nIf-Modified-Since: Sat, 21 Nov 2026 09:00:00 GMT\r\n"));
	assert_non_null(strstr(scene.asked, "\r\nAuthorization: Bearer t0ken\r\n"));
	assert_non_null(strstr(scene.asked, " HTTP/1.1\r\n"));
	assert_null(strstr(scene.asked, "Accept-Encoding"));
	end(&scene);
}

static void
refuses_a_redirect_from_a_public_address_to_a_private_one(void **state)
{
	struct scene scene;
	const struct http_answer *answer;

	(void)state;
	for (int from_public = 0; from_public < 2; from_public++) {
		begin(&scene);
		scene.from_public = from_public;
		scene.answers[0] = "HTTP/1.1 302 Found\r\nLocation: /other\r\n" LENGTH_3;
		scene.answers[1] = "HTTP/1.1 200 OK\r\n" LENGTH_3;
		answer = get(&scene, &(struct http_request){ 0 });
		assert_int_equal(answer->outcome, from_public ? HTTP_WRONG : HTTP_RECEIVED);
		assert_string_equal(answer->error,
			from_public ? "'127.0.0.1' redirects to '127.0.0.1', whose address is "
				      "private: it is refused"
				    : "");
		assert_int_equal(scene.served, from_public ? 1 : 2);
		end(&scene);
	}
}

/* The name is of the public; what it resolves to counts. */
static void
a_name_that_resolves_to_a_private_address_is_refused_after_a_redirect(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct addrinfo found = { .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_addrlen = sizeof address,
		.ai_addr = (struct sockaddr *)&address };
	struct scene scene;
	char first[200], wanted[100];

	(void)state;
	begin(&scene);
	scene.from_public = true;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	snprintf(first, sizeof first,
		"HTTP/1.1 302 Found\r\nLocation: http://cal.example:%u/x\r\n" LENGTH_3, scene.port);
	scene.answers[0] = first;
	get(&scene, &(struct http_request){ 0 });
	snprintf(wanted, sizeof wanted, "cal.example:%u", scene.port);
	assert_string_equal(scene.resolve, wanted);
	http_resolved(scene.http, &found, NULL);
	while (scene.done == 0)
		turn(&scene);
	assert_string_equal(http_answer(scene.http)->error,
		"'127.0.0.1' redirects to 'cal.example', whose address is private: it is refused");
	assert_int_equal(scene.served, 1);
	end(&scene);
}

static void
connects_to_what_a_name_was_resolved_to(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct addrinfo found = { .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_addrlen = sizeof address,
		.ai_addr = (struct sockaddr *)&address };
	struct scene scene;
	char url[100], host[100];

	(void)state;
	begin(&scene);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	scene.answers[0] = "HTTP/1.1 200 OK\r\n" LENGTH_3;
	snprintf(url, sizeof url, "http://no-such-host.invalid:%u/x", scene.port);
	get(&scene, &(struct http_request){ .url = url });
	http_resolved(scene.http, &found, NULL);
	while (scene.done == 0)
		turn(&scene);
	assert_int_equal(http_answer(scene.http)->outcome, HTTP_RECEIVED);
	snprintf(host, sizeof host, "\r\nHost: no-such-host.invalid:%u\r\n", scene.port);
	assert_non_null(strstr(scene.asked, host));
	end(&scene);
}

static void
a_name_nobody_resolves_is_named(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	get(&scene, &(struct http_request){ .url = "https://cal.example/secret" });
	http_resolved(scene.http, NULL, "unknown node or service");
	assert_int_equal(scene.done, 1);
	assert_int_equal(http_answer(scene.http)->outcome, HTTP_UNREACHABLE);
	assert_string_equal(http_answer(scene.http)->error,
		"'cal.example' cannot be resolved: unknown node or service");
	end(&scene);
	begin(&scene);
	get(&scene, &(struct http_request){ .url = "https://cal.example/secret" });
	http_tick(scene.http);
	assert_string_equal(http_answer(scene.http)->error,
		"'cal.example' cannot be resolved: no answer in 20 s");
	http_resolved(scene.http, NULL, "too late");
	assert_int_equal(scene.done, 1);
	end(&scene);
}

static void
follows_to_https_and_to_another_host(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.answers[0] = "HTTP/1.1 307 Up\r\nLocation: https://cal.example/x\r\n" LENGTH_3;
	get(&scene, &(struct http_request){ 0 });
	assert_string_equal(scene.resolve, "cal.example:443");
	end(&scene);
	begin(&scene);
	scene.answers[0] = "HTTP/1.1 307 Down\r\nLocation: http://cal.example/x\r\n" LENGTH_3;
	get(&scene, &(struct http_request){ 0 });
	assert_string_equal(scene.resolve, "cal.example:80");
	end(&scene);
}

static void
lets_go_at_any_step(void **state)
{
	struct scene scene;
	struct http_request request = { .size_max = 10 };
	char url[100];
	struct err err;

	(void)state;
	for (int steps = 0; steps < 6; steps++) {
		begin(&scene);
		scene.answers[0] = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc";
		snprintf(url, sizeof url, "http://127.0.0.1:%u/", scene.port);
		request.url = url;
		scene.http = http_get(&request, &LOOP, &scene, &err);
		for (int i = 0; i < steps && scene.done == 0; i++)
			turn(&scene);
		end(&scene);
		for (int i = 0; i < SOCKETS_MAX; i++)
			assert_int_equal(scene.sockets[i].fd, -1);
	}
}

static void
refuses_an_address_that_is_none(void **state)
{
	struct scene scene;
	struct http_request request = { .url = "ftp://h.example/secret", .size_max = 10 };
	struct err err = { 0 };

	(void)state;
	begin(&scene);
	assert_null(http_get(&request, &LOOP, &scene, &err));
	assert_null(strstr(err.message, "secret"));
	end(&scene);
}

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	return http_init(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brings_a_body_and_what_the_header_says),
		cmocka_unit_test(forgets_dates_and_words_that_are_not_to_be_relied_on),
		cmocka_unit_test(asks_by_what_is_known),
		cmocka_unit_test(refuses_a_redirect_from_a_public_address_to_a_private_one),
		cmocka_unit_test(
			a_name_that_resolves_to_a_private_address_is_refused_after_a_redirect),
		cmocka_unit_test(connects_to_what_a_name_was_resolved_to),
		cmocka_unit_test(a_name_nobody_resolves_is_named),
		cmocka_unit_test(follows_to_https_and_to_another_host),
		cmocka_unit_test(lets_go_at_any_step),
		cmocka_unit_test(refuses_an_address_that_is_none),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
