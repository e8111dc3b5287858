#include <string.h>

#include "mailbox.h"

/* What fetch delivers: the head, the items and the end of each slice. It is bounded in every count,
 * as fetch may be somebody else by now. */

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
	if (uid_set_size(&head->uids) > SLICE_UIDS_MAX)
		return fail(err, ERR_FORMAT, "a slice of more than %d messages", SLICE_UIDS_MAX);
	if (mailbox->arrivals >= ARRIVALS_MAX ||
		mailbox->arriving + uid_set_size(&head->uids) > ARRIVING_MAX)
		return fail(err, ERR_FORMAT, "slices without end");
	slice = slice_new(folder, PURPOSE_NEW, frame->token);
	slice->has_base = head->has_base;
	slice->base = (uint32_t)head->base;
	slice->begun = true;
	slice->asked = head->uids;
	head->uids = (struct uid_set){ 0 };
	folder->new_flying++;
	mailbox->arrivals++;
	mailbox->arriving += uid_set_size(&slice->asked);
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

	while (uid == 0 && frame_field_next(frame, &cursor, &field, err) > 0) {
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
	if (slice->count >= SLICE_UIDS_MAX)
		return fail(err, ERR_FORMAT, "a slice without end");
	slice_add_item(slice, uid);
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

static int
check_asked(const struct slice *slice, const struct uid_set *told, struct err *err)
{
	struct uid_set strange = { 0 };
	bool is_strange;

	uid_set_unite(&strange, told);
	uid_set_subtract(&strange, &slice->asked);
	is_strange = strange.count > 0;
	uid_set_clear(&strange);
	return is_strange ? fail(err, ERR_FORMAT, "it tells of messages that were not asked") : 0;
}

/* What the server has and does not deliver is decided too: it is quarantined, and can be retried.
 * error: the slice's arena's. */
static void
quarantine(struct slice *slice, const struct uid_set *failed, const char *error)
{
	for (size_t i = 0; i < failed->count; i++) {
		for (uint64_t uid = failed->ranges[i].first; uid <= failed->ranges[i].last; uid++) {
			struct slice_item *item;

			if (uid_set_has(&slice->got, (uint32_t)uid))
				continue;
			item = slice_add_item(slice, (uint32_t)uid);
			item->answered = true;
			item->error = error;
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
	if (got == 0 &&
		(check_asked(slice, &slice->gone, err) < 0 || check_asked(slice, &failed, err) < 0))
		got = -1;
	if (got == 0) {
		slice->cut = error != NULL;
		slice->why = error;
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
