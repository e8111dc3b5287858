#include <stdlib.h>
#include <string.h>

#include "duplicate_side.h"
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

static const char SELECT_SHARING[] = "SELECT contact_id FROM duplicate_key WHERE key = ? LIMIT ?";

static int
add_sharing(struct store *store, const struct duplicate_key *key, int64_t self,
	struct candidates *to, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SHARING);
	unsigned before = to->count, seen = 0;

	stmt_bind_int(q, key->key);
	stmt_bind_int(q, SHARED_MOST + 1);
	while (stmt_row(q)) {
		int64_t contact = stmt_int(q);

		if (++seen > SHARED_MOST)
			to->count = before;
		else if (contact != self)
			to->items[to->count++] = (struct candidate){ contact, key->weight };
	}
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
	"SELECT other_id FROM duplicate_pair WHERE contact_id = ?1"
	" UNION ALL SELECT contact_id FROM duplicate_pair WHERE other_id = ?1";

/* Who was found from the other side stays as long as the score does. */
static int
add_paired(struct store *store, int64_t id, struct candidates *to, struct err *err)
{
	enum { FIRST = 1000 };
	struct stmt *q = sql_prepare(store, SELECT_PAIRED);

	stmt_bind_int(q, id);
	for (unsigned i = 0; i < CANDIDATES_MOST && stmt_row(q); i++)
		to->items[to->count++] = (struct candidate){ stmt_int(q), FIRST };
	return stmt_end(q, err);
}

static int
find_candidates(struct store *store, struct arena *arena, int64_t id,
	const struct duplicate_side *side, const struct duplicate_rows *rows,
	struct candidates *out, struct err *err)
{
	struct duplicate_key keys[DUPLICATE_KEYS_MAX];
	unsigned count = duplicate_keys(arena, side, rows, keys);

	out->count = 0;
	for (unsigned i = 0; i < count && i < DUPLICATE_KEYS_MAX - 1; i++) {
		if (add_sharing(store, &keys[i], id, out, err) < 0)
			return -1;
	}
	if (add_paired(store, id, out, err) < 0)
		return -1;
	rank(out);
	return 0;
}

/* ---- comparing ---- */

/* Not of one that is gone, nor of one that is known to be another. */
static const char SELECT_OTHER[] =
	"SELECT d.content FROM duplicate_content d WHERE d.contact_id = ?2"
	" AND EXISTS (SELECT 1 FROM contact WHERE id = ?2) AND NOT EXISTS (SELECT 1 FROM"
	" duplicate_separate s WHERE s.contact_id = ?1 AND s.other_id = ?2)";

static int
compare(struct store *store, struct arena *arena, int64_t id, const struct duplicate_side *side,
	struct duplicate_hit *hit, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OTHER);
	struct duplicate_side other;

	stmt_bind_int(q, id);
	stmt_bind_int(q, hit->contact);
	if (stmt_row(q)) {
		duplicate_read(arena, stmt_text(q), &other);
		hit->score = duplicate_score(side, &other, &hit->reasons);
	}
	return stmt_end(q, err);
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
compare_all(struct store *store, struct arena *arena, int64_t id, const struct duplicate_side *side,
	const struct duplicate_rows *rows, struct duplicate_hit **out, unsigned *count,
	struct err *err)
{
	struct candidates *candidates = mem_alloc(sizeof *candidates);
	struct duplicate_hit *hits = arena_array(arena, CANDIDATES_MOST, sizeof *hits);
	unsigned used = 0;
	int result = find_candidates(store, arena, id, side, rows, candidates, err);

	for (unsigned i = 0; result == 0 && i < candidates->count; i++) {
		hits[used] = (struct duplicate_hit){ .contact = candidates->items[i].contact };
		result = compare(store, arena, id, side, &hits[used], err);
		if (hits[used].score >= rows->hit)
			used++;
	}
	free(candidates);
	qsort(hits, used, sizeof *hits, by_score);
	*out = hits;
	*count = used;
	return result;
}

/* ---- pairs ---- */

void
duplicate_reasons_write(unsigned reasons, struct json_out *out)
{
	static const char *const WORDS[] = {
		[DUPLICATE_NAME] = "name",
		[DUPLICATE_SIMILAR_NAME] = "similar-name",
		[DUPLICATE_EMAIL] = "email",
		[DUPLICATE_PHONE] = "phone",
		[DUPLICATE_DOMAIN] = "domain",
		[DUPLICATE_ADDRESS] = "address",
		[DUPLICATE_COMPANY] = "company",
		[DUPLICATE_STRINGS_ALIKE] = "strings",
	};

	for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
		if (reasons & 1u << i)
			json_text(out, NULL, WORDS[i]);
	}
}

static const char PUT_PAIR[] =
	"INSERT INTO duplicate_pair (contact_id, other_id, score, reasons)"
	" VALUES (min(?1, ?2), max(?1, ?2), ?3, ?4)"
	" ON CONFLICT (contact_id, other_id) DO UPDATE SET score = excluded.score,"
	" reasons = excluded.reasons WHERE score <> excluded.score OR reasons <> excluded.reasons";

static int
put_pair(struct store *store, int64_t id, const struct duplicate_hit *hit, struct err *err)
{
	struct text text = { 0 };
	struct json_out out;
	struct stmt *q;
	int result;

	json_out_init(&out, &text);
	json_array_begin(&out, NULL);
	duplicate_reasons_write(hit->reasons, &out);
	json_array_end(&out);
	q = sql_prepare(store, PUT_PAIR);
	stmt_bind_int(q, id);
	stmt_bind_int(q, hit->contact);
	stmt_bind_int(q, hit->score);
	stmt_bind_text_n(q, text.bytes, text.size);
	result = stmt_run(q, err);
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

/* Pairs that are none any more. */
static int
drop_others(struct store *store, struct arena *arena, int64_t id, const struct duplicate_hit *hits,
	unsigned count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_PAIRED);
	int64_t *gone = arena_array(arena, CANDIDATES_MOST * 2, sizeof *gone);
	unsigned used = 0;

	stmt_bind_int(q, id);
	while (used < CANDIDATES_MOST * 2 && stmt_row(q)) {
		int64_t other = stmt_int(q);

		if (!is_hit(hits, count, other))
			gone[used++] = other;
	}
	if (stmt_end(q, err) < 0)
		return -1;
	for (unsigned i = 0; i < used; i++) {
		if (drop_pair(store, id, gone[i], err) < 0)
			return -1;
	}
	return 0;
}

static const char SET_CHECKED[] =
	"UPDATE duplicate_content SET checked = (SELECT round FROM duplicate_round)"
	" WHERE contact_id = ?";

static int
keep_pairs(struct store *store, struct arena *arena, int64_t id, const struct duplicate_hit *hits,
	unsigned count, struct err *err)
{
	struct stmt *q;

	if (drop_others(store, arena, id, hits, count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (put_pair(store, id, &hits[i], err) < 0)
			return -1;
	}
	q = sql_prepare(store, SET_CHECKED);
	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

/* ---- all of it ---- */

static const char SELECT_CONTENT[] = "SELECT content FROM duplicate_content WHERE contact_id = ?";

int
duplicate_check_by(struct store *store, struct arena *arena, int64_t id,
	const struct duplicate_rows *rows, struct duplicate_hit **out, unsigned *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_CONTENT);
	struct duplicate_side side;
	bool found;

	*count = 0;
	stmt_bind_int(q, id);
	found = stmt_row(q);
	if (found)
		duplicate_read(arena, stmt_text(q), &side);
	if (stmt_end(q, err) < 0)
		return -1;
	if (!found)
		return 0;
	if (compare_all(store, arena, id, &side, rows, out, count, err) < 0)
		return -1;
	return keep_pairs(store, arena, id, *out, *count, err);
}

int
duplicate_check(struct store *store, struct arena *arena, int64_t id, struct duplicate_hit **out,
	unsigned *count, struct err *err)
{
	struct duplicate_rows rows;

	*count = 0;
	if (duplicate_rows_get(store, arena, &rows, err) < 0)
		return -1;
	return duplicate_check_by(store, arena, id, &rows, out, count, err);
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
