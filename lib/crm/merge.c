#include "liaison/crm/merge.h"

#include <string.h>

#include "contact_row.h"
#include "liaison/base/text.h"
#include "merge_part.h"
#include "merge_shared.h"

/* One contact goes up in another. */

static int
refuse(const struct contact *from, const struct contact *into, struct err *err)
{
	if (from->id == into->id)
		return fail_field(
			err, ERR_REFUSED, "into", "'%s' cannot be merged into itself", from->no);
	if (strcmp(from->type, into->type) != 0)
		return fail_field(err, ERR_REFUSED, "into",
			"'%s' is a %s and '%s' a %s: they are not one", from->no, from->type,
			into->no, into->type);
	return 0;
}

/* ---- the merge's own row ---- */

static const char INSERT_MERGE[] =
	"INSERT INTO merge (at, user, merged_id, no, into_id, first_id, picture_id, merged, before,"
	" after) SELECT ?1, ?2, c.id, c.no, ?4, ?4, c.picture_id, " MERGE_CONTACT
	", ?5, ?6 FROM contact c WHERE c.id = ?3";

static int
insert_merge(struct merge *merge, const char *user, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, INSERT_MERGE);

	stmt_bind_int(q, now);
	stmt_bind_text(q, user);
	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	stmt_bind_text(q, merge->result->before);
	stmt_bind_text(q, merge->result->after);
	if (stmt_run(q, err) < 0)
		return -1;
	merge->id = merge->result->id = store_last_id(merge->store);
	return 0;
}

/* ---- the parts ---- */

struct row {
	const char *row, *mark, *other; /* other: the survivor's, or NULL */
	const char *conflict, *theirs, *ours; /* conflict NULL: nothing would be lost */
};

static int
load_rows(struct merge *merge, const struct merge_part *part, struct row **out, size_t *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, part->rows);
	struct row *rows = NULL;
	size_t used = 0, room = 0;

	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	while (stmt_row(q)) {
		if (used == room) {
			struct row *more = arena_array(
				merge->arena, room = room * 2 + 8, sizeof *more);

			if (used > 0)
				memcpy(more, rows, used * sizeof *rows);
			rows = more;
		}
		rows[used].row = stmt_text_copy(q, merge->arena);
		rows[used].mark = stmt_text_copy(q, merge->arena);
		rows[used].other = stmt_text_copy(q, merge->arena);
		rows[used].conflict = stmt_text_copy(q, merge->arena);
		rows[used].ours = stmt_text_copy(q, merge->arena);
		rows[used++].theirs = stmt_text_copy(q, merge->arena);
	}
	*out = rows;
	*count = used;
	return stmt_end(q, err);
}

static int
move_row(struct merge *merge, const struct merge_part *part, const struct row *row, struct err *err)
{
	bool moved;

	if (merge_note(merge, part, MERGE_MOVED, row->row, row->mark, err) < 0 ||
		merge_run(merge->store, part->move, row->row, merge->from, merge->into, &moved,
			err) < 0)
		return -1;
	return moved ? 0
		     : fail(err, ERR_CONFLICT, "of the %s one stands in the way of another",
			       part->name);
}

static int
drop_row(struct merge *merge, const struct merge_part *part, const struct row *row, struct err *err)
{
	if (merge_note(merge, part, MERGE_DROPPED, row->row, NULL, err) < 0 ||
		merge_run(merge->store, part->drop, row->row, merge->from, 0, NULL, err) < 0)
		return -1;
	return strcmp(part->name, "interactions") == 0 && row->other != NULL
		       ? merge_settle_link(merge, row->other, err)
		       : 0;
}

static int
replace_other(
	struct merge *merge, const struct merge_part *part, const struct row *row, struct err *err)
{
	if (merge_note(merge, part, MERGE_REPLACED, row->other, NULL, err) < 0)
		return -1;
	return merge_run(merge->store, part->drop, row->other, merge->into, 0, NULL, err);
}

/* count rows of the merged one's, each the same beside another of the survivor's. */
static int
merge_row(struct merge *merge, const struct merge_part *part, const struct row *rows, size_t count,
	struct err *err)
{
	bool taken = false;

	if (rows->other == NULL)
		return move_row(merge, part, rows, err);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].conflict != NULL && merge_takes(merge, rows[i].conflict))
			taken = true;
	}
	for (size_t i = 0; i < count; i++) {
		if (rows[i].conflict != NULL)
			merge_conflict(
				merge, rows[i].conflict, rows[i].ours, rows[i].theirs, taken);
		if (taken && replace_other(merge, part, &rows[i], err) < 0)
			return -1;
	}
	return taken ? move_row(merge, part, rows, err) : drop_row(merge, part, rows, err);
}

static int
merge_rows(struct merge *merge, const struct merge_part *part, struct err *err)
{
	struct row *rows;
	size_t count;

	if (load_rows(merge, part, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && strcmp(rows[i].row, rows[next].row) == 0;)
			next++;
		if (merge_row(merge, part, rows + i, next - i, err) < 0)
			return -1;
	}
	return 0;
}

static int
merge_parts_of(struct merge *merge, struct err *err)
{
	if (merge_emails(merge, err) < 0 || merge_addresses(merge, err) < 0 ||
		merge_separated(merge, err) < 0)
		return -1;
	for (const struct merge_part *part = merge_parts; part->name != NULL; part++) {
		if (part->rows != NULL && merge_rows(merge, part, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the picture ---- */

static const char SELECT_PICTURES[] =
	"SELECT (SELECT f.digest FROM contact c JOIN file f ON f.id = c.picture_id WHERE c.id = "
	"?1),"
	" (SELECT f.digest FROM contact c JOIN file f ON f.id = c.picture_id WHERE c.id = ?2)";
static const char TAKE_PICTURE[] =
	"UPDATE contact SET picture_id = (SELECT picture_id FROM contact WHERE id = ?3)"
	" WHERE id = ?2 AND ?1 IS NOT NULL";
static const char KEEP_PICTURE[] =
	"UPDATE merge SET other_picture_id = (SELECT picture_id FROM contact WHERE id = ?1)"
	" WHERE id = ?2";

static int
pictures_of(struct merge *merge, const char **theirs, const char **ours, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_PICTURES);

	*theirs = *ours = NULL;
	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	if (stmt_row(q)) {
		*theirs = stmt_text_copy(q, merge->arena);
		*ours = stmt_text_copy(q, merge->arena);
	}
	return stmt_end(q, err);
}

static int
keep_picture(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, KEEP_PICTURE);

	stmt_bind_int(q, merge->into);
	stmt_bind_int(q, merge->id);
	return stmt_run(q, err);
}

static int
take_picture(struct merge *merge, struct err *err)
{
	const struct merge_part *part = merge_part_find("picture");
	const char *before, *after;

	if (merge_mark(merge->store, merge->arena, part, "", merge->into, &before, err) < 0 ||
		keep_picture(merge, err) < 0 ||
		merge_run(merge->store, TAKE_PICTURE, "", merge->into, merge->from, NULL, err) <
			0 ||
		merge_mark(merge->store, merge->arena, part, "", merge->into, &after, err) < 0)
		return -1;
	return merge_note(merge, part, MERGE_CHANGED, before, after, err);
}

/* A conflict tells the two by their digests. */
static int
merge_picture(struct merge *merge, struct err *err)
{
	const char *theirs, *ours;
	bool taken = true;

	if (pictures_of(merge, &theirs, &ours, err) < 0)
		return -1;
	if (theirs == NULL || text_same(theirs, ours))
		return 0;
	if (ours != NULL) {
		taken = merge_takes(merge, "picture");
		merge_conflict(merge, "picture", ours, theirs, taken);
	}
	return taken ? take_picture(merge, err) : 0;
}

/* ---- all of it ---- */

static const char SELECT_PRIMARY[] = "SELECT address FROM contact_email WHERE contact_id = ? AND "
				     "is_primary AND state = 'active'";

static int
primary_of(struct merge *merge, const char **address, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_PRIMARY);

	*address = NULL;
	stmt_bind_int(q, merge->into);
	if (stmt_row(q))
		*address = stmt_text_copy(q, merge->arena);
	return stmt_end(q, err);
}

static const char DELETE_CONTACT[] = "DELETE FROM contact WHERE id = ?";

static int
remove_merged(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, DELETE_CONTACT);

	stmt_bind_int(q, merge->from);
	return stmt_run(q, err);
}

static int
check_takes(const struct merge *merge, struct err *err)
{
	for (unsigned i = 0; i < merge->take_count; i++) {
		if (merge->taken[i])
			continue;
		fail_field(
			err, ERR_USAGE, "take", "the two do not differ in '%.60s'", merge->take[i]);
		return err_hint(err, "a dry run tells in what they do");
	}
	return 0;
}

static int
run_merge(
	struct merge *merge, struct contact *after, const char *user, int64_t now, struct err *err)
{
	struct merge_places places = { 0 };
	const char *primary;

	if (insert_merge(merge, user, now, err) < 0 || merge_places_add(merge, &places, err) < 0 ||
		primary_of(merge, &primary, err) < 0 || merge_parts_of(merge, err) < 0 ||
		merge_picture(merge, err) < 0 ||
		contact_email_choose(merge->store, merge->into, primary, err) < 0 ||
		remove_merged(merge, err) < 0 || check_takes(merge, err) < 0 ||
		contact_store(merge->store, merge->arena, after, now, err) < 0)
		return -1;
	return merge_places_settle(merge, &places, now, err);
}

int
contact_merge(struct store *store, struct arena *arena, int64_t from, int64_t into,
	const char *const *take, unsigned take_count, const char *user, int64_t now,
	struct merge_result *out, struct err *err)
{
	struct merge merge = { .store = store,
		.arena = arena,
		.from = from,
		.into = into,
		.take = take,
		.take_count = take_count,
		.taken = arena_array(arena, take_count + 1, sizeof(bool)),
		.result = out };
	struct contact merged, before, after;

	memset(out, 0, sizeof *out);
	if (contact_get(store, arena, from, &merged, err) < 0 ||
		contact_get(store, arena, into, &before, err) < 0 ||
		refuse(&merged, &before, err) < 0)
		return -1;
	out->merged = from;
	out->into = into;
	out->merged_no = merged.no;
	out->into_no = before.no;
	after = before;
	merge_fields(&merge, &merged, &before, &after);
	after.version++;
	merge_diff(arena, &before, &after, &out->before, &out->after);
	return run_merge(&merge, &after, user, now, err);
}
