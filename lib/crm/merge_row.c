#include <string.h>

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

static void
count_row(struct merge *merge, const struct merge_part *part, enum merge_what what)
{
	struct merge_count *count = merge_count_of(merge->result, part->name);

	switch (what) {
	case MERGE_MOVED:
		count->moved++;
		return;
	case MERGE_CHANGED:
		count->changed++;
		return;
	case MERGE_DROPPED:
	case MERGE_REPLACED:
		count->dropped++;
		return;
	}
}

static const char INSERT_ROW[] =
	"INSERT INTO merge_row (merge_id, place, part, what, before, after)"
	" VALUES (?, ?, ?, ?, ?, ?)";

int
merge_note(struct merge *merge, const struct merge_part *part, enum merge_what what,
	const char *before, const char *after, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, INSERT_ROW);

	count_row(merge, part, what);
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
