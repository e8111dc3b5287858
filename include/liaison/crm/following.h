#ifndef LIAISON_CRM_FOLLOWING_H
#define LIAISON_CRM_FOLLOWING_H

#include "liaison/base/arena.h"
#include "liaison/crm/contact.h"
#include "liaison/store/sql.h"

/* A change of a company that its persons follow in several transactions: the first one says so, so that one
 * that is broken off is gone on with at the next start. */

struct following {
	int64_t entry; /* of the journal: the company's change; 0: there is none */
	int64_t company, batch;
	const char *user, *method, *before; /* as the entry has them */
};

/* Notes the company's latest entry. */
int following_add(struct store *store, int64_t company, int64_t *entry, struct err *err);
/* All have followed. */
int following_end(struct store *store, int64_t entry, struct err *err);
/* The first one that has not ended; texts in arena. */
int
following_first(struct store *store, struct arena *arena, struct following *out, struct err *err);
/* The contact, which is as it is now, becomes what it was before the change. */
int following_before(struct arena *arena, const struct following *following,
	struct contact *contact, struct err *err);

#endif
