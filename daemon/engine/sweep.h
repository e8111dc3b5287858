#ifndef LIAISON_ENGINE_SWEEP_H
#define LIAISON_ENGINE_SWEEP_H

#include "rules.h"
#include "work.h"

/* A command that goes over the ledger, row after row, in slices of a thread: each is a transaction of
 * at most 100 ms, tells how far it is, and the next one begins when it is done. */

struct sweep {
	struct work work; /* first */
	struct loop_call *call;
	struct settings *settings; /* held */
	struct arena *arena; /* own; for as long as it goes on */
	struct arena *scratch; /* own; of a row */
	struct capture *capture; /* own; of a sweep that only reads */
	const char *viewer; /* who asks, as far as rows are withheld; or NULL */
	const char *source; /* there has to be one of that name; or NULL */
	const struct query_node *where; /* over capture_noun: which rows; NULL: all */
	bool writes;
	int64_t cursor, last, now; /* rows up to cursor are done, last is the last */
	int64_t wanted; /* texts to fetch */
	/* Before the first slice, and in each slice from cursor on; within the transaction. */
	int (*begin)(struct sweep *sweep, struct worker *worker, struct err *err);
	int (*slice)(struct sweep *sweep, struct worker *worker, struct err *err);
	/* On the loop: writes the result; false: it failed, and err says why, with the result told. */
	bool (*answer)(struct sweep *sweep, struct json_out *out, struct err *err);
	void (*clear)(struct sweep *sweep); /* frees what is its own; or NULL */
	bool begun, failed;
	struct err err;
};

/* A new one of size bytes, which begin with struct sweep. */
void *sweep_new(struct loop_call *call, size_t size, bool writes);
/* Reads the parameters source, since and where, as far as the command has them. Frees it when it fails. */
int sweep_filter(struct sweep *sweep, struct err *err);
void sweep_start(struct sweep *sweep);
/* Frees one that was not started. */
void sweep_free(struct sweep *sweep);
/* For slices: calls row for each one of the filter until the slice has had its time. */
int sweep_rows(struct sweep *sweep, struct worker *worker,
	int (*row)(struct sweep *sweep, struct worker *worker, int64_t id, struct err *err),
	struct err *err);

#endif
