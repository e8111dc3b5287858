#include "search_index.h"

#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/interaction.h"

/* A note never runs into the text's last word. */
#define BODY \
	"coalesce(coalesce(t.text, i.snippet) || char(10) || i.note, t.text, i.snippet, i.note)"

/* What is not indexed yet needs nothing kept; of several changes the first one knows the entry. */
static const char KEEP[] =
	"INSERT INTO search_queue (interaction_id, subject, body, parties)"
	" SELECT i.id, i.subject, " BODY ", i.parties"
	" FROM interaction i LEFT JOIN interaction_text t ON t.interaction_id = i.id"
	" WHERE i.id = ? AND i.id <= (SELECT indexed FROM search_state)"
	" ON CONFLICT DO NOTHING";

int
search_index_keep(struct store *store, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, KEEP);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static const char DELETE_KEPT[] =
	"INSERT INTO interaction_search (interaction_search, rowid, subject, body, parties)"
	" SELECT 'delete', interaction_id, subject, body, parties FROM search_queue";
static const char INSERT_KEPT[] =
	"INSERT INTO interaction_search (rowid, subject, body, parties)"
	" SELECT i.id, i.subject, " BODY ", i.parties"
	" FROM search_queue k JOIN interaction i ON i.id = k.interaction_id"
	" LEFT JOIN interaction_text t ON t.interaction_id = i.id";
static const char EMPTY_QUEUE[] = "DELETE FROM search_queue";

static const char INSERT_NEW[] =
	"INSERT INTO interaction_search (rowid, subject, body, parties)"
	" SELECT i.id, i.subject, " BODY ", i.parties"
	" FROM interaction i LEFT JOIN interaction_text t ON t.interaction_id = i.id"
	" WHERE i.id > (SELECT indexed FROM search_state)";
static const char MOVE_MARK[] =
	"UPDATE search_state SET indexed = max(indexed, (SELECT max(id) FROM interaction))";

static const char SELECT_DUE[] = "SELECT coalesce((SELECT max(id) FROM interaction), 0) > indexed,"
				 " EXISTS (SELECT 1 FROM search_queue) FROM search_state";

static int
find_due(struct store *store, bool *new, bool *kept, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_DUE);

	*new = *kept = false;
	if (stmt_row(q)) {
		*new = stmt_int(q) != 0;
		*kept = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

static int
catch_up(struct store *store, struct err *err)
{
	bool new, kept;

	if (find_due(store, &new, &kept, err) < 0)
		return -1;
	if (kept && (stmt_run(sql_prepare(store, DELETE_KEPT), err) < 0 ||
			    stmt_run(sql_prepare(store, INSERT_KEPT), err) < 0 ||
			    stmt_run(sql_prepare(store, EMPTY_QUEUE), err) < 0))
		return -1;
	if (new && (stmt_run(sql_prepare(store, INSERT_NEW), err) < 0 ||
			   stmt_run(sql_prepare(store, MOVE_MARK), err) < 0))
		return -1;
	return 0;
}

int
search_index_follow(struct store *store, struct err *err)
{
	if (!store_in_transaction(store))
		return catch_up(store, err);
	store_before_commit(store, catch_up);
	return 0;
}

/* A negative count asks for all pieces to become one, so many pages at a time. */
static const char MERGE[] =
	"INSERT INTO interaction_search (interaction_search, rank) VALUES ('merge', -200)";
/* The record of the pieces there are; it changes whenever a merge has anything to do. */
static const char SELECT_PIECES[] = "SELECT hex(block) FROM interaction_search_data WHERE id = 10";

static int
read_pieces(struct store *store, struct text *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_PIECES);
	const char *pieces = stmt_row(q) ? stmt_text(q) : NULL;

	text_reset(out);
	if (pieces != NULL) /* else there is no row, or no memory, as the end tells */
		text_add(out, pieces);
	return stmt_end(q, err);
}

int
interaction_merge_search(struct store *store, bool *more, struct err *err)
{
	struct text before = { 0 }, after = { 0 };
	int result = read_pieces(store, &before, err);

	if (result == 0)
		result = stmt_run(sql_prepare(store, MERGE), err);
	if (result == 0)
		result = read_pieces(store, &after, err);
	if (result == 0)
		*more = before.size != after.size ||
			(before.size > 0 && memcmp(before.bytes, after.bytes, before.size) != 0);
	text_clear(&before);
	text_clear(&after);
	return result;
}
