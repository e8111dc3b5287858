#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calendar.h"
#include "liaison/base/clock.h"

/* What is remembered of a feed, feeds in files, and when the driver of calendars lets go. */

static struct arena *arena;

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	arena = arena_new();
	return http_init(&err);
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
a_name_is_given_back_to_its_own_address_alone(void **state)
{
	const char *marked = memory_mark(arena, "https://a.example/x", "W/\"1\"");

	(void)state;
	assert_string_equal(memory_unmark(arena, "https://a.example/x", marked), "W/\"1\"");
	assert_null(memory_unmark(arena, "https://a.example/y", marked));
	assert_null(memory_unmark(arena, "https://a.example/x", "W/\"1\""));
	assert_null(memory_unmark(arena, "https://a.example/x", NULL));
	assert_null(memory_mark(arena, "https://a.example/x", ""));
	assert_null(memory_unmark(
		arena, "https://a.example/x", arena_printf(arena, "%s\r\nX: y", marked)));
	assert_null(strstr(marked, "example"));
}

static int
take(struct source *source, uint32_t token, const char *etag, size_t digest_size, struct err *err)
{
	static const uint8_t DIGEST[64] = { 7 };
	struct text bytes = { 0 };
	struct frame_reader reader = { 0 };
	struct frame_writer writer;
	struct frame frame;
	int result;

	frame_begin(&writer, &bytes, FRAME_FEED_KNOWN, 1, token);
	frame_put_text(&writer, TAG_ETAG, etag);
	if (digest_size > 0)
		frame_put(&writer, TAG_DIGEST, DIGEST, digest_size);
	frame_end(&writer);
	frame_reader_feed(&reader, bytes.bytes, bytes.size);
	assert_int_equal(frame_reader_next(&reader, &frame, err), 1);
	result = memory_take(source, &frame, err);
	frame_reader_clear(&reader);
	text_clear(&bytes);
	return result;
}

static void
remembers_what_the_engine_says_last(void **state)
{
	struct source source = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(take(&source, 0, "one", SHA256_SIZE, &err), 0);
	assert_true(source.memory->known && source.memory->has_digest);
	assert_string_equal(source.memory->etag, "one");
	assert_int_equal(take(&source, 0, NULL, 0, &err), 0);
	assert_true(source.memory->known && !source.memory->has_digest);
	assert_null(source.memory->etag);
	memory_free(&source);
	assert_null(source.memory);
}

static void
an_answer_to_another_feed_says_nothing(void **state)
{
	struct source source = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(take(&source, 9, "old", SHA256_SIZE, &err), 0);
	assert_null(source.memory);
	assert_int_equal(take(&source, 0, "one", SHA256_SIZE, &err), 0);
	source.memory->feed_token = 5;
	assert_int_equal(take(&source, 9, "old", SHA256_SIZE, &err), 0);
	assert_string_equal(source.memory->etag, "one");
	assert_int_equal(take(&source, 5, "two", SHA256_SIZE, &err), 0);
	assert_string_equal(source.memory->etag, "two");
	memory_free(&source);
}

static void
refuses_a_digest_of_another_size(void **state)
{
	struct source source = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(take(&source, 0, NULL, 31, &err), -1);
	assert_int_equal(err.code, ERR_FORMAT);
	memory_free(&source);
}

static void
put(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static void
a_file_is_read_again_only_when_it_was_written(void **state)
{
	char folder[] = "/tmp/liaison-test-feed-XXXXXX", *path;
	struct http_answer answer = { 0 };
	struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };
	char *etag;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = arena_printf(arena, "%s/cal.ics", folder);
	put(path, "abc");
	assert_int_equal(look_file(path, NULL, &answer, &err), 0);
	assert_int_equal(answer.outcome, HTTP_RECEIVED);
	assert_string_equal(answer.body.bytes, "abc");
	etag = arena_text(arena, answer.etag);
	assert_int_equal(look_file(path, etag, &answer, &err), 0);
	assert_int_equal(answer.outcome, HTTP_UNCHANGED);
	assert_int_equal(answer.body.size, 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_int_equal(look_file(path, etag, &answer, &err), 0);
	assert_int_equal(answer.outcome, HTTP_RECEIVED);
	text_clear(&answer.body);
	unlink(path);
	assert_int_equal(look_file(path, etag, &answer, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(look_file(folder, NULL, &answer, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	rmdir(folder);
}

/* ---- the driver, against a server that takes the question and is silent ---- */

struct scene {
	struct fetch fetch;
	struct source source;
	struct config_source config;
	struct calendar *calendar;
	int descriptors[2], listener, peer;
	char url[100];
};

static void
slept(void *context, int64_t milliseconds)
{
	(void)context;
	(void)milliseconds;
}

static void
listen_somewhere(struct scene *scene)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	scene->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(scene->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(scene->listener, 5), 0);
	getsockname(scene->listener, (struct sockaddr *)&address, &size);
	snprintf(scene->url, sizeof scene->url, "http://127.0.0.1:%u/x", ntohs(address.sin_port));
}

static void
turn_until_connected(struct scene *scene)
{
	int64_t until = clock_monotonic_ms() + 10000;

	for (scene->peer = -1; scene->peer < 0;) {
		assert_true(clock_monotonic_ms() < until);
		uv_run(&scene->fetch.loop, UV_RUN_NOWAIT);
		scene->peer = accept(scene->listener, NULL, NULL);
	}
}

/* What a process has once, and never gives back, stays where it is. */
static struct scene *
begin(void)
{
	static struct scene scenes[8];
	static size_t count;
	struct scene *scene;
	struct err err;

	assert_true(count < sizeof scenes / sizeof scenes[0]);
	scene = &scenes[count++];
	listen_somewhere(scene);
	uv_loop_init(&scene->fetch.loop);
	scene->fetch.alarms = alarms_new(&scene->fetch.loop, slept, NULL);
	scene->fetch.rate = rate_new(scene->fetch.alarms);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, scene->descriptors), 0);
	scene->fetch.link = link_new(&scene->fetch, scene->descriptors[0]);
	scene->config.name = "team";
	scene->config.poll = 900;
	scene->config.url = scene->url;
	scene->source = (struct source){ .fetch = &scene->fetch,
		.config = &scene->config,
		.number = 1,
		.watched = true,
		.driver = &source_ical_driver };
	scene->fetch.sources = &scene->source;
	assert_int_equal(take(&scene->source, 0, NULL, 0, &err), 0);
	scene->source.work = scene->calendar = source_ical_driver.start(&scene->source);
	turn_until_connected(scene);
	return scene;
}

static void
end(struct scene *scene)
{
	if (scene->source.work)
		source_ical_driver.stop(scene->source.work);
	memory_free(&scene->source);
	free(scene->source.error);
	uv_run(&scene->fetch.loop, UV_RUN_NOWAIT);
	close(scene->peer);
	close(scene->listener);
}

/* It had asked, and then closed the connection. */
static void
expect_closed(struct scene *scene)
{
	char bytes[4096];
	ssize_t n;

	while ((n = recv(scene->peer, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
		;
	assert_int_equal(n, 0);
}

static void
drops_the_connection_and_looks_again_soon_after_sleep(void **state)
{
	struct scene *scene = begin();
	int64_t now;

	(void)state;
	source_ical_driver.woke(scene->calendar);
	now = clock_monotonic_ms();
	expect_closed(scene);
	assert_null(scene->calendar->look);
	assert_true(scene->calendar->next_look <= now + CALENDAR_WOKE_MS);
	assert_true(scene->calendar->alarm.slot != 0);
	assert_int_equal(scene->fetch.calendars.downloads, 0);
	end(scene);
}

/* Its clock runs on while the machine sleeps. */
static void
leaves_a_server_its_rest_after_sleep(void **state)
{
	struct scene *scene = begin();
	int64_t until = clock_monotonic_ms() + 3600 * 1000;

	(void)state;
	scene->calendar->rest_until = until;
	source_ical_driver.woke(scene->calendar);
	assert_null(scene->calendar->look);
	assert_int_equal(scene->calendar->next_look, until);
	end(scene);
}

static void
stops_at_once_in_the_middle_of_a_download(void **state)
{
	struct scene *scene = begin();

	(void)state;
	assert_int_equal(scene->fetch.calendars.downloads, 1);
	source_ical_driver.stop(scene->calendar);
	expect_closed(scene);
	assert_null(scene->source.work);
	assert_int_equal(scene->fetch.calendars.downloads, 0);
	end(scene);
}

static void
lets_others_send_when_the_engine_is_silent_for_long(void **state)
{
	struct scene *scene = begin();

	(void)state;
	scene->fetch.calendars.sending = scene->calendar;
	scene->calendar->unanswered = true;
	scene->source.memory->feed_token = 7;
	scene->calendar->alarm.ring(&scene->calendar->alarm);
	assert_null(scene->fetch.calendars.sending);
	assert_int_equal(scene->source.memory->feed_token, 7);
	end(scene);
}

static void
ask_sync(struct scene *scene, uint32_t token)
{
	struct frame frame = { .type = FRAME_SYNC, .source = 1, .token = token };
	struct err err;

	assert_int_equal(source_ical_driver.take(scene->calendar, &frame, &err), 0);
}

/* *error: of the answer, in the arena, or "". */
static bool
is_fresh(const struct frame *frame, uint32_t token, const char **error)
{
	struct frame_field field;
	size_t cursor = 0;
	struct err err;

	if (frame->type != FRAME_FRESH || frame->token != token)
		return false;
	*error = "";
	while (frame_field_next(frame, &cursor, &field, &err) > 0)
		if (field.tag == TAG_ERROR)
			assert_int_equal(field_text(&field, arena, 500, error, &err), 0);
	return true;
}

/* The error of the answer to the sync of this token. */
static const char *
wait_for_fresh(struct scene *scene, uint32_t token)
{
	int64_t until = clock_monotonic_ms() + 10000;
	struct frame_reader reader = { 0 };
	const char *error = NULL;
	struct frame frame;
	char bytes[4096];
	struct err err;

	while (!error) {
		ssize_t n;

		assert_true(clock_monotonic_ms() < until);
		uv_run(&scene->fetch.loop, UV_RUN_NOWAIT);
		link_flush(scene->fetch.link);
		n = recv(scene->descriptors[1], bytes, sizeof bytes, MSG_DONTWAIT);
		if (n > 0)
			frame_reader_feed(&reader, bytes, (size_t)n);
		while (!error && frame_reader_next(&reader, &frame, &err) > 0)
			if (!is_fresh(&frame, token, &error))
				error = NULL;
	}
	frame_reader_clear(&reader);
	return error;
}

static void
answer(struct scene *scene, const char *status)
{
	const char *text = arena_printf(
		arena, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);

	assert_int_equal(send(scene->peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void
a_sync_that_wants_no_answer_takes_no_other_one_s(void **state)
{
	struct scene *scene = begin();

	(void)state;
	ask_sync(scene, 7);
	ask_sync(scene, 0);
	answer(scene, "500 Oops");
	assert_non_null(strstr(wait_for_fresh(scene, 7), "answered 500"));
	end(scene);
}

static void
a_sync_after_an_error_looks_again_at_once(void **state)
{
	struct scene *scene = begin();

	(void)state;
	ask_sync(scene, 7);
	answer(scene, "500 Oops");
	wait_for_fresh(scene, 7);
	assert_true(scene->calendar->next_look > clock_monotonic_ms() + 10000);
	ask_sync(scene, 8);
	close(scene->peer);
	turn_until_connected(scene);
	answer(scene, "404 Not Found");
	assert_non_null(strstr(wait_for_fresh(scene, 8), "answered 404"));
	end(scene);
}

static void
a_sync_in_the_middle_of_a_look_that_finds_it_gone_is_followed_by_another(void **state)
{
	struct scene *scene = begin();

	(void)state;
	ask_sync(scene, 7);
	answer(scene, "410 Gone");
	assert_null(strstr(wait_for_fresh(scene, 7), "until a sync"));
	assert_false(scene->calendar->gone);
	assert_true(scene->calendar->next_look < clock_monotonic_ms() + 2 * 60000);
	ask_sync(scene, 8);
	close(scene->peer);
	turn_until_connected(scene);
	scene->calendar->look_again = false; /* nobody asks in the middle of this one */
	answer(scene, "410 Gone");
	assert_non_null(strstr(wait_for_fresh(scene, 8), "until a sync"));
	assert_true(scene->calendar->gone);
	end(scene);
}

static void
a_sync_after_a_refused_login_is_held_back_and_says_so(void **state)
{
	struct scene *scene = begin();
	const char *error;

	(void)state;
	ask_sync(scene, 7);
	answer(scene, "401 Unauthorized");
	wait_for_fresh(scene, 7);
	ask_sync(scene, 8);
	error = wait_for_fresh(scene, 8);
	assert_non_null(strstr(error, "answered 401"));
	assert_non_null(strstr(error, "it is not asked again for 60 s"));
	assert_null(scene->calendar->look);
	scene->calendar->next_look = clock_monotonic_ms();
	ask_sync(scene, 9);
	close(scene->peer);
	turn_until_connected(scene);
	answer(scene, "404 Not Found");
	assert_non_null(strstr(wait_for_fresh(scene, 9), "answered 404"));
	end(scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_given_back_to_its_own_address_alone),
		cmocka_unit_test(remembers_what_the_engine_says_last),
		cmocka_unit_test(an_answer_to_another_feed_says_nothing),
		cmocka_unit_test(refuses_a_digest_of_another_size),
		cmocka_unit_test(a_file_is_read_again_only_when_it_was_written),
		cmocka_unit_test(drops_the_connection_and_looks_again_soon_after_sleep),
		cmocka_unit_test(leaves_a_server_its_rest_after_sleep),
		cmocka_unit_test(stops_at_once_in_the_middle_of_a_download),
		cmocka_unit_test(lets_others_send_when_the_engine_is_silent_for_long),
		cmocka_unit_test(a_sync_that_wants_no_answer_takes_no_other_one_s),
		cmocka_unit_test(a_sync_after_an_error_looks_again_at_once),
		cmocka_unit_test(
			a_sync_in_the_middle_of_a_look_that_finds_it_gone_is_followed_by_another),
		cmocka_unit_test(a_sync_after_a_refused_login_is_held_back_and_says_so),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
