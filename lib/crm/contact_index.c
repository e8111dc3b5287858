#include "contact_index.h"

#include <string.h>

#include "find_place.h"
#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact_find.h"
#include "liaison/crm/duplicate.h"

/* What contact.find looks in. An entry is the contact's name, plain, a bar, and its words; it is compared
 * with the one that was, so that only what differs is written. */

enum {
	ENTRY_WORDS_MAX = 100, /* the rest of a contact's words cannot be found */
	TURN_MS = 25,
};

/* ---- the words of a contact ---- */

/* Addresses that are no longer matched are found, too. */
static const char SELECT_TEXTS[] =
	"SELECT 'n', name FROM contact WHERE id = ?1"
	" UNION ALL SELECT 'o', no FROM contact WHERE id = ?1"
	" UNION ALL SELECT 'e', email FROM contact_email WHERE contact_id = ?1"
	" UNION ALL SELECT 'd', domain FROM contact_domain WHERE contact_id = ?1"
	" UNION ALL SELECT 'p', phone FROM contact WHERE id = ?1 AND phone IS NOT NULL"
	" UNION ALL SELECT 'm', mobile FROM contact WHERE id = ?1 AND mobile IS NOT NULL"
	" UNION ALL SELECT 'c', city FROM contact WHERE id = ?1 AND city IS NOT NULL"
	" UNION ALL SELECT 'z', post_code FROM contact WHERE id = ?1 AND post_code IS NOT NULL"
	" UNION ALL SELECT 's', street FROM contact WHERE id = ?1 AND street IS NOT NULL"
	" UNION ALL SELECT 's', street_2 FROM contact WHERE id = ?1 AND street_2 IS NOT NULL"
	" UNION ALL SELECT 'N', name_2 FROM contact WHERE id = ?1 AND name_2 IS NOT NULL"
	" UNION ALL SELECT 'v', vat_no FROM contact WHERE id = ?1 AND vat_no IS NOT NULL"
	" UNION ALL SELECT 'r', registration_no FROM contact WHERE id = ?1"
	"  AND registration_no IS NOT NULL"
	" UNION ALL SELECT 'x', external_id FROM contact WHERE id = ?1 AND external_id IS NOT NULL"
	" UNION ALL SELECT 't', code FROM contact_label WHERE contact_id = ?1 AND kind = 'tag'"
	" UNION ALL SELECT 'f', v.value FROM field_value v JOIN field f ON f.id = v.field_id"
	"  WHERE v.contact_id = ?1 AND f.type = 'text'";

/* What an entry says, made new. */
struct entry {
	const char *name; /* NULL: there is no such contact */
	struct find_words words;
};

static void
add_text(struct arena *arena, struct entry *entry, char mark, const char *text)
{
	unsigned bit = find_field_bit(mark);

	if (mark == 'n')
		entry->name = find_plain(arena, text);
	if (mark == 'p' || mark == 'm')
		find_words_add_phone(arena, &entry->words, text, bit);
	else
		find_words_add(arena, &entry->words, text, bit);
}

static int
read_contact(
	struct store *store, struct arena *arena, int64_t id, struct entry *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_TEXTS);

	memset(out, 0, sizeof *out);
	stmt_bind_int(q, id);
	while (stmt_row(q)) {
		char mark = stmt_text(q)[0];

		add_text(arena, out, mark, stmt_text(q));
	}
	if (out->words.count > ENTRY_WORDS_MAX)
		out->words.count = ENTRY_WORDS_MAX;
	return stmt_end(q, err);
}

/* "ada lovelace |ada:ne lovelace:ne c00001:o " */
static const char *
entry_text(struct arena *arena, const struct entry *entry)
{
	struct text text = { 0 };
	const char *copy;

	text_add(&text, entry->name);
	text_add_char(&text, '|');
	for (unsigned i = 0; i < entry->words.count; i++) {
		const struct find_word *word = &entry->words.items[i];

		text_add(&text, word->text);
		text_add_char(&text, ':');
		for (unsigned f = 0; find_fields[f].name != NULL; f++) {
			if (word->fields & 1u << f)
				text_add_char(&text, find_fields[f].mark);
		}
		text_add_char(&text, ' ');
	}
	copy = arena_text(arena, text.bytes);
	text_clear(&text);
	return copy;
}

/* ---- entries ---- */

static const char SELECT_ENTRY[] = "SELECT words FROM find_entry WHERE contact_id = ?";

/* NULL: there is none. */
static int
read_entry(struct store *store, struct arena *arena, int64_t id, const char **out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ENTRY);

	*out = NULL;
	stmt_bind_int(q, id);
	return sql_get_text(q, arena, out, err);
}

static const char PUT_ENTRY[] = "INSERT INTO find_entry (contact_id, words) VALUES (?1, ?2)"
				" ON CONFLICT (contact_id) DO UPDATE SET words = excluded.words";
static const char DELETE_ENTRY[] = "DELETE FROM find_entry WHERE contact_id = ?";

/* text NULL: no more. */
static int
put_entry(struct store *store, int64_t id, const char *text, struct err *err)
{
	struct stmt *q = sql_prepare(store, text != NULL ? PUT_ENTRY : DELETE_ENTRY);

	stmt_bind_int(q, id);
	if (text != NULL)
		stmt_bind_text(q, text);
	return stmt_run(q, err);
}

static bool
has_word(const struct find_words *words, const char *text)
{
	for (unsigned i = 0; i < words->count; i++) {
		if (strcmp(words->items[i].text, text) == 0)
			return true;
	}
	return false;
}

/* Runs change for each word of these that is not among those. */
static int
for_others(struct store *store, int64_t id, const struct find_words *these,
	const struct find_words *those,
	int (*change)(struct store *, int64_t, const struct find_word *, struct err *),
	struct err *err)
{
	for (unsigned i = 0; i < these->count; i++) {
		if (!has_word(those, these->items[i].text) &&
			change(store, id, &these->items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
index_words(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	const char *before = NULL, *after = NULL;
	struct find_words had = { 0 };
	struct entry entry;

	if (read_entry(store, arena, id, &before, err) < 0 ||
		read_contact(store, arena, id, &entry, err) < 0)
		return -1;
	if (entry.name != NULL)
		after = entry_text(arena, &entry);
	if (text_same(before, after))
		return 0;
	if (before != NULL)
		find_entry_read(arena, before, &had);
	if (for_others(store, id, &had, &entry.words, find_place_drop, err) < 0 ||
		for_others(store, id, &entry.words, &had, find_place_put, err) < 0)
		return -1;
	return put_entry(store, id, after, err);
}

/* ---- at once ---- */

static int
derive(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	if (index_words(store, arena, id, err) < 0)
		return -1;
	return duplicate_index(store, arena, id, err);
}

int
contact_index(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	if (store_puts_off(store))
		return contact_index_later(store, id, err);
	return derive(store, arena, id, err);
}

int
contact_index_alone(struct store *store, int64_t id, struct err *err)
{
	struct arena *arena = arena_new();
	int result = contact_index(store, arena, id, err);

	arena_free(arena);
	return result;
}

/* ---- later ---- */

static const char INSERT_QUEUED[] = "INSERT OR IGNORE INTO find_queue (contact_id) VALUES (?)";

int
contact_index_later(struct store *store, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_QUEUED);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static const char SELECT_QUEUED[] = "SELECT contact_id FROM find_queue LIMIT 1";
static const char DELETE_QUEUED[] = "DELETE FROM find_queue WHERE contact_id = ?";

static int
index_queued(struct store *store, int64_t id, struct err *err)
{
	struct arena *arena = arena_new();
	int result = derive(store, arena, id, err);
	struct stmt *q;

	arena_free(arena);
	if (result < 0)
		return -1;
	q = sql_prepare(store, DELETE_QUEUED);
	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

int
contact_index_turn(struct store *store, bool *more, struct err *err)
{
	int64_t until = clock_monotonic_ms() + TURN_MS, id = 0;
	bool found;

	do {
		if (sql_get_int(sql_prepare(store, SELECT_QUEUED), &id, &found, err) < 0)
			return -1;
		if (found && index_queued(store, id, err) < 0)
			return -1;
	} while (found && clock_monotonic_ms() < until);
	*more = found;
	return 0;
}

/* ---- checked ---- */

static const char IS_QUEUED[] = "SELECT 1 FROM find_queue WHERE contact_id = ?";

static int
check_entry(struct store *store, struct arena *arena, int64_t id, bool *wrong, struct err *err)
{
	struct entry entry;
	const char *is;
	bool has = true;

	if (read_entry(store, arena, id, &is, err) < 0 ||
		read_contact(store, arena, id, &entry, err) < 0)
		return -1;
	*wrong = !text_same(is, entry.name == NULL ? NULL : entry_text(arena, &entry));
	for (unsigned i = 0; i < entry.words.count && !*wrong; i++) {
		if (find_place_has(store, id, &entry.words.items[i], &has, err) < 0)
			return -1;
		*wrong = !has;
	}
	return 0;
}

int
contact_index_check(struct store *store, int64_t id, bool *wrong, struct err *err)
{
	struct stmt *q = sql_prepare(store, IS_QUEUED);
	struct arena *arena;
	bool queued;
	int result;

	*wrong = false;
	stmt_bind_int(q, id);
	if (sql_get_int(q, NULL, &queued, err) < 0)
		return -1;
	if (queued)
		return 0;
	arena = arena_new();
	result = check_entry(store, arena, id, wrong, err);
	arena_free(arena);
	return result;
}
