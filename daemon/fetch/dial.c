#include "dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"

enum {
	ADDRESSES_MAX = 16,
	RESOLVE_MS = 20 * 1000,
	CONNECT_MS = 20 * 1000, /* all addresses together */
	STAGGER_MS = 250, /* RFC 8305 section 5 */
	MAKE_ROOM_MS = 5000, /* an attempt so old makes room where DIAL_AT_ONCE are under way */
};

struct attempt {
	struct dial *dial;
	uv_poll_t poll;
	int descriptor; /* -1: not under way */
	int64_t since;
};

struct dial {
	uv_loop_t *loop;
	struct alarms *alarms;
	struct alarm alarm;
	char *host; /* own */
	int port;
	dial_done *done;
	void *context;
	uv_getaddrinfo_t *resolving;
	int64_t deadline;
	struct sockaddr_storage addresses[ADDRESSES_MAX];
	socklen_t sizes[ADDRESSES_MAX];
	struct attempt attempts[ADDRESSES_MAX]; /* one an address */
	size_t count, begun;
	size_t under_way;
	size_t handles; /* the loop has not let go of them yet */
	int status; /* of a resolver that did not even begin */
	int code; /* why the last attempt failed */
	bool over;
};

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

/* ---- the end ---- */

static void
free_when_unused(struct dial *dial)
{
	if (!dial->over || dial->handles > 0)
		return;
	free(dial->host);
	free(dial);
}

static void
on_closed(uv_handle_t *handle)
{
	struct attempt *attempt = handle->data;

	attempt->dial->handles--;
	free_when_unused(attempt->dial);
}

/* The descriptor, which is the caller's now, and is polled by nobody. */
static int
take_out(struct attempt *attempt)
{
	int descriptor = attempt->descriptor;

	attempt->descriptor = -1;
	attempt->dial->under_way--;
	uv_close((uv_handle_t *)&attempt->poll, on_closed);
	return descriptor;
}

void
dial_cancel(struct dial *dial)
{
	if (!dial)
		return;
	alarm_stop(dial->alarms, &dial->alarm);
	if (dial->resolving) {
		dial->resolving->data = NULL;
		uv_cancel((uv_req_t *)dial->resolving);
	}
	for (size_t i = 0; i < dial->begun; i++)
		if (dial->attempts[i].descriptor >= 0)
			close(take_out(&dial->attempts[i]));
	dial->over = true;
	free_when_unused(dial);
}

static void
finish(struct dial *dial, int descriptor, const struct err *err)
{
	dial_done *done = dial->done;
	void *context = dial->context;

	dial_cancel(dial);
	done(context, descriptor, err);
}

static void
unreachable(struct dial *dial, int code)
{
	struct err err = { 0 };

	fail(&err, ERR_NETWORK, "'%s' port %d cannot be reached: %s", dial->host, dial->port,
		strerror(code));
	finish(dial, -1, &err);
}

/* ---- attempts ---- */

static void on_events(uv_poll_t *poll, int status, int events);

static struct attempt *
oldest(struct dial *dial)
{
	for (size_t i = 0; i < dial->begun; i++)
		if (dial->attempts[i].descriptor >= 0)
			return &dial->attempts[i];
	return NULL;
}

/* 0, or the errno. */
static int
begin_attempt(struct dial *dial, size_t place)
{
	struct attempt *attempt = &dial->attempts[place];
	const struct sockaddr *address = (const struct sockaddr *)&dial->addresses[place];
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	attempt->dial = dial;
	attempt->descriptor = -1;
	attempt->since = clock_monotonic_ms();
	if (fd < 0)
		return errno;
	set_options(fd);
	if (connect(fd, address, dial->sizes[place]) < 0 && errno != EINPROGRESS) {
		int code = errno;

		close(fd);
		return code;
	}
	attempt->descriptor = fd;
	attempt->poll.data = attempt;
	uv_poll_init(dial->loop, &attempt->poll, fd);
	uv_poll_start(&attempt->poll, UV_WRITABLE, on_events);
	dial->under_way++;
	dial->handles++;
	return 0;
}

static int64_t
next_moment(struct dial *dial)
{
	int64_t at;

	if (dial->begun == dial->count)
		return dial->deadline;
	at = dial->attempts[dial->begun - 1].since + STAGGER_MS;
	if (dial->under_way == DIAL_AT_ONCE && oldest(dial)->since + MAKE_ROOM_MS > at)
		at = oldest(dial)->since + MAKE_ROOM_MS;
	return at < dial->deadline ? at : dial->deadline;
}

/* The next address that can be tried at all. */
static void
begin_next(struct dial *dial)
{
	while (dial->begun < dial->count) {
		int code = begin_attempt(dial, dial->begun++);

		if (code == 0)
			break;
		dial->code = code;
	}
	if (dial->under_way == 0)
		unreachable(dial, dial->code);
	else
		alarm_set(dial->alarms, &dial->alarm, next_moment(dial));
}

static void
on_events(uv_poll_t *poll, int status, int events)
{
	struct attempt *attempt = poll->data;
	struct dial *dial = attempt->dial;
	int descriptor = take_out(attempt), code = 0;
	socklen_t size = sizeof(code);

	(void)events;
	if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
		code = errno;
	if (code == 0 && status < 0)
		code = -status;
	if (code == 0) {
		finish(dial, descriptor, NULL);
		return;
	}
	close(descriptor);
	dial->code = code;
	begin_next(dial);
}

static void
unresolved(struct dial *dial, int status)
{
	struct err err = { 0 };

	fail(&err, ERR_NETWORK, "'%s' cannot be resolved: %s", dial->host,
		uv_strerror(status < 0 ? status : UV_EAI_NONAME));
	finish(dial, -1, &err);
}

static void
give_up_resolving(struct dial *dial)
{
	struct err err = { 0 };

	fail(&err, ERR_NETWORK, "'%s' took too long: resolving its name", dial->host);
	finish(dial, -1, &err);
}

static void
ring(struct alarm *alarm)
{
	struct dial *dial = alarm->owner;

	if (dial->status < 0) {
		unresolved(dial, dial->status);
		return;
	}
	if (dial->resolving) {
		give_up_resolving(dial);
		return;
	}
	if (clock_monotonic_ms() >= dial->deadline) {
		unreachable(dial, ETIMEDOUT);
		return;
	}
	if (dial->under_way == DIAL_AT_ONCE)
		close(take_out(oldest(dial)));
	begin_next(dial);
}

/* ---- addresses ---- */

static const struct addrinfo *
next_of_family(const struct addrinfo *from, int family, bool same)
{
	while (from && (from->ai_family == family) != same)
		from = from->ai_next;
	return from;
}

static void
add(struct dial *dial, const struct addrinfo *address)
{
	memcpy(&dial->addresses[dial->count], address->ai_addr, address->ai_addrlen);
	dial->sizes[dial->count++] = address->ai_addrlen;
}

/* The resolver's order (RFC 6724) within a family; the families take turns (RFC 8305 section 4). */
static void
race(struct dial *dial, const struct addrinfo *addresses)
{
	int family = addresses->ai_family;
	const struct addrinfo *first = addresses, *other = next_of_family(addresses, family, false);

	while ((first || other) && dial->count < ADDRESSES_MAX) {
		if (first) {
			add(dial, first);
			first = next_of_family(first->ai_next, family, true);
		}
		if (other && dial->count < ADDRESSES_MAX) {
			add(dial, other);
			other = next_of_family(other->ai_next, family, false);
		}
	}
	dial->deadline = clock_monotonic_ms() + CONNECT_MS;
}

static struct dial *
dial_new(uv_loop_t *loop, struct alarms *alarms, const char *host, int port, dial_done *done,
	void *context)
{
	struct dial *dial = mem_zero(1, sizeof(*dial));

	dial->loop = loop;
	dial->alarms = alarms;
	dial->alarm.ring = ring;
	dial->alarm.owner = dial;
	dial->host = mem_text(host);
	dial->port = port;
	dial->done = done;
	dial->context = context;
	return dial;
}

struct dial *
dial_addresses(uv_loop_t *loop, struct alarms *alarms, const char *host, int port,
	const struct addrinfo *addresses, dial_done *done, void *context)
{
	struct dial *dial = dial_new(loop, alarms, host, port, done, context);

	race(dial, addresses);
	alarm_set(alarms, &dial->alarm, clock_monotonic_ms());
	return dial;
}

static void
on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
	struct dial *dial = request->data;

	free(request);
	if (dial)
		dial->resolving = NULL;
	if (dial && status == 0 && addresses) {
		race(dial, addresses);
		begin_next(dial);
	} else if (dial)
		unresolved(dial, status);
	uv_freeaddrinfo(addresses);
}

static int
ask_resolver(struct dial *dial)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct in6_addr literal;
	char port[12];
	int result;

	if (inet_pton(AF_INET, dial->host, &literal) == 1 ||
		inet_pton(AF_INET6, dial->host, &literal) == 1)
		hints.ai_flags = AI_NUMERICHOST;
	snprintf(port, sizeof(port), "%d", dial->port);
	dial->resolving = mem_zero(1, sizeof(*dial->resolving));
	dial->resolving->data = dial;
	result = uv_getaddrinfo(dial->loop, dial->resolving, on_resolved, dial->host, port, &hints);
	if (result == 0)
		return 0;
	free(dial->resolving);
	dial->resolving = NULL;
	return result;
}

struct dial *
dial_host(uv_loop_t *loop, struct alarms *alarms, const char *host, int port, dial_done *done,
	void *context)
{
	struct dial *dial = dial_new(loop, alarms, host, port, done, context);
	int64_t now = clock_monotonic_ms();

	dial->status = ask_resolver(dial);
	alarm_set(alarms, &dial->alarm, dial->status == 0 ? now + RESOLVE_MS : now);
	return dial;
}
