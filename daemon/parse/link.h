#ifndef PARSE_LINK_H
#define PARSE_LINK_H

#include "budget.h"
#include "item.h"

/* The two channels of parse: the engine's stream of items, and liaisond's crew channel. */

enum {
	LINK_CREW = 3,
	LINK_ENGINE = 4,
	LINK_BATCH = 64 *
		     1024, /* answers are written when so many bytes wait, or all is answered */
	LINK_ITEMS_MAX = 200000,
	LINK_MEMORY_MAX = 64 * 1024 * 1024,
};

struct link {
	int crew, engine;
	struct parser *parser; /* borrowed */
	struct gauge gauge;
	struct frame_reader from_crew, from_engine;
	struct text answers;
	size_t written; /* of answers */
	bool ended; /* told to stop, or the other side is gone */
	bool drained; /* nothing waits to be read from the engine */
};

/* Makes the descriptors non-blocking. */
int link_init(struct link *link, struct parser *parser, int crew, int engine, struct err *err);
void link_clear(struct link *link);
/* Tells liaisond that items may come. */
void link_ready(struct link *link);
/* Tells liaisond why this program ends; best effort. */
void link_fatal(struct link *link, const char *why, int status);
/* Answers items until told to stop (0), due for a fresh process (0), or given a malformed frame. */
int link_run(struct link *link, struct err *err);

#endif
