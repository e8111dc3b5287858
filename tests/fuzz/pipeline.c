/* What fetch and parse say to the engine: pieces, each with who says it, or dies, in one byte and its size
 * in two. The engine has a mailbox, number 1, and a calendar, number 2; its writer and its reader work,
 * and are waited for after each piece, so that the same input does the same again. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "feed.h"
#include "liaison/base/log.h"
#include "liaison/store/migrate.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { TURNS = 4, SOURCES = 2 };

enum sayer { FETCH_SAYS, PARSE_SAYS, FETCH_DIES, PARSE_DIES, SAYERS };

struct child {
	int theirs; /* our end */
	uint32_t id;
};

struct stage {
	struct engine engine;
	struct child fetch, parse;
	uint32_t ids;
};

static int liaisond; /* the other end of the crew's channel */

/* Before anything else takes the number. */
__attribute__((constructor)) static void
take_the_crews_descriptor(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	liaisond = fcntl(pair[1], F_DUPFD_CLOEXEC, CREW_DESCRIPTOR + 1);
	if (dup2(pair[0], CREW_DESCRIPTOR) < 0 || liaisond < 0)
		abort();
}

/* ---- waiting for the threads -------------------------------------------------------------------- */

struct mark {
	struct work work; /* first */
	bool reached;
};

static void
pass(struct work *work, struct worker *worker)
{
	(void)work, (void)worker;
}

static void
passed(struct work *work)
{
	((struct mark *)work)->reached = true;
}

/* What one thread has done may give the other something to do. */
static void
settle(struct engine *engine)
{
	for (int i = 0; i < TURNS; i++) {
		struct mark written = {
			.work = { .priority = WORK_BACKGROUND, .run = pass, .done = passed }
		};
		struct mark read = { .work = { .run = pass, .done = passed } };

		writer_add(engine->writer, &written.work);
		pool_add(engine->readers, &read.work);
		while (!written.reached || !read.reached)
			uv_run(&engine->loop, UV_RUN_ONCE);
		uv_run(&engine->loop, UV_RUN_NOWAIT);
	}
}

/* ---- one engine for one input ------------------------------------------------------------------- */

static struct config
describe(void)
{
	static struct config_source sources[SOURCES] = {
		{ .number = 1,
			.kind = SOURCE_IMAP,
			.name = "work",
			.connections = 1,
			.since = -1,
			.poll = 300 },
		{ .number = 2, .kind = SOURCE_ICAL, .name = "team", .since = -1, .poll = 300 },
	};

	return (struct config){
		.arena = arena_new(), .timezone = "UTC", .sources = sources, .source_count = SOURCES
	};
}

static struct store *
open_store(const char *path, enum store_mode mode)
{
	struct err err;
	struct store *store = store_open(path, mode, &err);

	if (store == NULL)
		abort();
	return store;
}

/* An empty database, made once: its schema takes longer than most inputs. */
static struct text database;

static char folder[] = "/tmp/liaison-fuzz-XXXXXX", live[sizeof folder + 10];

static void
remove_live(void)
{
	static const char *const ENDINGS[] = { "", "-wal", "-shm", ".aside" };
	char path[sizeof live + 10];

	for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
		snprintf(path, sizeof path, "%s%s", live, ENDINGS[i]);
		unlink(path);
	}
}

static void
remove_folder(void)
{
	remove_live();
	rmdir(folder);
	text_clear(&database);
}

static void
make_database(void)
{
	char bytes[4096];
	struct store *store;
	struct err err;
	FILE *file;

	if (mkdtemp(folder) == NULL)
		abort();
	snprintf(live, sizeof live, "%s/live.db", folder);
	atexit(remove_folder);
	store = open_store(live, STORE_WRITER);
	if (store_migrate(store, live, &err) < 0)
		abort();
	store_close(store);
	file = fopen(live, "re");
	for (size_t got; file != NULL && (got = fread(bytes, 1, sizeof bytes, file)) > 0;)
		text_add_n(&database, bytes, got);
	if (file == NULL || fclose(file) != 0 || database.size == 0)
		abort();
}

static void
lay_database(void)
{
	FILE *file;

	if (database.size == 0)
		make_database();
	remove_live();
	file = fopen(live, "we");
	if (file == NULL || fwrite(database.bytes, 1, database.size, file) != database.size ||
		fclose(file) != 0)
		abort();
}

static void
open_engine(struct engine *engine)
{
	struct config config = describe();
	pthread_mutexattr_t attributes;
	struct err err;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&engine->board, &attributes);
	pthread_mutexattr_destroy(&attributes);
	engine->settings = settings_new(&config);
	engine->watch.engine = engine;
	engine->control.engine = engine;
	if (uv_loop_init(&engine->loop) < 0 || done_init(&engine->done, &engine->loop, &err) < 0)
		abort();
	lay_database();
	engine->writer = writer_new(engine, open_store(live, STORE_WRITER), &engine->done);
	engine->readers = pool_new(engine, &engine->done);
	writer_configure(engine->writer, engine->settings);
	if (writer_start(engine->writer, &err) < 0 ||
		pool_add_thread(engine->readers, open_store(live, STORE_READER), &err) < 0)
		abort();
	worker_init(&engine->self, engine, NULL);
	engine->pipeline = pipeline_new(engine);
	pipeline_configure(engine->pipeline);
}

static void
close_engine(struct engine *engine)
{
	struct control *control = &engine->control;

	settle(engine);
	pool_stop(engine->readers);
	writer_stop(engine->writer);
	pipeline_free(engine->pipeline);
	uv_run(&engine->loop, UV_RUN_NOWAIT);
	while (control->free_batches != NULL)
		batch_free(control_batch(control));
	done_close(&engine->done);
	uv_run(&engine->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&engine->loop) != 0)
		abort();
	writer_close(engine->writer);
	pool_close(engine->readers);
	worker_clear(&engine->self);
	settings_release(engine->settings);
	text_clear(&engine->crew.out);
	free(engine->writer);
	free(engine->readers);
	pthread_mutex_destroy(&engine->board);
}

/* ---- the children ------------------------------------------------------------------------------- */

static void
start(struct stage *stage, struct child *child, enum child_kind kind)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	child->theirs = pair[1];
	child->id = ++stage->ids;
	pipeline_child(stage->engine.pipeline, kind, child->id, 0, pair[0]);
}

static void
end(struct stage *stage, struct child *child, enum child_kind kind)
{
	pipeline_child_gone(stage->engine.pipeline, kind, child->id, false, "was killed");
	close(child->theirs);
}

/* What the engine says is read, and forgotten. */
static void
listen_to(int descriptor)
{
	static char bytes[70000];

	while (recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		continue;
}

static void
play(struct stage *stage, enum sayer sayer, const uint8_t *bytes, size_t size)
{
	struct child *child = sayer == PARSE_SAYS ? &stage->parse : &stage->fetch;

	switch (sayer) {
	case FETCH_DIES:
		end(stage, &stage->fetch, CHILD_FETCH);
		start(stage, &stage->fetch, CHILD_FETCH);
		break;
	case PARSE_DIES:
		end(stage, &stage->parse, CHILD_PARSE);
		start(stage, &stage->parse, CHILD_PARSE);
		break;
	case FETCH_SAYS:
	case PARSE_SAYS:
	case SAYERS:
		if (send(child->theirs, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
	}
	settle(&stage->engine);
	listen_to(stage->fetch.theirs);
	listen_to(stage->parse.theirs);
	listen_to(liaisond);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	enum { HEAD = 3, PIECES_MAX = 50 };
	struct stage stage = { 0 };

	log_set_level((enum log_level)0); /* nothing */
	open_engine(&stage.engine);
	start(&stage, &stage.fetch, CHILD_FETCH);
	start(&stage, &stage.parse, CHILD_PARSE);
	settle(&stage.engine);
	for (unsigned i = 0; i < PIECES_MAX && size >= HEAD; i++) {
		enum sayer sayer = (enum sayer)(bytes[0] % SAYERS);
		size_t piece = bytes[1] + bytes[2] * 256u;

		bytes += HEAD;
		size -= HEAD;
		piece = piece < size ? piece : size;
		play(&stage, sayer, bytes, piece);
		bytes += piece;
		size -= piece;
	}
	close(stage.fetch.theirs);
	close(stage.parse.theirs);
	close_engine(&stage.engine);
	return 0;
}
