#include <stdlib.h>

#include "feed.h"
#include "liaison/base/log.h"
#include "write.h"

/* Parts of slices through the writer. A full disk makes the pipeline wait; a message that cannot be
 * recorded for its own sake is found by writing one by one, and quarantined. */

enum { PEN_US = 80 * 1000 }; /* of the 100 ms that a transaction may take */

static void run_write(struct work *work, struct worker *worker);
static void write_done(struct work *work);

struct write *
write_new(struct slice *slice, unsigned count)
{
	struct write *write = mem_zero(1, sizeof *write);

	write->slice = slice;
	write->count = count;
	write->items = mem_zero(count > 0 ? count : 1, sizeof *write->items);
	write->work.run = run_write;
	write->work.done = write_done;
	write->work.priority = slice->purpose == PURPOSE_BACKFILL ? WORK_BACKFILL : WORK_NEW;
	return write;
}

void
write_give(struct write *write)
{
	writer_add(write->slice->mailbox->pipeline->engine->writer, &write->work);
}

bool
write_is_short(const struct pipeline *pipeline, unsigned rows)
{
	return pipeline->row_us > 0 && rows <= 2 * SLICE_MAX && rows * pipeline->row_us < PEN_US;
}

static void
write_free(struct write *write)
{
	free(write->items);
	free(write);
}

static unsigned
chunk_of(const struct write *write, struct worker *worker)
{
	unsigned left = write->count - write->done, most = left;

	if (write->single)
		most = 1;
	else if (writer_pressed(worker->engine->writer))
		most = PRESSED_MAX;
	else if (write->companion == NULL)
		most = SLICE_MAX;
	return left < most ? left : most;
}

/* One transaction; the marks move with the last one. */
static int
write_chunk(struct write *write, struct worker *worker, unsigned count, struct err *err)
{
	struct capture_slice part = write->capture;
	struct capture_result result;
	int64_t now = clock_now();

	part.items = write->items + write->done;
	part.count = count;
	if (write->done + count < write->count) {
		part.cursor = 0;
		part.low_moves = false;
		part.gone = NULL;
	}
	if (store_begin(worker->store, err) < 0)
		return -1;
	if (capture_slice(worker->store, worker->capture, worker->arena, &part, now, &result, err) <
			0 ||
		watch_note_result(worker, now, &result, err) < 0 ||
		store_commit(worker->store, err) < 0) {
		store_rollback(worker->store);
		capture_contacts_changed(worker->capture);
		watch_forget(worker);
		return -1;
	}
	write->wanted += result.wanted;
	watch_send(worker, &worker->engine->done);
	return 0;
}

static void
run_write(struct work *work, struct worker *worker)
{
	struct write *write = (struct write *)work;
	unsigned count = chunk_of(write, worker);
	int64_t begun_ms = clock_monotonic_ms();

	arena_reset(worker->arena);
	write->failed = write_chunk(write, worker, count, &write->err) < 0;
	if (write->failed)
		return;
	write->done += count;
	if (count >= PRESSED_MAX) /* a small one tells of the disk alone */
		write->row_us = (clock_monotonic_ms() - begun_ms) * 1000 / count;
}

static bool
is_disk(const struct err *err)
{
	return err->code == ERR_STORAGE || err->code == ERR_UNAVAILABLE;
}

static void
stall(struct pipeline *pipeline, struct write *write)
{
	struct write **place = &pipeline->stalled_writes;

	if (pipeline->stalled == NULL)
		log_write(LOG_ERROR, "capture: waits, as nothing can be written: %s",
			write->err.message);
	set_text(&pipeline->stalled, write->err.message);
	pipeline->stalled_until_ms = clock_monotonic_ms() + STALLED_S * 1000;
	write->next = NULL;
	while (*place != NULL)
		place = &(*place)->next;
	*place = write;
}

static void
write_failed(struct pipeline *pipeline, struct write *write)
{
	struct slice *slice = write->slice;
	struct capture_item *item = &write->items[write->done];

	if (write->err.code == ERR_NOT_FOUND) { /* the stream was erased meanwhile */
		write->capture.cursor = 0;
		write->capture.low_moves = false;
		slice_written(write);
		write_free(write);
		return;
	}
	if (is_disk(&write->err) || write->done == write->count ||
		(write->single && item->event == NULL)) {
		stall(pipeline, write);
		return;
	}
	if (write->single) {
		log_about(LOG_ERROR,
			&(struct log_subject){ slice->mailbox->name, slice->folder->name, item->uid,
				LOG_ID_QUARANTINED },
			"%s/%s: UID %u is quarantined: %s", slice->mailbox->name,
			slice->folder->name, item->uid, write->err.message);
		item->size = item->event->size;
		item->event = NULL;
		item->error = arena_text(slice->arena, write->err.message);
		pipeline->quarantined++;
	}
	write->single = true;
	write_give(write);
}

static void
write_done(struct work *work)
{
	struct write *write = (struct write *)work;
	struct pipeline *pipeline = write->slice->mailbox->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (write->row_us > 0)
		pipeline->row_us = write->row_us;
	if (pipeline->stopping)
		write_free(write);
	else if (write->failed)
		write_failed(pipeline, write);
	else if (write->done < write->count)
		write_give(write);
	else {
		if (pipeline->stalled != NULL && pipeline->stalled_writes == NULL) {
			log_write(LOG_NOTICE,
				"capture: goes on, as the database can be written again");
			set_text(&pipeline->stalled, NULL);
		}
		slice_written(write);
		write_free(write);
		job_pump(pipeline);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
}

void
writes_tick(struct pipeline *pipeline, int64_t now_ms)
{
	struct write *write = pipeline->stalled_writes, *next;

	if (write == NULL || now_ms < pipeline->stalled_until_ms)
		return;
	pipeline->stalled_writes = NULL;
	for (; write != NULL; write = next) {
		next = write->next;
		write_give(write);
	}
}

bool
pipeline_waits(struct pipeline *pipeline, char *why, size_t size)
{
	const char *words;

	pthread_mutex_lock(&pipeline->engine->board);
	words = pipeline->stalled;
	for (const struct mailbox *mailbox = pipeline->mailboxes; words == NULL && mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->feed != NULL && mailbox->feed->waits[0] != '\0')
			words = mailbox->feed->waits;
	}
	if (words != NULL)
		text_copy(why, size, words);
	pthread_mutex_unlock(&pipeline->engine->board);
	return words != NULL;
}

void
writes_free(struct pipeline *pipeline)
{
	struct write *next;

	for (struct write *write = pipeline->stalled_writes; write != NULL; write = next) {
		next = write->next;
		write_free(write);
	}
	pipeline->stalled_writes = NULL;
}
