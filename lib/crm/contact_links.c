#include <string.h>

#include "liaison/crm/contact_past.h"

/* Links of contacts to interactions, as the journal keeps them when a contact is removed. */

/* An array each, to be read by place: what a removal hands to the company is last, NULL when the company
 * had a link of its own. */
static const char SELECT_OWN[] =
	"SELECT x.at, x.interaction_id, x.role, x.company_id, x.email, x.via, x.ambiguous, "
	"x.response,"
	" CASE WHEN c.type = 'person' AND NOT EXISTS (SELECT 1 FROM interaction_contact y"
	"  WHERE y.contact_id = coalesce(x.company_id, c.company_id) AND y.at = x.at"
	"  AND y.interaction_id = x.interaction_id) THEN coalesce(x.company_id, c.company_id) END"
	" FROM interaction_contact x JOIN contact c ON c.id = x.contact_id"
	" WHERE x.contact_id = ?1 AND (x.at, x.interaction_id) > (?2, ?3)"
	" ORDER BY x.at, x.interaction_id LIMIT ?4";

static void
write_id(struct stmt *q, struct json_out *out)
{
	if (stmt_next_is_null(q)) {
		json_null_(out, NULL);
		(void)stmt_int(q);
	} else
		json_int(out, NULL, stmt_int(q));
}

static void
write_own(struct stmt *q, struct json_out *out)
{
	json_text(out, NULL, stmt_text(q)); /* role */
	write_id(q, out);
	json_text(out, NULL, stmt_text(q)); /* email */
	json_text(out, NULL, stmt_text(q)); /* via */
	json_int(out, NULL, stmt_int(q));
	json_text(out, NULL, stmt_text(q)); /* response */
	write_id(q, out);
}

/* All the links of an interaction, or none: the place is the interaction's. */
static const char SELECT_PAST[] =
	"SELECT x.at, x.interaction_id, x.contact_id FROM interaction_contact x"
	" WHERE x.company_id = ?1 AND x.interaction_id > ?3"
	" AND x.interaction_id <= coalesce((SELECT y.interaction_id FROM interaction_contact y"
	"  WHERE y.company_id = ?1 AND y.interaction_id > ?3 ORDER BY y.interaction_id"
	"  LIMIT 1 OFFSET ?4), 9223372036854775807)"
	" ORDER BY x.interaction_id";

static const char SELECT_LOOSE[] =
	"SELECT at, interaction_id, contact_id FROM interaction_contact WHERE contact_id = ?1"
	" AND company_id IS NULL AND (at, interaction_id) > (?2, ?3)"
	" ORDER BY at, interaction_id LIMIT ?4";

static void
write_holder(struct stmt *q, struct json_out *out)
{
	json_int(out, NULL, stmt_int(q));
}

/* After the time and the interaction. */
static const struct {
	const char *name, *sql;
	void (*write)(struct stmt *q, struct json_out *out);
} LINKS[] = {
	[LINKS_OWN] = { "links", SELECT_OWN, write_own },
	[LINKS_PAST] = { "past", SELECT_PAST, write_holder },
	[LINKS_LOOSE] = { "past", SELECT_LOOSE, write_holder },
};

int
contact_links_write(struct store *store, int64_t id, enum contact_links which,
	struct link_place *place, unsigned max, struct json_out *out, unsigned *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, LINKS[which].sql);

	*count = 0;
	stmt_bind_int(q, id);
	stmt_bind_int(q, place->at);
	stmt_bind_int(q, place->interaction);
	stmt_bind_int(q, max);
	json_array_begin(out, LINKS[which].name);
	while (stmt_row(q)) {
		place->at = stmt_int(q);
		place->interaction = stmt_int(q);
		json_array_begin(out, NULL);
		json_int(out, NULL, place->interaction);
		LINKS[which].write(q, out);
		json_array_end(out);
		++*count;
	}
	json_array_end(out);
	return stmt_end(q, err);
}

/* ---- back again ---- */

static const char RESTORE_LINKS[] =
	"INSERT INTO interaction_contact (contact_id, at, interaction_id, role, company_id, email, "
	"via,"
	" ambiguous, response)"
	" SELECT ?1, i.at, i.id, l.value ->> 1, (SELECT id FROM contact WHERE id = l.value ->> 2"
	"  AND type = 'company'),"
	" l.value ->> 3, l.value ->> 4, l.value ->> 5, l.value ->> 6"
	" FROM json_each(?2, '$.links') l JOIN interaction i ON i.id = l.value ->> 0 WHERE true"
	" ON CONFLICT DO NOTHING";
/* What the company was handed goes back, but for what it was given anew since. */
static const char TAKE_BACK[] =
	"DELETE FROM interaction_contact WHERE (contact_id, interaction_id, at) IN"
	" (SELECT l.value ->> 7, i.id, i.at FROM json_each(?1, '$.links') l"
	"  JOIN interaction i ON i.id = l.value ->> 0 WHERE l.value ->> 7 IS NOT NULL)";
static const char RESTORE_PAST[] =
	"UPDATE interaction_contact SET company_id = ?1 WHERE company_id IS NULL"
	" AND (interaction_id, contact_id) IN"
	" (SELECT l.value ->> 0, l.value ->> 1 FROM json_each(?2, '$.past') l)";
static const char TAKE_PAST[] =
	"UPDATE interaction_contact SET company_id = NULL WHERE +company_id = ?1"
	" AND (interaction_id, contact_id) IN"
	" (SELECT l.value ->> 0, l.value ->> 1 FROM json_each(?2, '$.past') l)";
static const char SELECT_TOUCHED[] =
	"SELECT DISTINCT l.value ->> 2 AS company FROM json_each(?1, '$.links') l"
	" WHERE company IN (SELECT id FROM contact)"
	" UNION SELECT DISTINCT l.value ->> 7 AS company FROM json_each(?1, '$.links') l"
	" WHERE company IN (SELECT id FROM contact)";

static int
run_json(struct store *store, const char *sql, const int64_t *id, const char *json, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	if (id != NULL)
		stmt_bind_int(q, *id);
	stmt_bind_text(q, json);
	return stmt_run(q, err);
}

static void
add_id(struct arena *arena, int64_t **ids, size_t *used, size_t *room, int64_t id)
{
	if (*used == *room) {
		int64_t *more = arena_array(arena, *room = *room * 2 + 8, sizeof **ids);

		if (*used > 0)
			memcpy(more, *ids, *used * sizeof **ids);
		*ids = more;
	}
	(*ids)[(*used)++] = id;
}

static int
recount_all(struct store *store, struct arena *arena, struct stmt *q, struct err *err)
{
	int64_t *ids = NULL;
	size_t used = 0, room = 0;
	bool changed;

	while (stmt_row(q))
		add_id(arena, &ids, &used, &room, stmt_int(q));
	if (stmt_end(q, err) < 0)
		return -1;
	for (size_t i = 0; i < used; i++) {
		if (contact_recount(store, ids[i], &changed, err) < 0)
			return -1;
	}
	return 0;
}

int
contact_links_restore(
	struct store *store, struct arena *arena, int64_t id, const char *json, struct err *err)
{
	struct stmt *q;
	bool changed;

	if (run_json(store, RESTORE_LINKS, &id, json, err) < 0 ||
		run_json(store, TAKE_BACK, NULL, json, err) < 0 ||
		run_json(store, RESTORE_PAST, &id, json, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_TOUCHED);
	stmt_bind_text(q, json);
	if (recount_all(store, arena, q, err) < 0)
		return -1;
	return contact_recount(store, id, &changed, err);
}

int
contact_past_give(struct store *store, int64_t company, const char *json, struct err *err)
{
	bool changed;

	if (run_json(store, RESTORE_PAST, &company, json, err) < 0)
		return -1;
	return contact_recount(store, company, &changed, err);
}

int
contact_past_take(struct store *store, int64_t company, const char *json, struct err *err)
{
	bool changed;

	if (run_json(store, TAKE_PAST, &company, json, err) < 0)
		return -1;
	return contact_recount(store, company, &changed, err);
}

/* ---- to the company ---- */

/* An interaction that the company is linked to already stays linked once. */
static const char REHOME[] =
	"INSERT INTO interaction_contact (contact_id, at, interaction_id, role, email, via, "
	"ambiguous,"
	" response)"
	" SELECT coalesce(x.company_id, p.company_id), x.at, x.interaction_id, x.role, x.email, "
	"x.via,"
	" x.ambiguous, x.response"
	" FROM interaction_contact x JOIN contact p ON p.id = x.contact_id"
	" WHERE x.contact_id = ?1 AND coalesce(x.company_id, p.company_id) IS NOT NULL"
	" ON CONFLICT DO NOTHING";
static const char UNLINK[] = "DELETE FROM interaction_contact WHERE contact_id = ?";
static const char FORGET_COMPANY[] =
	"UPDATE interaction_contact SET company_id = NULL WHERE company_id = ?";
static const char SELECT_COMPANIES[] =
	"SELECT company_id FROM contact WHERE id = ?1 AND company_id IS NOT NULL"
	" UNION SELECT company_id FROM interaction_contact WHERE contact_id = ?1"
	" AND company_id IS NOT NULL";

static int
run_with_id(struct store *store, const char *sql, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

/* The companies are looked up before the links go that name them. */
static int
companies_of(struct store *store, struct arena *arena, int64_t id, int64_t **out, size_t *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_COMPANIES);
	int64_t *ids = NULL;
	size_t used = 0, room = 0;

	stmt_bind_int(q, id);
	while (stmt_row(q))
		add_id(arena, &ids, &used, &room, stmt_int(q));
	*out = ids;
	*count = used;
	return stmt_end(q, err);
}

int
contact_links_rehome(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	int64_t *companies;
	size_t count;
	bool changed;

	if (companies_of(store, arena, id, &companies, &count, err) < 0 ||
		run_with_id(store, REHOME, id, err) < 0 ||
		run_with_id(store, UNLINK, id, err) < 0 ||
		run_with_id(store, FORGET_COMPANY, id, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (contact_recount(store, companies[i], &changed, err) < 0)
			return -1;
	}
	return 0;
}
