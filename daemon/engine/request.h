#ifndef LIAISON_ENGINE_REQUEST_H
#define LIAISON_ENGINE_REQUEST_H

#include "command.h"
#include "settings.h"
#include "work.h"

/* Requests of one connection on their way through a thread and back. */

struct connection;
struct input;

enum lane { LANE_READ, LANE_WRITE, LANE_LOOP };
enum { BATCH_MAX = 64 };

/* A write that takes several transactions. */
struct turns {
	struct arena *kept, *own; /* what stays; this transaction's */
	void *state; /* the handler's, in kept */
	bool again; /* it is to be run once more */
	bool stays; /* an earlier transaction has changed something */
	bool must_end; /* who cancels it comes too late */
	unsigned number; /* transactions so far */
	int64_t begun_ms; /* this one */
	struct rematch *rematch; /* kept; rematch.c, or NULL */
	int64_t journal_batch;
	int64_t done, total;
	const char *unit;
};

struct request {
	const struct command *command;
	json_t *root; /* own: the whole line */
	json_t *params; /* an object, an array of words, or NULL */
	size_t skip; /* words that named the command */
	bool words; /* by position: files are opened by `open` */
	struct input *input; /* own: the file that comes with it, or NULL */
	const char *id; /* JSON text, arena; NULL: a notification, nobody waits for an answer */
	const char *key, *as, *tz; /* borrowed from root, or NULL */
	bool dry_run, yes;
	bool cancelled; /* before it was begun, or between two transactions of it */
	struct turns turns;
};

/* Requests of one lane that go out together, in order; their answers come back in `out`. */
struct batch {
	struct work work; /* first: the queues know it by this */
	struct batch *next; /* waiting in the connection, or in the pool of free ones */
	struct connection *connection;
	struct settings *settings; /* held */
	struct caller caller;
	enum lane lane;
	struct arena *arena;
	unsigned count, next_request; /* those before next_request are answered */
	unsigned reached; /* of writes: the first that is not done */
	/* The loop's: it goes on in another transaction, as the request of this id wants; or no more. */
	bool lasting, unwanted;
	const char *lasting_id;
	size_t size; /* of the requests' lines */
	struct text out;
	struct request requests[BATCH_MAX];
};

struct batch *batch_new(void);
void batch_reset(struct batch *batch); /* drops requests and settings, keeps memory */
void batch_free(struct batch *batch);

/* What a line was: a request, or one of the notifications that belong to the protocol. */
enum line_kind { LINE_REQUEST, LINE_CANCEL, LINE_DATA };

/* Reads one line into *out (whose memory is arena and root). On -1 *code is the JSON-RPC code, 0 for
 * the one of err, and out->id what could be read of it. */
int request_parse(struct arena *arena, const char *line, size_t size, struct request *out,
	enum line_kind *kind, int *code, struct err *err);

/* The command by its method name; NULL: there is none. */
const struct command *command_find(const char *method);
/* The longest command that words spell; *skip gets how many of them. */
const struct command *command_find_words(const json_t *words, size_t *skip);
/* All commands in order of their tables; NULL after the last. */
const struct command *command_at(unsigned i);
/* Shorthands: a name and the method it stands for. */
struct shorthand {
	const char *name, *method;
};
const struct shorthand *shorthand_at(unsigned i);
int command_unknown(const char *name, struct err *err);

enum lane command_lane(const struct command *command);
unsigned command_needs(const struct command *command); /* enum access_bit */

/* The parts of an answer. id NULL writes nothing. */
void answer_begin(struct text *out, const char *id);
void answer_end(struct text *out);
/* A member of an error's data: json is a finished value. */
struct answer_more {
	const char *name, *json;
	size_t size;
};
/* more: NULL for none. */
void answer_error(struct text *out, const char *id, int code, const struct err *err,
	const struct answer_more *more);

/* Asks the client to open its file. */
void answer_open(
	struct text *out, const char *id, const char *param, const char *path, const char *mode);

/* Runs a batch of reads, or of writes within the open transaction; for work.run and work.undone. */
void batch_run_reads(struct work *work, struct worker *worker);
void batch_run_writes(struct work *work, struct worker *worker);
void batch_undone(struct work *work, const struct err *err);

/* One more transaction begins, or has ended. */
void turns_begin(struct call *call, struct request *request);
void turns_end(struct call *call, struct request *request);

/* Whether the caller may run it; sets the call's zone, values and viewer. ERR_USAGE, ERR_PERMISSION. */
int call_admit(struct call *call, const struct batch *batch, const struct request *request,
	struct worker *worker, struct err *err);
/* For work that writes for a call, step by step: what is its thread's, and nothing to be told yet. */
void call_renew(struct call *call, struct worker *worker, struct arena *arena);
/* What it has to tell goes to the thread's lists, which go out on COMMIT. */
int call_tell(struct call *call, struct worker *worker, struct err *err);
/* Fills the call but for its thread's things; ERR_USAGE, ERR_PERMISSION. */
int call_prepare(struct call *call, const struct batch *batch, const struct request *request,
	struct worker *worker, struct err *err);

/* Work for the loop after COMMIT. */
struct after {
	struct after *next;
	void (*run)(struct engine *engine, int64_t number, const char *text);
	int64_t number;
	char *text; /* own, or NULL */
};

#endif
