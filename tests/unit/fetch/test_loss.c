#include "test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stand_in.h"

/* When the next try is after a connection or a login was lost. */

static const int64_t DAY = INT64_C(24) * HOUR;

static void
is_back_soon_after_a_minute_without_the_server(void **state)
{
	(void)state;
	world_begin_mailbox(5 * HOUR);
	world->unreachable = true;
	server_close(&world->server);
	pass(MINUTE);
	assert_in_range(world->dials, 5, 10);
	world->unreachable = false;
	pass(MINUTE + 5 * SECOND);
	assert_int_equal(world->server.accepted, 2);
	assert_true(server_idles(&world->server));
	world_end();
}

/* Each time it has spoken, so that it is no matter of the network. */
static void
comes_back_six_times_an_hour_to_a_server_that_throws_it_out_each_time(void **state)
{
	size_t before;

	(void)state;
	world_begin_mailbox(5 * HOUR);
	for (int i = 0; i < 3600; i++) {
		server_close(&world->server);
		pass(SECOND);
	}
	before = world->server.accepted;
	assert_in_range(before, 6, 14);
	for (int i = 0; i < 3600; i++) {
		server_close(&world->server);
		pass(SECOND);
	}
	assert_in_range(world->server.accepted - before, 4, 7);
	world_end();
}

static void
begin_deadly(const uint32_t *deadly, uint32_t messages)
{
	world_begin(1, false);
	world->server.messages = messages;
	world->server.deadly = deadly;
	world_configure(5 * MINUTE);
	world_watch();
}

static void
leaves_out_messages_at_which_the_server_hangs_up_within_minutes(void **state)
{
	static const uint32_t DEADLY[] = { 10, 17, 24, 31, 38, 45, 0 };
	const struct told *told;

	(void)state;
	begin_deadly(DEADLY, 60);
	told = &world->told[0];
	pass(4 * MINUTE);
	assert_int_equal(uid_set_size(&told->items), 54);
	assert_int_equal(uid_set_size(&told->failed), 6);
	assert_in_range(world->dials, 13, 16);
	world_end();
}

/* It is the server and no message: only the first of them are left out quickly. */
static void
comes_back_ten_times_an_hour_to_a_server_that_hangs_up_at_every_message(void **state)
{
	static uint32_t all[101];
	unsigned before;

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		all[i] = i + 1;
	begin_deadly(all, 100);
	pass(HOUR);
	before = world->dials;
	assert_in_range(before, 10, 30);
	pass(HOUR);
	assert_in_range(world->dials - before, 4, 10);
	world_end();
}

static void
tries_a_fresh_token_as_rarely_as_one_that_was_refused(void **state)
{
	static char tokens[2][20];

	(void)state;
	world_begin(1, false);
	world->accounts[0].secret = SECRET_TOKEN_COMMAND;
	world->accounts[0].auth = AUTH_XOAUTH2;
	world->server.refuses_logins = true;
	world_configure(5 * MINUTE);
	world->secret = "first";
	world_watch();
	for (int i = 0; i < 3600; i++) {
		snprintf(tokens[i % 2], sizeof(tokens[0]), "token%d", i);
		world->secret = tokens[i % 2];
		pass(SECOND);
	}
	assert_int_equal(server_count(&world->server, "AUTHENTICATE"), 4);
	world_end();
}

static void
begin_refused(void)
{
	world_begin(1, false);
	world->server.refuses_logins = true;
	world_configure(5 * MINUTE);
	world_watch();
	pass(HOUR);
	assert_int_equal(server_count(&world->server, "LOGIN"), 3);
}

static void
tries_a_refused_password_when_somebody_asks_for_it_once_a_minute(void **state)
{
	const struct server *server;

	(void)state;
	begin_refused();
	server = &world->server;
	for (int i = 0; i < 6; i++) {
		world_check(1);
		pass(10 * SECOND);
	}
	assert_int_equal(server_count(server, "LOGIN"), 4);
	world_check(1);
	pass(10 * SECOND);
	assert_int_equal(server_count(server, "LOGIN"), 5);
	pass(23 * HOUR);
	assert_int_equal(server_count(server, "LOGIN"), 5);
	world_end();
}

static void
goes_on_at_once_when_a_check_finds_that_the_password_is_good_again(void **state)
{
	(void)state;
	begin_refused();
	world->server.refuses_logins = false;
	pass(HOUR);
	assert_int_equal(server_count(&world->server, "LOGIN"), 3);
	world_check(1);
	pass(10 * SECOND);
	assert_int_equal(server_count(&world->server, "LOGIN"), 5);
	assert_int_equal(world->told[0].state, SOURCE_IDLE);
	assert_int_equal(world->told[0].refusal.count, 0);
	world_end();
}

static void
does_not_believe_that_a_password_is_refused_for_longer_than_a_day(void **state)
{
	(void)state;
	world_begin(1, false);
	world->told[0].refused = world->secret;
	world->told[0].refusal = (struct refusal){ UINT32_MAX, INT64_MAX };
	world_configure(5 * MINUTE);
	world_watch();
	pass(DAY - MINUTE);
	assert_int_equal(server_count(&world->server, "LOGIN"), 0);
	world->told[0].refusal.until = INT64_MIN; /* nor what would be an overflow */
	pass(2 * MINUTE);
	assert_int_equal(server_count(&world->server, "LOGIN"), 1);
	world_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_back_soon_after_a_minute_without_the_server),
		cmocka_unit_test(
			comes_back_six_times_an_hour_to_a_server_that_throws_it_out_each_time),
		cmocka_unit_test(leaves_out_messages_at_which_the_server_hangs_up_within_minutes),
		cmocka_unit_test(
			comes_back_ten_times_an_hour_to_a_server_that_hangs_up_at_every_message),
		cmocka_unit_test(tries_a_fresh_token_as_rarely_as_one_that_was_refused),
		cmocka_unit_test(tries_a_refused_password_when_somebody_asks_for_it_once_a_minute),
		cmocka_unit_test(
			goes_on_at_once_when_a_check_finds_that_the_password_is_good_again),
		cmocka_unit_test(does_not_believe_that_a_password_is_refused_for_longer_than_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
