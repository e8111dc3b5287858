#include "liaison/capture/meeting.h"

#include <string.h>

#include "meeting_work.h"

/* One event of a calendar: each of its occurrences decided and recorded, and those that it has no
 * more cancelled, in pieces that each fit into a transaction. */

enum {
	PARTIES_OF_ONE = 10,
	/* Flags of versions that may not be all there is. */
	LEAVES_OUT = MEETING_INCOMPLETE | MEETING_RULE_REFUSED,
};

/* ---- all of them ------------------------------------------------------------------------------- */

static int
record_one(
	struct work *work, const struct occurrence *occurrence, const char *name, struct err *err)
{
	struct recorded *recorded = item_find(&work->item, name);
	unsigned cost = 1 + work->reading.event.party_count / PARTIES_OF_ONE;

	arena_reset(work->turn.arena);
	known_trim(&work->turn.capture->known);
	reading_at(&work->reading, occurrence, name);
	work->budget -= cost < work->budget ? cost : work->budget;
	if (recorded == NULL && occurrence_pair(work, &recorded, err) < 0)
		return -1;
	if (recorded != NULL)
		return occurrence_seen_before(work, recorded, err);
	return occurrence_first_seen(work, err);
}

/* Outside the window only what was recorded within it is of interest: it was moved. What cannot be
 * read stays as it is recorded. */
static bool
is_passed_over(struct work *work, const struct meeting *version, const char *name)
{
	if ((version->flags & MEETING_UNREADABLE) != 0)
		return true;
	return (version->flags & MEETING_OUTSIDE) != 0 && item_find(&work->item, name) == NULL;
}

/* From the first-th on, as far as the budget goes; *next: where it came to. */
static int
record_some(struct work *work, unsigned first, unsigned *next, struct err *err)
{
	unsigned before = 0;

	for (unsigned v = 0; v < work->from->count; v++) {
		const struct meeting *version = &work->from->versions[v];
		unsigned i = first > before ? first - before : 0;

		if (i < version->occurrence_count && work->budget > 0)
			reading_begin(&work->turn, work->turn.lasting, version, &work->reading);
		for (; i < version->occurrence_count && work->budget > 0; i++) {
			const char *name = work->names[before + i];

			if (!is_passed_over(work, version, name) &&
				record_one(work, &version->occurrences[i], name, err) < 0)
				return -1;
		}
		if (i < version->occurrence_count) {
			*next = before + i;
			return 0;
		}
		before += version->occurrence_count;
	}
	*next = before;
	return 0;
}

static void
name_all(struct work *work)
{
	const struct meeting_item *from = work->from;
	struct recorded *recorded;
	unsigned at = 0;

	for (unsigned v = 0; v < from->count; v++)
		work->total += from->versions[v].occurrence_count;
	work->names = arena_array(work->turn.lasting, work->total + 1, sizeof *work->names);
	for (unsigned v = 0; v < from->count; v++) {
		const struct meeting *version = &from->versions[v];

		work->incomplete |= (version->flags & LEAVES_OUT) != 0;
		for (unsigned i = 0; i < version->occurrence_count; i++) {
			const char *name = recurrence_text(work->turn.lasting, version->form,
				version->occurrences[i].recurrence);

			work->names[at++] = name == NULL ? "" : name;
			recorded = item_find(&work->item, work->names[at - 1]);
			if (recorded != NULL)
				recorded->present = true;
		}
	}
}

static const char DROP_ROW[] = "DELETE FROM ledger WHERE id = ?";

/* It can be read now, and has no occurrence that could take the row. */
static int
drop_bad(struct work *work, struct err *err)
{
	struct turn *turn = &work->turn;
	struct stmt *q;

	if (work->item.bad_id == 0)
		return 0;
	if (quarantine_drop(turn, (uint32_t)work->item.bad_uid, err) < 0)
		return -1;
	q = sql_prepare(turn->store, DROP_ROW);
	stmt_bind_int(q, work->item.bad_id);
	return stmt_run(q, err);
}

static const char FINISH[] =
	"UPDATE feed_item SET digest = ?3, until = ?4, absent = 0, bad_uid = NULL, "
	"bad_version = NULL WHERE stream_id = ?1 AND event_uid = ?2";

static int
finish_item(struct work *work, struct err *err)
{
	const struct meeting_item *from = work->from;
	struct stmt *q;
	bool more = false;

	for (unsigned v = 0; v < from->count; v++)
		more = more || (from->versions[v].flags & MEETING_MORE) != 0;
	if (drop_bad(work, err) < 0)
		return -1;
	q = sql_prepare(work->turn.store, FINISH);
	stmt_bind_int(q, work->turn.stream_id);
	stmt_bind_text(q, from->item->uid);
	stmt_bind_blob(q, from->item->digest, sizeof from->item->digest);
	stmt_bind_int_or_null(q, from->until, !more);
	if (stmt_run(q, err) < 0)
		return -1;
	turn_step(&work->turn, "item");
	return 0;
}

static const char UNFINISH[] =
	"UPDATE feed_item SET digest = NULL WHERE stream_id = ? AND event_uid = ?";

/* What was recorded of it is not all any more, even if the feed goes back to what it said before. */
static int
unfinish_item(struct work *work, struct err *err)
{
	struct stmt *q;

	if (!work->item.finished)
		return 0;
	q = sql_prepare(work->turn.store, UNFINISH);
	stmt_bind_int(q, work->turn.stream_id);
	stmt_bind_text(q, work->from->item->uid);
	return stmt_run(q, err);
}

static int
record_item(struct work *work, unsigned first, unsigned *next, struct err *err)
{
	bool all = false;

	name_all(work);
	*next = first;
	if (first < work->total && record_some(work, first, next, err) < 0)
		return -1;
	if (*next >= work->total && occurrences_cancel(work, &all, err) < 0)
		return -1;
	if (all) {
		*next = 0;
		return finish_item(work, err);
	}
	if (*next >= work->total)
		*next = work->total + 1;
	return unfinish_item(work, err);
}

/* ---- what cannot be read ----------------------------------------------------------------------- */

static const char PUT_BAD[] = "UPDATE feed_item SET digest = ?3, until = NULL, absent = 0, bad_uid "
			      "= ?4, bad_version = ?5 "
			      "WHERE stream_id = ?1 AND event_uid = ?2";

/* What was recorded of it before stays. */
static int
quarantine_item(struct work *work, struct err *err)
{
	const struct feed_item *item = work->from->item;
	const char *error = work->from->error != NULL ? work->from->error : "it cannot be read";
	struct ledger_row row = { .decision = DECIDED_QUARANTINED,
		.replaces = work->item.bad_id,
		.uid = (uint32_t)work->item.bad_uid };
	struct turn *turn = &work->turn;
	int64_t id;
	struct stmt *q;

	row.reason = arena_text_n(turn->arena, error, text_cut(error, strlen(error), 400));
	if ((row.replaces == 0 && meeting_next_uid(work, &row.uid, err) < 0) ||
		ledger_put(turn, &row, &id, err) < 0 ||
		quarantine_put(
			turn, &(struct capture_item){ .uid = row.uid, .error = error }, err) < 0)
		return -1;
	q = sql_prepare(turn->store, PUT_BAD);
	stmt_bind_int(q, turn->stream_id);
	stmt_bind_text(q, item->uid);
	stmt_bind_blob(q, item->digest, sizeof item->digest);
	stmt_bind_int(q, row.uid);
	stmt_bind_text(q, LIAISON_VERSION);
	if (stmt_run(q, err) < 0)
		return -1;
	turn_step(turn, "quarantine");
	return 0;
}

static int
do_item(struct work *work, unsigned first, unsigned *next, struct err *err)
{
	turn_step(&work->turn, "begin");
	if (item_make(&work->turn, work->from->item->uid, &work->item, err) < 0)
		return -1;
	*next = 0;
	if ((work->from->count == 0 ? quarantine_item(work, err)
				    : record_item(work, first, next, err)) < 0)
		return -1;
	if (turn_end(&work->turn, err) < 0)
		return -1;
	turn_step(&work->turn, "end");
	return 0;
}

int
capture_meeting(struct store *store, struct capture *capture, struct arena *arena,
	const struct meeting_item *item, unsigned first, unsigned max, int64_t now,
	struct capture_result *out, unsigned *next, struct err *err)
{
	struct capture_result result = { 0 };
	struct work work = { .from = item, .budget = max == 0 ? 1 : max };
	struct stream stream;
	unsigned came_to;
	int failed;

	if (turn_begin(&work.turn, store, capture, arena, now, &result, err) < 0 ||
		turn_at_stream(&work.turn, item->stream_id, &stream, err) < 0)
		return -1;
	work.turn.arena = arena_new();
	failed = do_item(&work, first, &came_to, err);
	arena_free(work.turn.arena);
	if (failed < 0)
		return -1;
	*out = result;
	*next = came_to;
	return 0;
}
