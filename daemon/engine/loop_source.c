#include <stdlib.h>

#include "mailbox.h"

/* source.check and source.sync: what a server says now. */

enum { CHECK_MS = 90000, SYNC_MS = 120000 };

static int
find_up(struct loop_call *call, const char *name, struct mailbox **out, struct err *err)
{
	struct mailbox *mailbox = mailbox_by_name(call->call.engine->pipeline, name);

	if (mailbox == NULL) {
		fail_field(err, ERR_NOT_FOUND, "source",
			"there is no source '%s' in the configuration", name);
		return err_hint(err, "liaison source list");
	}
	*out = mailbox;
	return 0;
}

/* ---- check ------------------------------------------------------------------------------------- */

static const char *
mode_name(uint64_t mode)
{
	if (mode == FOLDER_IDLE)
		return "idle";
	return mode == FOLDER_POLLED ? "polled" : "unwatched";
}

static int
write_folder_field(const struct frame_field *field, struct arena *arena, struct json_out *out,
	bool *open, struct err *err)
{
	const char *text;
	uint64_t mode;

	switch (field->tag) {
	case TAG_FOLDER:
		if (field_text(field, arena, 1024, &text, err) < 0)
			return -1;
		if (*open)
			json_object_end(out);
		*open = true;
		json_object_begin(out, NULL);
		json_text(out, "name", text);
		return 0;
	case TAG_ATTRIBUTES:
	case TAG_DELIMITER:
		if (!*open || field_text(field, arena, 1024, &text, err) < 0)
			return *open ? -1 : 0;
		json_text(out, field->tag == TAG_ATTRIBUTES ? "attributes" : "delimiter", text);
		return 0;
	case TAG_WATCHED:
		if (!*open || field_u64(field, FOLDER_IDLE, &mode, err) < 0)
			return *open ? -1 : 0;
		json_text(out, "watched", mode_name(mode));
		return 0;
	default:
		return 0;
	}
}

struct check_answer {
	const char *error, *capabilities;
};

static int
read_check(
	const struct frame *frame, struct arena *arena, struct check_answer *out, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_ERROR && field_text(&field, arena, 400, &out->error, err) < 0)
			return -1;
		if (field.tag == TAG_CAPABILITIES &&
			field_text(&field, arena, 8192, &out->capabilities, err) < 0)
			return -1;
	}
	return got;
}

static int
write_check(
	struct asking *asking, const struct frame *frame, const char *capabilities, struct err *err)
{
	struct json_out *out = asking->call->call.out;
	struct arena *arena = asking->call->call.arena;
	struct frame_field field;
	size_t cursor = 0;
	bool open = false;
	int got;

	json_object_begin(out, NULL);
	json_text(out, "name", asking->mailbox->name);
	json_bool(out, "ok", true);
	json_text(out, "capabilities", capabilities);
	json_array_begin(out, "folders");
	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (write_folder_field(&field, arena, out, &open, err) < 0)
			return -1;
	}
	if (open)
		json_object_end(out);
	json_array_end(out);
	json_object_end(out);
	return got;
}

static int
take_checked(struct asking *asking, const struct frame *frame, struct err *err)
{
	struct loop_call *call = asking->call;
	struct check_answer answer = { 0 };
	struct err refused;

	if (read_check(frame, call->call.arena, &answer, err) < 0)
		return -1;
	if (answer.error != NULL) {
		fail(&refused, ERR_NETWORK, "%s", answer.error);
		asking_fail(asking, &refused);
		return 0;
	}
	if (write_check(asking, frame, answer.capabilities, err) < 0)
		return -1;
	asking_end(asking);
	loop_call_answer(call);
	return 0;
}

static void
check_lost(struct asking *asking)
{
	struct err err;

	fail(&err, ERR_UNAVAILABLE, "the check of '%s' was interrupted", asking->mailbox->name);
	asking_fail(asking, &err);
}

static int
begin_check(struct loop_call *call, struct err *err)
{
	struct pipeline *pipeline = call->call.engine->pipeline;
	struct frame_writer writer;
	struct mailbox *mailbox = NULL;
	struct asking *asking;

	if (find_up(call, call_text(&call->call, "source"), &mailbox, err) < 0)
		return -1;
	if (mailbox->link == NULL)
		return fail(err, ERR_UNAVAILABLE, "the source '%s' is %s", mailbox->name,
			source_state_name(mailbox));
	asking = asking_new(call, mailbox, sizeof *asking, CHECK_MS);
	asking->token = pipeline_token(pipeline);
	asking->frame = take_checked;
	asking->lost = check_lost;
	frame_begin(&writer, &mailbox->link->out, FRAME_CHECK, mailbox->number, asking->token);
	frame_put_text(&writer, TAG_NAME, call_text(&call->call, "host"));
	frame_end(&writer);
	link_flush(mailbox->link);
	return 0;
}

int
run_check_loop(struct loop_call *call, struct err *err)
{
	int done;

	pthread_mutex_lock(&call->call.engine->board);
	done = begin_check(call, err);
	pthread_mutex_unlock(&call->call.engine->board);
	return done;
}

/* ---- sync -------------------------------------------------------------------------------------- */

struct syncing {
	struct asking asking; /* first */
	int64_t begun; /* wall clock, s */
	int64_t begun_ms;
};

/* Every watched folder was looked at since, and what was new is committed. */
static bool
is_synced(const struct mailbox *mailbox, int64_t since)
{
	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (folder->mode == FOLDER_UNWATCHED || !folder->listed || folder->error != NULL)
			continue;
		if (folder->last_complete < since || folder->new_flying > 0)
			return false;
	}
	return mailbox->folders != NULL;
}

static bool
has_failed(const struct mailbox *mailbox)
{
	return mailbox->paused || mailbox->retired ||
	       (mailbox->error != NULL && !mailbox_is_up(mailbox));
}

static bool
settled(const struct syncing *syncing, const struct mailbox *mailbox, int64_t now_ms)
{
	if (!mailbox->configured)
		return true;
	if (has_failed(mailbox)) /* it gets a moment to come up */
		return mailbox->paused || now_ms - syncing->begun_ms > 3000;
	return is_synced(mailbox, syncing->begun);
}

static void
write_synced(struct syncing *syncing, struct pipeline *pipeline)
{
	struct loop_call *call = syncing->asking.call;
	struct json_out *out = call->call.out;

	json_object_begin(out, NULL);
	json_array_begin(out, "items");
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (!mailbox->configured ||
			(syncing->asking.mailbox != NULL && syncing->asking.mailbox != mailbox))
			continue;
		json_object_begin(out, NULL);
		json_text(out, "name", mailbox->name);
		json_text(out, "state", source_state_name(mailbox));
		if (mailbox->last_complete > 0)
			json_time(out, "last_complete", mailbox->last_complete,
				zone_offset(call->call.zone, mailbox->last_complete));
		else
			json_null_(out, "last_complete");
		json_text(out, "error", mailbox->error);
		json_object_end(out);
	}
	json_array_end(out);
	json_null_(out, "next");
	json_object_end(out);
}

static void
sync_failed(const struct mailbox *mailbox, struct err *err)
{
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
	struct loop_call *call = asking->call;
	struct pipeline *pipeline = call->call.engine->pipeline;
	struct err err;

	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if ((asking->mailbox == NULL || asking->mailbox == mailbox) &&
			!settled(syncing, mailbox, now_ms))
			return;
	}
	if (asking->mailbox != NULL && has_failed(asking->mailbox)) {
		sync_failed(asking->mailbox, &err);
		asking_fail(asking, &err);
		return;
	}
	write_synced(syncing, pipeline);
	asking_end(asking);
	loop_call_answer(call);
}

void
sync_state_changed(struct mailbox *mailbox)
{
	struct pipeline *pipeline = mailbox->pipeline;
	struct asking *next;

	for (struct asking *asking = pipeline->askings; asking != NULL; asking = next) {
		next = asking->next;
		if (asking->tick == look &&
			(asking->mailbox == NULL || asking->mailbox == mailbox)) {
			look(asking, clock_monotonic_ms());
			return; /* the list may have changed; the tick looks at the rest */
		}
	}
}

static void
send_sync(struct mailbox *mailbox)
{
	struct frame_writer writer;

	if (mailbox->link == NULL)
		return;
	frame_begin(&writer, &mailbox->link->out, FRAME_SYNC, mailbox->number, 0);
	frame_end(&writer);
	link_flush(mailbox->link);
}

static int
begin_sync(struct loop_call *call, struct err *err)
{
	const char *name = call_text(&call->call, "source");
	struct pipeline *pipeline = call->call.engine->pipeline;
	struct mailbox *only = NULL;
	struct syncing *syncing;

	if (name != NULL && find_up(call, name, &only, err) < 0)
		return -1;
	syncing = asking_new(call, only, sizeof *syncing, SYNC_MS);
	syncing->begun = clock_now();
	syncing->begun_ms = clock_monotonic_ms();
	syncing->asking.tick = look;
	for (struct mailbox *mailbox = pipeline->mailboxes; mailbox != NULL;
		mailbox = mailbox->next) {
		if (only == NULL || only == mailbox)
			send_sync(mailbox);
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
