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
