#include <string.h>

#include "liaison/crm/contact_past.h"

/* What rows bar a contact from being removed, from changing its type (reference 1.3), and its addition from
 * being taken back. Fields of its own that bar a change of type are in contact.c. */

#define HAS(from)      "SELECT EXISTS (SELECT 1 FROM " from ")"
#define LABELLED(kind) HAS("contact_label WHERE contact_id = ?1 AND kind = '" kind "'")

/* Tasks, segment lines and opportunities, once they are there, bar from removal too. */
static const struct {
	unsigned bars;
	const char *sql, *why;
} BARS[] = {
	{ BAR_TO_PERSON | BAR_TO_COMPANY | BAR_UNADD,
		HAS("interaction_contact WHERE contact_id = ?1 UNION ALL"
		    " SELECT 1 FROM interaction_contact WHERE company_id = ?1"),
		"interactions" },
	{ BAR_TO_PERSON | BAR_UNADD, HAS("contact WHERE company_id = ?1"), "persons" },
	{ BAR_REMOVE | BAR_TO_PERSON | BAR_TO_COMPANY | BAR_UNADD,
		HAS("merge WHERE under_way IS NOT NULL AND ?1 IN (merged_id, into_id)"),
		"a merge under way" },
	{ BAR_TO_PERSON, HAS("contact_domain WHERE contact_id = ?1"), "domains" },
	{ BAR_TO_PERSON, HAS("contact_relation WHERE contact = ?1"), "business relations" },
	{ BAR_TO_PERSON, LABELLED("industry-group"), "industry groups" },
	{ BAR_TO_PERSON, LABELLED("web-source"), "web sources" },
	{ BAR_TO_COMPANY, LABELLED("responsibility"), "responsibilities" },
};

int
contact_barred(
	struct store *store, int64_t id, enum contact_bar what, const char **why, struct err *err)
{
	*why = NULL;
	for (size_t i = 0; i < sizeof BARS / sizeof *BARS; i++) {
		struct stmt *q;
		int64_t has = 0;

		if (!(BARS[i].bars & what))
			continue;
		q = sql_prepare(store, BARS[i].sql);
		stmt_bind_int(q, id);
		if (sql_get_int(q, &has, NULL, err) < 0)
			return -1;
		if (has != 0) {
			*why = BARS[i].why;
			return 0;
		}
	}
	return 0;
}

static int
check_one(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	struct contact contact;
	const char *why;

	if (contact_barred(store, id, BAR_REMOVE, &why, err) < 0)
		return -1;
	if (why == NULL)
		return 0;
	if (contact_get(store, arena, id, &contact, err) < 0)
		return -1;
	return fail_field(err, ERR_REFUSED, "contact", "'%s' (%s) cannot be removed: it has %s",
		contact.no, contact.name, why);
}

int
contact_check_removal(struct store *store, struct arena *arena, int64_t id, struct err *err)
{
	struct query_node *of_it = query_fixed(arena, "c.company_id = ?", id);
	int64_t *persons;
	size_t count;

	if (check_one(store, arena, id, err) < 0 ||
		query_ids(store, arena, &contact_noun, of_it, 0, &persons, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (check_one(store, arena, persons[i], err) < 0)
			return -1;
	}
	return 0;
}
