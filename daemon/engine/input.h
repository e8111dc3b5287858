#ifndef LIAISON_ENGINE_INPUT_H
#define LIAISON_ENGINE_INPUT_H

#include "request.h"

/* The bytes of a PARAM_INPUT parameter, which follow their request as "data". They are collected on
 * the loop up to what the command's row allows, and the request begins when the last are there. A
 * COMMAND_STREAM is begun at once and takes them as they come: its call is given what inputs_take
 * decodes, and says when it has enough, whereupon its connection is not read. What came before it began is in its
 * input, and there, too, reading stops at INPUT_AHEAD. */

struct connection;

struct input {
	const struct param *param;
	struct text bytes;
	size_t max;
	bool stream; /* its call takes them as they come */
	bool whole; /* nothing more is waited for: all are there, or failed */
	bool failed;
	struct err err; /* why, when failed: the request's answer */
};

enum {
	INPUT_MAX = 1 << 20, /* where the command's row says nothing */
	INPUT_AHEAD = 1 << 20, /* of a stream whose call has not begun */
	INPUTS_MAX = 4 << 20, /* of all requests of a connection that wait */
	INPUT_IDLE_MS = 300000, /* a person may be typing */
};

/* The most bytes a command's file may have. */
size_t input_max(const struct command *command);
/* NULL: the request names no file, or has mistakes, which it is answered with when it is run. Else
 * *path is what it was called. */
struct input *input_expected(struct arena *arena, const struct request *request, unsigned access,
	const struct zone *zone, const char **path);
void input_free(struct input *input);
/* Gives the call its bytes. A file that is named and failed, or did not come, is the call's error. */
int input_give(struct call *call, const struct request *request, struct err *err);
/* A request of the batch still waits for its bytes. */
bool input_is_open(const struct batch *batch);

/* Asks a client that sent words to open its file; one that sent names sends at once. */
void inputs_ask(struct connection *connection, const struct request *request, const char *path);
/* A "data" message. One for a request that waits for none is passed over: it may have failed. */
void inputs_take(struct connection *connection, const json_t *params);
/* id: JSON text. False: no request of that id waits for its bytes. */
bool inputs_cancel(struct connection *connection, const char *id);
/* The client has sent its last. */
void inputs_end(struct connection *connection);
/* A stream that has not begun has so much that the connection is not read. */
bool inputs_are_ahead(const struct connection *connection);
/* Gives up what no bytes came for in time; true: it may go on now. */
bool inputs_tick(struct connection *connection, int64_t now_ms);

#endif
