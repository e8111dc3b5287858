#include "liaison/store/audit.h"

#include <string.h>

void
audit_read(struct stmt *q, struct arena *arena, struct audit_entry *out)
{
	out->id = stmt_int(q);
	out->at = stmt_int(q);
	out->user = stmt_text_copy(q, arena);
	out->method = stmt_text_copy(q, arena);
	out->noun = stmt_text_copy(q, arena);
	out->record = stmt_int(q);
	out->before = stmt_text_copy(q, arena);
	out->after = stmt_text_copy(q, arena);
	out->batch = stmt_int(q);
}

static const char SELECT_PAGE[] = "SELECT " AUDIT_COLUMNS " FROM journal"
				  " WHERE id < ?1 AND at >= ?2 AND (?3 IS NULL OR user = ?3)"
				  " ORDER BY id DESC LIMIT ?4";
static const char SELECT_RECORD_PAGE[] =
	"SELECT " AUDIT_COLUMNS " FROM journal"
	" WHERE id < ?1 AND at >= ?2 AND (?3 IS NULL OR user = ?3) AND noun = ?5 AND record = ?6"
	" ORDER BY id DESC LIMIT ?4";

int
audit_list(struct store *store, struct arena *arena, const struct audit_question *question,
	struct audit_entry **out, unsigned *count, struct err *err)
{
	struct audit_entry *entries = arena_array(arena, question->limit, sizeof *entries);
	struct stmt *q = sql_prepare(
		store, question->record > 0 ? SELECT_RECORD_PAGE : SELECT_PAGE);
	unsigned found = 0;

	stmt_bind_int(q, question->before > 0 ? question->before : INT64_MAX);
	stmt_bind_int(q, question->since);
	stmt_bind_text(q, question->user);
	stmt_bind_int(q, question->limit);
	if (question->record > 0) {
		stmt_bind_text(q, question->noun);
		stmt_bind_int(q, question->record);
	}
	while (found < question->limit && stmt_row(q))
		audit_read(q, arena, &entries[found++]);
	if (stmt_end(q, err) < 0)
		return -1;
	*out = entries;
	*count = found;
	return 0;
}

static const char DELETE_OLD[] =
	"DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE at < ? ORDER BY id LIMIT ?)";

int
audit_prune(struct store *store, int64_t before, unsigned max, int64_t *gone, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_OLD);

	stmt_bind_int(q, before);
	stmt_bind_int(q, max);
	if (stmt_run(q, err) < 0)
		return -1;
	*gone = store_changes(store);
	return 0;
}
