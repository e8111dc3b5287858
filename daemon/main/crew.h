#ifndef LIAISON_MAIN_CREW_H
#define LIAISON_MAIN_CREW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "liaison/base/err.h"
#include "liaison/wire/config.h"
#include "refusal.h"
#include "secret.h"

/* The programs liaisond runs: one engine, one parse, one fetch, and a fetch of its own for each
 * source that the engine isolates. Each is a post that one child at a time fills; who dies or falls
 * silent is replaced, at once the first time, then after 1 s doubling.
 *
 * A child finds its crew channel at descriptor 3. The engine finds the listening control socket at 4
 * and the lock of the database at 5, which it only keeps open. fetch and parse find their stream to
 * the engine at 4; the engine is sent its end with FRAME_CHANNEL, whose source is the source of an
 * isolated fetch, else 0. */

/* What the service does about it; context first. */
struct crew_events {
	void *context;
	void (*ready)(void *context); /* the engine serves */
	void (*alive)(void *context); /* the engine got on */
	void (*status)(void *context, const char *line); /* the engine's line about itself */
	void (*reload)(void *context, uint32_t token); /* somebody asked for one */
	void (*secret)(void *context, const struct secret_asker *asker);
	void (*refused)(void *context, uint32_t source, const struct refusal *refusal);
	void (*ended)(void *context, int exit_status); /* nobody is left, and nobody will come */
};

struct crew_places {
	const char *engine, *fetch, *parse; /* absolute */
	int listener, lock; /* the engine gets copies */
};

struct crew;

/* Borrows all but copies of the two structs. */
struct crew *
crew_new(uv_loop_t *loop, const struct crew_places *places, const struct crew_events *events);
void crew_free(struct crew *crew); /* after ended, once the loop has turned */

/* Starts everybody. config is borrowed until the next crew_configure. */
void crew_start(struct crew *crew, const struct config *config);
/* Sends a new configuration to those who run. */
void crew_configure(struct crew *crew, const struct config *config);
/* refusal: of that secret; NULL as secret is. */
void crew_answer_secret(struct crew *crew, const struct secret_asker *asker, const char *secret,
	size_t size, const struct refusal *refusal, const struct err *err);
/* mistakes: the lines of what was wrong with the new configuration, or NULL. */
void crew_answer_reload(
	struct crew *crew, uint32_t token, const struct text *mistakes, const struct text *remarks);

/* Every few seconds: pings, counts silences, kills who has been silent too long. */
void crew_tick(struct crew *crew);
/* A process ended: true when it was one of ours. */
bool crew_reap(struct crew *crew, pid_t pid, int status);
/* Everybody is asked to end within that time; ended follows. */
void crew_stop(struct crew *crew, unsigned within_ms);
void crew_kill(struct crew *crew);
/* Ends the fetches, whose successors connect anew (SIGUSR2). */
void crew_reconnect(struct crew *crew);
/* Logs who runs, since when (SIGUSR1). */
void crew_log_state(const struct crew *crew);

#endif
