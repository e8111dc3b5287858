#include <string.h>

#include "interaction_page.h"
#include "liaison/base/text.h"
#include "liaison/crm/sight.h"

/* Timelines: pages are found again by the time and id of their last row, so that what is inserted
 * meanwhile moves nothing. */

char *
kinds_text(struct arena *arena, const char *const *kinds, unsigned count)
{
	char *text = NULL;

	for (unsigned i = 0; i < count; i++)
		text = arena_printf(arena, "%s%s,", text != NULL ? text : ",", kinds[i]);
	return text;
}

int
page_cursor(const char *after, const char *letter, int64_t *a, int64_t *b, struct err *err)
{
	char numbers[64], *dot;

	if (after[0] == letter[0] && strlen(after) < sizeof numbers) {
		memcpy(numbers, after + 1, strlen(after));
		dot = strchr(numbers, '.');
		if (dot != NULL) {
			*dot = '\0';
			if (text_to_int64(numbers, a) == 0 && text_to_int64(dot + 1, b) == 0)
				return 0;
		}
	}
	return fail_field(err, ERR_USAGE, "after", "'%.60s' is no cursor of this list", after);
}

/* Two index walks, merged: links of the contact itself, and of persons whose company it was. */
static const char SELECT_PAGE[] =
	"SELECT x.at, x.interaction_id FROM interaction_contact x"
	" JOIN interaction i ON i.id = x.interaction_id"
	" WHERE x.contact_id = ?1 AND x.at >= ?2 AND x.at <= ?3 AND (x.at, x.interaction_id) < "
	"(?4, ?5)"
	" AND i.status <> 'draft' AND (?6 IS NULL OR instr(?6, ',' || i.kind || ','))"
	" AND " SIGHT_LINKED(
		"x", "i.message_id") " UNION "
				     "SELECT x.at, x.interaction_id FROM interaction_contact x"
				     " JOIN interaction i ON i.id = x.interaction_id"
				     " WHERE x.company_id = ?1 AND x.at >= ?2 AND x.at <= ?3 AND "
				     "(x.at, x.interaction_id) < "
				     "(?4, ?5)"
				     " AND i.status <> 'draft' AND (?6 IS NULL OR instr(?6, ',' || "
				     "i.kind || ','))"
				     " AND " SIGHT_LINKED("x",
					     "i.message_id") " ORDER BY 1 DESC, 2 DESC LIMIT ?7";

struct place {
	int64_t at, id;
};

static int
run_page(struct stmt *q, struct arena *arena, unsigned limit, struct timeline_page *out,
	struct err *err)
{
	struct timeline_page page = { arena_array(arena, limit, sizeof *page.ids), 0, NULL };
	int64_t at = 0;

	while (stmt_row(q)) {
		if (page.count == limit) {
			page.next = arena_printf(
				arena, "t%lld.%lld", (long long)at, (long long)page.ids[limit - 1]);
			break;
		}
		at = stmt_int(q);
		page.ids[page.count++] = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = page;
	return 0;
}

int
interaction_timeline(struct store *store, struct arena *arena, int64_t contact_id,
	const int64_t *since, const int64_t *until, const char *const *kinds, unsigned kind_count,
	unsigned limit, const char *after, struct timeline_page *out, struct err *err)
{
	struct place place = { INT64_MAX, INT64_MAX };
	struct stmt *q;

	if (after != NULL && page_cursor(after, "t", &place.at, &place.id, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_PAGE);
	stmt_bind_int(q, contact_id);
	stmt_bind_int(q, since != NULL ? *since : INT64_MIN);
	stmt_bind_int(q, until != NULL ? *until : INT64_MAX);
	stmt_bind_int(q, place.at);
	stmt_bind_int(q, place.id);
	stmt_bind_text(q, kinds_text(arena, kinds, kind_count));
	stmt_bind_int(q, (int64_t)limit + 1);
	return run_page(q, arena, limit, out, err);
}
