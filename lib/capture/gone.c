#include <string.h>

#include "inside.h"
#include "liaison/capture/retention.h"

/* What a mailbox has no more: noted row by row, since a message that moves leaves one folder before it
 * is seen in another; gone_settle.c does what on-delete says once that was looked at. */

static const char SELECT_ROWS[] =
	"SELECT l.uid, g.uid IS NOT NULL FROM ledger l LEFT JOIN gone g ON g.stream_id = "
	"l.stream_id AND g.uid = l.uid WHERE l.stream_id = ? ORDER BY l.uid";

int
gone_compare(struct store *store, int64_t stream_id, const struct uid_set *all,
	struct uid_set *gone, struct uid_set *back, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ROWS);

	stmt_bind_int(q, stream_id);
	while (stmt_row(q)) {
		uint32_t uid = (uint32_t)stmt_int(q);
		bool noted = stmt_int(q) != 0, there = uid_set_has(all, uid);

		if (there && noted)
			uid_set_add(back, uid);
		else if (!there && !noted)
			uid_set_add(gone, uid);
	}
	return stmt_end(q, err);
}

static const char ADD_GONE[] =
	"INSERT INTO gone (stream_id, uid, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
static const char DELETE_GONE[] = "DELETE FROM gone WHERE stream_id = ?1 AND uid = ?2";

static int
note_each(struct store *store, const char *sql, int64_t stream_id, const struct uid_set *uids,
	const int64_t *at, struct err *err)
{
	for (size_t i = 0; i < uids->count; i++) {
		for (uint64_t uid = uids->ranges[i].first; uid <= uids->ranges[i].last; uid++) {
			struct stmt *q = sql_prepare(store, sql);

			stmt_bind_int(q, stream_id);
			stmt_bind_int(q, (int64_t)uid);
			if (at != NULL)
				stmt_bind_int(q, *at);
			if (stmt_run(q, err) < 0)
				return -1;
		}
	}
	return 0;
}

int
gone_note(struct store *store, int64_t stream_id, const struct uid_set *gone,
	const struct uid_set *back, int64_t now, struct err *err)
{
	if (note_each(store, ADD_GONE, stream_id, gone, &now, err) < 0)
		return -1;
	return note_each(store, DELETE_GONE, stream_id, back, NULL, err);
}

/* ---- folders that are not there any more ------------------------------------------------------- */

static const char SELECT_FOLDERS[] =
	"SELECT id, folder FROM stream WHERE source_id = ? AND current";
static const char ADD_ALL_GONE[] =
	"INSERT INTO gone (stream_id, uid, at) SELECT stream_id, uid, ?2 FROM ledger WHERE "
	"stream_id = ?1 ON CONFLICT DO NOTHING";

static bool
is_named(const char *name, const char *const *names, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static int
note_folder(struct store *store, int64_t stream_id, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, ADD_ALL_GONE);

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, now);
	return stmt_run(q, err);
}

int
gone_folders(struct store *store, int64_t source_id, const char *const *names, unsigned count,
	int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_FOLDERS);

	stmt_bind_int(q, source_id);
	while (stmt_row(q)) {
		int64_t stream = stmt_int(q);

		if (!is_named(stmt_text(q), names, count) &&
			note_folder(store, stream, now, err) < 0)
			return -1;
	}
	return stmt_end(q, err);
}

/* ---- keywords that messages got ---------------------------------------------------------------- */

static const char SELECT_HELD[] =
	"SELECT l.id, l.uid FROM ledger l JOIN message m ON m.id = l.message_id WHERE l.stream_id "
	"= ?1 AND l.uid BETWEEN ?2 AND ?3 AND CASE WHEN ?4 THEN m.held <> 1 ELSE m.held = 2 END";

static int
add_rows(struct store *store, int64_t stream_id, const struct uid_range *range, bool private_,
	int64_t *rows, unsigned most, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_HELD);

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, range->first);
	stmt_bind_int(q, range->last);
	stmt_bind_int(q, private_);
	while (*count < most && stmt_row(q))
		rows[(*count)++] = stmt_int(q);
	return stmt_end(q, err);
}

int
held_compare(struct store *store, struct arena *arena, int64_t stream_id,
	const struct uid_set *uids, bool private_, int64_t **rows, unsigned *count, struct err *err)
{
	enum { HELD_MAX = 1000 };

	*rows = arena_array(arena, HELD_MAX, sizeof **rows);
	*count = 0;
	for (size_t i = 0; i < uids->count && *count < HELD_MAX; i++) {
		if (add_rows(store, stream_id, &uids->ranges[i], private_, *rows, HELD_MAX, count,
			    err) < 0)
			return -1;
	}
	return 0;
}

int
held_note(struct store *store, struct capture *capture, struct arena *arena, const int64_t *rows,
	unsigned count, bool private_, int64_t now, struct capture_result *result, struct err *err)
{
	struct capture_result told = { 0 };
	struct turn turn;

	if (turn_begin(&turn, store, capture, arena, now, &told, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (message_hold(&turn, rows[i], private_ ? HELD_PRIVATE : HELD_NOT, err) < 0)
			return -1;
	}
	if (turn_end(&turn, err) < 0)
		return -1;
	*result = told;
	return 0;
}
