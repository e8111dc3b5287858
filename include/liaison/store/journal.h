#ifndef LIAISON_STORE_JOURNAL_H
#define LIAISON_STORE_JOURNAL_H

#include "liaison/store/sql.h"

/* Who did what: a row for every user write (house section 1.9). */

struct journal_entry {
	const char *user; /* login name, or the number of the uid */
	const char *method; /* "contact.add" */
	const char *noun; /* "contact" */
	int64_t record; /* id of what was changed */
	int64_t contact; /* id of the contact it concerns; 0: none */
	const char *before; /* JSON of the changed fields, or NULL when added */
	const char *after; /* JSON, or NULL when removed */
	int64_t batch; /* id of the first entry of the same command; 0: this is it */
};

/* Adds an entry in the open transaction; *id gets its id. */
int
journal_add(struct store *store, const struct journal_entry *entry, int64_t *id, struct err *err);
/* The newest entry's id; 0: there is none. */
int journal_last(struct store *store, int64_t *id, struct err *err);
/* How many records of the noun have entries after that one. */
int journal_records(
	struct store *store, const char *noun, int64_t after, int64_t *count, struct err *err);

#endif
