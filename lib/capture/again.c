#include <string.h>

#include "inside.h"

/* A message that was seen before: a copy in another folder or account, or the same one under a new
 * UIDVALIDITY. */

static bool
is_taken(const struct sighting *sighting)
{
	return strcmp(sighting->decision, "captured") == 0 ||
	       strcmp(sighting->decision, "duplicate") == 0;
}

static bool
in_this_folder(const struct turn *turn, const struct sighting *sighting)
{
	return sighting->source_id == turn->source_id &&
	       strcmp(sighting->folder, turn->folder) == 0;
}

/* The row this one was under the latest former UIDVALIDITY; each is recognised once. */
static const struct sighting *
former_self(const struct turn *turn, const struct sighting *seen, unsigned count)
{
	int64_t former = 0;
	unsigned mine = 0;

	for (unsigned i = 0; i < count; i++) {
		if (seen[i].stream_id == turn->stream_id)
			mine += seen[i].recognised;
		else if (in_this_folder(turn, &seen[i]) && seen[i].stream_id > former)
			former = seen[i].stream_id;
	}
	for (unsigned i = 0; former != 0 && i < count; i++) {
		if (seen[i].stream_id == former && mine-- == 0)
			return &seen[i];
	}
	return NULL;
}

static bool
is_latest_of_folder(const struct sighting *one, const struct sighting *seen, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (seen[i].source_id == one->source_id && seen[i].stream_id > one->stream_id &&
			strcmp(seen[i].folder, one->folder) == 0)
			return false;
	}
	return true;
}

static const char IS_WATCHED[] =
	"SELECT 1 FROM stream WHERE source_id = ? AND folder = ? AND current = 1 LIMIT 1";

/* It lay in a folder of the former mailbox that this one has no more. */
static int
lay_in_lost_folder(const struct turn *turn, const struct sighting *one, const struct sighting *seen,
	unsigned count, bool *lay, struct err *err)
{
	bool watched;
	struct stmt *q;

	*lay = one->source_id == turn->source_id && !one->current &&
	       is_latest_of_folder(one, seen, count);
	if (!*lay)
		return 0;
	q = sql_prepare(turn->store, IS_WATCHED);
	stmt_bind_int(q, one->source_id);
	stmt_bind_text(q, one->folder);
	if (sql_get_int(q, NULL, &watched, err) < 0)
		return -1;
	*lay = !watched;
	return 0;
}

/* How many were recognised so already: what has no former self in its own folder. */
static unsigned
count_renamed(const struct turn *turn, const struct sighting *seen, unsigned count)
{
	unsigned renamed = 0;

	for (unsigned i = 0; i < count; i++) {
		bool own = !seen[i].recognised || !seen[i].current ||
			   seen[i].source_id != turn->source_id;

		for (unsigned j = 0; j < count && !own; j++)
			own = seen[j].stream_id < seen[i].stream_id &&
			      seen[j].source_id == turn->source_id &&
			      strcmp(seen[j].folder, seen[i].folder) == 0;
		renamed += !own;
	}
	return renamed;
}

/* A mailbox that moved may have got other names for its folders. */
static int
renamed_self(const struct turn *turn, const struct sighting *seen, unsigned count,
	const struct sighting **out, struct err *err)
{
	unsigned others = count_renamed(turn, seen, count);

	for (unsigned i = 0; i < count; i++) {
		bool lay;

		if (lay_in_lost_folder(turn, &seen[i], seen, count, &lay, err) < 0)
			return -1;
		if (lay && others-- == 0) {
			*out = &seen[i];
			return 0;
		}
	}
	return 0;
}

static int
put_recognised(
	struct turn *turn, const struct sighting *self, struct ledger_row *row, struct err *err)
{
	int64_t id;

	row->recognised = true;
	row->decision = decision_by_word(self->decision);
	row->interaction_id = self->interaction_id;
	row->reason = arena_printf(turn->arena, "%s; known from UIDVALIDITY %u",
		self->reason == NULL ? self->decision : self->reason, self->uidvalidity);
	if (strstr(self->reason == NULL ? "" : self->reason, "; known from UIDVALIDITY") != NULL)
		row->reason = self->reason;
	if (ledger_put(turn, row, &id, err) < 0 || ledger_copy_rule(turn, id, self, err) < 0)
		return -1;
	return want_move(turn, self, row->uid, err);
}

static const struct sighting *
taken(const struct sighting *seen, unsigned count)
{
	const struct sighting *found = NULL;

	for (unsigned i = 0; i < count; i++) {
		if (!is_taken(&seen[i]))
			continue;
		if (seen[i].interaction_id != 0)
			return &seen[i];
		found = found == NULL ? &seen[i] : found;
	}
	return found;
}

static int
put_copy(struct turn *turn, const struct sighting *first, struct ledger_row *row, struct err *err)
{
	int64_t id;

	row->decision = is_taken(first) ? DECIDED_DUPLICATE : decision_by_word(first->decision);
	row->interaction_id = first->interaction_id;
	row->reason = is_taken(first) ? arena_printf(turn->arena, "the same message as %s:%s:%u",
						first->source, first->folder, first->uid)
				      : first->reason;
	if (ledger_put(turn, row, &id, err) < 0)
		return -1;
	return is_taken(first) ? 0 : ledger_copy_rule(turn, id, first, err);
}

/* Its rows are gone, or it is back in a mailbox that it had left: it is decided as if it were new. */
static int
put_forlorn(struct turn *turn, const struct view *view, const struct placement *placement,
	struct ledger_row *row, struct err *err)
{
	int64_t id;

	if (interaction_of(turn->store, row->message_id, &row->interaction_id, err) < 0)
		return -1;
	row->decision = row->interaction_id != 0 ? DECIDED_CAPTURED : view->decision;
	row->view = row->decision == view->decision ? view : NULL;
	row->reason = view->decision == DECIDED_CAPTURED || row->interaction_id == 0
			      ? view->reason
			      : "its interaction was recorded before";
	if (row->decision == DECIDED_CAPTURED && row->interaction_id == 0 &&
		(message_fill(turn, view, placement, row->message_id, err) < 0 ||
			interaction_put(turn, view, row->message_id, placement->thread,
				placement->initiated_by, &row->interaction_id, err) < 0))
		return -1;
	return ledger_put(turn, row, &id, err);
}

/* It was nobody's when it came and is somebody's now, and this copy brings what was not kept. */
static int
capture_at_last(struct turn *turn, const struct view *view, const struct placement *placement,
	int64_t message_id, struct err *err)
{
	bool counted;

	if (message_fill(turn, view, placement, message_id, err) < 0 ||
		thread_note(turn, placement, view->direction, true, err) < 0)
		return -1;
	return message_rematch(turn, message_id, &counted, err);
}

/* This copy has another keyword than the first: private is private, and one of only-keyword lets it in. */
static int
hold_again(struct turn *turn, const struct view *view, const struct ledger_row *row,
	const struct sighting *first, struct err *err)
{
	if (view->held == HELD_PRIVATE && row->decision != DECIDED_PRIVATE)
		return message_hold(turn, first->id, HELD_PRIVATE, err);
	if (view->held == HELD_NOT && row->decision == DECIDED_IGNORED)
		return message_hold(turn, first->id, HELD_NOT, err);
	return 0;
}

/* Why it was ignored is over now that it is seen in another place. */
static bool
is_absent(const char *reason)
{
	return reason != NULL &&
	       (strcmp(reason, REASON_LEFT) == 0 || strcmp(reason, REASON_UNREAD) == 0);
}

int
seen_again(struct turn *turn, struct view *view, const struct placement *placement,
	int64_t message_id, uint32_t uid, int64_t replaces, struct err *err)
{
	struct ledger_row row = { .replaces = replaces, .uid = uid, .message_id = message_id };
	const struct sighting *self, *first;
	struct sighting *seen;
	unsigned count;
	int failed;

	if (sightings_of(turn->store, turn->arena, message_id, &seen, &count, err) < 0)
		return -1;
	if (count == 0)
		return put_forlorn(turn, view, placement, &row, err);
	self = former_self(turn, seen, count);
	if (self == NULL && renamed_self(turn, seen, count, &self, err) < 0)
		return -1;
	first = taken(seen, count);
	if (first == NULL)
		first = &seen[0];
	if (self == NULL && first->interaction_id == 0 && is_absent(first->reason))
		return put_forlorn(turn, view, placement, &row, err);
	failed = self != NULL ? put_recognised(turn, self, &row, err)
			      : put_copy(turn, first, &row, err);
	if (failed < 0)
		return -1;
	if (row.decision == DECIDED_UNMATCHED && view->decision == DECIDED_CAPTURED)
		return capture_at_last(turn, view, placement, message_id, err);
	return hold_again(turn, view, &row, first, err);
}
