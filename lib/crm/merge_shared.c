#include "merge_shared.h"

#include <string.h>

#include "liaison/base/text.h"

/* What an interaction that both had was counted for through the link that is no more. */
static const char SELECT_COMPANIES[] =
	"SELECT company_id FROM interaction_contact WHERE contact_id IN (?1, ?2)"
	" AND company_id IS NOT NULL"
	" UNION SELECT company_id FROM contact WHERE id IN (?1, ?2) AND company_id IS NOT NULL"
	" UNION SELECT before ->> '$.company_id' FROM merge_row WHERE merge_id = ?3"
	"  AND part = 'interactions' AND what <> 'moved' AND before ->> '$.company_id' IS NOT NULL"
	" UNION SELECT ?1 UNION SELECT ?2";

int
merge_recount(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_COMPANIES);
	int64_t *ids = NULL;
	unsigned count = 0, room = 0;
	bool changed;

	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	stmt_bind_int(q, merge->id);
	while (stmt_row(q)) {
		ids = arena_grow(merge->arena, ids, count, &room, sizeof *ids);
		ids[count++] = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (contact_recount(merge->store, ids[i], &changed, err) < 0)
			return -1;
	}
	return 0;
}

static const char SELECT_BUSY[] = "SELECT no FROM merge WHERE under_way IS NOT NULL AND id <> ?3"
				  " AND (merged_id IN (?1, ?2) OR into_id IN (?1, ?2)) LIMIT 1";

int
merge_refuse_busy(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_BUSY);
	const char *no = NULL;

	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	stmt_bind_int(q, merge->id);
	if (stmt_row(q))
		no = stmt_text_copy(q, merge->arena);
	if (stmt_end(q, err) < 0)
		return -1;
	return no == NULL ? 0 : merge_busy(no, err);
}

int
contact_merge_refuse(struct store *store, struct arena *arena, int64_t contact, struct err *err)
{
	struct merge merge = { .store = store, .arena = arena, .from = contact, .into = contact };

	return merge_refuse_busy(&merge, err);
}

int
merge_busy(const char *no, struct err *err)
{
	fail(err, ERR_UNAVAILABLE, "a merge of '%s' is under way", no);
	return err_hint(err, "try again when it has ended");
}

void
merge_diff(struct arena *arena, const struct contact *before, const struct contact *after,
	const char **old_fields, const char **new_fields)
{
	struct json_doc old, new;

	json_doc_begin(&old);
	json_doc_begin(&new);
	json_object_begin(&old.out, NULL);
	json_object_begin(&new.out, NULL);
	contact_diff_write(before, after, &old.out, &new.out);
	json_object_end(&old.out);
	json_object_end(&new.out);
	json_doc_end(&old, arena, 0, old_fields);
	json_doc_end(&new, arena, 0, new_fields);
}
