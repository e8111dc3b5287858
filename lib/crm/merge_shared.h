#ifndef LIAISON_CRM_MERGE_SHARED_H
#define LIAISON_CRM_MERGE_SHARED_H

#include "merge_part.h"

/* What merging and taking back have in common. */

/* A contact's row c as a JSON object, but for its totals. */
#define MERGE_PAIR_(name, ...) ", '" #name "', c." #name
#define MERGE_CONTACT \
	"json_object('id', c.id, 'version', c.version, 'no', c.no, 'name_fold', c.name_fold," \
	" 'company_id', c.company_id, 'picture_id', c.picture_id, 'created', c.created," \
	" 'changed', c.changed" CONTACT_TEXTS(MERGE_PAIR_) CONTACT_FLAGS(MERGE_PAIR_) ")"

/* The companies that something of the two is counted for, and the persons that change their company. */
struct merge_places {
	int64_t *companies, *persons;
	size_t company_count, company_room, person_count, person_room;
};
int merge_places_add(struct merge *merge, struct merge_places *places, struct err *err);
/* Counts both and those anew, and makes new what is derived of them. */
int merge_places_settle(
	struct merge *merge, const struct merge_places *places, int64_t now, struct err *err);

/* The fields in which the two differ, as JSON objects. */
void merge_diff(struct arena *arena, const struct contact *before, const struct contact *after,
	const char **old_fields, const char **new_fields);

#endif
