#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "mailbox.h"

/* A folder's past, newest first: the server lists what lies in the window, what is decided already is
 * left out, the rest is asked in slices. */

enum { AGAIN_MS = 1000, AGAIN_MOST_MS = 60000, DAY = 86400 };

const char *
job_state_name(const struct job *job)
{
	switch (job->state) {
	case JOB_PAUSED:
		return "paused";
	case JOB_DONE:
		return "done";
	case JOB_WAITING:
		return "waiting";
	case JOB_NONE:
	case JOB_SEARCHING:
	case JOB_SORTING:
	case JOB_RUNNING:
		break;
	}
	return "running";
}

void
job_wait(struct job *job, const char *why)
{
	job->state = JOB_WAITING;
	if (job->pause_ms == 0)
		job->pause_ms = AGAIN_MS;
	job->retry_ms = clock_monotonic_ms() + job->pause_ms;
	job->pause_ms = job->pause_ms * 2 < AGAIN_MOST_MS ? job->pause_ms * 2 : AGAIN_MOST_MS;
	uid_set_reset(&job->todo);
	free((char *)job->error);
	job->error = mem_text(why);
}

static void
tell_job(struct folder *folder, const char *kind)
{
	struct text record = { 0 };
	struct json_out out;

	json_out_init(&out, &record);
	job_write(folder, NULL, &out);
	pipeline_tell(folder->mailbox->pipeline, kind, record.bytes);
	text_clear(&record);
}

/* Once a second is often enough. */
static void
tell_progress(struct folder *folder)
{
	int64_t now = clock_monotonic_ms();

	if (folder->job.state != JOB_RUNNING || now - folder->job.told_ms < 1000)
		return;
	folder->job.told_ms = now;
	tell_job(folder, "job.progress");
}

static void
job_finish(struct folder *folder)
{
	folder->low = 0;
	folder->job.state = JOB_DONE;
	tell_job(folder, "job.done");
	log_write(LOG_INFO, "%s/%s: the backfill is complete, %llu messages", folder->mailbox->name,
		folder->name, (unsigned long long)folder->job.done);
}

void
job_begin(struct folder *folder)
{
	struct mailbox *mailbox = folder->mailbox;
	struct job *job = &folder->job;
	struct frame_writer writer;

	if (!folder->known || mailbox->link == NULL || mailbox->paused || job->flying > 0 ||
		job->again || job->state == JOB_PAUSED || job->state == JOB_DONE ||
		job->state == JOB_SEARCHING || job->state == JOB_SORTING)
		return;
	if (folder->low == 0) { /* its last slice was written after the folder was looked up anew */
		job_finish(folder);
		return;
	}
	job->state = JOB_SEARCHING;
	job->broken = false;
	job->search_token = pipeline_token(mailbox->pipeline);
	uid_set_reset(&job->todo);
	frame_begin(&writer, &mailbox->link->out, FRAME_SEARCH, mailbox->number, job->search_token);
	frame_put_text(&writer, TAG_FOLDER, folder->name);
	frame_put_u64(&writer, TAG_LOW, 1);
	frame_put_u64(&writer, TAG_HIGH, folder->low);
	if (folder->has_since) /* days are the server's: one more, the rest is judged message by message */
		frame_put_i64(&writer, TAG_SINCE, folder->since - DAY);
	frame_end(&writer);
	link_flush(mailbox->link);
}

/* ---- what of the list is to be asked ----------------------------------------------------------- */

struct sorting {
	struct work work; /* first */
	struct folder *folder;
	struct uid_set todo;
	int64_t stream;
	uint32_t low, token;
	uint64_t done;
	struct err err;
	bool failed;
};

static void
run_sorting(struct work *work, struct worker *worker)
{
	struct sorting *sorting = (struct sorting *)work;
	struct uid_set decided = { 0 };
	uint64_t total;

	sorting->failed = store_begin(worker->store, &sorting->err) < 0;
	if (sorting->failed)
		return;
	sorting->failed = ledger_decided(worker->store, sorting->stream, 1, sorting->low, &decided,
				  &sorting->err) < 0;
	uid_set_subtract(&sorting->todo, &decided);
	uid_set_clear(&decided);
	total = sorting->done + uid_set_size(&sorting->todo);
	if (!sorting->failed)
		sorting->failed = stream_set_total(worker->store, sorting->stream, (int64_t)total,
					  sorting->todo.count == 0, &sorting->err) < 0 ||
				  store_commit(worker->store, &sorting->err) < 0;
	if (sorting->failed)
		store_rollback(worker->store);
}

static void
sorted(struct folder *folder, struct sorting *sorting)
{
	struct job *job = &folder->job;

	if (job->state != JOB_SORTING || job->search_token != sorting->token)
		return;
	if (sorting->failed) {
		job_wait(job, sorting->err.message);
		return;
	}
	uid_set_clear(&job->todo);
	job->todo = sorting->todo;
	sorting->todo = (struct uid_set){ 0 };
	job->total = job->done + uid_set_size(&job->todo);
	job->state = JOB_RUNNING;
	job->before = job->done;
	job->begun_ms = clock_monotonic_ms();
	if (job->todo.count == 0)
		job_finish(folder);
}

static void
sorting_done(struct work *work)
{
	struct sorting *sorting = (struct sorting *)work;
	struct pipeline *pipeline = sorting->folder->mailbox->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (!pipeline->stopping) {
		sorted(sorting->folder, sorting);
		job_pump(pipeline);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	uid_set_clear(&sorting->todo);
	free(sorting);
}

static void
job_sort(struct folder *folder)
{
	struct sorting *sorting = mem_zero(1, sizeof *sorting);
	struct job *job = &folder->job;

	job->state = JOB_SORTING;
	sorting->work.priority = WORK_BACKFILL;
	sorting->work.run = run_sorting;
	sorting->work.done = sorting_done;
	sorting->folder = folder;
	sorting->stream = folder->stream;
	sorting->low = folder->low;
	sorting->token = job->search_token;
	sorting->done = job->done;
	sorting->todo = job->todo;
	job->todo = (struct uid_set){ 0 };
	writer_add(folder->mailbox->pipeline->engine->writer, &sorting->work);
}

int
job_uids(struct folder *folder, const struct frame *frame, struct err *err)
{
	struct job *job = &folder->job;
	struct arena *arena = arena_new();
	const char *error;
	bool last;
	int got = uid_list_read(frame, arena, &job->todo, &error, &last, err);

	if (got == 0 && error != NULL)
		job_wait(job, error);
	else if (got == 0 && last)
		job_sort(folder);
	arena_free(arena);
	return got;
}

/* ---- slices ------------------------------------------------------------------------------------ */

static unsigned
flying_of(const struct mailbox *mailbox)
{
	unsigned flying = 0;

	for (const struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next)
		flying += folder->job.flying;
	return flying;
}

static void
job_ask(struct folder *folder)
{
	struct job *job = &folder->job;
	struct uid_set part = { 0 };
	struct slice *slice;

	uid_set_take_highest(&job->todo, SLICE_MAX, &part);
	slice = slice_ask(folder, PURPOSE_BACKFILL, &part);
	slice->low = job->todo.count == 0 ? 0 : part.ranges[0].first - 1;
	job->flying++;
	folder->mailbox->pipeline->flying++;
	uid_set_clear(&part);
}

/* Asks what may be asked. */
void
job_pump(struct pipeline *pipeline)
{
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->link == NULL || mailbox->paused)
			continue;
		for (struct folder *folder = mailbox->folders; folder != NULL;
			folder = folder->next) {
			while (folder->job.state == JOB_RUNNING && folder->job.todo.count > 0 &&
				pipeline->flying < FLYING_MAX && pipeline->stalled == NULL &&
				flying_of(mailbox) < FLYING_SOURCE_MAX)
				job_ask(folder);
		}
	}
}

/* ---- its end ------------------------------------------------------------------------------------- */

static void
all_landed(struct folder *folder)
{
	struct job *job = &folder->job;

	if (job->again)
		window_note(folder);
	else if (job->state == JOB_NONE)
		job_begin(folder);
	else if (job->state != JOB_RUNNING)
		return;
	else if (job->broken)
		job_wait(job, "a part of it was not delivered");
	else if (job->todo.count == 0 && folder->low == 0)
		job_finish(folder);
	else if (job->todo.count == 0) { /* the marks did not reach the end: look once more */
		job->state = JOB_NONE;
		job_begin(folder);
	}
}

void
job_slice_done(struct slice *slice)
{
	struct folder *folder = slice->folder;
	struct job *job = &folder->job;

	folder->mailbox->pipeline->flying--;
	job->flying--;
	if (slice->generation == job->generation) {
		job->done += uid_set_size(&slice->got) + uid_set_size(&slice->gone);
		if (slice->cut)
			job->broken = true;
		else
			job->pause_ms = 0;
	}
	tell_progress(folder);
	if (job->flying == 0)
		all_landed(folder);
}

/* The connection or the child is gone. */
void
job_lost(struct folder *folder)
{
	struct job *job = &folder->job;

	uid_set_reset(&job->todo);
	if (job->state != JOB_PAUSED && job->state != JOB_DONE)
		job->state = JOB_NONE;
}

void
job_set_paused(struct folder *folder, bool paused)
{
	struct job *job = &folder->job;

	if (paused && job->state != JOB_DONE) {
		uid_set_reset(&job->todo);
		job->state = JOB_PAUSED;
	} else if (!paused && job->state == JOB_PAUSED) {
		job->state = JOB_NONE;
		job_begin(folder);
	}
}
