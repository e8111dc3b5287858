#include <stdlib.h>
#include <string.h>

#include "find_candidates.h"
#include "liaison/base/address.h"
#include "liaison/base/text.h"

/* Finding by free text. Look-ups of the whole text come first; then, for the rarest of its words, those
 * who have it, one that begins with it, contains it, or is a typing mistake away, and each of these is
 * judged by all of the words. Nothing here looks at more than so many rows, whatever is looked for. */

enum {
	LOOKED_UP_MAX = 300, /* by one look-up of the whole text */
	CANDIDATES_MAX = 1500, /* of one word, */
	CANDIDATES_MANY = 500, /* of one of many */
	CROSSED_ROWS_MAX = 5000, /* of a common word that are compared with another's, */
	CROSSED_MAX = 700, /* and what is judged of those that have both */
	RECENT_MAX = 1500, /* contacts that are judged where every word is too common */
	FEW = 10, /* hits with which nobody looks for typing mistakes */
	SLOTS = 16384, /* far more than the hits there can be, and a power of two */
};

static const int64_t UNKNOWN = INT64_MIN; /* when something happened last */

struct search {
	struct store *store;
	struct arena *arena;
	struct find_query query;
	struct contact_hit *hits;
	unsigned count, room;
	unsigned *places; /* by the hash of an id: 1 + its place in hits; SLOTS of them */
	bool common; /* all words are: who has them was not listed whole */
	bool looked_up_cut;
};

/* ---- hits ---- */

static unsigned *
slot_of(struct search *search, int64_t id)
{
	unsigned slot = (unsigned)((uint64_t)id * 11400714819323198485ull >> 50);

	while (search->places[slot] != 0 && search->hits[search->places[slot] - 1].id != id)
		slot = (slot + 1) % SLOTS;
	return &search->places[slot];
}

static void
keep_verdict(struct search *search, struct contact_hit *hit, const struct find_verdict *verdict)
{
	struct contact_why *why = arena_array(search->arena, verdict->count, sizeof *why);

	memcpy(why, verdict->why, verdict->count * sizeof *why);
	hit->rank = verdict->rank;
	hit->why = why;
	hit->why_count = verdict->count;
}

/* The better one stays. */
static struct contact_hit *
add_hit(struct search *search, int64_t id, const struct find_verdict *verdict)
{
	unsigned *slot = slot_of(search, id);
	struct contact_hit *hit;

	if (*slot != 0) {
		hit = &search->hits[*slot - 1];
		if (verdict->rank < hit->rank)
			keep_verdict(search, hit, verdict);
		return hit;
	}
	if (search->count == search->room) {
		search->room = search->room * 2 + 64;
		hit = arena_array(search->arena, search->room, sizeof *hit);
		if (search->count > 0)
			memcpy(hit, search->hits, search->count * sizeof *hit);
		search->hits = hit;
	}
	hit = &search->hits[search->count];
	*slot = ++search->count;
	hit->id = id;
	hit->active = UNKNOWN;
	keep_verdict(search, hit, verdict);
	return hit;
}

/* ---- the whole text ---- */

/* Runs a bound statement of ids. */
static int
look_up(struct search *search, struct stmt *q, enum find_tier tier, const char *field,
	enum find_how how, struct err *err)
{
	unsigned rows = 0;

	while (rows < LOOKED_UP_MAX && stmt_row(q)) {
		struct find_verdict verdict;

		find_note(&verdict, tier, search->query.text, field, how);
		add_hit(search, stmt_int(q), &verdict);
		rows++;
	}
	search->looked_up_cut |= rows == LOOKED_UP_MAX;
	return stmt_end(q, err);
}

static const char BY_NUMBER[] = "SELECT id FROM contact WHERE no = ?";
static const char BY_NAME[] = "SELECT id FROM contact WHERE name_fold = ?";
static const char BY_ADDRESS[] = "SELECT contact_id FROM contact_email WHERE address = ?";
static const char BY_DOMAIN[] = "SELECT contact_id FROM contact_domain WHERE domain = ?";

static int
look_up_equal(struct search *search, const char *sql, const char *value, enum find_tier tier,
	const char *field, struct err *err)
{
	struct stmt *q = sql_prepare(search->store, sql);

	stmt_bind_text(q, value);
	return look_up(search, q, tier, field, FIND_EXACT, err);
}

static const char BY_NUMBER_PREFIX[] =
	"SELECT id FROM contact WHERE no >= ?1 AND no < ?2 ORDER BY no LIMIT ?3";
static const char BY_NAME_PREFIX[] = "SELECT id FROM contact WHERE name_fold >= ?1"
				     " AND name_fold < ?2 ORDER BY name_fold LIMIT ?3";
static const char BY_ADDRESS_PREFIX[] = "SELECT contact_id FROM contact_email WHERE address >= ?1"
					" AND address < ?2 ORDER BY address LIMIT ?3";

static int
look_up_prefix(struct search *search, const char *sql, const char *prefix, const char *field,
	struct err *err)
{
	struct stmt *q = sql_prepare(search->store, sql);

	stmt_bind_text(q, prefix);
	stmt_bind_text(q, arena_printf(search->arena, "%s\xf4\x8f\xbf\xbf", prefix));
	stmt_bind_int(q, LOOKED_UP_MAX);
	return look_up(search, q, TIER_PREFIX, field, FIND_PREFIX, err);
}

static int
look_up_address(struct search *search, struct err *err)
{
	const char *text = search->query.text;
	struct err ignored;
	char *canonical;

	if (strchr(text, '@') != NULL) {
		if (address_canonical(search->arena, text, &canonical, &ignored) < 0)
			return 0;
		return look_up_equal(search, BY_ADDRESS, canonical, TIER_ADDRESS, "email", err);
	}
	if (strchr(text, '.') == NULL ||
		domain_canonical(search->arena, text, &canonical, &ignored) < 0)
		return 0;
	return look_up_equal(search, BY_DOMAIN, canonical, TIER_ADDRESS, "domain", err);
}

static int
look_up_text(struct search *search, struct err *err)
{
	const struct find_query *query = &search->query;

	if (look_up_equal(search, BY_NUMBER, query->text, TIER_NUMBER, "no", err) < 0 ||
		look_up_address(search, err) < 0 ||
		look_up_equal(search, BY_NAME, query->folded, TIER_NAME, "name", err) < 0 ||
		look_up_prefix(search, BY_NUMBER_PREFIX, query->text, "no", err) < 0 ||
		look_up_prefix(search, BY_NAME_PREFIX, query->folded, "name", err) < 0)
		return -1;
	return look_up_prefix(search, BY_ADDRESS_PREFIX, query->folded, "email", err);
}

/* ---- judging ---- */

static const char SELECT_ENTRY[] = "SELECT words FROM find_entry WHERE contact_id = ?";

static int
judge_one(struct search *search, int64_t id, enum find_how worst, struct err *err)
{
	struct stmt *q = sql_prepare(search->store, SELECT_ENTRY);
	struct find_verdict verdict;

	stmt_bind_int(q, id);
	if (stmt_row(q) && find_judge(&search->query, stmt_text(q), worst, &verdict))
		add_hit(search, id, &verdict);
	return stmt_end(q, err);
}

/* Nobody is judged twice but for typing mistakes. */
static int
judge(struct search *search, struct find_candidates *from, enum find_how worst, struct err *err)
{
	for (unsigned i = from->judged; i < from->count; i++) {
		if (judge_one(search, from->ids[i], worst, err) < 0)
			return -1;
	}
	from->judged = from->count;
	return 0;
}

static const char WITH_BOTH[] =
	"SELECT a.contact_id FROM (SELECT contact_id FROM find_place WHERE word_id ="
	"  (SELECT id FROM find_word WHERE word = ?1) LIMIT ?3) a"
	" CROSS JOIN find_place b ON b.contact_id = a.contact_id"
	" AND b.word_id = (SELECT id FROM find_word WHERE word = ?2)";

/* Two words that are common, and perhaps not so together. */
static int
cross(struct search *search, struct find_candidates *to, struct err *err)
{
	struct stmt *q;

	*to = (struct find_candidates){ .ids = to->ids, .max = CROSSED_MAX };
	if (search->query.words.count < 2)
		return 0;
	q = sql_prepare(search->store, WITH_BOTH);
	stmt_bind_text(q, search->query.words.items[0].text);
	stmt_bind_text(q, search->query.words.items[1].text);
	stmt_bind_int(q, CROSSED_ROWS_MAX);
	return find_collect(to, q, err);
}

/* By activity, so that the first hits are the right ones. */
static const char SELECT_RECENT[] = "SELECT e.contact_id, coalesce(c.last_interaction, 0), e.words "
				    "FROM contact c CROSS JOIN find_entry e ON e.contact_id = c.id"
				    " ORDER BY c.last_interaction DESC LIMIT ?";

static int
judge_recent(struct search *search, struct err *err)
{
	struct stmt *q = sql_prepare(search->store, SELECT_RECENT);

	stmt_bind_int(q, RECENT_MAX);
	while (stmt_row(q)) {
		struct find_verdict verdict;
		int64_t id = stmt_int(q), active = stmt_int(q);

		if (find_judge(&search->query, stmt_text(q), FIND_SUBSTRING, &verdict))
			add_hit(search, id, &verdict)->active = active;
	}
	return stmt_end(q, err);
}

/* Adds to each word's candidates, and judges those of the word that has the fewest. */
static int
look_through(struct search *search, struct find_candidates *all, find_fn *collect,
	enum find_how worst, struct err *err)
{
	const struct find_look look = { search->store, search->arena, &search->query };
	struct find_candidates *fewest = NULL;

	for (unsigned i = 0; i < search->query.words.count; i++) {
		if (!all[i].more && collect(&look, &search->query.words.items[i], &all[i], err) < 0)
			return -1;
		if (!all[i].more && (fewest == NULL || all[i].count < fewest->count))
			fewest = &all[i];
	}
	if (fewest != NULL)
		return judge(search, fewest, worst, err);
	if (!search->common &&
		(cross(search, &all[0], err) < 0 || judge(search, &all[0], worst, err) < 0))
		return -1;
	all[0].more = true;
	search->common = true;
	return 0;
}

static int
look_for_words(struct search *search, struct err *err)
{
	struct find_candidates all[FIND_WORDS_MAX];
	unsigned count = search->query.words.count;

	for (unsigned i = 0; i < count; i++) {
		all[i] = (struct find_candidates){ .max = count <= 2 ? CANDIDATES_MAX
								     : CANDIDATES_MANY };
		all[i].ids = arena_array(search->arena, all[i].max, sizeof *all[i].ids);
	}
	if (count == 0)
		return 0;
	if (look_through(search, all, find_beginning, FIND_PREFIX, err) < 0 ||
		look_through(search, all, find_containing, FIND_SUBSTRING, err) < 0)
		return -1;
	if (search->count < FEW && look_through(search, all, find_mistaken, FIND_FUZZY, err) < 0)
		return -1;
	return search->common ? judge_recent(search, err) : 0;
}

/* ---- the answer ---- */

static const char SELECT_ACTIVE[] =
	"SELECT coalesce(last_interaction, 0) FROM contact WHERE id = ?";

/* Also drops those that are gone and whose entry is not yet. */
static int
read_active(struct search *search, struct err *err)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < search->count; i++) {
		struct contact_hit hit = search->hits[i];
		bool found = true;

		if (hit.active == UNKNOWN) {
			struct stmt *q = sql_prepare(search->store, SELECT_ACTIVE);

			stmt_bind_int(q, hit.id);
			if (sql_get_int(q, &hit.active, &found, err) < 0)
				return -1;
		}
		if (found)
			search->hits[kept++] = hit;
	}
	search->count = kept;
	return 0;
}

static int
compare_hits(const void *a, const void *b)
{
	const struct contact_hit *left = a, *right = b;

	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	if (left->active != right->active)
		return left->active > right->active ? -1 : 1;
	return (left->id > right->id) - (left->id < right->id);
}

static const char COUNT_QUEUED[] = "SELECT EXISTS (SELECT 1 FROM find_queue)";

/* Why there may be more than what is answered. */
static int
tell_cut(struct search *search, unsigned limit, const char **cut, struct err *err)
{
	int64_t queued = 0;
	bool found;

	if (sql_get_int(sql_prepare(search->store, COUNT_QUEUED), &queued, &found, err) < 0)
		return -1;
	*cut = NULL;
	if (search->query.is_cut)
		*cut = "only the first eight words of the text were looked for";
	else if (queued != 0)
		*cut = "some contacts were changed just now and cannot be found by all of their "
		       "words yet";
	else if (search->count > limit)
		*cut = arena_printf(search->arena, "only the best %u are listed", limit);
	else if (search->common || search->looked_up_cut)
		*cut = "too many contacts match to look at all of them";
	return 0;
}

int
contact_find(struct store *store, struct arena *arena, const char *text, unsigned limit,
	struct contact_finding *out, struct err *err)
{
	struct search search = { .store = store, .arena = arena };
	const char *cut = NULL;

	find_query_read(arena, text, &search.query);
	if (search.query.text[0] == '\0')
		return fail_field(err, ERR_USAGE, "text", "there is nothing to find in no words");
	search.places = arena_array(arena, SLOTS, sizeof *search.places);
	if (look_up_text(&search, err) < 0 || look_for_words(&search, err) < 0 ||
		read_active(&search, err) < 0 || tell_cut(&search, limit, &cut, err) < 0)
		return -1;
	if (search.count > 0)
		qsort(search.hits, search.count, sizeof *search.hits, compare_hits);
	out->hits = search.hits;
	out->count = search.count < limit ? search.count : limit;
	out->cut = cut;
	return 0;
}
