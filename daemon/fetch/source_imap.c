#include <stdlib.h>

#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"
#include "mailbox.h"

/* The driver of accounts. */

static void
ring(struct alarm *alarm)
{
	box_serve(alarm->owner);
}

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

		box_cut_jobs(connection, STOPPED);
		if (connection->checking)
			box_tell_check_failed(connection, STOPPED);
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
	uint32_t random = 0;
	int64_t at;

	random_bytes(&random, sizeof(random));
	at = clock_monotonic_ms() + 1 + random % WOKEN_SPREAD_MS;
	if (box->source->state != SOURCE_AUTH_FAILED && box->retry_at > at)
		box->retry_at = at;
	for (size_t i = 0; i < box->folder_count; i++)
		box->folders[i]->next_poll = at;
	for (struct connection *c = box->connections; c; c = c->next)
		session_doubt(c, at);
	alarm_set(box_fetch(box)->alarms, &box->alarm, at);
}

/* The password in a file may be another one now: it is asked for, and the same is not tried again. */
static void
imap_reread(void *work)
{
	struct mailbox *box = work;

	if (box->source->state != SOURCE_AUTH_FAILED && box->source->state != SOURCE_NO_SECRET)
		return;
	box->retry_at = clock_monotonic_ms();
	box_serve_soon(box);
}

/* Not all at the same moment; how many a second is a matter of rate.h. What is reached and does not work is
 * tried no more often for that. */
static void
imap_reachable(void *work)
{
	struct mailbox *box = work;
	uint32_t random = 0;
	int64_t at;

	random_bytes(&random, sizeof(random));
	at = clock_monotonic_ms() + 1 + random % REACHED_SPREAD_MS;
	if (box->source->state != SOURCE_OFFLINE || box->retry_at <= at)
		return;
	if (box->reached_at != 0 && at - box->reached_at < LOSS_SPACING_MS)
		return;
	box->reached_at = box->retry_at = at;
	alarm_set(box_fetch(box)->alarms, &box->alarm, at);
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
	.reread = imap_reread,
	.reachable = imap_reachable,
	.resume = imap_resume,
};
