#include "liaison/crm/sight.h"

static const char SELECT_LEVEL[] = "SELECT " SIGHT_LEVEL(
	"i.message_id") " FROM interaction i WHERE i.id = ?";

int
sight_level(struct store *store, int64_t interaction, unsigned *level, struct err *err)
{
	int64_t found_level = SIGHT_OUTSIDE;
	struct stmt *q;

	*level = SIGHT_WHOLE;
	if (store_viewer(store) == NULL)
		return 0;
	q = sql_prepare(store, SELECT_LEVEL);
	stmt_bind_int(q, interaction);
	if (sql_get_int(q, &found_level, NULL, err) < 0)
		return -1;
	*level = (unsigned)found_level;
	return 0;
}

int
sight_withheld(struct store *store, int64_t interaction, bool *withheld, struct err *err)
{
	unsigned level;

	if (sight_level(store, interaction, &level, err) < 0)
		return -1;
	*withheld = level != SIGHT_WHOLE;
	return 0;
}

static const char SELECT_LINKS[] =
	"SELECT 1 FROM (SELECT value ->> 0 AS id FROM json_each(?1, '$.links')"
	" UNION SELECT value ->> 0 FROM json_each(?1, '$.past')) l"
	" LEFT JOIN interaction i ON i.id = l.id"
	" WHERE i.id IS NULL OR " SIGHT_WITHHELD("i.message_id") " LIMIT 1";

int
sight_links_withheld(struct store *store, const char *links, bool *withheld, struct err *err)
{
	struct stmt *q;

	*withheld = false;
	if (store_viewer(store) == NULL || links == NULL)
		return 0;
	q = sql_prepare(store, SELECT_LINKS);
	stmt_bind_text(q, links);
	return sql_get_int(q, NULL, withheld, err);
}

/* Those of SIGHT_SEEN by name: everybody (the first column), or a salesperson. */
static const char SELECT_OWNERS[] =
	"SELECT DISTINCT o.everybody, o.code, p.user FROM"
	" (SELECT i.message_id IS NULL AS everybody, NULL AS code FROM interaction i"
	"  WHERE i.id = ?1 AND i.message_id IS NULL"
	"  UNION ALL SELECT s.visibility = 'all',"
	"   CASE s.salesperson WHEN 'sender' THEN i.salesperson ELSE s.salesperson END"
	"   FROM interaction i JOIN message m ON m.id = i.message_id"
	"   JOIN ledger l ON l.message_id = m.id JOIN stream t ON t.id = l.stream_id"
	"   JOIN source s ON s.id = t.source_id AND s.id = m.source_id"
	"   WHERE i.id = ?1 AND l.decision <> 'private' AND l.decision <> 'forgotten') o"
	" LEFT JOIN salesperson p ON p.code = o.code"
	" WHERE o.everybody OR (o.code IS NOT NULL AND p.blocked IS NOT 1) ORDER BY o.everybody "
	"DESC LIMIT ?2";

int
sight_owners(struct store *store, struct arena *arena, int64_t interaction,
	struct sight_owners *out, struct err *err)
{
	enum { OWNERS_MAX = 64 };
	struct sight_owners owners = { .codes = arena_array(arena, OWNERS_MAX, sizeof(char *)),
		.users = arena_array(arena, OWNERS_MAX, sizeof(char *)) };
	struct stmt *q = sql_prepare(store, SELECT_OWNERS);

	stmt_bind_int(q, interaction);
	stmt_bind_int(q, OWNERS_MAX);
	while (!owners.all && stmt_row(q)) {
		owners.all = stmt_int(q) != 0;
		owners.codes[owners.count] = stmt_text_copy(q, arena);
		owners.users[owners.count++] = stmt_text_copy(q, arena);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = owners;
	return 0;
}
