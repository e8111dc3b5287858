#include <string.h>

#include "interaction_page.h"
#include "liaison/base/text.h"
#include "liaison/crm/sight.h"
#include "search_words.h"

/* Full text over subject, text, notes and parties. Ranks shift a little when mail comes, so later
 * pages keep to what the first one could know: the cursor is a place and the highest id of then. */

static const char HIGHEST[] = "SELECT coalesce(max(id), 0) FROM interaction";

static int
find_highest(struct store *store, int64_t *highest, struct err *err)
{
	*highest = 0;
	return sql_get_int(sql_prepare(store, HIGHEST), highest, NULL, err);
}

/* Of the newest 10,000 matches the best first: the subject weighs most, then the parties. */
#define HITS(weight, seen) \
	"SELECT id FROM (SELECT i.id AS id, i.at AS at," \
	"  " weight " AS rank" \
	"  FROM interaction_search s JOIN interaction i ON i.id = s.rowid" \
	"  WHERE interaction_search MATCH ?1 AND i.id <= ?2 AND i.at >= ?3 AND i.at <= ?4" \
	"  AND i.status <> 'draft' AND (?5 IS NULL OR instr(?5, ',' || i.kind || ','))" \
	"  AND (?6 IS NULL OR EXISTS (SELECT 1 FROM interaction_contact x" \
	"   WHERE x.interaction_id = i.id AND (x.contact_id = ?6 OR x.company_id = ?6)))" seen \
	"  ORDER BY i.at DESC, i.id DESC LIMIT 10000)" \
	" ORDER BY rank, at DESC, id DESC LIMIT ?7 OFFSET ?8"

static const char SELECT_HITS[] = HITS("bm25(interaction_search, 4.0, 1.0, 2.0)", "");
/* Even that a word stands in what is withheld would tell of it, and so would weights, which go by how
 * often it stands in all: the newest are first. */
static const char SELECT_SEEN_HITS[] = HITS("0", " AND NOT " SIGHT_WITHHELD("i.message_id"));

static int
run_page(struct stmt *q, struct arena *arena, int64_t offset, int64_t highest, unsigned limit,
	struct timeline_page *out, struct err *err)
{
	struct timeline_page page = { arena_array(arena, limit, sizeof *page.ids), 0, NULL };

	while (stmt_row(q)) {
		if (page.count == limit) {
			page.next = arena_printf(
				arena, "s%lld.%lld", (long long)offset + limit, (long long)highest);
			break;
		}
		page.ids[page.count++] = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = page;
	return 0;
}

static int
start_page(
	struct store *store, const char *after, int64_t *offset, int64_t *highest, struct err *err)
{
	*offset = 0;
	if (after == NULL)
		return find_highest(store, highest, err);
	if (page_cursor(after, "s", offset, highest, err) < 0)
		return -1;
	if (*offset < 0 || *highest < 0)
		return fail_field(
			err, ERR_USAGE, "after", "'%.60s' is no cursor of this list", after);
	return 0;
}

int
interaction_search(struct store *store, struct arena *arena, const char *words,
	const int64_t *contact_id, const int64_t *since, const int64_t *until,
	const char *const *kinds, unsigned kind_count, unsigned limit, const char *after,
	struct timeline_page *out, struct err *err)
{
	const char *match;
	int64_t offset, highest;
	struct stmt *q;

	if (search_words(arena, words, &match, err) < 0 ||
		start_page(store, after, &offset, &highest, err) < 0)
		return -1;
	q = sql_prepare(store, store_viewer(store) == NULL ? SELECT_HITS : SELECT_SEEN_HITS);
	stmt_bind_text(q, match);
	stmt_bind_int(q, highest);
	stmt_bind_int(q, since != NULL ? *since : INT64_MIN);
	stmt_bind_int(q, until != NULL ? *until : INT64_MAX);
	stmt_bind_text(q, kinds_text(arena, kinds, kind_count));
	stmt_bind_int_or_null(q, contact_id != NULL ? *contact_id : 0, contact_id == NULL);
	stmt_bind_int(q, (int64_t)limit + 1);
	stmt_bind_int(q, offset);
	return run_page(q, arena, offset, highest, limit, out, err);
}
