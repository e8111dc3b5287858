#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "liaison/base/clock.h"

/* Jobs: what the engine asked and the fetching of new mail. Of every UID asked it is told in the end
 * that it was delivered, is gone, or failed: what a FETCH leaves out is looked for, and what is
 * still there is asked for alone, at last without its structure. */

struct job *
job_new(enum job_kind kind, struct folder *folder)
{
	struct job *job = mem_zero(1, sizeof(*job));

	job->kind = kind;
	job->folder = folder;
	return job;
}

void
job_free(struct job *job)
{
	uid_set_clear(&job->asked);
	uid_set_clear(&job->rest);
	uid_set_clear(&job->waiting);
	uid_set_clear(&job->missing);
	uid_set_clear(&job->found);
	uid_set_clear(&job->gone);
	uid_set_clear(&job->failed);
	free(job->part);
	free(job->key);
	free(job);
}

void
job_attach(struct connection *c, struct job *job)
{
	for (size_t i = 0; i < JOBS_AT_ONCE; i++)
		if (!c->jobs[i]) {
			c->jobs[i] = job;
			return;
		}
	assert(!"no room for a job");
}

void
job_detach(struct connection *c, struct job *job)
{
	for (size_t i = 0; i < JOBS_AT_ONCE; i++)
		if (c->jobs[i] == job)
			c->jobs[i] = NULL;
}

void
job_end(struct connection *c, struct job *job)
{
	job_detach(c, job);
	job_free(job);
}

void
job_refuse(struct connection *c, struct job *job, const char *why)
{
	answer_refused(c->box, job, why);
	if (job->kind == JOB_NEW)
		folder_fail(c->box, job->folder, why);
	job_end(c, job);
}

bool
job_may_join(const struct connection *c, const struct job *job)
{
	const struct job *first = c->jobs[0] ? c->jobs[0] : c->jobs[1];

	return first && first->kind == JOB_FETCH && job->kind == JOB_FETCH &&
	       first->stage == JOB_FETCHING && job->folder == c->selected;
}

/* ---- asking ---- */

static unsigned
send_fetch(struct connection *c, struct job *job, struct err *err)
{
	unsigned what = IMAP_FETCH_HEADERS | IMAP_FETCH_STRUCTURE;

	if (job->kind == JOB_PART)
		return imap_fetch_part(c->imap, &job->waiting, job->part, job->size, err);
	if (job->stage == JOB_BARE)
		what = IMAP_FETCH_HEADERS;
	return imap_fetch(c->imap, &job->waiting, what, err);
}

/* Asks for up to count UIDs of from. */
void
job_ask(struct connection *c, struct job *job, struct uid_set *from, size_t count,
	enum job_stage stage)
{
	struct err err = { 0 };

	session_ready(c);
	job->stage = stage;
	uid_set_reset(&job->waiting);
	uid_set_take_lowest(from, count, &job->waiting);
	job->fetch = send_fetch(c, job, &err);
	if (job->fetch == 0)
		job_refuse(c, job, err.message);
}

static size_t
piece_size(const struct folder *folder)
{
	return folder->slice_max > 0 ? folder->slice_max : SLICE_MAX;
}

/* A UID at which the server broke the connection is not asked for again. */
static void
leave_out_poison(struct job *job)
{
	const struct uid_set *poison = &job->folder->poison;

	for (size_t i = 0; i < poison->count; i++)
		for (uint64_t uid = poison->ranges[i].first; uid <= poison->ranges[i].last; uid++)
			if (uid_set_has(&job->rest, (uint32_t)uid)) {
				uid_set_remove(&job->rest, (uint32_t)uid);
				uid_set_add(&job->failed, (uint32_t)uid);
			}
}

void
job_ask_rest(struct connection *c, struct job *job)
{
	leave_out_poison(job);
	if (job->rest.count == 0)
		missing_ask(c, job);
	else
		job_ask(c, job, &job->rest, piece_size(job->folder), JOB_FETCHING);
}

static bool
other_uidvalidity(struct connection *c, struct job *job)
{
	char why[200];

	if (!job->has_uidvalidity || job->uidvalidity == job->folder->uidvalidity)
		return false;
	snprintf(why, sizeof(why), "UIDVALIDITY is %u now, not %u any more",
		job->folder->uidvalidity, job->uidvalidity);
	answer_refused(c->box, job, why);
	folder_tell_opened(c->box, job->folder);
	job_end(c, job);
	return true;
}

void
job_search(struct connection *c, struct job *job)
{
	struct err err = { 0 };

	session_ready(c);
	job->stage = JOB_FINDING;
	uid_set_reset(&job->found);
	job->search = job->key ? imap_search_key(c->imap, job->low, job->high, job->key, &err)
			       : imap_search(c->imap, job->low, job->high, job->since, &err);
	if (job->search == 0)
		job_refuse(c, job, err.message);
}

void
job_start(struct connection *c, struct job *job)
{
	job_attach(c, job);
	if (other_uidvalidity(c, job))
		return;
	if (job->kind == JOB_SEARCH) {
		job_search(c, job);
		return;
	}
	if (job->kind == JOB_FETCH && !job->slice_open)
		answer_slice(c->box, job);
	job_ask_rest(c, job);
}

/* ---- answers ---- */

static struct job *
job_of(struct connection *c, unsigned id)
{
	for (size_t i = 0; i < JOBS_AT_ONCE; i++)
		if (c->jobs[i] && id != 0 && (c->jobs[i]->search == id || c->jobs[i]->fetch == id))
			return c->jobs[i];
	return NULL;
}

static void
found_again(struct job *job, uint32_t first, uint32_t last)
{
	const struct uid_set *waiting = &job->waiting;

	for (size_t i = 0; i < waiting->count; i++) {
		uint32_t low = waiting->ranges[i].first, high = waiting->ranges[i].last;

		low = low < first ? first : low;
		high = high > last ? last : high;
		if (low <= high)
			uid_set_add_range(&job->found, low, high);
	}
}

/* Only what was asked for: "n:*" answers the last message always. */
void
job_found(struct connection *c, unsigned id, uint32_t first, uint32_t last)
{
	struct job *job = job_of(c, id);
	uint32_t high;

	if (!job)
		return;
	high = job->high > 0 ? job->high : UINT32_MAX;
	if (job->stage == JOB_LOOKING) {
		found_again(job, first, last);
		return;
	}
	if (job->stage <= JOB_FETCHING) {
		first = first < job->low ? job->low : first;
		last = last > high ? high : last;
	}
	if (first <= last)
		uid_set_add_range(&job->found, first, last);
}

static struct job *
job_waiting_for(struct connection *c, uint32_t uid)
{
	for (size_t i = 0; i < JOBS_AT_ONCE; i++)
		if (c->jobs[i] && uid_set_has(&c->jobs[i]->waiting, uid))
			return c->jobs[i];
	return NULL;
}

static void
deliver(struct connection *c, struct job *job, const struct imap_message *message)
{
	if (job->kind == JOB_PART) {
		if (!message->has_body || strcasecmp(message->section, job->part) != 0)
			return;
		answer_part(c->box, job, message);
	} else {
		if (!message->header)
			return; /* flags alone, or NIL: it is asked for once more */
		answer_item(c->box, job, message);
	}
	job->folder->last_byte = clock_now();
	if (job->folder->suspect == message->uid)
		job->folder->suspect = 0;
	uid_set_remove(&job->waiting, message->uid);
}

void
job_message(struct connection *c, const struct imap_message *message)
{
	struct job *job = job_waiting_for(c, message->uid);

	if (!job)
		job = arrival_overtaken(c, message->uid);
	if (job) {
		deliver(c, job, message);
		return;
	}
	for (size_t i = 0; i < JOBS_AT_ONCE; i++)
		if (c->jobs[i] && c->jobs[i]->listing)
			arrival_list(c->jobs[i], message);
}

/* "Not now" is about the server and no message: the mailbox rests, and what is left is asked for
 * after it. New mail is found again from the cursor. */
static void
put_off(struct connection *c, struct job *job, const struct imap_event *event)
{
	box_hold(c->box, event->wait_ms);
	job->fetch = job->search = 0;
	if (job->kind == JOB_NEW) {
		job_refuse(c, job, event->text);
		return;
	}
	job_detach(c, job);
	uid_set_unite(&job->rest, &job->waiting);
	uid_set_reset(&job->waiting);
	job->stage = JOB_WAITING;
	job->next = c->box->jobs;
	c->box->jobs = job;
}

static bool
is_not_now(const struct imap_event *event)
{
	return event->status != IMAP_OK && event->throttled;
}

static void
fetching_finished(struct connection *c, struct job *job, const struct imap_event *event)
{
	job->fetch = job->search = 0;
	if (is_not_now(event)) {
		put_off(c, job, event);
		return;
	}
	uid_set_unite(&job->missing, &job->waiting);
	uid_set_reset(&job->waiting);
	job_ask_rest(c, job);
}

void
job_finished(struct connection *c, const struct imap_event *event)
{
	struct job *job = job_of(c, event->id);

	if (!job)
		return;
	if (job->listing && event->id == job->fetch) {
		arrival_listed(c, job, event);
		return;
	}
	switch (job->stage) {
	case JOB_WAITING:
		return;
	case JOB_FINDING:
		if (event->id == job->fetch)
			job->fetch = 0; /* it brought nothing: what is found is asked for again */
		else
			arrival_found(c, job, event);
		return;
	case JOB_FETCHING:
		if (event->id == job->search)
			arrival_searched(c, job, event);
		else
			fetching_finished(c, job, event);
		return;
	case JOB_LOOKING:
		if (is_not_now(event))
			put_off(c, job, event);
		else if (event->id == job->search)
			missing_looked(c, job, event);
		else
			job_refuse(c, job, event->text);
		return;
	case JOB_SINGLE:
	case JOB_BARE:
		job->fetch = 0;
		if (is_not_now(event))
			put_off(c, job, event);
		else
			missing_single(c, job, event);
		return;
	}
}

/* ---- ends ---- */

/* The connection broke while these were under way, perhaps at one of them: ask for fewer, and for the
 * one that does it alone twice in a row no more. */
static void
suspect(struct mailbox *box, struct job *job)
{
	struct folder *folder = job->folder;
	uint64_t waiting = uid_set_size(&job->waiting);
	uint32_t first = waiting > 0 ? job->waiting.ranges[0].first : 0;

	folder->slice_max = waiting > 8 ? (uint32_t)(waiting / 8) : 1;
	if (waiting == 1 && folder->suspect == first) {
		uid_set_add(&folder->poison, first);
		box_forgive(box);
	}
	folder->suspect = waiting == 1 && folder->suspect != first ? first : 0;
}

/* Of the jobs under way the server was busy with the one that was asked first. */
void
jobs_suspect(struct connection *c)
{
	struct job *first = NULL;

	for (size_t i = 0; i < JOBS_AT_ONCE; i++) {
		struct job *job = c->jobs[i];

		if (job && job->fetch != 0 && job->waiting.count > 0 &&
			(!first || job->fetch < first->fetch))
			first = job;
	}
	if (first)
		suspect(c->box, first);
}

void
job_cut(struct connection *c, struct job *job, const char *why)
{
	if (job->kind == JOB_NEW)
		job->folder->dirty = true;
	answer_refused(c->box, job, why);
	job_end(c, job);
}
