#ifndef LIAISON_STORE_AUDIT_H
#define LIAISON_STORE_AUDIT_H

#include "liaison/store/sql.h"

/* The journal read back: who changed what. */

struct audit_question {
	const char *user; /* NULL: everybody */
	const char *noun; /* NULL: all; with record */
	int64_t record; /* 0: all */
	int64_t since; /* TIME_MIN: from the beginning */
	int64_t before; /* entries with a smaller id; 0: the newest */
	unsigned limit;
};

struct audit_entry {
	int64_t id, at, record, batch;
	const char *user, *method, *noun, *before, *after; /* arena */
};

/* What a statement selects of the journal, and its row. */
#define AUDIT_COLUMNS "id, at, user, method, noun, record, before, after, batch"
void audit_read(struct stmt *q, struct arena *arena, struct audit_entry *out);

/* Newest first; a page whose last id is the next question's `before`. */
int audit_list(struct store *store, struct arena *arena, const struct audit_question *question,
	struct audit_entry **out, unsigned *count, struct err *err);
/* Rows older than before are forgotten; at most max at a time, *gone of them. */
int audit_prune(struct store *store, int64_t before, unsigned max, int64_t *gone, struct err *err);

#endif
