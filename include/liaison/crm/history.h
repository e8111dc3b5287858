#ifndef LIAISON_CRM_HISTORY_H
#define LIAISON_CRM_HISTORY_H

#include "liaison/base/arena.h"
#include "liaison/query/query.h"
#include "liaison/store/sql.h"

/* What happened to a record, from the journal, whose entries of versioned records hold the version. */

/* The journal's entries, as j, for conditions and lists; the newest first. */
extern const struct query_noun journal_noun;

/* The fields that were changed since the record had version: "city, phone", or NULL when the journal
 * has none. Text in arena. */
int history_changed_fields(struct store *store, struct arena *arena, const char *noun,
	int64_t record, int64_t version, const char **fields, struct err *err);

#endif
