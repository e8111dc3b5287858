#include "liaison/base/clock.h"
#include "liaison/crm/merge.h"

/* Merges that were broken off. */

enum { TURN_MS = 60 };

static const char SELECT_UNDER_WAY[] =
	"SELECT id, under_way = 'unmerge' FROM merge WHERE under_way IS NOT NULL LIMIT 1";

/* *id 0: there is none. */
static int
find_one(struct store *store, int64_t *id, bool *back, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_UNDER_WAY);

	*id = 0;
	if (stmt_row(q)) {
		*id = stmt_int(q);
		*back = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

static int
run_turn(struct store *store, struct arena *arena, bool back, int64_t now,
	struct merge_result *result, struct err *err)
{
	int64_t until_ms = clock_monotonic_ms() + TURN_MS;

	if (store_begin(store, err) < 0)
		return -1;
	if ((back ? contact_unmerge(store, arena, result->id, now, until_ms, result, err)
		  : contact_merge(store, arena, 0, 0, NULL, 0, "", now, until_ms, result, err)) <
			0 ||
		store_commit(store, err) < 0) {
		store_rollback(store);
		return -1;
	}
	return 0;
}

static int
end_one(struct store *store, int64_t id, bool back, int64_t now, struct err *err)
{
	struct merge_result result = { .id = id };
	struct arena *arena = arena_new();
	int status = 0;

	while (status == 0 && !result.done) {
		arena_reset(arena);
		status = run_turn(store, arena, back, now, &result, err);
	}
	arena_free(arena);
	return status;
}

int
contact_merges_end(struct store *store, int64_t now, unsigned *ended, struct err *err)
{
	int64_t id;
	bool back;

	*ended = 0;
	for (;;) {
		if (find_one(store, &id, &back, err) < 0)
			return -1;
		if (id == 0)
			return 0;
		if (end_one(store, id, back, now, err) < 0)
			return -1;
		++*ended;
	}
}
