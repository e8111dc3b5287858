#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"
#include "liaison/base/log.h"
#include "mailbox.h"

/* The driver of accounts: which connections a mailbox has, when lost ones come back, and the
 * engine's frames. */

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
		box->auth_failures = 0;
	}
	source_tell(box->source, state, NULL, 0);
}

/* ---- failures ---- */

/* Full jitter: anything from a second to a limit that doubles each time. */
static int64_t
backoff(unsigned failures)
{
	int64_t most = INT64_C(2000) << (failures < 10 ? failures : 10);
	uint32_t random = 0;

	random_bytes(&random, sizeof(random));
	if (most > RETRY_MAX_MS)
		most = RETRY_MAX_MS;
	return 1000 + (int64_t)random % (most - 999);
}

/* So that nobody is locked out: three tries in twenty minutes, then one an hour. */
static int64_t
auth_backoff(unsigned failures)
{
	static const int64_t MINUTES[] = { 1, 5, 15 };

	return (failures < 3 ? MINUTES[failures] : 60) * 60 * 1000;
}

static int64_t
delay_after(struct mailbox *box, enum source_state state, int64_t wait_ms)
{
	int64_t delay;

	if (state == SOURCE_AUTH_FAILED)
		return auth_backoff(box->auth_failures++);
	delay = backoff(box->failures++);
	if (state == SOURCE_NO_SECRET && delay < 10000)
		delay = 10000;
	return delay > wait_ms ? delay : wait_ms;
}

static void
cut_jobs(struct connection *connection, const char *why)
{
	for (size_t i = 0; i < JOBS_AT_ONCE; i++)
		if (connection->jobs[i])
			job_cut(connection, connection->jobs[i], why);
}

static void
unlink_connection(struct mailbox *box, struct connection *connection)
{
	for (struct connection **at = &box->connections; *at; at = &(*at)->next)
		if (*at == connection) {
			*at = connection->next;
			return;
		}
}

/* What only this connection knew is unknown now. */
static void
forget_folders(struct mailbox *box, struct connection *connection)
{
	if (connection->home) {
		connection->home->idler = NULL;
		folder_forget(connection->home);
	}
	for (unsigned i = 0; i < connection->poll_count; i++)
		connection->polls[i]->next_poll = 0;
	if (box_live(box) > 0)
		return;
	for (size_t i = 0; i < box->folder_count; i++)
		folder_forget(box->folders[i]);
}

/* A server that has enough of our connections keeps those it has. */
static void
lower_limit(struct mailbox *box, enum phase phase)
{
	unsigned live = box_live(box);

	if (live == 0 || phase < PHASE_GREETING || phase == PHASE_READY || box->limit <= live)
		return;
	log_write(LOG_NOTICE, "%s: the server takes %u connections, not more",
		box_config(box)->name, live);
	box->limit = live;
	box->limit_until = clock_monotonic_ms() + RELIST_MS;
}

static void
tell_check_failed(struct connection *connection, const char *why)
{
	struct mailbox *box = connection->box;
	struct frame_writer writer;

	link_begin(box_fetch(box)->link, &writer, FRAME_CHECKED, box->source->number,
		connection->check_token);
	link_put_error(&writer, why);
	frame_end(&writer);
}

static void
tell_lost(struct mailbox *box, enum source_state state, const char *why, int64_t delay)
{
	if (box_live(box) > 0)
		log_write(LOG_INFO, "%s: a connection is lost: %s", box_config(box)->name, why);
	else
		source_tell(box->source, state, why, clock_now() + delay / 1000);
}

/* why NULL: it was ended by us. */
void
box_lost(struct connection *connection, enum source_state state, const char *why, int64_t wait_ms)
{
	struct mailbox *box = connection->box;
	enum phase phase = connection->phase;
	bool checking = connection->checking;
	int64_t delay = 0;

	if (why)
		jobs_suspect(connection);
	cut_jobs(connection, why ? why : "the connection was ended");
	connection->phase = PHASE_CLOSED;
	unlink_connection(box, connection);
	if (!checking)
		forget_folders(box, connection);
	if (why && checking)
		tell_check_failed(connection, why);
	else if (why) {
		delay = delay_after(box, state, wait_ms);
		box->retry_at = clock_monotonic_ms() + delay;
		lower_limit(box, phase);
		tell_lost(box, state, why, delay);
	}
	connection_close(connection);
	box_serve_soon(box);
}

/* ---- connections ---- */

static void
open_connection(struct mailbox *box, struct folder *home)
{
	struct connection *connection = connection_open(box, home);

	connection->deadline = INT64_MAX;
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
		at = sooner(at, folder->next_poll, now);
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

static void
ring(struct alarm *alarm)
{
	box_serve(alarm->owner);
}

/* ---- the driver ---- */

static void *
imap_start(struct source *source)
{
	struct mailbox *box = mem_zero(1, sizeof(*box));

	box->source = source;
	box->limit = source->config->connections > 0 ? source->config->connections : 1;
	box->alarm.ring = ring;
	box->alarm.owner = box;
	if (source->watched)
		source_tell(source, SOURCE_CONNECTING, NULL, 0);
	box_serve_soon(box);
	return box;
}

/* The engine counts what it asked: everything gets its answer, as after a reload it goes on. */
static void
imap_stop(void *work)
{
	static const char STOPPED[] = "the source is not worked on any more";
	struct mailbox *box = work;

	box->stopping = true;
	alarm_stop(box_fetch(box)->alarms, &box->alarm);
	while (box->connections) {
		struct connection *connection = box->connections;

		cut_jobs(connection, STOPPED);
		if (connection->checking)
			tell_check_failed(connection, STOPPED);
		session_leave(connection);
	}
	while (box->jobs) {
		struct job *job = box->jobs;

		box->jobs = job->next;
		answer_refused(box, job, STOPPED);
		job_free(job);
	}
	folders_free(box);
	free(box);
}

static void
imap_secret(void *work, uint32_t token, const char *bytes, size_t size, const char *why)
{
	struct mailbox *box = work;

	for (struct connection *c = box->connections; c; c = c->next)
		if (c->phase == PHASE_SECRET && c->secret_token == token) {
			session_secret(c, bytes, size, why);
			return;
		}
}

/* The machine slept: every connection may be dead, and mail may wait. */
static void
imap_woke(void *work)
{
	struct mailbox *box = work;

	box->retry_at = 0;
	for (size_t i = 0; i < box->folder_count; i++)
		box->folders[i]->next_poll = 0;
	box_serve_soon(box);
}

static void
imap_resume(void *work)
{
	struct mailbox *box = work;

	for (struct connection *c = box->connections, *next; c; c = next) {
		next = c->next;
		connection_resume(c);
	}
}

/* asks.c: the engine's frames. */
int imap_take(void *work, const struct frame *frame, struct err *err);

const struct driver source_imap_driver = {
	.kind = SOURCE_IMAP,
	.start = imap_start,
	.stop = imap_stop,
	.take = imap_take,
	.secret = imap_secret,
	.woke = imap_woke,
	.resume = imap_resume,
};
