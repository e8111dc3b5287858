#include <stdlib.h>
#include <string.h>

#include "liaison/crm/contact.h"
#include "liaison/crm/interaction.h"
#include "search_index.h"

/* The one way interactions leave the database. */

struct ids {
	int64_t *items; /* arena */
	size_t count, room;
};

static void
add_id(struct arena *arena, struct ids *ids, int64_t id)
{
	if (ids->count == ids->room) {
		int64_t *more = arena_array(arena, ids->room = ids->room * 2 + 8, sizeof *more);

		if (ids->count > 0)
			memcpy(more, ids->items, ids->count * sizeof *more);
		ids->items = more;
	}
	ids->items[ids->count++] = id;
}

/* Contacts, and the companies that persons had at the time: whoever counts it. */
static const char SELECT_COUNTING[] =
	"SELECT contact_id FROM interaction_contact WHERE interaction_id = ?1"
	" UNION SELECT company_id FROM interaction_contact WHERE interaction_id = ?1"
	" AND company_id IS NOT NULL";

static int
find_counting(
	struct store *store, struct arena *arena, int64_t id, struct ids *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_COUNTING);

	stmt_bind_int(q, id);
	while (stmt_row(q))
		add_id(arena, out, stmt_int(q));
	return stmt_end(q, err);
}

static const char DELETE_INTERACTION[] = "DELETE FROM interaction WHERE id = ?";

static int
delete_row(struct store *store, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_INTERACTION);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static int
compare_ids(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* Each once, however many of its interactions went. */
static int
recount_all(struct store *store, struct ids *counting, struct err *err)
{
	bool changed;

	if (counting->count > 0)
		qsort(counting->items, counting->count, sizeof *counting->items, compare_ids);
	for (size_t i = 0; i < counting->count; i++) {
		if (i > 0 && counting->items[i] == counting->items[i - 1])
			continue;
		if (contact_recount(store, counting->items[i], &changed, err) < 0)
			return -1;
	}
	return 0;
}

int
interaction_take(struct store *store, int64_t id, struct err *err)
{
	if (search_index_keep(store, id, err) < 0 || delete_row(store, id, err) < 0)
		return -1;
	return search_index_follow(store, err);
}

int
interaction_erase(
	struct store *store, struct arena *arena, const int64_t *ids, size_t count, struct err *err)
{
	struct ids counting = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (find_counting(store, arena, ids[i], &counting, err) < 0 ||
			interaction_take(store, ids[i], err) < 0)
			return -1;
	}
	return recount_all(store, &counting, err);
}
