#include "merge_part.h"

/* Addresses, postal ones, and interactions: what of both becomes one row, or two that differ. */

/* ---- addresses of mail: their times are united ---- */

#define EMAIL_ROW(t) \
	"json_object('v', 1, 'id', " t ".id, 'email', " t ".email, 'address', " t ".address," \
	" 'kind', " t ".kind, 'is_primary', " t ".is_primary, 'valid_from', " t ".valid_from," \
	" 'valid_until', " t ".valid_until, 'shared', " t ".shared," \
	" 'learned_from', " t ".learned_from, 'state', " t ".state)"

/* What the survivor gave up does not keep the other from bringing it. */
static const char SELECT_GIVEN_UP[] = "SELECT " EMAIL_ROW(
	"t") " FROM contact_email t JOIN contact_email f"
	     " ON f.contact_id = ?1 AND f.address = t.address AND f.valid_from IS t.valid_from"
	     " AND f.state = 'active' WHERE t.contact_id = ?2 AND t.state = 'removed' LIMIT 1";

static int
make_room(struct merge *merge, struct err *err)
{
	const struct merge_part *part = merge_part_find("emails");

	for (;;) {
		struct stmt *q = sql_prepare(merge->store, SELECT_GIVEN_UP);
		const char *row = NULL;

		stmt_bind_int(q, merge->from);
		stmt_bind_int(q, merge->into);
		if (stmt_row(q))
			row = stmt_text_copy(q, merge->arena);
		if (stmt_end(q, err) < 0)
			return -1;
		if (row == NULL)
			return 0;
		if (merge_note(merge, part, MERGE_REPLACED, row, NULL, err) < 0 ||
			merge_run(merge->store, part->drop, row, merge->into, 0, NULL, err) < 0)
			return -1;
	}
}

/* f is one that goes, t of ?2 the one that stays: of several the one of the same beginning, which no other may
 * get. */
static const char SELECT_OVERLAP[] = "SELECT " EMAIL_ROW("f") ", " EMAIL_ROW(
	"t") ", f.id, t.id"
	     " FROM contact_email f JOIN contact_email t ON t.contact_id = ?2 AND t.address = "
	     "f.address"
	     " AND t.state = 'active' AND (?1 <> ?2 OR t.id < f.id)"
	     " AND (f.valid_from IS NULL OR t.valid_until IS NULL OR f.valid_from <= t.valid_until)"
	     " AND (t.valid_from IS NULL OR f.valid_until IS NULL OR t.valid_from <= f.valid_until)"
	     " WHERE f.contact_id = ?1 AND f.state = 'active'"
	     " ORDER BY f.id, t.valid_from IS NOT f.valid_from, t.id LIMIT 1";

struct overlap {
	const char *goes, *stays; /* NULL: there is none */
	int64_t goes_id, stays_id;
};

static int
find_overlap(struct merge *merge, int64_t from, struct overlap *out, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_OVERLAP);

	*out = (struct overlap){ 0 };
	stmt_bind_int(q, from);
	stmt_bind_int(q, merge->into);
	if (stmt_row(q)) {
		out->goes = stmt_text_copy(q, merge->arena);
		out->stays = stmt_text_copy(q, merge->arena);
		out->goes_id = stmt_int(q);
		out->stays_id = stmt_int(q);
	}
	return stmt_end(q, err);
}

/* min and max of a NULL are NULL: from ever, for ever. */
static const char WIDEN[] =
	"UPDATE contact_email AS t SET"
	" valid_from = CASE WHEN f.valid_from IS NOT NULL THEN min(t.valid_from, f.valid_from) END,"
	" valid_until = CASE WHEN f.valid_until IS NOT NULL"
	"  THEN max(t.valid_until, f.valid_until) END,"
	" kind = coalesce(t.kind, f.kind)"
	" FROM (SELECT ?1 ->> '$.valid_from' AS valid_from, ?1 ->> '$.valid_until' AS valid_until,"
	"  ?1 ->> '$.kind' AS kind) f WHERE t.id = ?2";

static int
unite(struct merge *merge, int64_t from, const struct overlap *overlap, struct err *err)
{
	const struct merge_part *part = merge_part_find("emails");
	enum merge_what what = from == merge->into ? MERGE_REPLACED : MERGE_DROPPED;
	const char *mark;

	if (merge_note(merge, part, what, overlap->goes, NULL, err) < 0 ||
		merge_run(merge->store, part->drop, overlap->goes, from, 0, NULL, err) < 0 ||
		merge_run(merge->store, WIDEN, overlap->goes, overlap->stays_id, 0, NULL, err) <
			0 ||
		merge_mark(merge->store, merge->arena, part, overlap->stays, merge->into, &mark,
			err) < 0)
		return -1;
	return merge_note(merge, part, MERGE_CHANGED, overlap->stays, mark, err);
}

static int
unite_all(struct merge *merge, int64_t from, struct err *err)
{
	struct overlap overlap;

	for (;;) {
		if (find_overlap(merge, from, &overlap, err) < 0)
			return -1;
		if (overlap.goes == NULL)
			return 0;
		if (unite(merge, from, &overlap, err) < 0)
			return -1;
	}
}

int
merge_emails(struct merge *merge, struct err *err)
{
	if (make_room(merge, err) < 0 || unite_all(merge, merge->from, err) < 0)
		return -1;
	return unite_all(merge, merge->into, err);
}

int
merge_emails_unite(struct merge *merge, int64_t contact, struct err *err)
{
	struct merge_result scratch = { 0 };
	struct merge own = *merge;
	int result;

	own.into = contact;
	own.result = &scratch;
	result = unite_all(&own, contact, err);
	merge->place = own.place;
	return result;
}

/* ---- postal addresses: of two that bear one code, one gets another ---- */

static const char SELECT_NAMESAKE[] =
	"SELECT json_object('v', 1, 'id', f.id, 'version', f.version, 'code', f.code), f.id, f.code"
	" FROM contact_address f JOIN contact_address t ON t.contact = ?2 AND t.code = f.code"
	" WHERE f.contact = ?1 LIMIT 1";
static const char RENAME[] =
	"UPDATE contact_address SET code = ?2 WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM"
	" contact_address o WHERE o.contact IN (?3, ?4) AND o.code = ?2)";

static int
rename_address(struct merge *merge, int64_t id, const char *code, struct err *err)
{
	for (unsigned n = 2;; n++) {
		struct stmt *q = sql_prepare(merge->store, RENAME);

		stmt_bind_int(q, id);
		stmt_bind_text(q, arena_printf(merge->arena, "%.15s-%u", code, n));
		stmt_bind_int(q, merge->from);
		stmt_bind_int(q, merge->into);
		if (stmt_run(q, err) < 0)
			return -1;
		if (store_changes(merge->store) > 0)
			return 0;
	}
}

/* *id 0: there is none. */
static int
find_namesake(
	struct merge *merge, const char **row, int64_t *id, const char **code, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_NAMESAKE);

	*id = 0;
	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	if (stmt_row(q)) {
		*row = stmt_text_copy(q, merge->arena);
		*id = stmt_int(q);
		*code = stmt_text_copy(q, merge->arena);
	}
	return stmt_end(q, err);
}

int
merge_addresses(struct merge *merge, struct err *err)
{
	const struct merge_part *part = merge_part_find("addresses");

	for (;;) {
		const char *row, *code, *mark;
		int64_t id;

		if (find_namesake(merge, &row, &id, &code, err) < 0)
			return -1;
		if (id == 0)
			return 0;
		if (rename_address(merge, id, code, err) < 0 ||
			merge_mark(merge->store, merge->arena, part, row, merge->from, &mark, err) <
				0 ||
			merge_run(merge->store, part->move, row, merge->from, merge->into, NULL,
				err) < 0 ||
			merge_note(merge, part, MERGE_MOVED, row, mark, err) < 0)
			return -1;
	}
}

/* ---- that somebody held the two for two is remembered in case it is taken back ---- */

static int
drop_separated(
	struct merge *merge, enum merge_what what, int64_t whose, int64_t other, struct err *err)
{
	const struct merge_part *part = merge_part_find("separated");
	const char *row = arena_printf(
		merge->arena, "{\"v\":1,\"other_id\":%lld}", (long long)other);
	bool dropped;

	if (merge_run(merge->store, part->drop, row, whose, 0, &dropped, err) < 0)
		return -1;
	return dropped ? merge_note(merge, part, what, row, NULL, err) : 0;
}

int
merge_separated(struct merge *merge, struct err *err)
{
	if (drop_separated(merge, MERGE_DROPPED, merge->from, merge->into, err) < 0)
		return -1;
	return drop_separated(merge, MERGE_REPLACED, merge->into, merge->from, err);
}

/* ---- interactions ---- */

/* ?2 is the survivor, ?3 the other. */
static const char SURE[] =
	"UPDATE interaction_contact AS f SET ambiguous = 0 WHERE f.contact_id = ?2"
	" AND f.interaction_id = ?1 ->> '$.interaction_id' AND f.ambiguous AND NOT EXISTS ("
	"SELECT 1 FROM interaction_contact o WHERE o.interaction_id = f.interaction_id"
	" AND o.email IS f.email AND o.ambiguous AND o.contact_id NOT IN (?2, ?3))";

int
merge_settle_link(struct merge *merge, const char *row, struct err *err)
{
	const struct merge_part *part = merge_part_find("interactions");
	const char *mark;
	bool changed;

	if (merge_run(merge->store, SURE, row, merge->into, merge->from, &changed, err) < 0)
		return -1;
	if (!changed)
		return 0;
	if (merge_mark(merge->store, merge->arena, part, row, merge->into, &mark, err) < 0)
		return -1;
	return merge_note(merge, part, MERGE_CHANGED, row, mark, err);
}
