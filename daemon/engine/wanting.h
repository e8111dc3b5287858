#ifndef LIAISON_ENGINE_WANTING_H
#define LIAISON_ENGINE_WANTING_H

#include "mailbox.h"

/* Some wanted texts of a source: wanting.c asks for them, wanting_store.c writes what came of it. */

/* WANT_LEFT: it was not its fault; it stays as it is. */
enum want_state { WANT_ASKED, WANT_PARSING, WANT_TEXT, WANT_NONE, WANT_FAILED, WANT_LEFT };

struct wanted {
	enum want_state state;
	uint32_t token;
	const char *text;
	bool truncated;
};

struct wanting {
	struct work work; /* first */
	struct mailbox *mailbox;
	struct arena *arena;
	struct want *wants;
	struct wanted *states;
	unsigned count, open;
	int64_t source;
	unsigned most;
	struct err err;
	bool failed;
};

/* On the writer's thread. */
void wanting_store(struct work *work, struct worker *worker);

#endif
