#include "totals.h"

#include <string.h>

#include "liaison/crm/contact.h"

/* Stored totals. Time and offset of the last one are compared as one number: at * 4096 + offset +
 * 2048, so that of two at the same time it is always the same that counts as the last. */

enum { OFFSET_SPAN = 4096, OFFSET_MIDDLE = 2048 };

static bool
counts(const struct interaction *interaction)
{
	return strcmp(interaction->status, "cancelled") != 0 &&
	       strcmp(interaction->status, "draft") != 0;
}

static const char ADD_ONE[] =
	"UPDATE contact SET interactions = interactions + 1, cost = cost + ?2,"
	" duration_min = duration_min + ?3,"
	" last_interaction_offset = CASE WHEN ?4 AND (last_interaction IS NULL OR"
	"  last_interaction < ?5 OR (last_interaction = ?5 AND last_interaction_offset < ?6))"
	"  THEN ?6 ELSE last_interaction_offset END,"
	" last_interaction = CASE WHEN ?4 AND (last_interaction IS NULL OR last_interaction < ?5)"
	"  THEN ?5 ELSE last_interaction END,"
	" last_attempt_offset = CASE WHEN ?7 AND (last_attempt IS NULL OR"
	"  last_attempt < ?5 OR (last_attempt = ?5 AND last_attempt_offset < ?6))"
	"  THEN ?6 ELSE last_attempt_offset END,"
	" last_attempt = CASE WHEN ?7 AND (last_attempt IS NULL OR last_attempt < ?5)"
	"  THEN ?5 ELSE last_attempt END"
	" WHERE id = ?1";

int
totals_add(struct store *store, int64_t contact_id, const struct interaction *interaction,
	struct err *err)
{
	struct stmt *q;
	bool happened;

	if (!counts(interaction))
		return 0;
	happened = strcmp(interaction->status, "planned") != 0;
	q = sql_prepare(store, ADD_ONE);
	stmt_bind_int(q, contact_id);
	stmt_bind_int(q, interaction->cost);
	stmt_bind_int(q, interaction->duration_min);
	stmt_bind_int(q, happened && !interaction->attempt_failed);
	stmt_bind_int(q, interaction->at);
	stmt_bind_int(q, interaction->offset_min);
	stmt_bind_int(q, happened && strcmp(interaction->initiated_by, "us") == 0);
	return stmt_run(q, err);
}

struct totals {
	int64_t interactions, cost, duration_min;
	bool has_last, has_attempt;
	int64_t last, attempt; /* as one number */
};

static const char SUM_UP[] =
	"WITH mine(id) AS (SELECT interaction_id FROM interaction_contact WHERE contact_id = ?1"
	" UNION SELECT interaction_id FROM interaction_contact WHERE company_id = ?1)"
	" SELECT count(*), coalesce(sum(i.cost), 0), coalesce(sum(i.duration_min), 0),"
	" max(CASE WHEN i.status <> 'planned' AND NOT i.attempt_failed"
	"  THEN i.at * 4096 + i.offset_min + 2048 END),"
	" max(CASE WHEN i.status <> 'planned' AND i.initiated_by = 'us'"
	"  THEN i.at * 4096 + i.offset_min + 2048 END)"
	" FROM mine m JOIN interaction i ON i.id = m.id WHERE i.status NOT IN ('cancelled', "
	"'draft')";

static int
sum_up(struct store *store, int64_t id, struct totals *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SUM_UP);

	memset(out, 0, sizeof *out);
	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		out->interactions = stmt_int(q);
		out->cost = stmt_int(q);
		out->duration_min = stmt_int(q);
		out->has_last = !stmt_next_is_null(q);
		out->last = stmt_int(q);
		out->has_attempt = !stmt_next_is_null(q);
		out->attempt = stmt_int(q);
	}
	return stmt_end(q, err);
}

static void
bind_moment(struct stmt *q, bool has, int64_t joint)
{
	int64_t offset = joint % OFFSET_SPAN;

	if (offset < 0)
		offset += OFFSET_SPAN;
	stmt_bind_int_or_null(q, (joint - offset) / OFFSET_SPAN, !has);
	stmt_bind_int(q, has ? offset - OFFSET_MIDDLE : 0);
}

static const char PUT_TOTALS[] =
	"UPDATE contact SET interactions = ?2, cost = ?3, duration_min = ?4, last_interaction = ?5,"
	" last_interaction_offset = ?6, last_attempt = ?7, last_attempt_offset = ?8 WHERE id = ?1"
	" AND (interactions <> ?2 OR cost <> ?3 OR duration_min <> ?4 OR last_interaction IS NOT ?5"
	" OR last_interaction_offset <> ?6 OR last_attempt IS NOT ?7 OR last_attempt_offset <> ?8)";

int
contact_recount(struct store *store, int64_t id, bool *changed, struct err *err)
{
	struct totals totals;
	struct stmt *q;

	if (sum_up(store, id, &totals, err) < 0)
		return -1;
	q = sql_prepare(store, PUT_TOTALS);
	stmt_bind_int(q, id);
	stmt_bind_int(q, totals.interactions);
	stmt_bind_int(q, totals.cost);
	stmt_bind_int(q, totals.duration_min);
	bind_moment(q, totals.has_last, totals.last);
	bind_moment(q, totals.has_attempt, totals.attempt);
	if (stmt_run(q, err) < 0)
		return -1;
	*changed = store_changes(store) > 0;
	return 0;
}
