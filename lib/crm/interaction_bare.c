#include "liaison/crm/interaction.h"
#include "search_index.h"

/* What goes of an interaction that stays: its text, or all that was captured of it. */

static const char SELECT_WORKED_ON[] =
	"SELECT i.note IS NOT NULL OR i.evaluation IS NOT NULL OR i.campaign IS NOT NULL"
	" OR i.opportunity IS NOT NULL OR i.task IS NOT NULL OR i.segment IS NOT NULL"
	" OR i.cost <> 0 OR EXISTS (SELECT 1 FROM interaction_contact x WHERE"
	" x.interaction_id = i.id AND x.via = 'manual') OR EXISTS (SELECT 1 FROM journal j"
	" WHERE j.noun = 'interaction' AND j.record = i.id) FROM interaction i WHERE i.id = ?";

int
interaction_is_worked_on(struct store *store, int64_t id, bool *worked_on, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_WORKED_ON);
	int64_t answer = 0;

	stmt_bind_int(q, id);
	if (sql_get_int(q, &answer, NULL, err) < 0)
		return -1;
	*worked_on = answer != 0;
	return 0;
}

/* ?2: now. */
static int
run(struct store *store, const char *sql, int64_t id, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, id);
	if (now != 0)
		stmt_bind_int(q, now);
	return stmt_run(q, err);
}

static const char SELECT_TEXT[] =
	"SELECT i.snippet IS NOT NULL OR EXISTS (SELECT 1 FROM interaction_text t"
	" WHERE t.interaction_id = i.id) FROM interaction i WHERE i.id = ?";
static const char CLEAR_SNIPPET[] = "UPDATE interaction SET snippet = NULL, version = version + 1,"
				    " changed = ?2 WHERE id = ?1";
static const char DELETE_TEXT[] = "DELETE FROM interaction_text WHERE interaction_id = ?";

int
interaction_drop_text(struct store *store, int64_t id, int64_t now, bool *dropped, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_TEXT);
	int64_t there = 0;

	stmt_bind_int(q, id);
	if (sql_get_int(q, &there, NULL, err) < 0)
		return -1;
	*dropped = there != 0;
	if (!*dropped)
		return 0;
	if (search_index_keep(store, id, err) < 0 || run(store, CLEAR_SNIPPET, id, now, err) < 0 ||
		run(store, DELETE_TEXT, id, 0, err) < 0)
		return -1;
	return search_index_follow(store, err);
}

static const char BARE[] =
	"UPDATE interaction SET subject = NULL, snippet = NULL, location = NULL, parties = NULL,"
	" version = version + 1, changed = ?2 WHERE id = ?1";

int
interaction_bare(struct store *store, int64_t id, int64_t now, struct err *err)
{
	if (search_index_keep(store, id, err) < 0 || run(store, BARE, id, now, err) < 0 ||
		run(store, DELETE_TEXT, id, 0, err) < 0)
		return -1;
	return search_index_follow(store, err);
}
