#ifndef LIAISON_TESTS_FETCH_WORLD_H
#define LIAISON_TESTS_FETCH_WORLD_H

#include "mailbox.h"
#include "peer.h"

/* Whole mailboxes, from their logins to their items, in a time that passes only when a test says so: the
 * sources are the program's own, the clocks, the way to the server and the secrets are here; stand_in.h
 * puts them in place of the program's. */

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

struct world {
	struct fetch fetch;
	struct config_source *accounts; /* own; numbered from 1 */
	size_t account_count;
	struct server server; /* of all */
	int engine;
	struct frame_reader reader;
	struct told {
		struct uid_set items, failed; /* what came, and what was left out */
		uint32_t cursor;
		enum source_state state;
		char error[400], folder_error[400]; /* as told last; "": none */
		char complaint[400]; /* the last error there was, of the source or its folder */
		int64_t next_try; /* wall clock */
		int64_t fresh_at; /* monotonic ms of the last complete check */
		struct refusal refusal; /* as liaisond remembers it, */
		const char *refused; /* and of which secret */
	} * told; /* own; of each account */
	unsigned dials;
	int64_t *dialled; /* own; when each was, ms */
	bool unreachable;
	const char *away; /* a host that is not to be reached, or NULL */
	unsigned dials_away; /* of it */
	const char *secret;
	int64_t awake, slept; /* ms */
	int64_t step; /* ms that pass at a time */
	uint64_t turns; /* of the loop, ever */
};

extern struct world *world;

/* count accounts, each at a host of its own or all at one; the server has three messages. */
void world_begin(size_t count, bool hosts_differ);
void world_end(void);
/* What a test changes in world->accounts first is in force then; it may be called again. */
void world_configure(int64_t poll_ms);
/* The engine tells fetch to work on all of them, or no more; nothing of theirs is known then. */
void world_watch(void);
void world_unwatch(void);
/* One of them begins anew; what it had counts on. */
void world_watch_anew(uint32_t source);
/* One mailbox that is watched, and a first look at it is taken. */
void world_begin_mailbox(int64_t poll_ms);
/* fetch is killed and a new one started. */
void world_restart_fetch(void);
/* The engine wants the folders looked at. */
void world_sync(uint32_t source);
/* Somebody wants to know whether it can be logged in to. */
void world_check(uint32_t source);

void pass(int64_t milliseconds);
void sleep_for(int64_t milliseconds);
/* How long after since a word was heard for the first time; -1: never. */
int64_t heard_after(const char *word, int64_t since);

/* For stand_in.h. */
int64_t world_awake_ms(void);
int64_t world_monotonic_ms(void);
int64_t world_now(void);
struct dial *world_dial(struct alarms *alarms, const char *host, dial_done *done, void *context);
void world_dial_cancel(struct dial *dial);
void world_ask_secret(uint32_t source, uint32_t token);
void world_note_refusal(uint32_t source, const struct refusal *refusal);

#endif
