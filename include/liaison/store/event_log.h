#ifndef LIAISON_STORE_EVENT_LOG_H
#define LIAISON_STORE_EVENT_LOG_H

#include "liaison/store/sql.h"

/* What watchers are told, numbered for ever, so that "from" can resume after a restart; the newest
 * 100,000 are kept. A record is a JSON object, or "@interaction 17" for a record that is written
 * when somebody reads it: the backfill tells of more than anybody watches. */

enum { EVENT_LOG_KEEP = 100000 };

struct event_entry {
	int64_t seq;
	const char *kind, *record; /* arena */
};

int event_log_add(struct store *store, int64_t at, const char *kind, const char *record,
	int64_t *seq, struct err *err);
/* At most max entries after seq `from`, oldest first. */
int event_log_list(struct store *store, struct arena *arena, int64_t from, unsigned max,
	struct event_entry **out, unsigned *count, struct err *err);
/* The first and last numbers that are kept; 0 when there is none. */
int event_log_bounds(struct store *store, int64_t *first, int64_t *last, struct err *err);
int event_log_prune(struct store *store, struct err *err);

#endif
