#ifndef CAPTURE_FEED_INDEX_H
#define CAPTURE_FEED_INDEX_H

#include "inside.h"
#include "liaison/base/crypt.h"
#include "liaison/capture/meeting.h"

/* The items of a feed by UID, so that what is recorded is read once, in its own order. */

struct feed_index {
	const struct feed *feed;
	uint32_t *slots; /* item + 1, 0: free */
	size_t room; /* a power of two */
};

void feed_index_init(struct feed_index *index, struct arena *arena, const struct feed *feed);
/* The item's place in the feed, -1: it is not there. */
int feed_index_find(const struct feed_index *index, const char *uid);

#endif
