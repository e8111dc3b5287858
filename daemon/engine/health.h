#ifndef LIAISON_ENGINE_HEALTH_H
#define LIAISON_ENGINE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/store/sql.h"

/* How all sources are at one moment: what system.health, --fail-stale and the metrics file tell of. */

struct engine;

struct source_health {
	const char *name, *state; /* arena */
	/* Why it needs somebody: no-secret, auth-failed, error, offline (its server was not reached for
	 * long) or stale (it is reached, and was not completely looked at for long); NULL: it does not. */
	const char *reason;
	const char *error; /* in words, or NULL */
	int64_t last_complete; /* 0: never */
	uint64_t backlog; /* messages known of and not decided */
	int64_t quarantined, wants; /* texts to be fetched */
	bool up;
	/* What the reason is made of: */
	const char *failure; /* static, or NULL */
	int64_t poll; /* seconds */
	bool rests; /* paused or retired */
};

struct health {
	struct source_health *sources; /* those that are configured */
	unsigned count, ailing; /* with a reason */
	char trouble[400]; /* why nothing can be written; "": it can */
	int64_t disk_free; /* bytes beside the database; -1: nobody can tell */
};

/* older_than: seconds after which a source is stale, whatever its state; 0: three of its poll intervals,
 * and at once where it failed. database: its path. Any thread. */
int health_read(struct engine *engine, const char *database, struct store *store,
	struct arena *arena, int64_t older_than, struct health *out, struct err *err);
/* "work, home": those with a reason. */
const char *health_names(const struct health *health, struct arena *arena);
/* Bytes that an ordinary user may still write there; -1: nobody can tell. */
int64_t disk_free_beside(const char *path);

/* Messages of a mailbox that are known of and not decided; under the board. */
struct mailbox;
struct folder;
uint64_t mailbox_backlog(const struct mailbox *mailbox);
/* Its server is reached, and the folder was not completely looked at for three poll intervals; under the
 * board. */
bool folder_is_late(const struct folder *folder);

#endif
