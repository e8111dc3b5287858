#include <stdlib.h>
#include <string.h>

#include "duplicate_search.h"
#include "liaison/base/text.h"
#include "liaison/crm/setup.h"

/* One contact compared with those that share its keys. What it takes is bounded: a key that many share
 * is passed over, and of many others only those that share the most are looked at. */

enum {
	SHARED_MOST = 100, /* contacts of one key */
	CANDIDATES_MOST = 40,
};

struct candidate {
	int64_t contact;
	unsigned weight;
};

struct candidates {
	struct candidate items[DUPLICATE_KEYS_MAX * SHARED_MOST];
	unsigned count;
};

/* One that it is paired with already. */
struct paired {
	int64_t contact;
	unsigned score;
	const char *reasons; /* JSON */
};

struct look {
	struct store *store;
	struct arena *arena;
	int64_t id;
	const struct duplicate_rows *rows;
	struct duplicate_search *search; /* or NULL */
	struct duplicate_side side;
	struct paired paired[CANDIDATES_MOST * 2];
	unsigned paired_count;
};

/* ---- whom to compare it with ---- */

static const char SELECT_SHARING[] = "SELECT contact_id FROM duplicate_key WHERE key = ? LIMIT ?";

static int
add_sharing(
	struct look *look, const struct duplicate_key *key, struct candidates *to, struct err *err)
{
	unsigned before = to->count, seen = 0;
	struct stmt *q;

	if (look->search != NULL && duplicate_search_is_full(look->search, key->key))
		return 0;
	q = sql_prepare(look->store, SELECT_SHARING);
	stmt_bind_int(q, key->key);
	stmt_bind_int(q, SHARED_MOST + 1);
	while (stmt_row(q)) {
		int64_t contact = stmt_int(q);

		if (++seen > SHARED_MOST)
			to->count = before;
		else if (contact != look->id)
			to->items[to->count++] = (struct candidate){ contact, key->weight };
	}
	if (seen > SHARED_MOST && look->search != NULL)
		duplicate_search_note_full(look->search, key->key);
	return stmt_end(q, err);
}

static int
by_contact(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return (x->contact > y->contact) - (x->contact < y->contact);
}

static int
by_weight(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return by_contact(a, b);
}

/* Each once, the likeliest first, and no more than are looked at. */
static void
rank(struct candidates *candidates)
{
	unsigned used = 0;

	qsort(candidates->items, candidates->count, sizeof *candidates->items, by_contact);
	for (unsigned i = 0; i < candidates->count; i++) {
		struct candidate *last = used > 0 ? &candidates->items[used - 1] : NULL;

		if (last != NULL && last->contact == candidates->items[i].contact)
			last->weight += candidates->items[i].weight;
		else
			candidates->items[used++] = candidates->items[i];
	}
	qsort(candidates->items, used, sizeof *candidates->items, by_weight);
	candidates->count = used < CANDIDATES_MOST ? used : CANDIDATES_MOST;
}

static const char SELECT_PAIRED[] =
	"SELECT other_id, score, reasons FROM duplicate_pair WHERE contact_id = ?1"
	" UNION ALL SELECT contact_id, score, reasons FROM duplicate_pair WHERE other_id = ?1";

static int
read_paired(struct look *look, struct err *err)
{
	struct stmt *q = sql_prepare(look->store, SELECT_PAIRED);

	look->paired_count = 0;
	stmt_bind_int(q, look->id);
	while (look->paired_count < CANDIDATES_MOST * 2 && stmt_row(q)) {
		struct paired *paired = &look->paired[look->paired_count++];

		paired->contact = stmt_int(q);
		paired->score = (unsigned)stmt_int(q);
		paired->reasons = stmt_text_copy(q, look->arena);
	}
	return stmt_end(q, err);
}

/* Who was found from the other side stays as long as the score does. */
static void
add_paired(const struct look *look, struct candidates *to)
{
	enum { FIRST = 1000 };

	for (unsigned i = 0; i < CANDIDATES_MOST && i < look->paired_count; i++)
		to->items[to->count++] = (struct candidate){ look->paired[i].contact, FIRST };
}

static int
find_candidates(struct look *look, struct candidates *out, struct err *err)
{
	struct duplicate_key keys[DUPLICATE_KEYS_MAX];
	unsigned count = duplicate_keys(look->arena, &look->side, look->rows, keys);

	out->count = 0;
	for (unsigned i = 0; i < count && i < DUPLICATE_KEYS_MAX - 1; i++) {
		if (add_sharing(look, &keys[i], out, err) < 0)
			return -1;
	}
	if (read_paired(look, err) < 0)
		return -1;
	add_paired(look, out);
	rank(out);
	return 0;
}

/* ---- comparing ---- */

static const char SELECT_CONTENT[] = "SELECT content FROM duplicate_content WHERE contact_id = ?";

static int
read_side(struct store *store, struct arena *arena, int64_t id, struct duplicate_side *out,
	bool *found, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_CONTENT);

	stmt_bind_int(q, id);
	*found = stmt_row(q);
	if (*found)
		duplicate_read(arena, stmt_text(q), out);
	return stmt_end(q, err);
}

/* Not of one that is gone, nor of one that is known to be another. */
static const char SELECT_MAY_BE[] =
	"SELECT 1 FROM contact WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM duplicate_separate s"
	" WHERE s.contact_id = ?1 AND s.other_id = ?2)";

static int
may_be(const struct look *look, int64_t other, bool *may, struct err *err)
{
	struct stmt *q = sql_prepare(look->store, SELECT_MAY_BE);

	stmt_bind_int(q, look->id);
	stmt_bind_int(q, other);
	return sql_get_int(q, NULL, may, err);
}

/* It is not read for that. */
static bool
is_excluded(const struct look *look, int64_t other)
{
	return look->search != NULL && look->rows->hit > 0 &&
	       duplicate_search_excludes(look->search, &look->side, other);
}

static int
compare(const struct look *look, struct duplicate_hit *hit, bool *is, struct err *err)
{
	struct duplicate_side other;
	bool found;

	*is = false;
	if (is_excluded(look, hit->contact))
		return 0;
	if (read_side(look->store, look->arena, hit->contact, &other, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	if (look->search != NULL)
		duplicate_search_learn(look->search, hit->contact, &other);
	hit->score = duplicate_score(&look->side, &other, &hit->reasons);
	return hit->score < look->rows->hit ? 0 : may_be(look, hit->contact, is, err);
}

static int
by_score(const void *a, const void *b)
{
	const struct duplicate_hit *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->contact > y->contact) - (x->contact < y->contact);
}

static int
compare_all(struct look *look, struct duplicate_hit **out, unsigned *count, struct err *err)
{
	struct candidates *candidates = mem_alloc(sizeof *candidates);
	struct duplicate_hit *hits = arena_array(look->arena, CANDIDATES_MOST, sizeof *hits);
	int result = find_candidates(look, candidates, err);
	unsigned used = 0;

	for (unsigned i = 0; result == 0 && i < candidates->count; i++) {
		bool is = false;

		hits[used] = (struct duplicate_hit){ .contact = candidates->items[i].contact };
		result = compare(look, &hits[used], &is, err);
		used += is;
	}
	free(candidates);
	qsort(hits, used, sizeof *hits, by_score);
	*out = hits;
	*count = used;
	return result;
}

/* ---- pairs ---- */

static const char PUT_PAIR[] =
	"INSERT INTO duplicate_pair (contact_id, other_id, score, reasons)"
	" VALUES (min(?1, ?2), max(?1, ?2), ?3, ?4)"
	" ON CONFLICT (contact_id, other_id) DO UPDATE SET score = excluded.score,"
	" reasons = excluded.reasons WHERE score <> excluded.score OR reasons <> excluded.reasons";

static bool
is_kept(const struct look *look, const struct duplicate_hit *hit, const char *reasons)
{
	for (unsigned i = 0; i < look->paired_count; i++) {
		const struct paired *paired = &look->paired[i];

		if (paired->contact == hit->contact)
			return paired->score == hit->score && strcmp(paired->reasons, reasons) == 0;
	}
	return false;
}

static int
put_pair(const struct look *look, const struct duplicate_hit *hit, struct err *err)
{
	struct text text = { 0 };
	struct json_out out;
	int result = 0;

	json_out_init(&out, &text);
	json_array_begin(&out, NULL);
	duplicate_reasons_write(hit->reasons, &out);
	json_array_end(&out);
	if (!is_kept(look, hit, text.bytes)) {
		struct stmt *q = sql_prepare(look->store, PUT_PAIR);

		stmt_bind_int(q, look->id);
		stmt_bind_int(q, hit->contact);
		stmt_bind_int(q, hit->score);
		stmt_bind_text_n(q, text.bytes, text.size);
		result = stmt_run(q, err);
	}
	text_clear(&text);
	return result;
}

static const char DELETE_PAIR[] =
	"DELETE FROM duplicate_pair WHERE contact_id = min(?1, ?2) AND other_id = max(?1, ?2)";

static bool
is_hit(const struct duplicate_hit *hits, unsigned count, int64_t contact)
{
	for (unsigned i = 0; i < count; i++) {
		if (hits[i].contact == contact)
			return true;
	}
	return false;
}

static int
drop_pair(struct store *store, int64_t id, int64_t other, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_PAIR);

	stmt_bind_int(q, id);
	stmt_bind_int(q, other);
	return stmt_run(q, err);
}

static const char SET_CHECKED[] =
	"UPDATE duplicate_content SET checked = (SELECT round FROM duplicate_round)"
	" WHERE contact_id = ?";

/* Pairs that are none any more go. */
static int
keep_pairs(
	const struct look *look, const struct duplicate_hit *hits, unsigned count, struct err *err)
{
	struct stmt *q;

	for (unsigned i = 0; i < look->paired_count; i++) {
		int64_t other = look->paired[i].contact;

		if (!is_hit(hits, count, other) && drop_pair(look->store, look->id, other, err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < count; i++) {
		if (put_pair(look, &hits[i], err) < 0)
			return -1;
	}
	q = sql_prepare(look->store, SET_CHECKED);
	stmt_bind_int(q, look->id);
	return stmt_run(q, err);
}

/* ---- all of it ---- */

int
duplicate_check_by(struct store *store, struct arena *arena, int64_t id,
	const struct duplicate_rows *rows, struct duplicate_search *search,
	struct duplicate_hit **out, unsigned *count, struct err *err)
{
	struct look look = {
		.store = store, .arena = arena, .id = id, .rows = rows, .search = search
	};
	bool found;

	*count = 0;
	if (read_side(store, arena, id, &look.side, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	if (compare_all(&look, out, count, err) < 0)
		return -1;
	return keep_pairs(&look, *out, *count, err);
}

int
duplicate_check(struct store *store, struct arena *arena, int64_t id, struct duplicate_hit **out,
	unsigned *count, struct err *err)
{
	struct duplicate_rows rows;

	*count = 0;
	if (duplicate_rows_get(store, arena, &rows, err) < 0)
		return -1;
	return duplicate_check_by(store, arena, id, &rows, NULL, out, count, err);
}

int
duplicate_check_live(struct store *store, struct arena *arena, int64_t id,
	struct duplicate_hit **out, unsigned *count, struct err *err)
{
	const char *on;

	*count = 0;
	if (setup_get(store, arena, "duplicate-search", &on, err) < 0)
		return -1;
	return strcmp(on, "true") != 0 ? 0 : duplicate_check(store, arena, id, out, count, err);
}
