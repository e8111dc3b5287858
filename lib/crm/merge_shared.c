#include "merge_shared.h"

#include <string.h>

#include "contact_index.h"

static const char SELECT_COMPANIES[] =
	"SELECT DISTINCT company_id FROM interaction_contact WHERE contact_id IN (?1, ?2)"
	" AND company_id IS NOT NULL"
	" UNION SELECT company_id FROM contact WHERE id IN (?1, ?2) AND company_id IS NOT NULL";
static const char SELECT_PERSONS[] = "SELECT id FROM contact WHERE company_id = ?1 AND ?2 > 0";

static void
add_id(struct arena *arena, int64_t id, int64_t **ids, size_t *count, size_t *room)
{
	if (*count == *room) {
		int64_t *more = arena_array(arena, *room = *room * 2 + 16, sizeof *more);

		if (*count > 0)
			memcpy(more, *ids, *count * sizeof *more);
		*ids = more;
	}
	(*ids)[(*count)++] = id;
}

static int
add_ids(struct merge *merge, const char *sql, int64_t **ids, size_t *count, size_t *room,
	struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, sql);

	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	while (stmt_row(q))
		add_id(merge->arena, stmt_int(q), ids, count, room);
	return stmt_end(q, err);
}

int
merge_places_add(struct merge *merge, struct merge_places *places, struct err *err)
{
	if (add_ids(merge, SELECT_COMPANIES, &places->companies, &places->company_count,
		    &places->company_room, err) < 0)
		return -1;
	return add_ids(merge, SELECT_PERSONS, &places->persons, &places->person_count,
		&places->person_room, err);
}

static const char EXISTS[] = "SELECT 1 FROM contact WHERE id = ?";

/* Also of one that is gone: then nothing of it is found any more. */
static int
settle_one(struct merge *merge, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, EXISTS);
	bool exists, changed;
	int64_t one;

	stmt_bind_int(q, id);
	if (sql_get_int(q, &one, &exists, err) < 0 ||
		(exists && contact_recount(merge->store, id, &changed, err) < 0))
		return -1;
	return contact_index(merge->store, merge->arena, id, err);
}

/* The record of a person shows its company's number and name. */
int
merge_places_settle(
	struct merge *merge, const struct merge_places *places, int64_t now, struct err *err)
{
	bool changed;

	for (size_t i = 0; i < places->company_count; i++) {
		if (contact_recount(merge->store, places->companies[i], &changed, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < places->person_count; i++) {
		if (contact_touch(merge->store, places->persons[i], now, err) < 0 ||
			contact_index_later(merge->store, places->persons[i], err) < 0)
			return -1;
	}
	if (settle_one(merge, merge->from, err) < 0)
		return -1;
	return settle_one(merge, merge->into, err);
}

void
merge_diff(struct arena *arena, const struct contact *before, const struct contact *after,
	const char **old_fields, const char **new_fields)
{
	struct text old_text = { 0 }, new_text = { 0 };
	struct json_out old, new;

	json_out_init(&old, &old_text);
	json_out_init(&new, &new_text);
	json_object_begin(&old, NULL);
	json_object_begin(&new, NULL);
	contact_diff_write(before, after, &old, &new);
	json_object_end(&old);
	json_object_end(&new);
	*old_fields = arena_text_n(arena, old_text.bytes, old_text.size);
	*new_fields = arena_text_n(arena, new_text.bytes, new_text.size);
	text_clear(&old_text);
	text_clear(&new_text);
}
