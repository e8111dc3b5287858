#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"
#include "liaison/base/log.h"
#include "mailbox.h"
#include "recording.h"

/* Connections that ended: what was under way on them, and when the next one is opened. */

/* A limit that doubles each time, half of it by chance: never more than eight times an hour in the end. */
static int64_t
backoff(unsigned failures)
{
	int64_t most = INT64_C(2000) << (failures < 10 ? failures : 10);
	uint32_t random = 0;

	random_bytes(&random, sizeof(random));
	if (most > RETRY_MAX_MS)
		most = RETRY_MAX_MS;
	return most / 2 + (int64_t)random % (most / 2 + 1);
}

/* However a connection ends once the server has spoken: after a few losses in a row there is one more
 * every ten minutes, also of a server that lets us in each time and throws us out. Those that end together
 * count once. A server that is not reached is tried as backoff says, for it may be back any moment. */
static int64_t
spacing(struct mailbox *box, enum phase phase, int64_t now)
{
	if (phase <= PHASE_GREETING)
		return 0;
	if (box->spaced_at < now - LOSSES_FORGIVEN * LOSS_SPACING_MS)
		box->spaced_at = now - LOSSES_FORGIVEN * LOSS_SPACING_MS;
	if (now >= box->retry_at)
		box->spaced_at += LOSS_SPACING_MS;
	return box->spaced_at - now;
}

static int64_t
delay_after(struct mailbox *box, enum phase phase, enum source_state state, int64_t wait_ms)
{
	int64_t apart = spacing(box, phase, clock_monotonic_ms()), delay;

	if (state == SOURCE_AUTH_FAILED && refusal_holds(box->source))
		return box->source->refusal.until - clock_monotonic_ms();
	delay = backoff(box->failures++);
	if (delay < apart)
		delay = apart;
	if (state == SOURCE_NO_SECRET && delay < 10000)
		delay = 10000;
	return delay > wait_ms ? delay : wait_ms;
}

void
box_forgive(struct mailbox *box)
{
	int64_t now = clock_monotonic_ms();

	if (box->forgiven_at < now - PARDONS_AT_ONCE * (int64_t)PARDON_SPACING_MS)
		box->forgiven_at = now - PARDONS_AT_ONCE * (int64_t)PARDON_SPACING_MS;
	if (box->forgiven_at + PARDON_SPACING_MS > now)
		return;
	box->forgiven_at += PARDON_SPACING_MS;
	box->spaced_at -= 2 * LOSS_SPACING_MS;
	box->failures = 0;
}

void
box_cut_jobs(struct connection *connection, const char *why)
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
lower_limit(struct mailbox *box, enum phase phase, enum source_state state)
{
	unsigned live = box_live(box);

	if (live == 0 || phase < PHASE_GREETING || phase == PHASE_READY || box->limit <= live)
		return;
	log_write(LOG_NOTICE, "%s: the server takes %u connections, not more",
		box_config(box)->name, live);
	box->limit = live;
	box->limit_until = clock_monotonic_ms() +
			   (state == SOURCE_AUTH_FAILED ? REFUSED_LIMIT_MS : RELIST_MS);
}

void
box_tell_check_failed(struct connection *connection, const char *why)
{
	struct mailbox *box = connection->box;
	struct frame_writer writer;

	if (connection->recording) { /* that it failed may be what is to be shown */
		recording_tell(connection, why);
		return;
	}
	link_begin(box_fetch(box)->link, &writer, FRAME_CHECKED, box->source->number,
		connection->check_token);
	link_put_error(&writer, why);
	frame_end(&writer);
}

/* Where others live the source is not without any: the folder that was worked on says why. */
static void
tell_lost(struct mailbox *box, struct folder *folder, enum source_state state, const char *why,
	int64_t delay)
{
	if (box_live(box) == 0) {
		source_tell(box->source, state, why, clock_now() + delay / 1000);
		return;
	}
	log_write(LOG_INFO, "%s: a connection is lost: %s", box_config(box)->name, why);
	if (folder)
		folder_show(box, folder, why);
}

/* why NULL: it was ended by us. */
void
box_lost(struct connection *connection, enum source_state state, const char *why, int64_t wait_ms)
{
	struct mailbox *box = connection->box;
	enum phase phase = connection->phase;
	struct folder *folder = session_busy(connection) ? connection->selected : NULL;
	bool checking = connection->checking;
	int64_t delay = 0;

	if (why)
		jobs_suspect(connection);
	box_cut_jobs(connection, why ? why : "the connection was ended");
	connection->phase = PHASE_CLOSED;
	unlink_connection(box, connection);
	if (!checking)
		forget_folders(box, connection);
	if (!checking && phase == PHASE_LIST)
		box->next_list = 0; /* which folders there are was not told to the end */
	if (why && checking)
		box_tell_check_failed(connection, why);
	else if (why) {
		delay = delay_after(box, phase, state, wait_ms);
		box->retry_at = clock_monotonic_ms() + delay;
		lower_limit(box, phase, state);
		tell_lost(box, folder, state, why, delay);
	}
	connection_close(connection);
	box_serve_soon(box);
}
