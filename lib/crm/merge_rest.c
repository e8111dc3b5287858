#include "merge_part.h"

/* What is left of a merge that takes several transactions. */

int
merge_count_left(struct store *store, const struct merge_part *part,
	const struct merge_result *result, int64_t *rows, int64_t *dropped, struct err *err)
{
	struct stmt *q = sql_prepare(store, part->left);

	*rows = *dropped = 0;
	stmt_bind_int(q, result->merged);
	stmt_bind_int(q, result->into);
	if (stmt_row(q)) {
		*rows = stmt_int(q);
		*dropped = stmt_int(q);
	}
	return stmt_end(q, err);
}

static const char COUNT_STILL[] = "SELECT part, count(*) FROM merge_row WHERE merge_id = ?"
				  " GROUP BY part";

static int
count_back(struct store *store, struct merge_result *result, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_STILL);

	stmt_bind_int(q, result->id);
	while (stmt_row(q)) {
		const struct merge_part *part = merge_part_find(stmt_text(q));
		int64_t rows = stmt_int(q);

		if (part->many)
			merge_count_of(result, part->name)->moved += rows;
	}
	return stmt_end(q, err);
}

int
contact_merge_rest(struct store *store, bool back, struct merge_result *result, struct err *err)
{
	struct merge merge = { .store = store, .id = result->id, .result = result };

	if (back)
		return count_back(store, result, err);
	if (merge_count_noted(&merge, err) < 0)
		return -1;
	for (const struct merge_part *part = merge_parts; part->name != NULL; part++) {
		int64_t rows, dropped;

		if (!part->many)
			continue;
		if (merge_count_left(store, part, result, &rows, &dropped, err) < 0)
			return -1;
		if (rows > 0) {
			merge_count_of(result, part->name)->moved += rows - dropped;
			merge_count_of(result, part->name)->dropped += dropped;
		}
	}
	return 0;
}
