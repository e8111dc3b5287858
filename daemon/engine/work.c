#include "work.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"

/* What every thread has, and the way back to the loop. */

void
worker_init(struct worker *worker, struct engine *engine, struct store *store)
{
	*worker = (struct worker){ .engine = engine, .store = store, .arena = arena_new() };
}

void
worker_clear(struct worker *worker)
{
	for (unsigned i = 0; i < ZONES_MAX; i++)
		zone_free(worker->zones[i]);
	text_clear(&worker->record);
	arena_free(worker->arena);
}

static void
bring_forward(struct worker *worker, unsigned place, struct zone *zone)
{
	memmove(worker->zones + 1, worker->zones, place * sizeof worker->zones[0]);
	worker->zones[0] = zone;
}

int
worker_zone(struct worker *worker, const char *name, const struct zone **out, struct err *err)
{
	struct zone *zone;
	unsigned i;

	for (i = 0; i < ZONES_MAX && worker->zones[i] != NULL; i++) {
		zone = worker->zones[i];
		if (strcmp(zone_name(zone), name) == 0) {
			bring_forward(worker, i, zone);
			*out = zone;
			return 0;
		}
	}
	zone = zone_load(name, err);
	if (zone == NULL)
		return -1;
	if (i == ZONES_MAX)
		zone_free(worker->zones[--i]);
	bring_forward(worker, i, zone);
	*out = zone;
	return 0;
}

static void
run_done(uv_async_t *wake)
{
	struct done *done = wake->data;
	struct work *work, *next;

	pthread_mutex_lock(&done->lock);
	work = done->first;
	done->first = done->last = NULL;
	pthread_mutex_unlock(&done->lock);
	for (; work != NULL; work = next) {
		next = work->next;
		if (work->done != NULL)
			work->done(work);
	}
}

int
done_init(struct done *done, uv_loop_t *loop, struct err *err)
{
	pthread_mutex_init(&done->lock, NULL);
	done->first = done->last = NULL;
	done->wake.data = done;
	if (uv_async_init(loop, &done->wake, run_done) != 0)
		return fail(err, ERR_INTERNAL, "the loop cannot be woken by other threads");
	done->wake.data = done;
	return 0;
}

void
done_close(struct done *done)
{
	uv_close((uv_handle_t *)&done->wake, NULL);
}

void
done_add(struct done *done, struct work *first, struct work *last)
{
	last->next = NULL;
	pthread_mutex_lock(&done->lock);
	if (done->last != NULL)
		done->last->next = first;
	else
		done->first = first;
	done->last = last;
	pthread_mutex_unlock(&done->lock);
	uv_async_send(&done->wake);
}

void
done_leave(struct done *done, struct work *first)
{
	for (struct work *work = first; work != NULL; work = work->next) {
		done->left = mem_resize(done->left, (done->left_count + 1) * sizeof(struct work *));
		done->left[done->left_count++] = work;
	}
}
