#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "feed.h"

/* What fetch says of a source and its folders. */

enum { NOTE_EVERY = 60 };

/* The fields of the frames about a source or one of its folders. */
struct news {
	const char *folder, *error, *capabilities;
	uint64_t state, uidvalidity, uidnext, exists, mode;
	int64_t next_try, last_complete, last_byte;
	bool has_state, has_exists, has_complete, has_byte, has_mode;
};

/* What fetch says of the clock is not believed beyond tomorrow. */
static int
read_time(const struct frame_field *field, int64_t *out, struct err *err)
{
	int64_t most = clock_now() + 86400;

	if (field_i64(field, out, err) < 0)
		return -1;
	if (*out < 0 || *out > most)
		*out = *out < 0 ? 0 : most;
	return 0;
}

static int
read_news_field(
	const struct frame_field *field, struct arena *arena, struct news *out, struct err *err)
{
	switch (field->tag) {
	case TAG_FOLDER:
		return field_text(field, arena, 1024, &out->folder, err);
	case TAG_ERROR:
		return field_text(field, arena, 400, &out->error, err);
	case TAG_STATE:
		out->has_state = true;
		return field_u64(field, SOURCE_PAUSED, &out->state, err);
	case TAG_NEXT_TRY:
		return read_time(field, &out->next_try, err);
	case TAG_UIDVALIDITY:
		return field_u64(field, UINT32_MAX, &out->uidvalidity, err);
	case TAG_UIDNEXT:
		return field_u64(field, UINT32_MAX, &out->uidnext, err);
	case TAG_EXISTS:
		out->has_exists = true;
		return field_u64(field, UINT32_MAX, &out->exists, err);
	case TAG_LAST_COMPLETE:
		out->has_complete = true;
		return read_time(field, &out->last_complete, err);
	case TAG_LAST_BYTE:
		out->has_byte = true;
		return read_time(field, &out->last_byte, err);
	case TAG_MODE:
		out->has_mode = true;
		return field_u64(field, FOLDER_IDLE, &out->mode, err);
	default:
		return 0;
	}
}

static int
read_news(const struct frame *frame, struct arena *arena, struct news *out, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int got;

	*out = (struct news){ 0 };
	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (read_news_field(&field, arena, out, err) < 0)
			return -1;
	}
	return got;
}

static void
tell_source(struct mailbox *mailbox, bool up)
{
	struct text record = { 0 };
	struct json_out out;

	json_out_init(&out, &record);
	json_object_begin(&out, NULL);
	json_text(&out, "name", mailbox->name);
	json_text(&out, "state", source_state_name(mailbox));
	json_text(&out, "error", mailbox->error);
	json_object_end(&out);
	pipeline_tell(mailbox->pipeline, up ? "source.up" : "source.down", record.bytes);
	text_clear(&record);
}

static void
take_state(struct mailbox *mailbox, const struct news *news)
{
	bool was_up = mailbox_is_up(mailbox);

	mailbox->state = (enum source_state)news->state;
	mailbox->next_try = news->next_try;
	if (mailbox->state != SOURCE_CONNECTING || news->error != NULL)
		set_text(&mailbox->error, news->error);
	if (was_up != mailbox_is_up(mailbox)) {
		mailbox->changed = clock_now();
		tell_source(mailbox, mailbox_is_up(mailbox));
	}
	if (mailbox->kind == SOURCE_ICAL && news->error != NULL)
		feed_failed(mailbox, news->error);
	if (mailbox_is_up(mailbox))
		mailbox->deaths = 0;
	else if (mailbox->state != SOURCE_CONNECTING)
		wanting_lost(mailbox);
	sync_state_changed(mailbox);
}

static int
take_folder_state(struct mailbox *mailbox, const struct news *news, struct err *err)
{
	struct folder *folder = folder_by_name(mailbox, news->folder);

	if (folder == NULL)
		return fail(err, ERR_FORMAT, "a state of a folder that is not there");
	set_text(&folder->error, news->error);
	folder->next_try = news->next_try;
	return 0;
}

static int
take_opened(struct mailbox *mailbox, const struct news *news, struct err *err)
{
	struct folder *folder = news->folder == NULL ? NULL : folder_by_name(mailbox, news->folder);

	if (folder == NULL)
		return fail(err, ERR_FORMAT, "it opened a folder that is not there");
	folder->exists = (uint32_t)news->exists;
	set_text(&folder->error, NULL);
	folder_open(folder, (uint32_t)news->uidvalidity, (uint32_t)news->uidnext);
	return 0;
}

/* Freshness goes to the database now and then. */
struct note {
	struct work work; /* first */
	int64_t stream, at;
};

static void
run_note(struct work *work, struct worker *worker)
{
	struct note *note = (struct note *)work;
	struct err err;

	if (store_begin(worker->store, &err) < 0)
		return;
	if (stream_completed(worker->store, note->stream, note->at, &err) < 0 ||
		store_commit(worker->store, &err) < 0)
		store_rollback(worker->store);
}

static void
note_done(struct work *work)
{
	free(work);
}

static void
note_complete(struct folder *folder)
{
	struct note *note;

	if (!folder->known || folder->last_complete < folder->noted_complete + NOTE_EVERY)
		return;
	folder->noted_complete = folder->last_complete;
	note = mem_zero(1, sizeof *note);
	note->work.priority = WORK_BACKGROUND;
	note->work.run = run_note;
	note->work.done = note_done;
	note->stream = folder->stream;
	note->at = folder->last_complete;
	writer_add(folder->mailbox->pipeline->engine->writer, &note->work);
}

/* A calendar has but one. */
static struct folder *
folder_of(struct mailbox *mailbox, const char *name)
{
	if (mailbox->kind == SOURCE_ICAL)
		name = "";
	return name == NULL ? NULL : folder_by_name(mailbox, name);
}

static int
take_fresh(struct mailbox *mailbox, const struct news *news, uint32_t token, struct err *err)
{
	struct folder *folder = folder_of(mailbox, news->folder);

	if (folder == NULL)
		return fail(err, ERR_FORMAT, "it tells of a folder that is not there");
	if (news->has_exists)
		folder->exists = (uint32_t)news->exists;
	if (news->has_mode)
		folder->mode = (enum folder_mode)news->mode;
	if (news->has_byte)
		folder->last_byte = news->last_byte;
	set_text(&folder->check_error, news->error);
	if (token != 0) {
		folder->synced = token;
		folder->synced_place = mailbox->pipeline->places;
	}
	if (news->has_complete && news->last_complete > folder->last_complete)
		folder->last_complete = news->last_complete;
	note_complete(folder);
	if (mailbox->kind == SOURCE_ICAL) {
		if (news->error == NULL)
			feed_fresh(mailbox);
		else
			feed_failed(mailbox, news->error);
	}
	mailbox_judge(mailbox);
	sync_state_changed(mailbox);
	return 0;
}

static int
take_folder_field(struct mailbox *mailbox, const struct frame_field *field, struct arena *arena,
	struct folder **at, struct err *err)
{
	const char *text;
	uint64_t mode;

	if (field->tag == TAG_FOLDER) {
		if (field_text(field, arena, 1024, &text, err) < 0)
			return -1;
		*at = folder_by_name(mailbox, text);
		if (*at == NULL && mailbox->folder_count == FOLDERS_KNOWN_MAX)
			return fail(err, ERR_FORMAT, "folders without end");
		if (*at == NULL)
			*at = folder_new(mailbox, text);
		(*at)->listed = true;
		return 0;
	}
	if (field->tag == TAG_CAPABILITIES) {
		if (field_text(field, arena, 8192, &text, err) < 0)
			return -1;
		set_text(&mailbox->capabilities, text);
		return 0;
	}
	if (field->tag == TAG_NAME) {
		if (field_text(field, arena, 1024, &text, err) < 0)
			return -1;
		mailbox_set_server(mailbox, text);
		return 0;
	}
	if (*at == NULL)
		return 0;
	if (field->tag == TAG_WATCHED) {
		if (field_u64(field, FOLDER_IDLE, &mode, err) < 0)
			return -1;
		(*at)->mode = (enum folder_mode)mode;
	} else if (field->tag == TAG_ATTRIBUTES || field->tag == TAG_DELIMITER) {
		if (field_text(field, arena, 1024, &text, err) < 0)
			return -1;
		set_text(field->tag == TAG_ATTRIBUTES ? &(*at)->attributes : &(*at)->delimiter,
			text);
	}
	return 0;
}

static int
take_folders(
	struct mailbox *mailbox, const struct frame *frame, struct arena *arena, struct err *err)
{
	struct frame_field field;
	struct folder *at = NULL;
	unsigned listed = 0;
	size_t cursor = 0;
	int got;

	for (struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next)
		folder->listed = false;
	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		listed += field.tag == TAG_FOLDER;
		if (listed > FOLDERS_LISTED_MAX)
			return fail(err, ERR_FORMAT, "more than %d folders", FOLDERS_LISTED_MAX);
		if (take_folder_field(mailbox, &field, arena, &at, err) < 0)
			return -1;
	}
	return got;
}

static int
take_uids(struct mailbox *mailbox, const struct frame *frame, struct err *err)
{
	bool taken;

	if (leaving_uids(mailbox, frame, &taken, err) < 0)
		return -1;
	if (taken)
		return 0;
	for (struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next) {
		if (folder->job.state == JOB_SEARCHING && folder->job.search_token == frame->token)
			return job_uids(folder, frame, err);
	}
	return 0; /* of a search that nobody waits for any more */
}

static int
take_news(struct mailbox *mailbox, const struct frame *frame, struct arena *arena, struct err *err)
{
	struct news news;

	if (read_news(frame, arena, &news, err) < 0)
		return -1;
	if (frame->type == FRAME_OPENED)
		return take_opened(mailbox, &news, err);
	if (frame->type == FRAME_FRESH)
		return take_fresh(mailbox, &news, frame->token, err);
	if (news.folder != NULL && !news.has_state)
		return take_folder_state(mailbox, &news, err);
	take_state(mailbox, &news);
	return 0;
}

static int
take(struct link *link, struct mailbox *mailbox, const struct frame *frame, struct arena *arena,
	struct err *err)
{
	bool taken;

	if (asking_frame(link->pipeline, frame, &taken, err) < 0)
		return -1;
	if (taken)
		return 0;
	switch (frame->type) {
	case FRAME_STATE:
	case FRAME_OPENED:
	case FRAME_FRESH:
		return take_news(mailbox, frame, arena, err);
	case FRAME_FOLDERS:
		return take_folders(mailbox, frame, arena, err);
	case FRAME_SLICE:
	case FRAME_ITEM:
	case FRAME_SLICE_END:
		return slice_frame(link, mailbox, frame, err);
	case FRAME_UIDS:
		return take_uids(mailbox, frame, err);
	case FRAME_PART_TEXT:
		return wanting_frame(mailbox, frame, err);
	case FRAME_FEED:
		return feed_frame(mailbox, frame, err);
	case FRAME_CHECKED:
		return 0; /* its asker is gone */
	default:
		return fail(err, ERR_FORMAT, "it sends what a fetch does not (%u)", frame->type);
	}
}

void
mailbox_frame(struct link *link, const struct frame *frame)
{
	struct mailbox *mailbox = mailbox_by_number(link->pipeline, frame->source);
	struct arena *scratch = link->pipeline->scratch;
	struct err err;

	if (mailbox == NULL || mailbox->link != link) {
		if (frame->type == FRAME_ITEM)
			slice_drop_item(link, frame);
		if (frame->type == FRAME_FEED)
			feed_return_credit(link, frame->size);
		return;
	} /* of a source that was taken away */
	mailbox->spoken = true;
	link->pipeline->last_source = frame->source;
	arena_reset(scratch);
	if (take(link, mailbox, frame, scratch, &err) < 0)
		link_kill(link, err.message);
}
