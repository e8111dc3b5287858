#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "engine.h"

/* Who comes in: a listener in a folder of its own, and clients of this very process. */

enum { CLIENTS_MAX = 100, STRANGER = 65534 };

struct fixture {
	struct engine engine;
	struct control *control;
	int listener;
	struct sockaddr_un address;
	char folder[40];
	int clients[CLIENTS_MAX];
	unsigned count;
	struct rlimit limit;
};

static int
set_up(void **state)
{
	struct fixture *fixture = mem_zero(1, sizeof *fixture);
	struct config config = { .arena = arena_new(), .timezone = "UTC" };
	struct err err;

	fixture->control = &fixture->engine.control;
	uv_loop_init(&fixture->engine.loop);
	worker_init(&fixture->engine.self, &fixture->engine, NULL);
	fixture->engine.settings = settings_new(&config);
	snprintf(fixture->folder, sizeof fixture->folder, "/tmp/liaison-control-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	chmod(fixture->folder, 0755);
	fixture->address.sun_family = AF_UNIX;
	snprintf(fixture->address.sun_path, sizeof fixture->address.sun_path, "%s/s",
		fixture->folder);
	fixture->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fixture->listener, (struct sockaddr *)&fixture->address,
				 sizeof fixture->address),
		0);
	chmod(fixture->address.sun_path, 0666);
	assert_int_equal(listen(fixture->listener, CLIENTS_MAX), 0);
	assert_int_equal(
		control_start(fixture->control, &fixture->engine, fixture->listener, &err), 0);
	getrlimit(RLIMIT_NOFILE, &fixture->limit);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	setrlimit(RLIMIT_NOFILE, &fixture->limit);
	control_stop(fixture->control);
	uv_run(&fixture->engine.loop, UV_RUN_DEFAULT);
	while (fixture->count > 0)
		close(fixture->clients[--fixture->count]);
	close(fixture->listener);
	unlink(fixture->address.sun_path);
	rmdir(fixture->folder);
	worker_clear(&fixture->engine.self);
	settings_release(fixture->engine.settings);
	assert_int_equal(uv_loop_close(&fixture->engine.loop), 0);
	free(fixture);
	return 0;
}

/* A client more, which the loop has not yet seen. */
static int
knock(struct fixture *fixture)
{
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(client >= 0 && fixture->count < CLIENTS_MAX);
	assert_int_equal(
		connect(client, (struct sockaddr *)&fixture->address, sizeof fixture->address), 0);
	fixture->clients[fixture->count++] = client;
	return client;
}

/* For a while we are somebody whom the configuration does not name. */
static int
knock_as_stranger(struct fixture *fixture)
{
	int client;

	fixture->engine.settings->own = STRANGER + 1;
	if (getuid() == 0)
		assert_int_equal(seteuid(STRANGER), 0);
	client = knock(fixture);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	return client;
}

static void
turn(struct fixture *fixture)
{
	for (int i = 0; i < 3; i++)
		uv_run(&fixture->engine.loop, UV_RUN_NOWAIT);
}

/* What was said to a client; "" when nothing was. */
static const char *
heard(int client)
{
	static char text[4096];
	ssize_t got = read(client, text, sizeof text - 1);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

static bool
is_over(int client)
{
	char byte;

	return read(client, &byte, 1) == 0;
}

/* As if others, who are busy, had all the places but so many. */
static void
leave_places(struct fixture *fixture, unsigned places)
{
	for (struct connection *one = fixture->control->connections; one != NULL; one = one->next)
		one->looping++;
	fixture->control->count += CONNECTIONS_MAX - places - fixture->control->count;
}

static void
end_leaving(struct fixture *fixture)
{
	fixture->control->count = 0;
	for (struct connection *one = fixture->control->connections; one != NULL; one = one->next) {
		fixture->control->count++;
		one->looping = 0;
	}
}

static void
a_user_has_64_connections(void **state)
{
	struct fixture *fixture = *state;
	int last;

	for (int i = 0; i < CONNECTIONS_PER_USER; i++)
		knock_as_stranger(fixture);
	turn(fixture);
	assert_int_equal(fixture->control->count, CONNECTIONS_PER_USER);
	last = knock_as_stranger(fixture);
	turn(fixture);
	assert_non_null(strstr(heard(last), "you have too many connections"));
	assert_true(is_over(last));
	assert_int_equal(fixture->control->count, CONNECTIONS_PER_USER);
}

static void
our_own_user_may_have_more(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < CONNECTIONS_PER_USER + 1; i++)
		knock(fixture);
	turn(fixture);
	turn(fixture);
	assert_int_equal(fixture->control->count, CONNECTIONS_PER_USER + 1);
}

static void
the_one_that_was_idle_longest_makes_room(void **state)
{
	struct fixture *fixture = *state;
	int first = knock(fixture), second = knock(fixture), third;

	turn(fixture);
	fixture->control->connections->active_ms += 5; /* the second */
	fixture->control->count = CONNECTIONS_MAX;
	third = knock(fixture);
	turn(fixture);
	assert_true(is_over(first));
	assert_false(is_over(second));
	assert_false(is_over(third));
	end_leaving(fixture);
}

/* What is left is kept for root and our own user, but for them alone. */
static void
strangers_push_out_strangers_only(void **state)
{
	struct fixture *fixture = *state;
	int own = knock(fixture), first, second;

	fixture->engine.settings->own = getuid();
	turn(fixture);
	fixture->control->connections->active_ms -= 5;
	leave_places(fixture, CONNECTIONS_RESERVED);
	fixture->control->connections->looping--; /* the only one that is idle is ours */
	first = knock_as_stranger(fixture);
	turn(fixture);
	assert_non_null(strstr(heard(first), "there are too many connections"));
	assert_false(is_over(own));
	end_leaving(fixture);
	first = knock_as_stranger(fixture);
	turn(fixture);
	leave_places(fixture, CONNECTIONS_RESERVED);
	for (struct connection *one = fixture->control->connections; one != NULL; one = one->next)
		one->looping--;
	second = knock_as_stranger(fixture);
	turn(fixture);
	assert_true(is_over(first));
	assert_false(is_over(second));
	assert_false(is_over(own));
	end_leaving(fixture);
}

static void
one_too_many_is_told_so(void **state)
{
	struct fixture *fixture = *state;
	int last;

	knock(fixture);
	turn(fixture);
	leave_places(fixture, 0);
	last = knock(fixture);
	turn(fixture);
	assert_non_null(strstr(heard(last), "there are too many connections"));
	assert_true(is_over(last));
	end_leaving(fixture);
}

static void
the_last_places_are_kept_for_who_looks_after_it(void **state)
{
	struct fixture *fixture = *state;
	int stranger, own;

	turn(fixture);
	leave_places(fixture, CONNECTIONS_RESERVED);
	stranger = knock_as_stranger(fixture);
	turn(fixture);
	assert_non_null(strstr(heard(stranger), "there are too many connections"));
	fixture->engine.settings->own = getuid();
	own = knock(fixture);
	turn(fixture);
	assert_string_equal(heard(own), "");
	assert_false(is_over(own));
	end_leaving(fixture);
}

/* Nobody gets another descriptor, but for those given back meanwhile. */
static void
take_descriptors(struct fixture *fixture)
{
	int next = dup(fixture->listener);
	struct rlimit none = { (rlim_t)next, fixture->limit.rlim_max };

	close(next);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void
without_descriptors_a_client_is_told_so(void **state)
{
	struct fixture *fixture = *state;
	int one = knock(fixture), two = knock(fixture);

	take_descriptors(fixture);
	turn(fixture);
	assert_non_null(strstr(heard(one), "there are too many connections"));
	assert_true(is_over(one));
	assert_non_null(strstr(heard(two), "there are too many connections"));
	assert_int_equal(fixture->control->count, 0);
	assert_int_equal(fixture->control->refused, 2);
	assert_true(fixture->control->spare >= 0);
}

/* Level-triggered, the listener would be ready for ever. */
static void
without_any_descriptor_the_listener_rests_until_the_next_tick(void **state)
{
	struct fixture *fixture = *state;
	struct control *control = fixture->control;
	int client;

	close(control->spare);
	control->spare = -1;
	client = knock(fixture);
	take_descriptors(fixture);
	turn(fixture);
	assert_false(uv_is_active((uv_handle_t *)&control->poll));
	assert_int_equal(control->refused, 0); /* the client waits */
	setrlimit(RLIMIT_NOFILE, &fixture->limit);
	control_tick(control, clock_monotonic_ms());
	assert_true(uv_is_active((uv_handle_t *)&control->poll));
	assert_true(control->spare >= 0);
	turn(fixture);
	assert_int_equal(control->count, 1);
	assert_false(is_over(client));
	assert_false(control->paused);
}

static void
the_log_tells_of_a_user_once_a_second(void **state)
{
	struct fixture *fixture = *state;
	struct control *control = fixture->control;

	assert_true(control_may_tell(control, 7));
	assert_false(control_may_tell(control, 7));
	assert_true(control_may_tell(control, 8));
	assert_false(control_may_tell(control, 7)); /* they take turns */
	assert_false(control_may_tell(control, 8));
	control->told[1].ms -= 1000;
	assert_false(control_may_tell(control, 7));
	assert_true(control_may_tell(control, 8));
}

static void
the_log_tells_of_few_users_a_second(void **state)
{
	struct fixture *fixture = *state;
	struct control *control = fixture->control;

	for (uid_t uid = 0; uid < TOLD_MAX; uid++)
		assert_true(control_may_tell(control, uid));
	assert_false(control_may_tell(control, TOLD_MAX));
	control->told[3].ms -= 1000;
	assert_true(control_may_tell(control, TOLD_MAX));
	assert_false(control_may_tell(control, 3));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_has_64_connections),
		TEST(our_own_user_may_have_more),
		TEST(the_one_that_was_idle_longest_makes_room),
		TEST(strangers_push_out_strangers_only),
		TEST(one_too_many_is_told_so),
		TEST(the_last_places_are_kept_for_who_looks_after_it),
		TEST(without_descriptors_a_client_is_told_so),
		TEST(without_any_descriptor_the_listener_rests_until_the_next_tick),
		TEST(the_log_tells_of_a_user_once_a_second),
		TEST(the_log_tells_of_few_users_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
