#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "liaison/base/log.h"
#include "liaison/capture/capture.h"
#include "settings.h"
#include "upkeep.h"
#include "watch.h"
#include "work.h"

/* The one thread that writes. Commands come first, up to 64 requests in one transaction; then mail
 * that is new, then the backfill, then the rest, each in transactions of its own. */

enum { IDLE_MS = 1000 };

struct queue {
	struct work *first, *last;
	unsigned count;
};

struct writer {
	struct worker worker;
	struct upkeep upkeep;
	struct done *done;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue queues[WORK_PRIORITIES];
	struct settings *settings; /* held: capture borrows its configuration */
	bool started;
	atomic_bool stop;
};

struct change {
	struct work work; /* first */
	struct writer *writer;
	struct settings *settings;
};

static void
use_settings(struct writer *writer, struct settings *settings)
{
	capture_free(writer->worker.capture);
	settings_release(writer->settings);
	writer->settings = settings;
	writer->worker.capture = capture_new(&settings->config);
}

static void
run_change(struct work *work, struct worker *worker)
{
	struct change *change = (struct change *)work;

	(void)worker;
	use_settings(change->writer, change->settings);
}

static void
change_done(struct work *work)
{
	free(work);
}

void
writer_configure(struct writer *writer, struct settings *settings)
{
	struct change *change;

	settings_hold(settings);
	if (!writer->started) {
		use_settings(writer, settings);
		return;
	}
	change = mem_zero(1, sizeof *change);
	change->work.run = run_change;
	change->work.done = change_done;
	change->writer = writer;
	change->settings = settings;
	writer_add(writer, &change->work);
}

struct writer *
writer_new(struct engine *engine, struct store *store, struct done *done)
{
	struct writer *writer = mem_zero(1, sizeof *writer);
	pthread_condattr_t attributes;

	worker_init(&writer->worker, engine, store);
	upkeep_init(&writer->upkeep, store);
	writer->done = done;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->more, &attributes);
	pthread_condattr_destroy(&attributes);
	return writer;
}

void
writer_add(struct writer *writer, struct work *work)
{
	struct queue *queue = &writer->queues[work->priority];

	work->next = NULL;
	pthread_mutex_lock(&writer->lock);
	if (queue->last != NULL)
		queue->last->next = work;
	else
		queue->first = work;
	queue->last = work;
	queue->count++;
	pthread_cond_signal(&writer->more);
	pthread_mutex_unlock(&writer->lock);
}

unsigned
writer_waiting(struct writer *writer, enum work_priority priority)
{
	unsigned count;

	pthread_mutex_lock(&writer->lock);
	count = writer->queues[priority].count;
	pthread_mutex_unlock(&writer->lock);
	return count;
}

bool
writer_pressed(struct writer *writer)
{
	return writer_waiting(writer, WORK_COMMAND) > 0;
}

bool
writer_is_wanted(struct writer *writer)
{
	for (int i = WORK_COMMAND; i < WORK_BACKGROUND; i++) {
		if (writer_waiting(writer, (enum work_priority)i) > 0)
			return true;
	}
	return false;
}

bool
writer_trouble(struct writer *writer, char *words, size_t size)
{
	return upkeep_trouble(&writer->upkeep, words, size);
}

bool
writer_is_sick(struct writer *writer)
{
	return upkeep_is_sick(&writer->upkeep);
}

static struct work *
pop(struct queue *queue)
{
	struct work *work = queue->first;

	queue->first = work->next;
	if (queue->first == NULL)
		queue->last = NULL;
	queue->count--;
	work->next = NULL;
	return work;
}

/* Commands that fit into one transaction; work without weight stands alone. */
static struct work *
pop_group(struct queue *queue)
{
	struct work *first = pop(queue), *last = first;
	unsigned weight = first->weight;

	while (weight > 0 && queue->first != NULL && queue->first->weight > 0 &&
		weight + queue->first->weight <= GROUP_MAX) {
		last->next = pop(queue);
		last = last->next;
		weight += last->weight;
	}
	return first;
}

static struct work *
next_work(struct writer *writer)
{
	for (unsigned i = 0; i < WORK_PRIORITIES; i++) {
		if (writer->queues[i].first != NULL)
			return pop_group(&writer->queues[i]);
	}
	return NULL;
}

/* NULL: nothing came for a second, or it is time to stop. */
static struct work *
take(struct writer *writer)
{
	struct timespec until;
	struct work *work = NULL;
	int timed_out = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_MS / 1000;
	pthread_mutex_lock(&writer->lock);
	while (!writer->stop && (work = next_work(writer)) == NULL && timed_out == 0)
		timed_out = pthread_cond_timedwait(&writer->more, &writer->lock, &until);
	pthread_mutex_unlock(&writer->lock);
	return work;
}

static void
undo_group(struct work *work, const struct err *err)
{
	log_write(LOG_ERROR, "database: a transaction is not committed: %s", err->message);
	for (; work != NULL; work = work->next) {
		if (work->undone != NULL)
			work->undone(work, err);
	}
}

/* What was learned in the transaction, and would have been told of it, goes with it. */
static void
roll_back(struct writer *writer)
{
	store_rollback(writer->worker.store);
	if (writer->worker.capture != NULL)
		capture_contacts_changed(writer->worker.capture);
	watch_forget(&writer->worker);
}

static void
run_group(struct writer *writer, struct work *first)
{
	struct store *store = writer->worker.store;
	struct err err;

	if (store_begin(store, &err) < 0) {
		undo_group(first, &err);
		return;
	}
	for (struct work *work = first; work != NULL; work = work->next) {
		arena_reset(writer->worker.arena);
		work->run(work, &writer->worker);
	}
	if (store_commit(store, &err) < 0) {
		roll_back(writer);
		undo_group(first, &err);
		return;
	}
	watch_send(&writer->worker, writer->done);
}

static void
run_alone(struct writer *writer, struct work *work)
{
	arena_reset(writer->worker.arena);
	work->run(work, &writer->worker);
	if (store_in_transaction(writer->worker.store))
		roll_back(writer);
	watch_forget(&writer->worker);
}

static void
return_group(struct writer *writer, struct work *first)
{
	struct work *last = first;

	while (last->next != NULL)
		last = last->next;
	done_add(writer->done, first, last);
}

static void *
run_thread(void *argument)
{
	struct writer *writer = argument;
	struct work *work;

	while (!writer->stop) {
		work = take(writer);
		if (work == NULL) {
			upkeep_turn(&writer->upkeep, true);
			continue;
		}
		if (work->weight > 0)
			run_group(writer, work);
		else
			run_alone(writer, work);
		return_group(writer, work);
		upkeep_turn(&writer->upkeep, false);
	}
	if (!store_is_poisoned(writer->worker.store))
		upkeep_turn(&writer->upkeep, true);
	return NULL;
}

int
writer_start(struct writer *writer, struct err *err)
{
	if (pthread_create(&writer->thread, NULL, run_thread, writer) != 0)
		return fail(err, ERR_INTERNAL, "the writer's thread cannot be started");
	writer->started = true;
	return 0;
}

void
writer_stop(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->stop = true;
	pthread_cond_signal(&writer->more);
	pthread_mutex_unlock(&writer->lock);
	if (writer->started)
		pthread_join(writer->thread, NULL);
	writer->started = false;
	for (unsigned i = 0; i < WORK_PRIORITIES; i++)
		done_leave(writer->done, writer->queues[i].first);
	upkeep_stop(&writer->upkeep);
}

void
writer_close(struct writer *writer)
{
	capture_free(writer->worker.capture);
	settings_release(writer->settings);
	store_close(writer->worker.store);
	worker_clear(&writer->worker);
	upkeep_clear(&writer->upkeep);
	pthread_mutex_destroy(&writer->lock);
	pthread_cond_destroy(&writer->more);
}
