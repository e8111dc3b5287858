#include "find_place.h"

#include <string.h>

#include "liaison/base/utf8.h"

static const char SELECT_WORD[] = "SELECT id FROM find_word WHERE word = ?";
static const char INSERT_WORD[] = "INSERT INTO find_word (word) VALUES (?)";
static const char INSERT_TAIL[] = "INSERT INTO find_tail (tail, word_id) VALUES (?, ?)";
static const char INSERT_NEAR[] = "INSERT OR IGNORE INTO find_near (hash, word_id) VALUES (?, ?)";

/* *id 0: there is none. */
static int
look_up(struct store *store, const char *word, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_WORD);

	*id = 0;
	stmt_bind_text(q, word);
	return sql_get_int(q, id, NULL, err);
}

/* Letters that a tail must have to be looked for: two, three of digits; of other scripts than ours one. */
static bool
is_tail(const char *tail)
{
	if ((unsigned char)tail[0] >= 0x80)
		return true;
	if (tail[1] == '\0')
		return false;
	return tail[2] != '\0' || strpbrk(tail, "0123456789") == NULL;
}

static const char *
after_letter(const char *at)
{
	do
		at++;
	while (!utf8_begins(*at));
	return at;
}

/* sql takes a tail and the word's id. */
static int
for_tails(struct store *store, const char *sql, const char *word, int64_t id, struct err *err)
{
	for (const char *at = after_letter(word); *at != '\0' && is_tail(at);
		at = after_letter(at)) {
		struct stmt *q = sql_prepare(store, sql);

		stmt_bind_text(q, at);
		stmt_bind_int(q, id);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

/* sql takes a hash and the word's id. */
static int
for_near(struct store *store, const char *sql, const struct find_word *word, int64_t id,
	struct err *err)
{
	uint32_t hashes[FIND_NEAR_MAX];
	unsigned count = find_near_hashes(word, hashes);

	for (unsigned i = 0; i < count; i++) {
		struct stmt *q = sql_prepare(store, sql);

		stmt_bind_int(q, hashes[i]);
		stmt_bind_int(q, id);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	return 0;
}

static int
take_word(struct store *store, const struct find_word *word, int64_t *id, struct err *err)
{
	struct stmt *q;

	if (look_up(store, word->text, id, err) < 0)
		return -1;
	if (*id != 0)
		return 0;
	q = sql_prepare(store, INSERT_WORD);
	stmt_bind_text(q, word->text);
	if (stmt_run(q, err) < 0)
		return -1;
	*id = store_last_id(store);
	if (for_tails(store, INSERT_TAIL, word->text, *id, err) < 0)
		return -1;
	return for_near(store, INSERT_NEAR, word, *id, err);
}

static const char INSERT_PLACE[] =
	"INSERT OR IGNORE INTO find_place (word_id, contact_id) VALUES (?, ?)";

int
find_place_put(struct store *store, int64_t contact, const struct find_word *word, struct err *err)
{
	struct stmt *q;
	int64_t id;

	if (take_word(store, word, &id, err) < 0)
		return -1;
	q = sql_prepare(store, INSERT_PLACE);
	stmt_bind_int(q, id);
	stmt_bind_int(q, contact);
	return stmt_run(q, err);
}

static const char DELETE_PLACE[] = "DELETE FROM find_place WHERE word_id = ? AND contact_id = ?";
static const char SELECT_PLACE[] = "SELECT 1 FROM find_place WHERE word_id = ? LIMIT 1";
static const char DELETE_TAIL[] = "DELETE FROM find_tail WHERE tail = ? AND word_id = ?";
static const char DELETE_NEAR[] = "DELETE FROM find_near WHERE hash = ? AND word_id = ?";
static const char DELETE_WORD[] = "DELETE FROM find_word WHERE id = ?";

/* A word that nobody has any more is forgotten: it may be somebody's name. */
static int
drop_word(struct store *store, const struct find_word *word, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_PLACE);
	bool used;

	stmt_bind_int(q, id);
	if (sql_get_int(q, NULL, &used, err) < 0)
		return -1;
	if (used)
		return 0;
	if (for_tails(store, DELETE_TAIL, word->text, id, err) < 0 ||
		for_near(store, DELETE_NEAR, word, id, err) < 0)
		return -1;
	q = sql_prepare(store, DELETE_WORD);
	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

int
find_place_drop(struct store *store, int64_t contact, const struct find_word *word, struct err *err)
{
	struct stmt *q;
	int64_t id;

	if (look_up(store, word->text, &id, err) < 0)
		return -1;
	if (id == 0)
		return 0;
	q = sql_prepare(store, DELETE_PLACE);
	stmt_bind_int(q, id);
	stmt_bind_int(q, contact);
	return stmt_run(q, err) < 0 ? -1 : drop_word(store, word, id, err);
}

static const char COUNT_ROWS[] =
	"SELECT (SELECT count(*) FROM find_place p WHERE p.word_id = w.id AND p.contact_id = ?2)"
	" + (?3 = '' OR EXISTS (SELECT 1 FROM find_tail t WHERE t.tail = ?3 AND t.word_id = w.id))"
	" + (?4 < 0 OR EXISTS (SELECT 1 FROM find_near n WHERE n.hash = ?4 AND n.word_id = w.id))"
	" FROM find_word w WHERE w.word = ?1";

int
find_place_has(struct store *store, int64_t contact, const struct find_word *word, bool *has,
	struct err *err)
{
	const char *tail = after_letter(word->text);
	struct stmt *q = sql_prepare(store, COUNT_ROWS);
	uint32_t hashes[FIND_NEAR_MAX] = { 0 };
	unsigned near = find_near_hashes(word, hashes);
	int64_t rows = 0;

	stmt_bind_text(q, word->text);
	stmt_bind_int(q, contact);
	stmt_bind_text(q, *tail != '\0' && is_tail(tail) ? tail : "");
	stmt_bind_int(q, near > 0 ? (int64_t)hashes[0] : -1);
	if (sql_get_int(q, &rows, NULL, err) < 0)
		return -1;
	*has = rows == 3;
	return 0;
}
