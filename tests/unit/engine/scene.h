#ifndef LIAISON_TESTS_ENGINE_SCENE_H
#define LIAISON_TESTS_ENGINE_SCENE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "engine.h"
#include "feed.h"
#include "test.h"

/* The pipeline with one source, and a fetch and a parse that the test plays: what it says to the
 * engine, and what it heard. */

enum { PATIENCE_MS = 20000, HEARD_MAX = 64 };

struct scene {
	struct engine engine;
	struct config config;
	struct config_source source;
	uv_timer_t timer;
	int liaisond, fetch, parse; /* the test's ends; parse 0: there is none */
	uint32_t children, ids[CHILD_PARSE + 1]; /* ids: the newest of a kind */
	struct frame_reader to_fetch, to_parse; /* said by the engine */
	char reason[200]; /* why a child is to be killed */
	uint32_t search, asked; /* tokens of the newest FRAME_SEARCH and FRAME_FETCH */
	uint32_t sync; /* and FRAME_SYNC */
	unsigned watches; /* FRAME_WATCHes */
	uint64_t credit; /* bytes that fetch may send again */
	uint32_t answered; /* token of the newest FRAME_FEED_KNOWN */
	char error[400]; /* of that one */
	unsigned known; /* how many there were */
	unsigned parsed; /* questions that the parse of now was given */
	uint32_t tokens[HEARD_MAX]; /* of these */
};

/* database NULL: in memory, and the readers have one of their own where nothing is. */
struct scene *scene_open(const struct config_source *source, const char *database);
void scene_close(struct scene *scene);

struct mailbox *scene_mailbox(struct scene *scene);
/* The test's end of a new child. */
int scene_child(struct scene *scene, enum child_kind kind);
/* frames from fetch or parse (the descriptor); they are cleared. */
void scene_say(struct scene *scene, int from, struct text *frames);
/* A turn of the loop, then all that the engine said is heard. */
void scene_turn(struct scene *scene);
/* Another fetch takes the place of the one that was killed. */
void scene_renew_fetch(struct scene *scene);
void scene_renew_parse(struct scene *scene, bool clean);
void scene_expect_kill(struct scene *scene, const char *why);

#define RUN_UNTIL(scene, condition) \
	do { \
		int64_t until = clock_monotonic_ms() + PATIENCE_MS; \
\
		while (!(condition)) { \
			if (clock_monotonic_ms() > until) \
				fail_msg("waited in vain for %s; killed: '%s'", #condition, \
					(scene)->reason); \
			scene_turn(scene); \
		} \
	} while (0)

/* The writer is held up while its lock is. */
struct obstacle {
	struct work work; /* first */
	pthread_mutex_t lock;
};

void obstacle_put(struct obstacle *obstacle, struct scene *scene);
void obstacle_lift(struct obstacle *obstacle);

#endif
