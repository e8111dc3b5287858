#include "liaison/store/event_log.h"

static const char INSERT_EVENT[] = "INSERT INTO event (at, kind, record) VALUES (?, ?, ?)";

int
event_log_add(struct store *store, int64_t at, const char *kind, const char *record, int64_t *seq,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_EVENT);

	stmt_bind_int(q, at);
	stmt_bind_text(q, kind);
	stmt_bind_text(q, record);
	if (stmt_run(q, err) < 0)
		return -1;
	*seq = store_last_id(store);
	return 0;
}

static const char SELECT_AFTER[] =
	"SELECT seq, kind, record FROM event WHERE seq > ? ORDER BY seq LIMIT ?";

int
event_log_list(struct store *store, struct arena *arena, int64_t from, unsigned max,
	struct event_entry **out, unsigned *count, struct err *err)
{
	struct event_entry *entries = arena_array(arena, max, sizeof *entries);
	struct stmt *q = sql_prepare(store, SELECT_AFTER);
	unsigned found = 0;

	stmt_bind_int(q, from);
	stmt_bind_int(q, max);
	while (found < max && stmt_row(q)) {
		entries[found].seq = stmt_int(q);
		entries[found].kind = stmt_text_copy(q, arena);
		entries[found].record = stmt_text_copy(q, arena);
		found++;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = entries;
	*count = found;
	return 0;
}

static const char SELECT_FIRST[] = "SELECT min(seq) FROM event";
static const char SELECT_LAST[] = "SELECT max(seq) FROM event";

int
event_log_bounds(struct store *store, int64_t *first, int64_t *last, struct err *err)
{
	bool found;

	*first = *last = 0;
	if (sql_get_int(sql_prepare(store, SELECT_FIRST), first, &found, err) < 0)
		return -1;
	return sql_get_int(sql_prepare(store, SELECT_LAST), last, &found, err);
}

static const char DELETE_OLD[] = "DELETE FROM event WHERE seq <= (SELECT max(seq) FROM event) - ?";

int
event_log_prune(struct store *store, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_OLD);

	stmt_bind_int(q, EVENT_LOG_KEEP);
	return stmt_run(q, err);
}
