#include "schedule.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "liaison/base/log.h"
#include "liaison/capture/meeting.h"
#include "liaison/crm/setup.h"
#include "liaison/store/audit.h"
#include "liaison/store/event_log.h"
#include "liaison/store/idempotency.h"
#include "pipeline.h"
#include "system.h"

enum {
	ALIVE_S = 5,
	LINE_S = 10,
	METRICS_S = 15,
	FORGET_S = 600,
	FORGET_ROWS = 500,
	HELD_S = 5,
	HELD_ROWS = 100
};

/* Each job is one piece of work that is at most once under way. */
struct job_slot {
	struct work work; /* first */
	struct schedule *schedule;
	bool busy;
	int64_t due; /* seconds of the monotonic clock */
};

struct schedule {
	struct engine *engine;
	struct job_slot alive, forget, held, metrics, backup;
	struct settings *settings; /* held while backup or metrics are written */
	struct settings *metrics_settings;
	char line[200];
	int64_t line_due;
	/* under the board: */
	int64_t backup_at; /* wall clock; 0: never */
	char backup_path[300], backup_error[200];
	bool backup_known; /* the folder was looked through */
};

/* ---- signs of life: a turn of the loop and a round through the writer ---- */

static void
look_alive(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	const char *value;
	struct err err;

	/* Any statement will do; it shows that the writer and its database answer. */
	if (setup_get(worker->store, worker->arena, "default-salesperson", &value, &err) < 0)
		log_write(LOG_ERROR, "database: %s", err.message);
	if (store_is_poisoned(worker->store)) {
		log_write(LOG_ERROR,
			"database: the engine ends, so that the database is opened anew");
		_exit(EXIT_STORAGE);
	}
	(void)slot;
}

static void
alive_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;

	slot->busy = false;
	crew_alive(&slot->schedule->engine->crew);
}

/* ---- what is old is forgotten, in short turns ---- */

static int
forget_old(struct worker *worker, const struct config *config, struct err *err)
{
	int64_t now = clock_now(), gone;

	if (event_log_prune(worker->store, err) < 0 ||
		idempotency_prune(worker->store, now, err) < 0)
		return -1;
	if (config->retain_audit == 0)
		return 0;
	return audit_prune(worker->store, now - config->retain_audit, FORGET_ROWS, &gone, err);
}

static void
run_forget(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	struct err err;

	if (store_begin(worker->store, &err) == 0) {
		if (forget_old(worker, &slot->schedule->settings->config, &err) == 0 &&
			store_commit(worker->store, &err) == 0)
			return;
		store_rollback(worker->store);
	}
	log_write(LOG_WARNING, "database: what is old is not forgotten: %s", err.message);
}

static void
forget_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;

	slot->busy = false;
}

/* ---- meetings that have ended ---- */

static int
hold(struct worker *worker, int64_t now, bool *more, struct err *err)
{
	struct capture_result result = { 0 };
	int64_t next;

	if (meetings_held(worker->store, worker->arena, now, HELD_ROWS, &result, &next, err) < 0 ||
		watch_note_result(worker, now, &result, err) < 0)
		return -1;
	*more = next != 0 && next <= now;
	return store_commit(worker->store, err);
}

static void
run_held(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	bool more = false;
	struct err err;

	if (store_begin(worker->store, &err) == 0) {
		if (hold(worker, clock_now(), &more, &err) == 0) {
			watch_send(worker, &worker->engine->done);
			if (more)
				slot->due = 0;
			return;
		}
		store_rollback(worker->store);
		watch_forget(worker);
	}
	log_write(LOG_WARNING, "meetings: those that ended are not noted as held: %s", err.message);
}

static void
held_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;

	slot->busy = false;
}

/* ---- backups ---- */

static const char PREFIX[] = "liaison-", SUFFIX[] = ".db";

static int
is_backup(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t size = strlen(name);

	return size == sizeof "liaison-20261121T083000Z.db" - 1 &&
	       strncmp(name, PREFIX, sizeof PREFIX - 1) == 0 &&
	       strcmp(name + size - 3, SUFFIX) == 0;
}

/* Names sort by time. */
static void
drop_old(const char *folder, unsigned keep, char *newest, size_t room)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_backup, alphasort);
	char path[600];

	newest[0] = '\0';
	for (int i = 0; i < count; i++) {
		if (count - i > (int)keep) {
			snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
			unlink(path);
		} else {
			snprintf(newest, room, "%s/%s", folder, entries[i]->d_name);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void
note_backup(struct schedule *schedule, const char *path, const char *error)
{
	struct stat status;

	pthread_mutex_lock(&schedule->engine->board);
	if (path[0] != '\0' && stat(path, &status) == 0) {
		schedule->backup_at = status.st_mtime;
		snprintf(schedule->backup_path, sizeof schedule->backup_path, "%s", path);
	}
	text_copy(schedule->backup_error, sizeof schedule->backup_error, error);
	schedule->backup_known = true;
	pthread_mutex_unlock(&schedule->engine->board);
}

static int
write_backup(struct worker *worker, const char *folder, struct err *err)
{
	struct civil now;
	char *path;

	time_to_civil(clock_now(), &now);
	path = arena_printf(worker->arena, "%s/%s%04d%02d%02dT%02d%02d%02dZ%s", folder, PREFIX,
		now.year, now.month, now.day, now.hour, now.minute, now.second, SUFFIX);
	if (store_backup(worker->store, path, NULL, NULL, err) < 0)
		return -1;
	log_write(LOG_INFO, "backup: %s", path);
	return 0;
}

static void
run_backup(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	struct schedule *schedule = slot->schedule;
	const struct config *config = &schedule->settings->config;
	char newest[600];
	struct err err;

	err.message[0] = '\0';
	drop_old(config->backup_directory, UINT16_MAX, newest, sizeof newest);
	if (!schedule->backup_known)
		note_backup(schedule, newest, "");
	if (schedule->backup_at + config->backup_every > clock_now())
		return;
	if (write_backup(worker, config->backup_directory, &err) < 0)
		log_write(LOG_ERROR, "backup: %s", err.message);
	drop_old(config->backup_directory, config->backup_keep > 0 ? config->backup_keep : 1,
		newest, sizeof newest);
	note_backup(schedule, newest, err.message);
}

static void
backup_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;

	slot->busy = false;
}

void
backup_write_last(struct call *call)
{
	struct schedule *schedule = call->engine->schedule;

	pthread_mutex_lock(&call->engine->board);
	json_object_begin(call->out, "backup");
	json_text(call->out, "directory", call->config->backup_directory);
	if (schedule->backup_at != 0)
		json_time(call->out, "at", schedule->backup_at,
			zone_offset(call->zone, schedule->backup_at));
	else
		json_null_(call->out, "at");
	json_text(
		call->out, "path", schedule->backup_path[0] != '\0' ? schedule->backup_path : NULL);
	json_text(call->out, "error",
		schedule->backup_error[0] != '\0' ? schedule->backup_error : NULL);
	json_object_end(call->out);
	pthread_mutex_unlock(&call->engine->board);
}

/* ---- the metrics file ---- */

static void
write_metrics(struct schedule *schedule, struct worker *worker, struct text *out)
{
	struct control *control = &schedule->engine->control;
	char names[200];
	unsigned stale = pipeline_stale(
		schedule->engine->pipeline, clock_now(), names, sizeof names);

	text_printf(out, "# TYPE liaison_up gauge\nliaison_up 1\n");
	text_printf(out, "# TYPE liaison_stale_sources gauge\nliaison_stale_sources %u\n", stale);
	text_printf(out, "# TYPE liaison_requests_total counter\nliaison_requests_total %llu\n",
		atomic_load(&control->requests));
	text_printf(out, "# TYPE liaison_database_bytes gauge\nliaison_database_bytes %lld\n",
		(long long)store_size(worker->store));
	text_printf(out,
		"# TYPE liaison_backup_time_seconds gauge\nliaison_backup_time_seconds %lld\n",
		(long long)schedule->backup_at);
}

/* Another program reads it at any time: it is whole or the one before. */
static int
publish(struct worker *worker, const char *path, const struct text *text)
{
	const char *draft = arena_printf(worker->arena, "%s.part", path);
	int descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	bool whole;

	if (descriptor < 0)
		return -1;
	fchmod(descriptor, 0644);
	whole = write(descriptor, text->bytes, text->size) == (ssize_t)text->size;
	if (close(descriptor) < 0 || !whole)
		return -1;
	return rename(draft, path);
}

static void
run_metrics(struct work *work, struct worker *worker)
{
	struct schedule *schedule = ((struct job_slot *)work)->schedule;
	const char *path = schedule->metrics_settings->config.metrics_file;
	struct text text = { 0 };

	write_metrics(schedule, worker, &text);
	if (publish(worker, path, &text) < 0)
		log_write(LOG_DEBUG, "metrics: '%s' cannot be written: %s", path, strerror(errno));
	text_clear(&text);
}

static void
metrics_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;

	slot->busy = false;
	settings_release(slot->schedule->metrics_settings);
	slot->schedule->metrics_settings = NULL;
}

/* ---- the clock ---- */

static void
prepare(struct schedule *schedule, struct job_slot *slot,
	void (*run)(struct work *, struct worker *), void (*done)(struct work *))
{
	slot->schedule = schedule;
	slot->work.run = run;
	slot->work.done = done;
	slot->work.priority = WORK_BACKGROUND;
}

struct schedule *
schedule_new(struct engine *engine)
{
	struct schedule *schedule = mem_zero(1, sizeof *schedule);

	schedule->engine = engine;
	prepare(schedule, &schedule->alive, look_alive, alive_done);
	schedule->alive.work.priority = WORK_COMMAND;
	prepare(schedule, &schedule->forget, run_forget, forget_done);
	prepare(schedule, &schedule->held, run_held, held_done);
	prepare(schedule, &schedule->metrics, run_metrics, metrics_done);
	prepare(schedule, &schedule->backup, run_backup, backup_done);
	return schedule;
}

void
schedule_free(struct schedule *schedule)
{
	settings_release(schedule->settings);
	settings_release(schedule->metrics_settings);
	free(schedule);
}

static bool
is_due(struct job_slot *slot, int64_t now, int64_t every)
{
	if (slot->busy || now < slot->due)
		return false;
	slot->due = now + every;
	slot->busy = true;
	return true;
}

static void
tell_line(struct schedule *schedule, int64_t now)
{
	char line[sizeof schedule->line];

	if (now < schedule->line_due)
		return;
	schedule->line_due = now + LINE_S;
	pipeline_line(schedule->engine->pipeline, line, sizeof line);
	if (strcmp(line, schedule->line) == 0)
		return;
	memcpy(schedule->line, line, sizeof line);
	crew_status(&schedule->engine->crew, line);
}

/* Only while nothing of it is under way: the threads read it. */
static void
take_settings(struct schedule *schedule)
{
	if (schedule->forget.busy || schedule->backup.busy ||
		schedule->settings == schedule->engine->settings)
		return;
	settings_release(schedule->settings);
	schedule->settings = settings_hold(schedule->engine->settings);
}

void
schedule_tick(struct schedule *schedule, int64_t now_ms)
{
	struct engine *engine = schedule->engine;
	const struct config *config = &engine->settings->config;
	int64_t now = now_ms / 1000;

	take_settings(schedule);
	if (is_due(&schedule->alive, now, ALIVE_S))
		writer_add(engine->writer, &schedule->alive.work);
	if (schedule->settings != NULL && is_due(&schedule->forget, now, FORGET_S))
		writer_add(engine->writer, &schedule->forget.work);
	if (is_due(&schedule->held, now, HELD_S))
		writer_add(engine->writer, &schedule->held.work);
	if (schedule->settings != NULL && schedule->settings->config.backup_directory != NULL &&
		is_due(&schedule->backup, now, 30))
		pool_add(engine->background, &schedule->backup.work);
	if (config->metrics_file != NULL && is_due(&schedule->metrics, now, METRICS_S)) {
		schedule->metrics_settings = settings_hold(engine->settings);
		pool_add(engine->background, &schedule->metrics.work);
	}
	tell_line(schedule, now);
}
