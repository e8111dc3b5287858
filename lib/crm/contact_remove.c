#include <string.h>

#include "contact_index.h"
#include "liaison/crm/contact_past.h"

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
		return fail(err, ERR_NOT_FOUND, "the contact is not there any more");
	return 0;
}

static int
run_with_id(struct store *store, const char *sql, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static const char DELETE_CONTACT[] = "DELETE FROM contact WHERE id = ?";

static int
remove_one(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	if (contact_links_rehome(store, arena, id, err) < 0 ||
		run_with_id(store, DELETE_CONTACT, id, err) < 0)
		return -1;
	return contact_index(store, arena, id, err);
}

static const char SELECT_PERSON[] = "SELECT id FROM contact WHERE company_id = ? LIMIT 1";

/* The company's own row must be free of references before it goes. */
static int
remove_persons(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	for (;;) {
		struct stmt *q = sql_prepare(store, SELECT_PERSON);
		int64_t person = 0;
		bool found;

		stmt_bind_int(q, id);
		if (sql_get_int(q, &person, &found, err) < 0)
			return -1;
		if (!found)
			return 0;
		if (remove_one(store, arena, person, err) < 0)
			return -1;
	}
}

static int
remove_all(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	if (contact_check_removal(store, arena, id, err) < 0 ||
		remove_persons(store, arena, id, err) < 0)
		return -1;
	return remove_one(store, arena, id, err);
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
	result = remove_all(store, arena, id, err);
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
