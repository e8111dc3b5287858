#include <string.h>

#include "mailbox.h"

/* Frames to the engine about what it asked, and about new mail. */

enum { UIDS_RANGES = 4000, NAME_PART_MAX = 4000 };

static void
begin(struct mailbox *box, struct frame_writer *writer, enum frame_type type, const struct job *job)
{
	link_begin(box_fetch(box)->link, writer, type, box->source->number, job->token);
	if (type != FRAME_ITEM)
		frame_put_text(writer, TAG_FOLDER, job->folder->name);
}

void
answer_slice(struct mailbox *box, struct job *job)
{
	struct frame_writer writer;

	begin(box, &writer, FRAME_SLICE, job);
	frame_put_u64(&writer, TAG_UIDVALIDITY, job->folder->uidvalidity);
	frame_put_u64(&writer, TAG_SLICE_KIND, job->kind == JOB_NEW ? SLICE_NEW : SLICE_ASKED);
	if (job->kind == JOB_NEW)
		frame_put_u64(&writer, TAG_LOW, job->folder->cursor);
	frame_put_uids(&writer, TAG_UIDS, &job->asked);
	frame_end(&writer);
	job->slice_open = true;
}

/* Bytes of the server as a text field, which must be UTF-8. */
static void
put_foreign(struct frame_writer *writer, enum frame_tag tag, const char *text)
{
	struct arena *arena;
	size_t size;

	if (!text)
		return;
	size = strlen(text);
	if (text_is_utf8(text, size)) {
		frame_put(writer, tag, text, size);
		return;
	}
	arena = arena_new();
	frame_put_text(
		writer, tag, text_clean(arena, text, size, NAME_PART_MAX, false, &(bool){ false }));
	arena_free(arena);
}

static void
put_parts(struct frame_writer *writer, const struct imap_message *message)
{
	for (size_t i = 0; i < message->part_count; i++) {
		const struct imap_part *part = &message->parts[i];

		frame_put_text(writer, TAG_MESSAGE_PART, part->number);
		put_foreign(writer, TAG_PART_TYPE, part->type);
		put_foreign(writer, TAG_PART_SUBTYPE, part->subtype);
		put_foreign(writer, TAG_PART_CHARSET, part->charset);
		put_foreign(writer, TAG_PART_ENCODING, part->encoding);
		frame_put_u64(writer, TAG_PART_SIZE, part->size);
		put_foreign(writer, TAG_PART_NAME, part->name);
		put_foreign(writer, TAG_PART_DISPOSITION, part->disposition);
	}
}

void
answer_item(struct mailbox *box, const struct job *job, const struct imap_message *message)
{
	struct frame_writer writer;

	begin(box, &writer, FRAME_ITEM, job);
	frame_put_u64(&writer, TAG_UID, message->uid);
	if (message->has_date) {
		frame_put_i64(&writer, TAG_INTERNALDATE, message->internal_date);
		frame_put_i64(&writer, TAG_INTERNALDATE_OFFSET, message->internal_offset_min);
	}
	if (message->has_size)
		frame_put_u64(&writer, TAG_RFC822_SIZE, message->size);
	for (size_t i = 0; i < message->keyword_count; i++)
		frame_put_text(&writer, TAG_KEYWORD, message->keywords[i]);
	frame_put(&writer, TAG_HEADER, message->header, message->header_size);
	if (message->header_truncated)
		frame_put_flag(&writer, TAG_HEADER_TRUNCATED);
	put_parts(&writer, message);
	if (!message->has_structure || message->structure_refused)
		frame_put_flag(&writer, TAG_STRUCTURE_REFUSED);
	link_end_item(box_fetch(box)->link, &writer);
}

void
answer_slice_end(struct mailbox *box, struct job *job, const char *error)
{
	struct frame_writer writer;

	begin(box, &writer, FRAME_SLICE_END, job);
	if (job->gone.count > 0)
		frame_put_uids(&writer, TAG_GONE, &job->gone);
	if (job->failed.count > 0)
		frame_put_uids(&writer, TAG_FAILED, &job->failed);
	link_put_error(&writer, error);
	frame_end(&writer);
	job->slice_open = false;
}

/* In pieces that fit a message; one at least. */
void
answer_uids(struct mailbox *box, struct job *job, const char *error)
{
	size_t at = 0;

	do {
		struct uid_set piece = { job->found.ranges + at, job->found.count - at, 0 };
		struct frame_writer writer;

		if (piece.count > UIDS_RANGES)
			piece.count = UIDS_RANGES;
		at += piece.count;
		begin(box, &writer, FRAME_UIDS, job);
		frame_put_u64(&writer, TAG_UIDVALIDITY, job->folder->uidvalidity);
		if (piece.count > 0 && !error)
			frame_put_uids(&writer, TAG_UIDS, &piece);
		if (at == job->found.count || error)
			frame_put_flag(&writer, TAG_LAST);
		link_put_error(&writer, error);
		frame_end(&writer);
	} while (at < job->found.count && !error);
}

static void
begin_part(struct mailbox *box, struct frame_writer *writer, struct job *job, uint32_t uid)
{
	uid_set_remove(&job->asked, uid);
	begin(box, writer, FRAME_PART_TEXT, job);
	frame_put_text(writer, TAG_PART, job->part);
	frame_put_u64(writer, TAG_UID, uid);
	if (job->asked.count == 0)
		frame_put_flag(writer, TAG_LAST);
}

void
answer_part(struct mailbox *box, struct job *job, const struct imap_message *message)
{
	struct frame_writer writer;

	begin_part(box, &writer, job, message->uid);
	frame_put(&writer, TAG_BYTES, message->body, message->body_size);
	if (message->body_truncated || message->body_size >= job->size)
		frame_put_flag(&writer, TAG_TRUNCATED);
	frame_end(&writer);
}

void
answer_part_none(struct mailbox *box, struct job *job, uint32_t uid, const char *error)
{
	struct frame_writer writer;

	begin_part(box, &writer, job, uid);
	if (error)
		link_put_error(&writer, error);
	else
		frame_put_flag(&writer, TAG_GONE);
	frame_end(&writer);
}

void
answer_refused(struct mailbox *box, struct job *job, const char *error)
{
	switch (job->kind) {
	case JOB_NEW:
		if (job->slice_open)
			answer_slice_end(box, job, error);
		return;
	case JOB_SEARCH:
		answer_uids(box, job, error);
		return;
	case JOB_FETCH:
		answer_slice_end(box, job, error);
		return;
	case JOB_PART:
		while (job->asked.count > 0)
			answer_part_none(box, job, job->asked.ranges[0].first, error);
		return;
	}
}
