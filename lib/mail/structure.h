#ifndef STRUCTURE_H
#define STRUCTURE_H

#include "liaison/base/text.h"
#include "liaison/mail/charset.h"
#include "liaison/wire/event.h"

/* The parts of a message as a FRAME_ITEM tells them: groups of fields, each opened by the number. */

/* A number over the first is not listed (nobody reads so deep), over the second no number at all. */
enum { STRUCTURE_NUMBER_MAX = 64, STRUCTURE_NUMBER_REFUSED = 1024 };

struct structure {
	struct arena *arena;
	struct charsets *charsets;
	struct event_part *parts; /* leaves; grows in arena */
	unsigned count, room;
	unsigned flags; /* of the event */
	bool report; /* a delivery report or receipt */
	/* The group being read: */
	bool open;
	const char *number, *type, *subtype, *charset, *encoding, *disposition;
	uint64_t size;
	struct text name; /* as on the wire; own */
	const char *opaque; /* number of the message/rfc822 whose children are not read */
};

void structure_init(struct structure *structure, struct arena *arena, struct charsets *charsets);
void structure_clear(struct structure *structure);
/* Takes a field of a group; others are none of its business. ERR_FORMAT: out of bounds. */
int structure_take(struct structure *structure, const struct frame_field *field, struct err *err);
/* The last group ends; sets event's parts and text_part. */
void structure_end(struct structure *structure, struct event *event);

#endif
