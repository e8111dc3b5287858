#include "liaison/store/journal.h"

#include "liaison/base/clock.h"

static const char INSERT_ENTRY[] =
	"INSERT INTO journal (at, user, method, noun, record, contact, before, after, batch)"
	" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

int
journal_add(struct store *store, const struct journal_entry *entry, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_ENTRY);

	stmt_bind_int(q, clock_now());
	stmt_bind_text(q, entry->user);
	stmt_bind_text(q, entry->method);
	stmt_bind_text(q, entry->noun);
	stmt_bind_int(q, entry->record);
	stmt_bind_int_or_null(q, entry->contact, entry->contact == 0);
	stmt_bind_text(q, entry->before);
	stmt_bind_text(q, entry->after);
	stmt_bind_int(q, entry->batch);
	if (stmt_run(q, err) < 0)
		return -1;
	*id = store_last_id(store);
	return 0;
}

int
journal_last(struct store *store, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, "SELECT coalesce(max(id), 0) FROM journal");

	return sql_get_int(q, id, NULL, err);
}

static const char COUNT_RECORDS[] =
	"SELECT count(DISTINCT record) FROM journal WHERE id > ?1 AND noun = ?2";

int
journal_records(
	struct store *store, const char *noun, int64_t after, int64_t *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_RECORDS);

	stmt_bind_int(q, after);
	stmt_bind_text(q, noun);
	return sql_get_int(q, count, NULL, err);
}
