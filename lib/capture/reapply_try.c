#include <string.h>

#include "reapply.h"

/* A draft of rules tried on a stretch of the ledger. It may be about every row, so conditions are judged
 * here and not in SQL: rows are read in one walk, and what no rule may concern is not decided. */

struct tried_row {
	struct sighting seen;
	enum decision plain;
	bool alone; /* no other row is of its message */
};

static const char COUNT_ROWS[] = "SELECT count(*) FROM ledger WHERE id > ? AND id <= ?";

static const char SELECT_ROWS[] =
	"SELECT l.id, l.stream_id, l.message_id, l.decision, coalesce(l.plain, l.decision), "
	"l.by_hand, l.rule IS NOT NULL OR l.plain IS NOT NULL, "
	"(SELECT count(*) FROM ledger o WHERE o.message_id = l.message_id) = 1 "
	"FROM ledger l JOIN message m ON m.id = l.message_id "
	"WHERE l.id > ?1 AND l.id <= ?2 AND m.at >= ?3 ORDER BY l.id";

static int
count_rows(struct store *store, const struct ledger_span *span, int64_t *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_ROWS);
	bool found;

	*count = 0;
	stmt_bind_int(q, span->after);
	stmt_bind_int(q, span->last);
	return sql_get_int(q, count, &found, err);
}

static int
read_rows(struct turn *turn, const struct ledger_span *span, struct tried_row **out, size_t *count,
	struct err *err)
{
	struct stmt *q;
	int64_t room;

	if (count_rows(turn->store, span, &room, err) < 0)
		return -1;
	*out = arena_array(turn->lasting, (size_t)room + 1, sizeof **out);
	*count = 0;
	q = sql_prepare(turn->store, SELECT_ROWS);
	stmt_bind_int(q, span->after);
	stmt_bind_int(q, span->last);
	stmt_bind_int(q, span->since);
	while (*count < (size_t)room && stmt_row(q)) {
		struct tried_row *row = &(*out)[(*count)++];

		row->seen.id = stmt_int(q);
		row->seen.stream_id = stmt_int(q);
		row->seen.message_id = stmt_int(q);
		row->seen.decision = decision_word(decision_by_word(stmt_text(q)));
		row->plain = decision_by_word(stmt_text(q));
		row->seen.by_hand = stmt_int(q) != 0;
		row->seen.marked = stmt_int(q) != 0;
		row->alone = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

/* A message has one decision but for its copies; copies of what is not captured share it. */
static bool
counts(const struct again *it, const struct sighting *row)
{
	if (strcmp(row->decision, decision_word(DECIDED_DUPLICATE)) == 0)
		return false;
	for (unsigned i = 0; i < it->count; i++) {
		if (it->seen[i].id < row->id && strcmp(it->seen[i].decision, row->decision) == 0)
			return false;
	}
	return true;
}

/* As the conditions see it in SQL. */
static bool
is_concerned(struct again *it, const struct tried_row *row)
{
	const struct rules *rules = &it->turn.capture->rules;
	struct view view = it->view;

	view.plain = row->plain;
	view.direction = it->stored.direction;
	for (unsigned i = 0; i < rules->count; i++) {
		if (rule_judge(&it->turn, &view, NULL, &rules->items[i]) != QUERY_FALSE)
			return true;
	}
	return row->seen.marked;
}

static int
at_stream(struct turn *turn, int64_t stream_id, struct arena *scratch, struct err *err)
{
	struct stream stream;
	int failed;

	if (turn->stream_id == stream_id)
		return 0;
	turn->arena = turn->lasting;
	failed = turn_at_stream(turn, stream_id, &stream, err);
	turn->arena = scratch;
	return failed;
}

static int
see_copies(struct again *it, struct tried_row *row, struct err *err)
{
	it->seen = &row->seen;
	it->count = 1;
	return row->alone ? 0
			  : sightings_of(it->turn.store, it->turn.arena, row->seen.message_id,
				    &it->seen, &it->count, err);
}

static int
try_row(struct again *it, struct tried_row *row, const struct trying *trying, struct err *err)
{
	struct reapplied told = { .row = row->seen.id };

	if (see_copies(it, row, err) < 0)
		return -1;
	if (counts(it, &row->seen))
		trying->tally(trying->to, row->seen.decision, 1);
	it->main = again_main(it->seen, it->count);
	if (it->main == NULL || it->main->id != row->seen.id)
		return 0;
	if (at_stream(&it->turn, row->seen.stream_id, it->turn.arena, err) < 0 ||
		again_read(it, row->seen.message_id, err) < 0)
		return -1;
	if (!is_concerned(it, row))
		return 0;
	told.at = it->stored.event.at;
	if (again_decide(it, err) < 0 || again_judge(it, true, &told, err) < 0)
		return -1;
	return trying->each(trying->to, &told, err);
}

int
capture_try_span(struct store *store, struct capture *capture, struct arena *arena,
	struct arena *scratch, const struct ledger_span *span, int64_t now,
	const struct trying *trying, struct err *err)
{
	struct capture_result result = { 0 };
	struct tried_row *rows;
	struct turn turn;
	size_t count;

	if (turn_begin(&turn, store, capture, arena, now, &result, err) < 0 ||
		read_rows(&turn, span, &rows, &count, err) < 0)
		return -1;
	turn.arena = scratch;
	for (size_t i = 0; i < count; i++) {
		struct again it = { .turn = turn };

		arena_reset(scratch);
		known_trim(&capture->known);
		if (try_row(&it, &rows[i], trying, err) < 0)
			return -1;
		turn = it.turn;
	}
	return 0;
}
