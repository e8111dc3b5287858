#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "mailbox.h"
#include "write.h"

/* Slices: messages of one folder that fetch delivers together, parse reads and the writer decides. */

enum { PART_BYTES = 1024 * 1024 };

static struct slice *
slice_new(struct folder *folder, enum slice_purpose purpose, uint32_t token)
{
	struct pipeline *pipeline = folder->mailbox->pipeline;
	struct slice *slice = mem_zero(1, sizeof *slice);

	slice->mailbox = folder->mailbox;
	slice->folder = folder;
	slice->link = folder->mailbox->link;
	slice->purpose = purpose;
	slice->token = token;
	slice->stream = folder->stream;
	slice->uidvalidity = folder->uidvalidity;
	slice->arena = arena_new();
	slice->place = ++pipeline->places;
	slice->generation = folder->job.generation;
	slice->next = pipeline->slices;
	pipeline->slices = slice;
	folder->mailbox->slices++;
	return slice;
}

static void
slice_free(struct slice *slice)
{
	struct slice **place = &slice->mailbox->pipeline->slices;

	while (*place != slice)
		place = &(*place)->next;
	*place = slice->next;
	slice->mailbox->slices--;
	uid_set_clear(&slice->asked);
	uid_set_clear(&slice->gone);
	uid_set_clear(&slice->got);
	arena_free(slice->arena);
	free(slice->items);
	free(slice);
}

/* Asks fetch for the headers of uids. */
struct slice *
slice_ask(struct folder *folder, enum slice_purpose purpose, const struct uid_set *uids)
{
	struct mailbox *mailbox = folder->mailbox;
	struct slice *slice = slice_new(folder, purpose, pipeline_token(mailbox->pipeline));
	struct frame_writer writer;

	for (size_t i = 0; i < uids->count; i++)
		uid_set_add_range(&slice->asked, uids->ranges[i].first, uids->ranges[i].last);
	frame_begin(&writer, &mailbox->link->out, FRAME_FETCH, mailbox->number, slice->token);
	frame_put_text(&writer, TAG_FOLDER, folder->name);
	frame_put_u64(&writer, TAG_UIDVALIDITY, folder->uidvalidity);
	frame_put_uids(&writer, TAG_UIDS, uids);
	frame_end(&writer);
	link_flush(mailbox->link);
	return slice;
}

static struct slice *
find_slice(struct link *link, const struct frame *frame)
{
	for (struct slice *slice = link->pipeline->slices; slice != NULL; slice = slice->next) {
		if (slice->link == link && slice->token == frame->token &&
			slice->mailbox->number == frame->source && !slice->ended)
			return slice;
	}
	return NULL;
}

static void
give_credit(struct slice *slice, size_t bytes)
{
	struct frame_writer writer;

	if (slice->link == NULL || slice->link->dead || bytes == 0)
		return;
	frame_begin(&writer, &slice->link->out, FRAME_CREDIT, slice->mailbox->number, 0);
	frame_put_u64(&writer, TAG_NUMBER, bytes);
	frame_end(&writer);
	slice->link->credit += (int64_t)bytes;
	link_flush(slice->link);
}

static struct slice_item *
add_item(struct slice *slice, uint32_t uid)
{
	struct slice_item *item;

	if (slice->count == slice->room) {
		slice->room = slice->room == 0 ? 16 : slice->room * 2;
		slice->items = mem_resize(slice->items, slice->room * sizeof *slice->items);
	}
	item = &slice->items[slice->count++];
	*item = (struct slice_item){ .uid = uid };
	uid_set_add(&slice->got, uid);
	return item;
}

/* ---- to the writer ----------------------------------------------------------------------------- */

/* All of asked up to here is delivered or gone. */
static uint32_t
accounted_to(const struct slice *slice)
{
	struct uid_set open = { 0 };
	uint32_t top = 0;

	if (slice->asked.count > 0)
		top = slice->asked.ranges[slice->asked.count - 1].last;
	if (!slice->cut && slice->got.count > 0 &&
		slice->got.ranges[slice->got.count - 1].last > top)
		top = slice->got.ranges[slice->got.count - 1].last;
	if (!slice->cut)
		return top;
	for (size_t i = 0; i < slice->asked.count; i++)
		uid_set_add_range(&open, slice->asked.ranges[i].first, slice->asked.ranges[i].last);
	uid_set_subtract(&open, &slice->got);
	uid_set_subtract(&open, &slice->gone);
	if (open.count > 0)
		top = open.ranges[0].first - 1;
	uid_set_clear(&open);
	return top;
}

static bool is_current(const struct slice *slice);

static void
set_marks(struct slice *slice, struct capture_slice *capture)
{
	struct folder *folder = slice->folder;

	capture->gone = &slice->gone;
	if (!is_current(slice))
		return;
	if (slice->purpose == PURPOSE_NEW) {
		if (slice->has_base && slice->base > folder->cursor)
			folder->gap = true;
		if (!folder->gap)
			capture->cursor = accounted_to(slice);
		if (slice->cut)
			folder->gap = true;
	} else if (slice->purpose == PURPOSE_BACKFILL && !slice->cut && !folder->job.broken) {
		capture->low_moves = true;
		capture->low = slice->low;
	}
}

static enum capture_slice_kind
kind_of(const struct slice *slice)
{
	switch (slice->purpose) {
	case PURPOSE_NEW:
		return CAPTURE_NEW;
	case PURPOSE_BACKFILL:
		return CAPTURE_BACKFILL;
	case PURPOSE_RETRY:
		break;
	}
	return CAPTURE_RETRY;
}

/* Gives the writer the items that came since, at most SLICE_MAX of them; last: with the marks. */
static void
give_part(struct slice *slice, unsigned count, bool last)
{
	struct write *write = write_new(slice, count);

	for (unsigned i = 0; i < count; i++) {
		const struct slice_item *item = &slice->items[slice->given + i];

		write->items[i] = (struct capture_item){
			.uid = item->uid,
			.event = item->event,
			.error = item->event == NULL ? item->error : NULL,
			.header = item->header,
			.header_size = item->header_size,
		};
	}
	write->capture.stream_id = slice->stream;
	write->capture.kind = kind_of(slice);
	write->last = last;
	if (last)
		set_marks(slice, &write->capture);
	slice->given += count;
	slice->writing++;
	write->credit = slice->bytes - slice->credited;
	slice->credited = slice->bytes;
	write_give(write);
}

/* No slice of the folder that was asked before is still under way: marks move in order. */
static bool
is_first(const struct slice *slice)
{
	const struct slice *other = slice->mailbox->pipeline->slices;

	for (; other != NULL; other = other->next) {
		if (other->folder == slice->folder && other->purpose == slice->purpose &&
			other->place < slice->place)
			return false;
	}
	return true;
}

/* Something of the slice was answered or written, or it ended. Its parts go one after the other, the
 * last one, which moves the marks, after all earlier slices. */
void
slice_answered(struct slice *slice)
{
	if (slice->pending > 0 || slice->finishing || slice->writing > 0)
		return;
	if (!slice->ended) {
		if (slice->bytes - slice->credited > PART_BYTES && slice->count > slice->given)
			give_part(slice, slice->count - slice->given, false);
		return;
	}
	if (slice->purpose != PURPOSE_RETRY && !is_first(slice))
		return;
	slice->finishing = true;
	give_part(slice, slice->count - slice->given, true);
}

/* The slice is of the stream and the backfill that the folder has now. */
static bool
is_current(const struct slice *slice)
{
	return slice->folder->known && slice->stream == slice->folder->stream &&
	       (slice->purpose != PURPOSE_BACKFILL ||
		       slice->generation == slice->folder->job.generation);
}

static void
move_marks(struct slice *slice, const struct write *write)
{
	struct folder *folder = slice->folder;

	if (!is_current(slice))
		return;
	if (slice->purpose == PURPOSE_NEW && write->capture.cursor > folder->cursor)
		folder->cursor = write->capture.cursor;
	else if (slice->purpose == PURPOSE_BACKFILL && write->capture.low_moves)
		folder->low = write->capture.low;
}

static void
end_of_slice(struct slice *slice)
{
	struct folder *folder = slice->folder;

	switch (slice->purpose) {
	case PURPOSE_NEW:
		folder->new_flying--;
		if (folder->gap && folder->new_flying == 0)
			folder_send_cursor(folder);
		break;
	case PURPOSE_BACKFILL:
		job_slice_done(slice);
		break;
	case PURPOSE_RETRY:
		retry_slice_done(slice);
		break;
	}
}

/* The last write of the slice is committed; the next ones of its folder may have waited for it. */
static void
finish(struct slice *slice, const struct write *write)
{
	struct pipeline *pipeline = slice->mailbox->pipeline;
	struct folder *folder = slice->folder;

	move_marks(slice, write);
	end_of_slice(slice);
	slice_free(slice);
	for (struct slice *other = pipeline->slices; other != NULL; other = other->next) {
		if (other->folder == folder)
			slice_answered(other);
	}
}

void
slice_written(struct write *write)
{
	struct slice *slice = write->slice;
	struct mailbox *mailbox = slice->mailbox;

	slice->writing--;
	give_credit(slice, write->credit);
	if (write->wanted > 0) {
		mailbox->wanted = true;
		wanting_begin(mailbox);
	}
	if (write->last)
		finish(slice, write);
	else
		slice_answered(slice);
}

/* ---- from fetch -------------------------------------------------------------------------------- */

struct slice_head {
	const char *folder;
	uint64_t uidvalidity, kind, base;
	bool has_base;
	struct uid_set uids;
};

static int
read_head(const struct frame *frame, struct arena *arena, struct slice_head *out, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int got;

	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		switch (field.tag) {
		case TAG_FOLDER:
			got = field_text(&field, arena, 1024, &out->folder, err);
			break;
		case TAG_UIDVALIDITY:
			got = field_u64(&field, UINT32_MAX, &out->uidvalidity, err);
			break;
		case TAG_SLICE_KIND:
			got = field_u64(&field, SLICE_ASKED, &out->kind, err);
			break;
		case TAG_LOW:
			out->has_base = true;
			got = field_u64(&field, UINT32_MAX, &out->base, err);
			break;
		case TAG_UIDS:
			got = field_uids(&field, &out->uids, err);
			break;
		default:
			break;
		}
		if (got < 0)
			break;
	}
	return got;
}

static int
begin_new(struct mailbox *mailbox, const struct frame *frame, struct slice_head *head,
	struct err *err)
{
	struct folder *folder = head->folder == NULL ? NULL : folder_by_name(mailbox, head->folder);
	struct slice *slice;

	if (folder == NULL)
		return fail(err, ERR_FORMAT, "it delivers from a folder that is not there");
	if (!folder->known || folder->uidvalidity != head->uidvalidity)
		return 0; /* of before; its items find no slice and are dropped */
	slice = slice_new(folder, PURPOSE_NEW, frame->token);
	slice->has_base = head->has_base;
	slice->base = (uint32_t)head->base;
	slice->begun = true;
	slice->asked = head->uids;
	head->uids = (struct uid_set){ 0 };
	folder->new_flying++;
	return 0;
}

static int
take_head(struct link *link, struct mailbox *mailbox, const struct frame *frame, struct err *err)
{
	struct arena *arena = arena_new();
	struct slice_head head = { 0 };
	struct slice *slice = find_slice(link, frame);
	int done = read_head(frame, arena, &head, err);

	if (done == 0 && head.kind == SLICE_NEW)
		done = slice != NULL ? fail(err, ERR_FORMAT, "a slice begins twice")
				     : begin_new(mailbox, frame, &head, err);
	else if (done == 0 && slice != NULL)
		slice->begun = true;
	uid_set_clear(&head.uids);
	arena_free(arena);
	return done;
}

static int
item_uid(const struct frame *frame, uint32_t *out, struct err *err)
{
	struct frame_field field;
	uint64_t uid = 0;
	size_t cursor = 0;
	int got;

	while (uid == 0 && (got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_UID && field_u64(&field, UINT32_MAX, &uid, err) < 0)
			return -1;
	}
	if (uid == 0)
		return fail(err, ERR_FORMAT, "an item without a UID");
	*out = (uint32_t)uid;
	return 0;
}

/* An item that nobody wants any more: its credit goes back. */
void
slice_drop_item(struct link *link, const struct frame *frame)
{
	struct frame_writer writer;

	frame_begin(&writer, &link->out, FRAME_CREDIT, frame->source, 0);
	frame_put_u64(&writer, TAG_NUMBER, frame->size);
	frame_end(&writer);
	link->credit += (int64_t)frame->size;
	link_flush(link);
}

static int
take_item(struct link *link, const struct frame *frame, struct err *err)
{
	struct pipeline *pipeline = link->pipeline;
	struct slice *slice = find_slice(link, frame);
	struct ask *ask;
	uint32_t uid = 0;

	if (item_uid(frame, &uid, err) < 0)
		return -1;
	pipeline->items++;
	pipeline->bytes += frame->size;
	link->credit -= (int64_t)frame->size;
	if (link->credit < -(int64_t)FRAME_MESSAGE_MAX)
		return fail(err, ERR_FORMAT, "it sends more than it may");
	if (slice == NULL || uid_set_has(&slice->got, uid) ||
		(slice->purpose != PURPOSE_NEW && !uid_set_has(&slice->asked, uid))) {
		slice_drop_item(link, frame);
		return 0;
	}
	if (slice->count >= FRAME_MESSAGE_MAX / 16)
		return fail(err, ERR_FORMAT, "a slice without end");
	add_item(slice, uid);
	slice->bytes += frame->size;
	slice->pending++;
	ask = mem_zero(1, sizeof *ask);
	ask->type = FRAME_PARSE_MESSAGE;
	ask->slice = slice;
	ask->item = slice->count - 1;
	ask->payload = mem_alloc(frame->size);
	ask->size = frame->size;
	memcpy(ask->payload, frame->bytes, frame->size);
	parsing_add(pipeline, ask);
	return 0;
}

/* What the server has and does not deliver is decided too: it is quarantined, and can be retried. */
static void
quarantine(struct slice *slice, const struct uid_set *failed, const char *error)
{
	for (size_t i = 0; i < failed->count; i++) {
		for (uint64_t uid = failed->ranges[i].first; uid <= failed->ranges[i].last; uid++) {
			struct slice_item *item;

			if (!uid_set_has(&slice->asked, (uint32_t)uid) ||
				uid_set_has(&slice->got, (uint32_t)uid))
				continue;
			item = add_item(slice, (uint32_t)uid);
			item->answered = true;
			item->error = arena_text(slice->arena, error);
			slice->mailbox->pipeline->quarantined++;
		}
	}
}

static int
take_end(struct link *link, const struct frame *frame, struct err *err)
{
	struct slice *slice = find_slice(link, frame);
	struct uid_set failed = { 0 };
	struct frame_field field;
	const char *error = NULL;
	size_t cursor = 0;
	int got;

	if (slice == NULL)
		return 0;
	while ((got = frame_field_next(frame, &cursor, &field, err)) > 0) {
		if (field.tag == TAG_GONE)
			got = field_uids(&field, &slice->gone, err);
		else if (field.tag == TAG_FAILED)
			got = field_uids(&field, &failed, err);
		else if (field.tag == TAG_ERROR)
			got = field_text(&field, slice->arena, 400, &error, err);
		if (got < 0)
			break;
	}
	if (got == 0) {
		slice->cut = error != NULL;
		quarantine(
			slice, &failed, error != NULL ? error : "the server does not deliver it");
		slice->ended = true;
		slice_answered(slice);
	}
	uid_set_clear(&failed);
	return got;
}

int
slice_frame(struct link *link, struct mailbox *mailbox, const struct frame *frame, struct err *err)
{
	switch (frame->type) {
	case FRAME_SLICE:
		return take_head(link, mailbox, frame, err);
	case FRAME_ITEM:
		return take_item(link, frame, err);
	default:
		return take_end(link, frame, err);
	}
}

/* The rest will not come: what came is decided, and the marks stay where they are. */
void
slice_give_up(struct slice *slice)
{
	if (slice->ended)
		return;
	slice->cut = true;
	slice->ended = true;
	slice_answered(slice);
}

void
slices_lost(struct pipeline *pipeline, struct link *link)
{
	struct slice *next;

	for (struct slice *slice = pipeline->slices; slice != NULL; slice = next) {
		next = slice->next;
		if (slice->link != link)
			continue;
		slice->link = NULL;
		slice_give_up(slice);
	}
}

void
slices_free(struct pipeline *pipeline)
{
	while (pipeline->slices != NULL)
		slice_free(pipeline->slices);
}
