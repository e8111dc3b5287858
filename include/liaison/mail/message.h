#ifndef LIAISON_MAIL_MESSAGE_H
#define LIAISON_MAIL_MESSAGE_H

#include "liaison/base/arena.h"
#include "liaison/base/err.h"
#include "liaison/mail/charset.h"
#include "liaison/wire/event.h"
#include "liaison/wire/frame.h"

/* A message as the server described it to an event: the one place where foreign mail headers are
 * given meaning. Runs in the parse program only. */

/* Reads the fields of a FRAME_ITEM (or FRAME_PARSE_MESSAGE); all of out is in arena. Whatever the
 * header holds, an event comes out. ERR_FORMAT: the frame itself is malformed, its sender is not to
 * be believed; ERR_USAGE: it has no header. */
int message_read(struct charsets *charsets, const struct frame *frame, struct arena *arena,
	struct event *out, struct err *err);

#endif
