#ifndef LIAISON_ENGINE_UPKEEP_H
#define LIAISON_ENGINE_UPKEEP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/err.h"
#include "liaison/store/sql.h"

/* The writer's care for its database between pieces of work: the write-ahead log is moved into it, and
 * a connection that cannot be believed any more is replaced. The writer's alone but for the trouble. All
 * pages are read first, by a thread of its own: the writer goes on, though nothing can be written. */

struct upkeep {
	struct store *store; /* borrowed */
	int64_t log_pages; /* of the log at the last try to move it; 0: it was begun anew since */
	int64_t log_due_ms; /* not tried again before, while something holds it */
	int64_t mend_due_ms, mend_delay_ms, mended_ms;
	struct store *
		fresh; /* takes the place of the sick one if it proves sound; own. NULL: none is looked at */
	int64_t examined_since_ms;
	pthread_t thread; /* of who looks through fresh, whose it is meanwhile */
	atomic_bool sick; /* the connection */
	bool held, stuck; /* the log, by somebody; by the disk */
	pthread_mutex_t lock;
	pthread_cond_t examined;
	bool is_examined, sound; /* under lock: fresh was looked through, and how it was found */
	struct err finding; /* under lock */
	char trouble[400]; /* under lock; "": all is well */
};

void upkeep_init(struct upkeep *upkeep, struct store *store);
void upkeep_clear(struct upkeep *upkeep);
/* After each piece of work, and each second without one. */
void upkeep_turn(struct upkeep *upkeep, bool idle);
/* Ends what is under way on another thread; once the writer has ended. */
void upkeep_stop(struct upkeep *upkeep);
/* The connection is to be replaced, for which nobody may hold an old state of the database. Any thread. */
bool upkeep_is_sick(struct upkeep *upkeep);
/* What is wrong with the database, in words. Any thread; false: nothing. */
bool upkeep_trouble(struct upkeep *upkeep, char *words, size_t size);

#endif
