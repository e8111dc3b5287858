#include <string.h>

#include "inside.h"

/* The ledger: one row for each message of each stream, written once, changed when what it says
 * becomes better known. */

enum { SIGHTINGS_MAX = 200 };

static const char ADD_ROW[] =
	"INSERT INTO ledger (stream_id, uid, at, decision, reason, message_id, interaction_id, "
	"recognised) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

static int
add_row(struct turn *turn, const struct ledger_row *row, int64_t *id, struct err *err)
{
	struct capture *capture = turn->capture;
	struct stmt *q = sql_prepare(turn->store, ADD_ROW);

	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, row->uid);
	stmt_bind_int(q, turn->now);
	stmt_bind_text(q, decision_word(row->decision));
	stmt_bind_text(q, row->reason);
	stmt_bind_int_or_null(q, row->message_id, row->message_id == 0);
	stmt_bind_int_or_null(q, row->interaction_id, row->interaction_id == 0);
	stmt_bind_int(q, row->recognised);
	if (stmt_run(q, err) < 0)
		return -1;
	*id = store_last_id(turn->store);
	capture->last_id = *id;
	capture->last_stream = turn->stream_id;
	capture->last_uid = row->uid;
	return 0;
}

static const char REPLACE_ROW[] =
	"UPDATE ledger SET at = ?, decision = ?, reason = ?, message_id = ?, interaction_id = ?, "
	"recognised = ?, version = version + 1 WHERE id = ?";

static int
replace_row(struct turn *turn, const struct ledger_row *row, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, REPLACE_ROW);

	stmt_bind_int(q, turn->now);
	stmt_bind_text(q, decision_word(row->decision));
	stmt_bind_text(q, row->reason);
	stmt_bind_int_or_null(q, row->message_id, row->message_id == 0);
	stmt_bind_int_or_null(q, row->interaction_id, row->interaction_id == 0);
	stmt_bind_int(q, row->recognised);
	stmt_bind_int(q, row->replaces);
	return stmt_run(q, err);
}

static const char SET_RULE[] = "UPDATE ledger SET rule = ?, plain = ? WHERE id = ?";

int
ledger_set_rule(struct turn *turn, int64_t id, const struct view *view, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SET_RULE);
	int64_t rule = rule_number(view->rule);

	stmt_bind_text(q, rule == 0 ? NULL : arena_printf(turn->arena, "%lld", (long long)rule));
	stmt_bind_text(q, view->plain == view->decision ? NULL : decision_word(view->plain));
	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static const char COPY_RULE[] =
	"UPDATE ledger SET (rule, plain, by_hand) = (SELECT f.rule, f.plain, f.by_hand FROM ledger "
	"f WHERE f.id = ?1) WHERE id = ?2";

int
ledger_copy_rule(struct turn *turn, int64_t id, const struct sighting *from, struct err *err)
{
	struct stmt *q;

	if (!from->marked && !from->by_hand)
		return 0;
	q = sql_prepare(turn->store, COPY_RULE);
	stmt_bind_int(q, from->id);
	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

/* Most mail no rule decides. */
static int
note_rule(struct turn *turn, const struct ledger_row *row, int64_t id, struct err *err)
{
	if (row->view == NULL)
		return 0;
	rules_note(turn, row->view);
	if (row->view->rule == NULL && row->view->plain == row->view->decision)
		return 0;
	return ledger_set_rule(turn, id, row->view, err);
}

int
ledger_put(struct turn *turn, const struct ledger_row *row, int64_t *id, struct err *err)
{
	if (turn->result != NULL)
		turn->result->decided++;
	if (row->replaces == 0 && add_row(turn, row, id, err) < 0)
		return -1;
	if (row->replaces == 0)
		return note_rule(turn, row, *id, err);
	*id = row->replaces;
	turn->capture->last_id = -1; /* a rollback of this could not be noticed: doubt it */
	if (row->decision != DECIDED_QUARANTINED && quarantine_drop(turn, row->uid, err) < 0)
		return -1;
	if (replace_row(turn, row, err) < 0)
		return -1;
	return note_rule(turn, row, *id, err);
}

static const char CHANGE_ROW[] = "UPDATE ledger SET at = ?, decision = ?, reason = ?, "
				 "interaction_id = ?, version = version + 1 "
				 "WHERE id = ?";

int
ledger_change(struct turn *turn, int64_t id, enum decision decision, const char *reason,
	int64_t interaction_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, CHANGE_ROW);

	stmt_bind_int(q, turn->now);
	stmt_bind_text(q, decision_word(decision));
	stmt_bind_text(q, reason);
	stmt_bind_int_or_null(q, interaction_id, interaction_id == 0);
	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static void
read_sighting(struct stmt *q, struct arena *arena, struct sighting *out)
{
	out->id = stmt_int(q);
	out->stream_id = stmt_int(q);
	out->source_id = stmt_int(q);
	out->source = stmt_text_copy(q, arena);
	out->folder = stmt_text_copy(q, arena);
	out->uidvalidity = (uint32_t)stmt_int(q);
	out->current = stmt_int(q) != 0;
	out->uid = (uint32_t)stmt_int(q);
	out->decision = stmt_text_copy(q, arena);
	out->reason = stmt_text_copy(q, arena);
	out->message_id = stmt_int(q);
	out->interaction_id = stmt_int(q);
	out->recognised = stmt_int(q) != 0;
	out->by_hand = stmt_int(q) != 0;
	out->marked = stmt_int(q) != 0;
}

static const char SELECT_SIGHTINGS[] =
	"SELECT l.id, l.stream_id, t.source_id, s.name, t.folder, t.uidvalidity, t.current, l.uid, "
	"l.decision, l.reason, l.message_id, l.interaction_id, l.recognised, l.by_hand, "
	"l.rule IS NOT NULL OR l.plain IS NOT NULL "
	"FROM ledger l "
	"JOIN stream t ON t.id = l.stream_id JOIN source s ON s.id = t.source_id "
	"WHERE l.message_id = ?1 ORDER BY l.id LIMIT 200";

int
sightings_of(struct store *store, struct arena *arena, int64_t message_id, struct sighting **out,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SIGHTINGS);
	unsigned room = 0;

	*out = NULL;
	*count = 0;
	stmt_bind_int(q, message_id);
	while (*count < SIGHTINGS_MAX && stmt_row(q)) {
		if (*count == room) {
			struct sighting *more = arena_array(arena, room * 2 + 4, sizeof *more);

			if (*count > 0)
				memcpy(more, *out, *count * sizeof *more);
			*out = more;
			room = room * 2 + 4;
		}
		read_sighting(q, arena, &(*out)[(*count)++]);
	}
	return stmt_end(q, err);
}

static const char SELECT_DECIDED[] =
	"SELECT uid FROM ledger WHERE stream_id = ?1 AND uid BETWEEN ?2 AND ?3 "
	"UNION SELECT uid FROM outside WHERE stream_id = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid";

int
ledger_decided(struct store *store, int64_t stream_id, uint32_t low, uint32_t high,
	struct uid_set *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_DECIDED);

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, low);
	stmt_bind_int(q, high);
	while (stmt_row(q))
		uid_set_add(out, (uint32_t)stmt_int(q));
	return stmt_end(q, err);
}
