#include "find_candidates.h"

#include <string.h>

/* Who has a word: from the tables that contact_index.c writes. */

enum {
	NEAR_ROWS_MAX = 3000,
	NEAR_WORDS_MAX = 200,
	PHONE_SAME = 7, /* digits; as where they are judged */
};

static const char *
end_of(struct arena *arena, const char *prefix)
{
	return arena_printf(arena, "%s\xf4\x8f\xbf\xbf", prefix);
}

int
find_collect(struct find_candidates *to, struct stmt *q, struct err *err)
{
	while (!to->more && stmt_row(q)) {
		if (to->count == to->max)
			to->more = true;
		else
			to->ids[to->count++] = stmt_int(q);
	}
	return stmt_end(q, err);
}

/* CROSS JOIN: in this order, so that the rows come as they lie in the index. */
static const char WITH_PREFIX[] =
	"SELECT p.contact_id FROM find_word w CROSS JOIN find_place p ON p.word_id = w.id"
	" WHERE w.word >= ?1 AND w.word < ?2 ORDER BY w.word";
static const char WITH_SUBSTRING[] =
	"SELECT p.contact_id FROM find_tail t CROSS JOIN find_place p ON p.word_id = t.word_id"
	" WHERE t.tail >= ?1 AND t.tail < ?2 ORDER BY t.tail";

static int
collect_range(const struct find_look *look, const char *sql, const char *prefix,
	struct find_candidates *to, struct err *err)
{
	struct stmt *q = sql_prepare(look->store, sql);

	stmt_bind_text(q, prefix);
	stmt_bind_text(q, end_of(look->arena, prefix));
	return find_collect(to, q, err);
}

static const char WITH_WORD[] = "SELECT p.contact_id FROM find_word w CROSS JOIN find_place p"
				" ON p.word_id = w.id WHERE w.word = ?";

/* A number with its country's code finds those that are kept without. */
static int
collect_phone(const struct find_look *look, struct find_candidates *to, struct err *err)
{
	const char *digits = look->query->digits;

	if (collect_range(look, WITH_PREFIX, digits, to, err) < 0)
		return -1;
	while (strlen(digits) > PHONE_SAME) {
		struct stmt *q = sql_prepare(look->store, WITH_WORD);

		stmt_bind_text(q, ++digits);
		if (find_collect(to, q, err) < 0)
			return -1;
	}
	return 0;
}

/* What begins with the word, or is it. */
int
find_beginning(const struct find_look *look, const struct find_word *word,
	struct find_candidates *to, struct err *err)
{
	if (look->query->digits != NULL && collect_phone(look, to, err) < 0)
		return -1;
	return collect_range(look, WITH_PREFIX, word->text, to, err);
}

/* One letter is within nearly everything. */
int
find_containing(const struct find_look *look, const struct find_word *word,
	struct find_candidates *to, struct err *err)
{
	if (word->letters == 1 && (unsigned char)word->text[0] < 0x80)
		return 0;
	if (look->query->digits != NULL &&
		collect_range(look, WITH_SUBSTRING, look->query->digits, to, err) < 0)
		return -1;
	return collect_range(look, WITH_SUBSTRING, word->text, to, err);
}

static const char WITH_HASH[] = "SELECT w.id, w.word FROM find_near n CROSS JOIN find_word w"
				" ON w.id = n.word_id WHERE n.hash = ?";

struct near_words {
	int64_t ids[NEAR_WORDS_MAX];
	unsigned count, rows;
};

static int
read_near(const struct find_look *look, const struct find_word *word, uint32_t hash,
	struct near_words *near, struct err *err)
{
	struct stmt *q = sql_prepare(look->store, WITH_HASH);
	unsigned limit = find_tolerance(word);

	stmt_bind_int(q, hash);
	while (near->count < NEAR_WORDS_MAX && near->rows++ < NEAR_ROWS_MAX && stmt_row(q)) {
		int64_t id = stmt_int(q);
		unsigned i = 0;

		while (i < near->count && near->ids[i] != id)
			i++;
		if (i == near->count && find_distance(word->text, stmt_text(q), limit) <= limit)
			near->ids[near->count++] = id;
	}
	return stmt_end(q, err);
}

static const char AT_WORD[] = "SELECT contact_id FROM find_place WHERE word_id = ?";

int
find_mistaken(const struct find_look *look, const struct find_word *word,
	struct find_candidates *to, struct err *err)
{
	uint32_t hashes[FIND_NEAR_MAX];
	struct near_words near = { 0 };
	unsigned count = find_tolerance(word) > 0 ? find_near_hashes(word, hashes) : 0;

	for (unsigned i = 0; i < count; i++) {
		if (read_near(look, word, hashes[i], &near, err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < near.count; i++) {
		struct stmt *q = sql_prepare(look->store, AT_WORD);

		stmt_bind_int(q, near.ids[i]);
		if (find_collect(to, q, err) < 0)
			return -1;
	}
	to->more |= near.count == NEAR_WORDS_MAX || near.rows > NEAR_ROWS_MAX;
	return 0;
}
