#include "liaison/crm/merge.h"

#include <string.h>

#include "contact_index.h"
#include "contact_row.h"
#include "liaison/base/text.h"
#include "merge_part.h"
#include "merge_shared.h"

/* One contact goes up in another: at first what is little and what the two may differ in, then the rest in
 * as many transactions as it takes; the one that goes is there until nothing is left of it. */

enum { ROWS_AT_ONCE = 200, ROWS_ALL = -1 };

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
	" after, under_way) SELECT ?1, ?2, c.id, c.no, ?4, ?4, c.picture_id, " MERGE_CONTACT
	", ?5, ?6, 'merge' FROM contact c WHERE c.id = ?3";

static int
insert_merge(struct merge *merge, const char *user, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, INSERT_MERGE);

	stmt_bind_int(q, merge->now);
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
load_rows(struct merge *merge, const struct merge_part *part, int most, struct row **out,
	size_t *count, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, part->rows);
	struct row *rows = NULL;
	size_t used = 0, room = 0;

	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	stmt_bind_int(q, most);
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
	if (!moved)
		return fail(err, ERR_CONFLICT, "of the %s one stands in the way of another",
			part->name);
	return strcmp(part->name, "persons") == 0 ? merge_follow_person(merge, row->row, err) : 0;
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

/* *count: rows there were. */
static int
merge_rows(struct merge *merge, const struct merge_part *part, int most, size_t *count,
	struct err *err)
{
	struct row *rows;

	if (load_rows(merge, part, most, &rows, count, err) < 0)
		return -1;
	for (size_t i = 0, next; i < *count; i = next) {
		if (part->many && i > 0 && merge_is_over(merge))
			return 0;
		for (next = i + 1; next < *count && strcmp(rows[i].row, rows[next].row) == 0;)
			next++;
		if (merge_row(merge, part, rows + i, next - i, err) < 0)
			return -1;
	}
	return 0;
}

static int
merge_few(struct merge *merge, struct err *err)
{
	size_t count;

	if (merge_emails(merge, err) < 0 || merge_addresses(merge, err) < 0 ||
		merge_separated(merge, err) < 0)
		return -1;
	for (const struct merge_part *part = merge_parts; part->name != NULL; part++) {
		if (part->rows != NULL && !part->many &&
			merge_rows(merge, part, ROWS_ALL, &count, err) < 0)
			return -1;
	}
	return 0;
}

/* *all: none is left, also of what came to the one that goes meanwhile. */
static int
merge_many(struct merge *merge, bool *all, struct err *err)
{
	*all = false;
	for (const struct merge_part *part = merge_parts; part->name != NULL; part++) {
		size_t count = part->many;

		while (count > 0) {
			if (merge_rows(merge, part, ROWS_AT_ONCE, &count, err) < 0)
				return -1;
			if (count > 0 && merge_is_over(merge))
				return 0;
		}
	}
	*all = true;
	return 0;
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
begin_merge(struct merge *merge, struct contact *after, const char *user, struct err *err)
{
	const char *primary;

	if (merge_refuse_busy(merge, err) < 0 || insert_merge(merge, user, err) < 0 ||
		primary_of(merge, &primary, err) < 0 || merge_few(merge, err) < 0 ||
		merge_picture(merge, err) < 0 ||
		contact_email_choose(merge->store, merge->into, primary, err) < 0 ||
		check_takes(merge, err) < 0 ||
		contact_store(merge->store, merge->arena, after, merge->now, err) < 0 ||
		contact_index(merge->store, merge->arena, merge->from, err) < 0)
		return -1;
	return contact_index(merge->store, merge->arena, merge->into, err);
}

static const char SELECT_MERGE[] =
	"SELECT merged_id, into_id, (SELECT coalesce(max(r.place), 0) FROM merge_row r"
	" WHERE r.merge_id = m.id) FROM merge m WHERE id = ? AND under_way = 'merge'";

/* Where it has come to. */
static int
find_place(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_MERGE);
	bool found;

	stmt_bind_int(q, merge->id);
	found = stmt_row(q);
	if (found) {
		merge->from = stmt_int(q);
		merge->into = stmt_int(q);
		merge->place = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	return found ? 0 : fail(err, ERR_CONFLICT, "the merge is not under way any more");
}

static const char SELECT_BROKEN[] =
	"SELECT id, before, after FROM merge WHERE merged_id = ? AND into_id = ?"
	" AND under_way = 'merge'";

/* One that was broken off, as when the disk was full, is gone on with. */
static int
find_broken(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_BROKEN);
	struct merge_result *out = merge->result;

	stmt_bind_int(q, merge->from);
	stmt_bind_int(q, merge->into);
	if (stmt_row(q)) {
		out->again = true;
		merge->id = out->id = stmt_int(q);
		out->before = stmt_text_copy(q, merge->arena);
		out->after = stmt_text_copy(q, merge->arena);
	}
	return stmt_end(q, err);
}

static int
begin(struct merge *merge, const char *user, struct err *err)
{
	struct merge_result *out = merge->result;
	struct contact merged, before, after;

	if (contact_get(merge->store, merge->arena, merge->from, &merged, err) < 0 ||
		contact_get(merge->store, merge->arena, merge->into, &before, err) < 0 ||
		refuse(&merged, &before, err) < 0)
		return -1;
	out->merged = merge->from;
	out->into = merge->into;
	out->merged_no = merged.no;
	out->into_no = before.no;
	if (find_broken(merge, err) < 0)
		return -1;
	if (out->again)
		return find_place(merge, err);
	after = before;
	merge_fields(merge, &merged, &before, &after);
	after.version++;
	merge_diff(merge->arena, &before, &after, &out->before, &out->after);
	return begin_merge(merge, &after, user, err);
}

/* ---- its end ---- */

/* What somebody changed of it meanwhile is what comes back. */
static const char END_MERGE[] = "UPDATE merge SET under_way = NULL, merged = (SELECT " MERGE_CONTACT
				" FROM contact c WHERE c.id = merged_id) WHERE id = ?";
static const char DELETE_CONTACT[] = "DELETE FROM contact WHERE id = ?";

static int
end(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, END_MERGE);

	stmt_bind_int(q, merge->id);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(merge->store, DELETE_CONTACT);
	stmt_bind_int(q, merge->from);
	if (stmt_run(q, err) < 0 || merge_recount(merge, err) < 0)
		return -1;
	return contact_index(merge->store, merge->arena, merge->from, err);
}

static int
count_total(struct merge *merge, struct err *err)
{
	struct merge_result *result = merge->result;

	result->rows = merge->place;
	if (result->total > 0)
		return 0;
	result->total = merge->place;
	for (const struct merge_part *part = merge_parts; part->name != NULL; part++) {
		int64_t rows, dropped;

		if (!part->many)
			continue;
		if (merge_count_left(merge->store, part, result, &rows, &dropped, err) < 0)
			return -1;
		result->total += rows;
	}
	return 0;
}

static int
go_on(struct merge *merge, struct err *err)
{
	if (merge_many(merge, &merge->result->done, err) < 0)
		return -1;
	return merge->result->done ? end(merge, err) : count_total(merge, err);
}

int
contact_merge(struct store *store, struct arena *arena, int64_t from, int64_t into,
	const char *const *take, unsigned take_count, const char *user, int64_t now,
	int64_t until_ms, struct merge_result *out, struct err *err)
{
	struct merge merge = { .store = store,
		.arena = arena,
		.id = out->id,
		.from = from,
		.into = into,
		.now = now,
		.until_ms = until_ms,
		.take = take,
		.take_count = take_count,
		.taken = arena_array(arena, take_count + 1, sizeof(bool)),
		.result = out };

	if ((out->id == 0 ? begin(&merge, user, err) : find_place(&merge, err)) < 0 ||
		go_on(&merge, err) < 0)
		return -1;
	return out->done ? merge_count_noted(&merge, err) : 0;
}
