#include <string.h>

#include "inside.h"

/* What was decided of a meeting, and what its calendars say now, is brought together: its rows of the
 * ledger, its interaction and that one's links. Doing it again changes nothing. */

struct settling {
	struct turn *turn;
	const struct view *view;
	struct sighting *seen;
	unsigned count;
	int64_t message_id, interaction_id;
	bool by_hand; /* people decided it */
	bool linked; /* a contact was linked, or the interaction made */
};

static bool
is(const struct sighting *sighting, enum decision decision)
{
	return strcmp(sighting->decision, decision_word(decision)) == 0;
}

static bool
is_taken(const struct sighting *sighting)
{
	return is(sighting, DECIDED_CAPTURED) || is(sighting, DECIDED_DUPLICATE);
}

static int
load(struct settling *it, struct turn *turn, const struct view *view, int64_t message_id,
	struct err *err)
{
	*it = (struct settling){ .turn = turn, .view = view, .message_id = message_id };
	if (sightings_of(turn->store, turn->arena, message_id, &it->seen, &it->count, err) < 0)
		return -1;
	for (unsigned i = 0; i < it->count; i++)
		it->by_hand = it->by_hand || it->seen[i].by_hand;
	return interaction_of(turn->store, message_id, &it->interaction_id, err);
}

/* ---- ledger rows ------------------------------------------------------------------------------- */

static int
set_row(struct settling *it, const struct sighting *row, enum decision decision, const char *reason,
	int64_t interaction_id, struct err *err)
{
	if (is(row, decision) && row->interaction_id == interaction_id && row->reason != NULL &&
		strcmp(row->reason, reason) == 0)
		return 0;
	if (ledger_change(it->turn, row->id, decision, reason, interaction_id, err) < 0)
		return -1;
	if (it->view == NULL || (it->view->rule == NULL && !row->marked))
		return 0;
	return ledger_set_rule(it->turn, row->id, it->view, err);
}

/* What another feed keeps private stays so there. */
static bool
is_anothers(const struct settling *it, const struct sighting *row)
{
	return row->stream_id != it->turn->stream_id && is(row, DECIDED_PRIVATE);
}

/* The row that has the interaction, else the oldest. */
static const struct sighting *
first_row(const struct settling *it)
{
	const struct sighting *first = NULL;

	for (unsigned i = 0; i < it->count; i++) {
		if (is_anothers(it, &it->seen[i]))
			continue;
		if (is(&it->seen[i], DECIDED_CAPTURED))
			return &it->seen[i];
		if (first == NULL)
			first = &it->seen[i];
	}
	return first;
}

static int
rows_taken(struct settling *it, struct err *err)
{
	const struct view *view = it->view;
	struct turn *turn = it->turn;
	const struct sighting *first = first_row(it);
	const char *reason = view->reason;

	if (view->meeting->status == MEETING_CANCELLED)
		reason = arena_printf(turn->arena, "%s; it was cancelled", reason);
	for (unsigned i = 0; i < it->count; i++) {
		const struct sighting *row = &it->seen[i];

		if (is_anothers(it, row))
			continue;
		if (set_row(it, row, row == first ? DECIDED_CAPTURED : DECIDED_DUPLICATE,
			    row == first ? reason : copy_words(turn, view, first),
			    it->interaction_id, err) < 0)
			return -1;
	}
	return 0;
}

static int
rows_decided(struct settling *it, struct err *err)
{
	const struct view *view = it->view;

	for (unsigned i = 0; i < it->count; i++) {
		const struct sighting *row = &it->seen[i];

		if (is_anothers(it, row) || is(row, DECIDED_FORGOTTEN) ||
			(it->interaction_id == 0 && is_taken(row)))
			continue;
		if (set_row(it, row, view->decision, view->reason, it->interaction_id, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the interaction --------------------------------------------------------------------------- */

static void
tell_changes(struct turn *turn, int64_t id, unsigned changes)
{
	if (changes & INTERACTION_CANCELLED)
		turn_tell(turn, id, CAPTURE_CANCELLED);
	else if (changes & INTERACTION_MOVED)
		turn_tell(turn, id, CAPTURE_MOVED);
	else if (changes != 0)
		turn_tell(turn, id, CAPTURE_CHANGED);
}

static int
relink(struct settling *it, bool drop, bool *changed, struct err *err)
{
	const struct event *event = it->view->event;
	struct turn *turn = it->turn;
	const char **invited = arena_array(turn->arena, event->party_count + 1, sizeof *invited);

	for (unsigned i = 0; i < event->party_count; i++)
		invited[i] = event->parties[i].address;
	return interaction_relink(turn->store, turn->arena, it->interaction_id, it->view->links,
		it->view->link_count, drop ? invited : NULL, event->party_count, turn->now, changed,
		err);
}

/* cancel: it stands no more, whatever its calendar says of its status. */
static int
follow(struct settling *it, bool cancel, struct err *err)
{
	const struct view *view = it->view;
	struct turn *turn = it->turn;
	struct interaction wanted = {
		.id = it->interaction_id,
		.at = view->event->at,
		.offset_min = view->event->offset_min,
		.subject = view->event->subject,
	};
	bool relinked = false;
	unsigned changes;

	meeting_interaction(turn, view, &wanted);
	if (cancel)
		wanted.status = "cancelled";
	if (turn_recount(turn, wanted.id, err) < 0 ||
		interaction_follow(turn->store, turn->arena, &wanted, parties_text(turn, view),
			turn->now, &changes, err) < 0)
		return -1;
	if (!cancel && relink(it, view->event->at > turn->now, &relinked, err) < 0)
		return -1;
	if (text_of_meeting(turn, view, wanted.id, err) < 0 ||
		turn_recount(turn, wanted.id, err) < 0)
		return -1;
	it->linked = relinked;
	if (changes != 0 && view->event->sensitivity != NULL &&
		interaction_set_text(turn->store, turn->arena, wanted.id, "", true, false, err) < 0)
		return -1;
	tell_changes(turn, wanted.id, changes | (relinked ? INTERACTION_CHANGED : 0));
	return 0;
}

/* One that people removed is not made again. */
static bool
was_removed(const struct settling *it)
{
	for (unsigned i = 0; i < it->count; i++) {
		if (is_taken(&it->seen[i]))
			return true;
	}
	return false;
}

static int
settle_captured(struct settling *it, struct err *err)
{
	if (it->interaction_id == 0) {
		if (was_removed(it))
			return 0;
		it->linked = true;
		if (interaction_put(it->turn, it->view, it->message_id, 0, NULL,
			    &it->interaction_id, err) < 0)
			return -1;
	} else if (follow(it, false, err) < 0) {
		return -1;
	}
	return rows_taken(it, err);
}

/* What lies behind happened with whom it happened, unless we were not there. */
static int
settle_other(struct settling *it, struct err *err)
{
	const struct view *view = it->view;
	bool over = view->meeting->end_at <= it->turn->now;

	if (it->interaction_id == 0)
		return rows_decided(it, err);
	if (over && view->decision != DECIDED_IGNORED && view->decision != DECIDED_PRIVATE)
		return follow(it, false, err);
	if (follow(it, true, err) < 0)
		return -1;
	return rows_decided(it, err);
}

static const char IS_SHOWN[] =
	"SELECT 1 FROM ledger l JOIN occurrence o ON o.stream_id = l.stream_id AND o.uid = l.uid "
	"WHERE l.message_id = ? AND l.stream_id <> ? AND l.decision <> 'private' AND o.gone = 0 "
	"LIMIT 1";

int
meeting_shown_elsewhere(struct turn *turn, int64_t message_id, bool *shown, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, IS_SHOWN);

	stmt_bind_int(q, message_id);
	stmt_bind_int(q, turn->stream_id);
	return sql_get_int(q, NULL, shown, err);
}

/* The calendar that had it first shows it no more: the next one that does is the first. */
static int
pass_on(struct settling *it, struct err *err)
{
	for (unsigned i = 0; i < it->count; i++) {
		if (it->seen[i].stream_id != it->turn->stream_id &&
			is(&it->seen[i], DECIDED_DUPLICATE))
			return set_row(it, &it->seen[i], DECIDED_CAPTURED,
				"the calendar it was captured from first keeps it private now",
				it->interaction_id, err);
	}
	return 0;
}

/* It is private here, and what others let us see of it stays. */
static int
settle_private(struct settling *it, struct err *err)
{
	bool shown;

	if (meeting_shown_elsewhere(it->turn, it->message_id, &shown, err) < 0)
		return -1;
	if (!shown)
		return settle_other(it, err);
	for (unsigned i = 0; i < it->count; i++) {
		const struct sighting *row = &it->seen[i];

		if (row->stream_id != it->turn->stream_id)
			continue;
		if (is(row, DECIDED_CAPTURED) && pass_on(it, err) < 0)
			return -1;
		if (set_row(it, row, DECIDED_PRIVATE, it->view->reason, 0, err) < 0)
			return -1;
	}
	return 0;
}

static int
settle(struct settling *it, struct err *err)
{
	/* What people ignored or linked stays so. */
	if (it->by_hand && (it->interaction_id == 0 || it->view->decision != DECIDED_CAPTURED))
		return 0;
	if (it->view->decision == DECIDED_CAPTURED)
		return settle_captured(it, err);
	if (it->view->decision == DECIDED_PRIVATE)
		return settle_private(it, err);
	return settle_other(it, err);
}

int
meeting_settle(struct turn *turn, const struct view *view, int64_t message_id, struct err *err)
{
	struct settling it;

	if (load(&it, turn, view, message_id, err) < 0)
		return -1;
	return settle(&it, err);
}

static const char READ_AGAIN[] =
	"UPDATE feed_item SET digest = NULL WHERE (stream_id, item) IN ("
	"SELECT o.stream_id, o.item FROM ledger l JOIN occurrence o "
	"ON o.stream_id = l.stream_id AND o.uid = l.uid WHERE l.message_id = ?1)";

static const char NOT_ALL[] = "UPDATE meeting SET content = 0 WHERE message_id = ?";

static const char FETCH_AGAIN[] =
	"UPDATE feed SET digest = NULL "
	"WHERE stream_id IN (SELECT stream_id FROM ledger WHERE message_id = ?1)";

/* Of a stranger's meeting not everything was kept: the next look at the feed brings the rest. */
int
meeting_want_rest(struct turn *turn, int64_t message_id, struct err *err)
{
	enum config_level level = turn->source == NULL ? LEVEL_METADATA : turn->source->level;
	struct stmt *q;

	if (level == LEVEL_METADATA && turn->capture->config->unmatched == UNMATCHED_HEADERS)
		return 0;
	q = sql_prepare(turn->store, READ_AGAIN);
	stmt_bind_int(q, message_id);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(turn->store, NOT_ALL);
	stmt_bind_int(q, message_id);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(turn->store, FETCH_AGAIN);
	stmt_bind_int(q, message_id);
	return stmt_run(q, err);
}

static const char IS_SEEN[] =
	"SELECT 1 FROM ledger l JOIN occurrence o ON o.stream_id = l.stream_id AND o.uid = l.uid "
	"WHERE l.message_id = ? AND o.gone = 0 LIMIT 1";

static int
is_seen(struct turn *turn, int64_t message_id, bool *seen, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, IS_SEEN);

	stmt_bind_int(q, message_id);
	return sql_get_int(q, NULL, seen, err);
}

int
meeting_rematch(struct turn *turn, const struct view *view, int64_t message_id, bool *counted,
	struct err *err)
{
	struct meeting_facts facts = *view->meeting;
	struct view now = *view;
	struct settling it;
	int64_t before;
	bool seen;

	now.meeting = &facts;
	if (is_seen(turn, message_id, &seen, err) < 0 || load(&it, turn, &now, message_id, err) < 0)
		return -1;
	if (!seen && view->event->at > turn->now)
		facts.status = MEETING_CANCELLED;
	before = it.interaction_id;
	if (settle(&it, err) < 0)
		return -1;
	*counted = it.linked;
	if (before != 0 || it.interaction_id == 0)
		return 0;
	return meeting_want_rest(turn, message_id, err);
}

/* ---- gone -------------------------------------------------------------------------------------- */

/* Whoever else has it may say what it is now. */
static const char DISOWN[] =
	"UPDATE meeting SET stream_id = NULL WHERE message_id = ? AND stream_id = ?";

static int
disown(struct turn *turn, int64_t message_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, DISOWN);

	stmt_bind_int(q, message_id);
	stmt_bind_int(q, turn->stream_id);
	return stmt_run(q, err);
}

static int
cancel_gone(struct turn *turn, int64_t message_id, struct err *err)
{
	struct settling it;
	unsigned changes;

	if (load(&it, turn, NULL, message_id, err) < 0)
		return -1;
	if (it.interaction_id == 0)
		return 0;
	for (unsigned i = 0; i < it.count; i++) {
		if (is_taken(&it.seen[i]) &&
			set_row(&it, &it.seen[i], decision_by_word(it.seen[i].decision),
				"it is no longer in the calendar", it.interaction_id, err) < 0)
			return -1;
	}
	if (interaction_follow_status(turn->store, turn->arena, it.interaction_id, "cancelled",
		    turn->now, &changes, err) < 0)
		return -1;
	tell_changes(turn, it.interaction_id, changes);
	return turn_recount(turn, it.interaction_id, err);
}

int
meeting_gone(struct turn *turn, int64_t message_id, int64_t start_at, struct err *err)
{
	bool seen;

	if (disown(turn, message_id, err) < 0 || is_seen(turn, message_id, &seen, err) < 0)
		return -1;
	if (seen || start_at <= turn->now)
		return 0;
	return cancel_gone(turn, message_id, err);
}
