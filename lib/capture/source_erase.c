#include "liaison/capture/source.h"
#include "liaison/crm/interaction.h"

/* A source is erased piece by piece: a few rows of its ledger with what only they have seen, until there
 * are none, then what else hangs on its streams, at last the source itself. Each piece leaves the rest
 * whole, so one that was broken off is gone on with. */

enum { ROWS_A_PART = 50, PLAIN_ROWS_A_PART = 2000 };

#define OF_SOURCE "stream_id IN (SELECT id FROM stream WHERE source_id = ?1)"

static int
run_with(struct store *store, const char *sql, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

/* ---- a row of the ledger ----------------------------------------------------------------------- */

struct sighting {
	int64_t id, message, interaction; /* 0: it has none */
};

static const char DELETE_ROW[] = "DELETE FROM ledger WHERE id = ?";

/* What was the copy of an erased sighting is now the first of its message. */
static const char FIRST_AGAIN[] =
	"UPDATE ledger SET decision = 'captured', version = version + 1, "
	"reason = 'it was captured first from a source that was erased' "
	"WHERE decision = 'duplicate' AND interaction_id IS NOT NULL "
	"AND id = (SELECT min(o.id) FROM ledger o WHERE o.message_id = ?1)";

static const char FORGET_READING[] =
	"UPDATE message SET source_id = NULL WHERE id = ?1 AND source_id = ?2";

static const char IS_SEEN[] = "SELECT EXISTS (SELECT 1 FROM ledger WHERE message_id = ?1), "
			      "EXISTS (SELECT 1 FROM ledger WHERE interaction_id = ?2)";

static int
look_elsewhere(struct store *store, const struct sighting *row, bool *message_seen,
	bool *interaction_seen, struct err *err)
{
	struct stmt *q = sql_prepare(store, IS_SEEN);

	stmt_bind_int(q, row->message);
	stmt_bind_int(q, row->interaction);
	if (stmt_row(q)) {
		*message_seen = stmt_int(q) != 0;
		*interaction_seen = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

/* Some other row tells of the message still. */
static int
leave_message(struct store *store, int64_t source, int64_t message, struct err *err)
{
	struct stmt *q;

	if (run_with(store, FIRST_AGAIN, message, err) < 0)
		return -1;
	q = sql_prepare(store, FORGET_READING);
	stmt_bind_int(q, message);
	stmt_bind_int(q, source);
	return stmt_run(q, err);
}

static const char SELECT_ADDRESSES[] =
	"SELECT DISTINCT address_id FROM party WHERE message_id = ? AND address_id IS NOT NULL";
static const char DELETE_MESSAGE[] = "DELETE FROM message WHERE id = ?1 AND NOT EXISTS "
				     "(SELECT 1 FROM interaction WHERE message_id = ?1)";
static const char DELETE_ADDRESS[] = "DELETE FROM address WHERE id = ?1 AND NOT EXISTS "
				     "(SELECT 1 FROM party WHERE address_id = ?1)";

static int
select_addresses(struct store *store, struct arena *arena, int64_t message, int64_t **out,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ADDRESSES);
	unsigned room = 0;

	*out = NULL;
	*count = 0;
	stmt_bind_int(q, message);
	while (stmt_row(q)) {
		if (*count == room)
			*out = arena_grow(arena, *out, *count, &room, sizeof **out);
		(*out)[(*count)++] = stmt_int(q);
	}
	return stmt_end(q, err);
}

/* With the addresses that nothing else names. */
static int
erase_message(struct store *store, struct arena *arena, int64_t message, struct err *err)
{
	int64_t *addresses;
	unsigned count;

	if (select_addresses(store, arena, message, &addresses, &count, err) < 0 ||
		run_with(store, DELETE_MESSAGE, message, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (run_with(store, DELETE_ADDRESS, addresses[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- some of them ------------------------------------------------------------------------------ */

/* Interactions go together, so that each contact is counted once; their messages after them. */
struct doomed {
	int64_t interactions[ROWS_A_PART], messages[ROWS_A_PART];
	size_t interaction_count, message_count;
};

static int
erase_row(struct store *store, int64_t source, const struct sighting *row, struct doomed *doomed,
	struct err *err)
{
	bool message_seen = false, interaction_seen = false;

	if (run_with(store, DELETE_ROW, row->id, err) < 0 ||
		look_elsewhere(store, row, &message_seen, &interaction_seen, err) < 0)
		return -1;
	if (row->interaction != 0 && !interaction_seen)
		doomed->interactions[doomed->interaction_count++] = row->interaction;
	if (row->message != 0 && message_seen)
		return leave_message(store, source, row->message, err);
	if (row->message != 0)
		doomed->messages[doomed->message_count++] = row->message;
	return 0;
}

static const char SELECT_ROWS[] = "SELECT id, coalesce(message_id, 0), coalesce(interaction_id, 0) "
				  "FROM ledger WHERE " OF_SOURCE " LIMIT ?2";

static int
select_rows(
	struct store *store, int64_t source, struct sighting *out, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ROWS);

	*count = 0;
	stmt_bind_int(q, source);
	stmt_bind_int(q, ROWS_A_PART);
	while (stmt_row(q)) {
		out[*count].id = stmt_int(q);
		out[*count].message = stmt_int(q);
		out[(*count)++].interaction = stmt_int(q);
	}
	return stmt_end(q, err);
}

static int
erase_rows(
	struct store *store, struct arena *arena, int64_t source, unsigned *count, struct err *err)
{
	struct sighting rows[ROWS_A_PART];
	struct doomed doomed = { 0 };

	if (select_rows(store, source, rows, count, err) < 0)
		return -1;
	for (unsigned i = 0; i < *count; i++) {
		if (erase_row(store, source, &rows[i], &doomed, err) < 0)
			return -1;
	}
	if (interaction_erase(store, arena, doomed.interactions, doomed.interaction_count, err) < 0)
		return -1;
	for (size_t i = 0; i < doomed.message_count; i++) {
		if (erase_message(store, arena, doomed.messages[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what else there is ------------------------------------------------------------------------ */

/* Of tables that may be long, some rows at a time. */
static const char *const LONG[] = {
	("UPDATE meeting SET stream_id = NULL WHERE message_id IN (SELECT message_id FROM meeting "
	 "WHERE " OF_SOURCE " LIMIT ?2)"),
	("DELETE FROM occurrence WHERE (stream_id, item, recurrence) IN (SELECT stream_id, item, "
	 "recurrence FROM occurrence WHERE " OF_SOURCE " LIMIT ?2)"),
	("DELETE FROM feed_item WHERE (stream_id, event_uid) IN (SELECT stream_id, event_uid "
	 "FROM feed_item WHERE " OF_SOURCE " LIMIT ?2)"),
	("DELETE FROM want WHERE (stream_id, uid, part) IN (SELECT stream_id, uid, part FROM want "
	 "WHERE " OF_SOURCE " LIMIT ?2)"),
	("DELETE FROM outside WHERE (stream_id, uid) IN (SELECT stream_id, uid FROM outside "
	 "WHERE " OF_SOURCE " LIMIT ?2)"),
	("DELETE FROM gone WHERE (stream_id, uid) IN (SELECT stream_id, uid FROM gone "
	 "WHERE " OF_SOURCE " LIMIT ?2)"),
	("UPDATE message SET source_id = NULL WHERE id IN (SELECT id FROM message "
	 "WHERE source_id = ?1 LIMIT ?2)"),
};

static int
shorten(struct store *store, const char *sql, int64_t source, bool *any, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, source);
	stmt_bind_int(q, PLAIN_ROWS_A_PART);
	if (stmt_run(q, err) < 0)
		return -1;
	*any = store_changes(store) > 0;
	return 0;
}

static const char *const LAST[] = {
	("DELETE FROM feed WHERE " OF_SOURCE),
	("DELETE FROM stream WHERE source_id = ?1"),
	("DELETE FROM source WHERE id = ?1"),
};

int
source_erase_part(struct store *store, struct arena *arena, int64_t id, int64_t *rows, bool *done,
	struct err *err)
{
	unsigned count;
	bool any = false;

	*done = false;
	if (erase_rows(store, arena, id, &count, err) < 0)
		return -1;
	*rows += count;
	for (size_t i = 0; count == 0 && !any && i < sizeof LONG / sizeof *LONG; i++) {
		if (shorten(store, LONG[i], id, &any, err) < 0)
			return -1;
	}
	if (count > 0 || any)
		return 0;
	for (size_t i = 0; i < sizeof LAST / sizeof *LAST; i++) {
		if (run_with(store, LAST[i], id, err) < 0)
			return -1;
	}
	*done = true;
	return 0;
}

int
source_erase(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	int64_t rows = 0;
	bool done = false;

	while (!done) {
		if (source_erase_part(store, arena, id, &rows, &done, err) < 0)
			return -1;
	}
	return 0;
}
