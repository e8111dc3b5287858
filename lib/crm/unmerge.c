#include <string.h>

#include "contact_row.h"
#include "liaison/base/text.h"
#include "merge_shared.h"

/* A merge is taken back: what nobody changed since goes where it was. */

/* ---- which ---- */

static const char SELECT_BY_WORDS[] =
	"SELECT id FROM merge WHERE no = ?1 OR CAST(id AS TEXT) = ?1 ORDER BY no <> ?1 LIMIT 1";

int
merge_find(struct store *store, const char *words, int64_t *merge, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_BY_WORDS);
	bool found;

	stmt_bind_text(q, words);
	if (sql_get_int(q, merge, &found, err) < 0)
		return -1;
	if (found)
		return 0;
	fail_field(err, ERR_NOT_FOUND, "merge", "there is no merge '%.60s'", words);
	return err_hint(err, "give the number of the contact that was merged");
}

static const char SELECT_OF_CONTACT[] = "SELECT id FROM merge WHERE merged_id = ?";

int
merge_of_contact(struct store *store, int64_t merged, int64_t *merge, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OF_CONTACT);
	bool found;

	stmt_bind_int(q, merged);
	if (sql_get_int(q, merge, &found, err) < 0)
		return -1;
	return found ? 0 : fail(err, ERR_NOT_FOUND, "its merge was taken back already");
}

static const char SELECT_SURVIVOR[] =
	"SELECT c.id, c.no FROM merge m JOIN contact c ON c.id = m.into_id WHERE m.no = ?";

int
merge_survivor(struct store *store, struct arena *arena, const char *no, int64_t *into,
	const char **into_no, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SURVIVOR);

	*into = 0;
	stmt_bind_text(q, no);
	if (stmt_row(q)) {
		*into = stmt_int(q);
		*into_no = stmt_text_copy(q, arena);
	}
	return stmt_end(q, err);
}

/* ---- the merge's own row ---- */

struct past {
	const char *no, *into_no, *first_no, *merged, *before, *after;
	int64_t first;
};

static const char SELECT_MERGE[] =
	"SELECT m.merged_id, m.into_id, m.first_id, m.no, c.no,"
	" (SELECT o.no FROM merge o WHERE o.merged_id = m.first_id), m.merged, m.before, m.after"
	" FROM merge m JOIN contact c ON c.id = m.into_id WHERE m.id = ?";

static int
load_merge(struct merge *merge, struct past *past, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_MERGE);

	stmt_bind_int(q, merge->id);
	if (stmt_row(q)) {
		merge->from = stmt_int(q);
		merge->into = stmt_int(q);
		past->first = stmt_int(q);
		past->no = stmt_text_copy(q, merge->arena);
		past->into_no = stmt_text_copy(q, merge->arena);
		past->first_no = stmt_text_copy(q, merge->arena);
		past->merged = stmt_text_copy(q, merge->arena);
		past->before = stmt_text_copy(q, merge->arena);
		past->after = stmt_text_copy(q, merge->arena);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (merge->from == 0)
		return fail_field(err, ERR_NOT_FOUND, "merge", "there is no merge '%lld'",
			(long long)merge->id);
	if (past->first == merge->into)
		return 0;
	fail_field(err, ERR_REFUSED, "merge",
		"'%s' was merged into '%s', which was merged into '%s'", past->no,
		past->first_no != NULL ? past->first_no : "another", past->into_no);
	return err_hint(err, "take that back first");
}

#define COLUMN(name, ...) ", " #name
#define VALUE(name, ...)  ", ?1 ->> '$." #name "'"

static const char RESTORE_CONTACT[] =
	"INSERT INTO contact (id, version, no, name_fold, company_id, picture_id, created,"
	" changed" CONTACT_TEXTS(COLUMN) CONTACT_FLAGS(
		COLUMN) ") SELECT ?1 ->> '$.id', (?1 ->> '$.version') + 1, ?1 ->> '$.no',"
			" ?1 ->> '$.name_fold', " MERGE_COMPANY
			", (SELECT f.id FROM file f WHERE f.id = ?1 ->> '$.picture_id'),"
			" ?1 ->> '$.created', ?2" CONTACT_TEXTS(VALUE) CONTACT_FLAGS(VALUE);

static int
restore_contact(struct merge *merge, const struct past *past, int64_t now, struct err *err)
{
	return merge_run(merge->store, RESTORE_CONTACT, past->merged, now, 0, NULL, err);
}

static const char DELETE_MERGE[] = "DELETE FROM merge WHERE id = ?";

static int
delete_merge(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, DELETE_MERGE);

	stmt_bind_int(q, merge->id);
	return stmt_run(q, err);
}

/* ---- the rows ---- */

struct noted {
	const struct merge_part *part;
	const char *what, *before, *after;
};

static const char SELECT_ROWS[] =
	"SELECT part, what, before, after FROM merge_row WHERE merge_id = ? ORDER BY place DESC";

static int
load_rows(struct merge *merge, struct noted **out, size_t *count, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_ROWS);
	struct noted *rows = NULL;
	size_t used = 0, room = 0;

	stmt_bind_int(q, merge->id);
	while (stmt_row(q)) {
		if (used == room) {
			struct noted *more = arena_array(
				merge->arena, room = room * 2 + 32, sizeof *more);

			if (used > 0)
				memcpy(more, rows, used * sizeof *rows);
			rows = more;
		}
		rows[used].part = merge_part_find(stmt_text(q));
		rows[used].what = stmt_text_copy(q, merge->arena);
		rows[used].before = stmt_text_copy(q, merge->arena);
		rows[used++].after = stmt_text_copy(q, merge->arena);
	}
	*out = rows;
	*count = used;
	return stmt_end(q, err);
}

static int
set_back(struct merge *merge, const struct noted *row, int64_t whose, bool *came, struct err *err)
{
	if (row->part->back == NULL)
		return 0;
	return merge_run(merge->store, row->part->back, row->before, whose, 0, came, err);
}

/* Whether it is still as the merge left it. */
static int
untouched(struct merge *merge, const struct noted *row, bool *same, struct err *err)
{
	const char *mark;

	if (merge_mark(merge->store, merge->arena, row->part, row->before, merge->into, &mark,
		    err) < 0)
		return -1;
	*same = text_same(mark, row->after);
	return 0;
}

/* *came: it is where it was. */
static int
row_back(struct merge *merge, const struct noted *row, bool *came, struct err *err)
{
	bool moved = strcmp(row->what, merge_what_word(MERGE_MOVED)) == 0;
	bool replaced = strcmp(row->what, merge_what_word(MERGE_REPLACED)) == 0;

	if (strcmp(row->what, merge_what_word(MERGE_DROPPED)) == 0)
		return merge_run(merge->store, row->part->restore, row->before, merge->from,
			merge->into, came, err);
	if (replaced)
		return merge_run(merge->store, row->part->restore, row->before, merge->into,
			merge->from, came, err);
	if (untouched(merge, row, came, err) < 0)
		return -1;
	if (!*came)
		return 0;
	if (moved && merge_run(merge->store, row->part->move, row->before, merge->into, merge->from,
			     came, err) < 0)
		return -1;
	return *came ? set_back(merge, row, moved ? merge->from : merge->into, came, err) : 0;
}

static int
rows_back(struct merge *merge, struct err *err)
{
	struct noted *rows;
	size_t count;

	if (load_rows(merge, &rows, &count, err) < 0)
		return -1;
	merge->place = (int64_t)count;
	for (size_t i = 0; i < count; i++) {
		struct merge_count *counted = merge_count_of(merge->result, rows[i].part->name);
		bool came = false;

		if (row_back(merge, &rows[i], &came, err) < 0)
			return -1;
		if (came)
			counted->moved++;
		else
			counted->dropped++;
	}
	if (merge_emails_unite(merge, merge->from, err) < 0)
		return -1;
	return merge_emails_unite(merge, merge->into, err);
}

/* ---- all of it ---- */

static int
fields_back(struct merge *merge, const struct past *past, int64_t now, struct err *err)
{
	struct contact before, after;

	if (contact_get(merge->store, merge->arena, merge->into, &before, err) < 0)
		return -1;
	after = before;
	if (merge_fields_back(merge->arena, past->before, past->after, &after, err) < 0)
		return -1;
	after.version++;
	merge_diff(merge->arena, &before, &after, &merge->result->before, &merge->result->after);
	return contact_store(merge->store, merge->arena, &after, now, err);
}

int
contact_unmerge(struct store *store, struct arena *arena, int64_t id, int64_t now,
	struct merge_result *out, struct err *err)
{
	struct merge merge = { .store = store, .arena = arena, .id = id, .result = out };
	struct merge_places places = { 0 };
	struct past past = { 0 };

	memset(out, 0, sizeof *out);
	if (load_merge(&merge, &past, err) < 0 || restore_contact(&merge, &past, now, err) < 0 ||
		merge_places_add(&merge, &places, err) < 0 || rows_back(&merge, err) < 0 ||
		fields_back(&merge, &past, now, err) < 0 || delete_merge(&merge, err) < 0 ||
		contact_email_choose(store, merge.from, NULL, err) < 0 ||
		contact_email_choose(store, merge.into, NULL, err) < 0 ||
		merge_places_add(&merge, &places, err) < 0 ||
		merge_places_settle(&merge, &places, now, err) < 0)
		return -1;
	out->id = id;
	out->merged = merge.from;
	out->into = merge.into;
	out->merged_no = past.no;
	out->into_no = past.into_no;
	return 0;
}
