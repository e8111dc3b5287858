#include <string.h>

#include "reapply.h"

/* A draft of rules tried on a stretch of the ledger. It may be about every row, so conditions are judged
 * here and not in SQL: rows are read in one walk, their parties in another, and what no rule may concern is
 * not decided. */

struct tried_row {
	struct sighting seen;
	enum decision plain;
	bool alone; /* no other row is of its message */
	int64_t interaction_id; /* 0: none */
	struct stored stored; /* but its headers */
	unsigned room; /* for its parties */
};

static const char COUNT_ROWS[] = "SELECT count(*) FROM ledger WHERE id > ? AND id <= ?";

static const char SELECT_ROWS[] =
	"SELECT l.id, l.stream_id, l.decision, coalesce(l.plain, l.decision), "
	"l.by_hand, l.rule IS NOT NULL OR l.plain IS NOT NULL, "
	"(SELECT count(*) FROM ledger o WHERE o.message_id = l.message_id) = 1, "
	"(SELECT i.id FROM interaction i WHERE i.message_id = l.message_id), " STORED_MESSAGE " "
	"FROM ledger l CROSS JOIN message m ON m.id = l.message_id "
	"LEFT JOIN meeting g ON g.message_id = m.id "
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

static void
read_row(struct stmt *q, struct arena *arena, struct tried_row *row)
{
	row->seen.id = stmt_int(q);
	row->seen.stream_id = stmt_int(q);
	row->seen.decision = decision_word(decision_by_word(stmt_text(q)));
	row->plain = decision_by_word(stmt_text(q));
	row->seen.by_hand = stmt_int(q) != 0;
	row->seen.marked = stmt_int(q) != 0;
	row->alone = stmt_int(q) != 0;
	row->interaction_id = stmt_int(q);
	stored_message(q, arena, &row->stored);
	row->seen.message_id = row->stored.id;
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
	while (*count < (size_t)room && stmt_row(q))
		read_row(q, turn->lasting, &(*out)[(*count)++]);
	return stmt_end(q, err);
}

static const char SELECT_PARTIES[] =
	"SELECT l.id, " STORED_PARTY " FROM ledger l CROSS JOIN party p "
	"ON p.message_id = l.message_id LEFT JOIN address a ON a.id = p.address_id "
	"WHERE l.id BETWEEN ? AND ? ORDER BY l.id, p.place";

/* Both come in the same order; rows of too long ago are among the parties alone. */
static int
read_parties(struct turn *turn, struct tried_row *rows, size_t count, struct err *err)
{
	struct stmt *q;
	size_t i = 0;

	if (count == 0)
		return 0;
	q = sql_prepare(turn->store, SELECT_PARTIES);
	stmt_bind_int(q, rows[0].seen.id);
	stmt_bind_int(q, rows[count - 1].seen.id);
	while (stmt_row(q)) {
		int64_t id = stmt_int(q);

		while (i < count && rows[i].seen.id < id)
			i++;
		if (i < count && rows[i].seen.id == id)
			stored_party(q, turn->lasting, &rows[i].stored, &rows[i].room);
	}
	return stmt_end(q, err);
}

static const char ANY_HEADERS[] =
	"SELECT EXISTS (SELECT 1 FROM ledger l JOIN message_header h ON h.message_id = "
	"l.message_id WHERE l.id > ? AND l.id <= ?)";

/* Most messages have none: not each of them is asked then. */
static int
read_headers(struct turn *turn, const struct ledger_span *span, struct tried_row *rows,
	size_t count, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, ANY_HEADERS);
	int64_t any = 0;

	stmt_bind_int(q, span->after);
	stmt_bind_int(q, span->last);
	if (sql_get_int(q, &any, NULL, err) < 0)
		return -1;
	for (size_t i = 0; any != 0 && i < count; i++) {
		if (headers_load(turn->store, turn->lasting, rows[i].stored.id,
			    &rows[i].stored.event, err) < 0)
			return -1;
	}
	return 0;
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
is_concerned(struct again *it, const struct tried_row *row, struct rule_verdict *verdicts)
{
	const struct rules *rules = &it->turn.capture->rules;
	const struct stored *stored = &row->stored;
	const struct view view = { .event = &stored->event,
		.meeting = stored->meeting.event_uid != NULL ? &stored->meeting : NULL,
		.kept = stored->kept,
		.plain = row->plain,
		.direction = stored->direction,
		.verdicts = verdicts };

	for (unsigned i = 0; i < rules->count; i++) {
		if (rule_judge(&it->turn, &view, NULL, &rules->items[i]) != QUERY_FALSE)
			return true;
	}
	return row->seen.marked || rules_former_concern(&it->turn, &view);
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

/* Of what is captured and stays so. */
static void
compare_levels(struct again *it, struct reapplied *told)
{
	const struct rules *rules = &it->turn.capture->rules, *former = &it->turn.capture->former;
	enum config_level before, after;

	if (strcmp(told->before, decision_word(DECIDED_CAPTURED)) != 0 ||
		strcmp(told->after, told->before) != 0 || told->by_hand ||
		((rules->kinds | former->kinds) & 1u << KIND_LEVEL) == 0)
		return;
	before = rules_former_level(&it->turn, &it->view);
	after = view_level(&it->turn, &it->view);
	if (before == after)
		return;
	told->level_before = config_level_words[before];
	told->level_after = config_level_words[after];
	if (told->rule == 0 && !told->changed)
		told->rule = rule_number(it->view.level);
}

static int
try_row(struct again *it, struct tried_row *row, const struct trying *trying, struct err *err)
{
	struct reapplied told = { .row = row->seen.id };
	struct rule_verdict *verdicts;

	if (see_copies(it, row, err) < 0)
		return -1;
	if (counts(it, &row->seen))
		trying->tally(trying->to, row->seen.decision, 1);
	it->main = again_main(it->seen, it->count);
	if (it->main == NULL || it->main->id != row->seen.id)
		return 0;
	if (at_stream(&it->turn, row->seen.stream_id, it->turn.arena, err) < 0)
		return -1;
	verdicts = arena_array(it->turn.arena, it->turn.capture->rules.count + 1, sizeof *verdicts);
	if (!is_concerned(it, row, verdicts))
		return 0;
	it->stored = row->stored;
	it->interaction_id = row->interaction_id;
	told.at = it->stored.event.at;
	if (again_see(it, err) < 0)
		return -1;
	it->view.verdicts = verdicts;
	if (again_decide(it, err) < 0 || again_judge(it, true, &told, err) < 0)
		return -1;
	compare_levels(it, &told);
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
		read_rows(&turn, span, &rows, &count, err) < 0 ||
		read_parties(&turn, rows, count, err) < 0 ||
		read_headers(&turn, span, rows, count, err) < 0)
		return -1;
	turn.arena = scratch;
	for (size_t i = 0; i < count; i++) {
		struct again it = { .turn = turn, .unread = trying->unread };

		arena_reset(scratch);
		known_trim(&capture->known);
		if (try_row(&it, &rows[i], trying, err) < 0)
			return -1;
		turn = it.turn;
	}
	return 0;
}
