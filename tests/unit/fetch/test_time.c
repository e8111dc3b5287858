#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crew.h"
#include "liaison/base/clock.h"
#include "mailbox.h"
#include "peer.h"

/* A whole mailbox, from its login to its items, in a time that passes only when a test says so: its
 * clocks, its way to the server and its secrets are those below, in place of the program's own. */

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, QUIET_ROUNDS = 3 };

static struct world {
	struct fetch fetch;
	struct config_source account;
	struct server server;
	int engine;
	struct frame_reader reader;
	struct uid_set items;
	uint32_t cursor;
	unsigned dials;
	bool unreachable;
	int64_t awake, slept; /* ms */
} * world;

int64_t
clock_awake_ms(void)
{
	return world->awake;
}

int64_t
clock_monotonic_ms(void)
{
	return world->awake + world->slept;
}

int64_t
clock_now(void)
{
	return 1790000000 + clock_monotonic_ms() / 1000;
}

struct dial {
	struct alarm alarm;
	dial_done *done;
	void *context;
};

static void
answer_dial(struct alarm *alarm)
{
	struct dial *dial = alarm->owner;
	dial_done *done = dial->done;
	void *context = dial->context;
	struct err err = { 0 };

	free(dial);
	if (world->unreachable) {
		fail(&err, ERR_NETWORK, "it cannot be reached");
		done(context, -1, &err);
	} else
		done(context, server_accept(&world->server), NULL);
}

struct dial *
dial_host(uv_loop_t *loop, struct alarms *alarms, const char *host, int port, dial_done *done,
	void *context)
{
	struct dial *dial = mem_zero(1, sizeof(*dial));

	(void)loop;
	assert_string_equal(host, "imap.x.example");
	assert_int_equal(port, 143);
	dial->alarm.ring = answer_dial;
	dial->alarm.owner = dial;
	dial->done = done;
	dial->context = context;
	world->dials++;
	alarm_set(alarms, &dial->alarm, clock_monotonic_ms());
	return dial;
}

void
dial_cancel(struct dial *dial)
{
	if (!dial)
		return;
	alarm_stop(world->fetch.alarms, &dial->alarm);
	free(dial);
}

void
crew_ask_secret(struct crew *crew, uint32_t source, uint32_t token)
{
	struct frame frame = { .source = source, .token = token };

	(void)crew;
	sources_secret(&world->fetch, &frame, "secret", 6, NULL);
}

/* ---- the engine ---- */

static void
tell_cursor(void)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_FOLDER, 1, 0);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_u64(&writer, TAG_UIDVALIDITY, 7);
	frame_put_u64(&writer, TAG_CURSOR, world->cursor);
	frame_end(&writer);
	assert_int_equal(send(world->engine, out.bytes, out.size, MSG_NOSIGNAL), out.size);
	text_clear(&out);
}

static void
take_item(const struct frame *frame)
{
	struct frame_field field;
	struct err err = { 0 };
	size_t cursor = 0;
	uint64_t uid;

	while (frame_field_next(frame, &cursor, &field, &err) > 0)
		if (field.tag == TAG_UID) {
			assert_int_equal(field_u64(&field, UINT32_MAX, &uid, &err), 0);
			assert_false(uid_set_has(&world->items, (uint32_t)uid));
			uid_set_add(&world->items, (uint32_t)uid);
			world->cursor = uid > world->cursor ? (uint32_t)uid : world->cursor;
		}
}

static bool
engine_serve(void)
{
	static char bytes[64 * 1024];
	struct err err = { 0 };
	struct frame frame;
	ssize_t n = recv(world->engine, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n <= 0)
		return false;
	frame_reader_feed(&world->reader, bytes, (size_t)n);
	while (frame_reader_next(&world->reader, &frame, &err) > 0) {
		if (frame.type == FRAME_OPENED)
			tell_cursor();
		else if (frame.type == FRAME_ITEM)
			take_item(&frame);
	}
	return true;
}

/* ---- time ---- */

/* What happens at one moment, until nothing more does. */
static void
settle(void)
{
	for (int quiet = 0; quiet < QUIET_ROUNDS; quiet++) {
		bool busy;

		alarms_ring(world->fetch.alarms);
		uv_run(&world->fetch.loop, UV_RUN_NOWAIT);
		busy = server_serve(&world->server, clock_monotonic_ms());
		if (engine_serve() || busy)
			quiet = -1;
	}
}

static void
pass(int64_t milliseconds)
{
	while (milliseconds > 0) {
		int64_t step = milliseconds < SECOND ? milliseconds : SECOND;

		world->awake += step;
		milliseconds -= step;
		settle();
	}
}

static void
sleep_for(int64_t milliseconds)
{
	world->slept += milliseconds;
	settle();
}

/* ---- a mailbox ---- */

static void
woke(void *context, int64_t milliseconds)
{
	(void)context;
	assert_true(milliseconds > 0);
	sources_woke(&world->fetch);
}

static void
configure(int64_t poll)
{
	static const char *ALL[] = { "*" }, *INBOX[] = { "INBOX" };
	struct config config = { .arena = arena_new(), .source_count = 1 };

	world->account = (struct config_source){ .number = 1,
		.kind = SOURCE_IMAP,
		.name = "work",
		.host = arena_text(config.arena, "imap.x.example"),
		.port = 143,
		.tls = TLS_NONE,
		.user = "me@own.example",
		.auth = AUTH_LOGIN,
		.secret = SECRET_LITERAL,
		.folders = { ALL, 1 },
		.idle = { INBOX, 1 },
		.poll = poll / SECOND,
		.connections = 1 };
	config.sources = &world->account;
	sources_adopt(&world->fetch, &config);
}

/* Ends with the mailbox watched and a first look at it taken. */
static void
begin(int64_t poll)
{
	struct frame watch = { .type = FRAME_WATCH, .source = 1 };
	struct err err = { 0 };
	int descriptors[2];

	world = mem_zero(1, sizeof(*world));
	world->awake = 5 * HOUR;
	world->server.messages = world->cursor = 3;
	world->server.tells = true;
	uv_loop_init(&world->fetch.loop);
	world->fetch.alarms = alarms_new(&world->fetch.loop, woke, NULL);
	world->fetch.rate = rate_new(world->fetch.alarms);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, descriptors), 0);
	world->engine = descriptors[1];
	world->fetch.link = link_new(&world->fetch, descriptors[0]);
	configure(poll);
	assert_int_equal(sources_take(&world->fetch, &watch, &err), 0);
	pass(2 * SECOND);
}

static void
begin_idling(int64_t poll)
{
	begin(poll);
	assert_int_equal(world->server.peer_count, 1);
	assert_true(world->server.peers[0].idle_tag[0] != '\0');
}

/* Loop, link and alarms live as long as a program: nothing frees them, and they stay reachable. */
static void
end(void)
{
	static struct world *kept[32];
	static size_t count;

	assert_true(count < sizeof(kept) / sizeof(*kept));
	sources_stop(&world->fetch);
	settle();
	server_clear(&world->server);
	frame_reader_clear(&world->reader);
	uid_set_clear(&world->items);
	close(world->engine);
	kept[count++] = world;
}

/* How long after since a word was heard for the first time; -1: never. */
static int64_t
heard_after(const char *word, int64_t since)
{
	const struct server *server = &world->server;

	for (size_t i = 0; i < server->heard_count; i++)
		if (server->heard[i].at >= since && strcmp(server->heard[i].word, word) == 0)
			return server->heard[i].at - since;
	return -1;
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
	end();
}

static void
finds_mail_that_idle_did_not_tell_of_at_the_next_cross_check(void **state)
{
	(void)state;
	begin_idling(5 * MINUTE);
	world->server.tells = false;
	world->server.messages = 5;
	pass(4 * MINUTE);
	assert_int_equal(uid_set_size(&world->items), 0);
	pass(MINUTE + 5 * SECOND);
	assert_int_equal(uid_set_size(&world->items), 2);
	assert_int_equal(world->dials, 1);
	end();
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
	assert_true(uid_set_has(&world->items, 4));
	assert_true(world->server.peers[1].idle_tag[0] != '\0');
	end();
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
	assert_true(uid_set_has(&world->items, 4));
	end();
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
	assert_true(uid_set_has(&world->items, 4));
	assert_int_equal(world->dials, 1);
	pass(30 * SECOND);
	assert_int_equal(world->dials, 1);
	end();
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
	assert_true(uid_set_has(&world->items, 4));
	end();
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
	end();
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
	end();
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
	end();
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
	configure(5 * HOUR);
	pass(3 * MINUTE);
	assert_int_equal(world->dials, 3);
	assert_true(world->server.peers[2].idle_tag[0] != '\0');
	end();
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
