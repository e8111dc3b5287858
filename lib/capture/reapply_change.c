#include <string.h>

#include "reapply.h"

/* What a message of the past becomes, written down. */

static bool
is_open(const struct sighting *row)
{
	return strcmp(row->decision, "quarantined") != 0 && strcmp(row->decision, "forgotten") != 0;
}

/* ---- dropping ---------------------------------------------------------------------------------- */

static const char BY_HAND[] = "UPDATE ledger SET by_hand = 1 WHERE id = ?";

static int
mark_by_hand(struct turn *turn, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, BY_HAND);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static int
set_rows(
	struct again *it, enum decision decision, const char *reason, bool by_hand, struct err *err)
{
	struct view none = { .decision = decision, .plain = decision };
	struct turn *turn = &it->turn;

	for (unsigned i = 0; i < it->count; i++) {
		const struct sighting *row = &it->seen[i];

		if (!is_open(row))
			continue;
		if (ledger_change(turn, row->id, decision, reason, 0, err) < 0 ||
			ledger_set_rule(turn, row->id, by_hand ? &none : &it->view, err) < 0 ||
			(by_hand && mark_by_hand(turn, row->id, err) < 0))
			return -1;
	}
	return 0;
}

static const char *const STRIP[] = {
	("UPDATE message SET subject = NULL, parts = NULL, text_part = NULL, "
	 "authentication_reason = NULL, kept = 2 WHERE id = ?1"),
	"UPDATE meeting SET location = NULL, remark = NULL WHERE message_id = ?1",
	"DELETE FROM message_header WHERE message_id = ?1",
};

static const char TAKE_PARTIES[] =
	"DELETE FROM party WHERE message_id = ? RETURNING coalesce(address_id, 0)";

static const char DROP_ADDRESS[] = "DELETE FROM address WHERE id = ?1 "
				   "AND NOT EXISTS (SELECT 1 FROM party p WHERE p.address_id = ?1)";

/* An address that only this message named is nobody's to know any more. */
static int
strip_parties(struct turn *turn, int64_t message_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, TAKE_PARTIES);
	int64_t ids[EVENT_PARTIES_MAX];
	unsigned count = 0;

	stmt_bind_int(q, message_id);
	while (stmt_row(q)) {
		if (count < EVENT_PARTIES_MAX)
			ids[count++] = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		q = sql_prepare(turn->store, DROP_ADDRESS);
		stmt_bind_int(q, ids[i]);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	turn->capture->generation++; /* numbers of addresses are asked again */
	return 0;
}

int
message_strip(struct turn *turn, int64_t message_id, struct err *err)
{
	for (size_t i = 0; i < sizeof STRIP / sizeof *STRIP; i++) {
		struct stmt *q = sql_prepare(turn->store, STRIP[i]);

		stmt_bind_int(q, message_id);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return strip_parties(turn, message_id, err);
}

static const char DROP_WANTS[] = "DELETE FROM want WHERE interaction_id = ?";

static int
drop_wants(struct again *it, struct err *err)
{
	struct stmt *q = sql_prepare(it->turn.store, DROP_WANTS);

	stmt_bind_int(q, it->interaction_id);
	return stmt_run(q, err);
}

static int
drop_interaction(struct again *it, struct err *err)
{
	struct turn *turn = &it->turn;

	if (it->interaction_id == 0)
		return 0;
	if (drop_wants(it, err) < 0 || turn_recount(turn, it->interaction_id, err) < 0)
		return -1;
	return interaction_take(turn->store, it->interaction_id, err);
}

static const char SET_DIRECTION[] = "UPDATE message SET direction = ? WHERE id = ?";

static int
set_direction(struct again *it, struct err *err)
{
	struct stmt *q;

	if (it->view.meeting != NULL)
		return 0;
	q = sql_prepare(it->turn.store, SET_DIRECTION);
	stmt_bind_text(q, it->view.direction);
	stmt_bind_int(q, it->stored.id);
	threads_clear(&it->turn.capture->threads); /* they know directions */
	return stmt_run(q, err);
}

int
again_drop(
	struct again *it, enum decision decision, const char *reason, bool by_hand, struct err *err)
{
	if (set_rows(it, decision, reason, by_hand, err) < 0 || drop_interaction(it, err) < 0 ||
		set_direction(it, err) < 0)
		return -1;
	if (!by_hand)
		rules_note(&it->turn, &it->view);
	return decision == DECIDED_PRIVATE ? message_strip(&it->turn, it->stored.id, err) : 0;
}

int
again_bare(struct again *it, struct err *err)
{
	struct turn *turn = &it->turn;
	static const char *const nobody[1];
	bool changed;

	if (drop_wants(it, err) < 0 || turn_recount(turn, it->interaction_id, err) < 0 ||
		interaction_relink(turn->store, turn->arena, it->interaction_id, NULL, 0, nobody, 0,
			turn->now, &changed, err) < 0 ||
		interaction_bare(turn->store, it->interaction_id, turn->now, err) < 0 ||
		ledger_set_rule(turn, it->main->id, &it->view, err) < 0)
		return -1;
	turn_tell(turn, it->interaction_id, CAPTURE_CHANGED);
	rules_note(turn, &it->view);
	return message_strip(turn, it->stored.id, err);
}

/* ---- capturing --------------------------------------------------------------------------------- */

static const char FOLLOW[] =
	"UPDATE interaction SET direction = ?2, initiated_by = ?3, version = version + 1, "
	"changed = ?4 WHERE id = ?1";

/* Who wrote to whom, as it is known now. */
static int
follow(struct again *it, struct err *err)
{
	struct turn *turn = &it->turn;
	const char *initiated_by;
	struct stmt *q;
	int64_t thread;

	if (thread_current(turn, it->stored.thread, &thread, err) < 0 ||
		thread_initiator(turn, thread, &it->stored.event, it->view.direction, &initiated_by,
			err) < 0)
		return -1;
	q = sql_prepare(turn->store, FOLLOW);
	stmt_bind_int(q, it->interaction_id);
	stmt_bind_text(q, it->view.direction);
	stmt_bind_text(q, initiated_by);
	stmt_bind_int(q, turn->now);
	return stmt_run(q, err);
}

static int
relink(struct again *it, bool *changed, struct err *err)
{
	const struct event *event = it->view.event;
	struct turn *turn = &it->turn;
	const char **stay = arena_array(turn->arena, event->party_count + 1, sizeof *stay);
	unsigned count = 0;

	for (unsigned i = 0; i < event->party_count; i++) {
		const char *address = event->parties[i].address;

		if (address != NULL && !again_unlinks(it, address))
			stay[count++] = address;
	}
	if (turn_recount(turn, it->interaction_id, err) < 0 ||
		interaction_relink(turn->store, turn->arena, it->interaction_id, it->view.links,
			it->view.link_count, stay, count, turn->now, changed, err) < 0)
		return -1;
	return turn_recount(turn, it->interaction_id, err);
}

static int
capture_still(struct again *it, bool *changed, struct err *err)
{
	struct turn *turn = &it->turn;
	bool turned = strcmp(it->view.direction, it->stored.direction) != 0, relinked = false;

	if (relink(it, &relinked, err) < 0 || set_direction(it, err) < 0 ||
		(turned && follow(it, err) < 0))
		return -1;
	*changed = turned || relinked;
	if (*changed)
		turn_tell(turn, it->interaction_id, CAPTURE_CHANGED);
	rules_note_more(turn, &it->view, relinked && it->unlinks, false);
	if (it->view.rule == NULL && !it->main->marked)
		return 0;
	return ledger_set_rule(turn, it->main->id, &it->view, err);
}

static int
capture_anew(struct again *it, struct err *err)
{
	struct turn *turn = &it->turn;

	if (set_rows(it, DECIDED_UNMATCHED, it->view.reason, false, err) < 0 ||
		sightings_of(turn->store, turn->arena, it->stored.id, &it->seen, &it->count, err) <
			0 ||
		set_direction(it, err) < 0)
		return -1;
	it->stored.direction = it->view.direction;
	return message_capture(turn, &it->view, &it->stored, it->seen, it->count, err);
}

int
again_capture(struct again *it, bool *changed, struct err *err)
{
	struct turn *turn = &it->turn;
	bool captured = strcmp(it->main->decision, "captured") == 0;

	*changed = true;
	if (it->view.meeting != NULL) {
		if (!captured && set_rows(it, DECIDED_UNMATCHED, it->view.reason, false, err) < 0)
			return -1;
		if (meeting_rematch(turn, &it->view, it->stored.id, changed, err) < 0)
			return -1;
		rules_note_more(turn, &it->view, captured && it->unlinks, false);
		return 0;
	}
	return captured ? capture_still(it, changed, err) : capture_anew(it, err);
}
