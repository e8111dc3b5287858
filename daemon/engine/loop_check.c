#include <stdlib.h>

#include "mailbox.h"

/* source.check: what a server says to a fresh login. */

enum { CHECK_MS = 90000 };

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
	struct mailbox *mailbox = asking_source(call, call_text(&call->call, "source"), err);
	struct asking *asking;

	if (mailbox == NULL)
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
