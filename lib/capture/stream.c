#include <string.h>

#include "inside.h"

/* Sources and their streams: how far each folder is decided, and what its window is. */

static const char PUT_SOURCE[] =
	"INSERT INTO source (name, kind, visibility, salesperson) VALUES (?, ?, ?, ?) "
	"ON CONFLICT (name) DO UPDATE SET "
	"kind = excluded.kind, visibility = excluded.visibility, "
	"salesperson = excluded.salesperson, version = version + 1 "
	"WHERE kind <> excluded.kind OR visibility <> excluded.visibility "
	"OR salesperson IS NOT excluded.salesperson";

static const char SELECT_SOURCE[] = "SELECT id FROM source WHERE name = ?";

int
source_row(struct store *store, const struct config_source *source, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_SOURCE);

	stmt_bind_text(q, source->name);
	stmt_bind_text(q, config_kind_words[source->kind]);
	stmt_bind_text(q, source->visibility == VISIBLE_OWNER ? "owner" : "all");
	stmt_bind_text(q, source->salesperson);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_SOURCE);
	stmt_bind_text(q, source->name);
	return sql_get_int(q, id, NULL, err);
}

static void
read_stream(struct stmt *q, struct arena *arena, struct stream *out)
{
	out->id = stmt_int(q);
	out->source_id = stmt_int(q);
	out->source = stmt_text_copy(q, arena);
	out->folder = stmt_text_copy(q, arena);
	out->uidvalidity = (uint32_t)stmt_int(q);
	out->cursor = (uint32_t)stmt_int(q);
	out->anchor = (uint32_t)stmt_int(q);
	out->low = (uint32_t)stmt_int(q);
	out->has_since = !stmt_next_is_null(q);
	out->since = stmt_int(q);
	out->backfill = stmt_text_copy(q, arena);
	out->backfill_done = stmt_int(q);
	out->backfill_total = stmt_int(q);
	out->last_complete = stmt_int(q);
	out->current = stmt_int(q) != 0;
}

#define STREAM_COLUMNS \
	"SELECT t.id, t.source_id, s.name, t.folder, t.uidvalidity, t.cursor, t.anchor, t.low, " \
	"t.since, t.backfill, t.backfill_done, t.backfill_total, t.last_complete, t.current " \
	"FROM stream t JOIN source s ON s.id = t.source_id "

static const char SELECT_STREAM[] = STREAM_COLUMNS "WHERE t.id = ?";

int
stream_get(
	struct store *store, struct arena *arena, int64_t id, struct stream *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_STREAM);
	struct stream found = { 0 };

	stmt_bind_int(q, id);
	if (stmt_row(q))
		read_stream(q, arena, &found);
	if (stmt_end(q, err) < 0)
		return -1;
	if (found.id == 0)
		return fail(err, ERR_NOT_FOUND, "there is no stream %lld", (long long)id);
	*out = found;
	return 0;
}

static const char FIND_STREAM[] =
	"SELECT id FROM stream WHERE source_id = ? AND folder = ? AND uidvalidity = ? "
	"AND server = ?";

static int
find_stream(struct store *store, int64_t source_id, const char *folder, uint32_t uidvalidity,
	const char *server, int64_t *id, bool *found, struct err *err)
{
	struct stmt *q = sql_prepare(store, FIND_STREAM);

	stmt_bind_int(q, source_id);
	stmt_bind_text(q, folder);
	stmt_bind_int(q, uidvalidity);
	stmt_bind_text(q, server);
	return sql_get_int(q, id, found, err);
}

/* An empty folder has nothing to fill back. */
static const char ADD_STREAM[] =
	"INSERT INTO stream (source_id, folder, uidvalidity, cursor, anchor, low, since, server, "
	"backfill) "
	"VALUES (?1, ?2, ?3, ?4, ?4, ?4, ?5, ?6, CASE ?4 WHEN 0 THEN 'done' ELSE 'running' END)";

static int
add_stream(struct store *store, int64_t source_id, const char *folder, uint32_t uidvalidity,
	const char *server, uint32_t anchor, const int64_t *since, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, ADD_STREAM);

	stmt_bind_int(q, source_id);
	stmt_bind_text(q, folder);
	stmt_bind_int(q, uidvalidity);
	stmt_bind_int(q, anchor);
	stmt_bind_int_or_null(q, since == NULL ? 0 : *since, since == NULL);
	stmt_bind_text(q, server);
	if (stmt_run(q, err) < 0)
		return -1;
	*id = store_last_id(store);
	return 0;
}

static const char MAKE_CURRENT[] =
	"UPDATE stream SET current = (id = ?3) WHERE source_id = ?1 AND folder = ?2 "
	"AND current <> (id = ?3)";

static int
make_current(
	struct store *store, int64_t source_id, const char *folder, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, MAKE_CURRENT);

	stmt_bind_int(q, source_id);
	stmt_bind_text(q, folder);
	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

/* All at once: a stream that is no more current may come back as little as any other. */
static const char TAKE_OVER[] =
	"UPDATE stream SET server = ?2 WHERE source_id = ?1 AND server = ''";
static const char LEAVE_OTHERS[] =
	"UPDATE stream SET current = 0 WHERE source_id = ?1 AND server <> ?2 AND current = 1";

static int
note_server(struct store *store, const char *sql, int64_t source_id, const char *server,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, source_id);
	stmt_bind_text(q, server);
	return stmt_run(q, err);
}

/* What the source has of another server is of a mailbox that is not looked at any more. */
static int
settle_server(
	struct store *store, int64_t source_id, const char *server, bool *moved, struct err *err)
{
	*moved = false;
	if (*server == '\0')
		return 0;
	if (note_server(store, TAKE_OVER, source_id, server, err) < 0 ||
		note_server(store, LEAVE_OTHERS, source_id, server, err) < 0)
		return -1;
	*moved = store_changes(store) > 0;
	return 0;
}

int
stream_open(struct store *store, struct arena *arena, int64_t source_id, const char *folder,
	uint32_t uidvalidity, const char *server, uint32_t uidnext, bool has_since, int64_t since,
	struct stream *out, bool *fresh, struct err *err)
{
	uint32_t anchor = uidnext == 0 ? 0 : uidnext - 1;
	int64_t id = 0;
	bool found, moved;

	if (settle_server(store, source_id, server, &moved, err) < 0 ||
		find_stream(store, source_id, folder, uidvalidity, server, &id, &found, err) < 0)
		return -1;
	if (!found && add_stream(store, source_id, folder, uidvalidity, server, anchor,
			      has_since ? &since : NULL, &id, err) < 0)
		return -1;
	if (make_current(store, source_id, folder, id, err) < 0 ||
		stream_get(store, arena, id, out, err) < 0)
		return -1;
	*fresh = !found;
	out->moved = moved;
	return 0;
}

static const char SELECT_STREAMS[] = STREAM_COLUMNS
	"WHERE t.source_id = ? AND t.current = 1 ORDER BY t.folder";

int
stream_list(struct store *store, struct arena *arena, int64_t source_id, struct stream **out,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_STREAMS);
	struct stream *list = NULL;
	unsigned found = 0, room = 0;

	stmt_bind_int(q, source_id);
	while (stmt_row(q)) {
		if (found == room) {
			struct stream *more = arena_array(arena, room * 2 + 8, sizeof *more);

			if (found > 0)
				memcpy(more, list, found * sizeof *more);
			list = more;
			room = room * 2 + 8;
		}
		read_stream(q, arena, &list[found++]);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = list;
	*count = found;
	return 0;
}

/* A wider window takes in what was outside of the old one: that is looked at again. */
static const char DROP_OUTSIDE[] =
	"DELETE FROM outside WHERE stream_id = ?1 AND EXISTS (SELECT 1 FROM stream WHERE id = ?1 "
	"AND since IS NOT NULL AND (?2 IS NULL OR ?2 < since))";

static const char RESTART[] =
	"UPDATE stream SET since = ?2, low = anchor, backfill_done = 0, backfill_total = 0, "
	"backfill = CASE anchor WHEN 0 THEN 'done' ELSE 'running' END WHERE id = ?1";

int
stream_backfill(struct store *store, int64_t id, bool has_since, int64_t since, struct err *err)
{
	struct stmt *q = sql_prepare(store, DROP_OUTSIDE);

	stmt_bind_int(q, id);
	stmt_bind_int_or_null(q, since, !has_since);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(store, RESTART);
	stmt_bind_int(q, id);
	stmt_bind_int_or_null(q, since, !has_since);
	return stmt_run(q, err);
}

static const char SET_BACKFILL[] = "UPDATE stream SET backfill = ?2, backfill_total = ?3, "
				   "low = CASE ?2 WHEN 'done' THEN 0 ELSE low END WHERE id = ?1";

int
stream_set_backfill(
	struct store *store, int64_t id, const char *state, int64_t total, struct err *err)
{
	struct stmt *q = sql_prepare(store, SET_BACKFILL);

	stmt_bind_int(q, id);
	stmt_bind_text(q, state);
	stmt_bind_int(q, total);
	return stmt_run(q, err);
}

static const char SET_TOTAL[] = "UPDATE stream SET backfill_total = ?2, "
				"backfill = CASE WHEN ?3 THEN 'done' ELSE backfill END, "
				"low = CASE WHEN ?3 THEN 0 ELSE low END WHERE id = ?1";

int
stream_set_total(struct store *store, int64_t id, int64_t total, bool done, struct err *err)
{
	struct stmt *q = sql_prepare(store, SET_TOTAL);

	stmt_bind_int(q, id);
	stmt_bind_int(q, total);
	stmt_bind_int(q, done);
	return stmt_run(q, err);
}

static const char SET_COMPLETE[] =
	"UPDATE stream SET last_complete = max(coalesce(last_complete, 0), ?2) WHERE id = ?1";

static const char SET_SOURCE_COMPLETE[] =
	"UPDATE source SET last_complete = max(coalesce(last_complete, 0), ?2) "
	"WHERE id = (SELECT source_id FROM stream WHERE id = ?1)";

int
stream_completed(struct store *store, int64_t id, int64_t at, struct err *err)
{
	struct stmt *q = sql_prepare(store, SET_COMPLETE);

	stmt_bind_int(q, id);
	stmt_bind_int(q, at);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(store, SET_SOURCE_COMPLETE);
	stmt_bind_int(q, id);
	stmt_bind_int(q, at);
	return stmt_run(q, err);
}
