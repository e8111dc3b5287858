#include <string.h>

#include "liaison/crm/contact.h"

/* Removing, by Business Central's rules; history is never lost with the contact. */

static const char SELECT_TYPE[] = "SELECT type = 'company' FROM contact WHERE id = ?";

static int
find_kind(struct store *store, int64_t id, int64_t *company, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_TYPE);
	bool found;

	stmt_bind_int(q, id);
	if (sql_get_int(q, company, &found, err) < 0)
		return -1;
	if (!found)
		return fail(err, ERR_NOT_FOUND, "there is no contact with the id '%lld'",
			(long long)id);
	return 0;
}

static int
run_with_id(struct store *store, const char *sql, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

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
static const char DELETE_CONTACT[] = "DELETE FROM contact WHERE id = ?";

static const char SELECT_COMPANIES[] =
	"SELECT company_id FROM contact WHERE id = ?1 AND company_id IS NOT NULL"
	" UNION SELECT company_id FROM interaction_contact WHERE contact_id = ?1"
	" AND company_id IS NOT NULL";

/* Companies whose totals a person's removal may change; ids in arena. */
static int
companies_of(struct store *store, struct arena *arena, int64_t id, int64_t **out, size_t *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_COMPANIES);
	int64_t *ids = NULL;
	size_t used = 0, room = 0;

	stmt_bind_int(q, id);
	while (stmt_row(q)) {
		if (used == room) {
			int64_t *more = arena_array(arena, room = room * 2 + 8, sizeof *ids);

			if (used > 0)
				memcpy(more, ids, used * sizeof *ids);
			ids = more;
		}
		ids[used++] = stmt_int(q);
	}
	*out = ids;
	*count = used;
	return stmt_end(q, err);
}

static int
remove_person(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	int64_t *companies;
	size_t count;
	bool changed;

	if (companies_of(store, arena, id, &companies, &count, err) < 0 ||
		run_with_id(store, REHOME, id, err) < 0 ||
		run_with_id(store, UNLINK, id, err) < 0 ||
		run_with_id(store, DELETE_CONTACT, id, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (contact_recount(store, companies[i], &changed, err) < 0)
			return -1;
	}
	return 0;
}

static const char SELECT_PERSON[] = "SELECT id FROM contact WHERE company_id = ? LIMIT 1";

/* The company's own row must be free of references before it goes. */
static int
remove_company(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	for (;;) {
		struct stmt *q = sql_prepare(store, SELECT_PERSON);
		int64_t person = 0;
		bool found;

		stmt_bind_int(q, id);
		if (sql_get_int(q, &person, &found, err) < 0)
			return -1;
		if (!found)
			break;
		if (remove_person(store, arena, person, err) < 0)
			return -1;
	}
	if (run_with_id(store, UNLINK, id, err) < 0 ||
		run_with_id(store, FORGET_COMPANY, id, err) < 0)
		return -1;
	return run_with_id(store, DELETE_CONTACT, id, err);
}

int
contact_remove(struct store *store, int64_t id, struct err *err)
{
	struct arena *arena;
	int64_t company = 0;
	int result;

	if (find_kind(store, id, &company, err) < 0)
		return -1;
	arena = arena_new();
	result = company != 0 ? remove_company(store, arena, id, err)
			      : remove_person(store, arena, id, err);
	arena_free(arena);
	return result;
}

static const char COUNT_REMOVAL[] =
	"WITH gone(id) AS (SELECT ?1 UNION ALL SELECT id FROM contact WHERE company_id = ?1)"
	" SELECT count(*) - 1,"
	" (SELECT count(*) FROM contact_email e JOIN gone g ON g.id = e.contact_id"
	"  WHERE e.state = 'active'),"
	" (SELECT count(DISTINCT x.interaction_id) FROM interaction_contact x"
	"  JOIN gone g ON g.id = x.contact_id)"
	" FROM gone";

int
contact_removal_count(struct store *store, int64_t id, struct contact_removal *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_REMOVAL);
	struct contact_removal counts = { 0 };

	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		counts.persons = stmt_int(q);
		counts.emails = stmt_int(q);
		counts.interactions = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	*out = counts;
	return 0;
}
