#include <string.h>

#include "inside.h"
#include "liaison/base/address.h"

/* The past matched again: a stored message gets the contacts that have its addresses now. */

static const struct sighting *
first_with(const struct sighting *seen, unsigned count, enum decision decision)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(seen[i].decision, decision_word(decision)) == 0)
			return &seen[i];
	}
	return NULL;
}

/* Where text can be fetched: the first sighting itself, or another that the server still has; of the
 * source whose reading is kept, as who sees that source sees the text. */
const struct sighting *
fetchable(const struct sighting *seen, unsigned count, const struct sighting *first,
	int64_t source_id)
{
	if (first->current && first->source_id == source_id)
		return first;
	for (unsigned i = 0; i < count; i++) {
		if (seen[i].current && seen[i].source_id == source_id)
			return &seen[i];
	}
	return NULL;
}

static bool
same_folder(const struct sighting *a, const struct sighting *b)
{
	return a->source_id == b->source_id && strcmp(a->folder, b->folder) == 0;
}

/* The first sighting is the captured one, with it those that are itself under a later UIDVALIDITY;
 * the others are copies. */
static int
change_rows(struct turn *turn, const struct view *view, const struct sighting *seen, unsigned count,
	const struct sighting *first, int64_t interaction_id, struct err *err)
{
	const char *reason = view->first != NULL ? reason_captured(turn, view) : view->reason;
	const char *copy = copy_words(turn, view, first);

	for (unsigned i = 0; i < count; i++) {
		bool itself = &seen[i] == first ||
			      (seen[i].recognised && same_folder(&seen[i], first));

		if (strcmp(seen[i].decision, "unmatched") != 0)
			continue;
		if (ledger_change(turn, seen[i].id, itself ? DECIDED_CAPTURED : DECIDED_DUPLICATE,
			    itself ? reason : copy, interaction_id, err) < 0)
			return -1;
		if ((view->rule != NULL || seen[i].marked) &&
			ledger_set_rule(turn, seen[i].id, view, err) < 0)
			return -1;
	}
	return 0;
}

static int
want_from(struct turn *turn, const struct view *view, const struct sighting *where,
	const char *text_part, int64_t interaction_id, struct err *err)
{
	if (where == NULL)
		return 0;
	turn_at_sighting(turn, where);
	return want_put(turn, view, text_part, interaction_id, where->uid, err);
}

int
message_capture(struct turn *turn, const struct view *view, const struct stored *stored,
	const struct sighting *seen, unsigned count, struct err *err)
{
	const struct sighting *first = first_with(seen, count, DECIDED_UNMATCHED);
	const char *initiated_by;
	int64_t thread, id;

	if (thread_current(turn, stored->thread, &thread, err) < 0 ||
		thread_initiator(
			turn, thread, &stored->event, view->direction, &initiated_by, err) < 0 ||
		interaction_put(turn, view, stored->id, thread, initiated_by, &id, err) < 0 ||
		change_rows(turn, view, seen, count, first, id, err) < 0)
		return -1;
	rules_note(turn, view);
	return want_from(turn, view, fetchable(seen, count, first, stored->source_id),
		stored->text_part, id, err);
}

/* An address that was one contact's alone is now shared. */
static const char MARK_AMBIGUOUS[] =
	"UPDATE interaction_contact SET ambiguous = 1 WHERE interaction_id = ? AND contact_id = ? "
	"AND email = ? AND ambiguous = 0";

static int
mark_ambiguous(struct turn *turn, int64_t id, const struct interaction_link *link, bool *changed,
	struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, MARK_AMBIGUOUS);

	stmt_bind_int(q, id);
	stmt_bind_int(q, link->contact_id);
	stmt_bind_text(q, link->email);
	if (stmt_run(q, err) < 0)
		return -1;
	*changed = *changed || store_changes(turn->store) > 0;
	return 0;
}

static int
link_more(struct turn *turn, const struct view *view, int64_t id, bool *counted, struct err *err)
{
	bool added, changed = false;

	for (unsigned i = 0; i < view->link_count; i++) {
		const struct interaction_link *link = &view->links[i];

		if (interaction_link_add(turn->store, id, link, turn->now, &added, err) < 0)
			return -1;
		*counted = *counted || added;
		if (link->ambiguous && !added && mark_ambiguous(turn, id, link, &changed, err) < 0)
			return -1;
	}
	if (*counted || changed)
		turn_tell(turn, id, CAPTURE_CHANGED);
	return 0;
}

static int
match_stored(struct turn *turn, const struct stored *stored, struct view *view, struct err *err)
{
	if (stored->meeting.event_uid != NULL) {
		meeting_view(turn, &stored->event, &stored->meeting, view);
		view->kept = stored->kept;
		return meeting_decide(turn, view, err);
	}
	view_init(turn, &stored->event, view);
	view->kept = stored->kept;
	view->direction = stored->direction;
	if (view->all_ours)
		return 0;
	if (view_match(turn, view, err) < 0)
		return -1;
	view_settle(turn, view);
	return rules_decide(turn, view, err);
}

int
message_rematch(struct turn *turn, int64_t message_id, bool *counted, struct err *err)
{
	const struct sighting *unmatched, *captured;
	struct sighting *seen;
	struct stored stored;
	struct view view;
	unsigned count;
	int64_t id;

	*counted = false;
	if (sightings_of(turn->store, turn->arena, message_id, &seen, &count, err) < 0)
		return -1;
	unmatched = first_with(seen, count, DECIDED_UNMATCHED);
	captured = first_with(seen, count, DECIDED_CAPTURED);
	if (unmatched == NULL && captured == NULL)
		return 0;
	if (captured != NULL && captured->by_hand) /* people said whom it is with */
		return 0;
	turn_at_sighting(turn, captured != NULL ? captured : unmatched);
	if (message_load(turn->store, turn->arena, message_id, &stored, err) < 0 ||
		match_stored(turn, &stored, &view, err) < 0 ||
		interaction_of(turn->store, message_id, &id, err) < 0)
		return -1;
	if (view.link_count == 0)
		return 0;
	/* A rule that came since then lets nothing new in; what it takes away is capture_reapply's. */
	if (view.rule != NULL && view.decision != DECIDED_CAPTURED &&
		(captured == NULL || view.meeting != NULL))
		return 0;
	if (view.meeting != NULL && id == 0 && is_meeting_outlived(turn, view.meeting->end_at))
		return 0;
	if (view.meeting != NULL)
		return meeting_rematch(turn, &view, message_id, counted, err);
	if (id != 0)
		return link_more(turn, &view, id, counted, err);
	if (unmatched == NULL) /* its interaction was removed: it stays so */
		return 0;
	if (is_outlived(turn, stored.event.at))
		return 0;
	*counted = true;
	return message_capture(turn, &view, &stored, seen, count, err);
}
