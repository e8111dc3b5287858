#include <stdlib.h>
#include <string.h>

#include "liaison/base/log.h"
#include "mailbox.h"
#include "write.h"

/* Slices: messages of one folder that fetch delivers together, parse reads and the writer decides. */

enum { PART_BYTES = 1024 * 1024 };

struct slice *
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

	uid_set_unite(&slice->asked, uids);
	frame_begin(&writer, &mailbox->link->out, FRAME_FETCH, mailbox->number, slice->token);
	frame_put_text(&writer, TAG_FOLDER, folder->name);
	frame_put_u64(&writer, TAG_UIDVALIDITY, folder->uidvalidity);
	frame_put_uids(&writer, TAG_UIDS, uids);
	frame_end(&writer);
	link_flush(mailbox->link);
	return slice;
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

struct slice_item *
slice_add_item(struct slice *slice, uint32_t uid)
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
	uid_set_unite(&open, &slice->asked);
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

/* Items that came since the last part go into the write, from its item at on. */
static void
move_items(struct slice *slice, struct write *write, unsigned at)
{
	for (; slice->given < slice->count; slice->given++, at++) {
		const struct slice_item *item = &slice->items[slice->given];

		write->items[at] = (struct capture_item){
			.uid = item->uid,
			.event = item->event,
			.error = item->event == NULL ? item->error : NULL,
			.header = item->header,
			.header_size = item->header_size,
			.size = item->size,
		};
	}
	slice->writing++;
}

static bool
is_for_sent(const struct folder *folder)
{
	return folder->attributes != NULL && strstr(folder->attributes, "\\Sent") != NULL;
}

static struct write *
new_part(struct slice *slice, unsigned count)
{
	struct write *write = write_new(slice, count);

	slice->folder->written_ms = clock_monotonic_ms();
	move_items(slice, write, 0);
	write->capture.stream_id = slice->stream;
	write->capture.kind = kind_of(slice);
	write->capture.sent = is_for_sent(slice->folder);
	write->credit = slice->bytes - slice->credited;
	slice->credited = slice->bytes;
	return write;
}

/* The slice asked right after this one, if it can share its last transaction: complete, and both short
 * enough by what the last transaction took. */
static struct slice *
companion(const struct slice *slice)
{
	const struct pipeline *pipeline = slice->mailbox->pipeline;
	struct slice *next = NULL;

	if (slice->purpose != PURPOSE_BACKFILL || slice->cut)
		return NULL;
	for (struct slice *other = pipeline->slices; other != NULL; other = other->next) {
		if (other->folder == slice->folder && other->purpose == PURPOSE_BACKFILL &&
			other->place > slice->place && (next == NULL || other->place < next->place))
			next = other;
	}
	if (next == NULL || !next->ended || next->cut || next->pending > 0 || next->writing > 0 ||
		next->stream != slice->stream || next->generation != slice->generation)
		return NULL;
	return write_is_short(pipeline, slice->count - slice->given + next->count - next->given)
		       ? next
		       : NULL;
}

/* The rest of the slice, and all of its companion's, with the marks of the later one. */
static void
give_rest(struct slice *slice)
{
	struct slice *next = companion(slice);
	unsigned count = slice->count - slice->given;
	struct write *write = new_part(
		slice, next == NULL ? count : count + next->count - next->given);

	slice->finishing = true;
	write->last = true;
	write->companion = next;
	if (next != NULL) {
		move_items(next, write, count);
		next->finishing = true;
		uid_set_unite(&next->gone, &slice->gone);
		uid_set_reset(&slice->gone);
	}
	set_marks(next != NULL ? next : slice, &write->capture);
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
			write_give(new_part(slice, slice->count - slice->given));
		return;
	}
	if (slice->purpose != PURPOSE_RETRY && !is_first(slice))
		return;
	give_rest(slice);
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
		slice->mailbox->arrivals--;
		slice->mailbox->arriving -= uid_set_size(&slice->asked);
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
	sync_state_changed(folder->mailbox);
	for (struct slice *other = pipeline->slices; other != NULL; other = other->next) {
		if (other->folder == folder)
			slice_answered(other);
	}
}

void
slice_written(struct write *write)
{
	struct slice *slice = write->slice, *next = write->companion;
	struct mailbox *mailbox = slice->mailbox;

	slice->writing--;
	slice->folder->written_ms = clock_monotonic_ms();
	give_credit(slice, write->credit);
	if (write->wanted > 0) {
		mailbox->wanted = true;
		wanting_begin(mailbox);
	}
	if (!write->last) {
		slice_answered(slice);
		return;
	}
	finish(slice, write);
	if (next != NULL) {
		give_credit(next, next->bytes - next->credited);
		finish(next, write);
	}
}

/* ---- the end ------------------------------------------------------------------------------------- */

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
	struct slice *next;

	for (struct slice *slice = pipeline->slices; slice != NULL; slice = next) {
		next = slice->next;
		slice_free(slice);
	}
}
