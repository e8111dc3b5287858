#ifndef LIAISON_CLIENT_SESSION_H
#define LIAISON_CLIENT_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"
#include "liaison/wire/json.h"
#include "options.h"
#include "transfer.h"

/* A conversation with the daemon: JSON-RPC lines over its socket, or over ssh to another machine's. */

struct session {
	int in, out; /* the same descriptor, but over ssh */
	pid_t ssh; /* 0: none */
	struct text incoming, outgoing;
	int64_t last_id;
	const struct options *options;
	struct transfer transfer;
	bool ends_on_interrupt; /* SIGINT ends the wait well: watch */
	/* What the daemon says meanwhile; each may be NULL. */
	void (*progress)(void *context, const json_t *params);
	void (*event)(void *context, const char *method, const json_t *params);
	void *context;
};

/* One of result and error is not NULL; release both with reply_clear. */
struct reply {
	json_t *result, *error;
	bool interrupted; /* neither: SIGINT ended it */
};

void reply_clear(struct reply *reply);

/* ERR_UNAVAILABLE, ERR_PERMISSION: as socket_connect. */
int session_open(struct session *session, const struct options *options, struct err *err);
void session_close(struct session *session);

/* Sends method with words (NULL: no parameters) and waits for its answer, doing meanwhile what the
 * daemon asks for. yes: the caller has agreed. ERR_UNAVAILABLE: the connection broke. */
int session_call(struct session *session, const char *method, const char *const *words,
	size_t count, bool yes, struct reply *out, struct err *err);

/* Waits for more of what an answered call still says, until it is interrupted. */
int session_listen(struct session *session, struct err *err);

#endif
