#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "mailbox.h"

/* A folder under its UIDVALIDITY becomes a stream of the ledger. */

enum { REOPEN_MS = 5000 };

struct opening {
	struct work work; /* first */
	struct folder *folder;
	char *name, *server;
	int64_t source, since;
	uint32_t uidvalidity, uidnext;
	unsigned turn;
	bool has_since, fresh, failed;
	struct stream stream;
	bool paused, done;
	struct err err;
};

static int
open_stream(struct opening *opening, struct worker *worker, struct err *err)
{
	struct stream *stream = &opening->stream;

	if (stream_open(worker->store, worker->arena, opening->source, opening->name,
		    opening->uidvalidity, opening->server, opening->uidnext, opening->has_since,
		    opening->since, stream, &opening->fresh, err) < 0)
		return -1;
	opening->paused = strcmp(stream->backfill, "paused") == 0;
	opening->done = strcmp(stream->backfill, "done") == 0;
	return store_commit(worker->store, err);
}

static void
run_opening(struct work *work, struct worker *worker)
{
	struct opening *opening = (struct opening *)work;

	arena_reset(worker->arena);
	opening->failed = store_begin(worker->store, &opening->err) < 0;
	if (opening->failed)
		return;
	opening->failed = open_stream(opening, worker, &opening->err) < 0;
	if (opening->failed)
		store_rollback(worker->store);
}

static void
resume_job(struct folder *folder, const struct opening *opening)
{
	struct job *job = &folder->job;

	if (job->state == JOB_SEARCHING || job->state == JOB_SORTING || job->state == JOB_RUNNING ||
		job->again) /* again: another window is about to be noted */
		return;
	job->done = (uint64_t)opening->stream.backfill_done;
	job->total = (uint64_t)opening->stream.backfill_total;
	if (opening->paused)
		job->state = JOB_PAUSED;
	else if (opening->done || folder->low == 0)
		job->state = JOB_DONE;
	else {
		job->state = JOB_NONE;
		job_begin(folder);
	}
}

static void
opened(struct folder *folder, const struct opening *opening)
{
	const struct stream *stream = &opening->stream;

	if (folder->known && folder->stream != stream->id) { /* another UIDVALIDITY */
		job_lost(folder);
		folder->job.state = JOB_NONE;
	}
	folder->known = true;
	if (folder->reopen_ms != 0)
		set_text(&folder->error, NULL);
	folder->reopen_ms = 0;
	folder->stream = stream->id;
	folder->uidvalidity = stream->uidvalidity;
	folder->cursor = stream->cursor;
	folder->anchor = stream->anchor;
	folder->low = stream->low;
	folder->has_since = stream->has_since;
	folder->since = stream->since;
	folder->noted_complete = stream->last_complete;
	if (folder->last_complete < stream->last_complete)
		folder->last_complete = stream->last_complete;
	if (stream->moved)
		log_write(LOG_NOTICE,
			"%s: is on another server, or of another user: all is looked at again, and "
			"what is known is recognised",
			folder->mailbox->name);
	if (opening->fresh)
		log_write(LOG_INFO, "%s/%s: is new here, UIDVALIDITY %u, next UID %u",
			folder->mailbox->name, folder->name, stream->uidvalidity, opening->uidnext);
	folder_send_cursor(folder);
	resume_job(folder, opening);
	mailbox_judge(folder->mailbox);
	folder->mailbox->wanted = true;
	folder->mailbox->wanted_ms = 0; /* what was left may be of this one */
	wanting_begin(folder->mailbox);
}

static void
opening_done(struct work *work)
{
	struct opening *opening = (struct opening *)work;
	struct folder *folder = opening->folder;
	struct pipeline *pipeline = folder->mailbox->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (!pipeline->stopping && opening->turn == folder->opening &&
		folder->mailbox->link != NULL) {
		if (opening->failed) {
			log_about(LOG_ERROR,
				&(struct log_subject){
					.source = folder->mailbox->name, .folder = folder->name },
				"%s/%s: cannot be opened: %s", folder->mailbox->name, folder->name,
				opening->err.message);
			set_text(&folder->error, opening->err.message);
			folder->reopen_ms = clock_monotonic_ms() + REOPEN_MS;
		} else
			opened(folder, opening);
		job_pump(pipeline);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
	free(opening->name);
	free(opening->server);
	free(opening);
}

static void
begin(struct folder *folder)
{
	const struct config *config = &folder->mailbox->pipeline->engine->settings->config;
	const struct config_source *source = config_source_by_number(
		config, folder->mailbox->number);
	struct opening *opening;

	if (source == NULL || folder->mailbox->id == 0)
		return;
	opening = mem_zero(1, sizeof *opening);
	opening->folder = folder;
	opening->turn = ++folder->opening;
	opening->name = mem_text(folder->name);
	opening->server = mem_text(folder->mailbox->server ? folder->mailbox->server : "");
	opening->source = folder->mailbox->id;
	opening->uidvalidity = folder->uidvalidity;
	opening->uidnext = folder->uidnext;
	opening->has_since = source->since >= 0;
	opening->since = clock_now() - source->since;
	opening->work.priority = WORK_NEW;
	opening->work.run = run_opening;
	opening->work.done = opening_done;
	writer_add(folder->mailbox->pipeline->engine->writer, &opening->work);
}

void
folder_open_again(struct folder *folder, int64_t now_ms)
{
	if (folder->known || folder->reopen_ms == 0 || now_ms < folder->reopen_ms)
		return;
	folder->reopen_ms = now_ms + REOPEN_MS;
	begin(folder);
}

void
folder_open(struct folder *folder, uint32_t uidvalidity, uint32_t uidnext)
{
	if (folder->known && folder->uidvalidity != uidvalidity) {
		log_write(LOG_NOTICE, "%s/%s: UIDVALIDITY was %u and is %u: all is looked at again",
			folder->mailbox->name, folder->name, folder->uidvalidity, uidvalidity);
		folder->known = false;
		job_lost(folder);
	}
	folder->uidvalidity = uidvalidity;
	folder->uidnext = uidnext == 0 && !folder->known ? 1 : uidnext;
	begin(folder);
}

/* Its UIDs say nothing of the mails on the other one, whatever its UIDVALIDITYs. */
static void
leave_server(struct mailbox *mailbox)
{
	struct slice *next;

	for (struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next) {
		folder->known = false;
		folder->opening++;
		folder->reopen_ms = 0;
		job_lost(folder);
	}
	for (struct slice *slice = mailbox->pipeline->slices; slice != NULL; slice = next) {
		next = slice->next;
		if (slice->mailbox == mailbox)
			slice_give_up(slice);
	}
	wanting_lost(mailbox);
	leaving_lost(mailbox);
}

void
mailbox_set_server(struct mailbox *mailbox, const char *server)
{
	if (mailbox->server != NULL && strcmp(mailbox->server, server) != 0)
		leave_server(mailbox);
	set_text(&mailbox->server, server);
}
