#ifndef LIAISON_ENGINE_CONTROL_H
#define LIAISON_ENGINE_CONTROL_H

#include "connection.h"

/* The control socket: who may come in, and how many. */

enum {
	CONNECTIONS_MAX = 1024,
	CONNECTIONS_PER_USER = 64,
	CONNECTIONS_RESERVED = 16, /* of the last, for root and our own user */
	LOOPING_MAX = 16, /* loop calls of a connection */
	LOOPING_ALL = 256,
	TOLD_MAX = 8, /* lines a second about users who were refused */
};

struct control {
	struct engine *engine;
	uv_poll_t poll;
	int listener, spare; /* spare: a descriptor to give up when there are none left */
	bool paused; /* out of descriptors, and the log says so */
	struct told {
		uid_t uid;
		int64_t ms; /* 0: never */
	} told[TOLD_MAX]; /* whom the log says were refused last, and when */
	struct connection *connections; /* the newest first */
	unsigned count;
	size_t queued; /* bytes that wait for clients to read */
	struct batch *free_batches;
	unsigned free_count;
	struct loop_call *calls; /* that run on the loop */
	unsigned call_count; /* of these */
	atomic_ullong accepted, refused, requests;
};

int control_start(struct control *control, struct engine *engine, int listener, struct err *err);
void control_stop(struct control *control);
/* After a reload: what everybody may do is judged anew. */
void control_judge(struct control *control);
void control_tick(struct control *control, int64_t now_ms);
/* A line about a refused user may be logged: one a second of the same, and TOLD_MAX of all, however
 * many they are and however often they come. */
bool control_may_tell(struct control *control, uid_t uid);
struct batch *control_batch(struct control *control);
void control_return(struct control *control, struct batch *batch);
/* Runs the request of a batch of LANE_LOOP. */
void loop_call_run(struct batch *batch);
void loop_calls_cancel(struct control *control, struct connection *connection, const char *id);
void loop_calls_drained(struct control *control, struct connection *connection);
/* A "data" message for the call of that id, if it takes any. */
void loop_calls_take(struct control *control, struct connection *connection, const char *id,
	const json_t *params);
/* No more will come for those of the connection that wait for bytes. */
void loop_calls_starve(struct control *control, struct connection *connection, const char *why);

#endif
