#include "job.h"

/* What a FETCH left out: it is looked for, and what is still there is asked for alone, at last
 * without its structure. Then the slice is complete. */

static void
slice_complete(struct connection *c, struct job *job)
{
	struct folder *folder = job->folder;
	uint32_t last = job->asked.count > 0 ? job->asked.ranges[job->asked.count - 1].last : 0;

	if (job->slice_open)
		answer_slice_end(c->box, job, NULL);
	if (folder->slice_max > 0)
		box_forgive(c->box); /* what the connection broke at is behind us */
	folder->slice_max = 0;
	uid_set_subtract(&folder->poison, &job->failed); /* told: who asks again wants it tried */
	if (job->kind == JOB_FETCH) {
		job_end(c, job);
		return;
	}
	if (last > folder->cursor)
		folder->cursor = last;
	if (folder->cursor < UINT32_MAX && folder->uidnext <= folder->cursor)
		folder->uidnext = folder->cursor + 1;
	job->fetch = 0;
	arrival_next(c, job);
}

static void
part_complete(struct connection *c, struct job *job)
{
	while (job->gone.count > 0) {
		uint32_t uid = job->gone.ranges[0].first;

		uid_set_remove(&job->gone, uid);
		answer_part_none(c->box, job, uid, NULL);
	}
	answer_refused(c->box, job, "the server does not give the text");
	job_end(c, job);
}

/* All was asked; what is missing is looked for, one by one in the end. */
void
missing_ask(struct connection *c, struct job *job)
{
	struct err err = { 0 };

	if (job->missing.count == 0) {
		if (job->kind == JOB_PART)
			part_complete(c, job);
		else
			slice_complete(c, job);
		return;
	}
	session_ready(c);
	job->stage = JOB_LOOKING;
	uid_set_reset(&job->waiting);
	if (job->kind != JOB_NEW)
		uid_set_reset(&job->found);
	uid_set_take_lowest(&job->missing, SLICE_MAX, &job->waiting);
	job->search = imap_search_set(c->imap, &job->waiting, &err);
	if (job->search == 0)
		job_refuse(c, job, err.message);
}

static void
ask_single(struct connection *c, struct job *job)
{
	if (job->missing.count == 0)
		missing_ask(c, job);
	else
		job_ask(c, job, &job->missing, 1, JOB_SINGLE);
}

/* What is not found any more is gone; without an answer all of it may still be there. */
void
missing_looked(struct connection *c, struct job *job, const struct imap_event *event)
{
	struct uid_set lost = { 0 };

	job->search = 0;
	for (size_t i = 0; i < job->waiting.count; i++)
		for (uint64_t uid = job->waiting.ranges[i].first;
			uid <= job->waiting.ranges[i].last; uid++) {
			bool there = event->status != IMAP_OK ||
				     uid_set_has(&job->found, (uint32_t)uid);

			uid_set_add(there ? &job->missing : &job->gone, (uint32_t)uid);
			uid_set_add(&lost, (uint32_t)uid);
		}
	uid_set_subtract(&job->found, &lost);
	uid_set_clear(&lost);
	uid_set_reset(&job->waiting);
	ask_single(c, job);
}

void
missing_single(struct connection *c, struct job *job, const struct imap_event *event)
{
	uint32_t uid;

	if (job->waiting.count == 0) {
		ask_single(c, job);
		return;
	}
	uid = job->waiting.ranges[0].first;
	if (job->stage == JOB_SINGLE && job->kind != JOB_PART) {
		struct uid_set again = { 0 };

		uid_set_add(&again, uid);
		job_ask(c, job, &again, 1, JOB_BARE);
		uid_set_clear(&again);
		return;
	}
	uid_set_reset(&job->waiting);
	if (job->kind == JOB_PART)
		answer_part_none(c->box, job, uid,
			event->status == IMAP_OK ? "the server gives no text" : event->text);
	else
		uid_set_add(&job->failed, uid);
	ask_single(c, job);
}
