#ifndef LIAISON_ENGINE_MAILBOX_H
#define LIAISON_ENGINE_MAILBOX_H

#include <uv.h>

#include "asking.h"
#include "engine.h"
#include "liaison/capture/capture.h"
#include "liaison/wire/event.h"
#include "loop_call.h"
#include "pipeline.h"

/* What the pipeline's parts share: children's streams, sources and their folders, slices. */

enum {
	SLICE_MAX = 500, /* UIDs asked at a time */
	PRESSED_MAX = 100, /* rows a transaction while commands wait */
	FLYING_SOURCE_MAX = 4, /* backfill slices under way */
	FLYING_MAX = 8,
	PARSE_MS = 10000, /* for one item */
	PING_MS = 10000,
	PINGS_MAX = 4, /* a child that answers none of so many is killed */
	WANTS_MAX = 100,
	STALLED_S = 5, /* until a failed write is tried again */
};

/* What a fetch may make the engine hold: an honest one stays far below. */
enum {
	FOLDERS_LISTED_MAX = 5000, /* of a source */
	FOLDERS_KNOWN_MAX = 20000, /* with those that were renamed or removed since */
	SLICE_UIDS_MAX = 65536,
	ARRIVALS_MAX = 20000, /* slices of new mail of a source, not written yet */
	ARRIVING_MAX = 1000000, /* UIDs in them */
	RANGES_MAX = 4 * 1024 * 1024, /* of a list of UIDs */
};

/* One child's stream. */
struct link {
	struct link *next;
	struct pipeline *pipeline;
	enum child_kind kind;
	uint32_t id, source;
	int descriptor;
	uv_poll_t poll;
	struct frame_reader reader;
	struct text out;
	size_t sent;
	int events;
	int64_t credit; /* bytes of items it may still send */
	int64_t pinged_ms;
	unsigned unanswered; /* pings since it was heard last */
	bool dead; /* nothing more from it; freed when its poll is closed */
};

struct mailbox;
struct slice;

/* A backfill of one folder. */
enum job_state {
	JOB_NONE,
	JOB_SEARCHING,
	JOB_SORTING,
	JOB_RUNNING,
	JOB_PAUSED,
	JOB_DONE,
	JOB_WAITING
};

struct job {
	enum job_state state;
	struct uid_set todo;
	uint64_t done, total;
	uint64_t before; /* of done, when this run of the program began */
	unsigned flying, generation; /* generation: another window began */
	bool again; /* the window is noted again once old slices are done */
	uint32_t search_token;
	bool broken; /* a slice was cut short: search again */
	int64_t begun_ms, retry_ms, pause_ms; /* pause: before the next try; 0: none has failed */
	int64_t told_ms; /* watchers, of its progress */
	const char *error; /* own */
};

/* The last count of a stream's ledger: it takes time in proportion to the mail of years. */
struct tally {
	int64_t stream, count;
	int64_t begun_ms; /* of the transaction it was counted in */
};

/* Of what another release could not read: how far it was tried again. */
struct second_try {
	unsigned opening; /* of the folder that it belongs to */
	uint32_t after; /* the last UID that was asked for */
	bool busy, done;
	struct retry retry;
};

struct folder {
	struct folder *next;
	struct mailbox *mailbox;
	char *name, *attributes, *delimiter, *error; /* own */
	enum folder_mode mode;
	bool listed; /* in the newest FRAME_FOLDERS */
	int64_t reopen_ms; /* its stream could not be opened: tried again then; 0: no */
	unsigned opening; /* which look-up of its stream counts */
	bool known; /* stream, cursor and low are true */
	int64_t stream;
	uint32_t uidvalidity, uidnext, exists, cursor, anchor, low;
	bool has_since;
	int64_t since;
	int64_t last_complete, last_byte, next_try;
	int64_t noted_complete; /* as the database has it */
	int64_t written_ms; /* a slice was given to the writer, or committed */
	struct tally tally; /* the readers', under the board */
	unsigned new_flying;
	uint32_t synced; /* token of the newest FRAME_SYNC that was answered */
	uint64_t synced_place; /* slices up to here came before that answer */
	char *check_error; /* own; why the last check failed, or NULL */
	bool gap; /* a slice of new mail was cut: the cursor waits */
	struct job job;
	struct second_try second;
};

/* One source. */
struct mailbox {
	struct mailbox *next;
	struct pipeline *pipeline;
	uint32_t number; /* liaisond's */
	char *name; /* own */
	int64_t id; /* its row; 0 before it is known */
	bool configured, paused, retired, watched, gone;
	bool renamed; /* its history has another name, which its section is to bear; it has no row */
	enum config_kind kind;
	enum source_state state;
	char *error, *capabilities; /* own */
	char *server; /* own; of all that fetch told since it last listed the folders, or NULL */
	int64_t next_try, last_complete, poll, changed;
	struct folder *folders;
	struct link *link; /* it is watched through */
	bool spoken; /* fetch has said something of it since */
	int64_t asked_ms; /* when fetch was told to watch it */
	unsigned deaths; /* of fetch in a row while it was the last to speak */
	unsigned slices;
	unsigned arrivals, folder_count;
	uint64_t arriving;
	uint32_t sync_token; /* of the newest FRAME_SYNC somebody waits for, or 0 */
	struct wanting *wanting; /* text under way, or NULL */
	bool wanted; /* there may be more */
	int64_t wanted_ms; /* not before */
	struct leaving *leaving; /* a look at what became of its mail, or NULL */
	int64_t left_due_ms; /* the next one; 0: not planned yet */
	bool left_accept; /* it is believed that mail left, however much */
	bool left_doubted; /* and the log says that it is not */
	/* of a calendar: */
	struct feed_run *feed; /* under way, or NULL */
	struct feed_check *check; /* capture.verify waits for it, or NULL */
	unsigned turn; /* of its connections */
	bool knowing; /* what is known of it is being read */
	struct retry *retry; /* waits for all events to be read again, or NULL */
	bool reread; /* it was configured anew: its events may be read in another way */
	bool feed_answered; /* the next FRAME_FRESH is of a feed that was recorded */
	bool accept; /* its next feed is believed, however few events it has */
	int64_t known_again_ms; /* that could not be read: tried again then; 0: no */
};

enum slice_purpose { PURPOSE_NEW, PURPOSE_BACKFILL, PURPOSE_RETRY };

struct slice_item {
	uint32_t uid;
	struct event *event;
	const char *error;
	const uint8_t *header;
	size_t header_size;
	int64_t size; /* of the message, where it is quarantined; 0: not known */
	bool answered;
};

struct slice {
	struct slice *next;
	struct mailbox *mailbox;
	struct folder *folder;
	struct link *link; /* NULL: it died */
	uint32_t token, uidvalidity, base;
	int64_t stream;
	enum slice_purpose purpose;
	struct uid_set asked, gone, got;
	struct slice_item *items; /* own */
	unsigned count, room, pending;
	struct arena *arena;
	size_t bytes, credited;
	unsigned generation;
	uint64_t place; /* in the folder's order of asking */
	uint32_t low; /* of a backfill: where it leaves the mark */
	bool begun, ended, cut, has_base, finishing;
	unsigned given, writing; /* items given to the writer; writes under way */
	struct retry *retry; /* who waits for it, or NULL */
	const char *why; /* it was cut, as fetch says; or NULL */
};

/* An item at parse, or before it. */
struct ask {
	struct ask *next;
	uint32_t token;
	enum frame_type type;
	uint8_t *payload; /* own */
	size_t size;
	struct slice *slice;
	unsigned item;
	struct wanting *wanting; /* FRAME_PARSE_TEXT */
	struct feed_run
		*feed; /* FRAME_PARSE_FEED, FRAME_PARSE_MEETING: no payload, it is the run's */
	struct import_run *import; /* FRAME_PARSE_IMPORT */
	unsigned tries;
	unsigned exits; /* of a parse that had it first */
	bool dropped; /* whoever asked is gone: its answers are passed over */
	bool sent, begun; /* begun: some of its answers are here */
};

struct parsing {
	struct ask *first, *last, *unsent;
	unsigned count;
	uint32_t tokens;
	int64_t first_ms; /* awake: since when the first one is at it */
	bool alone; /* the first one goes by itself */
};

struct pipeline {
	struct engine *engine;
	struct link *links;
	struct link *parse; /* the one in use, or NULL */
	struct mailbox *mailboxes;
	struct slice *slices;
	struct parsing parsing;
	uint32_t tokens;
	unsigned flying; /* backfill slices of all sources */
	uint64_t parse_restarts, fetch_restarts, quarantined, items, bytes, places;
	char *stalled; /* own */
	struct write *stalled_writes;
	int64_t row_us; /* what a row took in the last transaction of a slice; 0: there was none */
	int64_t stalled_until_ms;
	int64_t enrol_ms, enrol_pause_ms; /* when sources are noted again; 0: they are */
	struct asking *askings; /* loop calls that wait for fetch */
	uint64_t asked; /* how many there were */
	uint32_t last_source; /* that a frame was about */
	struct arena *scratch; /* reset for each frame */
	bool stopping;
};

uint32_t pipeline_token(struct pipeline *pipeline);
/* telling.c: an event for watchers that no transaction makes. */
void pipeline_tell(struct pipeline *pipeline, const char *kind, const char *record);
struct mailbox *mailbox_by_number(struct pipeline *pipeline, uint32_t number);
struct mailbox *mailbox_by_name(struct pipeline *pipeline, const char *name);
struct folder *folder_by_name(struct mailbox *mailbox, const char *name);
void set_text(char **own, const char *text);

/* link.c */
struct link *link_new(struct pipeline *pipeline, enum child_kind kind, uint32_t id, uint32_t source,
	int descriptor);
void link_flush(struct link *link);
void link_close(struct link *link);
/* The child is not believed any more. */
void link_kill(struct link *link, const char *why);
void link_pause(struct link *link, bool paused);

/* news.c */
void mailbox_frame(struct link *link, const struct frame *frame);

/* uid_list.c */
/* FRAME_UIDS: a piece of a list of UIDs, which is ascending, added to out. error: why there is none, or
 * NULL. */
int uid_list_read(const struct frame *frame, struct arena *arena, struct uid_set *out,
	const char **error, bool *last, struct err *err);

/* enrolment.c */
void enrolment_begin(struct pipeline *pipeline);
void enrolment_tick(struct pipeline *pipeline, int64_t now_ms);

/* mailbox.c */
struct folder *folder_new(struct mailbox *mailbox, const char *name);
void mailbox_watch(struct mailbox *mailbox);
void mailbox_unwatch(struct mailbox *mailbox);
void mailbox_lost(struct mailbox *mailbox, const char *why);
void mailbox_tick(struct mailbox *mailbox, int64_t now_ms);
void folder_send_cursor(struct folder *folder);
/* fetch is to look at all folders now and to answer with token; 0: nobody waits any more. */
void mailbox_sync(struct mailbox *mailbox, uint32_t token);
bool mailbox_is_up(const struct mailbox *mailbox);
/* Sets last_complete anew. */
void mailbox_judge(struct mailbox *mailbox);
struct mailbox *mailbox_new(struct pipeline *pipeline, const struct config_source *source);
/* The configuration may have changed for it. */
void mailbox_configure(struct mailbox *mailbox, const struct config_source *source);
void mailbox_free(struct mailbox *mailbox);
const char *source_state_name(const struct mailbox *mailbox);

/* FRAME_WATCH, and what else it is to know first. */
void mailbox_ask(struct mailbox *mailbox);

/* opening.c */
/* A folder was examined: its stream is found or made, then fetch is told the cursor. */
void folder_open(struct folder *folder, uint32_t uidvalidity, uint32_t uidnext);
/* What fetch tells from now on is of this server. */
void mailbox_set_server(struct mailbox *mailbox, const char *server);
/* One that could not be opened is tried again. */
void folder_open_again(struct folder *folder, int64_t now_ms);

/* second_try.c */
void second_try_tick(struct folder *folder);

/* slice.c */
struct slice *slice_new(struct folder *folder, enum slice_purpose purpose, uint32_t token);
struct slice_item *slice_add_item(struct slice *slice, uint32_t uid);
struct slice *
slice_ask(struct folder *folder, enum slice_purpose purpose, const struct uid_set *uids);
void slice_answered(struct slice *slice);
void slices_lost(struct pipeline *pipeline, struct link *link);
void slice_give_up(struct slice *slice);
void slices_free(struct pipeline *pipeline);

/* delivery.c */
int
slice_frame(struct link *link, struct mailbox *mailbox, const struct frame *frame, struct err *err);
void slice_drop_item(struct link *link, const struct frame *frame);

/* parsing.c */
void parsing_add(struct pipeline *pipeline, struct ask *ask);
int parsing_frame(struct pipeline *pipeline, const struct frame *frame, struct err *err);
void parsing_pump(struct pipeline *pipeline);
/* parse ended; clean: by itself, with status 0. */
void parsing_lost(struct pipeline *pipeline, bool clean, const char *how);
void parsing_tick(struct pipeline *pipeline);
/* Nobody waits for the asks of run any more. */
void parsing_forget(struct pipeline *pipeline, const struct feed_run *run);
void parsing_free(struct pipeline *pipeline);

/* backfill.c */
void job_begin(struct folder *folder);
/* It is tried again after a pause. */
void job_wait(struct job *job, const char *why);
int job_uids(struct folder *folder, const struct frame *frame, struct err *err);
void job_pump(struct pipeline *pipeline);
void job_slice_done(struct slice *slice);
void job_lost(struct folder *folder);
void job_set_paused(struct folder *folder, bool paused);
const char *job_state_name(const struct job *job);

/* window.c */
/* Another window: the backfill begins anew from the anchor. */
void job_restart(struct folder *folder, bool has_since, int64_t since);
void window_note(struct folder *folder);

/* cmd_backfill.c */
/* The record of a folder's backfill; zone NULL: UTC. */
void job_write(const struct folder *folder, const struct zone *zone, struct json_out *out);

/* wanting.c */
void wanting_begin(struct mailbox *mailbox);
int wanting_frame(struct mailbox *mailbox, const struct frame *frame, struct err *err);
void wanting_text(struct ask *ask, const char *text, bool truncated);
void wanting_lost(struct mailbox *mailbox);
/* With the program. */
void wanting_end(struct mailbox *mailbox);

/* leaving.c */
void leaving_tick(struct mailbox *mailbox, int64_t now_ms);
void leaving_lost(struct mailbox *mailbox);
/* FRAME_UIDS, leaving_ask.c; *taken false: it is somebody else's. */
int leaving_uids(struct mailbox *mailbox, const struct frame *frame, bool *taken, struct err *err);
/* The next look is now; accept: what left is believed to have left. */
void leaving_wake(struct mailbox *mailbox, bool accept);

/* In the record of a source; under the board. */
const char *folder_state_name(const struct folder *folder);
/* record_folders.c: those of all mailboxes that need somebody, and the others as far as there are few. Any
 * thread. */
int pipeline_write_folders(struct pipeline *pipeline, struct store *store, struct arena *arena,
	const struct zone *zone, struct json_out *out, struct err *err);
/* record_source.c: any thread */
int source_write(struct pipeline *pipeline, struct store *store, struct arena *arena,
	const char *name, const struct zone *zone, struct json_out *out, struct err *err);

/* cmd_source_rename.c */
int run_source_rename(struct call *call, struct err *err);

/* asking.c */
/* Whether the server lists it and the configuration wants it. */
bool folder_is_watched(const struct folder *folder);

#endif
