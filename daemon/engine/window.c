#include <stdlib.h>

#include "mailbox.h"

/* Another window for a folder's backfill. Slices of the old one may still be at the writer when the
 * new one is noted: then it is noted once more after them. */

struct window {
	struct work work; /* first */
	struct folder *folder;
	int64_t stream, since;
	unsigned generation;
	bool has_since, failed;
	struct err err;
};

static void
run_window(struct work *work, struct worker *worker)
{
	struct window *window = (struct window *)work;

	window->failed = store_begin(worker->store, &window->err) < 0;
	if (window->failed)
		return;
	window->failed = stream_backfill(worker->store, window->stream, window->has_since,
				 window->since, &window->err) < 0 ||
			 store_commit(worker->store, &window->err) < 0;
	if (window->failed)
		store_rollback(worker->store);
}

static void
window_done(struct work *work)
{
	struct window *window = (struct window *)work;
	struct folder *folder = window->folder;
	struct pipeline *pipeline = folder->mailbox->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (!pipeline->stopping && window->generation == folder->job.generation) {
		folder->job.again = false;
		if (window->failed)
			job_wait(&folder->job, window->err.message);
		else
			job_begin(folder);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	free(window);
}

void
window_note(struct folder *folder)
{
	struct window *window = mem_zero(1, sizeof *window);

	window->work.priority = WORK_BACKFILL;
	window->work.run = run_window;
	window->work.done = window_done;
	window->folder = folder;
	window->stream = folder->stream;
	window->since = folder->since;
	window->has_since = folder->has_since;
	window->generation = folder->job.generation;
	writer_add(folder->mailbox->pipeline->engine->writer, &window->work);
}

void
job_restart(struct folder *folder, bool has_since, int64_t since)
{
	struct job *job = &folder->job;

	uid_set_reset(&job->todo);
	folder->low = folder->anchor;
	folder->has_since = has_since;
	folder->since = since;
	job->generation++;
	job->state = folder->anchor == 0 ? JOB_DONE : JOB_NONE;
	job->done = job->total = 0;
	job->again = job->flying > 0;
	job_begin(folder);
}
