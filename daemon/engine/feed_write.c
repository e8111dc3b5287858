#include "feed.h"

#include <string.h>

#include "liaison/base/log.h"

/* The database's share: which items are to be read, what was read recorded, the look noted. */

enum { AGAIN_MS = 5000, LOOK_ROWS = 200, PRESSED_ROWS = 100 };

static struct writer *
writer_of(const struct feed_run *run)
{
	return run->mailbox->pipeline->engine->writer;
}

static void
give(struct feed_run *run, void (*work)(struct work *, struct worker *),
	void (*done)(struct work *))
{
	run->working = true;
	run->work = (struct work){ .priority = WORK_BACKFILL, .run = work, .done = done };
	writer_add(writer_of(run), &run->work);
}

/* A full disk makes it wait; true: it does. */
static bool
stalled(struct feed_run *run)
{
	if (run->err.code != ERR_STORAGE && run->err.code != ERR_UNAVAILABLE)
		return false;
	if (run->waits[0] == '\0')
		log_write(LOG_ERROR, "%s: waits, as nothing can be written: %s", run->mailbox->name,
			run->err.message);
	text_copy(run->waits, sizeof run->waits, run->err.message);
	run->retry_ms = clock_monotonic_ms() + AGAIN_MS;
	return true;
}

static void
goes_on(struct feed_run *run)
{
	if (run->waits[0] != '\0')
		log_write(LOG_NOTICE, "%s: goes on, as the database can be written again",
			run->mailbox->name);
	run->waits[0] = '\0';
}

/* Back on the loop under the board. false: the program ends, and the run with it. */
static bool
back(struct feed_run *run)
{
	run->working = false;
	return !run->mailbox->pipeline->stopping;
}

/* ---- comparing --------------------------------------------------------------------------------- */

static void
all_items(struct feed_run *run)
{
	run->todo_count = run->feed.item_count;
	run->todo = arena_array(run->arena, run->todo_count + 1, sizeof *run->todo);
	for (unsigned i = 0; i < run->todo_count; i++)
		run->todo[i] = i;
}

static void
run_compare(struct work *work, struct worker *worker)
{
	struct feed_run *run = (struct feed_run *)work;

	run->failed = feed_compare(worker->store, run->arena, run->stream, &run->feed, run->until,
			      run->accept, &run->todo, &run->todo_count, &run->err) < 0;
}

static void
compare_done(struct work *work)
{
	struct feed_run *run = (struct feed_run *)work;
	struct engine *engine = run->mailbox->pipeline->engine;

	pthread_mutex_lock(&engine->board);
	if (back(run)) {
		if (run->failed) {
			run->todo_count = 0;
			feed_end(run, &run->err);
		} else {
			if (run->whole)
				all_items(run);
			run->step = FEED_READING;
			run->answers = mem_zero(run->todo_count + 1, sizeof *run->answers);
			feed_pump(run);
		}
	}
	pthread_mutex_unlock(&engine->board);
}

void
feed_compare_begin(struct feed_run *run)
{
	run->step = FEED_COMPARING;
	run->working = true;
	run->work = (struct work){ .run = run_compare, .done = compare_done };
	pool_add(run->mailbox->pipeline->engine->readers, &run->work);
}

/* result: of all that was done in it, with its commit. */
static void
end_transaction(struct feed_run *run, struct worker *worker, int result)
{
	run->failed = result < 0;
	if (!run->failed) {
		watch_send(worker, &worker->engine->done);
		return;
	}
	store_rollback(worker->store);
	capture_contacts_changed(worker->capture);
	watch_forget(worker);
}

/* ---- recording --------------------------------------------------------------------------------- */

static void
free_answer(struct feed_answer *answer)
{
	arena_free(answer->arena);
	answer->arena = NULL;
}

static int
record_item(struct feed_run *run, struct worker *worker, unsigned max,
	struct capture_result *result, unsigned *next, struct err *err)
{
	const struct feed_answer *answer = &run->answers[run->now_at];
	struct meeting_item item = {
		.stream_id = run->stream,
		.item = &run->feed.items[run->todo[run->now_at]],
		.versions = answer->versions,
		.count = answer->error == NULL ? answer->count : 0,
		.error = answer->error,
		.from = run->from,
		.until = run->until,
	};

	if (run->check != NULL && run->checked <= run->now_at) {
		if (feed_check_add(run, worker, &item, err) < 0)
			return -1;
		run->checked = run->now_at + 1; /* also if this is rolled back */
	}
	if (run->check != NULL && !feed_check_repairs(run)) {
		*next = 0;
		return 0;
	}
	return capture_meeting(worker->store, worker->capture, worker->arena, &item, run->now_first,
		max, clock_now(), result, next, err);
}

/* As much as one transaction takes; run->now_at and now_first are where it came to. */
static int
record_some(struct feed_run *run, struct worker *worker, struct err *err)
{
	unsigned rows = writer_pressed(writer_of(run)) ? PRESSED_ROWS : FEED_ROWS_MAX;
	unsigned ready = run->ready;
	int64_t now = clock_now();

	if (store_begin(worker->store, err) < 0)
		return -1;
	while (rows > 0 && run->now_at < ready) {
		struct capture_result result = { 0 };
		unsigned next = 0;

		if (record_item(run, worker, rows, &result, &next, err) < 0 ||
			watch_note_result(worker, now, &result, err) < 0)
			return -1;
		rows -= result.decided < rows ? result.decided : rows;
		rows -= rows > 0; /* an item costs something even if nothing of it is new */
		run->now_first = next;
		run->now_at += next == 0;
		if (run->single)
			break;
	}
	return store_commit(worker->store, err);
}

static void
run_record(struct work *work, struct worker *worker)
{
	struct feed_run *run = (struct feed_run *)work;

	arena_reset(worker->arena);
	run->now_at = run->recorded;
	run->now_first = run->first;
	end_transaction(run, worker, record_some(run, worker, &run->err));
}

/* An item that cannot be recorded for its own sake is found by taking one at a time. */
static void
record_failed(struct feed_run *run)
{
	struct feed_answer *answer = &run->answers[run->recorded];

	if (stalled(run))
		return;
	if (run->err.code == ERR_NOT_FOUND || (run->single && answer->error != NULL)) {
		feed_end(run, &run->err); /* the source was erased meanwhile */
		return;
	}
	if (run->single) {
		log_write(LOG_ERROR, "%s: the event '%s' is quarantined: %s", run->mailbox->name,
			run->feed.items[run->todo[run->recorded]].uid, run->err.message);
		answer->error = arena_text(answer->arena, run->err.message);
		run->first = 0;
		run->mailbox->pipeline->quarantined++;
	}
	run->single = true;
	feed_record(run);
}

static void
record_done(struct work *work)
{
	struct feed_run *run = (struct feed_run *)work;
	struct engine *engine = run->mailbox->pipeline->engine;

	pthread_mutex_lock(&engine->board);
	if (back(run)) {
		if (run->failed)
			record_failed(run);
		else {
			goes_on(run);
			for (unsigned i = run->recorded; i < run->now_at; i++)
				free_answer(&run->answers[i]);
			run->recorded = run->now_at;
			run->first = run->now_first;
			run->single = false;
			feed_pump(run);
		}
	}
	pthread_mutex_unlock(&engine->board);
}

void
feed_record(struct feed_run *run)
{
	if (run->working || run->retry_ms != 0)
		return;
	if (run->recorded == run->todo_count)
		feed_look(run);
	else if (run->recorded < run->answered) {
		run->ready = run->answered;
		give(run, run_record, record_done);
	}
}

/* ---- looking ----------------------------------------------------------------------------------- */

static int
look(struct feed_run *run, struct worker *worker, struct err *err)
{
	struct feed_look all = {
		.stream_id = run->stream,
		.feed = &run->feed,
		.etag = run->etag,
		.modified = run->modified,
		.until = run->until,
	};
	struct capture_result result = { 0 };
	int64_t now = clock_now();

	run->more = false;
	memcpy(all.digest, run->digest, sizeof all.digest);
	if (store_begin(worker->store, err) < 0 ||
		(run->check != NULL && feed_check_end(run, err) < 0))
		return -1;
	if ((run->check == NULL || feed_check_repairs(run)) &&
		feed_looked(worker->store, worker->capture, worker->arena, &all, LOOK_ROWS, now,
			&result, &run->more, err) < 0)
		return -1;
	if (watch_note_result(worker, now, &result, err) < 0)
		return -1;
	if (!run->more && feed_known(worker->store, run->arena, run->source_id, run->source, now,
				  &run->known, err) < 0)
		return -1;
	return store_commit(worker->store, err);
}

static void
run_look(struct work *work, struct worker *worker)
{
	struct feed_run *run = (struct feed_run *)work;

	arena_reset(worker->arena);
	end_transaction(run, worker, look(run, worker, &run->err));
}

static void
look_done(struct work *work)
{
	struct feed_run *run = (struct feed_run *)work;
	struct engine *engine = run->mailbox->pipeline->engine;

	pthread_mutex_lock(&engine->board);
	if (back(run)) {
		if (run->failed) {
			if (!stalled(run))
				feed_end(run, &run->err);
		} else {
			goes_on(run);
			if (run->more)
				feed_look(run);
			else
				feed_end(run, NULL);
		}
	}
	pthread_mutex_unlock(&engine->board);
}

void
feed_look(struct feed_run *run)
{
	run->step = FEED_LOOKING;
	give(run, run_look, look_done);
}
