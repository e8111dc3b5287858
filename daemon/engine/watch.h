#ifndef LIAISON_ENGINE_WATCH_H
#define LIAISON_ENGINE_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"
#include "liaison/capture/capture.h"

/* What watchers are told: numbered in the transaction that makes it true, sent after its COMMIT. */

struct worker;
struct done;
struct engine;
struct connection;
struct watcher;

enum { WATCHES_MAX = 16, WATCHES_ALL = 1024 }; /* of a connection, of all */

/* One event on its way to the watchers. */
struct tell {
	struct tell *next;
	int64_t seq;
	const char *kind;
	struct text record; /* JSON object; own */
	struct text
		withheld; /* what others than its owners are told; own. Empty: all are told the record */
	struct text owners; /* lines: "=CODE" and "@user"; own */
};

struct watch {
	struct engine *engine;
	struct watcher *watchers;
	atomic_uint count; /* of watchers: nothing is written out when nobody looks */
	int64_t last_seq; /* of what was sent */
};

/* On the writer, in the open transaction: numbers the event and keeps it for watch_send. */
int watch_note(
	struct worker *worker, int64_t now, const char *kind, const char *record, struct err *err);
/* The same for an interaction: the log refers to it, and whoever reads it sees what is theirs. */
int watch_note_interaction(
	struct worker *worker, int64_t now, const char *kind, int64_t interaction, struct err *err);
/* The same for what a slice recorded and changed; records are written only when somebody looks. */
int watch_note_result(
	struct worker *worker, int64_t now, const struct capture_result *result, struct err *err);
/* After COMMIT: what was noted, and what call_after_commit asked for, goes to the loop. */
void watch_send(struct worker *worker, struct done *done);
/* After ROLLBACK. */
void watch_forget(struct worker *worker);

/* A connection closes, or has drained. */
void watch_drop(struct watch *watch, struct connection *connection);
bool watch_cancel(struct watch *watch, struct connection *connection, const char *id);
void watch_drained(struct watch *watch, struct connection *connection);
bool watch_has(const struct watch *watch, const struct connection *connection);

#endif
