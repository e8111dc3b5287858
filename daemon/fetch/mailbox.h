#ifndef LIAISON_FETCH_MAILBOX_H
#define LIAISON_FETCH_MAILBOX_H

#include <stdbool.h>
#include <uv.h>

#include "alarm.h"
#include "dial.h"
#include "liaison/net/imap.h"
#include "link.h"
#include "rate.h"
#include "source.h"

/* A mailbox on an IMAP server: its folders, its connections, and what the engine asked of it. Who
 * decides: mailbox.c opens connections and reports; connection.c moves bytes; session.c talks;
 * folder.c knows the folders; job.c carries out what is asked, and fetches new mail. */

enum {
	HANDSHAKE_MS = 20 * 1000,
	GREETING_MS = 20 * 1000,
	LOGIN_MS = 30 * 1000,
	SECRET_MS = 60 * 1000,
	ANSWER_MS = 60 * 1000, /* without a byte */
	WOKEN_ANSWER_MS = 10 * 1000, /* the same after the machine slept, until the first byte */
	WOKEN_SPREAD_MS = 3000, /* not all mailboxes ask at once then */
	REACHED_SPREAD_MS = 20 * 1000, /* nor when their server is back */
	RATE_MIN = 1024, /* bytes a second, once an answer takes longer than that */
	RATE_LOOK_MS = 1000, /* from one look at the rate to the next */
	IDLE_RENEW_MS = 24 * 60 * 1000,
	UNCOVERED_POLL_MS = 60 * 1000,
	DEAF_POLL_MS = 120 * 1000,
	DEAF_MS = 24 * 60 * 60 * 1000,
	WORKER_IDLE_MS = 60 * 1000,
	HOME_AGAIN_MS = 1000,
	RELIST_MS = 60 * 60 * 1000,
	REFUSED_LIMIT_MS = 24 * 60 * 60 *
			   1000, /* the refusal may be of a password that was changed */
	FOLDER_RETRY_MS = 10 * 1000, /* doubling up to: */
	FOLDER_RETRY_MAX_MS = 15 * 60 * 1000,
	UNAVAILABLE_MS = 5 * 1000,
	RETRY_MAX_MS = 15 * 60 * 1000,
	LOSS_SPACING_MS = 10 * 60 * 1000, /* between losses, in the long run */
	LOSSES_FORGIVEN = 5,
	PARDON_SPACING_MS = 60 * 60 * 1000, /* between losses that had a cause and do not count */
	PARDONS_AT_ONCE = 6,
	SLICE_MAX = 500,
	JOBS_AT_ONCE = 2,
	POLL_BATCH = 32,
	FOLDERS_MAX = 5000,
};

struct connection;
struct mailbox;

struct folder {
	char *name, *wire; /* own; wire as on the wire */
	char delimiter;
	unsigned attributes;
	enum folder_mode mode; /* by configuration */
	bool listed; /* the server has it, as the last whole list says */
	bool seen; /* in the list that is under way */
	bool opened; /* the engine was told of it since we are connected */
	bool known; /* and answered */
	bool dirty; /* there may be mail above the cursor */
	bool told; /* IDLE spoke of new mail since the last cross-check */
	bool cross_check; /* the check under way or due is one */
	bool complete; /* a check was completed since we are connected */
	bool deaf; /* IDLE does not tell of new mail */
	char *deaf_why; /* own; what is shown of that, or NULL */
	int64_t deaf_until; /* then it is tried again */
	unsigned missed; /* cross-checks in a row that found mail IDLE had not told of */
	unsigned failures; /* in a row */
	unsigned lag; /* times that announced mail was not there yet */
	uint32_t uidvalidity, uidnext, exists, cursor;
	uint32_t exists_checked; /* exists when the last check was completed */
	unsigned idle_rank; /* place of its pattern in "idle" */
	uint32_t slice_max; /* less after the server broke off in the middle of one */
	uint32_t suspect; /* a UID at which it broke off last, asked for alone; 0: none */
	struct uid_set poison; /* those at which it did twice */
	int64_t next_poll, retry_at; /* monotonic ms */
	int64_t last_complete, last_byte; /* wall clock, s */
	char *error; /* own, or NULL */
	uint32_t sync_wanted, sync; /* tokens of FRAME_SYNC: asked; of the check under way */
	struct connection *idler; /* the connection that idles in it */
	/* Of a check's own list, survey.c: */
	bool counted; /* uidvalidity and exists are true */
	unsigned sampled; /* messages whose header was looked at */
	struct text sample; /* own: their Message-IDs, a line each */
};

enum job_kind { JOB_NEW, JOB_SEARCH, JOB_FETCH, JOB_PART };

enum job_stage {
	JOB_WAITING,
	JOB_FINDING, /* UID SEARCH is under way */
	JOB_FETCHING,
	JOB_LOOKING, /* UID SEARCH for what was not delivered */
	JOB_SINGLE, /* one UID, with its structure */
	JOB_BARE, /* the same without it */
};

struct job {
	struct job *next;
	enum job_kind kind;
	enum job_stage stage;
	struct folder *folder;
	uint32_t token;
	bool has_uidvalidity;
	uint32_t uidvalidity;
	uint32_t low, high;
	int64_t since;
	char *part; /* own */
	char *key; /* own; a keyword, or NULL: see FRAME_SEARCH */
	uint32_t size;
	unsigned search, fetch; /* commands under way, 0: none */
	bool slice_open;
	bool listing; /* UIDs are found by FETCH because SEARCH failed */
	struct uid_set asked; /* of the slice */
	struct uid_set rest; /* of asked: not sent to the server yet */
	struct uid_set waiting; /* of asked: in the command under way */
	struct uid_set missing; /* of asked: sent and not delivered */
	struct uid_set found; /* by a search */
	struct uid_set gone, failed;
};

enum phase {
	PHASE_TURN,
	PHASE_DIAL,
	PHASE_SECURING,
	PHASE_HANDSHAKE,
	PHASE_GREETING,
	PHASE_CAPABILITY,
	PHASE_SECRET,
	PHASE_LOGIN,
	PHASE_LIST,
	PHASE_READY,
	PHASE_CLOSED,
};

struct connection {
	struct connection *next;
	struct mailbox *box;
	enum phase phase;
	uint32_t check_token; /* made for FRAME_CHECK and nothing else */
	bool checking;
	bool surveying; /* and the folders are looked into */
	size_t surveyed; /* how far their list is gone through */
	unsigned surveys; /* how many were looked into */
	struct recording *recording; /* own: all that is said is kept; or NULL */
	struct mailbox
		*shown; /* own: the folders it finds, which are not those worked on; or NULL */
	char *host; /* own */
	int port; /* 0: the configured one */
	struct folder *home; /* the folder it idles in; NULL: it works */
	bool home_left; /* it was at other work there since it idled */
	struct folder *selected, *selecting;
	uint32_t uidvalidity; /* of selected, when it was opened */
	uint32_t exists; /* messages in it, as was told here */
	struct imap *imap;
	struct tls *tls;
	struct alarm alarm;
	struct turn turn;
	uv_poll_t poll;
	int descriptor, events;
	bool polled; /* poll was initialised */
	bool paused; /* not read because the engine is behind */
	bool broken; /* nothing can be sent any more; what can still be read tells why */
	bool in_feed; /* what fails meanwhile is dealt with after it */
	bool fresh; /* just logged in: the mailbox has not given it a part yet */
	bool leaving; /* it is to be ended after that */
	bool doubted; /* the machine slept since its last byte */
	bool secured; /* STARTTLS and its handshake are done */
	bool listed_plain;
	char *doom; /* own: why it failed within imap_feed */
	enum source_state doom_state;
	int64_t doom_wait;
	struct dial *dial; /* own, while it connects */
	uint32_t secret_token;
	int64_t deadline; /* of a phase before READY */
	int64_t last_byte, asked_at, asked_bytes, idle_since, used;
	struct job *jobs[JOBS_AT_ONCE];
	struct folder **polls; /* own: STATUS under way, in order; NULL: none */
	unsigned poll_count;
	unsigned last_uid_id; /* FETCH * (UID) under way */
	unsigned idle_id; /* of the IDLE that took effect last */
	char *goodbye; /* own: what BYE said */
};

struct mailbox {
	struct source *source;
	struct connection *connections;
	struct folder **folders; /* own */
	size_t folder_count;
	struct job *jobs; /* asked and not begun, oldest first */
	struct alarm alarm;
	unsigned limit; /* connections at once */
	int64_t limit_until;
	int64_t retry_at, hold_until, next_list;
	unsigned failures;
	int64_t spaced_at; /* when the losses so far would all have been that far apart */
	int64_t forgiven_at; /* the same of pardons */
	int64_t reached_at; /* it was tried early for its host was reached; 0: not since it worked */
	bool told_folders, stopping, serving;
	uint32_t sync_wanted; /* the newest token, for folders yet to be found */
};

/* mailbox.c */
const struct config_source *box_config(const struct mailbox *box);
struct fetch *box_fetch(const struct mailbox *box);
/* Looks what is to be done: connections to open, work to hand out. */
void box_serve(struct mailbox *box);
void box_serve_soon(struct mailbox *box);
void box_report(struct mailbox *box);
/* The throttled server gets a rest. */
void box_hold(struct mailbox *box, int64_t wait_ms);
struct connection *box_primary(const struct mailbox *box);
bool box_may_work(struct connection *connection, const struct job *job);
unsigned box_live(const struct mailbox *box);

/* loss.c */
/* A connection ended, for connection_fail alone. */
void
box_lost(struct connection *connection, enum source_state state, const char *why, int64_t wait_ms);
/* The last two losses had a cause, which is overcome: a message that is left out from now on, say. */
void box_forgive(struct mailbox *box);
void box_cut_jobs(struct connection *connection, const char *why);
void box_tell_check_failed(struct connection *connection, const char *why);

/* connection.c */
/* NULL host: the configured one. recording: becomes its own; or NULL. */
struct recording;
struct connection *connection_open_check(
	struct mailbox *box, const char *host, uint32_t token, struct recording *recording);
const char *connection_host(const struct connection *connection);
struct connection *connection_open(struct mailbox *box, struct folder *home, const char *host);
void connection_close(struct connection *connection);
/* Ends it; wait_ms: the server asked for that much time. The structure must not be used after it. */
void connection_fail(
	struct connection *connection, enum source_state state, const char *why, int64_t wait_ms);
/* Writes what the machine has to say. */
void connection_flush(struct connection *connection);
void connection_resume(struct connection *connection);

/* login.c */
void session_begin(struct connection *connection);
void session_secret(struct connection *connection, const char *bytes, size_t size, const char *why);
void session_list(struct connection *connection);
/* Where LIST is written down: a check's own place, or the mailbox. */
struct mailbox *session_folders(struct connection *connection);
void login_ready(struct connection *connection);
/* asked: it was asked what it can. */
void login_go_on(struct connection *connection, bool asked);
void login_finished(struct connection *connection, const struct imap_event *event);
void login_listed(struct connection *connection, const struct imap_event *event);
void login_capability(struct connection *connection);

/* survey.c: a check that looks into the folders, too */
void survey_begin(struct connection *connection);
void survey_examined(struct connection *connection, const struct imap_event *event);
void survey_message(struct connection *connection, const struct imap_message *message);
void survey_fetched(struct connection *connection);

/* session.c */
void session_listen(void *context, const struct imap_event *event);
/* Ends IDLE if it is in effect, so that a command may be given. */
void session_ready(struct connection *connection);
bool session_busy(const struct connection *connection);
bool session_examine(struct connection *connection, struct folder *folder);
/* The folder's UIDs mean other messages now: connections that opened it before open it anew. */
void session_lost_epoch(struct mailbox *box, const struct folder *folder, uint32_t uidvalidity);
/* Says LOGOUT and goes. */
void session_leave(struct connection *connection);

/* deadline.c */
/* Sets the alarm for the next deadline; time is up. */
void session_arm(struct connection *connection);
void session_tick(struct connection *connection);
/* The machine slept: at that moment it is tried whether the server is still there. */
void session_doubt(struct connection *connection, int64_t at);
/* What it does before it is logged in, in words; NULL: it is. */
const char *session_doing(const struct connection *connection);

/* next.c: does the next thing there is to do. */
void session_next(struct connection *connection);

/* folder.c */
void folders_begin(struct mailbox *box);
/* The list cannot be had: those of the last one stay. */
void folders_keep(struct mailbox *box);
void folder_listed(struct mailbox *box, const struct imap_mailbox *listed);
/* A folder that the engine names before the server was asked. */
struct folder *folder_expect(struct mailbox *box, const char *name, size_t size);
void folders_end(struct mailbox *box, struct connection *connection);
void folders_free(struct mailbox *box);
struct folder *folder_by_wire(const struct mailbox *box, const char *wire);
struct folder *folder_by_name(const struct mailbox *box, const char *name, size_t size);
enum folder_mode folder_mode_now(const struct folder *folder);
void folder_fail(struct mailbox *box, struct folder *folder, const char *why);
/* That is its error now, or NULL; nothing else changes. */
void folder_show(struct mailbox *box, struct folder *folder, const char *why);
void folder_well(struct mailbox *box, struct folder *folder);
/* A check was completed: nothing is above the cursor that was not fetched. */
void folder_checked(struct mailbox *box, struct folder *folder);
/* The server's counts, from EXAMINE or STATUS. */
void folder_count(struct mailbox *box, struct folder *folder, const struct imap_mailbox *counts);
bool folder_believes_uidnext(const struct imap_mailbox *counts);
int64_t folder_interval(const struct mailbox *box, const struct folder *folder);
/* After the connection of a mailbox ended: what the engine was told holds no more. */
void folder_forget(struct folder *folder);
/* An answer to all that waits for a folder which cannot be had. */
void folder_refuse_jobs(struct mailbox *box, const struct folder *folder, const char *why);

/* deaf.c */
/* IDLE is of no use in it: why. */
void folder_deafen(struct mailbox *box, struct folder *folder, const char *why);
/* Once its time has come. */
void folder_try_hearing(struct mailbox *box, struct folder *folder);
/* It has no error but that, if any. */
void folder_show_deafness(struct mailbox *box, struct folder *folder);

/* folder_pattern.c */
enum folder_mode folder_mode_by_config(const struct config_source *config, struct folder *folder);
/* Where the server tells no folder for a use, what folders are called tells it. */
void folders_guess_uses(struct mailbox *box);

/* folder_tell.c: frames about folders */
void
folders_write(struct mailbox *box, unsigned capabilities, enum frame_type type, uint32_t token);
void folder_tell_opened(struct mailbox *box, struct folder *folder);
void folder_tell_fresh(struct mailbox *box, struct folder *folder);
/* Whether it fails, and why. */
void folder_tell_state(struct mailbox *box, const struct folder *folder);

/* job.c */
struct job *job_new(enum job_kind kind, struct folder *folder);
void job_free(struct job *job);
/* Begins or goes on on connection, whose selected folder is the job's; false: it could not. */
void job_start(struct connection *connection, struct job *job);
void job_start_new(struct connection *connection, struct folder *folder, bool at_once);
void job_found(struct connection *connection, unsigned id, uint32_t first, uint32_t last);
void job_message(struct connection *connection, const struct imap_message *message);
void job_finished(struct connection *connection, const struct imap_event *event);
/* It cannot go on: its slice ends with why. */
void job_cut(struct connection *connection, struct job *job, const char *why);
/* The connection broke: what was being fetched may be why. */
void jobs_suspect(struct connection *connection);
bool job_may_join(const struct connection *connection, const struct job *job);

/* answer.c: frames about jobs */
void answer_slice(struct mailbox *box, struct job *job);
void answer_item(struct mailbox *box, const struct job *job, const struct imap_message *message);
void answer_slice_end(struct mailbox *box, struct job *job, const char *error);
void answer_uids(struct mailbox *box, struct job *job, const char *error);
void answer_part(struct mailbox *box, struct job *job, const struct imap_message *message);
/* For a UID that has no part to show; error NULL: it is gone. */
void answer_part_none(struct mailbox *box, struct job *job, uint32_t uid, const char *error);
void answer_refused(struct mailbox *box, struct job *job, const char *error);

#endif
