#include <string.h>

#include "contact_index.h"
#include "contact_row.h"
#include "liaison/base/text.h"
#include "merge_shared.h"

/* A merge is taken back: what nobody changed since goes where it was, at first what is little, then the rest
 * in as many transactions as it takes. */

enum { ROWS_AT_ONCE = 200 };

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
	const char *no, *into_no, *first_no, *merged, *before, *after, *under_way;
	int64_t first;
};

static const char SELECT_MERGE[] =
	"SELECT m.merged_id, m.into_id, m.first_id, m.no, c.no,"
	" (SELECT o.no FROM merge o WHERE o.merged_id = m.first_id), m.merged, m.before, m.after,"
	" m.under_way"
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
		past->under_way = stmt_text_copy(q, merge->arena);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (merge->from == 0)
		return fail_field(err, ERR_NOT_FOUND, "merge", "there is no merge '%lld'",
			(long long)merge->id);
	if (text_same(past->under_way, "merge"))
		return merge_busy(past->no, err);
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
restore_contact(struct merge *merge, const struct past *past, struct err *err)
{
	return merge_run(merge->store, RESTORE_CONTACT, past->merged, merge->now, 0, NULL, err);
}

static const char NOTE_UNDER_WAY[] = "UPDATE merge SET under_way = 'unmerge' WHERE id = ?";

static int
note_under_way(struct merge *merge, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, NOTE_UNDER_WAY);

	stmt_bind_int(q, merge->id);
	return stmt_run(q, err);
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
	int64_t place;
	const char *what, *before, *after;
};

/* The latest ones first, of the parts that ?2 names or of the others. */
static const char SELECT_ROWS[] =
	"SELECT place, part, what, before, after FROM merge_row WHERE merge_id = ?1"
	" AND (part IN (SELECT value FROM json_each(?2))) = ?3 ORDER BY place DESC LIMIT ?4";

/* The parts that may be of many rows, as a JSON array. */
static const char *
many_parts(struct arena *arena)
{
	const char *list = "[";

	for (const struct merge_part *part = merge_parts; part->name != NULL; part++) {
		if (part->many)
			list = arena_printf(arena, "%s%s\"%s\"", list,
				strcmp(list, "[") == 0 ? "" : ",", part->name);
	}
	return arena_printf(arena, "%s]", list);
}

static int
load_rows(struct merge *merge, bool many, struct noted **out, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(merge->store, SELECT_ROWS);
	struct noted *rows = NULL;
	unsigned used = 0, room = 0;

	stmt_bind_int(q, merge->id);
	stmt_bind_text(q, many_parts(merge->arena));
	stmt_bind_int(q, many);
	stmt_bind_int(q, many ? ROWS_AT_ONCE : -1);
	while (stmt_row(q)) {
		rows = arena_grow(merge->arena, rows, used, &room, sizeof *rows);
		rows[used].place = stmt_int(q);
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
	if (moved && *came && strcmp(row->part->name, "persons") == 0 &&
		merge_follow_person(merge, row->before, err) < 0)
		return -1;
	return *came ? set_back(merge, row, moved ? merge->from : merge->into, came, err) : 0;
}

static const char DELETE_ROW[] = "DELETE FROM merge_row WHERE merge_id = ? AND place = ?";

static int
take_back(struct merge *merge, const struct noted *row, struct err *err)
{
	struct merge_count *counted = merge_count_of(merge->result, row->part->name);
	struct stmt *q;
	bool came = false;

	if (row_back(merge, row, &came, err) < 0)
		return -1;
	if (came)
		counted->moved++;
	else
		counted->dropped++;
	q = sql_prepare(merge->store, DELETE_ROW);
	stmt_bind_int(q, merge->id);
	stmt_bind_int(q, row->place);
	return stmt_run(q, err);
}

/* What is united is noted behind all places. */
static int
few_back(struct merge *merge, struct err *err)
{
	struct noted *rows;
	unsigned count;

	if (load_rows(merge, false, &rows, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (take_back(merge, &rows[i], err) < 0)
			return -1;
	}
	merge->place = INT32_MAX;
	if (merge_emails_unite(merge, merge->from, err) < 0)
		return -1;
	return merge_emails_unite(merge, merge->into, err);
}

/* result.done: none is left. */
static int
many_back(struct merge *merge, struct err *err)
{
	struct noted *rows;
	unsigned count;

	do {
		if (load_rows(merge, true, &rows, &count, err) < 0)
			return -1;
		for (unsigned i = 0; i < count; i++) {
			if (take_back(merge, &rows[i], err) < 0)
				return -1;
			if (merge_is_over(merge))
				return 0;
		}
	} while (count > 0);
	merge->result->done = true;
	return 0;
}

/* ---- all of it ---- */

static int
fields_back(struct merge *merge, const struct past *past, struct err *err)
{
	struct contact before, after;

	if (contact_get(merge->store, merge->arena, merge->into, &before, err) < 0)
		return -1;
	after = before;
	if (merge_fields_back(merge->arena, past->before, past->after, &after, err) < 0)
		return -1;
	after.version++;
	merge_diff(merge->arena, &before, &after, &merge->result->before, &merge->result->after);
	return contact_store(merge->store, merge->arena, &after, merge->now, err);
}

static int
begin(struct merge *merge, const struct past *past, struct err *err)
{
	if (merge_refuse_busy(merge, err) < 0 || note_under_way(merge, err) < 0 ||
		restore_contact(merge, past, err) < 0 || few_back(merge, err) < 0 ||
		fields_back(merge, past, err) < 0 ||
		contact_email_choose(merge->store, merge->from, NULL, err) < 0 ||
		contact_email_choose(merge->store, merge->into, NULL, err) < 0 ||
		contact_index(merge->store, merge->arena, merge->from, err) < 0)
		return -1;
	return contact_index(merge->store, merge->arena, merge->into, err);
}

static int
end(struct merge *merge, struct err *err)
{
	return merge_recount(merge, err) < 0 ? -1 : delete_merge(merge, err);
}

static const char COUNT_ROWS[] = "SELECT count(*) FROM merge_row WHERE merge_id = ?";

static int
count_total(struct merge *merge, struct err *err)
{
	struct merge_result *result = merge->result;
	struct stmt *q;
	bool found;

	result->rows = 0;
	for (unsigned i = 0; i < result->count; i++)
		result->rows += result->counts[i].moved + result->counts[i].dropped;
	if (result->total > 0)
		return 0;
	q = sql_prepare(merge->store, COUNT_ROWS);
	stmt_bind_int(q, merge->id);
	if (sql_get_int(q, &result->total, &found, err) < 0)
		return -1;
	result->total += result->rows;
	return 0;
}

static int
run_back(struct merge *merge, const struct past *past, struct err *err)
{
	if (past->under_way == NULL && begin(merge, past, err) < 0)
		return -1;
	if (many_back(merge, err) < 0)
		return -1;
	return merge->result->done ? end(merge, err) : count_total(merge, err);
}

int
contact_unmerge(struct store *store, struct arena *arena, int64_t id, int64_t now, int64_t until_ms,
	struct merge_result *out, struct err *err)
{
	struct merge merge = { .store = store,
		.arena = arena,
		.id = id,
		.now = now,
		.until_ms = until_ms,
		.result = out };
	struct past past = { 0 };

	if (load_merge(&merge, &past, err) < 0 || run_back(&merge, &past, err) < 0)
		return -1;
	if (out->id != 0)
		return 0;
	out->again = past.under_way != NULL;
	out->id = id;
	out->merged = merge.from;
	out->into = merge.into;
	out->merged_no = past.no;
	out->into_no = past.into_no;
	return 0;
}
