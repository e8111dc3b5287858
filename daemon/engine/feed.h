#ifndef LIAISON_ENGINE_FEED_H
#define LIAISON_ENGINE_FEED_H

#include "liaison/capture/meeting.h"
#include "mailbox.h"

/* A calendar's feed on its way: its bytes from fetch, divided by parse, held against what is recorded,
 * what changed read by parse and recorded by the writer. One at a time a calendar, and one a fetch. */

enum {
	FEED_ASKED_MAX = 32, /* items at parse, so that mail finds its way between them */
	FEED_READ_MAX = 256, /* items read and not recorded yet */
	FEED_ROWS_MAX = 400, /* occurrences a transaction */
};

enum feed_step { FEED_COLLECTING, FEED_DIVIDING, FEED_COMPARING, FEED_READING, FEED_LOOKING };

/* One item as parse answered. */
struct feed_answer {
	struct arena *arena; /* own; NULL: no answer yet, or recorded */
	struct meeting *versions;
	unsigned count, room;
	const char *error;
	bool complete;
};

struct feed_run {
	struct work work; /* first */
	struct mailbox *mailbox;
	int64_t source_id;
	struct settings *settings; /* held */
	const struct config_source *source; /* of them */
	uint32_t token;
	enum feed_step step;
	struct text bytes;
	uint32_t size; /* of all bytes */
	char *etag, *modified; /* own, or NULL */
	uint8_t digest[32];
	struct arena *arena; /* of feed */
	struct feed feed;
	unsigned *todo; /* items to be read; own memory is arena's */
	unsigned todo_count, asked, answered, recorded;
	unsigned first; /* occurrence of the item being recorded */
	unsigned ready, now_at, now_first; /* the writer's: up to where, and where it came to */
	struct feed_answer *answers; /* own, one for each of todo */
	int64_t stream, from, until;
	const char *zone; /* of times that name none */
	bool accept; /* however few events it has */
	bool again; /* for capture.retry */
	bool whole; /* every item is read, changed or not */
	bool working; /* at the writer or a reader */
	bool orphan; /* its fetch is gone: it is recorded, and answered to nobody */
	bool single; /* one item a transaction, to find the one that fails */
	bool failed, more;
	int64_t now; /* when it was recorded */
	int64_t retry_ms; /* the disk is full: tried again then; 0: no */
	char waits[200]; /* why nothing of it can be written; "": it can */
	struct feed_known known; /* after it; its text in arena */
	struct err err;
	unsigned checked; /* of todo, counted by check */
	struct feed_check *check; /* capture.verify waits for its counts, or NULL */
};

/* feed_known.c */
/* A calendar has one folder without a name. */
struct folder *feed_folder(struct mailbox *mailbox);
void feed_take_known(struct mailbox *mailbox, const struct feed_known *known);
/* whole: as if nothing were known, so that all of it comes. */
void feed_send_known(struct mailbox *mailbox, const struct feed_known *known, uint32_t token,
	bool whole, const char *error);
void feed_send_sync(struct mailbox *mailbox);
/* Loads what is known of the calendar, then lets fetch watch it. */
void feed_watch(struct mailbox *mailbox);
/* The server said that nothing changed. */
void feed_fresh(struct mailbox *mailbox);

/* feed.c */
/* The bytes of a FRAME_FEED may be sent again, whoever takes it. */
void feed_return_credit(struct link *link, size_t size);
/* A look has failed: who waits for a whole feed is told. */
void feed_failed(struct mailbox *mailbox, const char *why);
/* A FRAME_FEED. ERR_FORMAT: fetch is not to be believed. */
int feed_frame(struct mailbox *mailbox, const struct frame *frame, struct err *err);
/* The connection to its fetch is gone. */
void feed_lost(struct mailbox *mailbox);
void feed_tick(struct mailbox *mailbox, int64_t now_ms);
void feed_free(struct mailbox *mailbox);
/* It is over: recorded, or not for err. */
void feed_end(struct feed_run *run, const struct err *err);

/* All events are read again for retry, which counts one more until that is done. */
void feed_retry(struct mailbox *mailbox, struct retry *retry);
/* Why the last feed was not believed, or NULL. */
const char *feed_error(const struct mailbox *mailbox);
/* All of it, at once, whatever is known. */
void feed_ask_whole(struct mailbox *mailbox);

/* feed_read.c */
void feed_divide(struct feed_run *run);
/* Asks for more items as far as there is room. */
void feed_pump(struct feed_run *run);
/* An answer of parse to ask. *last: it was the last one to it. */
int feed_answer(struct ask *ask, const struct frame *frame, bool *last, struct err *err);
void feed_rejected(struct ask *ask, const char *error);
/* parse died in the middle of its answers: they come again from the first one. */
void feed_restart(struct ask *ask);
/* The question, from the run's bytes. */
void feed_put_ask(const struct ask *ask, struct text *out);

/* feed_write.c */
void feed_compare_begin(struct feed_run *run);
void feed_record(struct feed_run *run);
void feed_look(struct feed_run *run);

/* feed_check.c: capture.verify of a calendar */

/* Its counts, while a whole feed is read for it. */
struct feed_check;

int feed_check_begin(struct loop_call *call, struct mailbox *mailbox, bool repair, struct err *err);
/* Counts an item; on the writer. */
int feed_check_add(struct feed_run *run, struct worker *worker, const struct meeting_item *item,
	struct err *err);
/* On the writer, when all items were counted. */
int feed_check_end(struct feed_run *run, struct err *err);
/* What is missing is recorded as well. */
bool feed_check_repairs(const struct feed_run *run);
/* No feed comes for it. */
void feed_check_fail(struct mailbox *mailbox, const struct err *error);
void feed_check_free(struct mailbox *mailbox);
/* The run is over. */
void feed_check_done(struct feed_run *run, const struct err *error);

#endif
