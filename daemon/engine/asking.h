#ifndef LIAISON_ENGINE_ASKING_H
#define LIAISON_ENGINE_ASKING_H

#include "liaison/wire/frame.h"
#include "loop_call.h"

/* Commands that wait for fetch. */

struct folder;
struct mailbox;
struct pipeline;
struct slice;

/* UIDs that a command wants decided again. */
struct retry {
	unsigned pending; /* slices, and notes in the journal, under way */
	uint64_t asked, cut;
	char why[401]; /* the last of those was cut */
	void (*done)(struct retry *retry);
};

/* A command that waits for answers of fetch. */
struct asking {
	struct asking *next;
	uint64_t number; /* no other one of the pipeline has had it */
	struct loop_call *call; /* NULL: it has given up */
	struct mailbox *mailbox; /* or NULL: all */
	uint32_t token; /* of the frame it waits for, or 0 */
	int64_t deadline_ms;
	/* A frame with its token. */
	int (*frame)(struct asking *asking, const struct frame *frame, struct err *err);
	void (*tick)(struct asking *asking, int64_t now_ms);
	void (*late)(struct asking *asking); /* its time is up; NULL: that is said in general */
	void (*lost)(struct asking *asking); /* the connection to its mailbox is gone */
	void (*clear)(struct asking *asking);
};

/* NULL: the configuration does not name it. */
struct mailbox *asking_source(struct loop_call *call, const char *name, struct err *err);
/* Begins to wait: size bytes are allotted, struct asking first. */
void *asking_new(struct loop_call *call, struct mailbox *mailbox, size_t size, int64_t wait_ms);
/* Waits no more; the call was answered. */
void asking_end(struct asking *asking);
void asking_fail(struct asking *asking, const struct err *err);
/* The same, said at once. */
void asking_stop(struct asking *asking, enum err_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Whoever asked may be gone by the time a thread answers, and another be in its place: number is that of
 * who asked. */
bool asking_is_open(struct pipeline *pipeline, const struct asking *wanted, uint64_t number);
int
asking_frame(struct pipeline *pipeline, const struct frame *frame, bool *taken, struct err *err);
void askings_tick(struct pipeline *pipeline, int64_t now_ms);
/* At the end of all: nobody is answered any more. */
void askings_free(struct pipeline *pipeline);
void askings_lost(struct pipeline *pipeline, const struct mailbox *mailbox);

/* Asks for uids in slices; retry->done is called when all are decided or given up. */
void retry_ask(struct retry *retry, struct folder *folder, struct uid_set *uids);
void retry_slice_done(struct slice *slice);
/* One of what is under way is over; why: it was cut, and nothing of it was read. NULL: it is done. */
void retry_done(struct retry *retry, const char *why);
/* Adds a journal row of who asks for so many of folder; the retry is done once that is kept, too. */
void
retry_note(struct asking *asking, struct retry *retry, const struct folder *folder, uint64_t count);

int run_check_loop(struct loop_call *call, struct err *err);
int run_sync_loop(struct loop_call *call, struct err *err);
/* Sources may have become complete: looked at once the loop has time. */
void sync_state_changed(struct mailbox *mailbox);

#endif
