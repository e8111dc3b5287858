#include <stdio.h>

#include "liaison/base/clock.h"
#include "mailbox.h"

/* How long a connection may take for what it does, and when IDLE is renewed. */

static bool
waits_for_answer(const struct connection *c)
{
	size_t pending = imap_pending(c->imap);

	return pending > (imap_idling(c->imap) && c->idle_since != 0 ? 1 : 0);
}

static int64_t
patience(const struct connection *c)
{
	return c->doubted ? WOKEN_ANSWER_MS : ANSWER_MS;
}

/* When silence is over, or the rate is to be looked at: first after a minute, then each second. Bytes that
 * come meanwhile do not move the looks. */
static int64_t
answer_due(const struct connection *c, int64_t now)
{
	int64_t silent = c->last_byte + patience(c), look = c->asked_at + ANSWER_MS + 1;

	if (look <= now)
		look += ((now - look) / RATE_LOOK_MS + 1) * RATE_LOOK_MS;
	return silent < look ? silent : look;
}

void
session_arm(struct connection *c)
{
	int64_t now = clock_monotonic_ms(), at = now + IDLE_RENEW_MS;

	if (c->phase != PHASE_READY)
		at = c->deadline;
	else if (waits_for_answer(c))
		at = answer_due(c, now);
	else if (imap_idling(c->imap) && c->idle_since + IDLE_RENEW_MS < at)
		at = c->idle_since + IDLE_RENEW_MS;
	if (c->phase == PHASE_READY && !c->home && c->used + WORKER_IDLE_MS < at &&
		!waits_for_answer(c) && box_live(c->box) > 1)
		at = c->used + WORKER_IDLE_MS;
	alarm_set(box_fetch(c->box)->alarms, &c->alarm, at > now ? at : now + 1);
}

static const char *const PHASE_DOING[] = { "waiting for its turn", "connecting", "shaking hands",
	"shaking hands", "waiting for the greeting", "asking what it can", "asking for the secret",
	"logging in", "listing folders", "answering", "closing" };

const char *
session_doing(const struct connection *c)
{
	return c->phase < PHASE_READY ? PHASE_DOING[c->phase] : NULL;
}

static void
too_slow(struct connection *c, const char *doing)
{
	char sentence[300];

	snprintf(sentence, sizeof(sentence), "'%s' took too long: %s", connection_host(c), doing);
	connection_fail(c, SOURCE_OFFLINE, sentence, 0);
}

static bool
answers_too_slowly(const struct connection *c, int64_t now)
{
	int64_t taken = now - c->asked_at;

	return taken > ANSWER_MS && c->asked_bytes < taken / 1000 * RATE_MIN;
}

static void
renew_idle(struct connection *c)
{
	session_ready(c);
	if (c->home && c->home->known)
		c->home->cross_check = true;
	session_next(c);
}

/* What idles renews IDLE then, and looks for mail; what waits for an answer waits for it from now on. */
void
session_doubt(struct connection *c, int64_t at)
{
	int64_t now = clock_monotonic_ms();

	if (c->phase != PHASE_READY)
		return;
	c->doubted = true;
	if (waits_for_answer(c)) {
		c->last_byte = c->asked_at = now;
		c->asked_bytes = 0;
	} else if (imap_idling(c->imap))
		c->idle_since = at - IDLE_RENEW_MS;
	session_arm(c);
}

void
session_tick(struct connection *c)
{
	int64_t now = clock_monotonic_ms();

	if (c->phase != PHASE_READY) {
		if (now >= c->deadline)
			too_slow(c, PHASE_DOING[c->phase]);
		else
			session_arm(c);
		return;
	}
	if (c->paused) {
		c->last_byte = c->asked_at = now;
		c->asked_bytes = 0;
		session_arm(c);
		return;
	}
	if (waits_for_answer(c) &&
		(now >= c->last_byte + patience(c) || answers_too_slowly(c, now))) {
		too_slow(c, PHASE_DOING[c->phase]);
		return;
	}
	if (!waits_for_answer(c) && imap_idling(c->imap) && now >= c->idle_since + IDLE_RENEW_MS)
		renew_idle(c);
	else
		session_next(c);
}
