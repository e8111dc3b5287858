#include "test.h"

#include <string.h>
#include <unistd.h>

#include "stand_in.h"

/* How a mailbox keeps its times: polls, renewals of IDLE, suspends. */

static void
begin_idling(int64_t poll)
{
	world_begin_mailbox(poll);
	assert_int_equal(world->server.peer_count, 1);
	assert_true(world->server.peers[0].idle_tag[0] != '\0');
}

static void
renews_idle_before_25_minutes_are_over_and_asks_for_mail_meanwhile(void **state)
{
	const struct server *server;
	size_t renewals = 0;

	(void)state;
	begin_idling(5 * HOUR);
	server = &world->server;
	pass(100 * MINUTE);
	for (const struct heard *idle = server_heard(server, "IDLE", 0), *next; idle; idle = next) {
		const struct heard *done = idle + 1;

		next = server_heard(server, "IDLE", (size_t)(done - server->heard));
		if (!next)
			break;
		assert_true(next->at - idle->at <= 25 * MINUTE);
		assert_string_equal(done->word, "DONE");
		if (next->at - idle->at > 20 * MINUTE) { /* the folders are listed each hour */
			assert_string_equal(done[1].word, "SEARCH");
			assert_ptr_equal(next, done + 2);
		}
		renewals++;
	}
	assert_int_equal(renewals, 4);
	assert_int_equal(world->dials, 1);
	world_end();
}

static void
finds_mail_that_idle_did_not_tell_of_at_the_next_cross_check(void **state)
{
	(void)state;
	begin_idling(5 * MINUTE);
	world->server.tells = false;
	world->server.messages = 5;
	pass(4 * MINUTE);
	assert_int_equal(uid_set_size(&world->told[0].items), 0);
	pass(MINUTE + 5 * SECOND);
	assert_int_equal(uid_set_size(&world->told[0].items), 2);
	assert_int_equal(world->dials, 1);
	world_end();
}

static void
finds_a_connection_that_was_dropped_without_a_word_within_a_poll_and_a_minute(void **state)
{
	(void)state;
	begin_idling(5 * MINUTE);
	server_drop_silently(&world->server);
	world->server.messages = 4;
	pass(5 * MINUTE);
	assert_int_equal(world->dials, 1);
	pass(MINUTE + 10 * SECOND);
	assert_int_equal(world->dials, 2);
	assert_true(uid_set_has(&world->told[0].items, 4));
	assert_true(world->server.peers[1].idle_tag[0] != '\0');
	world_end();
}

static void
finds_it_by_the_renewal_of_idle_where_polls_are_rare(void **state)
{
	(void)state;
	begin_idling(5 * HOUR);
	server_drop_silently(&world->server);
	world->server.messages = 4;
	pass(25 * MINUTE + 10 * SECOND);
	assert_int_equal(world->dials, 2);
	assert_true(uid_set_has(&world->told[0].items, 4));
	world_end();
}

static void
looks_at_once_after_a_suspend_over_a_connection_that_lives(void **state)
{
	int64_t woken;

	(void)state;
	begin_idling(5 * HOUR);
	world->server.tells = false;
	sleep_for(8 * HOUR);
	woken = clock_monotonic_ms();
	world->server.messages = 4;
	pass(WOKEN_SPREAD_MS + SECOND);
	assert_in_range(heard_after("DONE", woken), 0, WOKEN_SPREAD_MS + SECOND);
	assert_in_range(heard_after("SEARCH", woken), 0, WOKEN_SPREAD_MS + SECOND);
	assert_in_range(heard_after("IDLE", woken), 0, WOKEN_SPREAD_MS + SECOND);
	assert_true(uid_set_has(&world->told[0].items, 4));
	assert_int_equal(world->dials, 1);
	pass(30 * SECOND);
	assert_int_equal(world->dials, 1);
	world_end();
}

static void
connects_anew_soon_after_a_suspend_that_the_connection_did_not_survive(void **state)
{
	(void)state;
	begin_idling(5 * HOUR);
	server_drop_silently(&world->server);
	sleep_for(8 * HOUR);
	world->server.messages = 4;
	pass(WOKEN_SPREAD_MS + WOKEN_ANSWER_MS + 4 * SECOND);
	assert_int_equal(world->dials, 2);
	assert_true(uid_set_has(&world->told[0].items, 4));
	world_end();
}

/* Ten sleeps: that all begin in the same tenth of a second is one chance in 30 to the ninth. */
static void
does_not_look_at_the_same_moment_after_each_suspend(void **state)
{
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	begin_idling(5 * HOUR);
	for (int i = 0; i < 10; i++) {
		int64_t woken, after;

		sleep_for(HOUR);
		woken = clock_monotonic_ms();
		for (int j = 0; j < 50; j++)
			pass(SECOND / 10);
		after = heard_after("DONE", woken);
		assert_in_range(after, 0, WOKEN_SPREAD_MS + SECOND);
		least = after < least ? after : least;
		most = after > most ? after : most;
	}
	assert_true(most - least >= SECOND / 10);
	assert_int_equal(world->dials, 1);
	world_end();
}

static void
does_not_wait_for_a_far_retry_after_a_suspend(void **state)
{
	unsigned dials;

	(void)state;
	begin_idling(5 * HOUR);
	world->unreachable = true;
	close(world->server.peers[0].descriptor);
	world->server.peers[0].descriptor = -1;
	pass(3 * HOUR);
	dials = world->dials;
	assert_in_range(dials, 8, 60);
	sleep_for(10 * SECOND);
	world->unreachable = false;
	pass(WOKEN_SPREAD_MS + SECOND);
	assert_int_equal(world->dials, dials + 1);
	assert_int_equal(world->server.peer_count, 2);
	world_end();
}

static void
does_not_try_a_refused_password_again_because_of_a_suspend(void **state)
{
	(void)state;
	begin_idling(5 * HOUR);
	world->server.refuses_logins = true;
	close(world->server.peers[0].descriptor);
	world->server.peers[0].descriptor = -1;
	pass(2 * HOUR);
	assert_in_range(world->dials, 4, 7);
	for (int i = 0; i < 20; i++) {
		sleep_for(10 * SECOND);
		pass(5 * SECOND);
	}
	assert_in_range(world->dials, 4, 7);
	world_end();
}

/* The configuration that the host's name came from is gone then. */
static void
keeps_its_turn_to_connect_when_the_configuration_is_read_again(void **state)
{
	(void)state;
	begin_idling(5 * HOUR);
	rate_limit(world->fetch.rate, 10, 0.01);
	for (size_t i = 0; i < 2; i++) {
		close(world->server.peers[i].descriptor);
		world->server.peers[i].descriptor = -1;
		pass(10 * SECOND);
		assert_int_equal(world->dials, 2);
	}
	world_configure(5 * HOUR);
	pass(3 * MINUTE);
	assert_int_equal(world->dials, 3);
	assert_true(world->server.peers[2].idle_tag[0] != '\0');
	world_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			renews_idle_before_25_minutes_are_over_and_asks_for_mail_meanwhile),
		cmocka_unit_test(finds_mail_that_idle_did_not_tell_of_at_the_next_cross_check),
		cmocka_unit_test(
			finds_a_connection_that_was_dropped_without_a_word_within_a_poll_and_a_minute),
		cmocka_unit_test(finds_it_by_the_renewal_of_idle_where_polls_are_rare),
		cmocka_unit_test(looks_at_once_after_a_suspend_over_a_connection_that_lives),
		cmocka_unit_test(
			connects_anew_soon_after_a_suspend_that_the_connection_did_not_survive),
		cmocka_unit_test(does_not_look_at_the_same_moment_after_each_suspend),
		cmocka_unit_test(does_not_wait_for_a_far_retry_after_a_suspend),
		cmocka_unit_test(does_not_try_a_refused_password_again_because_of_a_suspend),
		cmocka_unit_test(keeps_its_turn_to_connect_when_the_configuration_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
