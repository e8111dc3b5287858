#include <string.h>

#include "interaction_hand.h"
#include "search_index.h"

/* A recorded meeting follows its calendar, but for what people changed of it. */

/* ---- what people changed ----------------------------------------------------------------------- */

static const struct {
	const char *key;
	unsigned hand;
} hands[] = {
	{ "status", HAND_STATUS },
	{ "at", HAND_TIMES },
	{ "end", HAND_TIMES },
	{ "all_day", HAND_TIMES },
	{ "subject", HAND_SUBJECT },
	{ "location", HAND_LOCATION },
	{ "contacts", HAND_CONTACTS },
	{ "initiated_by", HAND_INITIATOR },
	{ "duration_min", HAND_DURATION },
	{ "template", HAND_TEMPLATE },
};

static const char SELECT_BY_HAND[] =
	"SELECT DISTINCT f.key FROM journal j, json_each(j.after) f WHERE j.noun = 'interaction'"
	" AND j.record = ? AND j.before IS NOT NULL";

int
interaction_by_hand(struct store *store, int64_t id, unsigned *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_BY_HAND);

	*out = 0;
	stmt_bind_int(q, id);
	while (stmt_row(q)) {
		const char *key = stmt_text(q);

		for (size_t i = 0; key != NULL && i < sizeof hands / sizeof hands[0]; i++) {
			if (strcmp(hands[i].key, key) == 0)
				*out |= hands[i].hand;
		}
	}
	return stmt_end(q, err);
}

/* ---- the row ----------------------------------------------------------------------------------- */

struct meeting_row {
	struct interaction is;
	const char *parties;
};

static const char SELECT_ROW[] =
	"SELECT status, initiated_by, at, offset_min, end_at, all_day, location, subject,"
	" message_id, recurrence_id, duration_min, parties FROM interaction WHERE id = ?";

static int
load_row(struct store *store, struct arena *arena, int64_t id, struct meeting_row *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ROW);
	struct interaction *is = &out->is;

	memset(out, 0, sizeof *out);
	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		is->id = id;
		is->status = stmt_text_copy(q, arena);
		is->initiated_by = stmt_text_copy(q, arena);
		is->at = stmt_int(q);
		is->offset_min = (int)stmt_int(q);
		is->end_at = stmt_int(q);
		is->all_day = stmt_int(q) != 0;
		is->location = stmt_text_copy(q, arena);
		is->subject = stmt_text_copy(q, arena);
		is->message_id = stmt_int(q);
		is->recurrence_id = stmt_text_copy(q, arena);
		is->duration_min = stmt_int(q);
		out->parties = stmt_text_copy(q, arena);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (is->id == 0)
		return fail(err, ERR_NOT_FOUND, "there is no interaction '%lld'", (long long)id);
	return 0;
}

static void
keep_by_hand(struct interaction *to, const struct interaction *is, unsigned by_hand)
{
	if (by_hand & HAND_STATUS)
		to->status = is->status;
	if (by_hand & HAND_TIMES) {
		to->at = is->at;
		to->offset_min = is->offset_min;
		to->end_at = is->end_at;
		to->all_day = is->all_day;
	}
	if (by_hand & (HAND_TIMES | HAND_DURATION))
		to->duration_min = is->duration_min;
	if (by_hand & HAND_SUBJECT)
		to->subject = is->subject;
	if (by_hand & HAND_LOCATION)
		to->location = is->location;
	if (by_hand & HAND_INITIATOR)
		to->initiated_by = is->initiated_by;
}

static bool
same_row(const struct meeting_row *a, const struct meeting_row *b)
{
	const struct interaction *x = &a->is, *y = &b->is;

	return x->at == y->at && x->offset_min == y->offset_min && x->end_at == y->end_at &&
	       x->all_day == y->all_day && x->duration_min == y->duration_min &&
	       text_same(x->status, y->status) && text_same(x->initiated_by, y->initiated_by) &&
	       text_same(x->location, y->location) && text_same(x->subject, y->subject) &&
	       text_same(x->recurrence_id, y->recurrence_id) && text_same(a->parties, b->parties);
}

static const char UPDATE_ROW[] =
	"UPDATE interaction SET status = ?2, initiated_by = ?3, at = ?4, offset_min = ?5,"
	" end_at = ?6, all_day = ?7, location = ?8, subject = ?9, recurrence_id = ?10,"
	" duration_min = ?11, parties = ?12, changed = ?13, version = version + 1 WHERE id = ?1";

static int
update_row(struct store *store, const struct meeting_row *row, int64_t now, struct err *err)
{
	const struct interaction *to = &row->is;
	struct stmt *q = sql_prepare(store, UPDATE_ROW);

	stmt_bind_int(q, to->id);
	stmt_bind_text(q, to->status);
	stmt_bind_text(q, to->initiated_by);
	stmt_bind_int(q, to->at);
	stmt_bind_int(q, to->offset_min);
	stmt_bind_int_or_null(q, to->end_at, to->end_at == 0);
	stmt_bind_int(q, to->all_day);
	stmt_bind_text(q, to->location);
	stmt_bind_text(q, to->subject);
	stmt_bind_text(q, to->recurrence_id);
	stmt_bind_int(q, to->duration_min);
	stmt_bind_text(q, row->parties);
	stmt_bind_int(q, now);
	return stmt_run(q, err);
}

static const char MOVE_LINKS[] = "UPDATE interaction_contact SET at = ?2 WHERE interaction_id = ?1";

static const char ADD_MOVE[] =
	"INSERT INTO interaction_move (interaction_id, at, from_at, from_offset, to_at, to_offset)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (interaction_id, at, from_at)"
	" DO UPDATE SET to_at = excluded.to_at, to_offset = excluded.to_offset";

static int
note_move(struct store *store, const struct interaction *from, const struct interaction *to,
	int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, MOVE_LINKS);

	stmt_bind_int(q, from->id);
	stmt_bind_int(q, to->at);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(store, ADD_MOVE);
	stmt_bind_int(q, from->id);
	stmt_bind_int(q, now);
	stmt_bind_int(q, from->at);
	stmt_bind_int(q, from->offset_min);
	stmt_bind_int(q, to->at);
	stmt_bind_int(q, to->offset_min);
	return stmt_run(q, err);
}

static int
change_row(struct store *store, const struct meeting_row *is, const struct meeting_row *to,
	int64_t now, unsigned *changes, struct err *err)
{
	*changes = 0;
	if (same_row(is, to))
		return 0;
	if (search_index_keep(store, to->is.id, err) < 0 || update_row(store, to, now, err) < 0)
		return -1;
	*changes = INTERACTION_CHANGED;
	if (is->is.at != to->is.at) {
		*changes |= INTERACTION_MOVED;
		if (note_move(store, &is->is, &to->is, now, err) < 0)
			return -1;
	}
	if (!text_same(is->is.status, to->is.status) && strcmp(to->is.status, "cancelled") == 0)
		*changes |= INTERACTION_CANCELLED;
	return search_index_follow(store, err);
}

int
interaction_follow(struct store *store, struct arena *arena, const struct interaction *wanted,
	const char *parties, int64_t now, unsigned *changes, struct err *err)
{
	struct meeting_row is, to = { *wanted, parties };
	unsigned by_hand;

	if (load_row(store, arena, wanted->id, &is, err) < 0 ||
		interaction_by_hand(store, wanted->id, &by_hand, err) < 0)
		return -1;
	keep_by_hand(&to.is, &is.is, by_hand);
	return change_row(store, &is, &to, now, changes, err);
}

int
interaction_follow_status(struct store *store, struct arena *arena, int64_t id, const char *status,
	int64_t now, unsigned *changes, struct err *err)
{
	struct meeting_row is, to;
	unsigned by_hand;

	if (load_row(store, arena, id, &is, err) < 0 ||
		interaction_by_hand(store, id, &by_hand, err) < 0)
		return -1;
	to = is;
	to.is.status = by_hand & HAND_STATUS ? is.is.status : status;
	return change_row(store, &is, &to, now, changes, err);
}

/* ---- held -------------------------------------------------------------------------------------- */

static const char SELECT_ENDED[] =
	"SELECT id FROM interaction WHERE status = 'planned' AND kind = 'meeting'"
	" AND coalesce(end_at, at) <= ?1 ORDER BY coalesce(end_at, at) LIMIT ?2";

static const char HOLD[] = "UPDATE interaction SET status = 'held', version = version + 1,"
			   " changed = ?2 WHERE id = ?1";

int
interaction_hold(struct store *store, struct arena *arena, int64_t now, unsigned max, int64_t **ids,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ENDED);

	*ids = arena_array(arena, (size_t)max + 1, sizeof **ids);
	*count = 0;
	stmt_bind_int(q, now);
	stmt_bind_int(q, max);
	while (*count < max && stmt_row(q))
		(*ids)[(*count)++] = stmt_int(q);
	if (stmt_end(q, err) < 0)
		return -1;
	for (unsigned i = 0; i < *count; i++) {
		q = sql_prepare(store, HOLD);
		stmt_bind_int(q, (*ids)[i]);
		stmt_bind_int(q, now);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

static const char SELECT_NEXT[] =
	"SELECT coalesce(end_at, at) FROM interaction WHERE status = 'planned' AND kind = 'meeting'"
	" ORDER BY coalesce(end_at, at) LIMIT 1";

int
interaction_next_end(struct store *store, int64_t *next, struct err *err)
{
	*next = 0;
	return sql_get_int(sql_prepare(store, SELECT_NEXT), next, NULL, err);
}
