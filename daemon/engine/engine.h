#ifndef LIAISON_ENGINE_ENGINE_H
#define LIAISON_ENGINE_ENGINE_H

#include <pthread.h>
#include <uv.h>

#include "control.h"
#include "crew.h"
#include "settings.h"
#include "watch.h"
#include "work.h"

/* The engine: the loop and what it holds. Everything here is the loop's unless it says otherwise. */

struct pipeline;
struct schedule;

enum { EXIT_STORAGE = 74, EXIT_UNAVAILABLE = 75, EXIT_INTERNAL = 70 };

struct engine {
	uv_loop_t loop;
	struct settings *settings; /* in force */
	struct crew crew;
	struct done done;
	struct writer *writer;
	struct pool *readers;
	struct pool *background; /* backups, checks */
	struct control control;
	struct watch watch;
	struct pipeline *pipeline; /* links to fetch and parse, slices, mailboxes */
	struct schedule *schedule; /* what happens by the clock */
	struct worker self; /* the loop's zones and scratch; no store */
	uv_timer_t tick; /* once a second */
	int64_t imported_ms; /* when an import went on recording rows, monotonic; 0: none is on */
	pthread_mutex_t board; /* over what readers show of the loop's state */
	enum config_level
		rule_level; /* the highest that a rule sets; with rule_headers rules.h's */
	char *rule_headers; /* own; lines, or NULL */
	int64_t started; /* wall clock */
	int exit_status;
	int64_t restart_ms; /* when to end for a sandbox with other paths; 0: never */
	bool stopping;
};

/* Runs until told to stop; returns the exit status. */
int engine_run(void);
/* Ends the loop. */
void engine_stop(struct engine *engine, int exit_status);
/* A new configuration, taken over. */
void engine_configure(struct engine *engine, const struct config *config);

#endif
