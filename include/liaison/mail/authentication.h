#ifndef LIAISON_MAIL_AUTHENTICATION_H
#define LIAISON_MAIL_AUTHENTICATION_H

#include "liaison/base/arena.h"
#include "liaison/mail/header.h"
#include "liaison/wire/event.h"

/* What mail servers on the way say of a message's sender (Authentication-Results, RFC 8601). Anybody
 * can write such a field, so each is told with the server it claims to be of, and the engine believes
 * the one that is configured. */

/* Sets event's authentications: of each server the topmost field, which that server itself added last.
 * Needs event's parties: what counts is whether the domain of the first From is vouched for. */
void authentication_read(const struct header *header, struct arena *arena, struct event *event);

#endif
