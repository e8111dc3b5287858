#include "reapply.h"

#include <string.h>

/* Keywords that a message got, or lost, after it was decided. */

static const char SELECT_HELD[] =
	"SELECT m.held FROM ledger l JOIN message m ON m.id = l.message_id WHERE l.id = ?";
static const char SET_HELD[] =
	"UPDATE message SET held = ?2 WHERE id = (SELECT message_id FROM ledger WHERE id = ?1)";

/* *change: it is not so yet. What was never kept out is not let in. */
static int
note_held(struct store *store, int64_t row, enum held held, bool *change, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_HELD);
	int64_t before = 0;
	bool found = false;

	stmt_bind_int(q, row);
	if (sql_get_int(q, &before, &found, err) < 0)
		return -1;
	*change = found && (held == HELD_PRIVATE ? before != HELD_PRIVATE : before == HELD_LACKING);
	if (!*change)
		return 0;
	q = sql_prepare(store, SET_HELD);
	stmt_bind_int(q, row);
	stmt_bind_int(q, held);
	return stmt_run(q, err);
}

static bool
is(const struct again *it, enum decision decision)
{
	return strcmp(it->main->decision, decision_word(decision)) == 0;
}

/* Its owner's word stands above what people decided of it here. */
static int
follow(struct again *it, enum held held, struct err *err)
{
	bool changed;

	if (held == HELD_PRIVATE)
		return is(it, DECIDED_PRIVATE) ? 0
					       : again_drop(it, DECIDED_PRIVATE,
							 "a keyword of skip-keyword", false, err);
	if (it->main->by_hand || !is(it, DECIDED_IGNORED) || it->view.decision == DECIDED_IGNORED)
		return 0;
	return it->view.decision == DECIDED_CAPTURED
		       ? again_capture(it, &changed, err)
		       : again_drop(it, it->view.decision, it->view.reason, false, err);
}

int
message_hold(struct turn *turn, int64_t row, enum held held, struct err *err)
{
	struct again it = { .turn = *turn };
	bool change;
	int result;

	if (note_held(turn->store, row, held, &change, err) < 0)
		return -1;
	if (!change)
		return 0;
	result = again_load(&it, row, err);
	if (result == 0 && it.main != NULL)
		result = follow(&it, held, err);
	turn->recount = it.turn.recount;
	turn->recount_count = it.turn.recount_count;
	turn->recount_room = it.turn.recount_room;
	turn->told_room = it.turn.told_room;
	return result;
}
