#include <stdio.h>

#include "job.h"
#include "liaison/base/clock.h"

/* New mail: it is searched for above the cursor and fetched in slices, the oldest first. */

static void
cross_checked(struct folder *folder, bool found)
{
	bool silent = found && !folder->told;

	if (!folder->cross_check)
		return;
	folder->cross_check = folder->told = false;
	folder->missed = silent ? folder->missed + 1 : 0;
	if (folder->missed >= 2)
		folder->deaf = true;
}

/* The FETCH that left together with the SEARCH brings just what that found. */
static void
found_while_fetching(struct connection *c, struct job *job)
{
	job->stage = JOB_FETCHING;
	if (job->found.count == 0)
		return;
	uid_set_take_lowest(&job->found, SIZE_MAX, &job->asked);
	uid_set_unite(&job->waiting, &job->asked);
	answer_slice(c->box, job);
}

void
arrival_list(struct job *job, const struct imap_message *message)
{
	if (message->uid >= job->low && (job->high == 0 || message->uid <= job->high))
		uid_set_add(&job->found, message->uid);
}

/* Some servers answer the FETCH that left together with its SEARCH before that has ended. */
struct job *
arrival_overtaken(struct connection *c, uint32_t uid)
{
	for (size_t i = 0; i < JOBS_AT_ONCE; i++) {
		struct job *job = c->jobs[i];

		if (!job || job->stage != JOB_FINDING || job->fetch == 0 || job->listing ||
			!uid_set_has(&job->found, uid))
			continue;
		cross_checked(job->folder, true);
		found_while_fetching(c, job);
		return job;
	}
	return NULL;
}

/* The next slice of what was found above the cursor, or the end of the check. */
void
arrival_next(struct connection *c, struct job *job)
{
	struct folder *folder = job->folder;

	if (job->found.count == 0) {
		job_detach(c, job);
		folder_checked(c->box, folder);
		job_free(job);
		return;
	}
	uid_set_reset(&job->asked);
	uid_set_reset(&job->gone);
	uid_set_reset(&job->failed);
	uid_set_reset(&job->missing);
	uid_set_take_lowest(&job->found, SLICE_MAX, &job->asked);
	uid_set_unite(&job->rest, &job->asked);
	answer_slice(c->box, job);
	job_ask_rest(c, job);
}

/* New mail that was announced and is not found: the server lags behind itself. */
static void
nothing_new(struct mailbox *box, struct folder *folder)
{
	bool grew = folder->lag > 0 || folder->exists > folder->exists_checked;

	if (!folder->told || !folder->complete || !grew || folder->lag >= 3)
		return;
	folder->dirty = true;
	folder->retry_at = clock_monotonic_ms() + (1000 << folder->lag++);
	box_serve_soon(box);
}

static void
found_new(struct connection *c, struct job *job)
{
	cross_checked(job->folder, job->found.count > 0);
	if (job->found.count == 0)
		nothing_new(c->box, job->folder);
	if (job->fetch != 0)
		found_while_fetching(c, job);
	else
		arrival_next(c, job);
}

/* A server that cannot SEARCH can list UIDs by FETCH. */
static void
list_instead(struct connection *c, struct job *job)
{
	struct err err = { 0 };

	session_ready(c);
	job->listing = true;
	uid_set_reset(&job->found);
	job->fetch = imap_fetch_from(c->imap, job->low, IMAP_FETCH_UID, &err);
	if (job->fetch == 0)
		job_refuse(c, job, err.message);
}

static void
search_refused(struct connection *c, struct job *job, const struct imap_event *event)
{
	char why[400];

	if (event->throttled)
		box_hold(c->box, event->wait_ms);
	else if (event->plainly && job->stage == JOB_FINDING) {
		job_search(c, job);
		return;
	} else if (!job->listing && job->fetch == 0 && !job->key) {
		list_instead(c, job);
		return;
	}
	snprintf(why, sizeof(why), "'%s' cannot be searched: %s", job->folder->name, event->text);
	if (job->fetch != 0)
		job->stage =
			JOB_LOOKING; /* its FETCH is still under way: the end of that is the end */
	else
		job_refuse(c, job, why);
}

void
arrival_found(struct connection *c, struct job *job, const struct imap_event *event)
{
	job->search = 0;
	if (event->status != IMAP_OK) {
		search_refused(c, job, event);
		return;
	}
	if (job->kind == JOB_NEW) {
		found_new(c, job);
		return;
	}
	answer_uids(c->box, job, NULL);
	job_end(c, job);
}

/* Its FETCH began to answer first. */
void
arrival_searched(struct connection *c, struct job *job, const struct imap_event *event)
{
	job->search = 0;
	if (event->status != IMAP_OK)
		search_refused(c, job, event);
}

void
arrival_listed(struct connection *c, struct job *job, const struct imap_event *event)
{
	job->fetch = 0;
	job->listing = false;
	if (event->status != IMAP_OK) {
		if (event->throttled)
			box_hold(c->box, event->wait_ms);
		job_refuse(c, job, event->text);
		return;
	}
	if (job->kind == JOB_NEW) {
		cross_checked(job->folder, job->found.count > 0);
		arrival_next(c, job);
	} else {
		answer_uids(c->box, job, NULL);
		job_end(c, job);
	}
}

/* at_once: SEARCH, FETCH and the next IDLE leave in one write. */
void
job_start_new(struct connection *c, struct folder *folder, bool at_once)
{
	struct job *job = job_new(JOB_NEW, folder);
	struct err err = { 0 };

	folder->dirty = false;
	/* Dovecot looks for new mail after the last of several commands only, here the next IDLE: what
	 * arrived meanwhile is not surely seen, and whoever waits for that gets a check of its own. */
	folder->sync = at_once ? 0 : folder->sync_wanted;
	if (folder->cursor == UINT32_MAX) {
		folder_checked(c->box, folder);
		job_free(job);
		return;
	}
	job->token = fetch_token_next(box_fetch(c->box)) | UINT32_C(0x80000000);
	job->low = folder->cursor + 1;
	job->since = INT64_MIN;
	job_attach(c, job);
	job_search(c, job);
	if (!at_once || c->jobs[0] != job)
		return;
	job->fetch = imap_fetch_from(
		c->imap, job->low, IMAP_FETCH_HEADERS | IMAP_FETCH_STRUCTURE, &err);
	c->idle_since = 0;
	imap_idle(c->imap, &err);
}
