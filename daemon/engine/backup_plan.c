#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "liaison/store/sql.h"
#include "schedule_slot.h"
#include "system.h"

/* Backups by the clock. How long ago the last one was made is reckoned by the monotonic clock: the wall
 * clock, which names the files, may be set. */

enum {
	PAUSE_MIN_MS = 30 * 1000,
	PAUSE_MAX_MS = 60 * 60 * 1000,
	ABANDONED_S = 60 * 60, /* whoever still writes does so all the time */
	NAME_SIZE = sizeof "liaison-20261121T083000Z.db" - 1,
};

static const char PREFIX[] = "liaison-", SUFFIX[] = ".db";

/* ---- the folder ---- */

/* It begins like one: what follows then, or NULL. */
static const char *
after_backup(const char *name)
{
	const size_t suffix = sizeof SUFFIX - 1;

	if (strlen(name) < NAME_SIZE || strncmp(name, PREFIX, sizeof PREFIX - 1) != 0 ||
		strncmp(name + NAME_SIZE - suffix, SUFFIX, suffix) != 0)
		return NULL;
	return name + NAME_SIZE;
}

static int
is_backup(const struct dirent *entry)
{
	const char *rest = after_backup(entry->d_name);

	return rest != NULL && rest[0] == '\0';
}

/* One that was not finished, and what SQLite keeps beside it. */
static int
is_draft(const struct dirent *entry)
{
	const char *rest = after_backup(entry->d_name);

	return rest != NULL &&
	       (strcmp(rest, ".part") == 0 || strcmp(rest, ".part-journal") == 0 ||
		       strcmp(rest, ".part-wal") == 0 || strcmp(rest, ".part-shm") == 0);
}

/* Drafts of an engine that was killed. Another daemon's may be in the same folder, and under way. */
static void
drop_abandoned(struct arena *arena, const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_draft, alphasort);
	int64_t now = clock_now();

	for (int i = 0; i < count; i++) {
		const char *path = arena_printf(arena, "%s/%s", folder, entries[i]->d_name);
		struct stat status;

		if (lstat(path, &status) == 0 && S_ISREG(status.st_mode) &&
			now - status.st_mtime > ABANDONED_S)
			unlink(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static const char *
name_of(struct arena *arena, int64_t time)
{
	struct civil at;

	time_to_civil(time, &at);
	return arena_printf(arena, "%s%04d%02d%02dT%02d%02d%02dZ%s", PREFIX, at.year, at.month,
		at.day, at.hour, at.minute, at.second, SUFFIX);
}

/* Names sort by time, and those of a time to come were made before the clock was set back: they count
 * as older than all others. Returns where they begin. */
static int
first_to_come(struct dirent **entries, int count, const char *now)
{
	int place = count;

	while (place > 0 && strcmp(entries[place - 1]->d_name, now) > 0)
		place--;
	return place;
}

/* The oldest but keep are removed; newest: the path of the newest one up to now, or "". */
static void
drop_old(struct arena *arena, const char *folder, unsigned keep, int64_t now, const char **newest)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_backup, alphasort);
	int first = first_to_come(entries, count, name_of(arena, now));

	*newest = "";
	for (int i = 0; i < count; i++) {
		const char *name = entries[(first + i) % count]->d_name;
		const char *path = arena_printf(arena, "%s/%s", folder, name);

		if ((unsigned)(count - i) > keep)
			unlink(path);
		else
			*newest = path;
	}
	for (int i = 0; i < count; i++)
		free(entries[i]);
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
	pthread_mutex_unlock(&schedule->engine->board);
}

static int
go_on(void *context, int64_t done, int64_t total, struct err *err)
{
	(void)done, (void)total;
	return backup_may_go_on(context, err);
}

/* *at: the time it is named by, a second that none is named by yet: a clock may be set to one again. */
static int
write_backup(struct worker *worker, const char *folder, int64_t *at, struct err *err)
{
	struct arena *arena = worker->arena;
	const char *path = arena_printf(arena, "%s/%s", folder, name_of(arena, *at));

	while (access(path, F_OK) == 0)
		path = arena_printf(arena, "%s/%s", folder, name_of(arena, ++*at));
	if (store_backup_whole(worker->store, path, go_on, worker->engine, err) < 0)
		return -1;
	log_about(LOG_INFO, &(struct log_subject){ .id = LOG_ID_BACKUP }, "backup: %s", path);
	return 0;
}

/* ---- when ---- */

/* Once: what earlier engines left says when the next one is due. */
static void
plan(struct schedule *schedule, struct worker *worker, const struct config *config)
{
	int64_t age = config->backup_every;
	const char *newest;

	drop_abandoned(worker->arena, config->backup_directory);
	drop_old(worker->arena, config->backup_directory, UINT_MAX, clock_now(), &newest);
	note_backup(schedule, newest, "");
	if (schedule->backup_at > 0 && schedule->backup_at <= clock_now())
		age = clock_now() - schedule->backup_at;
	schedule->backup_last_ms = clock_monotonic_ms() - age * 1000;
	schedule->backup_planned = true;
}

static bool
backup_due(const struct schedule *schedule, const struct config *config, int64_t now_ms)
{
	return now_ms - schedule->backup_last_ms >= config->backup_every * 1000 &&
	       now_ms >= schedule->backup_retry_ms;
}

/* Whether it was made: soon again if not, and then more and more seldom. */
static void
plan_next(struct schedule *schedule, bool made, int64_t now_ms)
{
	int64_t *pause = &schedule->backup_pause_ms;

	if (made) {
		schedule->backup_last_ms = now_ms;
		*pause = 0;
		return;
	}
	*pause = *pause == 0 ? PAUSE_MIN_MS : *pause * 2;
	if (*pause > PAUSE_MAX_MS)
		*pause = PAUSE_MAX_MS;
	schedule->backup_retry_ms = now_ms + *pause;
}

void
run_backup(struct work *work, struct worker *worker)
{
	struct schedule *schedule = ((struct job_slot *)work)->schedule;
	const struct config *config = &schedule->settings->config;
	int64_t at = clock_now();
	const char *newest;
	struct err err;
	bool made;

	err.message[0] = '\0';
	if (!schedule->backup_planned)
		plan(schedule, worker, config);
	if (!backup_due(schedule, config, clock_monotonic_ms()))
		return;
	drop_abandoned(worker->arena, config->backup_directory);
	made = write_backup(worker, config->backup_directory, &at, &err) == 0;
	plan_next(schedule, made, clock_monotonic_ms());
	if (!made)
		log_write(LOG_ERROR, "backup: %s", err.message);
	drop_old(worker->arena, config->backup_directory,
		config->backup_keep > 0 ? config->backup_keep : 1, at, &newest);
	note_backup(schedule, newest, err.message);
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
