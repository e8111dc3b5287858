#include "reapply.h"

#include <string.h>

/* The past judged again: by the rules, addresses, domains and contacts of today. */

static const char SELECT_MESSAGE_OF[] = "SELECT message_id FROM ledger WHERE id = ?";

static int
message_of(struct store *store, int64_t row, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_MESSAGE_OF);
	bool found = false;

	*id = 0;
	stmt_bind_int(q, row);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	return found ? 0
		     : fail(err, ERR_NOT_FOUND, "there is no capture record '%lld'",
			       (long long)row);
}

static bool
is(const struct sighting *row, enum decision decision)
{
	return strcmp(row->decision, decision_word(decision)) == 0;
}

static const struct sighting *
main_row(const struct sighting *seen, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (is(&seen[i], DECIDED_CAPTURED))
			return &seen[i];
	}
	for (unsigned i = 0; i < count; i++) {
		if (!is(&seen[i], DECIDED_QUARANTINED) && !is(&seen[i], DECIDED_FORGOTTEN) &&
			!is(&seen[i], DECIDED_DUPLICATE))
			return &seen[i];
	}
	return NULL;
}

int
again_load(struct again *it, int64_t row, struct err *err)
{
	struct turn *turn = &it->turn;
	int64_t id;

	if (message_of(turn->store, row, &id, err) < 0)
		return -1;
	if (id == 0)
		return 0;
	if (sightings_of(turn->store, turn->arena, id, &it->seen, &it->count, err) < 0)
		return -1;
	it->main = main_row(it->seen, it->count);
	if (it->main != NULL && it->first_only && it->main->id != row)
		it->main = NULL;
	if (it->main == NULL)
		return 0;
	turn_at_sighting(turn, it->main);
	if (message_load(turn->store, turn->arena, id, &it->stored, err) < 0 ||
		interaction_of(turn->store, id, &it->interaction_id, err) < 0)
		return -1;
	view_stored(turn, &it->stored, &it->view);
	return it->view.meeting != NULL ? meeting_decide(turn, &it->view, err)
					: view_decide(turn, &it->view, err);
}

bool
again_unlinks(const struct again *it, const char *email)
{
	const struct view *view = &it->view;

	for (unsigned i = 0; email != NULL && i < view->event->party_count; i++) {
		const char *address = view->event->parties[i].address;

		if (address != NULL && strcmp(address, email) == 0 &&
			(view->sides[i] == SIDE_OURS || view->sides[i] == SIDE_COLLEAGUE))
			return true;
	}
	for (unsigned i = 0; email != NULL && i < view->considered_count; i++) {
		const struct considered *seen = &view->considered[i];

		if (seen->outcome == OUTCOME_LEFT_OUT && strcmp(seen->party->address, email) == 0)
			return true;
	}
	return false;
}

static const struct interaction_link *
link_wanted(const struct view *view, int64_t contact_id)
{
	for (unsigned i = 0; i < view->link_count; i++) {
		if (view->links[i].contact_id == contact_id)
			return &view->links[i];
	}
	return NULL;
}

static const char SELECT_LINKS[] = "SELECT contact_id, email, via = 'manual' FROM "
				   "interaction_contact WHERE interaction_id = ?";

/* *changed: other contacts are linked than should be. */
static int
compare_links(struct again *it, bool *changed, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, SELECT_LINKS);
	unsigned wanted = 0;

	it->links_left = 0;
	it->linked_by_hand = false;
	stmt_bind_int(q, it->interaction_id);
	while (stmt_row(q)) {
		int64_t contact = stmt_int(q);
		const char *email = stmt_text(q);
		bool goes = again_unlinks(it, email), by_hand = stmt_int(q) != 0;

		it->linked_by_hand = it->linked_by_hand || by_hand;
		it->links_left += by_hand || !goes;
		*changed = *changed || (goes && !by_hand);
		wanted += link_wanted(&it->view, contact) != NULL;
	}
	*changed = *changed || wanted < it->view.link_count;
	return stmt_end(q, err);
}

/* What was captured with a contact who has the address no more stays captured. */
static enum decision
decision_now(const struct again *it)
{
	const struct view *view = &it->view;
	bool by_links = view->decision == DECIDED_UNMATCHED ||
			(view->decision == DECIDED_IGNORED && view->rule != NULL &&
				view->link_count == 0 && view->matched);

	if (is(it->main, DECIDED_CAPTURED) && by_links && it->links_left > 0)
		return DECIDED_CAPTURED;
	return view->decision;
}

/* It stays as it is, whatever rules say. */
static bool
is_settled(struct again *it, struct reapplied *told)
{
	bool captured = is(it->main, DECIDED_CAPTURED);

	told->by_hand = it->main->by_hand;
	if (it->stored.kept >= KEEP_PRIVATE) {
		told->unknown = it->stored.event.sensitivity == NULL;
		return true;
	}
	told->unknown = it->view.unknown;
	if (it->view.unknown && it->main->marked)
		return true;
	return told->by_hand || (captured && it->interaction_id == 0);
}

static bool
same_direction(const struct again *it)
{
	return it->view.meeting != NULL || strcmp(it->view.direction, it->stored.direction) == 0;
}

static int
change(struct again *it, enum decision decision, struct reapplied *told, struct err *err)
{
	if (decision == DECIDED_CAPTURED)
		return again_capture(it, &told->changed, err);
	told->changed = true;
	return again_drop(it, decision, it->view.reason, false, err);
}

static int
judge(struct again *it, bool dry, struct reapplied *told, struct err *err)
{
	enum decision before = decision_by_word(it->main->decision), after = before;
	bool relinked = false;

	told->before = told->after = decision_word(before);
	if (is_settled(it, told))
		return 0;
	if (it->interaction_id != 0 && compare_links(it, &relinked, err) < 0)
		return -1;
	after = decision_now(it);
	if (before == DECIDED_CAPTURED && after != before && it->linked_by_hand) {
		told->by_hand = true;
		return 0;
	}
	told->after = decision_word(after);
	told->rule = after == it->view.decision ? rule_number(it->view.rule) : 0;
	told->changed = after != before || !same_direction(it) ||
			(after == DECIDED_CAPTURED && relinked);
	return dry || !told->changed ? 0 : change(it, after, told, err);
}

int
capture_reapply_row(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	bool dry, int64_t now, struct capture_result *out, struct reapplied *told, struct err *err)
{
	struct capture_result result = { 0 };
	struct reapplied is = { 0 };
	struct again it = { .first_only = true };

	if (turn_begin(&it.turn, store, capture, arena, now, &result, err) < 0 ||
		again_load(&it, row, err) < 0)
		return -1;
	if (it.main != NULL) {
		is.row = row;
		if (judge(&it, dry, &is, err) < 0)
			return -1;
	}
	if (!dry && turn_end(&it.turn, err) < 0)
		return -1;
	*out = result;
	*told = is;
	return 0;
}
