#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "stand_in.h"

/* Servers that answer too slowly, or not to the end, at any place: the source says so, goes on with the
 * next connection, and has every message once. tests/e2e/test_rogue.py has the other faults. */

enum { HEADERS = 800, TURNS_A_SECOND = 50 };

/* ---- servers that stall or drip, at each step ---- */

struct slow {
	const char *step, *word; /* of the matrix; what the server hears */
	int stall_at; /* as in struct server */
	enum config_tls tls;
	const char *stall, *drip; /* what is told; NULL: it ends in time, and nothing is */
	int64_t within; /* s until that is told */
};

/* At "connect" it is the dial that waits: test_dial has it. */
static const struct slow STEPS[] = {
	{ "greeting", "GREETING", 0, TLS_NONE, "waiting for the greeting",
		"waiting for the greeting", 20 },
	{ "capability", "CAPABILITY", 0, TLS_NONE, "asking what it can", "asking what it can", 30 },
	{ "starttls", "STARTTLS", 0, TLS_STARTTLS, "asking what it can", "shaking hands", 30 },
	{ "handshake", "GREETING", 1, TLS_IMPLICIT, "shaking hands", "does not speak TLS", 20 },
	{ "login", "LOGIN", 0, TLS_NONE, "logging in", "logging in", 30 },
	{ "list", "LIST", 0, TLS_NONE, "listing folders", NULL, 60 },
	{ "examine", "EXAMINE", 0, TLS_NONE, "answering", "answering", 61 },
	{ "search", "SEARCH", 0, TLS_NONE, "answering", NULL, 60 },
	{ "fetch", "FETCH", 40, TLS_NONE, "answering", "answering", 61 },
	{ "literal", "FETCH", HEADERS / 2, TLS_NONE, "answering", "answering", 61 },
	{ "finish", "FETCH", -4, TLS_NONE, "answering", "answering", 61 },
	{ "idle", "IDLE", 0, TLS_NONE, "answering", NULL, 60 },
	{ "done", "DONE", 0, TLS_NONE, "answering", NULL, 60 },
};

static void
begin(const struct slow *step, enum peer_fault fault)
{
	struct server *server;

	world_begin(1, false);
	server = &world->server;
	world->accounts[0].tls = step->tls;
	server->capabilities = step->tls == TLS_STARTTLS ? "IMAP4rev1 STARTTLS" : "IMAP4rev1 IDLE";
	server->greets_without = true;
	server->header_size = HEADERS;
	server->fault_at = step->word;
	server->stall_at = step->stall_at;
	server->fault = fault;
	server->fault_count = 1;
	world_configure(5 * MINUTE);
}

static void
expect_told(const struct slow *step, const char *told)
{
	const char *error = world->told[0].complaint;

	if (!told ? error[0] != '\0' : !strstr(error, told))
		fail_msg("at %s: '%s' instead of '%s'", step->step, error, told ? told : "nothing");
}

static void
expect_items(const struct slow *step, uint64_t count)
{
	const struct told *told = &world->told[0];

	if (uid_set_size(&told->items) != count || uid_set_size(&told->failed) != 0)
		fail_msg("at %s: %u items, %u failed instead of %u", step->step,
			(unsigned)uid_set_size(&told->items), (unsigned)uid_set_size(&told->failed),
			(unsigned)count);
}

/* TLS is never spoken here, so there is no next connection to speak of. */
static void
meets(const struct slow *step, enum peer_fault fault, const char *told)
{
	int64_t begun, seconds;

	begin(step, fault);
	begun = clock_monotonic_ms();
	world_watch();
	pass((step->within - 1) * SECOND);
	if (fault == PEER_STALLS)
		expect_told(step, NULL);
	pass(fault == PEER_STALLS ? 2 * SECOND : 15 * SECOND);
	expect_told(step, told);
	pass(MINUTE);
	if (step->tls == TLS_NONE) {
		world->server.messages = 4;
		pass(MINUTE);
		expect_items(step, 4);
		assert_int_equal(world->dials, told ? 2 : 1);
	}
	seconds = (clock_monotonic_ms() - begun) / SECOND;
	assert_true(world->turns <= (uint64_t)seconds * TURNS_A_SECOND);
	world_end();
}

static void
gives_up_a_server_that_stalls_at_any_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++)
		meets(&STEPS[i], PEER_STALLS, STEPS[i].stall);
}

static void
gives_up_a_server_that_says_a_byte_a_second_at_any_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++)
		meets(&STEPS[i], PEER_DRIPS, STEPS[i].drip);
}

/* ---- a connection that ends after each byte of a session ---- */

/* How much the server says from its greeting until it idles. */
static size_t
session_size(void)
{
	world_watch();
	pass(10 * SECOND);
	assert_true(server_idles(&world->server));
	return world->server.peers[0].said;
}

static void
loses_and_doubles_nothing_wherever_the_connection_ends(void **state)
{
	size_t size;

	(void)state;
	world_begin(1, false);
	world->server.header_size = HEADERS;
	world_configure(5 * MINUTE);
	size = session_size();
	assert_in_range(size, 3000, 6000);
	for (size_t cut = 1; cut < size; cut++) {
		world_unwatch();
		server_clear(&world->server);
		world->server.cut = cut;
		world->dials = 0;
		world_watch();
		pass(10 * SECOND);
		if (uid_set_size(&world->told[0].items) != 3 || world->told[0].failed.count != 0 ||
			world->dials != 2 ||
			!strstr(world->told[0].complaint, "closed the connection"))
			fail_msg("cut at %zu of %zu: %u items, %u dials, '%s'", cut, size,
				(unsigned)uid_set_size(&world->told[0].items), world->dials,
				world->told[0].complaint);
	}
	world_end();
}

/* ---- IDLE that is offered and refused ---- */

static void
polls_where_idle_is_refused_and_tries_it_again_a_day_later(void **state)
{
	struct server *server;
	size_t idles;

	(void)state;
	world_begin_mailbox(5 * MINUTE);
	server = &world->server;
	pass(MINUTE);
	server->fault_at = "IDLE";
	server->fault = PEER_REFUSES;
	server->fault_count = 1000 * 1000;
	idles = server_count(server, "IDLE");
	server->messages = 4;
	pass(HOUR);
	assert_int_equal(server_count(server, "IDLE"), idles + 1);
	assert_string_equal(world->told[0].folder_error,
		"IDLE is refused here, the folder is polled: it is broken");
	server->messages = 5;
	pass(2 * MINUTE + SECOND);
	assert_int_equal(uid_set_size(&world->told[0].items), 2);
	pass(21 * HOUR);
	assert_int_equal(server_count(server, "IDLE"), idles + 1);
	server->fault_count = 0;
	pass(4 * HOUR);
	assert_true(server_idles(server));
	assert_string_equal(world->told[0].folder_error, "");
	assert_int_equal(world->dials, 1);
	world_end();
}

static void
goes_on_idling_after_a_no_to_done(void **state)
{
	(void)state;
	world_begin_mailbox(5 * MINUTE);
	world->server.fault_at = "DONE";
	world->server.fault = PEER_REFUSES;
	world->server.fault_count = 1;
	world->server.messages = 4;
	pass(2 * SECOND);
	assert_int_equal(uid_set_size(&world->told[0].items), 1);
	assert_int_equal(world->server.fault_count, 0);
	assert_true(server_idles(&world->server));
	assert_string_equal(world->told[0].folder_error, "");
	world_end();
}

/* ---- passwords that are refused ---- */

static void
begin_refused(void)
{
	world_begin(1, false);
	world->server.refuses_logins = true;
	world_configure(5 * MINUTE);
	world_watch();
}

static void
tries_a_refused_password_three_times_in_twenty_minutes_and_then_once_a_day(void **state)
{
	const struct server *server;

	(void)state;
	begin_refused();
	server = &world->server;
	pass(20 * MINUTE + 10 * SECOND);
	assert_int_equal(server_count(server, "LOGIN"), 3);
	assert_int_equal(world->told[0].state, SOURCE_AUTH_FAILED);
	assert_string_equal(world->told[0].error,
		"'imap.x.example' refused the login of 'me@own.example' 3 times (it is tried again "
		"tomorrow or by a check, another password after a reload): no");
	pass(24 * HOUR);
	assert_int_equal(server_count(server, "LOGIN"), 4);
	pass(48 * HOUR);
	assert_int_equal(server_count(server, "LOGIN"), 6);
	world->server.refuses_logins = false;
	pass(24 * HOUR);
	assert_int_equal(world->told[0].state, SOURCE_IDLE);
	assert_string_equal(world->told[0].error, "");
	world_end();
}

static void
does_not_count_anew_when_fetch_begins_anew_or_the_configuration_is_read_again(void **state)
{
	(void)state;
	begin_refused();
	for (int i = 0; i < 30; i++) {
		pass(2 * MINUTE);
		world_restart_fetch();
		world_configure(5 * MINUTE);
		world_watch();
	}
	assert_int_equal(server_count(&world->server, "LOGIN"), 3);
	for (int i = 0; i < 60; i++) {
		world_configure((i % 2 ? 5 : 6) * MINUTE); /* another one each time */
		pass(MINUTE / 2);
		world_configure((i % 2 ? 5 : 6) * MINUTE); /* the same */
		world_sync(1);
		pass(MINUTE / 2);
	}
	assert_int_equal(server_count(&world->server, "LOGIN"), 3);
	assert_int_equal(world->told[0].state, SOURCE_AUTH_FAILED);
	world_end();
}

static void
tries_another_password_when_the_configuration_is_read_again(void **state)
{
	(void)state;
	begin_refused();
	pass(HOUR);
	assert_int_equal(server_count(&world->server, "LOGIN"), 3);
	world->secret = "another";
	pass(HOUR);
	assert_int_equal(server_count(&world->server, "LOGIN"), 3);
	world_configure(5 * MINUTE);
	pass(10 * SECOND);
	assert_int_equal(server_count(&world->server, "LOGIN"), 4);
	world->server.refuses_logins = false;
	world_configure(5 * MINUTE);
	pass(5 * MINUTE);
	assert_int_equal(server_count(&world->server, "LOGIN"), 5);
	assert_int_equal(world->told[0].state, SOURCE_IDLE);
	world_end();
}

/* Some servers say of one connection too many that the password is wrong. */
static void
lets_a_connection_that_lives_vouch_for_the_password(void **state)
{
	static const char *NAMES[] = { "*" };

	(void)state;
	world_begin(1, false);
	world->accounts[0].connections = 3;
	world->accounts[0].idle = (struct config_list){ NAMES, 1 };
	world->server.folders = "* LIST () \"/\" INBOX\r\n* LIST () \"/\" Sent\r\n";
	world->server.logins_max = 1;
	world_configure(5 * MINUTE);
	world_watch();
	pass(12 * HOUR);
	assert_int_equal(server_count(&world->server, "LOGIN"), 2);
	server_close(&world->server);
	pass(MINUTE);
	assert_int_equal(world->told[0].error[0], '\0');
	assert_true(server_idles(&world->server));
	world_end();
}

/* A token is another one each time; a server may take up to an hour to know that it is good again. */
static void
tries_a_refused_token_once_an_hour(void **state)
{
	(void)state;
	world_begin(1, false);
	world->accounts[0].secret = SECRET_TOKEN_COMMAND;
	world->accounts[0].auth = AUTH_XOAUTH2;
	world->server.refuses_logins = true;
	world_configure(5 * MINUTE);
	world_watch();
	pass(HOUR);
	assert_int_equal(server_count(&world->server, "AUTHENTICATE"), 4);
	pass(10 * HOUR);
	assert_int_equal(server_count(&world->server, "AUTHENTICATE"), 14);
	world_end();
}

/* ---- a network that is gone for an hour ---- */

static size_t
storm_size(void)
{
	const char *wanted = getenv("LIAISON_STORM");
	uint32_t size = 100;

	assert_true(!wanted || text_to_uint32(wanted, &size) == 0);
	return size;
}

/* Each source idles and has all. */
static void
expect_all_fresh_since(int64_t since)
{
	for (size_t i = 0; i < world->account_count; i++)
		if (world->told[i].fresh_at < since || world->told[i].state != SOURCE_IDLE)
			fail_msg("source %zu is not fresh: '%s'", i + 1, world->told[i].complaint);
}

static void
expect_rate(size_t a_second)
{
	for (size_t i = 0; i + a_second < world->dials; i++)
		if (world->dialled[i + a_second] - world->dialled[i] < SECOND)
			fail_msg(
				"more than %zu connects in the second of connect %zu", a_second, i);
}

static void
storm(bool hosts_differ)
{
	size_t count = storm_size(), a_second = hosts_differ ? 10 : 5, first;
	int64_t back;

	world_begin(count, hosts_differ);
	world_configure(5 * MINUTE);
	world->step = SECOND / 10;
	world_watch();
	pass((int64_t)(count / a_second + 20) * SECOND);
	expect_all_fresh_since(1);
	world->unreachable = true;
	server_close(&world->server);
	pass(2 * MINUTE);
	world->step = SECOND;
	pass(28 * MINUTE);
	first = world->dials;
	pass(30 * MINUTE);
	assert_true(world->dials - first <= 6 * count);
	world->step = SECOND / 10;
	world->unreachable = false;
	back = clock_monotonic_ms();
	pass(5 * MINUTE);
	expect_all_fresh_since(back);
	expect_rate(a_second);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(uid_set_size(&world->told[i].items), 3);
	world_end();
}

static void
brings_all_sources_back_within_five_minutes_and_the_rate_of_connects(void **state)
{
	struct rlimit limit;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	storm(true);
	storm(false);
}

/* Those that get through meanwhile show that it is that host alone. */
static void
tries_a_host_that_stays_away_no_more_often_because_others_come_and_go(void **state)
{
	unsigned before;

	(void)state;
	world_begin(20, true);
	world->away = "imap7.x.example";
	world_configure(5 * MINUTE);
	world_watch();
	pass(2 * HOUR);
	before = world->dials_away;
	for (uint32_t i = 0; i < 120; i++) {
		world_watch_anew(i % 7 + 1);
		pass(MINUTE);
	}
	assert_true(world->dials > 130);
	assert_in_range(world->dials_away - before, 6, 24);
	world->away = NULL;
	pass(15 * MINUTE + 10 * SECOND);
	assert_int_equal(world->told[7].state, SOURCE_IDLE);
	world_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_up_a_server_that_stalls_at_any_step),
		cmocka_unit_test(gives_up_a_server_that_says_a_byte_a_second_at_any_step),
		cmocka_unit_test(polls_where_idle_is_refused_and_tries_it_again_a_day_later),
		cmocka_unit_test(goes_on_idling_after_a_no_to_done),
		cmocka_unit_test(
			tries_a_refused_password_three_times_in_twenty_minutes_and_then_once_a_day),
		cmocka_unit_test(
			does_not_count_anew_when_fetch_begins_anew_or_the_configuration_is_read_again),
		cmocka_unit_test(tries_another_password_when_the_configuration_is_read_again),
		cmocka_unit_test(lets_a_connection_that_lives_vouch_for_the_password),
		cmocka_unit_test(tries_a_refused_token_once_an_hour),
		cmocka_unit_test(
			brings_all_sources_back_within_five_minutes_and_the_rate_of_connects),
		cmocka_unit_test(
			tries_a_host_that_stays_away_no_more_often_because_others_come_and_go),
		cmocka_unit_test(loses_and_doubles_nothing_wherever_the_connection_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
