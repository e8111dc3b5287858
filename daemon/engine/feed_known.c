#include "feed.h"

#include <stdlib.h>

#include "liaison/base/log.h"

/* What is known of a calendar, as its next conditional request needs it. */

enum { RELOAD_MS = 5000 };

struct knowing {
	struct work work; /* first */
	struct mailbox *mailbox;
	struct settings *settings; /* held */
	const struct config_source *source;
	int64_t source_id, stream;
	struct arena *arena;
	struct feed_known known;
	unsigned turn;
	bool unchanged; /* the server said so: noted first */
	bool failed;
	struct err err;
};

static int
load_known(struct knowing *knowing, struct worker *worker, struct err *err)
{
	int64_t now = clock_now();

	if (knowing->unchanged && feed_unchanged(worker->store, knowing->stream, now, err) < 0)
		return -1;
	if (feed_known(worker->store, knowing->arena, knowing->source_id, knowing->source, now,
		    &knowing->known, err) < 0)
		return -1;
	return store_commit(worker->store, err);
}

static void
run_knowing(struct work *work, struct worker *worker)
{
	struct knowing *knowing = (struct knowing *)work;

	knowing->failed = store_begin(worker->store, &knowing->err) < 0;
	if (knowing->failed)
		return;
	knowing->failed = load_known(knowing, worker, &knowing->err) < 0;
	if (knowing->failed)
		store_rollback(worker->store);
}

/* whole: as if nothing were known, so that all of it comes. */
void
feed_send_known(struct mailbox *mailbox, const struct feed_known *known, uint32_t token, bool whole,
	const char *error)
{
	struct frame_writer writer;

	if (mailbox->link == NULL)
		return;
	frame_begin(&writer, &mailbox->link->out, FRAME_FEED_KNOWN, mailbox->number, token);
	if (known->has_digest && !whole) {
		frame_put_text(&writer, TAG_ETAG, known->etag);
		frame_put_text(&writer, TAG_MODIFIED, known->modified);
		frame_put(&writer, TAG_DIGEST, known->digest, sizeof known->digest);
	}
	frame_put_text(&writer, TAG_ERROR, error);
	frame_end(&writer);
	link_flush(mailbox->link);
}

const char *
feed_error(const struct mailbox *mailbox)
{
	return mailbox->folders == NULL ? NULL : mailbox->folders->error;
}

/* A calendar has one folder without a name. */
struct folder *
feed_folder(struct mailbox *mailbox)
{
	struct folder *folder = folder_by_name(mailbox, "");

	if (folder == NULL)
		folder = folder_new(mailbox, "");
	folder->listed = true;
	folder->mode = FOLDER_POLLED;
	folder->job.state = JOB_DONE;
	return folder;
}

void
feed_take_known(struct mailbox *mailbox, const struct feed_known *known)
{
	struct folder *folder = feed_folder(mailbox);

	folder->known = true;
	folder->stream = known->stream_id;
	folder->exists = known->items;
	folder->noted_complete = known->last_complete;
	if (folder->last_complete < known->last_complete)
		folder->last_complete = known->last_complete;
	mailbox_judge(mailbox);
}

void
feed_send_sync(struct mailbox *mailbox)
{
	struct frame_writer writer;

	/* with a token, so that a look that is under way already does not do */
	frame_begin(&writer, &mailbox->link->out, FRAME_SYNC, mailbox->number,
		pipeline_token(mailbox->pipeline));
	frame_end(&writer);
	link_flush(mailbox->link);
}

static void
tell_known(struct mailbox *mailbox, const struct knowing *knowing)
{
	const struct feed_known *known = &knowing->known;
	bool whole = mailbox->check != NULL || mailbox->retry != NULL;

	feed_take_known(mailbox, known);
	feed_send_known(mailbox, known, 0, whole, NULL);
	if (!knowing->unchanged)
		mailbox_ask(mailbox);
	if (mailbox->link != NULL &&
		((mailbox->reread && !known->has_digest) || (whole && knowing->unchanged)))
		feed_send_sync(mailbox);
	mailbox->reread = false;
}

static void
knowing_done(struct work *work)
{
	struct knowing *knowing = (struct knowing *)work;
	struct mailbox *mailbox = knowing->mailbox;
	struct pipeline *pipeline = mailbox->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	mailbox->knowing = false;
	if (pipeline->stopping || knowing->turn != mailbox->turn) {
		/* of a connection that is gone */
	} else if (knowing->failed) {
		log_write(LOG_ERROR, "%s: what is known of it cannot be read: %s", mailbox->name,
			knowing->err.message);
		if (!knowing->unchanged) {
			set_text(&mailbox->error, knowing->err.message);
			mailbox->known_again_ms = clock_monotonic_ms() + RELOAD_MS;
		}
	} else
		tell_known(mailbox, knowing);
	pthread_mutex_unlock(&pipeline->engine->board);
	settings_release(knowing->settings);
	arena_free(knowing->arena);
	free(knowing);
}

static void
begin_knowing(struct mailbox *mailbox, bool unchanged)
{
	struct settings *settings = mailbox->pipeline->engine->settings;
	const struct config_source *source = config_source_by_number(
		&settings->config, mailbox->number);
	struct knowing *knowing;

	if (source == NULL || mailbox->knowing || mailbox->feed != NULL)
		return; /* the tick comes back */
	knowing = mem_zero(1, sizeof *knowing);
	knowing->mailbox = mailbox;
	knowing->source_id = mailbox->id;
	knowing->settings = settings_hold(settings);
	knowing->source = source;
	knowing->arena = arena_new();
	knowing->turn = mailbox->turn;
	knowing->unchanged = unchanged;
	knowing->stream = unchanged ? feed_folder(mailbox)->stream : 0;
	knowing->work.priority = WORK_NEW;
	knowing->work.run = run_knowing;
	knowing->work.done = knowing_done;
	mailbox->knowing = true;
	mailbox->known_again_ms = 0;
	writer_add(mailbox->pipeline->engine->writer, &knowing->work);
}

void
feed_watch(struct mailbox *mailbox)
{
	mailbox->asked_ms = clock_monotonic_ms();
	begin_knowing(mailbox, false);
}

/* What is wanted at the next look may have changed with time. */
void
feed_fresh(struct mailbox *mailbox)
{
	if (mailbox->feed_answered) /* that look is recorded already */
		mailbox->feed_answered = false;
	else if (feed_folder(mailbox)->known)
		begin_knowing(mailbox, true);
}
