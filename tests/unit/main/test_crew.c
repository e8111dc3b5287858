#define _GNU_SOURCE
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crew.h"
#include "folder.h"

/* The crew with children that are this very program under other names: see be_child. */

/* ---- a child ------------------------------------------------------------------------------------ */

static void
child_says(enum frame_type type, uint32_t source, uint32_t token, uint64_t kind, uint64_t id)
{
	struct text frames = { 0 };
	struct frame_writer writer;

	frame_begin(&writer, &frames, type, source, token);
	if (kind != 0)
		frame_put_u64(&writer, TAG_KIND, kind);
	if (id != 0)
		frame_put_u64(&writer, TAG_ID, id);
	frame_end(&writer);
	if (send(3, frames.bytes, frames.size, 0) < 0)
		_exit(9);
	text_clear(&frames);
}

/* How the test wants this child to behave, by the name of a file in the folder. */
static bool
told_to(const char *what)
{
	const char *folder = getenv("LIAISON_TEST_FOLDER");
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, what);
	return access(path, F_OK) == 0;
}

/* Notes what came, one line a message, in a file named after the child. */
static void
child_notes(const char *name, const struct frame *frame)
{
	char path[256], line[64];
	int length, file;

	snprintf(path, sizeof path, "%s/%s.log", getenv("LIAISON_TEST_FOLDER"), name);
	file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	length = snprintf(
		line, sizeof line, "%u/%u/%u\n", frame->type, frame->source, frame->token);
	if (write(file, line, (size_t)length) < 0)
		_exit(9);
	close(file);
}

/* Notes with which status another one ended; 999: a signal ended it. */
static void
child_notes_end(const struct frame *frame)
{
	struct frame end = { .type = FRAME_CHILD_GONE, .source = 999 };
	struct frame_field field;
	uint64_t status;
	size_t cursor = 0;
	struct err err;

	while (frame_field_next(frame, &cursor, &field, &err) > 0) {
		if (field.tag == TAG_NUMBER && field_u64(&field, 255, &status, &err) == 0)
			end.source = (uint32_t)status;
	}
	child_notes("ends", &end);
}

static void
child_hears(const char *name, const struct frame *frame)
{
	child_notes(name, frame);
	if (frame->type == FRAME_CHILD_GONE)
		child_notes_end(frame);
	if (frame->type == FRAME_STOP && !told_to("deaf"))
		_exit(0);
	if (frame->type == FRAME_PING)
		child_says(FRAME_PONG, 0, frame->token, 0, 0);
	if (frame->type == FRAME_CHANNEL && frame->source == 2)
		child_says(FRAME_STATUS, 0, 0, 0, 0);
}

__attribute__((noreturn)) static void
be_child(const char *name)
{
	static char packet[70000];
	struct frame_reader reader = { 0 };
	struct pollfd wait = { .fd = 3, .events = POLLIN };
	bool engine = strcmp(name, "engine") == 0, asked = false;
	struct frame frame;
	struct err err;

	if (strcmp(name, "parse") == 0 && told_to("parse-crashes")) {
		signal(SIGSEGV, SIG_DFL); /* a sanitizer makes an exit status of it */
		raise(SIGSEGV);
	}
	if (strcmp(name, "parse") == 0 && told_to("parse-ends"))
		_exit(0);
	if (engine && told_to("engine-refuses")) {
		child_says(FRAME_FATAL, 0, 0, 0, 0);
		_exit(74);
	}
	child_says(FRAME_READY, 0, 0, 0, 0);
	if (strcmp(name, "parse") == 0 && told_to("parse-lies"))
		child_says(FRAME_RELOAD, 0, 0, 0, 0);
	for (;;) {
		ssize_t got;

		if (engine)
			child_says(FRAME_ALIVE, 0, 0, 0, 0);
		if (engine && !asked && told_to("isolate")) {
			child_says(FRAME_ISOLATE, 2, 0, 0, 0);
			asked = true;
		}
		poll(&wait, 1, 50);
		while (!told_to("hangs") &&
			(got = recv(3, packet, sizeof packet, MSG_DONTWAIT)) >= 0) {
			if (got == 0)
				_exit(0);
			frame_reader_feed(&reader, packet, (size_t)got);
			while (frame_reader_next(&reader, &frame, &err) > 0)
				child_hears(name, &frame);
		}
	}
}

/* ---- the test ----------------------------------------------------------------------------------- */

struct scene {
	uv_loop_t loop;
	uv_signal_t children;
	uv_timer_t timer;
	struct crew *crew;
	struct config config;
	struct config_source sources[2];
	unsigned ready, alive, status, reload;
	bool ended;
	int exit_status;
	const char *until; /* a file of the folder that must have a line */
	const char *line;
};

static void
on_ready(void *context)
{
	((struct scene *)context)->ready++;
}

static void
on_alive(void *context)
{
	((struct scene *)context)->alive++;
}

static void
on_status(void *context, const char *line)
{
	(void)line;
	((struct scene *)context)->status++;
}

static void
on_reload(void *context, uint32_t token)
{
	(void)token;
	((struct scene *)context)->reload++;
}

static void
on_secret(void *context, const struct secret_asker *asker)
{
	(void)context, (void)asker;
}

static void
on_refused(void *context, uint32_t source, const struct refusal *refusal)
{
	(void)context, (void)source, (void)refusal;
}

static void
on_ended(void *context, int exit_status)
{
	struct scene *scene = context;

	scene->ended = true;
	scene->exit_status = exit_status;
	uv_stop(&scene->loop);
}

static void
on_child(uv_signal_t *handle, int number)
{
	struct scene *scene = handle->data;
	int status;
	pid_t pid;

	(void)number;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		crew_reap(scene->crew, pid, status);
}

static unsigned
lines_of(const char *file, const char *line)
{
	FILE *log = fopen(folder_path(file), "r");
	char text[64];
	unsigned count = 0;

	while (log != NULL && fgets(text, sizeof text, log) != NULL)
		count += strncmp(text, line, strlen(line)) == 0;
	if (log != NULL)
		fclose(log);
	return count;
}

static void
on_time(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* Runs the loop until the condition holds, at most ten seconds. */
#define RUN_UNTIL(scene, condition) \
	do { \
		for (int turn_ = 0; turn_ < 500 && !(condition); turn_++) { \
			uv_timer_start(&(scene)->timer, on_time, 20, 0); \
			uv_run(&(scene)->loop, UV_RUN_DEFAULT); \
		} \
		assert_true(condition); \
	} while (0)

static void
open_scene(struct scene *scene)
{
	static char engine[256], fetch[256], parse[256];
	struct crew_events events = { scene, on_ready, on_alive, on_status, on_reload, on_secret,
		on_refused, on_ended };
	struct crew_places places = { engine, fetch, parse, 0, 0 };
	const char *names[] = { "engine", "fetch", "parse" };
	char *paths[] = { engine, fetch, parse };
	char self[256];

	setenv("LIAISON_TEST_FOLDER", folder_open(), 1);
	self[readlink("/proc/self/exe", self, sizeof self - 1)] = '\0';
	for (int i = 0; i < 3; i++) {
		snprintf(paths[i], 256, "%s", folder_path(names[i]));
		assert_int_equal(symlink(self, paths[i]), 0);
	}
	*scene = (struct scene){ .sources = { { .number = 1, .name = "a", .kind = SOURCE_IMAP },
					 { .number = 2, .name = "b", .kind = SOURCE_IMAP } } };
	scene->config = (struct config){ .database = "/d",
		.socket = "/s",
		.log_level = "info",
		.sources = scene->sources,
		.source_count = 2 };
	uv_loop_init(&scene->loop);
	uv_timer_init(&scene->loop, &scene->timer);
	uv_signal_init(&scene->loop, &scene->children);
	scene->children.data = scene;
	uv_signal_start(&scene->children, on_child, SIGCHLD);
	scene->crew = crew_new(&scene->loop, &places, &events);
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
close_scene(struct scene *scene)
{
	if (!scene->ended) {
		crew_stop(scene->crew, 100);
		crew_kill(scene->crew);
		RUN_UNTIL(scene, scene->ended);
	}
	crew_free(scene->crew);
	uv_walk(&scene->loop, close_handle, NULL);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&scene->loop), 0);
	folder_close();
}

static char *
pattern(enum frame_type type, unsigned source)
{
	static char text[2][32];
	static unsigned next;
	char *out = text[next++ % 2];

	snprintf(out, sizeof text[0], "%u/%u/", (unsigned)type, source);
	return out;
}

static void
starts_everybody_and_hands_over_channels(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	crew_start(scene.crew, &scene.config);
	RUN_UNTIL(&scene, scene.ready == 1 && scene.alive > 0);
	RUN_UNTIL(&scene, lines_of("engine.log", pattern(FRAME_CHANNEL, 0)) == 2);
	RUN_UNTIL(&scene, lines_of("fetch.log", pattern(FRAME_CONFIG_END, 0)) == 1);
	assert_int_equal(lines_of("engine.log", pattern(FRAME_CONFIG_END, 0)), 1);
	close_scene(&scene);
}

static void
stops_everybody_who_listens(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	crew_start(scene.crew, &scene.config);
	RUN_UNTIL(&scene, lines_of("fetch.log", pattern(FRAME_CONFIG_END, 0)) == 1);
	crew_stop(scene.crew, 1000);
	RUN_UNTIL(&scene, scene.ended);
	assert_int_equal(scene.exit_status, 0);
	assert_int_equal(lines_of("engine.log", pattern(FRAME_STOP, 0)), 1);
	close_scene(&scene);
}

static void
replaces_a_parse_that_crashes_and_tells_the_engine(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	folder_file("parse-crashes", "", 0600);
	crew_start(scene.crew, &scene.config);
	RUN_UNTIL(&scene, lines_of("engine.log", pattern(FRAME_CHILD_GONE, 0)) == 2);
	assert_int_equal(lines_of("ends.log", pattern(FRAME_CHILD_GONE, 999)), 2);
	unlink(folder_path("parse-crashes"));
	RUN_UNTIL(&scene, lines_of("engine.log", pattern(FRAME_CHANNEL, 0)) == 4);
	close_scene(&scene);
}

static void
tells_the_engine_the_status_of_a_parse_that_ends_well(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	folder_file("parse-ends", "", 0600);
	crew_start(scene.crew, &scene.config);
	RUN_UNTIL(&scene, lines_of("ends.log", pattern(FRAME_CHILD_GONE, 0)) >= 1);
	assert_int_equal(lines_of("ends.log", pattern(FRAME_CHILD_GONE, 999)), 0);
	unlink(folder_path("parse-ends"));
	close_scene(&scene);
}

static void
replaces_a_child_that_sends_what_is_not_its_to_send(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	folder_file("parse-lies", "", 0600);
	crew_start(scene.crew, &scene.config);
	RUN_UNTIL(&scene, lines_of("engine.log", pattern(FRAME_CHILD_GONE, 0)) >= 1);
	assert_int_equal(scene.reload, 0);
	close_scene(&scene);
}

static void
ends_with_the_status_of_an_engine_that_cannot_start(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	folder_file("engine-refuses", "", 0600);
	crew_start(scene.crew, &scene.config);
	RUN_UNTIL(&scene, scene.ended);
	assert_int_equal(scene.exit_status, 70); /* it named none */
	close_scene(&scene);
}

static void
kills_who_gives_no_sign_of_life(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	crew_start(scene.crew, &scene.config);
	RUN_UNTIL(&scene, lines_of("engine.log", pattern(FRAME_CHANNEL, 0)) == 2);
	folder_file("hangs", "", 0600);
	for (int i = 0; i < 8; i++)
		crew_tick(scene.crew);
	unlink(folder_path("hangs"));
	RUN_UNTIL(&scene, lines_of("engine.log", pattern(FRAME_CHILD_GONE, 0)) == 2);
	assert_int_equal(scene.ready, 1); /* the engine said it is alive */
	close_scene(&scene);
}

static void
gives_an_isolated_source_a_fetch_of_its_own(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	folder_file("isolate", "", 0600);
	crew_start(scene.crew, &scene.config);
	RUN_UNTIL(&scene, lines_of("engine.log", pattern(FRAME_CHANNEL, 2)) == 1);
	/* both fetches log to one file: the common one was configured twice */
	RUN_UNTIL(&scene, lines_of("fetch.log", pattern(FRAME_CONFIG_END, 0)) == 3);
	scene.config.source_count = 1;
	crew_configure(scene.crew, &scene.config);
	RUN_UNTIL(&scene, lines_of("fetch.log", pattern(FRAME_CONFIG_END, 0)) == 4);
	close_scene(&scene);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_everybody_and_hands_over_channels),
		cmocka_unit_test(stops_everybody_who_listens),
		cmocka_unit_test(replaces_a_parse_that_crashes_and_tells_the_engine),
		cmocka_unit_test(tells_the_engine_the_status_of_a_parse_that_ends_well),
		cmocka_unit_test(replaces_a_child_that_sends_what_is_not_its_to_send),
		cmocka_unit_test(ends_with_the_status_of_an_engine_that_cannot_start),
		cmocka_unit_test(kills_who_gives_no_sign_of_life),
		cmocka_unit_test(gives_an_isolated_source_a_fetch_of_its_own),
	};

	(void)argc;
	signal(SIGPIPE, SIG_IGN);
	if (getenv("LIAISON_TEST_FOLDER") != NULL)
		be_child(strrchr(argv[0], '/') + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
