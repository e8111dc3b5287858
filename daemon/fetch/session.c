#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/log.h"
#include "mailbox.h"

/* What is said on a connection that is logged in. */

/* ---- folders ---- */

bool
session_busy(const struct connection *c)
{
	bool jobs = false;

	for (size_t i = 0; i < JOBS_AT_ONCE; i++)
		jobs = jobs || c->jobs[i];
	return jobs || c->selecting || c->poll_count > 0 || c->last_uid_id != 0 ||
	       c->phase != PHASE_READY;
}

void
session_ready(struct connection *c)
{
	if (imap_idling(c->imap))
		imap_done(c->imap);
	c->used = clock_monotonic_ms();
	if (!session_busy(c)) {
		c->asked_at = c->last_byte = c->used;
		c->asked_bytes = 0;
	}
}

bool
session_examine(struct connection *c, struct folder *folder)
{
	struct err err = { 0 };

	session_ready(c);
	c->selected = NULL;
	if (imap_examine(c->imap, folder->wire, &err) == 0) {
		folder_fail(c->box, folder, err.message);
		return false;
	}
	c->selecting = folder;
	return true;
}

/* It is opened anew when its time comes. */
static void
last_uid_failed(struct connection *c, struct folder *folder, const char *why)
{
	char sentence[400];

	c->selected = NULL;
	snprintf(sentence, sizeof(sentence), "where new mail of '%.80s' begins is not told: %.250s",
		folder->name, why);
	folder_fail(c->box, folder, sentence);
}

static void
count_selected(struct connection *c, struct folder *folder)
{
	struct imap_mailbox counts = *imap_selected(c->imap);
	struct err err = { 0 };

	if (counts.uidvalidity != folder->uidvalidity) {
		session_lost_epoch(c->box, folder, counts.uidvalidity);
		folder->uidnext = 0; /* of another epoch: it says nothing about this one */
	}
	counts.has_messages = true; /* no EXISTS line means none */
	counts.has_uidnext = folder_believes_uidnext(&counts);
	if (!counts.has_uidnext && counts.messages == 0) {
		counts.has_uidnext = true;
		counts.uidnext = folder->uidnext > 1 ? folder->uidnext : 1;
	}
	folder->exists = c->exists = counts.messages;
	if (counts.has_uidnext) {
		folder_count(c->box, folder, &counts);
		return;
	}
	c->last_uid_id = imap_fetch_last(c->imap, &err);
	if (c->last_uid_id == 0)
		last_uid_failed(c, folder, err.message);
}

static void
examine_finished(struct connection *c, const struct imap_event *event)
{
	struct folder *folder = c->selecting;
	char sentence[400];

	c->selecting = NULL;
	if (!folder)
		return;
	if (event->status == IMAP_OK) {
		c->selected = folder;
		c->uidvalidity = imap_selected(c->imap)->uidvalidity;
		folder_well(c->box, folder);
		count_selected(c, folder);
		return;
	}
	snprintf(
		sentence, sizeof(sentence), "'%s' cannot be opened: %s", folder->name, event->text);
	if (event->throttled)
		box_hold(c->box, event->wait_ms);
	folder_fail(c->box, folder, sentence);
}

/* UIDNEXT was not told: the last message's UID says where new mail begins. */
static void
last_uid_finished(struct connection *c, const struct imap_event *event)
{
	struct folder *folder = c->selected;
	struct imap_mailbox counts = *imap_selected(c->imap);

	c->last_uid_id = 0;
	if (!folder)
		return;
	if (event->status != IMAP_OK && event->throttled)
		box_hold(c->box, event->wait_ms);
	if (event->status != IMAP_OK || (folder->uidnext == 0 && counts.messages > 0)) {
		last_uid_failed(c, folder, event->text);
		return;
	}
	counts.has_messages = counts.has_uidnext = true;
	counts.uidnext = folder->uidnext > 1 ? folder->uidnext : 1;
	folder_count(c->box, folder, &counts);
}

void
session_lost_epoch(struct mailbox *box, const struct folder *folder, uint32_t uidvalidity)
{
	for (struct connection *c = box->connections; c; c = c->next) {
		if (c->selected != folder || c->uidvalidity == uidvalidity)
			continue;
		for (size_t i = 0; i < JOBS_AT_ONCE; i++)
			if (c->jobs[i] && c->jobs[i]->folder == folder)
				job_cut(c, c->jobs[i], "the folder has a new UIDVALIDITY");
		c->selected = NULL;
		box_serve_soon(box);
	}
}

static void
status_finished(struct connection *c, const struct imap_event *event)
{
	struct folder *folder = c->poll_count > 0 ? c->polls[0] : NULL;
	char sentence[400];

	if (!folder)
		return;
	memmove(c->polls, c->polls + 1, --c->poll_count * sizeof(c->polls[0]));
	if (c->poll_count == 0) {
		free(c->polls);
		c->polls = NULL;
	}
	if (event->status == IMAP_OK) {
		if (!folder->opened && folder->uidvalidity == 0)
			folder->dirty = true; /* it told nothing: EXAMINE will */
		if (folder->known && folder->sync != 0)
			folder->dirty = true; /* nor here: SEARCH will */
		if (folder->dirty)
			box_serve_soon(c->box); /* perhaps another connection is to fetch it */
		return;
	}
	if (event->throttled)
		box_hold(c->box, event->wait_ms);
	snprintf(sentence, sizeof(sentence), "'%s' cannot be looked at: %s", folder->name,
		event->text);
	folder_fail(c->box, folder, sentence);
}

/* It was offered. */
static void
idle_refused(struct connection *c, const struct imap_event *event)
{
	char sentence[400];

	if (event->throttled) {
		box_hold(c->box, event->wait_ms);
		return;
	}
	snprintf(sentence, sizeof(sentence), "IDLE is refused here, the folder is polled: %s",
		event->text);
	folder_deafen(c->box, c->home, sentence);
}

/* ---- events ---- */

static void
command_finished(struct connection *c, const struct imap_event *event)
{
	c->asked_at = clock_monotonic_ms();
	c->asked_bytes = 0;
	switch (event->command) {
	case IMAP_CAPABILITY:
		login_capability(c);
		return;
	case IMAP_LOGIN:
		login_finished(c, event);
		return;
	case IMAP_LIST:
		login_listed(c, event);
		return;
	case IMAP_EXAMINE:
		if (c->surveying)
			survey_examined(c, event);
		else
			examine_finished(c, event);
		return;
	case IMAP_STATUS:
		status_finished(c, event);
		return;
	case IMAP_FETCH:
		if (c->surveying) {
			survey_fetched(c);
			return;
		}
		if (event->id == c->last_uid_id) {
			last_uid_finished(c, event);
			return;
		}
		job_finished(c, event);
		return;
	case IMAP_SEARCH:
		job_finished(c, event);
		return;
	case IMAP_IDLE:
		if (event->status != IMAP_OK && c->home && event->id != c->idle_id)
			idle_refused(c, event);
		return;
	case IMAP_STARTTLS:
	case IMAP_NOOP:
	case IMAP_LOGOUT:
		return;
	}
}

/* More messages than before: what came is above the cursor. It is news on each connection, for a search
 * on this one may have found nothing after another one told of it. */
static void
exists(struct connection *c, uint32_t number)
{
	struct folder *folder = c->selected;
	bool more = folder && number > c->exists;

	if (!folder)
		return;
	folder->exists = c->exists = number;
	folder->last_byte = clock_now();
	if (!more)
		return;
	folder->lag = 0;
	if (imap_idling(c->imap))
		folder->told = true;
	folder->dirty = true;
}

static void
expunged(struct connection *c)
{
	struct folder *folder = c->selected;

	if (!folder)
		return;
	folder->exists -= folder->exists > 0;
	c->exists -= c->exists > 0;
	if (folder->exists_checked > folder->exists)
		folder->exists_checked = folder->exists;
}

static void
message(struct connection *c, const struct imap_event *event)
{
	const struct imap_message *told = event->message;

	if (c->surveying) {
		if (event->id != 0)
			survey_message(c, told);
		return;
	}
	if (event->id != 0 && event->id == c->last_uid_id) {
		if (c->selected && told->uid >= c->selected->uidnext && told->uid > 0 &&
			told->uid < UINT32_MAX)
			c->selected->uidnext = told->uid + 1;
		return;
	}
	if (told->uid != 0)
		job_message(c, told);
}

void
session_listen(void *context, const struct imap_event *event)
{
	struct connection *c = context;

	if (c->doom || c->leaving || c->phase == PHASE_CLOSED)
		return;
	switch (event->kind) {
	case IMAP_READY:
		if (event->number)
			login_ready(c);
		else
			login_go_on(c, false);
		return;
	case IMAP_SECURE:
		c->phase = PHASE_SECURING;
		return;
	case IMAP_FINISHED:
		command_finished(c, event);
		return;
	case IMAP_IDLING:
		c->idle_since = clock_monotonic_ms();
		c->idle_id = event->id;
		return;
	case IMAP_EXISTS:
		exists(c, event->number);
		return;
	case IMAP_EXPUNGED:
		expunged(c);
		return;
	case IMAP_LISTED:
		if (c->phase == PHASE_LIST) /* nothing is believed before TLS and login */
			folder_listed(session_folders(c), event->mailbox);
		return;
	case IMAP_COUNTED: {
		struct folder *folder = folder_by_wire(c->box, event->mailbox->wire);

		if (folder && c->poll_count > 0)
			folder_count(c->box, folder, event->mailbox);
		return;
	}
	case IMAP_FOUND:
		job_found(c, event->id, event->number, event->last);
		return;
	case IMAP_MESSAGE:
		message(c, event);
		return;
	case IMAP_ALERT:
		log_write(LOG_NOTICE, "%s: the server wants this told: %s",
			box_config(c->box)->name, event->text);
		return;
	case IMAP_BYE:
		free(c->goodbye);
		c->goodbye = mem_text(event->text);
		return;
	}
}

void
session_leave(struct connection *c)
{
	struct err err = { 0 };

	c->leaving = c->in_feed;
	if (c->in_feed)
		return;
	if (c->phase == PHASE_READY || c->phase == PHASE_LIST) {
		session_ready(c);
		imap_logout(c->imap, &err);
		connection_flush(c);
	}
	if (c->phase != PHASE_CLOSED)
		box_lost(c, 0, NULL, 0);
}
