#include "scene.h"

#include <sys/socket.h>

#include "liaison/store/migrate.h"

/* ---- beginning --------------------------------------------------------------------------------- */

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

static struct store *
open_store(const char *database, enum store_mode mode)
{
	struct err err;
	struct store *store = database == NULL ? store_open_memory(&err)
					       : store_open(database, mode, &err);

	assert_non_null(store);
	if (database != NULL && mode == STORE_WRITER)
		assert_int_equal(store_migrate(store, database, &err), 0);
	return store;
}

static void
open_engine(struct scene *scene, const char *database)
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
	engine->control.engine = engine;
	engine->writer = writer_new(engine, open_store(database, STORE_WRITER), &engine->done);
	writer_configure(engine->writer, engine->settings);
	assert_int_equal(writer_start(engine->writer, &err), 0);
	engine->readers = pool_new(engine, &engine->done);
	assert_int_equal(
		pool_add_thread(engine->readers, open_store(database, STORE_READER), &err), 0);
	worker_init(&engine->self, engine, NULL);
	engine->pipeline = pipeline_new(engine);
	uv_timer_init(&engine->loop, &scene->timer);
	uv_timer_start(&scene->timer, nothing, 10, 10);
}

int
scene_child(struct scene *scene, enum child_kind kind)
{
	int pair[2], size = 4 << 20;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	scene->ids[kind] = ++scene->children;
	pipeline_child(scene->engine.pipeline, kind, scene->ids[kind], 0, pair[0]);
	return pair[1];
}

struct scene *
scene_open(const struct config_source *source, const char *database)
{
	struct scene *scene = mem_zero(1, sizeof *scene);

	scene->source = *source;
	scene->config = (struct config){ .arena = arena_new(),
		.timezone = "UTC",
		.sources = &scene->source,
		.source_count = 1 };
	open_channel(scene);
	open_engine(scene, database);
	pipeline_configure(scene->engine.pipeline);
	scene->fetch = scene_child(scene, CHILD_FETCH);
	return scene;
}

struct mailbox *
scene_mailbox(struct scene *scene)
{
	return mailbox_by_name(scene->engine.pipeline, scene->source.name);
}

/* ---- the end ----------------------------------------------------------------------------------- */

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

static void
close_engine(struct engine *engine)
{
	struct control *control = &engine->control;

	pool_stop(engine->readers);
	drain(engine);
	writer_stop(engine->writer);
	pipeline_free(engine->pipeline);
	uv_run(&engine->loop, UV_RUN_NOWAIT);
	while (control->free_batches != NULL)
		batch_free(control_batch(control));
	done_close(&engine->done);
	uv_walk(&engine->loop, close_handle, NULL);
	uv_run(&engine->loop, UV_RUN_DEFAULT);
	uv_loop_close(&engine->loop);
	writer_close(engine->writer);
	pool_close(engine->readers);
	worker_clear(&engine->self);
	settings_release(engine->settings);
	text_clear(&engine->crew.out);
	free(engine->writer);
	free(engine->readers);
}

void
scene_close(struct scene *scene)
{
	const struct mailbox *mailbox = scene_mailbox(scene);

	while (mailbox != NULL && mailbox->wanting != NULL)
		uv_run(&scene->engine.loop, UV_RUN_ONCE);
	close_engine(&scene->engine);
	frame_reader_clear(&scene->to_fetch);
	frame_reader_clear(&scene->to_parse);
	close(scene->fetch);
	if (scene->parse > 0)
		close(scene->parse);
	close(scene->liaisond);
	free(scene);
}

/* ---- what the children say and hear ------------------------------------------------------------ */

void
scene_say(struct scene *scene, int from, struct text *frames)
{
	size_t sent = 0;

	while (sent < frames->size) {
		ssize_t put = write(from, frames->bytes + sent, frames->size - sent);

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
take_fields(struct scene *scene, const struct frame *frame)
{
	struct frame_field field;
	size_t cursor = 0;
	uint64_t number;
	struct err err;

	while (frame_field_next(frame, &cursor, &field, &err) > 0) {
		if (frame->type == FRAME_CREDIT && field.tag == TAG_NUMBER) {
			assert_int_equal(field_u64(&field, UINT32_MAX, &number, &err), 0);
			scene->credit += number;
		}
		if (frame->type == FRAME_FEED_KNOWN && field.tag == TAG_ERROR)
			snprintf(scene->error, sizeof scene->error, "%.*s", (int)field.size,
				(const char *)field.bytes);
	}
}

static void
fetch_hears(struct scene *scene, const struct frame *frame)
{
	if (frame->type == FRAME_SEARCH)
		scene->search = frame->token;
	if (frame->type == FRAME_FETCH)
		scene->asked = frame->token;
	if (frame->type == FRAME_SYNC)
		scene->sync = frame->token;
	scene->watches += frame->type == FRAME_WATCH;
	if (frame->type == FRAME_FEED_KNOWN) {
		scene->known++;
		scene->answered = frame->token;
		scene->error[0] = '\0';
	}
	take_fields(scene, frame);
}

/* A feed in pieces is one question. */
static void
parse_hears(struct scene *scene, const struct frame *frame)
{
	if (frame->type == FRAME_PING ||
		(scene->parsed > 0 && scene->tokens[scene->parsed - 1] == frame->token))
		return;
	assert_true(scene->parsed < HEARD_MAX);
	scene->tokens[scene->parsed++] = frame->token;
}

static void
hear(struct scene *scene, int descriptor, struct frame_reader *reader,
	void (*take)(struct scene *, const struct frame *))
{
	static char bytes[70000];
	ssize_t got = read(descriptor, bytes, sizeof bytes);
	struct frame frame;
	struct err err;

	if (got > 0)
		frame_reader_feed(reader, bytes, (size_t)got);
	while (frame_reader_next(reader, &frame, &err) > 0)
		take(scene, &frame);
}

void
scene_turn(struct scene *scene)
{
	uv_run(&scene->engine.loop, UV_RUN_ONCE);
	hear_liaisond(scene);
	hear(scene, scene->fetch, &scene->to_fetch, fetch_hears);
	if (scene->parse > 0)
		hear(scene, scene->parse, &scene->to_parse, parse_hears);
}

static void
forget(struct frame_reader *reader)
{
	frame_reader_clear(reader);
	*reader = (struct frame_reader){ 0 };
}

void
scene_renew_fetch(struct scene *scene)
{
	pipeline_child_gone(
		scene->engine.pipeline, CHILD_FETCH, scene->ids[CHILD_FETCH], false, "was killed");
	close(scene->fetch);
	scene->reason[0] = '\0';
	forget(&scene->to_fetch);
	scene->fetch = scene_child(scene, CHILD_FETCH);
}

void
scene_renew_parse(struct scene *scene, bool clean)
{
	pipeline_child_gone(scene->engine.pipeline, CHILD_PARSE, scene->ids[CHILD_PARSE], clean,
		clean ? "ended with status 0" : "was killed by signal 11");
	close(scene->parse);
	forget(&scene->to_parse);
	scene->parsed = 0;
	scene->parse = scene_child(scene, CHILD_PARSE);
}

void
scene_expect_kill(struct scene *scene, const char *why)
{
	RUN_UNTIL(scene, scene->reason[0] != '\0');
	assert_string_equal(scene->reason, why);
}

/* ---- a writer that is held up ------------------------------------------------------------------ */

static void
run_obstacle(struct work *work, struct worker *worker)
{
	struct obstacle *obstacle = (struct obstacle *)work;

	(void)worker;
	pthread_mutex_lock(&obstacle->lock);
	pthread_mutex_unlock(&obstacle->lock);
}

void
obstacle_put(struct obstacle *obstacle, struct scene *scene)
{
	*obstacle = (struct obstacle){ .work = { .run = run_obstacle },
		.lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_mutex_lock(&obstacle->lock);
	writer_add(scene->engine.writer, &obstacle->work);
}

void
obstacle_lift(struct obstacle *obstacle)
{
	pthread_mutex_unlock(&obstacle->lock);
}
