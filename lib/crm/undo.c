#include "liaison/crm/undo.h"

/* ---- batches ---- */

static const char SELECT_BATCH[] =
	"SELECT CASE batch WHEN 0 THEN id ELSE batch END FROM journal WHERE id = ?";
static const char SELECT_SIZE[] =
	"SELECT coalesce(max(id), 0), count(*) FROM journal WHERE batch = ?";
/* Of an undo: the command whose entries it took back in the end. */
static const char SELECT_METHOD[] =
	"WITH RECURSIVE of(batch, depth) AS (SELECT ?1, 0 UNION ALL"
	" SELECT u.batch, of.depth + 1 FROM of JOIN undo u ON u.by = of.batch WHERE of.depth < "
	"1000)"
	" SELECT j.method FROM of JOIN journal j ON j.id = of.batch ORDER BY of.depth DESC LIMIT 1";

static int
read_size(struct store *store, struct undo_batch *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SIZE);

	stmt_bind_int(q, out->id);
	if (stmt_row(q)) {
		out->last = stmt_int(q);
		out->entries = stmt_int(q) + 1;
	}
	if (out->last == 0)
		out->last = out->id;
	return stmt_end(q, err);
}

static const char SELECT_IS_UNDO[] = "SELECT 1 FROM undo WHERE by = ? LIMIT 1";

static int
read_method(struct store *store, struct arena *arena, struct undo_batch *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_METHOD);

	stmt_bind_int(q, out->id);
	out->method = stmt_row(q) ? stmt_text_copy(q, arena) : "";
	if (stmt_end(q, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_IS_UNDO);
	stmt_bind_int(q, out->id);
	return sql_get_int(q, NULL, &out->is_undo, err);
}

int
undo_batch(struct store *store, struct arena *arena, int64_t entry, struct undo_batch *out,
	struct err *err)
{
	struct undo_batch batch = { 0 };
	struct stmt *q = sql_prepare(store, SELECT_BATCH);
	bool found;

	stmt_bind_int(q, entry);
	if (sql_get_int(q, &batch.id, &found, err) < 0)
		return -1;
	if (!found)
		return fail_field(err, ERR_NOT_FOUND, "audit_id", "the journal has no entry '%lld'",
			(long long)entry);
	if (read_size(store, &batch, err) < 0 || read_method(store, arena, &batch, err) < 0)
		return -1;
	*out = batch;
	return 0;
}

static const char SELECT_ENTRIES[] = "SELECT " AUDIT_COLUMNS " FROM journal"
				     " WHERE batch = ?1 AND id <= ?2 ORDER BY id DESC LIMIT ?3";
static const char SELECT_FIRST[] = "SELECT " AUDIT_COLUMNS " FROM journal"
				   " WHERE id = ?1 AND id <= ?2 LIMIT ?3";

/* A batch bears the id of its first entry, which has none itself. */
int
undo_entries(struct store *store, struct arena *arena, int64_t batch, int64_t up_to, unsigned max,
	struct audit_entry **out, unsigned *count, struct err *err)
{
	struct audit_entry *entries = arena_array(arena, max, sizeof *entries);
	const char *const parts[] = { SELECT_ENTRIES, SELECT_FIRST };
	unsigned found = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts && found < max; i++) {
		struct stmt *q = sql_prepare(store, parts[i]);

		stmt_bind_int(q, batch);
		stmt_bind_int(q, up_to);
		stmt_bind_int(q, max - found);
		while (stmt_row(q))
			audit_read(q, arena, &entries[found++]);
		if (stmt_end(q, err) < 0)
			return -1;
	}
	*out = entries;
	*count = found;
	return 0;
}

/* ---- what was undone ---- */

static const char SELECT_UNDO[] =
	"SELECT id, batch, by, next, entries, changed, added, removed, kept FROM undo"
	" WHERE batch = ? ORDER BY id DESC LIMIT 1";

int
undo_find(struct store *store, int64_t batch, struct undo *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_UNDO);

	*out = (struct undo){ 0 };
	stmt_bind_int(q, batch);
	if (stmt_row(q)) {
		out->id = stmt_int(q);
		out->batch = stmt_int(q);
		out->by = stmt_int(q);
		out->next = stmt_int(q);
		out->entries = stmt_int(q);
		out->changed = stmt_int(q);
		out->added = stmt_int(q);
		out->removed = stmt_int(q);
		out->kept = stmt_int(q);
	}
	return stmt_end(q, err);
}

static bool
took_nothing(const struct undo *undo)
{
	return undo->changed == 0 && undo->added == 0 && undo->removed == 0;
}

int
undo_is_undone(struct store *store, int64_t batch, bool *undone, struct err *err)
{
	bool is = false;

	for (;; is = !is) {
		struct undo undo;

		if (undo_find(store, batch, &undo, err) < 0)
			return -1;
		if (undo.id == 0 || undo.next != 0 || took_nothing(&undo))
			break;
		batch = undo.by;
	}
	*undone = is;
	return 0;
}

static const char INSERT_UNDO[] = "INSERT INTO undo (batch, by, next, entries) VALUES (?, ?, ?, ?)";

int
undo_add(struct store *store, struct undo *undo, struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_UNDO);

	stmt_bind_int(q, undo->batch);
	stmt_bind_int(q, undo->by);
	stmt_bind_int(q, undo->next);
	stmt_bind_int(q, undo->entries);
	if (stmt_run(q, err) < 0)
		return -1;
	undo->id = store_last_id(store);
	return 0;
}

static const char UPDATE_UNDO[] = "UPDATE undo SET next = ?2, changed = ?3, added = ?4,"
				  " removed = ?5, kept = ?6 WHERE id = ?1";

int
undo_keep(struct store *store, const struct undo *undo, struct err *err)
{
	struct stmt *q = sql_prepare(store, UPDATE_UNDO);

	stmt_bind_int(q, undo->id);
	stmt_bind_int(q, undo->next);
	stmt_bind_int(q, undo->changed);
	stmt_bind_int(q, undo->added);
	stmt_bind_int(q, undo->removed);
	stmt_bind_int(q, undo->kept);
	return stmt_run(q, err);
}

/* ---- what was done since ---- */

/* The batches after one that concern the record; ?5, ?6: those that do not count. An undo's own entries
 * count with what they take back. */
static const char SELECT_LATER[] =
	"SELECT DISTINCT CASE j.batch WHEN 0 THEN j.id ELSE j.batch END AS b FROM journal j"
	" WHERE j.noun = ?1 AND j.record = ?2 AND j.id > ?4"
	" AND b NOT IN (?5, ?6) AND b > ?7 AND NOT EXISTS (SELECT 1 FROM undo u WHERE u.by = b)"
	" UNION"
	" SELECT DISTINCT CASE j.batch WHEN 0 THEN j.id ELSE j.batch END AS b FROM journal j"
	" WHERE j.contact = ?3 AND j.id > ?4"
	" AND b NOT IN (?5, ?6) AND b > ?7 AND NOT EXISTS (SELECT 1 FROM undo u WHERE u.by = b)"
	" ORDER BY b LIMIT 1";

static int
next_batch(struct store *store, const struct audit_entry *entry, int64_t contact, int64_t own,
	int64_t *batch, bool *found, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_LATER);

	stmt_bind_text(q, entry->noun);
	stmt_bind_int(q, entry->record);
	stmt_bind_int_or_null(q, contact, contact == 0);
	stmt_bind_int(q, entry->id);
	stmt_bind_int(q, entry->batch != 0 ? entry->batch : entry->id);
	stmt_bind_int(q, own);
	stmt_bind_int(q, *batch);
	return sql_get_int(q, batch, found, err);
}

int
undo_is_touched(struct store *store, const struct audit_entry *entry, int64_t contact, int64_t own,
	bool *touched, struct err *err)
{
	int64_t batch = 0;

	for (;;) {
		bool found, undone;

		if (next_batch(store, entry, contact, own, &batch, &found, err) < 0)
			return -1;
		*touched = found;
		if (!found || undo_is_undone(store, batch, &undone, err) < 0)
			return found ? -1 : 0;
		if (!undone)
			return 0;
	}
}
