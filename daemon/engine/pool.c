#include "liaison/base/log.h"
#include "work.h"

/* Threads with a store each that take from one queue. */

enum { THREADS_MAX = 8 };

struct pool_thread {
	struct pool *pool;
	pthread_t thread;
	struct worker worker;
};

struct pool {
	struct engine *engine;
	struct done *done;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct work *first, *last;
	bool stop;
	struct pool_thread threads[THREADS_MAX];
	unsigned count;
};

struct pool *
pool_new(struct engine *engine, struct done *done)
{
	struct pool *pool = mem_zero(1, sizeof *pool);

	pool->engine = engine;
	pool->done = done;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->more, NULL);
	return pool;
}

static struct work *
take(struct pool *pool)
{
	struct work *work = NULL;

	pthread_mutex_lock(&pool->lock);
	while (!pool->stop && pool->first == NULL)
		pthread_cond_wait(&pool->more, &pool->lock);
	if (!pool->stop) {
		work = pool->first;
		pool->first = work->next;
		if (pool->first == NULL)
			pool->last = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	return work;
}

static void *
run_thread(void *argument)
{
	struct pool_thread *thread = argument;
	struct work *work;

	while ((work = take(thread->pool)) != NULL) {
		arena_reset(thread->worker.arena);
		work->run(work, &thread->worker);
		done_add(thread->pool->done, work, work);
	}
	return NULL;
}

int
pool_add_thread(struct pool *pool, struct store *store, struct err *err)
{
	struct pool_thread *thread = &pool->threads[pool->count];

	thread->pool = pool;
	worker_init(&thread->worker, pool->engine, store);
	if (pthread_create(&thread->thread, NULL, run_thread, thread) != 0) {
		worker_clear(&thread->worker);
		return fail(err, ERR_INTERNAL, "a thread cannot be started");
	}
	pool->count++;
	return 0;
}

void
pool_add(struct pool *pool, struct work *work)
{
	work->next = NULL;
	pthread_mutex_lock(&pool->lock);
	if (pool->last != NULL)
		pool->last->next = work;
	else
		pool->first = work;
	pool->last = work;
	pthread_cond_signal(&pool->more);
	pthread_mutex_unlock(&pool->lock);
}

bool
pool_is_stopping(struct pool *pool)
{
	bool stops;

	pthread_mutex_lock(&pool->lock);
	stops = pool->stop;
	pthread_mutex_unlock(&pool->lock);
	return stops;
}

void
pool_stop(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->more);
	pthread_mutex_unlock(&pool->lock);
	/* A long statement ends at once; a reader has nothing to lose. */
	for (unsigned i = 0; i < pool->count; i++)
		store_interrupt(pool->threads[i].worker.store);
	for (unsigned i = 0; i < pool->count; i++)
		pthread_join(pool->threads[i].thread, NULL);
	done_leave(pool->done, pool->first);
}

void
pool_close(struct pool *pool)
{
	for (unsigned i = 0; i < pool->count; i++) {
		store_close(pool->threads[i].worker.store);
		worker_clear(&pool->threads[i].worker);
	}
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->more);
}
