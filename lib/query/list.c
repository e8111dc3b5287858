#include "tree.h"

#include <assert.h>
#include <string.h>

/* Lists by keyset: a page begins after the place the last one ended at, so that rows that come or go
 * meanwhile neither repeat nor hide others. SQLite's order is kept: blanks are before all else, or
 * after it when descending. */

enum { LIMIT_MAX = 1000 };

/* Rows after a place lie in one stretch of the first field's order, or in two: the same value and
 * those behind it, then the blanks (or the other way round). Each stretch is one statement, so that
 * an index on the field can find where to begin. */
enum stretch { STRETCH_ALL, STRETCH_NEAR, STRETCH_FAR };

struct listing {
	struct store *store;
	struct arena *arena;
	const struct query_list *list;
	struct query_sort sort;
	const struct query_place *after; /* NULL: from the beginning */
	struct query_page *page;
	struct query_place last; /* of the last row of the page */
	bool more;
};

static void
add(struct query_sql *sql, const char *text)
{
	text_add(&sql->text, text);
}

static void
bind_key(struct query_sql *sql, const struct query_key *key)
{
	if (key->type == KEY_TEXT)
		query_bind_text(sql, key->text);
	else if (key->type == KEY_DOUBLE)
		query_bind_double(sql, key->number);
	else
		query_bind_int(sql, key->integer);
}

static void
add_compared(struct query_sql *sql, const struct query_field *field, const char *sign,
	const struct query_key *key)
{
	query_add_operand(sql, field);
	add(sql, sign);
	bind_key(sql, key);
}

static void
add_after_id(struct query_sql *sql, const struct listing *listing)
{
	add(sql, listing->list->noun->id);
	add(sql, listing->sort.id_descends ? " < " : " > ");
	query_bind_int(sql, listing->after->id);
}

/* "After the place" by the fields from one on, then by id. */
static void
add_after(struct query_sql *sql, const struct listing *listing, unsigned place)
{
	const struct query_field *field;
	const struct query_key *key;

	if (place == listing->sort.count) {
		add_after_id(sql, listing);
		return;
	}
	field = listing->sort.fields[place];
	key = &listing->after->keys[place];
	add(sql, "(");
	query_add_operand(sql, field);
	if (key->type == KEY_NULL) {
		add(sql, listing->sort.descends[place] ? " IS NULL AND " : " IS NOT NULL OR ");
		add_after(sql, listing, place + 1);
		add(sql, ")");
		return;
	}
	add(sql, listing->sort.descends[place] ? " < " : " > ");
	bind_key(sql, key);
	if (listing->sort.descends[place]) {
		add(sql, " OR ");
		query_add_operand(sql, field);
		add(sql, " IS NULL");
	}
	add(sql, " OR (");
	add_compared(sql, field, " = ", key);
	add(sql, " AND ");
	add_after(sql, listing, place + 1);
	add(sql, "))");
}

/* With one field a comparison of rows says it all. */
static void
add_after_row(struct query_sql *sql, const struct listing *listing)
{
	add(sql, "(");
	query_add_operand(sql, listing->sort.fields[0]);
	add(sql, ", ");
	add(sql, listing->list->noun->id);
	add(sql, listing->sort.descends[0] ? ") < (" : ") > (");
	bind_key(sql, &listing->after->keys[0]);
	add(sql, ", ");
	query_bind_int(sql, listing->after->id);
	add(sql, ")");
}

/* The first field's bound is told once more by itself, for the planner to begin at. */
static void
add_near(struct query_sql *sql, const struct listing *listing)
{
	const struct query_field *field = listing->sort.fields[0];
	const struct query_key *key = &listing->after->keys[0];
	bool one_way = listing->sort.descends[0] == listing->sort.id_descends;

	if (key->type == KEY_NULL) {
		query_add_operand(sql, field);
		add(sql, " IS NULL AND ");
		add_after(sql, listing, 1);
		return;
	}
	add_compared(sql, field, listing->sort.descends[0] ? " <= " : " >= ", key);
	add(sql, " AND ");
	if (listing->sort.count == 1 && one_way)
		add_after_row(sql, listing);
	else
		add_after(sql, listing, 0);
}

static void
add_stretch(struct query_sql *sql, const struct listing *listing, enum stretch stretch)
{
	if (listing->after == NULL)
		return;
	add(sql, " AND ");
	if (listing->sort.count == 0) {
		add_after_id(sql, listing);
	} else if (stretch == STRETCH_NEAR) {
		add_near(sql, listing);
	} else {
		query_add_operand(sql, listing->sort.fields[0]);
		add(sql, listing->after->keys[0].type == KEY_NULL ? " IS NOT NULL" : " IS NULL");
	}
}

static void
add_where(struct query_sql *sql, const struct query_list *list)
{
	add(sql, " FROM ");
	query_add_from(sql, list->noun, list->noun->from);
	add(sql, " WHERE (");
	query_compile(sql, list->where);
	add(sql, ")");
}

static void
add_order(struct query_sql *sql, const struct listing *listing)
{
	const struct query_sort *sort = &listing->sort;

	add(sql, " ORDER BY ");
	for (unsigned i = 0; i < sort->count; i++) {
		query_add_operand(sql, sort->fields[i]);
		add(sql, sort->descends[i] ? " DESC, " : ", ");
	}
	add(sql, listing->list->noun->id);
	add(sql, sort->id_descends ? " DESC LIMIT " : " LIMIT ");
}

static void
compile_list(struct query_sql *sql, const struct listing *listing, enum stretch stretch)
{
	add(sql, "SELECT ");
	add(sql, listing->list->noun->id);
	for (unsigned i = 0; i < listing->sort.count; i++) {
		add(sql, ", ");
		query_add_operand(sql, listing->sort.fields[i]);
	}
	add_where(sql, listing->list);
	add_stretch(sql, listing, stretch);
	add_order(sql, listing);
	query_bind_int(sql, listing->list->limit + 1 - listing->page->count);
}

static void
read_key(
	struct stmt *q, struct arena *arena, const struct query_field *field, struct query_key *key)
{
	if (stmt_next_is_null(q)) {
		key->type = KEY_NULL;
		stmt_int(q);
	} else if (field->type == QUERY_TEXT || field->type == QUERY_CONTACT) {
		key->type = KEY_TEXT;
		key->text = stmt_text_copy(q, arena);
	} else if (stmt_next_is_double(q)) {
		key->type = KEY_DOUBLE;
		key->number = stmt_double(q);
	} else {
		key->type = KEY_INT;
		key->integer = stmt_int(q);
	}
}

/* Only the last row of a full page is a place to go on from. */
static void
read_row(struct stmt *q, struct listing *listing)
{
	struct query_page *page = listing->page;
	int64_t id = stmt_int(q);

	if (page->count == listing->list->limit) {
		listing->more = true;
		return;
	}
	page->ids[page->count++] = id;
	if (page->count < listing->list->limit)
		return;
	listing->last.id = id;
	listing->last.count = listing->sort.count;
	for (unsigned i = 0; i < listing->sort.count; i++)
		read_key(q, listing->arena, listing->sort.fields[i], &listing->last.keys[i]);
}

/* What SQLite finds too deep is the asker's to change. */
static int
judge(struct err *err)
{
	if (err->code == ERR_STORAGE &&
		(strstr(err->message, "parser stack overflow") != NULL ||
			strstr(err->message, "Expression tree is too large") != NULL))
		return fail_field(err, ERR_USAGE, "where", "the condition is nested too deeply");
	return -1;
}

static int
run_stretch(struct listing *listing, enum stretch stretch, struct err *err)
{
	struct query_sql sql = query_sql_begin(listing->store, listing->arena);
	struct stmt *q;
	int result;

	compile_list(&sql, listing, stretch);
	q = query_prepare(listing->store, &sql);
	while (stmt_row(q))
		read_row(q, listing);
	result = stmt_end(q, err);
	query_sql_clear(&sql);
	return result < 0 ? judge(err) : 0;
}

static int
run_stretches(struct listing *listing, struct err *err)
{
	const struct query_sort *sort = &listing->sort;
	const struct query_key *key;

	if (listing->after == NULL || sort->count == 0)
		return run_stretch(listing, STRETCH_ALL, err);
	if (run_stretch(listing, STRETCH_NEAR, err) < 0)
		return -1;
	key = &listing->after->keys[0];
	if (listing->more || (key->type == KEY_NULL) == sort->descends[0])
		return 0;
	return run_stretch(listing, STRETCH_FAR, err);
}

static int
count_rows(struct listing *listing, struct err *err)
{
	struct query_sql sql = query_sql_begin(listing->store, listing->arena);
	int result;

	add(&sql, "SELECT count(*)");
	add_where(&sql, listing->list);
	result = sql_get_int(query_prepare(listing->store, &sql), &listing->page->total, NULL, err);
	query_sql_clear(&sql);
	return result < 0 ? judge(err) : 0;
}

/* Neither the order nor the cursor tells what is withheld. */
static void
mask_sort(struct listing *listing)
{
	const struct query_sql sql = query_sql_begin(listing->store, listing->arena);

	for (unsigned i = 0; i < listing->sort.count; i++)
		listing->sort.fields[i] = query_seen_field(
			&sql, listing->list->noun, listing->sort.fields[i]);
}

static int
open_list(struct listing *listing, struct query_place *place, struct err *err)
{
	const struct query_list *list = listing->list;
	const char *sort = list->sort ? list->sort : list->noun->sort;

	if (list->limit < 1 || list->limit > LIMIT_MAX)
		return fail_field(
			err, ERR_USAGE, "limit", "expected a limit from 1 to %d", LIMIT_MAX);
	if (query_read_sort(listing->arena, list->noun, sort ? sort : "", &listing->sort, err) < 0)
		return -1;
	mask_sort(listing);
	if (list->after == NULL)
		return 0;
	if (query_place_read(
		    listing->arena, query_shape(list), list->after, listing->sort.count, place) < 0)
		return fail_field(err, ERR_USAGE, "after",
			"this cursor is not of this list: expected 'next' of an answer to the same "
			"question");
	listing->after = place;
	return 0;
}

int
query_run(struct store *store, struct arena *arena, const struct query_list *list,
	struct query_page *out, struct err *err)
{
	struct query_page page = { .total = -1 };
	struct listing listing = { .store = store, .arena = arena, .list = list, .page = &page };
	struct query_place place;

	if (open_list(&listing, &place, err) < 0)
		return -1;
	page.ids = arena_array(arena, list->limit, sizeof *page.ids);
	if (run_stretches(&listing, err) < 0 || (list->count && count_rows(&listing, err) < 0))
		return -1;
	if (listing.more)
		page.next = query_place_write(arena, query_shape(list), &listing.last);
	*out = page;
	return 0;
}

static void
compile_ids(struct query_sql *sql, const struct query_list *list, unsigned max)
{
	add(sql, "SELECT ");
	add(sql, list->noun->id);
	add_where(sql, list);
	add(sql, " ORDER BY ");
	add(sql, list->noun->id);
	add(sql, " LIMIT ");
	query_bind_int(sql, max ? (int64_t)max : -1);
}

int
query_ids_sure(struct store *store, struct arena *arena, const struct query_noun *noun,
	const struct query_node *where, enum query_sure sure, unsigned max, int64_t **ids,
	size_t *count, struct err *err)
{
	struct query_list list = { .noun = noun, .where = where };
	struct query_sql sql = query_sql_begin(store, arena);
	struct text found = { 0 };
	struct stmt *q;
	int64_t id;
	int result;

	sql.sure = sure;
	compile_ids(&sql, &list, max);
	q = query_prepare(store, &sql);
	while (stmt_row(q)) {
		id = stmt_int(q);
		text_add_n(&found, &id, sizeof id);
	}
	result = stmt_end(q, err);
	query_sql_clear(&sql);
	if (result == 0) {
		*count = found.size / sizeof id;
		*ids = arena_array(arena, *count + 1, sizeof id);
		memcpy(*ids, found.bytes ? found.bytes : "", found.size);
	}
	text_clear(&found);
	return result < 0 ? judge(err) : 0;
}

int
query_ids(struct store *store, struct arena *arena, const struct query_noun *noun,
	const struct query_node *where, unsigned max, int64_t **ids, size_t *count, struct err *err)
{
	return query_ids_sure(store, arena, noun, where, QUERY_AS_IS, max, ids, count, err);
}
