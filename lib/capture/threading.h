#ifndef LIAISON_CAPTURE_THREADING_H
#define LIAISON_CAPTURE_THREADING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/err.h"
#include "liaison/wire/event.h"

/* Which messages answer which. */

struct turn;

/* Message-IDs and their threads, as far as they were asked lately. */
struct thread_seen {
	uint64_t hash;
	int64_t thread; /* 0: the slot is free, or the id is unknown */
	char what; /* 'r' referred to only; 'i' 'o' 'n': the direction of the message */
};

struct thread_table {
	struct thread_seen *slots;
	size_t room, count;
};

/* Where a message belongs among the others. */
struct placement {
	uint64_t own; /* hash of its Message-ID */
	int64_t thread; /* 0: nothing is kept to thread by */
	bool fresh, awaited, reused;
	const char *initiated_by;
	uint64_t *unseen; /* references nobody knew */
	unsigned unseen_count;
	int64_t *others; /* threads that turn out to be this one */
	unsigned other_count;
};

/* thread.c */
void threads_clear(struct thread_table *table);
void thread_remember(struct thread_table *table, uint64_t hash, int64_t thread, char what);
/* thread 0: nobody knows the Message-ID. */
int thread_look_up(struct turn *turn, uint64_t hash, struct thread_seen *out, struct err *err);
/* "them" or "us" by the first message's direction; mail among ourselves is ours. */
const char *thread_begun_by(char what);
/* It answers nothing and refers to nothing. */
bool thread_is_root(const struct event *event);
/* The initiator of the thread's earliest interaction up to at; NULL: there is none. */
int thread_first(struct turn *turn, int64_t thread, int64_t at, const char **out, struct err *err);
int thread_current(struct turn *turn, int64_t thread, int64_t *current, struct err *err);
/* The best guess for a stored message of thread. */
int thread_initiator(struct turn *turn, int64_t thread, const struct event *event,
	const char *direction, const char **initiated_by, struct err *err);
/* Who began is known better now: the thread's interactions from at on follow. */
int thread_harmonise(
	struct turn *turn, int64_t thread, int64_t at, const char *initiated_by, struct err *err);

/* place.c */
int thread_place(struct turn *turn, const struct event *event, const char *direction,
	struct placement *out, struct err *err);
/* Writes what place found, once the message is known to be new. */
int thread_note(struct turn *turn, const struct placement *placement, const char *direction,
	bool speaks, struct err *err);
int thread_counter_load(struct turn *turn, struct err *err);
int thread_counter_save(struct turn *turn, struct err *err);

#endif
