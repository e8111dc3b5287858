#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "liaison/base/clock.h"

/* What an http asks of the loop. */

struct look_socket {
	struct look_socket *next;
	struct look *look; /* NULL: closing */
	int descriptor;
	uv_poll_t poll;
};

/* libuv reports an error as a status without events: reading tells what it is. */
static void
on_events(uv_poll_t *poll, int status, int events)
{
	struct look_socket *at = poll->data;

	if (!at->look)
		return;
	http_ready(at->look->http, at->descriptor, status < 0 || (events & UV_READABLE) != 0,
		status < 0 || (events & UV_WRITABLE) != 0);
}

static void
free_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static struct look_socket *
socket_of(struct look *look, int descriptor)
{
	struct look_socket *at = look->sockets;

	while (at && at->descriptor != descriptor)
		at = at->next;
	return at;
}

static struct look_socket *
socket_new(struct look *look, int descriptor)
{
	struct look_socket *at = mem_zero(1, sizeof(*at));

	at->look = look;
	at->descriptor = descriptor;
	at->poll.data = at;
	uv_poll_init(&calendar_fetch(look->calendar)->loop, &at->poll, descriptor);
	at->next = look->sockets;
	look->sockets = at;
	return at;
}

static void
socket_close(struct look *look, struct look_socket *gone)
{
	for (struct look_socket **at = &look->sockets; *at; at = &(*at)->next)
		if (*at == gone) {
			*at = gone->next;
			break;
		}
	gone->look = NULL;
	uv_close((uv_handle_t *)&gone->poll, free_closed);
}

static void
watch(void *context, int descriptor, bool in, bool out)
{
	struct look *look = context;
	struct look_socket *at = socket_of(look, descriptor);

	if (!in && !out) {
		if (at)
			socket_close(look, at);
		return;
	}
	if (!at)
		at = socket_new(look, descriptor);
	uv_poll_start(&at->poll, (in ? UV_READABLE : 0) | (out ? UV_WRITABLE : 0), on_events);
}

static void
set_alarm(void *context, int64_t milliseconds)
{
	struct look *look = context;
	struct alarms *alarms = calendar_fetch(look->calendar)->alarms;

	if (milliseconds < 0)
		alarm_stop(alarms, &look->alarm);
	else
		alarm_set(alarms, &look->alarm, clock_monotonic_ms() + milliseconds);
}

static void
on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
	struct look *look = request->data;

	free(request);
	if (look) {
		look->resolving = NULL;
		http_resolved(look->http, status == 0 ? addresses : NULL,
			uv_strerror(status < 0 ? status : UV_EAI_NONAME));
	}
	uv_freeaddrinfo(addresses);
}

static void
resolve(void *context, const char *host, uint16_t port)
{
	struct look *look = context;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	look->resolving = mem_zero(1, sizeof(*look->resolving));
	look->resolving->data = look;
	if (uv_getaddrinfo(&calendar_fetch(look->calendar)->loop, look->resolving, on_resolved,
		    host, service, &hints) == 0)
		return;
	free(look->resolving); /* the alarm of the resolving says that there was no answer */
	look->resolving = NULL;
}

static void
done(void *context)
{
	struct look *look = context;
	const struct http_answer *answer = http_answer(look->http);
	struct look_result result = { .outcome = answer->outcome,
		.state = SOURCE_ERROR,
		.error = answer->error[0] ? answer->error : NULL,
		.retry_ms = answer->retry_after * 1000 };

	if (answer->outcome == HTTP_DENIED)
		result.state = SOURCE_AUTH_FAILED;
	else if (answer->outcome == HTTP_UNREACHABLE && answer->status == 0)
		result.state = SOURCE_OFFLINE;
	look_end(look, &result);
}

const struct http_loop look_http_loop = {
	.watch = watch,
	.alarm = set_alarm,
	.resolve = resolve,
	.done = done,
};

void
look_loop_close(struct look *look)
{
	if (look->resolving) {
		look->resolving->data = NULL;
		uv_cancel((uv_req_t *)look->resolving);
		look->resolving = NULL;
	}
	http_free(look->http);
	look->http = NULL;
	while (look->sockets)
		socket_close(look, look->sockets);
}
