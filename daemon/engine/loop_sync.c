#include <stdlib.h>

#include "mailbox.h"

/* source.sync: fetch looks at every folder now, and answers with the token of the question once what
 * it found was delivered; the command ends when that is committed. */

enum {
	SYNC_MS = 120000,
	COME_UP_MS = 3000, /* a source that is down gets so long to come up */
	NAMED_MAX = 5,
};

struct syncing {
	struct asking asking; /* first */
	struct mailbox *next; /* the first that has not settled yet */
	uint32_t token;
	int64_t begun_ms;
	bool accepts; /* what its calendar's feed says is believed */
};

/* An answer to a newer FRAME_SYNC answers the older ones too; tokens go round at 2^31. */
static bool
is_answered(uint32_t answer, uint32_t token)
{
	return answer != 0 && ((answer - token) & INT32_MAX) < INT32_MAX / 2;
}

static bool
is_recorded(const struct folder *folder)
{
	const struct slice *slice = folder->mailbox->pipeline->slices;

	for (; slice != NULL; slice = slice->next) {
		if (slice->folder == folder && slice->purpose == PURPOSE_NEW &&
			slice->place <= folder->synced_place)
			return false;
	}
	return true;
}

/* One that has no stream, as the database refuses it, cannot be looked at. */
static bool
is_synced(const struct mailbox *mailbox, uint32_t token)
{
	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (!folder_is_watched(folder) || folder->reopen_ms != 0)
			continue;
		if (!is_answered(folder->synced, token) || !is_recorded(folder))
			return false;
	}
	return mailbox->folders != NULL;
}

static bool
has_failed(const struct mailbox *mailbox)
{
	return mailbox->paused || mailbox->retired || mailbox->renamed ||
	       (mailbox->error != NULL && !mailbox_is_up(mailbox));
}

static bool
settled(const struct syncing *syncing, const struct mailbox *mailbox, int64_t now_ms)
{
	if (!mailbox->configured || mailbox->paused || mailbox->retired || mailbox->renamed)
		return true;
	if (has_failed(mailbox))
		return now_ms - syncing->begun_ms > COME_UP_MS;
	return is_synced(mailbox, syncing->token);
}

static bool
all_settled(struct syncing *syncing, int64_t now_ms)
{
	const struct mailbox *only = syncing->asking.mailbox;

	while (syncing->next != NULL && settled(syncing, syncing->next, now_ms))
		syncing->next = only != NULL ? NULL : syncing->next->next;
	return syncing->next == NULL;
}

/* ---- the answer -------------------------------------------------------------------------------- */

static const char *
error_of_folder(const struct folder *folder)
{
	if (!folder_is_watched(folder))
		return NULL;
	return folder->reopen_ms != 0 ? folder->error : folder->check_error;
}

/* Of the source, or of each folder that could not be looked at. */
static void
write_error(const struct mailbox *mailbox, struct json_out *out)
{
	struct text why = { 0 };
	unsigned count = 0;

	if (mailbox->error != NULL) {
		json_text(out, "error", mailbox->error);
		return;
	}
	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		const char *error = error_of_folder(folder);

		if (error != NULL && mailbox->kind == SOURCE_ICAL)
			text_printf(&why, "%s", error); /* its one folder has no name */
		else if (error != NULL && count++ < NAMED_MAX)
			text_printf(&why, "%sfolder '%s': %s", count > 1 ? "; " : "", folder->name,
				error);
	}
	if (count > NAMED_MAX)
		text_printf(&why, "; and %u more", count - NAMED_MAX);
	json_text(out, "error", why.bytes);
	text_clear(&why);
}

static void
write_synced(const struct syncing *syncing, const struct mailbox *mailbox)
{
	struct loop_call *call = syncing->asking.call;
	struct json_out *out = call->call.out;

	json_object_begin(out, NULL);
	json_text(out, "name", mailbox->name);
	json_text(out, "state", source_state_name(mailbox));
	if (mailbox->last_complete > 0)
		json_time(out, "last_complete", mailbox->last_complete,
			zone_offset(call->call.zone, mailbox->last_complete));
	else
		json_null_(out, "last_complete");
	write_error(mailbox, out);
	json_object_end(out);
}

static void
answer(struct syncing *syncing)
{
	struct loop_call *call = syncing->asking.call;
	const struct mailbox *only = syncing->asking.mailbox;
	const struct mailbox *mailbox = call->call.engine->pipeline->mailboxes;
	struct json_out *out = call->call.out;

	json_object_begin(out, NULL);
	json_array_begin(out, "items");
	for (; mailbox != NULL; mailbox = mailbox->next) {
		if (mailbox->configured && (only == NULL || only == mailbox))
			write_synced(syncing, mailbox);
	}
	json_array_end(out);
	json_null_(out, "next");
	json_object_end(out);
	asking_end(&syncing->asking);
	loop_call_answer(call);
}

static void
sync_failed(const struct mailbox *mailbox, struct err *err)
{
	if (mailbox->renamed) {
		fail_field(err, ERR_REFUSED, "source", "%s", mailbox->error);
		return;
	}
	if (!mailbox->paused && !mailbox->retired) {
		fail(err, ERR_NETWORK, "%s", mailbox->error);
		return;
	}
	fail_field(err, ERR_REFUSED, "source", "the source '%s' is %s", mailbox->name,
		mailbox->retired ? "retired" : "paused");
	err_hint(err, "source resume %s lets it go on", mailbox->name);
}

static void
look(struct asking *asking, int64_t now_ms)
{
	struct syncing *syncing = (struct syncing *)asking;
	const struct pipeline *pipeline = asking->call->call.engine->pipeline;
	struct err err;

	if (all_settled(syncing, now_ms)) {
		if (asking->mailbox == NULL || !has_failed(asking->mailbox)) {
			answer(syncing);
			return;
		}
		sync_failed(asking->mailbox, &err);
		asking_fail(asking, &err);
	} else if (pipeline->stalled != NULL && now_ms - syncing->begun_ms > COME_UP_MS) {
		asking_stop(asking, ERR_STORAGE, "nothing can be written: %s", pipeline->stalled);
	}
}

static void
sync_late(struct asking *asking)
{
	const struct syncing *syncing = (const struct syncing *)asking;

	asking_stop(asking, ERR_UNAVAILABLE, "the source '%s' did not answer in time",
		syncing->next->name);
}

/* Nothing of one call ends another one, so that the next one stays where it is. */
void
sync_state_changed(struct mailbox *mailbox)
{
	int64_t now_ms = clock_monotonic_ms();
	struct asking *next;

	for (struct asking *asking = mailbox->pipeline->askings; asking != NULL; asking = next) {
		next = asking->next;
		if (asking->tick == look && ((struct syncing *)asking)->next == mailbox)
			look(asking, now_ms);
	}
}

/* ---- its beginning and end --------------------------------------------------------------------- */

/* A newer question answers the older ones, so the token stays while anybody waits. */
static void
sync_clear(struct asking *asking)
{
	struct pipeline *pipeline = asking->call->call.engine->pipeline;

	if (asking->mailbox != NULL && ((struct syncing *)asking)->accepts)
		asking->mailbox->accept = false;
	for (const struct asking *other = pipeline->askings; other != NULL; other = other->next) {
		if (other->tick == look)
			return;
	}
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next)
		mailbox_sync(mailbox, 0);
}

/* The next feed of the calendar is believed, whatever is gone of it; so is what left a mailbox. */
static int
accept_all(struct mailbox *mailbox, const struct config *config, struct err *err)
{
	if (mailbox == NULL)
		return fail_field(err, ERR_USAGE, "accept", "'accept' needs the name of a source");
	if (mailbox->kind == SOURCE_ICAL)
		mailbox->accept = true;
	else if (config_source_by_number(config, mailbox->number)->on_delete == DELETE_KEEP)
		return fail_field(err, ERR_REFUSED, "accept",
			"'%s' has 'on-delete = keep': nothing hangs on what left it",
			mailbox->name);
	else
		leaving_wake(mailbox, true);
	return 0;
}

static int
begin_sync(struct loop_call *call, struct err *err)
{
	const char *name = call_text(&call->call, "source");
	struct pipeline *pipeline = call->call.engine->pipeline;
	struct mailbox *only = name == NULL ? NULL : asking_source(call, name, err);
	struct syncing *syncing;

	if (name != NULL && only == NULL)
		return -1;
	if (call_flag(&call->call, "accept") &&
		accept_all(only, &call->call.engine->settings->config, err) < 0)
		return -1;
	if (only != NULL && only->kind == SOURCE_IMAP)
		leaving_wake(only, false);
	syncing = asking_new(call, only, sizeof *syncing, SYNC_MS);
	syncing->next = only != NULL ? only : pipeline->mailboxes;
	syncing->accepts = call_flag(&call->call, "accept");
	syncing->token = pipeline_token(pipeline);
	syncing->begun_ms = clock_monotonic_ms();
	syncing->asking.tick = look;
	syncing->asking.late = sync_late;
	syncing->asking.clear = sync_clear;
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (mailbox->configured && (only == NULL || only == mailbox))
			mailbox_sync(mailbox, syncing->token);
	}
	return 0;
}

int
run_sync_loop(struct loop_call *call, struct err *err)
{
	int done;

	pthread_mutex_lock(&call->call.engine->board);
	done = begin_sync(call, err);
	pthread_mutex_unlock(&call->call.engine->board);
	return done;
}
