#ifndef LIAISON_TESTS_ENGINE_SCHEDULE_WORLD_H
#define LIAISON_TESTS_ENGINE_SCHEDULE_WORLD_H

#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "liaison/base/log.h"
#include "pipeline.h"
#include "schedule_slot.h"

/* The world that the schedule lives in: its clocks, its threads and what is told to others are these. In the
 * program that includes it, and in no other, they take the place of the real ones. */

enum {
	SECOND = 1000,
	HOUR_S = 3600,
	DAY_S = 24 * HOUR_S,
	STEP_MAX_S = HOUR_S,
	MEETINGS_MAX = 2000,
	ROWS_MAX = 1000,
	TRACE = 30,
	TICKS = 12, /* at one moment: so many hundred meetings are held, one after the other */
	DAYS = 30,
	JUMP_S = 2 * HOUR_S, /* what the schedule takes for a clock that was set wrong */
	HELD_LATE_S = HOUR_S + 2 * STEP_MAX_S,
	RETAIN_S = 5 * DAY_S,
#ifdef LIAISON_SANITIZED
	SEEDS = 20,
#else
	SEEDS = 200,
#endif
};

static const int64_t BEGINNING = 1795000000; /* in 2026 */

struct planned {
	int64_t id, ends; /* by the right clock */
	int64_t added; /* monotonic ms */
	bool held;
};

struct row {
	int64_t id, at, right; /* when, by the wall clock and by the right one */
};

static struct world {
	struct engine engine;
	struct worker worker;
	struct schedule *schedule;
	uint64_t seed, chance;
	int64_t awake, slept, end; /* ms */
	int64_t wrong; /* s that the wall clock is ahead of the right one */
	/* Monotonic ms: far ahead without a break; set, or restarted; restarted. */
	int64_t wrong_since, disturbed, restarted;
	bool was_wrong_long; /* for a day: what is old by it may be forgotten */
	struct planned meetings[MEETINGS_MAX];
	size_t meeting_count;
	struct row rows[ROWS_MAX];
	size_t row_count;
	struct work *later[8];
	size_t later_count;
	char folder[64], last_backup[400];
	int64_t backed_up_ms, disk_full_until;
	unsigned backups, restarts;
	int64_t alive_ms;
	int64_t next_jump, next_suspend, next_restart, next_full, next_look;
	char trace[TRACE][120];
	size_t traced;
} * world;

/* ---- time and chance ---- */

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

static int64_t
right_time(void)
{
	return BEGINNING + clock_monotonic_ms() / SECOND;
}

int64_t
clock_now(void)
{
	return right_time() + world->wrong;
}

/* Steele, Lea and Flood's SplitMix64. */
static int64_t
between(int64_t low, int64_t high)
{
	uint64_t z = world->chance += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return low + (int64_t)((z ^ (z >> 31)) % (uint64_t)(high - low + 1));
}

static bool
one_in(int64_t count)
{
	return between(1, count) == 1;
}

static int64_t
in_hours(int64_t least, int64_t most)
{
	return clock_monotonic_ms() + between(least * HOUR_S, most * HOUR_S) * SECOND;
}

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
	char *line = world->trace[world->traced++ % TRACE];
	int64_t now = clock_monotonic_ms() / SECOND;
	va_list arguments;
	int size = snprintf(line, sizeof world->trace[0], "day %lld %02lld:%02lld ",
		(long long)(now / DAY_S), (long long)(now / HOUR_S % 24),
		(long long)(now / 60 % 60));

	va_start(arguments, format);
	vsnprintf(line + size, sizeof world->trace[0] - (size_t)size, format, arguments);
	va_end(arguments);
}

static void __attribute__((format(printf, 1, 2))) violated(const char *format, ...)
{
	char words[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof words, format, arguments);
	va_end(arguments);
	note("VIOLATED: %s", words);
	print_error("the world of LIAISON_SEED=%llu ends like this:\n",
		(unsigned long long)world->seed);
	for (size_t i = world->traced > TRACE ? world->traced - TRACE : 0; i < world->traced; i++)
		print_error("\t%s\n", world->trace[i % TRACE]);
	fail_msg("%s", words);
}

/* ---- in place of threads and of others ---- */

static void
carry_out(struct work *work)
{
	arena_reset(world->worker.arena);
	work->run(work, &world->worker);
	work->done(work);
}

/* Now and then a thread is busy until the next tick. */
static void
take_work(struct work *work)
{
	if (one_in(20) && world->later_count < 8)
		world->later[world->later_count++] = work;
	else
		carry_out(work);
}

static void
write_work(struct writer *writer, struct work *work)
{
	(void)writer;
	take_work(work);
}

static void
work_aside(struct pool *pool, struct work *work)
{
	(void)pool;
	take_work(work);
}

static void
note_alive(struct crew *crew)
{
	(void)crew;
	world->alive_ms = clock_monotonic_ms();
}

static void
ignore_status(struct crew *crew, const char *line)
{
	(void)crew;
	(void)line;
}

static void
write_line(struct pipeline *pipeline, char *line, size_t size)
{
	(void)pipeline;
	snprintf(line, size, "no sources");
}

static void
begin_schedule(void)
{
	world->schedule = schedule_new(&world->engine);
	world->schedule->ways = (struct schedule_ways){ .write = write_work,
		.work_aside = work_aside,
		.alive = note_alive,
		.status = ignore_status,
		.line = write_line };
}

/* An empty file will do. */
int
store_backup_whole(struct store *store, const char *path, backup_progress *progress, void *context,
	struct err *err)
{
	int64_t now = clock_monotonic_ms(), every = world->engine.settings->config.backup_every;
	struct timespec times[2] = { { .tv_sec = clock_now() }, { .tv_sec = clock_now() } };
	int descriptor;

	(void)store, (void)progress, (void)context;
	if (now < world->disk_full_until)
		return fail(err, ERR_STORAGE, "the disk is full");
	descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (descriptor < 0)
		return fail(err, ERR_STORAGE, "'%s': %s", path, strerror(errno));
	futimens(descriptor, times);
	close(descriptor);
	note("a backup, %s", path + strlen(world->folder));
	if (world->backups > 0 && now - world->backed_up_ms < every * SECOND &&
		world->restarted < world->backed_up_ms)
		violated("a backup %lld s after the last one",
			(long long)(now - world->backed_up_ms) / SECOND);
	world->backups++;
	world->backed_up_ms = now;
	snprintf(world->last_backup, sizeof world->last_backup, "%s", path);
	return 0;
}

/* The schedule makes none of these. */
int
store_backup(struct store *store, const char *path, backup_progress *progress, void *context,
	struct err *err)
{
	(void)store, (void)path, (void)progress, (void)context;
	return fail(err, ERR_INTERNAL, "a backup without its files");
}

static void
empty_folder(void)
{
	DIR *folder = opendir(world->folder);
	struct dirent *entry;
	char path[400];

	while (folder && (entry = readdir(folder)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", world->folder, entry->d_name);
		unlink(path);
	}
	if (folder)
		closedir(folder);
	rmdir(world->folder);
}

static void
end(void)
{
	schedule_free(world->schedule);
	uv_run(&world->engine.loop, UV_RUN_NOWAIT);
	done_close(&world->engine.done);
	uv_run(&world->engine.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->engine.loop), 0);
	store_close(world->worker.store);
	worker_clear(&world->worker);
	settings_release(world->engine.settings);
	empty_folder();
	free(world);
	world = NULL;
}

#endif
