#include <string.h>

#include "liaison/base/crypt.h"
#include "liaison/base/utf8.h"
#include "rules.h"
#include "withheld.h"

/* Stretches of the ledger: what of them is withheld, how far a run is. */

static const char COUNT_WITHHELD[] =
	"SELECT count(*) FROM ledger l JOIN stream t ON t.id = l.stream_id "
	"JOIN source s ON s.id = t.source_id JOIN message m ON m.id = l.message_id "
	"WHERE l.id > ?1 AND l.id <= ?2 AND m.at >= ?3 AND " CAPTURE_LEVEL " <> 0";

int
ledger_withheld(
	struct store *store, const struct ledger_span *span, int64_t *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_WITHHELD);
	bool found;

	stmt_bind_int(q, span->after);
	stmt_bind_int(q, span->last);
	stmt_bind_int(q, span->since);
	return sql_get_int(q, count, &found, err);
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
	const char *filter, const struct unread_folders *unread, const char **key, struct err *err)
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
	for (size_t i = 0; i < unread->count; i++) {
		ours = add_names(ours, &unread->items[i].source, 1);
		ours = add_names(ours, &unread->items[i].folder, 1);
	}
	*key = arena_printf(
		arena, "%s\n%lld %016llx", filter, (long long)stamp, (unsigned long long)ours);
	return 0;
}

/* One that changed nothing yet has no batch, and loses nothing when it begins at the beginning. */
static const char SELECT_UNFINISHED[] =
	"SELECT r.last_row, r.batch, r.filter = ?1 AND j.at >= ?2 FROM reapply r "
	"LEFT JOIN journal j ON j.id = r.batch WHERE r.done = 0 AND substr(r.filter, 1, ?3) = "
	"substr(?1, 1, ?3)";

int
reapply_resume(struct store *store, const char *key, int64_t now, int64_t *cursor, int64_t *batch,
	enum reapply_found *found, struct err *err)
{
	enum { FRESH_SECONDS = 24 * 60 * 60 };
	struct stmt *q = sql_prepare(store, SELECT_UNFINISHED);
	int64_t last = 0, first = 0;

	*found = REAPPLY_NONE;
	stmt_bind_text(q, key);
	stmt_bind_int(q, now - FRESH_SECONDS);
	stmt_bind_int(q, (int64_t)utf8_count_n(key, (size_t)(strrchr(key, '\n') - key)) + 1);
	if (stmt_row(q)) {
		last = stmt_int(q);
		first = stmt_int(q);
		*found = stmt_int(q) != 0 ? REAPPLY_RESUMED : REAPPLY_OUTDATED;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (*found == REAPPLY_RESUMED) {
		*cursor = last;
		*batch = first;
	}
	return 0;
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
