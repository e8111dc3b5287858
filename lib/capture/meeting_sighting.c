#include <string.h>

#include "forget_work.h"
#include "meeting_work.h"

/* One occurrence as a feed has it: seen for the first time, by this feed before, or by another one. */

static const char SELECT_NEXT_UID[] =
	"SELECT coalesce(max(uid), 0) + 1 FROM ledger WHERE stream_id = ?";

int
meeting_next_uid(struct work *work, uint32_t *uid, struct err *err)
{
	struct stmt *q;
	int64_t next = 1;

	if (work->next_uid == 0) {
		q = sql_prepare(work->turn.store, SELECT_NEXT_UID);
		stmt_bind_int(q, work->turn.stream_id);
		if (sql_get_int(q, &next, NULL, err) < 0)
			return -1;
		work->next_uid = (uint32_t)next;
	}
	*uid = work->next_uid++;
	return 0;
}

static const char FORGET_BAD[] = "UPDATE feed_item SET bad_uid = NULL, bad_version = NULL "
				 "WHERE stream_id = ? AND event_uid = ?";

static int
forget_bad(struct work *work, struct err *err)
{
	struct stmt *q = sql_prepare(work->turn.store, FORGET_BAD);

	work->item.bad_uid = work->item.bad_id = 0;
	stmt_bind_int(q, work->turn.stream_id);
	stmt_bind_text(q, work->from->item->uid);
	return stmt_run(q, err);
}

/* The first occurrence of an event that could not be read takes that row. */
static int
take_number(struct work *work, struct ledger_row *row, struct err *err)
{
	if (work->item.bad_id == 0)
		return meeting_next_uid(work, &row->uid, err);
	row->uid = (uint32_t)work->item.bad_uid;
	row->replaces = work->item.bad_id;
	return forget_bad(work, err);
}

static int
put_sighting(struct work *work, struct ledger_row *row, struct err *err)
{
	struct turn *turn = &work->turn;
	int64_t id;

	if (take_number(work, row, err) < 0 || ledger_put(turn, row, &id, err) < 0)
		return -1;
	turn_step(turn, "ledger");
	if (occurrence_put(turn, &work->item, work->reading.facts.recurrence, row->uid,
		    work->reading.event.at, err) < 0)
		return -1;
	turn_step(turn, "occurrence");
	return 0;
}

static int
put_new(struct work *work, const struct view *view, enum keep keep, int64_t message_id,
	struct err *err)
{
	struct ledger_row row = { .message_id = message_id, .decision = view->decision };
	struct turn *turn = &work->turn;

	row.reason = view->reason;
	row.view = view;
	if (meeting_put(turn, view, message_id, err) < 0 ||
		meeting_parties_put(turn, view, keep, message_id, 0, err) < 0)
		return -1;
	turn_step(turn, "parties");
	if (view->decision == DECIDED_CAPTURED) {
		if (interaction_put(turn, view, message_id, 0, NULL, &row.interaction_id, err) < 0)
			return -1;
		if (view->meeting->status == MEETING_CANCELLED)
			row.reason = arena_printf(turn->arena, "%s; it was cancelled", row.reason);
		turn_step(turn, "interaction");
	}
	return put_sighting(work, &row, err);
}

static int
decide_reading(struct work *work, struct view *view, struct err *err)
{
	meeting_view(&work->turn, &work->reading.event, &work->reading.facts, view);
	if (meeting_decide(&work->turn, view, err) < 0)
		return -1;
	if (work->reading.forgotten)
		forgotten_judge(view);
	return 0;
}

/* By the feed at hand, at an earlier look. */
int
occurrence_seen_before(struct work *work, struct recorded *recorded, struct err *err)
{
	enum standing standing = version_stand(work, recorded);
	struct turn *turn = &work->turn;
	const struct reading *reading = &work->reading;
	struct view view;
	int64_t interaction;

	if (!recorded->gone && standing == STANDS)
		return 0;
	if (!recorded->gone && standing == STANDS_NEWER)
		return meeting_note_version(turn, &reading->facts, recorded->message_id, err);
	if (occurrence_set(turn, recorded->uid, reading->event.at, false, err) < 0 ||
		interaction_of(turn->store, recorded->message_id, &interaction, err) < 0 ||
		turn_let_blocked(turn, interaction, err) < 0 ||
		decide_reading(work, &view, err) < 0 ||
		version_settle(work, &view, recorded, err) < 0)
		return -1;
	return turn_let_blocked(turn, 0, err);
}

static const struct sighting *
taken(const struct sighting *seen, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(seen[i].decision, "captured") == 0 ||
			strcmp(seen[i].decision, "duplicate") == 0)
			return &seen[i];
	}
	return NULL;
}

/* By another feed: this is one more sighting. What it is decided as is settled right after. */
static int
seen_elsewhere(struct work *work, const struct view *view, int64_t message_id, struct err *err)
{
	struct ledger_row row = { .message_id = message_id, .decision = view->decision };
	struct turn *turn = &work->turn;
	const struct sighting *first;
	struct recorded recorded;
	struct sighting *seen;
	unsigned count;

	if (sightings_of(turn->store, turn->arena, message_id, &seen, &count, err) < 0 ||
		recorded_of_message(turn, message_id, &recorded, err) < 0)
		return -1;
	first = taken(seen, count);
	row.reason = view->reason;
	if (first != NULL && view->decision != DECIDED_PRIVATE) {
		row.decision = DECIDED_DUPLICATE;
		row.reason = copy_words(turn, view, first);
		row.interaction_id = first->interaction_id;
	} else if (view->decision == DECIDED_CAPTURED) {
		row.decision = DECIDED_UNMATCHED;
	}
	if (put_sighting(work, &row, err) < 0)
		return -1;
	return version_settle(work, view, &recorded, err);
}

int
occurrence_first_seen(struct work *work, struct err *err)
{
	const struct placement nowhere = { 0 };
	struct turn *turn = &work->turn;
	struct view view;
	enum keep keep;
	int64_t id;
	bool fresh;

	if (decide_reading(work, &view, err) < 0)
		return -1;
	keep = keep_for(turn->capture->config, view.decision);
	if (message_put(turn, &view, &nowhere, keep, &id, &fresh, err) < 0)
		return -1;
	turn_step(turn, "message");
	if (fresh)
		return put_new(work, &view, keep, id, err);
	return seen_elsewhere(work, &view, id, err);
}
