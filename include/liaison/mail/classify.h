#ifndef LIAISON_MAIL_CLASSIFY_H
#define LIAISON_MAIL_CLASSIFY_H

#include "liaison/base/arena.h"
#include "liaison/mail/header.h"
#include "liaison/wire/event.h"

/* Whether a person wrote a message: mass mail and machines say so in their headers (RFC 2919, 2369,
 * 3834, 3464). */

/* Sets class, class_reason (the field's name), list_id and sensitivity. Needs event's parties; report:
 * the structure is a multipart/report or holds a report's parts. */
void classify(const struct header *header, bool report, struct arena *arena, struct event *event);

#endif
