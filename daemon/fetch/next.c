#include <stdlib.h>

#include "liaison/base/clock.h"
#include "mailbox.h"

/* What a connection does next: new mail of its own folder, then new mail of others, then what the
 * engine asked, then polls, then IDLE. */

static size_t
job_count(const struct connection *c)
{
	size_t count = 0;

	for (size_t i = 0; i < JOBS_AT_ONCE; i++)
		count += c->jobs[i] != NULL;
	return count;
}

static bool
wants_check(const struct mailbox *box, const struct folder *folder, int64_t now)
{
	return folder && folder->dirty && folder->known && folder->listed &&
	       now >= folder->retry_at && now >= box->hold_until;
}

/* New mail in the folder it idles in: one write asks for it and idles again (if few came). */
static bool
check_home(struct connection *c, int64_t now)
{
	struct folder *home = c->home;
	bool few;

	if (!home || c->selected != home ||
		!(wants_check(c->box, home, now) || (home->cross_check && home->known)))
		return false;
	few = home->dirty && !home->cross_check && home->complete && imap_idling(c->imap) &&
	      home->exists - home->exists_checked <= SLICE_MAX;
	job_start_new(c, home, few);
	return true;
}

/* Another connection sees to its new mail. */
static bool
is_taken(const struct connection *c, const struct folder *folder)
{
	for (const struct connection *other = c->box->connections; other; other = other->next) {
		if (other == c || other->home)
			continue;
		if (other->selecting == folder)
			return true;
		for (size_t i = 0; i < JOBS_AT_ONCE; i++)
			if (other->jobs[i] && other->jobs[i]->kind == JOB_NEW &&
				other->jobs[i]->folder == folder)
				return true;
	}
	return false;
}

/* A folder nobody idles in has new mail, or was never opened. */
static struct folder *
folder_to_check(const struct connection *c, int64_t now)
{
	struct mailbox *box = c->box;

	for (size_t i = 0; i < box->folder_count; i++) {
		struct folder *folder = box->folders[i];

		if (folder->mode == FOLDER_UNWATCHED || folder->idler || now < folder->retry_at ||
			now < box->hold_until || !folder->listed)
			continue;
		if (folder->dirty && (folder->known || !folder->opened) && !is_taken(c, folder))
			return folder;
	}
	return NULL;
}

static bool
check_other(struct connection *c, int64_t now)
{
	struct folder *folder = folder_to_check(c, now);

	if (!folder || !box_may_work(c, NULL))
		return false;
	if (c->selected != folder)
		return session_examine(c, folder);
	if (!folder->known) {
		folder->dirty = false; /* opened: the engine's answer makes it dirty again */
		return false;
	}
	job_start_new(c, folder, false);
	return true;
}

/* Takes the first job this connection may do. */
static struct job *
take_job(struct connection *c, int64_t now)
{
	if (now < c->box->hold_until)
		return NULL;
	for (struct job **at = &c->box->jobs; *at; at = &(*at)->next) {
		struct job *job = *at;

		if (now < job->folder->retry_at || !box_may_work(c, job))
			continue;
		if (job_count(c) > 0 && !job_may_join(c, job))
			return NULL;
		*at = job->next;
		job->next = NULL;
		return job;
	}
	return NULL;
}

static void
put_back(struct mailbox *box, struct job *job)
{
	job->next = box->jobs;
	box->jobs = job;
}

static bool
work(struct connection *c, int64_t now)
{
	struct job *job;

	if (job_count(c) == JOBS_AT_ONCE)
		return false;
	job = take_job(c, now);
	if (!job)
		return false;
	if (c->selected != job->folder) {
		bool begun = false;

		if (job->folder->listed)
			begun = session_examine(c, job->folder);
		put_back(c->box, job);
		return begun;
	}
	c->home_left = c->home_left || c->home == job->folder;
	job_start(c, job);
	return true;
}

/* What is dirty is opened and searched anyway. */
static bool
poll_due(const struct folder *folder, int64_t now)
{
	return folder->mode != FOLDER_UNWATCHED && folder->listed && !folder->idler &&
	       !folder->dirty && now >= folder->next_poll && now >= folder->retry_at;
}

/* STATUS for the folders whose time has come; the answers may make them dirty. */
static bool
poll_folders(struct connection *c, int64_t now)
{
	struct mailbox *box = c->box;
	struct err err = { 0 };

	if (c != box_primary(box) || now < box->hold_until)
		return false;
	for (size_t i = 0; i < box->folder_count && c->poll_count < POLL_BATCH; i++) {
		struct folder *folder = box->folders[i];

		if (!poll_due(folder, now) || folder == c->selected)
			continue;
		if (!c->polls) {
			session_ready(c);
			c->polls = mem_zero(POLL_BATCH, sizeof(struct folder *));
		}
		folder->next_poll = now + folder_interval(box, folder);
		folder->sync = folder->sync_wanted;
		if (imap_status(c->imap, folder->wire, &err) != 0)
			c->polls[c->poll_count++] = folder;
		else
			folder_fail(box, folder, err.message);
	}
	if (c->poll_count == 0) {
		free(c->polls);
		c->polls = NULL;
	}
	return c->poll_count > 0;
}

/* STATUS is not for the folder that is open (RFC 3501 6.3.10): that one is simply searched. */
static bool
poll_selected(struct connection *c, int64_t now)
{
	struct folder *folder = c->selected;

	if (!folder || c->home == folder || !poll_due(folder, now))
		return false;
	folder->next_poll = now + folder_interval(c->box, folder);
	if (!folder->opened) /* forgotten with the connection that idled in it */
		return session_examine(c, folder);
	if (!folder->known)
		return false;
	folder->dirty = true;
	return check_other(c, now);
}

/* The folder it idles in is asked now and then whether IDLE tells everything. */
static bool
cross_check(struct connection *c, int64_t now)
{
	struct folder *home = c->home;

	if (!home || c->selected != home || !home->known || now < home->next_poll)
		return false;
	home->next_poll = now + folder_interval(c->box, home);
	home->cross_check = true;
	return check_home(c, now);
}

/* IDLE was broken off for other work. Dovecot may never tell what came in between: it is asked for, and
 * that it was not told is no deafness. */
static void
look_again_soon(struct connection *c, int64_t now)
{
	struct folder *home = c->home;

	c->home_left = false;
	home->told = true;
	if (home->next_poll > now + HOME_AGAIN_MS)
		home->next_poll = now + HOME_AGAIN_MS;
	box_serve_soon(c->box);
}

static void
idle(struct connection *c, int64_t now)
{
	struct err err = { 0 };

	if (!c->home || imap_idling(c->imap) || c->selected != c->home || now < c->box->hold_until)
		return;
	if (c->home_left)
		look_again_soon(c, now);
	c->idle_since = 0;
	c->last_byte = c->asked_at = now;
	c->asked_bytes = 0;
	imap_idle(c->imap, &err);
	imap_trim(c->imap);
	fetch_tidy_soon(box_fetch(c->box));
}

static bool
go_home(struct connection *c, int64_t now)
{
	return c->home && (c->selected != c->home || !c->home->opened) &&
	       now >= c->home->retry_at && session_examine(c, c->home);
}

static bool
list_again(struct connection *c, int64_t now)
{
	if (c != box_primary(c->box) || now < c->box->next_list)
		return false;
	session_ready(c);
	session_list(c);
	return true;
}

static bool
retire(struct connection *c, int64_t now)
{
	if (c->home || now < c->used + WORKER_IDLE_MS || box_live(c->box) < 2)
		return false;
	session_leave(c);
	return true;
}

static void
choose(struct connection *c, int64_t now)
{
	if (session_busy(c)) {
		/* The server is kept at work: the next slice is asked before this one is there. */
		if (job_count(c) == 1 && !c->selecting && c->poll_count == 0 &&
			c->last_uid_id == 0 && !folder_to_check(c, now) &&
			!wants_check(c->box, c->home, now))
			work(c, now);
		return;
	}
	if (check_home(c, now) || cross_check(c, now) || check_other(c, now))
		return;
	if (work(c, now) || poll_selected(c, now) || poll_folders(c, now) || list_again(c, now) ||
		go_home(c, now) || retire(c, now))
		return;
	idle(c, now);
}

void
session_next(struct connection *c)
{
	if (c->doom)
		return;
	if (c->phase == PHASE_READY && !c->checking && !c->fresh)
		choose(c, clock_monotonic_ms());
	if (c->phase == PHASE_CLOSED)
		return;
	session_arm(c);
	connection_flush(c);
}
