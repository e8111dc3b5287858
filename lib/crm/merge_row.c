#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "merge_part.h"

/* A row at a time: noted, so that it can be taken back, and counted. */

static const char *const WHAT_WORDS[] = {
	[MERGE_MOVED] = "moved",
	[MERGE_CHANGED] = "changed",
	[MERGE_DROPPED] = "dropped",
	[MERGE_REPLACED] = "replaced", /* the other's, dropped for the merged one's */
};

const char *
merge_what_word(enum merge_what what)
{
	return WHAT_WORDS[what];
}

struct merge_count *
merge_count_of(struct merge_result *result, const char *part)
{
	for (unsigned i = 0; i < result->count; i++) {
		if (strcmp(result->counts[i].part, part) == 0)
			return &result->counts[i];
	}
	result->counts[result->count] = (struct merge_count){ .part = part };
	return &result->counts[result->count++];
}

static const char COUNT_NOTED[] =
	"SELECT part, count(*) FILTER (WHERE what = 'moved'),"
	" count(*) FILTER (WHERE what IN ('dropped', 'replaced')),"
	" count(*) FILTER (WHERE what = 'changed')"
	" FROM merge_row WHERE merge_id = ? GROUP BY part ORDER BY min(place)";

int
merge_count_noted(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, COUNT_NOTED);

	stmt_bind_int(q, merge->id);
	while (stmt_row(q)) {
		const struct merge_part *part = merge_part_find(stmt_text(q));
		struct merge_count *count = merge_count_of(merge->result, part->name);

		count->moved = stmt_int(q);
		count->dropped = stmt_int(q);
		count->changed = stmt_int(q);
	}
	return stmt_end(q, err);
}

static const char INSERT_ROW[] =
	"INSERT INTO merge_row (merge_id, place, part, what, before, after)"
	" VALUES (?, ?, ?, ?, ?, ?)";

int
merge_note(struct merge *merge, const struct merge_part *part, enum merge_what what,
	const char *before, const char *after, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, INSERT_ROW);

	stmt_bind_int(q, merge->id);
	stmt_bind_int(q, ++merge->place);
	stmt_bind_text(q, part->name);
	stmt_bind_text(q, WHAT_WORDS[what]);
	stmt_bind_text(q, before);
	stmt_bind_text(q, after);
	return stmt_run(q, err);
}

int
merge_run(struct store *store, const char *sql, const char *row, int64_t whose, int64_t other,
	bool *changed, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_text(q, row);
	stmt_bind_int(q, whose);
	if (other != 0)
		stmt_bind_int(q, other);
	if (stmt_run(q, err) < 0)
		return -1;
	if (changed != NULL)
		*changed = store_changes(store) > 0;
	return 0;
}

int
merge_mark(struct store *store, struct arena *arena, const struct merge_part *part, const char *row,
	int64_t whose, const char **mark, struct err *err)
{
	struct stmt *q = sql_prepare(store, part->mark);

	*mark = NULL;
	stmt_bind_text(q, row);
	stmt_bind_int(q, whose);
	if (stmt_row(q))
		*mark = stmt_text_copy(q, arena);
	return stmt_end(q, err);
}

static const char TOUCH_PERSON[] =
	"UPDATE contact SET version = version + 1, changed = ?2 WHERE id = ?1 ->> '$.id'";
static const char QUEUE_PERSON[] =
	"INSERT OR IGNORE INTO find_queue (contact_id) SELECT ?1 ->> '$.id' WHERE ?2 > 0";

int
merge_follow_person(struct merge *merge, const char *row, struct err *err)
{
	if (merge_run(merge->store, TOUCH_PERSON, row, merge->now, 0, NULL, err) < 0)
		return -1;
	return merge_run(merge->store, QUEUE_PERSON, row, merge->now, 0, NULL, err);
}

bool
merge_is_over(const struct merge *merge)
{
	return merge->until_ms != INT64_MAX && clock_monotonic_ms() >= merge->until_ms;
}

bool
merge_takes(struct merge *merge, const char *field)
{
	for (unsigned i = 0; i < merge->take_count; i++) {
		if (text_equal_nocase(merge->take[i], field))
			return merge->taken[i] = true;
	}
	return false;
}

void
merge_conflict(
	struct merge *merge, const char *field, const char *into, const char *merged, bool taken)
{
	struct merge_result *result = merge->result;

	if (result->conflict_count == result->conflict_room) {
		struct merge_conflict *more;

		result->conflict_room = result->conflict_room * 2 + 8;
		more = arena_array(merge->arena, result->conflict_room, sizeof *more);
		if (result->conflict_count > 0)
			memcpy(more, result->conflicts, result->conflict_count * sizeof *more);
		result->conflicts = more;
	}
	result->conflicts[result->conflict_count++] = (struct merge_conflict){
		arena_text(merge->arena, field), into, merged, taken
	};
}
