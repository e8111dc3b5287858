#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact.h"

/* Finding by free text, in steps from the sure to the vague; each adds what earlier ones did not. */

enum { WORDS_MAX = 4, FUZZY_ROWS = 1000 };

struct hits {
	int64_t *ids;
	unsigned count, limit;
};

static void
add_hit(struct hits *hits, int64_t id)
{
	for (unsigned i = 0; i < hits->count; i++) {
		if (hits->ids[i] == id)
			return;
	}
	if (hits->count < hits->limit)
		hits->ids[hits->count++] = id;
}

/* Runs a bound statement whose first column is the id. */
static int
collect(struct stmt *q, struct hits *hits, struct err *err)
{
	while (hits->count < hits->limit && stmt_row(q))
		add_hit(hits, stmt_int(q));
	return stmt_end(q, err);
}

static const char BY_NUMBER[] = "SELECT id FROM contact WHERE no = ?";
static const char BY_NAME[] = "SELECT id FROM contact WHERE name_fold = ? ORDER BY no";
static const char BY_ADDRESS[] =
	"SELECT contact_id FROM contact_email WHERE address = ? ORDER BY state, contact_id";

static int
find_equal(
	struct store *store, const char *sql, const char *value, struct hits *hits, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_text(q, value);
	return collect(q, hits, err);
}

static int
find_address(struct store *store, struct arena *arena, const char *words, struct hits *hits,
	struct err *err)
{
	struct err ignored;
	char *canonical;

	if (strchr(words, '@') == NULL || address_canonical(arena, words, &canonical, &ignored) < 0)
		return 0;
	return find_equal(store, BY_ADDRESS, canonical, hits, err);
}

static const char BY_NAME_PREFIX[] =
	"SELECT id FROM contact WHERE name_fold >= ?1 AND name_fold < ?2 ORDER BY name_fold";
static const char BY_NUMBER_PREFIX[] =
	"SELECT id FROM contact WHERE no >= ?1 AND no < ?2 ORDER BY no";
static const char BY_ADDRESS_PREFIX[] = "SELECT contact_id FROM contact_email WHERE address >= ?1 "
					"AND address < ?2 ORDER BY address";

static int
find_prefix(struct store *store, struct arena *arena, const char *sql, const char *prefix,
	struct hits *hits, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_text(q, prefix);
	stmt_bind_text(q, arena_printf(arena, "%s\xf4\x8f\xbf\xbf", prefix));
	return collect(q, hits, err);
}

/* Every word stands somewhere in name, parts of the address, city, post code, mail address or phone;
 * names that have it at the start of a word come first. '' stands everywhere.
 * LIMIT -1 makes SQLite build the text once a contact, not once a word. */
static const char BY_WORDS[] =
	"SELECT id FROM (SELECT c.id AS id, c.name_fold AS name,"
	"  c.name_fold || ' ' || lower(c.no) || ' ' || fold(coalesce(c.city, '')) || ' ' ||"
	"  fold(coalesce(c.post_code, '')) || ' ' || coalesce(c.phone, '') || ' ' ||"
	"  coalesce(c.mobile, '') || ' ' || coalesce((SELECT group_concat(e.address, ' ')"
	"  FROM contact_email e WHERE e.contact_id = c.id), '') || ' ' ||"
	"  coalesce((SELECT group_concat(d.domain, ' ') FROM contact_domain d"
	"  WHERE d.contact_id = c.id), '') AS hay FROM contact c LIMIT -1)"
	" WHERE instr(hay, ?1) AND instr(hay, ?2) AND instr(hay, ?3) AND instr(hay, ?4)"
	" ORDER BY instr(' ' || name, ' ' || ?1) = 0, instr(name, ?1) = 0, name, id";

static int
find_words(struct store *store, struct arena *arena, const char *folded, struct hits *hits,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, BY_WORDS);

	for (unsigned i = 0; i < WORDS_MAX; i++) {
		size_t size;

		folded += strspn(folded, " ");
		size = i + 1 < WORDS_MAX ? strcspn(folded, " ") : strlen(folded);
		stmt_bind_text(q, arena_text_n(arena, folded, size));
		folded += size;
	}
	return collect(q, hits, err);
}

/* The last eight digits at least, whatever stands between them. */
static const char BY_PHONE[] =
	"SELECT id FROM (SELECT id,"
	"  replace(replace(replace(replace(replace(replace(replace(coalesce(phone, '') || 'x' ||"
	"  coalesce(mobile, ''), ' ', ''), '-', ''), '/', ''), '(', ''), ')', ''), '.', ''), '+', "
	"'')"
	"  AS digits FROM contact WHERE phone IS NOT NULL OR mobile IS NOT NULL)"
	" WHERE instr(digits, ?1) ORDER BY id";

static int
find_phone(struct store *store, struct arena *arena, const char *words, struct hits *hits,
	struct err *err)
{
	char *digits = arena_alloc(arena, strlen(words) + 1);
	size_t count = 0;
	struct stmt *q;

	if (words[strspn(words, "0123456789 +-()./")] != '\0')
		return 0;
	for (const char *c = words; *c != '\0'; c++) {
		if (*c >= '0' && *c <= '9' && (count > 0 || *c != '0'))
			digits[count++] = *c;
	}
	if (count < 4)
		return 0;
	q = sql_prepare(store, BY_PHONE);
	stmt_bind_text(q, digits);
	return collect(q, hits, err);
}

static const char RECENT_NAMES[] = "SELECT name_fold, id FROM contact ORDER BY id DESC LIMIT 1000";

/* Names at most a fifth of their letters away, the nearest first. */
static int
find_fuzzy(struct store *store, const char *folded, struct hits *hits, struct err *err)
{
	unsigned limit = (unsigned)strlen(folded) / 5, best = 0;
	int64_t ids[FUZZY_ROWS];
	unsigned char away[FUZZY_ROWS];
	unsigned count = 0;
	struct stmt *q;

	if (limit == 0)
		return 0;
	limit = limit > 20 ? 20 : limit;
	q = sql_prepare(store, RECENT_NAMES);
	while (count < FUZZY_ROWS && stmt_row(q)) {
		away[count] = (unsigned char)text_distance(stmt_text(q), folded, limit);
		ids[count++] = stmt_int(q);
	}
	for (best = 0; best <= limit; best++) {
		for (unsigned i = 0; i < count; i++) {
			if (away[i] == best)
				add_hit(hits, ids[i]);
		}
	}
	return stmt_end(q, err);
}

int
contact_search(struct store *store, struct arena *arena, const char *words, unsigned limit,
	int64_t **ids, unsigned *count, struct err *err)
{
	const char *trimmed = text_trim(arena, words, strlen(words));
	const char *folded = text_fold(arena, trimmed);
	struct hits hits = { arena_array(arena, limit, sizeof *hits.ids), 0, limit };

	if (trimmed[0] == '\0')
		return fail_field(err, ERR_USAGE, "text", "there is nothing to find in no words");
	if (find_equal(store, BY_NUMBER, trimmed, &hits, err) < 0 ||
		find_equal(store, BY_NAME, folded, &hits, err) < 0 ||
		find_address(store, arena, trimmed, &hits, err) < 0 ||
		find_prefix(store, arena, BY_NUMBER_PREFIX, trimmed, &hits, err) < 0 ||
		find_prefix(store, arena, BY_NAME_PREFIX, folded, &hits, err) < 0 ||
		find_prefix(store, arena, BY_ADDRESS_PREFIX, folded, &hits, err) < 0 ||
		find_phone(store, arena, trimmed, &hits, err) < 0 ||
		find_words(store, arena, folded, &hits, err) < 0)
		return -1;
	if (hits.count == 0 && find_fuzzy(store, folded, &hits, err) < 0)
		return -1;
	*ids = hits.ids;
	*count = hits.count;
	return 0;
}
