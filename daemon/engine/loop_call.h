#ifndef LIAISON_ENGINE_LOOP_CALL_H
#define LIAISON_ENGINE_LOOP_CALL_H

#include "command.h"

/* A command that runs on the loop and may answer later (COMMAND_LOOP). Its call has no store: what
 * it reads or writes it gives to a thread as work. Whoever holds it ends it exactly once, with
 * loop_call_answer or loop_call_fail, also after it was cancelled. */

struct answer_more;
struct batch;

struct loop_call {
	struct call call;
	struct batch *batch; /* own: the request and its answer */
	struct loop_call *next, *previous; /* of all that run */
	struct json_out json;
	void *data; /* the command's own */
	/* The asker is gone or wants no more: end soon. NULL: it ends by itself. */
	void (*cancel)(struct loop_call *call);
	/* The connection took what was waiting: more may be sent. */
	void (*drained)(struct loop_call *call);
	/* The next bytes of its file, borrowed; last: there are no more. NULL: it takes none. */
	void (*take)(struct loop_call *call, const char *bytes, size_t size, bool last);
	/* They will not come. */
	void (*starved)(struct loop_call *call, const struct err *err);
	bool fed; /* the last are there, or none are wanted */
	bool full; /* see loop_call_hold */
	bool cancelled;
};

/* It has bytes of its file enough, or wants more: its connection is not read, or is. */
void loop_call_hold(struct loop_call *call, bool full);

/* The handler returned 0 without an answer, or is at it: write the value to call.out, then this. */
void loop_call_answer(struct loop_call *call);
void loop_call_fail(struct loop_call *call, const struct err *err);
/* more: as for answer_error. */
void
loop_call_fail_with(struct loop_call *call, const struct err *err, const struct answer_more *more);
/* total 0: it is not known. */
void loop_call_progress(struct loop_call *call, int64_t done, int64_t total, const char *unit);
/* A notification of the protocol: fields is the inside of "params" after the id, or "". */
void loop_call_notify(struct loop_call *call, const char *method, const char *fields);
/* Bytes that wait for the asker to read; senders of much stop at 256 KiB. */
size_t loop_call_backlog(const struct loop_call *call);
/* Asks the client to open its file for an output parameter (only one that gave words needs asking). */
void loop_call_open(struct loop_call *call, const char *param, const char *mode);
void loop_call_data(struct loop_call *call, const void *bytes, size_t size, bool last);
/* Sends text, which is not the last, in as many chunks as it takes, and empties it. How much it was. */
int64_t loop_call_data_all(struct loop_call *call, struct text *text);
/* The text of the request's id. */
const char *loop_call_id(const struct loop_call *call);

/* Capture's commands that ask servers; see loop_verify.c, loop_retry.c. */
int run_verify_loop(struct loop_call *call, struct err *err);
int run_retry_loop(struct loop_call *call, struct err *err);
/* export.c */
int run_export_loop(struct loop_call *call, struct err *err);
int run_record_loop(struct loop_call *call, struct err *err); /* loop_record.c */

#endif
