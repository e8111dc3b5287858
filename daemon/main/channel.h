#ifndef LIAISON_MAIN_CHANNEL_H
#define LIAISON_MAIN_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"
#include "liaison/wire/frame.h"

/* liaisond's end of a crew channel: frames over SOCK_SEQPACKET, one chunk a packet, never blocking.
 * What the socket does not take waits here, up to a bound. */

struct packet;

struct channel {
	int descriptor; /* -1: closed */
	struct packet *first, *last;
	size_t queued; /* bytes that wait */
	struct frame_reader reader;
};

/* Makes a pair; *theirs is the child's end. */
int channel_open(struct channel *channel, int *theirs, struct err *err);
void channel_close(struct channel *channel);

/* Sends the messages in frames. passed, if not -1, travels with the first chunk and is closed here
 * once it has gone. The memory of frames is wiped by the caller where it held a secret; what waits
 * here is wiped too. ERR_UNAVAILABLE: the child is gone; ERR_REFUSED: it does not read. */
int channel_send(struct channel *channel, const struct text *frames, int passed, struct err *err);
/* Sends what waits. */
int channel_flush(struct channel *channel, struct err *err);
bool channel_waits(const struct channel *channel);

/* 1: *out is a message, borrowed until the next call; 0: nothing now; -1: the end, or not a frame. */
int channel_receive(struct channel *channel, struct frame *out, struct err *err);

#endif
