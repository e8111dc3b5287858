#ifndef LIAISON_FETCH_DIAL_H
#define LIAISON_FETCH_DIAL_H

#include <netdb.h>
#include <stdbool.h>
#include <uv.h>

#include "alarm.h"
#include "liaison/base/err.h"

/* A connection to a host by whichever of its addresses answers first (RFC 8305): families take turns,
 * the next address is tried when the one before has not answered for a moment or has failed. */

enum { DIAL_AT_ONCE = 4 };

struct dial;

/* descriptor: own, connected, not blocking; -1: err says why. The dial is over then. Never called
 * before dial_host or dial_addresses returned. */
typedef void dial_done(void *context, int descriptor, const struct err *err);

struct dial *dial_host(uv_loop_t *loop, struct alarms *alarms, const char *host, int port,
	dial_done *done, void *context);
/* The same without a resolver; addresses are copied. */
struct dial *dial_addresses(uv_loop_t *loop, struct alarms *alarms, const char *host, int port,
	const struct addrinfo *addresses, dial_done *done, void *context);
/* Gives up; done is not called any more. NULL is nothing. */
void dial_cancel(struct dial *dial);

#endif
