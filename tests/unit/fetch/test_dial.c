#include "test.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dial.h"
#include "liaison/base/clock.h"

/* Which of a host's addresses is connected to, and when the others are tried. */

enum { SILENT_CLIENTS = 8 };

/* These take the place of the library's: the time that passes, and what a test adds to it. */
static int64_t added;

static int64_t
real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_now(void)
{
	return clock_monotonic_ms() / 1000;
}

int64_t
clock_monotonic_ms(void)
{
	return real_ms() + added;
}

int64_t
clock_awake_ms(void)
{
	return clock_monotonic_ms();
}

struct outcome {
	uv_loop_t loop;
	struct alarms *alarms;
	int descriptor;
	struct err err;
	unsigned calls;
	int64_t begun, taken;
};

static void
slept(void *context, int64_t milliseconds)
{
	(void)context;
	(void)milliseconds;
}

static void
done(void *context, int descriptor, const struct err *err)
{
	struct outcome *outcome = context;

	outcome->descriptor = descriptor;
	if (err)
		outcome->err = *err;
	outcome->taken = clock_monotonic_ms() - outcome->begun;
	outcome->calls++;
	uv_stop(&outcome->loop);
}

/* The loop and its alarms live as long as the program. */
static struct outcome *
outcome_new(void)
{
	static struct outcome outcomes[16];
	static size_t count;
	struct outcome *outcome = &outcomes[count++];

	assert_true(count <= sizeof(outcomes) / sizeof(*outcomes));
	uv_loop_init(&outcome->loop);
	outcome->alarms = alarms_new(&outcome->loop, slept, NULL);
	outcome->begun = clock_monotonic_ms();
	return outcome;
}

/* Lets the handles be closed that the dial has left. */
static void
drain(struct outcome *outcome)
{
	for (int i = 0; i < 3; i++)
		uv_run(&outcome->loop, UV_RUN_NOWAIT);
}

static void
need_ipv6(void)
{
	struct sockaddr_in6 loopback = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool there = fd >= 0 && bind(fd, (struct sockaddr *)&loopback, sizeof(loopback)) == 0;

	if (fd >= 0)
		close(fd);
	if (!there)
		skip();
}

struct place {
	struct sockaddr_storage address;
	struct addrinfo entry;
	int listener;
	int clients[SILENT_CLIENTS]; /* fill the queue of a listener that accepts nobody */
};

static void
name_place(struct place *place, int family, const char *host, int port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&place->address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&place->address;

	memset(place, 0, sizeof(*place));
	place->listener = -1;
	for (size_t i = 0; i < SILENT_CLIENTS; i++)
		place->clients[i] = -1;
	place->address.ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		four->sin_port = htons((uint16_t)port);
		assert_int_equal(inet_pton(family, host, &four->sin_addr), 1);
	} else {
		six->sin6_port = htons((uint16_t)port);
		assert_int_equal(inet_pton(family, host, &six->sin6_addr), 1);
	}
	place->entry.ai_family = family;
	place->entry.ai_socktype = SOCK_STREAM;
	place->entry.ai_addr = (struct sockaddr *)&place->address;
	place->entry.ai_addrlen = family == AF_INET ? sizeof(*four) : sizeof(*six);
}

/* It is bound and listens with a queue of that many. */
static void
make_place(struct place *place, int family, const char *host, int queue)
{
	socklen_t size;

	name_place(place, family, host, 0);
	size = place->entry.ai_addrlen;
	place->listener = socket(family, SOCK_STREAM, 0);
	assert_int_equal(bind(place->listener, place->entry.ai_addr, size), 0);
	assert_int_equal(
		getsockname(place->listener, (struct sockaddr *)&place->address, &size), 0);
	assert_int_equal(listen(place->listener, queue), 0);
}

/* Nobody accepts and the queue is full: who connects gets no answer at all. */
static void
make_silent(struct place *place, int family, const char *host)
{
	make_place(place, family, host, 0);
	for (size_t i = 0; i < SILENT_CLIENTS; i++) {
		place->clients[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(place->clients[i], place->entry.ai_addr, place->entry.ai_addrlen);
	}
}

/* A port at which nobody listens. */
static void
make_refused(struct place *place, int family, const char *host)
{
	make_place(place, family, host, 1);
	close(place->listener);
	place->listener = -1;
}

static void
end_place(struct place *place)
{
	for (size_t i = 0; i < SILENT_CLIENTS; i++)
		if (place->clients[i] >= 0)
			close(place->clients[i]);
	if (place->listener >= 0)
		close(place->listener);
}

static const struct addrinfo *
in_order(struct place *places, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++)
		places[i].entry.ai_next = &places[i + 1].entry;
	return &places[0].entry;
}

static int
port_of(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;

	return ntohs(four->sin_port); /* in the same place in both families */
}

static int
peer_port(int descriptor)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	assert_int_equal(getpeername(descriptor, (struct sockaddr *)&address, &size), 0);
	return port_of(&address);
}

static struct outcome *
dial(struct place *places, size_t count)
{
	struct outcome *outcome = outcome_new();

	dial_addresses(&outcome->loop, outcome->alarms, "imap.x.example", 993,
		in_order(places, count), done, outcome);
	assert_int_equal(outcome->calls, 0);
	uv_run(&outcome->loop, UV_RUN_DEFAULT);
	drain(outcome);
	assert_int_equal(outcome->calls, 1);
	return outcome;
}

static void
takes_the_next_address_a_quarter_of_a_second_after_one_that_is_silent(void **state)
{
	struct place places[2];
	struct outcome *outcome;

	(void)state;
	need_ipv6();
	make_silent(&places[0], AF_INET6, "::1");
	make_place(&places[1], AF_INET, "127.0.0.1", 5);
	outcome = dial(places, 2);
	assert_true(outcome->descriptor >= 0);
	assert_int_equal(peer_port(outcome->descriptor), port_of(&places[1].address));
	assert_in_range(outcome->taken, 240, 3000);
	close(outcome->descriptor);
	end_place(&places[0]);
	end_place(&places[1]);
}

static void
takes_the_next_address_at_once_after_one_that_refuses(void **state)
{
	struct place places[2];
	struct outcome *outcome;

	(void)state;
	need_ipv6();
	make_refused(&places[0], AF_INET6, "::1");
	make_place(&places[1], AF_INET, "127.0.0.1", 5);
	outcome = dial(places, 2);
	assert_true(outcome->descriptor >= 0);
	assert_in_range(outcome->taken, 0, 200);
	close(outcome->descriptor);
	end_place(&places[1]);
}

static void
keeps_to_the_first_address_when_it_answers(void **state)
{
	struct place places[2];
	struct outcome *outcome;

	(void)state;
	need_ipv6();
	make_place(&places[0], AF_INET6, "::1", 5);
	make_place(&places[1], AF_INET, "127.0.0.1", 5);
	outcome = dial(places, 2);
	assert_int_equal(peer_port(outcome->descriptor), port_of(&places[0].address));
	close(outcome->descriptor);
	end_place(&places[0]);
	end_place(&places[1]);
}

/* Were they tried in their order, the fourth would come after three quarters of a second. */
static void
lets_the_families_take_turns(void **state)
{
	struct place places[4];
	struct outcome *outcome;

	(void)state;
	need_ipv6();
	for (int i = 0; i < 3; i++)
		make_silent(&places[i], AF_INET6, "::1");
	make_place(&places[3], AF_INET, "127.0.0.1", 5);
	outcome = dial(places, 4);
	assert_int_equal(peer_port(outcome->descriptor), port_of(&places[3].address));
	assert_in_range(outcome->taken, 240, 600);
	close(outcome->descriptor);
	for (int i = 0; i < 4; i++)
		end_place(&places[i]);
}

static void
says_why_the_last_address_failed(void **state)
{
	struct place places[2];
	struct outcome *outcome;

	(void)state;
	need_ipv6();
	make_refused(&places[0], AF_INET6, "::1");
	make_refused(&places[1], AF_INET, "127.0.0.1");
	outcome = dial(places, 2);
	assert_int_equal(outcome->descriptor, -1);
	assert_string_equal(outcome->err.message,
		"'imap.x.example' port 993 cannot be reached: Connection refused");
}

static size_t
open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++) {
		int type;
		socklen_t size = sizeof(type);

		count += getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
	}
	return count;
}

static void
leaves_nothing_open_when_it_is_cancelled(void **state)
{
	struct outcome *outcome = outcome_new();
	struct place places[2];
	struct dial *dial;
	size_t before;

	(void)state;
	need_ipv6();
	make_silent(&places[0], AF_INET6, "::1");
	make_silent(&places[1], AF_INET, "127.0.0.1");
	before = open_descriptors();
	dial = dial_addresses(&outcome->loop, outcome->alarms, "imap.x.example", 993,
		in_order(places, 2), done, outcome);
	while (open_descriptors() < before + 2)
		uv_run(&outcome->loop, UV_RUN_ONCE);
	dial_cancel(dial);
	drain(outcome);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(outcome->calls, 0);
	end_place(&places[0]);
	end_place(&places[1]);
}

static void
pass(struct outcome *outcome, int64_t milliseconds)
{
	added += milliseconds;
	alarms_ring(outcome->alarms);
	drain(outcome);
}

static void
has_four_attempts_at_most_under_way_and_twenty_seconds_for_all(void **state)
{
	struct outcome *outcome = outcome_new();
	struct place places[6];
	size_t before;

	(void)state;
	for (int i = 0; i < 6; i++)
		make_silent(&places[i], AF_INET, "127.0.0.1");
	before = open_descriptors();
	dial_addresses(&outcome->loop, outcome->alarms, "imap.x.example", 993, in_order(places, 6),
		done, outcome);
	for (size_t i = 1; i <= 4; i++) {
		pass(outcome, i == 1 ? 0 : 250);
		assert_int_equal(open_descriptors(), before + i);
	}
	pass(outcome, 1000);
	assert_int_equal(open_descriptors(), before + 4);
	end_place(&places[4]); /* the fifth refuses, the sixth is tried at once */
	pass(outcome, 5000);
	pass(outcome, 1000);
	assert_int_equal(open_descriptors(), before - SILENT_CLIENTS - 1 + 4);
	assert_int_equal(outcome->calls, 0);
	pass(outcome, 13000);
	assert_int_equal(outcome->calls, 1);
	assert_string_equal(outcome->err.message,
		"'imap.x.example' port 993 cannot be reached: Connection timed out");
	assert_int_equal(open_descriptors(), before - SILENT_CLIENTS - 1);
	for (int i = 0; i < 6; i++)
		if (i != 4)
			end_place(&places[i]);
}

static int
option(int descriptor, int level, int name)
{
	int value = 0;
	socklen_t size = sizeof(value);

	assert_int_equal(getsockopt(descriptor, level, name, &value, &size), 0);
	return value;
}

static void
asks_the_system_to_notice_a_peer_that_is_gone(void **state)
{
	struct place places[1];
	struct outcome *outcome;

	(void)state;
	make_place(&places[0], AF_INET, "127.0.0.1", 5);
	outcome = dial(places, 1);
	assert_int_equal(option(outcome->descriptor, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option(outcome->descriptor, IPPROTO_TCP, TCP_KEEPIDLE), 60);
	assert_int_equal(option(outcome->descriptor, IPPROTO_TCP, TCP_KEEPINTVL), 20);
	assert_int_equal(option(outcome->descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT), 120 * 1000);
	close(outcome->descriptor);
	end_place(&places[0]);
}

static void
resolves_a_name_and_says_which_cannot_be(void **state)
{
	struct outcome *outcome = outcome_new();
	struct place place;

	(void)state;
	make_place(&place, AF_INET, "127.0.0.1", 5);
	dial_host(&outcome->loop, outcome->alarms, "localhost", port_of(&place.address), done,
		outcome);
	uv_run(&outcome->loop, UV_RUN_DEFAULT);
	assert_true(outcome->descriptor >= 0);
	close(outcome->descriptor);
	dial_host(&outcome->loop, outcome->alarms, "a..b", 993, done, outcome);
	uv_run(&outcome->loop, UV_RUN_DEFAULT);
	drain(outcome);
	assert_int_equal(outcome->calls, 2);
	assert_int_equal(outcome->descriptor, -1);
	assert_memory_equal(outcome->err.message, "'a..b' cannot be resolved: ", 27);
	end_place(&place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			takes_the_next_address_a_quarter_of_a_second_after_one_that_is_silent),
		cmocka_unit_test(takes_the_next_address_at_once_after_one_that_refuses),
		cmocka_unit_test(keeps_to_the_first_address_when_it_answers),
		cmocka_unit_test(lets_the_families_take_turns),
		cmocka_unit_test(says_why_the_last_address_failed),
		cmocka_unit_test(has_four_attempts_at_most_under_way_and_twenty_seconds_for_all),
		cmocka_unit_test(leaves_nothing_open_when_it_is_cancelled),
		cmocka_unit_test(asks_the_system_to_notice_a_peer_that_is_gone),
		cmocka_unit_test(resolves_a_name_and_says_which_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
