#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "feed.h"

/* Sources and their folders: watched through a fetch, lost with it. */

enum { ASK_AGAIN_MS = 1000 };

void
set_text(char **own, const char *text)
{
	if (*own != NULL && text != NULL && strcmp(*own, text) == 0)
		return;
	free(*own);
	*own = text == NULL ? NULL : mem_text(text);
}

const char *
source_state_name(const struct mailbox *mailbox)
{
	if (mailbox->retired)
		return "retired";
	if (mailbox->paused)
		return "paused";
	if (mailbox->renamed)
		return "error";
	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (mailbox_is_up(mailbox) &&
			(folder->job.state == JOB_RUNNING || folder->job.state == JOB_SEARCHING ||
				folder->job.state == JOB_SORTING))
			return "backfill";
	}
	if (mailbox->kind == SOURCE_ICAL && mailbox_is_up(mailbox) && feed_error(mailbox) != NULL)
		return "error"; /* the server is well, what it says is not */
	switch (mailbox->state) {
	case SOURCE_OFFLINE:
	case SOURCE_CONNECTING:
		return "offline";
	case SOURCE_IDLE:
		return "idle";
	case SOURCE_POLLING:
		return "polling";
	case SOURCE_SYNCING:
		return "syncing";
	case SOURCE_NO_SECRET:
		return "no-secret";
	case SOURCE_ERROR:
		return "error";
	case SOURCE_AUTH_FAILED:
		return "auth-failed";
	case SOURCE_PAUSED:
		return "paused";
	}
	return "offline";
}

bool
mailbox_is_up(const struct mailbox *mailbox)
{
	return mailbox->link != NULL && !mailbox->paused &&
	       (mailbox->state == SOURCE_IDLE || mailbox->state == SOURCE_POLLING ||
		       mailbox->state == SOURCE_SYNCING);
}

struct folder *
folder_by_name(struct mailbox *mailbox, const char *name)
{
	for (struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next) {
		if (strcmp(folder->name, name) == 0)
			return folder;
	}
	return NULL;
}

struct folder *
folder_new(struct mailbox *mailbox, const char *name)
{
	struct folder *folder = mem_zero(1, sizeof *folder);
	struct folder **place = &mailbox->folders;

	folder->mailbox = mailbox;
	folder->name = mem_text(name);
	while (*place != NULL)
		place = &(*place)->next;
	*place = folder;
	mailbox->folder_count++;
	return folder;
}

struct mailbox *
mailbox_new(struct pipeline *pipeline, const struct config_source *source)
{
	struct mailbox *mailbox = mem_zero(1, sizeof *mailbox);
	struct mailbox **place = &pipeline->mailboxes;

	mailbox->pipeline = pipeline;
	mailbox->name = mem_text(source->name);
	mailbox->kind = source->kind;
	mailbox->state = SOURCE_OFFLINE;
	while (*place != NULL)
		place = &(*place)->next;
	*place = mailbox;
	return mailbox;
}

void
mailbox_free(struct mailbox *mailbox)
{
	struct folder *next;

	for (struct folder *folder = mailbox->folders; folder != NULL; folder = next) {
		next = folder->next;
		uid_set_clear(&folder->job.todo);
		free((char *)folder->job.error);
		free(folder->name);
		free(folder->attributes);
		free(folder->delimiter);
		free(folder->error);
		free(folder->check_error);
		free(folder);
	}
	feed_free(mailbox);
	wanting_end(mailbox);
	leaving_lost(mailbox);
	free(mailbox->name);
	free(mailbox->error);
	free(mailbox->capabilities);
	free(mailbox->server);
	free(mailbox);
}

/* A source is as fresh as the stalest folder it watches; one that has no stream yet does not count as
 * looked at. */
void
mailbox_judge(struct mailbox *mailbox)
{
	int64_t oldest = INT64_MAX;

	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (folder->mode == FOLDER_UNWATCHED || !folder->listed || folder->error != NULL)
			continue;
		if (!folder->known)
			return;
		if (folder->last_complete < oldest)
			oldest = folder->last_complete;
	}
	if (oldest != INT64_MAX && oldest > mailbox->last_complete)
		mailbox->last_complete = oldest;
}

/* ---- watching ---------------------------------------------------------------------------------- */

static void
send_plain(struct mailbox *mailbox, enum frame_type type, uint32_t token)
{
	struct frame_writer writer;

	frame_begin(&writer, &mailbox->link->out, type, mailbox->number, token);
	frame_end(&writer);
	link_flush(mailbox->link);
}

/* A fetch that has not read a new configuration yet does not know the source: it is told again until
 * it speaks of it. */
void
mailbox_ask(struct mailbox *mailbox)
{
	mailbox->asked_ms = clock_monotonic_ms();
	send_plain(mailbox, FRAME_WATCH, 0);
	if (mailbox->sync_token != 0)
		send_plain(mailbox, FRAME_SYNC, mailbox->sync_token);
}

void
mailbox_sync(struct mailbox *mailbox, uint32_t token)
{
	mailbox->sync_token = token;
	if (token != 0 && mailbox->link != NULL)
		send_plain(mailbox, FRAME_SYNC, token);
}

void
mailbox_watch(struct mailbox *mailbox)
{
	struct link *own = NULL;

	if (mailbox->watched || mailbox->paused || mailbox->retired || !mailbox->configured ||
		mailbox->id == 0)
		return;
	for (struct link *link = mailbox->pipeline->links; link != NULL; link = link->next) {
		if (link->kind != CHILD_FETCH || link->dead)
			continue;
		if (link->source == mailbox->number)
			own = link;
		else if (link->source == 0 && own == NULL)
			own = link;
	}
	if (own == NULL)
		return;
	mailbox->link = own;
	mailbox->watched = true;
	mailbox->spoken = false;
	if (mailbox->kind == SOURCE_ICAL)
		feed_watch(mailbox);
	else
		mailbox_ask(mailbox);
}

/* All that hangs on the connection is given up. */
void
mailbox_lost(struct mailbox *mailbox, const char *why)
{
	struct slice *next;

	for (struct slice *slice = mailbox->pipeline->slices; slice != NULL; slice = next) {
		next = slice->next;
		if (slice->mailbox == mailbox)
			slice_give_up(slice);
	}
	for (struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next) {
		folder->known = false;
		folder->opening++;
		folder->reopen_ms = 0;
		job_lost(folder);
	}
	mailbox->link = NULL;
	mailbox->watched = false;
	mailbox->state = SOURCE_OFFLINE;
	set_text(&mailbox->error, why);
	feed_lost(mailbox);
	wanting_lost(mailbox);
	leaving_lost(mailbox);
	askings_lost(mailbox->pipeline, mailbox);
}

void
mailbox_unwatch(struct mailbox *mailbox)
{
	if (mailbox->link != NULL)
		send_plain(mailbox, FRAME_UNWATCH, 0);
	mailbox_lost(mailbox, NULL);
}

void
mailbox_configure(struct mailbox *mailbox, const struct config_source *source)
{
	bool other = mailbox->configured && mailbox->number != source->number;

	mailbox->configured = true;
	mailbox->kind = source->kind;
	mailbox->poll = source->poll;
	if (other && mailbox->watched)
		mailbox_unwatch(mailbox);
	mailbox->number = source->number;
	mailbox->reread = mailbox->watched && source->kind == SOURCE_ICAL;
	mailbox_watch(mailbox);
}

void
folder_send_cursor(struct folder *folder)
{
	struct mailbox *mailbox = folder->mailbox;
	struct frame_writer writer;

	folder->gap = false;
	if (mailbox->link == NULL || !folder->known)
		return;
	frame_begin(&writer, &mailbox->link->out, FRAME_FOLDER, mailbox->number, 0);
	frame_put_text(&writer, TAG_FOLDER, folder->name);
	frame_put_u64(&writer, TAG_UIDVALIDITY, folder->uidvalidity);
	frame_put_u64(&writer, TAG_CURSOR, folder->cursor);
	frame_end(&writer);
	link_flush(mailbox->link);
}

void
mailbox_tick(struct mailbox *mailbox, int64_t now_ms)
{
	mailbox_watch(mailbox);
	if (mailbox->watched && !mailbox->spoken && now_ms - mailbox->asked_ms >= ASK_AGAIN_MS) {
		if (mailbox->kind == SOURCE_ICAL)
			feed_watch(mailbox);
		else
			mailbox_ask(mailbox);
	}
	feed_tick(mailbox, now_ms);
	wanting_begin(mailbox);
	leaving_tick(mailbox, now_ms);
	for (struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next) {
		struct job *job = &folder->job;

		if (mailbox->link != NULL)
			folder_open_again(folder, now_ms);
		second_try_tick(folder);
		if (job->state == JOB_WAITING && now_ms >= job->retry_ms &&
			mailbox_is_up(mailbox)) {
			job->state = JOB_NONE;
			job_begin(folder);
		}
	}
}
