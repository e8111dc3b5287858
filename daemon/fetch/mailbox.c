#include "mailbox.h"

#include "liaison/base/clock.h"

/* Which connections a mailbox has, and what there is for them to do. */

const struct config_source *
box_config(const struct mailbox *box)
{
	return box->source->config;
}

struct fetch *
box_fetch(const struct mailbox *box)
{
	return box->source->fetch;
}

unsigned
box_live(const struct mailbox *box)
{
	unsigned count = 0;

	for (struct connection *c = box->connections; c; c = c->next)
		count += c->phase == PHASE_READY && !c->checking;
	return count;
}

static unsigned
box_open(const struct mailbox *box)
{
	unsigned count = 0;

	for (struct connection *c = box->connections; c; c = c->next)
		count += !c->checking;
	return count;
}

static struct connection *
box_worker(const struct mailbox *box)
{
	for (struct connection *c = box->connections; c; c = c->next)
		if (!c->home && !c->checking)
			return c;
	return NULL;
}

/* It polls, and works when no other can: of those that idle the one opened first. */
struct connection *
box_primary(const struct mailbox *box)
{
	struct connection *primary = NULL;

	for (struct connection *c = box->connections; c; c = c->next)
		if (c->phase == PHASE_READY && !c->checking &&
			(!primary || c->home || !primary->home))
			primary = c;
	return primary;
}

static bool
may_open(const struct mailbox *box)
{
	return !box->stopping && box_open(box) < box->limit &&
	       clock_monotonic_ms() >= box->retry_at && box->source->state != SOURCE_AUTH_FAILED;
}

bool
box_may_work(struct connection *connection, const struct job *job)
{
	if (!connection->home)
		return true;
	if (job && job->kind == JOB_PART && job->folder == connection->home)
		return true;
	return connection == box_primary(connection->box) && !box_worker(connection->box) &&
	       !may_open(connection->box);
}

void
box_hold(struct mailbox *box, int64_t wait_ms)
{
	int64_t until = clock_monotonic_ms() + (wait_ms > 0 ? wait_ms : 30000);

	if (until > box->hold_until)
		box->hold_until = until;
	box_serve_soon(box);
}

/* ---- state ---- */

static enum source_state
state_of(const struct mailbox *box)
{
	bool complete = box->told_folders;
	bool idles = false;

	for (size_t i = 0; i < box->folder_count; i++) {
		const struct folder *folder = box->folders[i];

		if (folder->mode != FOLDER_UNWATCHED && !folder->complete && !folder->error)
			complete = false;
		idles = idles || folder->idler;
	}
	if (!complete)
		return SOURCE_SYNCING;
	return idles ? SOURCE_IDLE : SOURCE_POLLING;
}

void
box_report(struct mailbox *box)
{
	enum source_state state;

	if (box_live(box) == 0)
		return;
	state = state_of(box);
	if (state != SOURCE_SYNCING) {
		box->failures = 0;
		box->reached_at = 0;
	}
	source_tell(box->source, state, NULL, 0);
}

/* ---- connections ---- */

static void
open_connection(struct mailbox *box, struct folder *home)
{
	struct connection *connection = connection_open(box, home, NULL);

	if (box_live(box) == 0 && box->source->state != SOURCE_AUTH_FAILED &&
		box->source->state != SOURCE_NO_SECRET)
		source_tell(box->source, SOURCE_CONNECTING, box->source->error, 0);
	rate_wait(box_fetch(box)->rate, &connection->turn);
}

/* The next folder nobody idles in yet, in the order of the patterns of "idle". */
static struct folder *
folder_to_idle(const struct mailbox *box)
{
	int64_t now = clock_monotonic_ms();
	struct folder *first = NULL;

	for (size_t i = 0; i < box->folder_count; i++) {
		struct folder *folder = box->folders[i];

		if (folder->mode == FOLDER_IDLE && !folder->idler && !folder->deaf &&
			now >= folder->retry_at && (!first || folder->idle_rank < first->idle_rank))
			first = folder;
	}
	return first;
}

static bool
needs_worker(const struct mailbox *box)
{
	int64_t now = clock_monotonic_ms();

	if (now < box->hold_until)
		return false;
	for (const struct job *job = box->jobs; job; job = job->next)
		if (job->kind != JOB_PART || !job->folder->idler)
			return true;
	for (size_t i = 0; i < box->folder_count; i++) {
		const struct folder *folder = box->folders[i];

		if (folder->dirty && folder->mode != FOLDER_UNWATCHED && !folder->idler &&
			(folder->known || !folder->opened) && now >= folder->retry_at)
			return true;
	}
	return false;
}

static bool
one_is_starting(const struct mailbox *box)
{
	for (const struct connection *c = box->connections; c; c = c->next)
		if (!c->checking && c->phase != PHASE_READY)
			return true;
	return false;
}

/* A worker with nothing to do becomes the one that idles, rather than open another. */
static bool
settle_worker(struct mailbox *box, struct folder *folder)
{
	struct connection *worker = box_worker(box);

	if (!worker || worker->phase != PHASE_READY || session_busy(worker) || box_live(box) > 1)
		return false;
	worker->home = folder;
	folder->idler = worker;
	return true;
}

/* One at a time, so that a server or a wrong password is not asked by three at once. */
static void
open_what_is_needed(struct mailbox *box)
{
	struct folder *folder;

	if (one_is_starting(box))
		return;
	if (box_open(box) == 0) {
		if (clock_monotonic_ms() >= box->retry_at)
			open_connection(box, NULL);
		return;
	}
	folder = box->told_folders ? folder_to_idle(box) : NULL;
	if (folder && (settle_worker(box, folder) || !may_open(box))) {
		if (folder->idler)
			open_what_is_needed(box);
		return;
	}
	if (folder)
		open_connection(box, folder);
	else if (!box_worker(box) && may_open(box) && needs_worker(box))
		open_connection(box, NULL);
}

static void
restore_limit(struct mailbox *box)
{
	if (box->limit < box_config(box)->connections && clock_monotonic_ms() >= box->limit_until)
		box->limit = box_config(box)->connections;
}

static int64_t
sooner(int64_t a, int64_t b, int64_t now)
{
	return b > now && b < a ? b : a;
}

/* One that is due is under way: when the next one will be, at the latest. */
static int64_t
next_poll(const struct mailbox *box, const struct folder *folder, int64_t now)
{
	return folder->next_poll > now ? folder->next_poll : now + folder_interval(box, folder);
}

static void
set_alarm(struct mailbox *box)
{
	int64_t now = clock_monotonic_ms(), at = now + RELIST_MS;

	at = sooner(at, box->retry_at, now);
	at = sooner(at, box->hold_until, now);
	at = sooner(at, box->limit < box_config(box)->connections ? box->limit_until : at, now);
	at = sooner(at, box->next_list, now);
	for (size_t i = 0; i < box->folder_count; i++) {
		const struct folder *folder = box->folders[i];

		if (folder->mode == FOLDER_UNWATCHED)
			continue;
		at = sooner(at, next_poll(box, folder, now), now);
		at = sooner(at, folder->retry_at, now);
	}
	alarm_set(box_fetch(box)->alarms, &box->alarm, at);
}

void
box_serve(struct mailbox *box)
{
	if (box->stopping)
		return;
	restore_limit(box);
	if (box->source->watched)
		open_what_is_needed(box);
	for (struct connection *c = box->connections, *next; c; c = next) {
		next = c->next;
		c->fresh = false;
		session_next(c);
	}
	box_report(box);
	set_alarm(box);
}

void
box_serve_soon(struct mailbox *box)
{
	if (!box->stopping)
		alarm_set(box_fetch(box)->alarms, &box->alarm, clock_monotonic_ms());
}
