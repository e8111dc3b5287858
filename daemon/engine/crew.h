#ifndef LIAISON_ENGINE_CREW_H
#define LIAISON_ENGINE_CREW_H

#include <uv.h>

#include "liaison/wire/config.h"
#include "liaison/wire/frame.h"

/* The channel to liaisond, at descriptor 3: configuration, descriptors of children, signs of life. */

struct engine;
struct loop_call;

enum { CREW_DESCRIPTOR = 3, CONTROL_DESCRIPTOR = 4 };

struct reload_asker {
	struct reload_asker *next;
	uint32_t token;
	struct loop_call *call; /* NULL: it has given up */
};

struct crew {
	struct engine *engine;
	uv_poll_t poll;
	struct frame_reader reader;
	struct config_decoder *decoder;
	int passed; /* a descriptor whose message is not complete; -1: none */
	struct text out;
	uint32_t tokens;
	struct reload_asker *askers;
	bool open;
};

/* Waits, blocking, for the first configuration. */
int crew_first_config(struct crew *crew, struct config *out, struct err *err);
int crew_start(struct crew *crew, struct engine *engine, struct err *err);
void crew_close(struct crew *crew);
void crew_ready(struct crew *crew);
void crew_alive(struct crew *crew);
void crew_status(struct crew *crew, const char *line);
void crew_kill(struct crew *crew, enum child_kind kind, uint32_t id, const char *why);
void crew_isolate(struct crew *crew, uint32_t source);
void crew_fatal(struct crew *crew, const char *why, int exit_status);
/* system.reload: the call is answered when liaisond has. */
void crew_reload(struct crew *crew, struct loop_call *call);
/* In cmd_system.c. mistakes, remarks: lines, or NULL. */
void reload_answer(struct loop_call *call, const char *mistakes, const char *remarks);

#endif
