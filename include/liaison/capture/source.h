#ifndef LIAISON_CAPTURE_SOURCE_H
#define LIAISON_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/query/query.h"
#include "liaison/store/sql.h"

/* Sources as the database knows them: also those that the configuration no longer names. */

struct source {
	int64_t id, version, last_complete; /* last_complete 0: never */
	const char *name, *kind, *error; /* arena */
	bool paused, retired;
};

/* Sources, as s, for conditions and lists; by name. */
extern const struct query_noun source_noun;

/* All, by name. */
int source_list(struct store *store, struct arena *arena, struct source **out, unsigned *count,
	struct err *err);
/* ERR_NOT_FOUND: there is none of that name (with a suggestion). */
int source_find(struct store *store, struct arena *arena, const char *name, struct source *out,
	struct err *err);
/* Its name, in arena; NULL: there is none. */
int source_name(
	struct store *store, struct arena *arena, int64_t id, const char **name, struct err *err);
int source_set_paused(struct store *store, int64_t id, bool paused, struct err *err);
int source_set_retired(struct store *store, int64_t id, bool retired, struct err *err);
/* The name that the source of this name was given since, if there is one of that and it is not retired;
 * NULL: none was. */
int source_renamed(struct store *store, struct arena *arena, const char *name, const char **now,
	struct err *err);
/* ERR_CONFLICT: the name is taken. */
int source_rename(struct store *store, int64_t id, const char *name, struct err *err);

struct source_counts {
	int64_t streams, rows, interactions;
};
/* Messages of it that could not be read, and texts that are still to be fetched. */
int source_waiting(
	struct store *store, int64_t id, int64_t *quarantined, int64_t *wants, struct err *err);
/* What an erasure would take: streams, ledger rows, interactions seen nowhere else. */
int source_count(struct store *store, int64_t id, struct source_counts *out, struct err *err);
/* Erases the source with its ledger; interactions that no other source has seen go too, and the
 * contacts are recounted. */
int source_erase(struct store *store, struct arena *arena, int64_t id, struct err *err);
/* A piece of that, which takes milliseconds; *rows grows by the decisions that went. */
int source_erase_part(struct store *store, struct arena *arena, int64_t id, int64_t *rows,
	bool *done, struct err *err);

/* Two streams of one folder. */
struct stream_pair {
	int64_t from, into;
};
/* A source that is given to another one of the same mailbox, and how far that is. */
struct source_join {
	int64_t from, into;
	struct stream_pair *pairs; /* arena */
	unsigned count, next;
	int64_t after; /* UIDs of the next pair up to here are done */
	int64_t erased;
};
/* ERR_CONFLICT: they are of different mailboxes. */
int source_join_begin(struct store *store, struct arena *arena, const struct source *from,
	const struct source *into, struct source_join *out, struct err *err);
/* A piece of that, which takes milliseconds; done: the first one is no more. */
int source_join_part(struct store *store, struct arena *arena, struct source_join *join, bool *done,
	struct err *err);

/* The highest id of a row of the ledger; 0: there is none. */
int ledger_last(struct store *store, int64_t *id, struct err *err);
/* Rows of the ledger of a stream. */
int ledger_count(struct store *store, int64_t stream_id, int64_t *count, struct err *err);

#endif
