#include "liaison/capture/source.h"

/* One mailbox that was captured under two names becomes one source: what the later one has decided and the
 * earlier one has not goes to the earlier one, piece by piece, and the rest is erased. Each piece leaves both
 * whole, so that one that was broken off is gone on with. */

enum { ROWS_A_PIECE = 500, MESSAGES_A_PIECE = 2000 };

static int
run_two(struct store *store, const char *sql, int64_t from, int64_t into, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, from);
	stmt_bind_int(q, into);
	return stmt_run(q, err);
}

static int
ask_two(struct store *store, const char *sql, int64_t from, int64_t into, int64_t *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, from);
	stmt_bind_int(q, into);
	return sql_get_int(q, out, NULL, err);
}

/* ---- is it the same mailbox? ------------------------------------------------------------------- */

static const char OTHER_SERVERS[] =
	"SELECT count(*) FROM stream f WHERE f.source_id = ?1 AND f.server <> '' "
	"AND NOT EXISTS (SELECT 1 FROM stream t WHERE t.source_id = ?2 "
	"AND (t.server = f.server OR t.server = ''))";

/* A calendar has no server; most of its events are the same. */
static const char OTHER_EVENTS[] =
	"SELECT sum(t.event_uid IS NULL) > sum(t.event_uid IS NOT NULL) FROM feed_item f "
	"LEFT JOIN feed_item t ON t.event_uid = f.event_uid "
	"AND t.stream_id IN (SELECT id FROM stream WHERE source_id = ?2) "
	"WHERE f.stream_id IN (SELECT id FROM stream WHERE source_id = ?1)";

static int
check_same(
	struct store *store, const struct source *from, const struct source *into, struct err *err)
{
	int64_t servers = 0, events = 0;

	if (ask_two(store, OTHER_SERVERS, from->id, into->id, &servers, err) < 0 ||
		ask_two(store, OTHER_EVENTS, from->id, into->id, &events, err) < 0)
		return -1;
	if (servers == 0 && events == 0 && from->kind[0] == into->kind[0])
		return 0;
	fail_field(err, ERR_CONFLICT, "new", "there is a source '%s' already, of another %s",
		from->name, from->kind[1] == 'c' ? "calendar" : "mailbox");
	return err_hint(err,
		"if only its server changed, give the section its old name, reload, and rename "
		"then");
}

/* ---- streams ----------------------------------------------------------------------------------- */

#define SAME_FOLDER \
	"t.folder = f.folder AND t.uidvalidity = f.uidvalidity " \
	"AND (t.server = f.server OR t.server = '')"

static const char MOVE_STREAMS[] =
	"UPDATE stream AS f SET source_id = ?2 WHERE f.source_id = ?1 AND NOT EXISTS "
	"(SELECT 1 FROM stream t WHERE t.source_id = ?2 AND " SAME_FOLDER ")";

static const char SELECT_PAIRS[] =
	"SELECT f.id, t.id FROM stream f JOIN stream t ON t.source_id = ?2 AND " SAME_FOLDER " "
	"WHERE f.source_id = ?1";

static int
select_pairs(struct store *store, struct arena *arena, struct source_join *join, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_PAIRS);
	unsigned room = 0;

	stmt_bind_int(q, join->from);
	stmt_bind_int(q, join->into);
	while (stmt_row(q)) {
		if (join->count == room)
			join->pairs = arena_grow(
				arena, join->pairs, join->count, &room, sizeof *join->pairs);
		join->pairs[join->count].from = stmt_int(q);
		join->pairs[join->count++].into = stmt_int(q);
	}
	return stmt_end(q, err);
}

int
source_join_begin(struct store *store, struct arena *arena, const struct source *from,
	const struct source *into, struct source_join *out, struct err *err)
{
	struct source_join join = { .from = from->id, .into = into->id };

	if (check_same(store, from, into, err) < 0 ||
		run_two(store, MOVE_STREAMS, join.from, join.into, err) < 0 ||
		select_pairs(store, arena, &join, err) < 0)
		return -1;
	*out = join;
	return 0;
}

/* ---- rows of two streams of one folder --------------------------------------------------------- */

static const char LAST_OF_PIECE[] =
	"SELECT coalesce(max(uid), 0) FROM (SELECT uid FROM ledger WHERE stream_id = ?1 "
	"AND uid > ?2 ORDER BY uid LIMIT ?3)";

/* In this order: ?1 of the later source, ?2 of the earlier one, UIDs after ?3 and up to ?4. */
static const char *const MOVE_ROWS[] = {
	/* What could not be read then, or was not kept, is known now. */
	("DELETE FROM ledger WHERE stream_id = ?2 AND uid > ?3 AND uid <= ?4 AND message_id IS "
	 "NULL "
	 "AND decision <> 'forgotten' AND uid IN (SELECT uid FROM ledger WHERE stream_id = ?1 "
	 "AND uid > ?3 AND uid <= ?4 AND message_id IS NOT NULL)"),
	/* What is quarantined is asked for again. */
	("UPDATE ledger SET stream_id = ?2 WHERE stream_id = ?1 AND uid > ?3 AND uid <= ?4 "
	 "AND decision <> 'quarantined' AND uid NOT IN (SELECT uid FROM ledger "
	 "WHERE stream_id = ?2 AND uid > ?3 AND uid <= ?4)"),
	("UPDATE OR IGNORE want SET stream_id = ?2 WHERE stream_id = ?1 AND uid > ?3 AND uid <= "
	 "?4"),
	("UPDATE OR IGNORE gone SET stream_id = ?2 WHERE stream_id = ?1 AND uid > ?3 AND uid <= "
	 "?4"),
};

static int
move_rows(struct store *store, const struct stream_pair *pair, int64_t after, int64_t last,
	struct err *err)
{
	for (size_t i = 0; i < sizeof MOVE_ROWS / sizeof *MOVE_ROWS; i++) {
		struct stmt *q = sql_prepare(store, MOVE_ROWS[i]);

		stmt_bind_int(q, pair->from);
		stmt_bind_int(q, pair->into);
		stmt_bind_int(q, after);
		stmt_bind_int(q, last);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

/* UIDs of a calendar's rows are our own, of each stream. It is read whole from time to time, so the earlier
 * one sees itself what it has not decided. */
static const char MOVE_MEETINGS[] = "UPDATE meeting SET stream_id = ?2 WHERE stream_id = ?1";

static int
join_streams(struct store *store, struct source_join *join, struct err *err)
{
	const struct stream_pair *pair = &join->pairs[join->next];
	struct stmt *q;
	int64_t last = 0, feed = 0;

	if (ask_two(store, "SELECT count(*) FROM feed WHERE stream_id = ?1 OR stream_id = ?2",
		    pair->from, pair->into, &feed, err) < 0)
		return -1;
	if (feed > 0) {
		join->next++;
		return run_two(store, MOVE_MEETINGS, pair->from, pair->into, err);
	}
	q = sql_prepare(store, LAST_OF_PIECE);
	stmt_bind_int(q, pair->from);
	stmt_bind_int(q, join->after);
	stmt_bind_int(q, ROWS_A_PIECE);
	if (sql_get_int(q, &last, NULL, err) < 0)
		return -1;
	if (last > 0 && move_rows(store, pair, join->after, last, err) < 0)
		return -1;
	join->next += last == 0;
	join->after = last;
	return 0;
}

static const char MOVE_MESSAGES[] =
	"UPDATE message SET source_id = ?2 WHERE id IN (SELECT id FROM message "
	"WHERE source_id = ?1 LIMIT ?3)";

static int
move_messages(struct store *store, const struct source_join *join, bool *any, struct err *err)
{
	struct stmt *q = sql_prepare(store, MOVE_MESSAGES);

	stmt_bind_int(q, join->from);
	stmt_bind_int(q, join->into);
	stmt_bind_int(q, MESSAGES_A_PIECE);
	if (stmt_run(q, err) < 0)
		return -1;
	*any = store_changes(store) > 0;
	return 0;
}

int
source_join_part(struct store *store, struct arena *arena, struct source_join *join, bool *done,
	struct err *err)
{
	bool any = false;

	*done = false;
	if (join->next < join->count)
		return join_streams(store, join, err);
	if (move_messages(store, join, &any, err) < 0)
		return -1;
	return any ? 0 : source_erase_part(store, arena, join->from, &join->erased, done, err);
}
