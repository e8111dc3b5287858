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

/* When all rows are where they belong: counts both, and the companies that something of them is counted for,
 * anew. */
int merge_recount(struct merge *merge, struct err *err);
/* ERR_UNAVAILABLE: either of the two goes up in another one just now, or comes back; except in merge. */
int merge_refuse_busy(struct merge *merge, struct err *err);
/* Always fails so. */
int merge_busy(const char *no, struct err *err);

/* The fields in which the two differ, as JSON objects. */
void merge_diff(struct arena *arena, const struct contact *before, const struct contact *after,
	const char **old_fields, const char **new_fields);

#endif
