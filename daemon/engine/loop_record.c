#include <stdlib.h>

#include "mailbox.h"

/* capture.record: a conversation with a source's server, scrubbed by fetch, for a report of a fault. */

enum { RECORD_MS = 180000, TRANSCRIPT_MAX = 16 * 1024 * 1024, MESSAGES_MAX = 500 };
enum { CHUNK = 48 * 1024, BACKLOG_MAX = 256 * 1024 };

struct recorded {
	struct loop_call *call;
	struct text bytes;
	size_t sent;
};

struct recording {
	struct asking asking; /* first */
	struct recorded *recorded; /* own until it is whole */
};

static void
free_recorded(struct recorded *recorded)
{
	text_clear(&recorded->bytes);
	free(recorded);
}

static void
recording_clear(struct asking *asking)
{
	struct recording *recording = (struct recording *)asking;

	if (recording->recorded != NULL)
		free_recorded(recording->recorded);
}

static void
end(struct recorded *recorded, bool cancelled)
{
	struct loop_call *call = recorded->call;
	int64_t size = (int64_t)recorded->bytes.size;
	struct err err;

	free_recorded(recorded);
	if (cancelled) {
		fail(&err, ERR_UNAVAILABLE, "it was cancelled");
		loop_call_fail(call, &err);
		return;
	}
	json_object_begin(call->call.out, NULL);
	json_int(call->call.out, "size", size);
	json_object_end(call->call.out);
	loop_call_answer(call);
}

/* As much as the client takes. */
static void
send_some(struct loop_call *call)
{
	struct recorded *recorded = call->data;
	const struct text *bytes = &recorded->bytes;

	while (recorded->sent < bytes->size && loop_call_backlog(call) < BACKLOG_MAX) {
		size_t left = bytes->size - recorded->sent, size = left < CHUNK ? left : CHUNK;

		loop_call_data(call, bytes->bytes + recorded->sent, size, size == left);
		recorded->sent += size;
	}
	if (recorded->sent == bytes->size)
		end(recorded, false);
}

static void
cancelled(struct loop_call *call)
{
	end(call->data, true);
}

/* The asking is over; what is left is to hand it to the client. */
static void
hand_over(struct recording *recording)
{
	struct recorded *recorded = recording->recorded;
	struct loop_call *call = recorded->call;

	recording->recorded = NULL;
	asking_end(&recording->asking);
	call->data = recorded;
	call->cancel = cancelled;
	call->drained = send_some;
	loop_call_open(call, "output", "write");
	send_some(call);
}

static int
take_piece(struct asking *asking, const struct frame *frame, struct err *err)
{
	struct recording *recording = (struct recording *)asking;
	struct text *bytes = &recording->recorded->bytes;
	const char *error = NULL;
	struct frame_field field;
	size_t cursor = 0;
	bool last = false;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_BYTES)
			text_add_n(bytes, field.bytes, field.size);
		if (field.tag == TAG_ERROR &&
			field_text(&field, asking->call->call.arena, 400, &error, err) < 0)
			return -1;
		last = last || field.tag == TAG_LAST;
	}
	if (got < 0)
		return -1;
	if (bytes->size > TRANSCRIPT_MAX)
		return fail(err, ERR_FORMAT, "a transcript without end");
	if (error != NULL)
		asking_stop(asking, ERR_NETWORK, "%s", error);
	else if (last)
		hand_over(recording);
	return 0;
}

static void
record_lost(struct asking *asking)
{
	asking_stop(asking, ERR_UNAVAILABLE, "the recording of '%s' was interrupted",
		asking->mailbox->name);
}

/* Who plays it again must know who we are there. */
static void
add_addresses(struct text *out, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		text_printf(out, "%s\n", list->items[i]);
}

static void
ask(struct recording *recording, unsigned messages)
{
	const struct config *config = recording->asking.call->call.config;
	struct mailbox *mailbox = recording->asking.mailbox;
	const struct config_source *source = config_source_by_name(config, mailbox->name);
	struct frame_writer writer;
	struct text own = { 0 };

	add_addresses(&own, &config->own_addresses);
	if (source != NULL)
		add_addresses(&own, &source->addresses);
	if (own.size > RELOAD_LINES_MAX)
		own.size = RELOAD_LINES_MAX;
	recording->asking.token = pipeline_token(mailbox->pipeline);
	frame_begin(&writer, &mailbox->link->out, FRAME_CHECK, mailbox->number,
		recording->asking.token);
	frame_put(&writer, TAG_TEXT, own.bytes, own.size);
	frame_put_u64(&writer, TAG_SIZE, messages);
	frame_end(&writer);
	link_flush(mailbox->link);
	text_clear(&own);
}

static int
begin_record(struct loop_call *call, struct err *err)
{
	struct mailbox *mailbox = asking_source(call, call_text(&call->call, "source"), err);
	int64_t messages = call_int(&call->call, "messages", 50);
	struct recording *recording;

	if (mailbox == NULL)
		return -1;
	if (mailbox->kind != SOURCE_IMAP)
		return fail_field(err, ERR_REFUSED, "source",
			"'%s' is no mailbox on a server: only what these say is recorded",
			mailbox->name);
	if (messages < 1 || messages > MESSAGES_MAX)
		return fail_field(err, ERR_USAGE, "messages", "'%lld' is not from 1 to %d",
			(long long)messages, MESSAGES_MAX);
	if (mailbox->link == NULL)
		return fail(err, ERR_UNAVAILABLE, "the source '%s' is %s", mailbox->name,
			source_state_name(mailbox));
	recording = asking_new(call, mailbox, sizeof *recording, RECORD_MS);
	recording->recorded = mem_zero(1, sizeof *recording->recorded);
	recording->recorded->call = call;
	recording->asking.frame = take_piece;
	recording->asking.lost = record_lost;
	recording->asking.clear = recording_clear;
	ask(recording, (unsigned)messages);
	return 0;
}

int
run_record_loop(struct loop_call *call, struct err *err)
{
	int done;

	if (loop_call_id(call) == NULL)
		return fail(
			err, ERR_USAGE, "'capture.record' is not a notification: it needs an id");
	pthread_mutex_lock(&call->call.engine->board);
	done = begin_record(call, err);
	pthread_mutex_unlock(&call->call.engine->board);
	return done;
}
