#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"

/* A feed from its first piece to its end, and what fetch is told of it. */

/* ---- pieces ------------------------------------------------------------------------------------ */

static void
run_free(struct feed_run *run)
{
	for (unsigned i = 0; i < run->todo_count; i++) {
		if (run->answers[i].arena != NULL)
			arena_free(run->answers[i].arena);
	}
	free(run->answers);
	text_clear(&run->bytes);
	free(run->etag);
	free(run->modified);
	arena_free(run->arena);
	settings_release(run->settings);
	free(run);
}

static void
run_begin(struct mailbox *mailbox, uint32_t token)
{
	struct settings *settings = mailbox->pipeline->engine->settings;
	const struct config_source *source = config_source_by_number(
		&settings->config, mailbox->number);
	struct feed_run *run = mem_zero(1, sizeof *run);

	run->mailbox = mailbox;
	run->source_id = mailbox->id;
	run->settings = settings_hold(settings);
	run->source = source;
	run->token = token;
	run->arena = arena_new();
	run->stream = feed_folder(mailbox)->stream;
	run->accept = mailbox->accept;
	run->check = mailbox->check;
	run->again = mailbox->retry != NULL && (run->check == NULL || feed_check_repairs(run));
	run->whole = run->check != NULL || run->again;
	mailbox->feed = run;
}

static int
take_piece(struct feed_run *run, const struct frame_field *field, struct err *err)
{
	if (field->size > run->size - run->bytes.size)
		return fail(err, ERR_FORMAT, "a feed of more bytes than it said");
	text_add_n(&run->bytes, (const char *)field->bytes, field->size);
	return 0;
}

static int
take_text(const struct frame_field *field, struct arena *arena, char **own, struct err *err)
{
	const char *text;

	if (field_text(field, arena, 1024, &text, err) < 0)
		return -1;
	set_text(own, text);
	return 0;
}

static int
take_field(struct feed_run *run, const struct frame_field *field, bool *last, const char **error,
	struct err *err)
{
	uint64_t size;

	switch (field->tag) {
	case TAG_SIZE:
		if (run->bytes.size > 0)
			return fail(err, ERR_FORMAT, "a feed that begins twice");
		if (field_u64(field, FEED_SIZE_MAX, &size, err) < 0)
			return -1;
		run->size = (uint32_t)size;
		return 0;
	case TAG_DIGEST:
		if (field->size != sizeof run->digest)
			return fail(err, ERR_FORMAT, "a digest of %u bytes", field->size);
		memcpy(run->digest, field->bytes, sizeof run->digest);
		return 0;
	case TAG_ETAG:
		return take_text(field, run->arena, &run->etag, err);
	case TAG_MODIFIED:
		return take_text(field, run->arena, &run->modified, err);
	case TAG_BYTES:
		return take_piece(run, field, err);
	case TAG_ERROR:
		return field_text(field, run->arena, 400, error, err);
	case TAG_LAST:
		*last = true;
		return 0;
	default: /* tags are numbers off the wire */
		return 0;
	}
}

static int
take_fields(struct feed_run *run, const struct frame *frame, bool *last, const char **error,
	struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (take_field(run, &field, last, error, err) < 0)
			return -1;
	}
	return got;
}

/* What was collected is void: the next look brings all of it. why: may lie in the run's arena. */
static void
give_up(struct mailbox *mailbox, const char *why)
{
	struct feed_run *run = mailbox->feed;

	mailbox->feed = NULL;
	feed_failed(mailbox, why);
	run_free(run);
}

/* Bytes are kept here, at most one feed's a fetch: their credit goes back at once. */
void
feed_return_credit(struct link *link, size_t size)
{
	struct frame_writer writer;

	frame_begin(&writer, &link->out, FRAME_CREDIT, 0, 0);
	frame_put_u64(&writer, TAG_NUMBER, size);
	frame_end(&writer);
	link_flush(link);
}

/* Whether the piece is of the run at hand. What is left of a transfer that was broken off, by a pause
 * say, is of none. TAG_SIZE is in the first piece alone. */
static bool
is_of_run(struct mailbox *mailbox, const struct frame *frame)
{
	struct feed_run *run = mailbox->feed;

	if (run != NULL && run->token == frame->token)
		return true;
	if (!frame_has(frame, TAG_SIZE) || !feed_folder(mailbox)->known ||
		config_source_by_number(
			&mailbox->pipeline->engine->settings->config, mailbox->number) == NULL)
		return false;
	if (run != NULL && run->step == FEED_COLLECTING)
		give_up(mailbox, "its feed was begun anew");
	if (mailbox->feed == NULL)
		run_begin(mailbox, frame->token);
	return true;
}

int
feed_frame(struct mailbox *mailbox, const struct frame *frame, struct err *err)
{
	const char *error = NULL;
	struct feed_run *run;
	bool last = false;

	feed_return_credit(mailbox->link, frame->size);
	if (!is_of_run(mailbox, frame))
		return 0;
	run = mailbox->feed;
	if (run->step != FEED_COLLECTING)
		return fail(err, ERR_FORMAT, "a feed before the last one was answered");
	if (take_fields(run, frame, &last, &error, err) < 0)
		return -1;
	if (error != NULL)
		give_up(mailbox, error);
	else if (last && run->bytes.size != run->size)
		return fail(err, ERR_FORMAT, "a feed of fewer bytes than it said");
	else if (last)
		feed_divide(run);
	return 0;
}

/* ---- the end ----------------------------------------------------------------------------------- */

/* A feed that is not believed is, when a person says so. */
static const char *
what_to_do(const struct feed_run *run, const struct err *err)
{
	if (run->step != FEED_COMPARING || err->code != ERR_REFUSED)
		return err->message;
	return arena_printf(run->arena, "%s; if that is right: liaison source sync %s --accept",
		err->message, run->mailbox->name);
}

static void
say_error(struct mailbox *mailbox, const char *error)
{
	struct folder *folder = feed_folder(mailbox);

	if (error != NULL && (folder->error == NULL || strcmp(folder->error, error) != 0))
		log_write(LOG_WARNING, "%s: %s", mailbox->name, error);
	else if (error == NULL && folder->error != NULL)
		log_write(LOG_NOTICE, "%s: is believed again", mailbox->name);
	set_text(&folder->error, error);
}

static void
end_retry(struct mailbox *mailbox, const char *why)
{
	struct retry *retry = mailbox->retry;

	mailbox->retry = NULL;
	retry_done(retry, why);
}

void
feed_retry(struct mailbox *mailbox, struct retry *retry)
{
	if (mailbox->retry != NULL)
		return; /* somebody else's look will do */
	retry->pending++;
	mailbox->retry = retry;
	feed_ask_whole(mailbox);
}

void
feed_failed(struct mailbox *mailbox, const char *why)
{
	struct err err;

	if (mailbox->feed != NULL)
		return; /* it answers them, or looks again */
	fail(&err, ERR_UNAVAILABLE, "%s", why);
	if (mailbox->check != NULL)
		feed_check_fail(mailbox, &err);
	if (mailbox->retry != NULL)
		end_retry(mailbox, why);
}

void
feed_end(struct feed_run *run, const struct err *err)
{
	struct mailbox *mailbox = run->mailbox;
	struct folder *folder = feed_folder(mailbox);

	say_error(mailbox, err == NULL ? NULL : what_to_do(run, err));
	mailbox->feed = NULL;
	if (err == NULL) {
		folder->last_complete = run->now;
		feed_take_known(mailbox, &run->known);
	}
	if (run->check != NULL)
		feed_check_done(run, err);
	mailbox->feed_answered = !run->orphan && err == NULL;
	if (!run->orphan)
		feed_send_known(mailbox, &run->known, run->token, false,
			err == NULL ? NULL : feed_error(mailbox));
	if (run->again && mailbox->retry != NULL)
		end_retry(mailbox, err == NULL ? NULL : err->message);
	parsing_forget(mailbox->pipeline, run);
	run_free(run);
	if (mailbox->check != NULL || mailbox->retry != NULL)
		feed_ask_whole(mailbox); /* asked for while it was under way */
	mailbox_judge(mailbox);
	sync_state_changed(mailbox);
}

void
feed_ask_whole(struct mailbox *mailbox)
{
	static const struct feed_known nothing = { 0 };

	if (mailbox->link == NULL || mailbox->feed != NULL)
		return; /* when it is over */
	feed_send_known(mailbox, &nothing, 0, true, NULL);
	feed_send_sync(mailbox);
}

void
feed_lost(struct mailbox *mailbox)
{
	struct feed_run *run = mailbox->feed;

	mailbox->turn++;
	mailbox->feed_answered = mailbox->reread = false;
	if (mailbox->retry != NULL && (run == NULL || !run->again || run->step == FEED_COLLECTING))
		end_retry(mailbox, "the connection was lost");
	if (run == NULL)
		return;
	if (run->step == FEED_COLLECTING)
		give_up(mailbox, "the connection was lost");
	else
		run->orphan = true;
}

void
feed_tick(struct mailbox *mailbox, int64_t now_ms)
{
	struct feed_run *run = mailbox->feed;

	if (run != NULL && run->retry_ms != 0 && now_ms >= run->retry_ms) {
		run->retry_ms = 0;
		if (run->step == FEED_LOOKING)
			feed_look(run);
		else if (run->step == FEED_COMPARING)
			feed_compare_begin(run);
		else
			feed_record(run);
	}
	if (mailbox->reread || (mailbox->known_again_ms != 0 && now_ms >= mailbox->known_again_ms))
		feed_watch(mailbox);
}

void
feed_free(struct mailbox *mailbox)
{
	if (mailbox->feed != NULL && !mailbox->feed->working)
		run_free(mailbox->feed);
	mailbox->feed = NULL;
	feed_check_free(mailbox);
}
