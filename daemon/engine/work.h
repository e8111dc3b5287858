#ifndef LIAISON_ENGINE_WORK_H
#define LIAISON_ENGINE_WORK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
#include "liaison/base/err.h"
#include "liaison/base/text.h"
#include "liaison/store/sql.h"

/* The loop waits and decides; one thread writes, some read. They share queues and nothing else: a
 * piece of work goes out, is run on a thread, and comes back to the loop in `done`. */

struct engine;
struct capture;
struct settings;
struct tell;

enum work_priority { WORK_COMMAND, WORK_NEW, WORK_BACKFILL, WORK_BACKGROUND, WORK_PRIORITIES };

enum { ZONES_MAX = 8, GROUP_MAX = 64 };

/* One thread and what is its own. */
struct worker {
	struct engine *engine;
	struct store *store;
	struct capture *capture; /* the writer's; else NULL */
	struct arena *arena; /* scratch, reset before each piece of work */
	struct zone *zones[ZONES_MAX]; /* callers' zones, the latest first */
	struct tell *tells, *last_tell; /* for watchers, sent on COMMIT */
	struct after *afters, *last_after;
	struct text record; /* scratch for events */
};

struct work {
	struct work *next;
	enum work_priority priority;
	unsigned weight; /* requests in it; 0: it makes its own transactions */
	void (*run)(struct work *work, struct worker *worker);
	/* The transaction that run was part of could not be committed; may be NULL. */
	void (*undone)(struct work *work, const struct err *err);
	void (*done)(struct work *work); /* on the loop; frees or reuses work. May be NULL */
};

/* Finished work on its way back to the loop. */
struct done {
	pthread_mutex_t lock;
	struct work *first, *last;
	uv_async_t wake;
	struct work **left; /* what nobody runs any more */
	unsigned left_count;
};

int done_init(struct done *done, uv_loop_t *loop, struct err *err);
void done_close(struct done *done);
void done_add(struct done *done, struct work *first, struct work *last);
/* The list from first on is dropped at the engine's end: it goes with the process and is no leak, as each piece
 * is known by itself, whichever of the others is freed with its owner. */
void done_leave(struct done *done, struct work *first);

/* The one pen. It also alone moves the write-ahead log into the database. */
struct writer;
struct writer *writer_new(struct engine *engine, struct store *store, struct done *done);
int writer_start(struct writer *writer, struct err *err);
/* What deciding knows of the configuration is made anew, on the writer's thread once it runs. */
void writer_configure(struct writer *writer, struct settings *settings);
void writer_add(struct writer *writer, struct work *work);
/* Commands wait: a long slice should be short. Any thread. */
bool writer_pressed(struct writer *writer);
/* Work that is not done in the background waits. */
bool writer_is_wanted(struct writer *writer);
/* Work that is queued and not begun, by priority. */
unsigned writer_waiting(struct writer *writer, enum work_priority priority);
/* What is wrong with the database, in words; false: nothing. Any thread. */
bool writer_trouble(struct writer *writer, char *words, size_t size);
/* It is to be opened again, for which nobody may hold an old state of it. Any thread. */
bool writer_is_sick(struct writer *writer);
/* Finishes the running work, checkpoints, ends the thread; what is queued is dropped. */
void writer_stop(struct writer *writer);
/* Closes its store. */
void writer_close(struct writer *writer);

/* Threads that take from one queue: the readers, and the one for work in the background. */
struct pool;
struct pool *pool_new(struct engine *engine, struct done *done);
/* store: own from now on; one thread a store. */
int pool_add_thread(struct pool *pool, struct store *store, struct err *err);
void pool_add(struct pool *pool, struct work *work);
bool pool_is_stopping(struct pool *pool); /* any thread */
void pool_stop(struct pool *pool); /* what is queued is dropped */
void pool_close(struct pool *pool); /* as writer_close */

void worker_init(struct worker *worker, struct engine *engine, struct store *store);
void worker_clear(struct worker *worker);
/* The caller's zone by name; ERR_USAGE: unknown. Borrowed until eight others were asked. */
int worker_zone(struct worker *worker, const char *name, const struct zone **out, struct err *err);

#endif
