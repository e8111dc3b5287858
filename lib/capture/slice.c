#include <string.h>

#include "forget_work.h"

/* A slice: every message of it decided, recorded, threaded and wanted, and the cursor moved, in the
 * caller's transaction. */

struct work {
	struct turn turn;
	const struct capture_slice *slice;
	struct stream stream;
	struct uid_set decided; /* own; UIDs of the slice that have a row already */
};

static const char *
reason_for(struct turn *turn, const struct view *view, const struct placement *placement)
{
	if (!placement->reused)
		return view->reason;
	return arena_printf(
		turn->arena, "%s; its Message-ID is already used by another message", view->reason);
}

static int
interact(struct turn *turn, const struct view *view, const struct placement *placement,
	struct ledger_row *row, struct err *err)
{
	if (interaction_put(turn, view, row->message_id, placement->thread, placement->initiated_by,
		    &row->interaction_id, err) < 0)
		return -1;
	turn_step(turn, "interaction");
	if (want_put(turn, view, text_part_words(turn->arena, view->event), row->interaction_id,
		    row->uid, err) < 0)
		return -1;
	turn_step(turn, "want");
	return 0;
}

/* A machine's mail neither joins threads nor waits for what it refers to. */
static bool
speaks(const struct view *view)
{
	return view->decision != DECIDED_BULK && view->decision != DECIDED_AUTOMATIC;
}

static int
record_threads(struct turn *turn, const struct view *view, const struct placement *placement,
	struct err *err)
{
	if (placement->thread == 0)
		return 0;
	if (thread_note(turn, placement, view->direction, speaks(view), err) < 0)
		return -1;
	turn_step(turn, "thread");
	return 0;
}

static int
record_new(struct turn *turn, const struct view *view, const struct placement *placement,
	enum keep keep, struct ledger_row *row, struct err *err)
{
	int64_t id;

	if (parties_put(turn, view, keep, row->message_id, err) < 0)
		return -1;
	turn_step(turn, "parties");
	if (record_threads(turn, view, placement, err) < 0)
		return -1;
	if (view->decision == DECIDED_CAPTURED && interact(turn, view, placement, row, err) < 0)
		return -1;
	row->decision = view->decision;
	row->reason = reason_for(turn, view, placement);
	row->view = view;
	if (ledger_put(turn, row, &id, err) < 0)
		return -1;
	turn_step(turn, "ledger");
	if (placement->awaited && speaks(view))
		return thread_harmonise(
			turn, placement->thread, view->event->at, placement->initiated_by, err);
	return 0;
}

static int
decide_event(struct turn *turn, const struct capture_item *item, int64_t replaces, struct err *err)
{
	struct ledger_row row = { .uid = item->uid, .replaces = replaces };
	struct placement placement = { 0 };
	struct view view;
	enum keep keep;
	bool fresh, outlived, taken = forgotten_take(turn, item->event, NULL);

	view_init(turn, item->event, &view);
	view.held = keywords_held(turn, item->event);
	if (view_decide(turn, &view, err) < 0 || view_doubt(turn, &view, err) < 0)
		return -1;
	outlived = refuse_outlived(turn, &view);
	if (!outlived && contacts_create(turn, &view, err) < 0)
		return -1;
	if (taken)
		forgotten_judge(&view);
	keep = outlived && !taken ? KEEP_PRIVATE : keep_for(turn->capture->config, view.decision);
	if (keep != KEEP_NOTHING &&
		thread_place(turn, item->event, view.direction, &placement, err) < 0)
		return -1;
	if (message_put(turn, &view, &placement, keep, &row.message_id, &fresh, err) < 0)
		return -1;
	turn_step(turn, "message");
	if (fresh)
		return record_new(turn, &view, &placement, keep, &row, err);
	return seen_again(turn, &view, &placement, row.message_id, item->uid, replaces, err);
}

static int
decide_unreadable(
	struct turn *turn, const struct capture_item *item, int64_t replaces, struct err *err)
{
	const char *error = item->error != NULL ? item->error : "it cannot be read";
	struct ledger_row row = {
		.uid = item->uid,
		.replaces = replaces,
		.decision = DECIDED_QUARANTINED,
		.reason = arena_text_n(turn->arena, error, text_cut(error, strlen(error), 400)),
	};
	int64_t id;

	if (ledger_put(turn, &row, &id, err) < 0)
		return -1;
	if (quarantine_put(turn, item, err) < 0)
		return -1;
	turn_step(turn, "quarantine");
	return 0;
}

/* The older of Date and INTERNALDATE is what the window is compared with. */
static bool
before_window(const struct work *work, const struct capture_item *item)
{
	const struct event *event = item->event;
	int64_t oldest;

	if (event == NULL || !work->stream.has_since || work->slice->kind == CAPTURE_NEW)
		return false;
	if (work->slice->kind == CAPTURE_RETRY && item->uid > work->stream.anchor)
		return false;
	oldest = event->internal_date != 0 ? event->internal_date : event->at;
	if (event->date != 0 && event->date < oldest)
		oldest = event->date;
	return oldest < work->stream.since;
}

static const char ADD_OUTSIDE[] =
	"INSERT INTO outside (stream_id, uid) VALUES (?, ?) ON CONFLICT DO NOTHING";

static int
put_outside(struct turn *turn, uint32_t uid, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, ADD_OUTSIDE);

	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, uid);
	if (stmt_run(q, err) < 0)
		return -1;
	turn->result->outside++;
	turn_step(turn, "outside");
	return 0;
}

static const char SELECT_ROW[] =
	"SELECT id, decision = 'quarantined' FROM ledger WHERE stream_id = ? AND uid = ?";

/* *id: of a quarantined row to replace, or 0; *done: a row stands. */
static int
find_row(struct work *work, uint32_t uid, int64_t *id, bool *done, struct err *err)
{
	struct stmt *q = sql_prepare(work->turn.store, SELECT_ROW);

	*id = 0;
	*done = false;
	stmt_bind_int(q, work->stream.id);
	stmt_bind_int(q, uid);
	if (stmt_row(q)) {
		*id = stmt_int(q);
		*done = stmt_int(q) == 0;
	}
	return stmt_end(q, err);
}

static int
decide_item(struct work *work, const struct capture_item *item, struct err *err)
{
	int64_t replaces = 0;
	bool done = false;

	if (uid_set_has(&work->decided, item->uid))
		return 0;
	if (work->slice->kind == CAPTURE_RETRY &&
		find_row(work, item->uid, &replaces, &done, err) < 0)
		return -1;
	if (done)
		return 0;
	uid_set_add(&work->decided, item->uid);
	known_trim(&work->turn.capture->known);
	if (replaces == 0 && before_window(work, item))
		return put_outside(&work->turn, item->uid, err);
	if (item->event == NULL)
		return decide_unreadable(&work->turn, item, replaces, err);
	return decide_event(&work->turn, item, replaces, err);
}

/* What stands already; a retry asks row by row, as its UIDs may lie far apart. */
static int
find_decided(struct work *work, struct err *err)
{
	const struct capture_slice *slice = work->slice;
	uint32_t low = UINT32_MAX, high = 0;

	if (slice->kind == CAPTURE_RETRY)
		return 0;
	for (unsigned i = 0; i < slice->count; i++) {
		low = slice->items[i].uid < low ? slice->items[i].uid : low;
		high = slice->items[i].uid > high ? slice->items[i].uid : high;
	}
	if (high == 0)
		return 0;
	return ledger_decided(work->turn.store, slice->stream_id, low, high, &work->decided, err);
}

static const char MOVE_CURSOR[] = "UPDATE stream SET cursor = max(cursor, ?) WHERE id = ?";

static int
move_cursor(struct work *work, struct err *err)
{
	struct stmt *q;

	if (work->slice->kind != CAPTURE_NEW || work->slice->cursor <= work->stream.cursor)
		return 0;
	q = sql_prepare(work->turn.store, MOVE_CURSOR);
	stmt_bind_int(q, work->slice->cursor);
	stmt_bind_int(q, work->stream.id);
	return stmt_run(q, err);
}

static const char MOVE_LOW[] =
	"UPDATE stream SET backfill_done = backfill_done + ?1, "
	"low = CASE WHEN ?2 THEN min(low, ?3) ELSE low END, "
	"backfill = CASE WHEN ?2 AND ?3 = 0 THEN 'done' ELSE backfill END WHERE id = ?4";

static int
move_low(struct work *work, struct err *err)
{
	const struct capture_slice *slice = work->slice;
	uint64_t gone = slice->gone == NULL ? 0 : uid_set_size(slice->gone);
	struct stmt *q;

	if (slice->kind != CAPTURE_BACKFILL)
		return 0;
	q = sql_prepare(work->turn.store, MOVE_LOW);
	stmt_bind_int(q, (int64_t)(slice->count + gone));
	stmt_bind_int(q, slice->low_moves);
	stmt_bind_int(q, slice->low);
	stmt_bind_int(q, work->stream.id);
	return stmt_run(q, err);
}

static int
do_slice(struct work *work, struct err *err)
{
	struct turn *turn = &work->turn;

	if (turn_at_stream(turn, work->slice->stream_id, &work->stream, err) < 0 ||
		find_decided(work, err) < 0)
		return -1;
	turn->sent = work->slice->sent;
	turn_step(turn, "begin");
	for (unsigned i = 0; i < work->slice->count; i++) {
		if (decide_item(work, &work->slice->items[i], err) < 0)
			return -1;
	}
	if (work->slice->kind == CAPTURE_RETRY && work->slice->gone != NULL &&
		quarantine_tried(turn, work->slice->gone, err) < 0)
		return -1;
	if (move_cursor(work, err) < 0 || move_low(work, err) < 0)
		return -1;
	turn_step(turn, "cursor");
	if (turn_end(turn, err) < 0)
		return -1;
	turn_step(turn, "end");
	return 0;
}

int
capture_slice(struct store *store, struct capture *capture, struct arena *arena,
	const struct capture_slice *slice, int64_t now, struct capture_result *out, struct err *err)
{
	struct capture_result result = { 0 };
	struct work work = { .slice = slice };
	int failed;

	if (turn_begin(&work.turn, store, capture, arena, now, &result, err) < 0)
		return -1;
	failed = do_slice(&work, err);
	uid_set_clear(&work.decided);
	if (failed == 0)
		*out = result;
	return failed;
}
