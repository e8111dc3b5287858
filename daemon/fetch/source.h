#ifndef LIAISON_FETCH_SOURCE_H
#define LIAISON_FETCH_SOURCE_H

#include "fetch.h"

/* A configured source and the driver of its kind. To add a kind: a file source_<kind>.c with its
 * driver at the end, and a line in source.c's list. */

struct driver {
	enum config_kind kind;
	/* Begins to work; the result is source->work. */
	void *(*start)(struct source *source);
	/* Lets go of everything, politely if that costs no time. */
	void (*stop)(void *work);
	/* A frame of the engine about this source. ERR_FORMAT: the engine is not to be believed. */
	int (*take)(void *work, const struct frame *frame, struct err *err);
	/* bytes NULL: there is none, and why. */
	void (*secret)(void *work, uint32_t token, const char *bytes, size_t size, const char *why);
	/* The machine slept. */
	void (*woke)(void *work);
	/* The configuration was read again, and is the same; what it refers to may not be. NULL: whatever. */
	void (*reread)(void *work);
	/* Its host could not be connected to, and can be now. NULL: whatever. */
	void (*reachable)(void *work);
	/* The engine takes items again. */
	void (*resume)(void *work);
};

/* refusal.c: logins that the server refused in a row with the secret that liaisond has. */
struct refusal {
	uint32_t count;
	int64_t until; /* monotonic ms: it is not tried before */
};

struct source {
	struct source *next;
	struct fetch *fetch; /* borrowed */
	uint32_t number;
	const struct config_source *config; /* borrowed from fetch->config */
	uint64_t digest; /* of its configuration */
	const struct driver *driver; /* NULL: none for its kind */
	bool watched; /* else it works only to be checked */
	void *work; /* NULL: nothing to do */
	struct feed_memory *memory; /* own: of a calendar; or NULL */
	struct refusal refusal;
	int64_t waived_at; /* monotonic ms: it was tried before its time */
	enum source_state state; /* as last told */
	char *error; /* own, or NULL */
	int64_t next_try;
};

extern const struct driver source_imap_driver, source_ical_driver;

/* memory.c: what the engine has of a calendar, from its FRAME_FEED_KNOWN. */
int memory_take(struct source *source, const struct frame *frame, struct err *err);
void memory_free(struct source *source);

/* After a new configuration: sources that changed begin anew, those that are gone end. */
void sources_adopt(struct fetch *fetch, struct config *config);
void sources_stop(struct fetch *fetch);
void sources_woke(struct fetch *fetch);
void sources_reachable(struct fetch *fetch, const char *host);
void sources_resume(struct fetch *fetch);
/* A frame from the engine that names a source. */
int sources_take(struct fetch *fetch, const struct frame *frame, struct err *err);
void sources_secret(struct fetch *fetch, const struct frame *frame, const char *bytes, size_t size,
	const char *why);

/* What liaisond knows of the secret it gives. */
void sources_refusal(struct fetch *fetch, uint32_t number, const struct refusal *refusal);

/* That is what is known of it; it was written down by a fetch before us, and is believed within bounds. */
void refusal_take(struct source *source, const struct refusal *refusal);
/* One more; token: the secret is one. */
void refusal_count(struct source *source, bool token);
/* The secret was accepted. */
void refusal_end(struct source *source);
/* It is too early to try the same secret again. */
bool refusal_holds(const struct source *source);
/* Somebody asks to have it tried all the same: true once a minute. */
bool refusal_waived(struct source *source);
/* Nothing will be tried for so long that somebody should know it. */
bool refusal_is_long(const struct source *source);

/* Tells the engine (and the log) if it is news. error may be NULL; next_try: wall clock, 0 none. */
void
source_tell(struct source *source, enum source_state state, const char *error, int64_t next_try);

#endif
