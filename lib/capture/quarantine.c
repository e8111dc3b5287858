#include <string.h>

#include "inside.h"

/* What could not be read: why, how often it was tried, and what was kept of it. */

enum { HEADER_MAX = 64 * 1024, ERROR_MAX = 400 };

static const char PUT[] =
	"INSERT INTO quarantine (stream_id, uid, at, error, header, size, reader) "
	"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	"ON CONFLICT (stream_id, uid) DO UPDATE SET at = excluded.at, tries = tries + 1, "
	"error = excluded.error, header = coalesce(excluded.header, header), "
	"size = coalesce(excluded.size, size), reader = excluded.reader";

int
quarantine_put(struct turn *turn, const struct capture_item *item, struct err *err)
{
	const char *error = item->error != NULL ? item->error : "it cannot be read";
	size_t size = item->header_size < HEADER_MAX ? item->header_size : HEADER_MAX;
	struct stmt *q = sql_prepare(turn->store, PUT);

	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, item->uid);
	stmt_bind_int(q, turn->now);
	stmt_bind_text_n(q, error, text_cut(error, strlen(error), ERROR_MAX));
	stmt_bind_blob(q, size == 0 ? NULL : item->header, size);
	if (item->size > 0)
		stmt_bind_int(q, item->size);
	else
		stmt_bind_null(q);
	stmt_bind_text(q, LIAISON_VERSION);
	return stmt_run(q, err);
}

static const char DROP[] = "DELETE FROM quarantine WHERE stream_id = ? AND uid = ?";

int
quarantine_drop(struct turn *turn, uint32_t uid, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, DROP);

	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, uid);
	return stmt_run(q, err);
}

static const char SET_READER[] = "UPDATE quarantine SET reader = ? WHERE stream_id = ? AND uid = ?";

/* Those that are not on the server any more are not asked for again. */
int
quarantine_tried(struct turn *turn, const struct uid_set *uids, struct err *err)
{
	for (size_t i = 0; i < uids->count; i++) {
		for (uint64_t uid = uids->ranges[i].first; uid <= uids->ranges[i].last; uid++) {
			struct stmt *q = sql_prepare(turn->store, SET_READER);

			stmt_bind_text(q, LIAISON_VERSION);
			stmt_bind_int(q, turn->stream_id);
			stmt_bind_int(q, (int64_t)uid);
			if (stmt_run(q, err) < 0)
				return -1;
		}
	}
	return 0;
}

static const char SELECT_OF_OTHERS[] =
	"SELECT uid FROM quarantine WHERE stream_id = ? AND uid > ? AND reader <> ? "
	"ORDER BY uid LIMIT ?";

int
quarantine_of_others(struct store *store, int64_t stream_id, uint32_t after, unsigned most,
	struct uid_set *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OF_OTHERS);

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, after);
	stmt_bind_text(q, LIAISON_VERSION);
	stmt_bind_int(q, most);
	while (stmt_row(q))
		uid_set_add(out, (uint32_t)stmt_int(q));
	return stmt_end(q, err);
}

static bool
is_asked(int64_t id, const int64_t *ids, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (ids[i] == id)
			return true;
	}
	return count == 0;
}

static void
read_quarantined(struct stmt *q, struct arena *arena, struct quarantined *out)
{
	out->stream_id = stmt_int(q);
	out->ledger_id = stmt_int(q);
	out->folder = stmt_text_copy(q, arena);
	out->uidvalidity = (uint32_t)stmt_int(q);
	out->uid = (uint32_t)stmt_int(q);
}

static const char SELECT_QUARANTINED[] =
	"SELECT x.stream_id, l.id, t.folder, t.uidvalidity, x.uid FROM stream t "
	"JOIN quarantine x ON x.stream_id = t.id "
	"JOIN ledger l ON l.stream_id = x.stream_id AND l.uid = x.uid "
	"WHERE t.source_id = ? AND t.current = 1 ORDER BY x.stream_id, x.uid";

int
quarantine_list(struct store *store, struct arena *arena, int64_t source_id, const int64_t *ids,
	unsigned id_count, struct quarantined **out, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_QUARANTINED);
	struct quarantined *list = NULL, one;
	unsigned found = 0, room = 0;

	stmt_bind_int(q, source_id);
	while (stmt_row(q)) {
		read_quarantined(q, arena, &one);
		if (!is_asked(one.ledger_id, ids, id_count))
			continue;
		if (found == room) {
			struct quarantined *more = arena_array(arena, room * 2 + 16, sizeof *more);

			if (found > 0)
				memcpy(more, list, found * sizeof *more);
			list = more;
			room = room * 2 + 16;
		}
		list[found++] = one;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = list;
	*count = found;
	return 0;
}
