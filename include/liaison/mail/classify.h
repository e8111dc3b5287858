#ifndef LIAISON_MAIL_CLASSIFY_H
#define LIAISON_MAIL_CLASSIFY_H

#include "liaison/base/arena.h"
#include "liaison/mail/header.h"
#include "liaison/wire/event.h"

/* Whether a person wrote a message: mass mail and machines say so in their headers (RFC 2919, 2369,
 * 3834, 3464). */

/* Mail to more people than this is mass mail. */
enum { CLASSIFY_RECIPIENTS_MAX = 50 };

/* class_reason of mass mail that no field declares. */
#define CLASSIFY_MANY "number of recipients"

/* Sets class, class_reason (the field's name), list_id and sensitivity, and of flags EVENT_CALENDAR. Needs
 * event's parties, parts and subject; report: the structure is a multipart/report or holds a report's
 * parts. Calendar traffic is a person's doing, though it is a program that sends it. */
void classify(const struct header *header, bool report, struct arena *arena, struct event *event);

#endif
