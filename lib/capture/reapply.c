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

const struct sighting *
again_main(const struct sighting *seen, unsigned count)
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

/* Of the rows at hand the one at which the message is judged. */
static int
first_row(struct again *it, int64_t message_id, int64_t *first, struct err *err)
{
	const struct reapply_scope *scope = it->scope;
	struct store *store = it->turn.store;
	struct query_node *where;
	int64_t *ids;
	size_t count;
	int failed;

	*first = it->main->id;
	if (scope == NULL || scope->where == NULL || it->count == 1)
		return 0;
	where = query_fixed(it->turn.arena, "l.message_id = ?", message_id);
	where = query_and(it->turn.arena, where, (struct query_node *)scope->where);
	store_set_viewer(store, scope->viewer);
	failed = query_ids(store, it->turn.arena, &capture_noun, where, 1, &ids, &count, err);
	store_set_viewer(store, NULL);
	if (failed == 0 && count > 0)
		*first = ids[0];
	return failed;
}

int
again_read(struct again *it, int64_t message_id, struct err *err)
{
	struct turn *turn = &it->turn;

	if (message_load(turn->store, turn->arena, message_id, &it->stored, err) < 0 ||
		interaction_of(turn->store, message_id, &it->interaction_id, err) < 0)
		return -1;
	return again_see(it, err);
}

int
again_see(struct again *it, struct err *err)
{
	struct turn *turn = &it->turn;

	if (turn_let_blocked(turn, it->interaction_id, err) < 0)
		return -1;
	view_stored(turn, &it->stored, &it->view);
	return 0;
}

int
again_decide(struct again *it, struct err *err)
{
	int failed = it->view.meeting != NULL ? meeting_decide(&it->turn, &it->view, err)
					      : view_decide(&it->turn, &it->view, err);

	if (failed == 0 && again_is_unread(it))
		again_ignore_unread(it);
	return failed;
}

int
again_load(struct again *it, int64_t row, struct err *err)
{
	struct turn *turn = &it->turn;
	int64_t id, first = row;

	if (message_of(turn->store, row, &id, err) < 0)
		return -1;
	if (id == 0)
		return 0;
	if (sightings_of(turn->store, turn->arena, id, &it->seen, &it->count, err) < 0)
		return -1;
	it->main = again_main(it->seen, it->count);
	if (it->main != NULL && it->first_only && first_row(it, id, &first, err) < 0)
		return -1;
	if (it->main != NULL && it->first_only && first != row)
		it->main = NULL;
	if (it->main == NULL)
		return 0;
	turn_at_sighting(turn, it->main);
	return again_read(it, id, err) < 0 ? -1 : again_decide(it, err);
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
	it->linked_by_hand = it->unlinks = false;
	stmt_bind_int(q, it->interaction_id);
	while (stmt_row(q)) {
		int64_t contact = stmt_int(q);
		const char *email = stmt_text(q);
		bool goes = again_unlinks(it, email), by_hand = stmt_int(q) != 0;

		it->linked_by_hand = it->linked_by_hand || by_hand;
		it->links_left += by_hand || !goes;
		it->unlinks = it->unlinks || (goes && !by_hand);
		wanted += link_wanted(&it->view, contact) != NULL;
	}
	*changed = it->unlinks || wanted < it->view.link_count;
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

/* People linked it, which stays; what it says does not. */
static bool
is_to_be_bare(const struct again *it)
{
	return it->view.decision == DECIDED_PRIVATE && !it->view.unknown && it->linked_by_hand &&
	       it->view.meeting == NULL && it->stored.kept < KEEP_PRIVATE &&
	       is(it->main, DECIDED_CAPTURED);
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

/* What is known of a message tells its template, if anything does. */
static int
retemplate(struct again *it, bool dry, struct err *err)
{
	const struct compiled_rule *rule = it->view.template;
	struct turn *turn = &it->turn;

	if (rule == NULL && it->view.template_unknown)
		return 0;
	if (interaction_template(turn->store, turn->arena, it->interaction_id,
		    rule == NULL ? NULL : rule_value(rule), dry, turn->now, &it->retemplates,
		    err) < 0)
		return -1;
	if (it->retemplates && !dry) {
		turn_tell(turn, it->interaction_id, CAPTURE_CHANGED);
		rules_note_more(turn, &it->view, false, true);
	}
	return 0;
}

static int
compare_template(struct again *it, struct reapplied *told, struct err *err)
{
	const struct capture *capture = it->turn.capture;

	/* A draft that says nothing of templates is tried without looking for them. */
	if (capture->rules.fixed &&
		((capture->rules.kinds | capture->former.kinds) & 1u << KIND_TEMPLATE) == 0)
		return 0;
	if (retemplate(it, true, err) < 0)
		return -1;
	told->retemplated = it->retemplates;
	if (it->retemplates && it->view.template != NULL)
		told->template = rule_value(it->view.template);
	return 0;
}

/* Which rule changes links or the template of what stays captured; 0: none. */
static int64_t
rule_of_rest(const struct again *it, const struct reapplied *told)
{
	const struct view *view = &it->view;

	for (unsigned i = 0; told->relinked && it->unlinks && i < view->considered_count; i++) {
		if (view->considered[i].outcome == OUTCOME_LEFT_OUT)
			return rule_number(view->considered[i].rule);
	}
	return told->retemplated ? rule_number(view->template) : 0;
}

static int
change(struct again *it, enum decision decision, struct reapplied *told, struct err *err)
{
	if (decision == DECIDED_CAPTURED && again_capture(it, &told->changed, err) < 0)
		return -1;
	if (decision == DECIDED_CAPTURED) {
		told->changed = told->changed || it->retemplates;
		return it->retemplates ? retemplate(it, false, err) : 0;
	}
	told->changed = true;
	return again_drop(it, decision, it->view.reason, false, err);
}

int
again_judge(struct again *it, bool dry, struct reapplied *told, struct err *err)
{
	enum decision before = decision_by_word(it->main->decision), after;
	bool relinked = false;

	told->before = told->after = decision_word(before);
	if (it->interaction_id != 0 && compare_links(it, &relinked, err) < 0)
		return -1;
	if (is_to_be_bare(it)) {
		told->by_hand = told->changed = true;
		told->rule = rule_number(it->view.rule);
		return dry ? 0 : again_bare(it, err);
	}
	if (is_settled(it, told))
		return 0;
	after = decision_now(it);
	if (before == DECIDED_CAPTURED && after != before && it->linked_by_hand) {
		told->by_hand = true;
		return 0;
	}
	told->after = decision_word(after);
	told->rule = after == it->view.decision ? rule_number(it->view.rule) : 0;
	if (after == DECIDED_CAPTURED && before == after && compare_template(it, told, err) < 0)
		return -1;
	told->relinked = after == DECIDED_CAPTURED && before == after && relinked;
	told->changed = after != before || !same_direction(it) || told->relinked ||
			told->retemplated;
	if (told->rule == 0)
		told->rule = rule_of_rest(it, told);
	return dry || !told->changed ? 0 : change(it, after, told, err);
}

int
capture_reapply_row(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	const struct reapply_scope *scope, bool dry, int64_t now, struct capture_result *out,
	struct reapplied *told, struct err *err)
{
	struct capture_result result = { 0 };
	struct reapplied is = { 0 };
	struct again it = { .first_only = true, .scope = scope };

	if (scope != NULL)
		it.unread = scope->unread;
	if (turn_begin(&it.turn, store, capture, arena, now, &result, err) < 0 ||
		again_load(&it, row, err) < 0)
		return -1;
	if (it.main != NULL) {
		is.row = it.main->id;
		is.at = it.stored.event.at;
		if (again_judge(&it, dry, &is, err) < 0)
			return -1;
	}
	if (!dry && turn_end_uncounted(&it.turn, err) < 0)
		return -1;
	*out = result;
	*told = is;
	return 0;
}
