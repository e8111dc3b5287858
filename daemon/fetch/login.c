#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "liaison/base/clock.h"
#include "mailbox.h"

/* The way in: greeting, STARTTLS, capabilities, secret, login, LIST. */

static void
fail_with(struct connection *c, enum source_state state, const struct err *err)
{
	connection_fail(c, state, err->message, 0);
}

static void
enter(struct connection *c, enum phase phase, int64_t milliseconds)
{
	c->phase = phase;
	c->deadline = clock_monotonic_ms() + milliseconds;
	session_arm(c);
}

void
session_begin(struct connection *c)
{
	struct err err = { 0 };
	bool after_starttls = box_config(c->box)->tls == TLS_STARTTLS && c->tls;

	c->last_byte = clock_monotonic_ms();
	enter(c, PHASE_GREETING, GREETING_MS);
	if (after_starttls) {
		c->secured = true;
		imap_tls_up(c->imap);
		enter(c, PHASE_CAPABILITY, LOGIN_MS);
		if (imap_capability(c->imap, &err) == 0) {
			fail_with(c, SOURCE_ERROR, &err);
			return;
		}
	}
	connection_flush(c);
}

static void
ask_secret(struct connection *c)
{
	struct mailbox *box = c->box;

	c->secret_token = fetch_token_next(box_fetch(box));
	enter(c, PHASE_SECRET, SECRET_MS);
	crew_ask_secret(box_fetch(box)->crew, box->source->number, c->secret_token);
}

struct mailbox *
session_folders(struct connection *c)
{
	return c->shown ? c->shown : c->box;
}

void
session_list(struct connection *c)
{
	unsigned capabilities = imap_capabilities(c->imap);
	struct err err = { 0 };

	enter(c, PHASE_LIST, ANSWER_MS);
	if (!c->checking)
		c->box->next_list = clock_monotonic_ms() + RELIST_MS;
	folders_begin(session_folders(c));
	if (imap_list(c->imap, (capabilities & IMAP_CAN_SPECIAL_USE) && !c->listed_plain, &err) ==
		0)
		fail_with(c, SOURCE_ERROR, &err);
}

static bool
needs_list(const struct connection *c)
{
	return c->checking || !c->box->told_folders || clock_monotonic_ms() >= c->box->next_list;
}

void
login_ready(struct connection *c)
{
	if (needs_list(c)) {
		session_list(c);
		return;
	}
	c->phase = PHASE_READY;
	c->fresh = true;
	c->used = clock_monotonic_ms();
	box_serve_soon(c->box);
}

/* The steps before login: STARTTLS if it is wanted, and capabilities if they are not known. */
void
login_go_on(struct connection *c, bool asked)
{
	bool starttls = box_config(c->box)->tls == TLS_STARTTLS && !c->secured;
	struct err err = { 0 };
	unsigned id = 1;

	if (!asked && !imap_capabilities_known(c->imap)) {
		enter(c, PHASE_CAPABILITY, LOGIN_MS);
		id = imap_capability(c->imap, &err);
	} else if (starttls) {
		enter(c, PHASE_CAPABILITY, LOGIN_MS);
		id = imap_starttls(c->imap, &err);
	} else
		ask_secret(c);
	if (id == 0)
		fail_with(c, SOURCE_ERROR, &err);
}

static bool
uses_token(const struct config_source *config)
{
	return config->secret == SECRET_TOKEN_COMMAND || config->secret == SECRET_OAUTH2;
}

/* Too early for a password that was refused, unless somebody asks for it: the account may be in order
 * again, and a check a minute guesses nothing and locks next to nothing. */
static bool
is_held(const struct connection *c)
{
	struct source *source = c->box->source;

	if (uses_token(source->config) || !refusal_holds(source))
		return false;
	return !c->checking || !refusal_waived(source);
}

/* The same password that was refused: it is not even said. */
static void
login_held(struct connection *c)
{
	const struct source *source = c->box->source;
	char sentence[400];

	snprintf(sentence, sizeof(sentence),
		"'%s' refused this password of '%s' %u times: it is not tried again before its "
		"time",
		connection_host(c), box_config(c->box)->user, source->refusal.count);
	connection_fail(c, SOURCE_AUTH_FAILED,
		source->state == SOURCE_AUTH_FAILED && source->error ? source->error : sentence, 0);
}

static void
login_refused(struct connection *c, const char *words)
{
	struct source *source = c->box->source;
	char sentence[500], hint[100] = "";
	bool alone = box_live(c->box) == 0; /* else it lets some of us in, and no more */

	if (alone)
		refusal_count(source, uses_token(box_config(c->box)));
	if (alone && refusal_is_long(source))
		snprintf(hint, sizeof(hint),
			" %u times (it is tried again tomorrow or by a check, another password "
			"after a reload)",
			source->refusal.count);
	snprintf(sentence, sizeof(sentence), "'%s' refused the login of '%s'%s: %s",
		connection_host(c), box_config(c->box)->user, hint, words);
	connection_fail(c, SOURCE_AUTH_FAILED, sentence, 0);
}

void
session_secret(struct connection *c, const char *bytes, size_t size, const char *why)
{
	const struct config_source *config = box_config(c->box);
	bool token = uses_token(config);
	char sentence[400];
	struct err err = { 0 };

	if (c->phase != PHASE_SECRET)
		return;
	c->secret_token = 0;
	if (!bytes) {
		snprintf(sentence, sizeof(sentence), "'%s' has no secret: %s", config->name, why);
		connection_fail(c, SOURCE_NO_SECRET, sentence, 0);
		return;
	}
	if (is_held(c)) {
		login_held(c);
		return;
	}
	enter(c, PHASE_LOGIN, LOGIN_MS);
	if (imap_login(c->imap, config->auth, token, config->user, bytes, size, &err) == 0)
		fail_with(c, SOURCE_NO_SECRET, &err);
	else
		connection_flush(c);
}

static bool
is_transient(const struct imap_event *event)
{
	switch (event->code) {
	case IMAP_CODE_UNAVAILABLE:
	case IMAP_CODE_OVERQUOTA:
	case IMAP_CODE_THROTTLED:
	case IMAP_CODE_LIMIT:
	case IMAP_CODE_INUSE:
	case IMAP_CODE_SERVERBUG:
		return true;
	case IMAP_CODE_AUTHENTICATIONFAILED:
	case IMAP_CODE_AUTHORIZATIONFAILED:
	case IMAP_CODE_EXPIRED:
		return false;
	default:
		return event->throttled;
	}
}

/* What a check found out holds for the mailbox, too, which waits for the end of the refusal. */
static void
login_accepted(struct connection *c)
{
	struct mailbox *box = c->box;

	if (c->checking && strcmp(connection_host(c), box_config(box)->host) != 0)
		return; /* another server's word */
	refusal_end(box->source);
	if (!c->checking || box->source->state != SOURCE_AUTH_FAILED)
		return;
	box->retry_at = clock_monotonic_ms();
	box_serve_soon(box);
}

void
login_finished(struct connection *c, const struct imap_event *event)
{
	char sentence[400];
	struct err err = { 0 };

	if (event->status == IMAP_OK) {
		login_accepted(c);
		if (imap_capabilities_known(c->imap)) {
			login_ready(c);
			return;
		}
		if (imap_capability(c->imap, &err) == 0)
			fail_with(c, SOURCE_ERROR, &err);
		return;
	}
	if (is_transient(event)) {
		snprintf(sentence, sizeof(sentence), "'%s' does not let us in now: %s",
			connection_host(c), event->text);
		connection_fail(c, SOURCE_ERROR, sentence,
			event->wait_ms ? event->wait_ms : UNAVAILABLE_MS);
		return;
	}
	login_refused(c, event->text);
}

void
login_listed(struct connection *c, const struct imap_event *event)
{
	if (event->status != IMAP_OK && !c->listed_plain) {
		c->listed_plain = true; /* "RETURN (SPECIAL-USE)" was too much for it */
		session_list(c);
		return;
	}
	if (event->status != IMAP_OK)
		folders_keep(session_folders(c));
	folders_end(session_folders(c), c);
	if (c->leaving || c->surveying)
		return;
	c->phase = PHASE_READY;
	c->fresh = true;
	c->used = clock_monotonic_ms();
	box_serve_soon(c->box);
}

void
login_capability(struct connection *c)
{
	if (c->phase == PHASE_LOGIN)
		login_ready(c);
	else if (c->phase == PHASE_CAPABILITY)
		login_go_on(c, true); /* whatever it answered: it is not asked twice */
}
