#include "engine.h"

#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "liaison/capture/capture.h"
#include "liaison/capture/forget.h"
#include "liaison/sandbox/sandbox.h"
#include "liaison/store/migrate.h"
#include "pipeline.h"
#include "resume.h"
#include "rules.h"
#include "schedule.h"
#include "system.h"

enum { READERS = 2, READ_DEADLINE_MS = 2000 };

static void
set_log_level(const struct config *config)
{
	int level = log_level_by_name(config->log_level);

	if (level >= 0)
		log_set_level((enum log_level)level);
}

/* Before anything is captured or answered. */
static int
settle_forgotten(struct store *store, const struct config *config, struct err *err)
{
	unsigned erased;

	if (forget_settle(store, config, clock_now(), &erased, err) < 0)
		return -1;
	if (erased > 0)
		log_write(LOG_NOTICE, "database: %u erasure%s of the forgotten finished", erased,
			erased == 1 ? " was" : "s were");
	return 0;
}

static struct store *
open_database(const struct config *config, struct err *err)
{
	const char *path = config->database;
	struct store *store = store_open(path, STORE_WRITER, err);

	if (store == NULL)
		return NULL;
	if (store_migrate(store, path, err) == 0) {
		resume_contacts(store, config); /* whom nobody forgets half merged */
		if (settle_forgotten(store, config, err) == 0)
			return store;
	}
	store_close(store);
	return NULL;
}

static const char *
folder_of(struct arena *arena, const char *path)
{
	return dirname(arena_text(arena, path));
}

/* Only these paths can be touched from now on; accounts and zones are looked up by name later. */
static int
enter_sandbox(const struct config *config, struct err *err)
{
	struct arena *arena = arena_new();
	struct sandbox_path paths[12] = {
		{ folder_of(arena, config->database), true },
		{ "/etc", false },
		{ "/usr/share/zoneinfo", false },
		{ "/usr/lib", false },
		{ "/lib", false },
		{ "/dev/null", false },
	};
	size_t count = 6;
	int result;

	if (config->backup_directory != NULL)
		paths[count++] = (struct sandbox_path){ config->backup_directory, true };
	if (config->metrics_file != NULL)
		paths[count++] = (struct sandbox_path){ folder_of(arena, config->metrics_file),
			true };
	(void)getpwuid(getuid()); /* libraries for names are loaded while that is still possible */
	result = sandbox_enter(SANDBOX_ENGINE, paths, count, CONNECTIONS_MAX + 256, err);
	arena_free(arena);
	return result;
}

static int
start_readers(struct engine *engine, const char *path, struct err *err)
{
	engine->readers = pool_new(engine, &engine->done);
	engine->background = pool_new(engine, &engine->done);
	for (unsigned i = 0; i <= READERS; i++) {
		struct store *store = store_open(path, STORE_READER, err);

		if (store == NULL)
			return -1;
		if (i < READERS)
			store_set_deadline(store, READ_DEADLINE_MS);
		if (pool_add_thread(
			    i < READERS ? engine->readers : engine->background, store, err) < 0)
			return -1;
	}
	return 0;
}

static void
on_tick(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	int64_t now_ms = clock_monotonic_ms();

	control_tick(&engine->control, now_ms);
	pipeline_tick(engine->pipeline, now_ms);
	schedule_tick(engine->schedule, now_ms);
	if (engine->restart_ms != 0 && now_ms > engine->restart_ms)
		engine_stop(engine, 0);
}

static int
start_threads(struct engine *engine, struct err *err)
{
	if (start_readers(engine, engine->settings->config.database, err) < 0)
		return -1;
	writer_configure(engine->writer, engine->settings);
	return writer_start(engine->writer, err);
}

static int
start_loop(struct engine *engine, struct err *err)
{
	if (crew_start(&engine->crew, engine, err) < 0 ||
		control_start(&engine->control, engine, CONTROL_DESCRIPTOR, err) < 0)
		return -1;
	engine->pipeline = pipeline_new(engine);
	engine->schedule = schedule_new(engine);
	engine->watch.engine = engine;
	worker_init(&engine->self, engine, NULL);
	uv_timer_init(&engine->loop, &engine->tick);
	engine->tick.data = engine;
	uv_timer_start(&engine->tick, on_tick, 1000, 1000);
	pipeline_configure(engine->pipeline);
	crew_ready(&engine->crew);
	return 0;
}

/* Recursive: an answer that ends one command may begin the next on the same stack. */
static void
init_board(pthread_mutex_t *board)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(board, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static int
start(struct engine *engine, struct err *err)
{
	struct config config;
	struct store *store;

	if (crew_first_config(&engine->crew, &config, err) < 0)
		return -1;
	set_log_level(&config);
	engine->settings = settings_new(&config);
	store = open_database(&engine->settings->config, err);
	if (store == NULL || pipeline_enrol(store, &engine->settings->config, err) < 0 ||
		rules_begin(engine, store, err) < 0)
		return -1;
	if (uv_loop_init(&engine->loop) != 0 || done_init(&engine->done, &engine->loop, err) < 0)
		return fail(err, ERR_INTERNAL, "there is no loop to be had");
	engine->writer = writer_new(engine, store, &engine->done);
	init_board(&engine->board);
	backup_clean(config.database);
	if (enter_sandbox(&config, err) < 0)
		return -1;
	return start_threads(engine, err) < 0 ? -1 : start_loop(engine, err);
}

static void
close_handle(uv_handle_t *handle, void *ignored)
{
	(void)ignored;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* The running transaction is finished; nothing that is queued is lost by being dropped, as nobody
 * was told that it is done. */
static void
shut_down(struct engine *engine)
{
	control_stop(&engine->control);
	writer_stop(engine->writer);
	pool_stop(engine->readers);
	pool_stop(engine->background);
	done_leave(&engine->done, engine->done.first);
	pipeline_free(engine->pipeline);
	schedule_free(engine->schedule);
	crew_close(&engine->crew);
	uv_walk(&engine->loop, close_handle, NULL);
	uv_run(&engine->loop, UV_RUN_NOWAIT);
	pool_close(engine->readers);
	pool_close(engine->background);
	writer_close(engine->writer);
	worker_clear(&engine->self);
	free(engine->rule_headers);
	settings_release(engine->settings);
}

static int
exit_status(const struct err *err)
{
	switch (err->code) {
	case ERR_STORAGE:
		return EXIT_STORAGE;
	case ERR_UNAVAILABLE:
		return EXIT_UNAVAILABLE;
	default:
		return EXIT_INTERNAL;
	}
}

static void
tell_why(struct crew *crew, const struct err *err)
{
	struct text why = { 0 };

	text_printf(&why, "%s%s%s", err->message, err->hint[0] != '\0' ? "; " : "", err->hint);
	crew_fatal(crew, why.bytes, exit_status(err));
	text_clear(&why);
}

int
engine_run(void)
{
	static struct engine engine; /* the threads' until the end */
	struct err err;

	engine.started = clock_now();
	if (start(&engine, &err) < 0) {
		tell_why(&engine.crew, &err);
		return exit_status(&err);
	}
	uv_run(&engine.loop, UV_RUN_DEFAULT);
	shut_down(&engine);
	return engine.exit_status;
}

void
engine_stop(struct engine *engine, int status)
{
	if (engine->stopping)
		return;
	engine->stopping = true;
	engine->exit_status = status;
	uv_stop(&engine->loop);
}

static bool
differ(const char *old, const char *fresh)
{
	return old == NULL ? fresh != NULL : fresh == NULL || strcmp(old, fresh) != 0;
}

/* The sandbox was entered with the paths of the old one: liaisond starts a new engine. */
static void
judge_paths(struct engine *engine, const struct config *old, const struct config *fresh)
{
	enum { GRACE_MS = 1500 };

	if (strcmp(old->database, fresh->database) != 0)
		log_write(
			LOG_WARNING, "configuration: another database takes a restart of liaisond");
	if (!differ(old->backup_directory, fresh->backup_directory) &&
		!differ(old->metrics_file, fresh->metrics_file))
		return;
	log_write(LOG_NOTICE,
		"configuration: the engine starts anew, as its sandbox has other paths");
	engine->restart_ms = clock_monotonic_ms() + GRACE_MS;
}

void
engine_configure(struct engine *engine, const struct config *config)
{
	struct settings *old = engine->settings;

	judge_paths(engine, &old->config, config);
	set_log_level(config);
	engine->settings = settings_new(config);
	writer_configure(engine->writer, engine->settings);
	control_judge(&engine->control);
	pipeline_configure(engine->pipeline);
	settings_release(old);
	log_write(LOG_INFO, "configuration: a new one is in force");
}
