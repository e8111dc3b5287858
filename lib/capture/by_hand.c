#include <string.h>

#include "reapply.h"

/* What people decide of a message themselves: no rule and no later look changes it. */

static int
begin(struct again *it, struct store *store, struct capture *capture, struct arena *arena,
	int64_t row, int64_t now, struct capture_result *result, struct err *err)
{
	if (turn_begin(&it->turn, store, capture, arena, now, result, err) < 0 ||
		again_load(it, row, err) < 0)
		return -1;
	if (it->main == NULL)
		return fail(err, ERR_REFUSED,
			"nothing was read of the message of capture record '%lld'", (long long)row);
	return 0;
}

/* ---- ignored ----------------------------------------------------------------------------------- */

/* It was said before. */
static bool
is_ignored(const struct again *it)
{
	for (unsigned i = 0; i < it->count; i++) {
		if (!it->seen[i].by_hand || strcmp(it->seen[i].decision, "ignored") != 0)
			return false;
	}
	return true;
}

int
capture_ignore(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	const char *user, int64_t now, struct capture_result *out, struct err *err)
{
	struct capture_result result = { 0 };
	struct again it = { 0 };

	if (begin(&it, store, capture, arena, row, now, &result, err) < 0)
		return -1;
	if ((!is_ignored(&it) &&
		    again_drop(&it, DECIDED_IGNORED, arena_printf(arena, "by hand, by %.60s", user),
			    true, err) < 0) ||
		turn_end(&it.turn, err) < 0)
		return -1;
	*out = result;
	return 0;
}

/* ---- linked ------------------------------------------------------------------------------------ */

static const char SELECT_COMPANY[] = "SELECT coalesce(company_id, 0) FROM contact WHERE id = ?";

static bool
is_other(const struct view *view, unsigned i)
{
	return view->event->parties[i].address != NULL && view->sides[i] == SIDE_OTHER &&
	       view->event->parties[i].role != PARTY_MENTIONED &&
	       view->event->parties[i].role != PARTY_REPLY_TO &&
	       view->event->parties[i].role != PARTY_SENDER;
}

/* The party that is not one of us: who wrote, or the only one of those written to. */
static const struct event_party *
other_party(const struct view *view, bool *several)
{
	const struct event_party *found = NULL;

	*several = false;
	for (unsigned i = 0; i < view->event->party_count; i++) {
		const struct event_party *party = &view->event->parties[i];

		if (!is_other(view, i))
			continue;
		if (party->role == PARTY_FROM)
			return party;
		*several = *several ||
			   (found != NULL && strcmp(found->address, party->address) != 0);
		found = party;
	}
	return *several ? NULL : found;
}

static int
make_link(struct again *it, int64_t contact, struct interaction_link *out, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, SELECT_COMPANY);
	const struct event_party *party;
	int64_t company = 0;
	bool found, several;

	stmt_bind_int(q, contact);
	if (sql_get_int(q, &company, &found, err) < 0)
		return -1;
	party = other_party(&it->view, &several);
	*out = (struct interaction_link){
		.contact_id = contact,
		.company_id = company,
		.role = party == NULL ? "participant" : role_word(party->role),
		.email = party == NULL ? NULL : party->address,
		.via = "manual",
	};
	return 0;
}

/* The rows forget what they were decided as, so that the message is captured as a new one is. */
static int
open_rows(struct again *it, struct err *err)
{
	struct turn *turn = &it->turn;

	for (unsigned i = 0; i < it->count; i++) {
		if (strcmp(it->seen[i].decision, "quarantined") == 0)
			continue;
		if (ledger_change(
			    turn, it->seen[i].id, DECIDED_UNMATCHED, it->view.reason, 0, err) < 0)
			return -1;
	}
	return sightings_of(turn->store, turn->arena, it->stored.id, &it->seen, &it->count, err);
}

static int
capture_with(struct again *it, struct interaction_link *link, struct err *err)
{
	struct view *view = &it->view;

	if (open_rows(it, err) < 0)
		return -1;
	view->links = link;
	view->link_count = 1;
	view->first = NULL;
	view->decision = view->plain = DECIDED_CAPTURED;
	view->rule = NULL;
	if (view->meeting != NULL)
		return meeting_settle(&it->turn, view, it->stored.id, err);
	return message_capture(&it->turn, view, &it->stored, it->seen, it->count, err);
}

static const char MARK_ROWS[] =
	"UPDATE ledger SET by_hand = 1, rule = NULL, plain = NULL WHERE message_id = ? "
	"AND decision IN ('captured', 'duplicate')";

static int
link_it(struct again *it, struct interaction_link *link, const char *user, struct err *err)
{
	struct turn *turn = &it->turn;
	struct stmt *q;
	bool added;

	it->view.reason = arena_printf(turn->arena, "linked by hand, by %.60s", user);
	if (it->interaction_id == 0 && capture_with(it, link, err) < 0)
		return -1;
	if (it->interaction_id != 0) {
		if (interaction_link_add(
			    turn->store, it->interaction_id, link, turn->now, &added, err) < 0)
			return -1;
		turn_tell(turn, it->interaction_id, CAPTURE_CHANGED);
	}
	q = sql_prepare(turn->store, MARK_ROWS);
	stmt_bind_int(q, it->stored.id);
	return stmt_run(q, err);
}

int
capture_link(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	int64_t contact, const char *user, int64_t now, struct capture_result *out, struct err *err)
{
	struct capture_result result = { 0 };
	struct interaction_link link;
	struct again it = { 0 };

	if (begin(&it, store, capture, arena, row, now, &result, err) < 0)
		return -1;
	if (it.stored.kept >= KEEP_PRIVATE)
		return fail(err, ERR_REFUSED,
			"nothing of the message of capture record '%lld' is kept", (long long)row);
	if (make_link(&it, contact, &link, err) < 0 || link_it(&it, &link, user, err) < 0 ||
		turn_end(&it.turn, err) < 0)
		return -1;
	*out = result;
	return 0;
}

int
capture_other_address(struct store *store, struct capture *capture, struct arena *arena,
	int64_t row, const char **address, struct err *err)
{
	struct capture_result result = { 0 };
	const struct event_party *party;
	struct again it = { 0 };
	bool several;

	if (begin(&it, store, capture, arena, row, 0, &result, err) < 0)
		return -1;
	party = other_party(&it.view, &several);
	if (party == NULL)
		return fail_field(err, ERR_REFUSED, "learn",
			several ? "the message of capture record '%lld' is to several addresses: "
				  "which is the contact's is not known"
				: "the message of capture record '%lld' has no address but ours",
			(long long)row);
	*address = party->address;
	return 0;
}

/* ---- text -------------------------------------------------------------------------------------- */

static const char DROP_WANTS[] = "DELETE FROM want WHERE interaction_id = ?";

int
capture_refetch(struct store *store, struct capture *capture, struct arena *arena, int64_t row,
	int64_t now, bool *wanted, struct err *err)
{
	struct capture_result result = { 0 };
	struct again it = { .first_only = true };
	const struct sighting *where;
	struct stmt *q;

	*wanted = false;
	if (turn_begin(&it.turn, store, capture, arena, now, &result, err) < 0 ||
		again_load(&it, row, err) < 0)
		return -1;
	if (it.main == NULL || it.interaction_id == 0)
		return 0;
	if (it.view.meeting != NULL) {
		*wanted = true;
		return meeting_want_rest(&it.turn, it.stored.id, err);
	}
	where = fetchable(it.seen, it.count, it.main, it.stored.source_id);
	if (where == NULL)
		return 0;
	q = sql_prepare(store, DROP_WANTS);
	stmt_bind_int(q, it.interaction_id);
	if (stmt_run(q, err) < 0)
		return -1;
	turn_at_sighting(&it.turn, where);
	if (want_put(&it.turn, &it.view, it.stored.text_part, it.interaction_id, where->uid, err) <
		0)
		return -1;
	*wanted = result.wanted > 0;
	return 0;
}
