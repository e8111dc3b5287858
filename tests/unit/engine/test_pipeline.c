#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "engine.h"
#include "mailbox.h"
#include "test.h"

/* The pipeline with a fetch and a parse that the test plays: what a child that is somebody else by now
 * may make the engine hold, and who is blamed when one ends. */

enum { PATIENCE_MS = 20000, UIDVALIDITY = 7 };

struct scene {
	struct engine engine;
	struct config config;
	struct config_source source;
	uv_timer_t timer;
	int liaisond, fetch, parse; /* the test's ends */
	uint32_t children;
	struct frame_reader said; /* by the engine to fetch */
	char reason[200]; /* why a child is to be killed */
	uint32_t search, asked; /* tokens of the engine's last FRAME_SEARCH and FRAME_FETCH */
	uint64_t parsed; /* FRAME_PARSE_MESSAGEs the parse of now was given */
};

/* ---- the scene --------------------------------------------------------------------------------- */

static void
nothing(uv_timer_t *timer)
{
	(void)timer;
}

static void
open_channel(struct scene *scene)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(dup2(pair[0], CREW_DESCRIPTOR), CREW_DESCRIPTOR);
	close(pair[0]);
	scene->liaisond = pair[1];
}

static void
open_engine(struct scene *scene)
{
	struct engine *engine = &scene->engine;
	pthread_mutexattr_t attributes;
	struct err err;

	assert_int_equal(uv_loop_init(&engine->loop), 0);
	assert_int_equal(done_init(&engine->done, &engine->loop, &err), 0);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&engine->board, &attributes);
	pthread_mutexattr_destroy(&attributes);
	engine->settings = settings_new(&scene->config);
	engine->watch.engine = engine;
	engine->readers = pool_new(
		engine, &engine->done); /* of a database where nothing is wanted */
	assert_int_equal(pool_add_thread(engine->readers, store_open_memory(&err), &err), 0);
	engine->writer = writer_new(engine, store_open_memory(&err), &engine->done);
	writer_configure(engine->writer, engine->settings);
	assert_int_equal(writer_start(engine->writer, &err), 0);
	worker_init(&engine->self, engine, NULL);
	engine->pipeline = pipeline_new(engine);
	uv_timer_init(&engine->loop, &scene->timer);
	uv_timer_start(&scene->timer, nothing, 10, 10);
}

static int
begin_child(struct scene *scene, enum child_kind kind)
{
	int pair[2], size = 4 << 20;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	pipeline_child(scene->engine.pipeline, kind, ++scene->children, 0, pair[0]);
	return pair[1];
}

static int
open_scene(void **state)
{
	struct scene *scene = mem_zero(1, sizeof *scene);

	scene->source = (struct config_source){ .number = 1,
		.kind = SOURCE_IMAP,
		.name = "work",
		.connections = 1,
		.since = -1,
		.poll = 300 };
	scene->config = (struct config){ .arena = arena_new(),
		.timezone = "UTC",
		.sources = &scene->source,
		.source_count = 1 };
	open_channel(scene);
	open_engine(scene);
	pipeline_configure(scene->engine.pipeline);
	scene->fetch = begin_child(scene, CHILD_FETCH);
	*state = scene;
	return 0;
}

static struct mailbox *
work(struct scene *scene)
{
	return mailbox_by_name(scene->engine.pipeline, "work");
}

static void
close_handle(uv_handle_t *handle, void *ignored)
{
	(void)ignored;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* What is queued when the writer stops goes with the process, which here goes on. */
static void
drain(struct engine *engine)
{
	for (int p = 0; p < WORK_PRIORITIES; p++) {
		while (writer_waiting(engine->writer, (enum work_priority)p) > 0)
			uv_run(&engine->loop, UV_RUN_NOWAIT);
	}
}

static int
close_scene(void **state)
{
	struct scene *scene = *state;
	struct engine *engine = &scene->engine;

	while (work(scene)->wanting != NULL)
		uv_run(&engine->loop, UV_RUN_ONCE);
	pool_stop(engine->readers);
	drain(engine);
	writer_stop(engine->writer);
	pipeline_free(engine->pipeline);
	uv_run(&engine->loop, UV_RUN_NOWAIT);
	done_close(&engine->done);
	uv_walk(&engine->loop, close_handle, NULL);
	uv_run(&engine->loop, UV_RUN_DEFAULT);
	uv_loop_close(&engine->loop);
	writer_close(engine->writer);
	pool_close(engine->readers);
	worker_clear(&engine->self);
	settings_release(engine->settings);
	text_clear(&engine->crew.out);
	frame_reader_clear(&scene->said);
	close(scene->fetch);
	if (scene->parse > 0)
		close(scene->parse);
	close(scene->liaisond);
	free(engine->writer);
	free(engine->readers);
	free(scene);
	return 0;
}

/* ---- what the children say and hear ------------------------------------------------------------ */

static void
say(struct scene *scene, struct text *frames)
{
	size_t sent = 0;

	while (sent < frames->size) {
		ssize_t put = write(scene->fetch, frames->bytes + sent, frames->size - sent);

		if (put > 0)
			sent += (size_t)put;
		uv_run(&scene->engine.loop, UV_RUN_NOWAIT);
	}
	text_clear(frames);
}

static void
hear_liaisond(struct scene *scene)
{
	static char packet[70000];
	ssize_t got = recv(scene->liaisond, packet, sizeof packet, MSG_DONTWAIT);
	struct frame_reader reader = { 0 };
	struct frame_field field;
	struct frame frame;
	size_t cursor = 0;
	struct err err;

	if (got <= 0)
		return;
	frame_reader_feed(&reader, packet, (size_t)got);
	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	while (frame.type == FRAME_KILL && frame_field_next(&frame, &cursor, &field, &err) > 0) {
		if (field.tag == TAG_TEXT)
			snprintf(scene->reason, sizeof scene->reason, "%.*s", (int)field.size,
				(const char *)field.bytes);
	}
	frame_reader_clear(&reader);
}

static void
hear_engine(struct scene *scene)
{
	static char bytes[70000];
	ssize_t got = read(scene->fetch, bytes, sizeof bytes);
	struct frame frame;
	struct err err;

	if (got > 0)
		frame_reader_feed(&scene->said, bytes, (size_t)got);
	while (frame_reader_next(&scene->said, &frame, &err) > 0) {
		if (frame.type == FRAME_SEARCH)
			scene->search = frame.token;
		if (frame.type == FRAME_FETCH)
			scene->asked = frame.token;
	}
	if (scene->parse > 0 && read(scene->parse, bytes, sizeof bytes) > 0)
		scene->parsed++;
}

#define RUN_UNTIL(scene, condition) \
	do { \
		int64_t until = clock_monotonic_ms() + PATIENCE_MS; \
\
		while (!(condition)) { \
			if (clock_monotonic_ms() > until) \
				fail_msg("waited in vain for %s; killed: '%s'", #condition, \
					(scene)->reason); \
			uv_run(&(scene)->engine.loop, UV_RUN_ONCE); \
			hear_liaisond(scene); \
			hear_engine(scene); \
		} \
	} while (0)

static struct folder *
inbox(struct scene *scene)
{
	return folder_by_name(work(scene), "INBOX");
}

static void
say_inbox(struct scene *scene, uint32_t uidnext)
{
	struct frame_writer writer;
	struct text out = { 0 };

	frame_begin(&writer, &out, FRAME_STATE, 1, 0);
	frame_put_u64(&writer, TAG_STATE, SOURCE_IDLE);
	frame_end(&writer);
	frame_begin(&writer, &out, FRAME_FOLDERS, 1, 0);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_u64(&writer, TAG_WATCHED, FOLDER_IDLE);
	frame_end(&writer);
	frame_begin(&writer, &out, FRAME_OPENED, 1, 0);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_u64(&writer, TAG_UIDVALIDITY, UIDVALIDITY);
	frame_put_u64(&writer, TAG_UIDNEXT, uidnext);
	frame_put_u64(&writer, TAG_EXISTS, uidnext - 1);
	frame_end(&writer);
	say(scene, &out);
}

static void
tell_inbox(struct scene *scene, uint32_t uidnext)
{
	RUN_UNTIL(scene, work(scene)->watched);
	say_inbox(scene, uidnext);
	RUN_UNTIL(scene, inbox(scene) != NULL && inbox(scene)->known);
}

static void
renew_fetch(struct scene *scene)
{
	pipeline_child_gone(
		scene->engine.pipeline, CHILD_FETCH, scene->children, false, "was killed");
	close(scene->fetch);
	scene->reason[0] = '\0';
	frame_reader_clear(&scene->said);
	scene->said = (struct frame_reader){ 0 };
	scene->fetch = begin_child(scene, CHILD_FETCH);
}

static void
put_slice(struct text *out, uint32_t token, uint32_t first, uint32_t last)
{
	struct uid_set uids = { 0 };
	struct frame_writer writer;

	uid_set_add_range(&uids, first, last);
	frame_begin(&writer, out, FRAME_SLICE, 1, token);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_u64(&writer, TAG_UIDVALIDITY, UIDVALIDITY);
	frame_put_u64(&writer, TAG_SLICE_KIND, SLICE_NEW);
	frame_put_u64(&writer, TAG_LOW, first - 1);
	frame_put_uids(&writer, TAG_UIDS, &uids);
	frame_end(&writer);
	uid_set_clear(&uids);
}

static void
put_uids(struct text *out, enum frame_type type, uint32_t token, enum frame_tag tag, uint32_t first,
	uint32_t last)
{
	struct uid_set uids = { 0 };
	struct frame_writer writer;

	uid_set_add_range(&uids, first, last);
	frame_begin(&writer, out, type, 1, token);
	frame_put_text(&writer, TAG_FOLDER, "INBOX");
	frame_put_uids(&writer, tag, &uids);
	frame_end(&writer);
	uid_set_clear(&uids);
}

static void
put_item(struct text *out, uint32_t token, uint32_t uid)
{
	static const char header[] = "From: ada@x.example\r\nSubject: one\r\n\r\n";
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_ITEM, 1, token);
	frame_put_u64(&writer, TAG_UID, uid);
	frame_put(&writer, TAG_HEADER, header, strlen(header));
	frame_end(&writer);
}

static void
expect_end(struct scene *scene, const char *why)
{
	RUN_UNTIL(scene, scene->reason[0] != '\0');
	assert_string_equal(scene->reason, why);
}

/* ---- tests: counts ----------------------------------------------------------------------------- */

enum { TOKEN = 0x80000001 };

static void
takes_no_more_folders_than_a_server_may_have(void **state)
{
	struct scene *scene = *state;
	struct frame_writer writer;
	struct text out = { 0 };

	RUN_UNTIL(scene, work(scene)->watched);
	frame_begin(&writer, &out, FRAME_FOLDERS, 1, 0);
	for (unsigned i = 0; i <= FOLDERS_LISTED_MAX; i++) {
		char name[16];

		snprintf(name, sizeof name, "f%u", i);
		frame_put_text(&writer, TAG_FOLDER, name);
	}
	frame_end(&writer);
	say(scene, &out);
	expect_end(scene, "more than 5000 folders");
	assert_int_equal(work(scene)->folder_count, FOLDERS_LISTED_MAX);
}

static void
takes_no_new_folders_without_end(void **state)
{
	struct scene *scene = *state;
	unsigned name_number = 0;

	RUN_UNTIL(scene, work(scene)->watched);
	while (name_number <= FOLDERS_KNOWN_MAX) {
		struct frame_writer writer;
		struct text out = { 0 };

		frame_begin(&writer, &out, FRAME_FOLDERS, 1, 0);
		for (unsigned i = 0; i < FOLDERS_LISTED_MAX; i++) {
			char name[16];

			snprintf(name, sizeof name, "f%u", name_number++);
			frame_put_text(&writer, TAG_FOLDER, name);
		}
		frame_end(&writer);
		say(scene, &out);
	}
	expect_end(scene, "folders without end");
	assert_int_equal(work(scene)->folder_count, FOLDERS_KNOWN_MAX);
}

static void
takes_no_slice_of_all_uids(void **state)
{
	struct scene *scene = *state;
	struct text out = { 0 };

	tell_inbox(scene, 1);
	put_slice(&out, TOKEN, 1, UINT32_MAX);
	say(scene, &out);
	expect_end(scene, "a slice of more than 65536 messages");
	assert_int_equal(work(scene)->slices, 0);
}

static void
takes_no_slices_without_end(void **state)
{
	struct scene *scene = *state;
	struct text out = { 0 };

	tell_inbox(scene, 1);
	for (uint32_t i = 0; i <= ARRIVING_MAX / SLICE_UIDS_MAX; i++)
		put_slice(&out, TOKEN + i, i * SLICE_UIDS_MAX + 1, (i + 1) * SLICE_UIDS_MAX);
	say(scene, &out);
	expect_end(scene, "slices without end");
	assert_in_range(work(scene)->arriving, 1, ARRIVING_MAX);
}

static void
hears_of_no_message_that_was_not_asked(void **state)
{
	static const enum frame_tag tags[] = { TAG_GONE, TAG_FAILED };
	struct scene *scene = *state;
	struct text out = { 0 };

	tell_inbox(scene, 1);
	for (unsigned i = 0; i < 2; i++) {
		put_slice(&out, TOKEN, 1, 10);
		put_uids(&out, FRAME_SLICE_END, TOKEN, tags[i], 10, UINT32_MAX);
		say(scene, &out);
		expect_end(scene, "it tells of messages that were not asked");
		assert_int_equal(inbox(scene)->cursor, 0);
		renew_fetch(scene);
		tell_inbox(scene, 1);
	}
}

static void
takes_a_list_of_uids_in_order_only(void **state)
{
	struct scene *scene = *state;
	struct text out = { 0 };

	tell_inbox(scene, 101);
	RUN_UNTIL(scene, scene->search != 0);
	put_uids(&out, FRAME_UIDS, scene->search, TAG_UIDS, 1, 50);
	put_uids(&out, FRAME_UIDS, scene->search, TAG_UIDS, 51, 60);
	say(scene, &out);
	RUN_UNTIL(scene, uid_set_size(&inbox(scene)->job.todo) == 60);
	put_uids(&out, FRAME_UIDS, scene->search, TAG_UIDS, 60, 70);
	say(scene, &out);
	expect_end(scene, "a list of UIDs that is not in order");
}

/* ---- tests: what is lost with fetch ------------------------------------------------------------ */

/* The writer is held up while its lock is. */
struct obstacle {
	struct work work; /* first */
	pthread_mutex_t lock;
};

static void
run_obstacle(struct work *work, struct worker *worker)
{
	struct obstacle *obstacle = (struct obstacle *)work;

	(void)worker;
	pthread_mutex_lock(&obstacle->lock);
	pthread_mutex_unlock(&obstacle->lock);
}

static void
a_backfill_whose_last_slice_is_written_after_its_fetch_died_is_done(void **state)
{
	static struct obstacle obstacle = { .work = { .run = run_obstacle },
		.lock = PTHREAD_MUTEX_INITIALIZER };
	struct scene *scene = *state;
	struct frame_writer writer;
	struct text out = { 0 };

	tell_inbox(scene, 3);
	RUN_UNTIL(scene, scene->search != 0);
	put_uids(&out, FRAME_UIDS, scene->search, TAG_UIDS, 1, 2);
	frame_begin(&writer, &out, FRAME_UIDS, 1, scene->search);
	frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
	say(scene, &out);
	RUN_UNTIL(scene, scene->asked != 0);
	pthread_mutex_lock(&obstacle.lock);
	writer_add(scene->engine.writer, &obstacle.work);
	put_uids(&out, FRAME_SLICE_END, scene->asked, TAG_GONE, 1, 2);
	say(scene, &out);
	RUN_UNTIL(scene, writer_waiting(scene->engine.writer, WORK_BACKFILL) == 1);
	renew_fetch(scene);
	say_inbox(scene, 3);
	RUN_UNTIL(scene, writer_waiting(scene->engine.writer, WORK_NEW) == 1);
	pthread_mutex_unlock(&obstacle.lock);
	RUN_UNTIL(scene, inbox(scene)->known && work(scene)->slices == 0);
	assert_int_equal(inbox(scene)->low, 0);
	assert_int_equal(inbox(scene)->job.state, JOB_DONE);
}

/* ---- tests: who is blamed ---------------------------------------------------------------------- */

static void
renew_parse(struct scene *scene, bool clean)
{
	pipeline_child_gone(scene->engine.pipeline, CHILD_PARSE, scene->children, clean,
		clean ? "ended with status 0" : "was killed by signal 11");
	close(scene->parse);
	scene->parsed = 0;
	scene->parse = begin_child(scene, CHILD_PARSE);
}

static void
deliver_two(struct scene *scene)
{
	struct frame_writer writer;
	struct text out = { 0 };

	tell_inbox(scene, 1);
	put_slice(&out, TOKEN, 1, 2);
	put_item(&out, TOKEN, 1);
	put_item(&out, TOKEN, 2);
	frame_begin(&writer, &out, FRAME_SLICE_END, 1, TOKEN);
	frame_end(&writer);
	scene->parse = begin_child(scene, CHILD_PARSE);
	say(scene, &out);
	RUN_UNTIL(scene, scene->parsed > 0);
}

static void
blames_the_item_at_which_parse_after_parse_ends_well(void **state)
{
	struct scene *scene = *state;
	struct pipeline *pipeline = scene->engine.pipeline;

	deliver_two(scene);
	for (unsigned i = 0; i < 2; i++) {
		renew_parse(scene, true);
		assert_int_equal(pipeline->quarantined, 0);
		RUN_UNTIL(scene, scene->parsed > 0);
	}
	assert_true(pipeline->parsing.alone);
	renew_parse(scene, true);
	assert_int_equal(pipeline->quarantined, 1);
	assert_int_equal(pipeline->parsing.count, 1);
	assert_int_equal(
		pipeline->parsing.first->tries, 0); /* the other one is blamed for nothing */
}

static void
blames_no_item_that_a_recycled_parse_leaves(void **state)
{
	struct scene *scene = *state;
	struct pipeline *pipeline = scene->engine.pipeline;

	deliver_two(scene);
	for (unsigned i = 0; i < 5; i++) /* only the first one was given anything */
		parsing_lost(pipeline, true, "ended with status 0");
	assert_false(pipeline->parsing.alone);
	assert_int_equal(pipeline->parsing.first->exits, 1);
	assert_int_equal(pipeline->parsing.first->tries, 0);
}

static void
blames_the_item_at_which_parse_dies_twice(void **state)
{
	struct scene *scene = *state;
	struct pipeline *pipeline = scene->engine.pipeline;

	deliver_two(scene);
	renew_parse(scene, false);
	assert_true(pipeline->parsing.alone);
	RUN_UNTIL(scene, scene->parsed > 0);
	renew_parse(scene, false);
	assert_int_equal(pipeline->quarantined, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_no_more_folders_than_a_server_may_have),
		TEST(takes_no_new_folders_without_end),
		TEST(takes_no_slice_of_all_uids),
		TEST(takes_no_slices_without_end),
		TEST(hears_of_no_message_that_was_not_asked),
		TEST(takes_a_list_of_uids_in_order_only),
		TEST(a_backfill_whose_last_slice_is_written_after_its_fetch_died_is_done),
		TEST(blames_the_item_at_which_parse_after_parse_ends_well),
		TEST(blames_no_item_that_a_recycled_parse_leaves),
		TEST(blames_the_item_at_which_parse_dies_twice),
	};

	while (open("/dev/null", O_RDWR) <=
		CREW_DESCRIPTOR) /* whatever was there is not the crew's */
		continue;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
