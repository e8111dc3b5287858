#include <string.h>

#include "liaison/base/crypt.h"
#include "rules.h"

/* Stretches of the ledger: which rows rules may concern, how they are decided, how far a run is. */

int
capture_concerned(struct store *store, struct capture *capture, struct arena *arena,
	const struct ledger_span *span, int64_t **ids, size_t *count, struct err *err)
{
	struct query_node *where = query_fixed(
		arena, "(l.rule IS NOT NULL OR l.plain IS NOT NULL) AND 1 = ?", 1);
	const struct rules *rules = &capture->rules;

	for (unsigned i = 0; i < rules->count; i++) {
		struct query_node *one;

		if (rule_parse(arena, rules->items[i].written, &one, err) < 0)
			return -1;
		where = query_or(arena, where, one);
	}
	where = query_and(arena, where, query_fixed(arena, "l.id > ?", span->after));
	where = query_and(arena, where, query_fixed(arena, "l.id <= ?", span->last));
	where = query_and(arena, where, query_fixed(arena, "m.at >= ?", span->since));
	return query_ids_sure(
		store, arena, &message_noun, where, QUERY_POSSIBLE, 0, ids, count, err);
}

/* A message has one decision but for its copies; copies of what is not captured share it. */
static const char SELECT_TALLY[] =
	"SELECT l.decision, count(*) FROM ledger l JOIN message m ON m.id = l.message_id "
	"WHERE l.id > ?1 AND l.id <= ?2 AND m.at >= ?3 AND l.decision <> 'duplicate' "
	"AND NOT EXISTS (SELECT 1 FROM ledger o WHERE o.message_id = l.message_id AND o.id < l.id "
	"AND o.decision = l.decision) GROUP BY l.decision";

int
ledger_tally(struct store *store, const struct ledger_span *span,
	void (*each)(void *to, const char *decision, int64_t count), void *to, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_TALLY);

	stmt_bind_int(q, span->after);
	stmt_bind_int(q, span->last);
	stmt_bind_int(q, span->since);
	while (stmt_row(q)) {
		const char *word = decision_word(decision_by_word(stmt_text(q)));

		each(to, word, stmt_int(q));
	}
	return stmt_end(q, err);
}

static uint64_t
add_names(uint64_t hash, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = hash * 31 + hash64(names[i], strlen(names[i]));
	return hash * 31 + count;
}

static const char SELECT_STAMP[] = "SELECT stamp FROM rule_state";

int
reapply_key(struct store *store, const struct capture *capture, struct arena *arena,
	const char *filter, const char **key, struct err *err)
{
	const struct own *own = &capture->own;
	uint64_t ours = 0;
	int64_t stamp = 0;
	bool found;

	if (sql_get_int(sql_prepare(store, SELECT_STAMP), &stamp, &found, err) < 0)
		return -1;
	ours = add_names(ours, own->addresses, own->address_count);
	ours = add_names(ours, own->patterns, own->pattern_count);
	ours = add_names(ours, own->colleagues, own->colleague_count);
	*key = arena_printf(
		arena, "%s\n%lld %016llx", filter, (long long)stamp, (unsigned long long)ours);
	return 0;
}

static const char SELECT_UNFINISHED[] =
	"SELECT last_row, batch FROM reapply WHERE done = 0 AND filter = ?";

int
reapply_resume(struct store *store, const char *key, int64_t *cursor, int64_t *batch, bool *resumed,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_UNFINISHED);

	stmt_bind_text(q, key);
	*resumed = stmt_row(q);
	if (*resumed) {
		*cursor = stmt_int(q);
		*batch = stmt_int(q);
	}
	return stmt_end(q, err);
}

static const char NOTE[] =
	"INSERT OR REPLACE INTO reapply (id, filter, last_row, batch, done) VALUES (1, ?, ?, ?, ?)";

int
reapply_note(struct store *store, const char *key, int64_t cursor, int64_t batch, bool done,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, NOTE);

	stmt_bind_text(q, key);
	stmt_bind_int(q, cursor);
	stmt_bind_int(q, batch);
	stmt_bind_int(q, done);
	return stmt_run(q, err);
}
