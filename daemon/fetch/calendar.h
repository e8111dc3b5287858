#ifndef LIAISON_FETCH_CALENDAR_H
#define LIAISON_FETCH_CALENDAR_H

#include "liaison/base/crypt.h"
#include "liaison/net/http.h"
#include "liaison/wire/meeting.h"
#include "link.h"
#include "rate.h"
#include "source.h"

/* A calendar at an address. source_ical.c decides when it is looked at and says what came of it,
 * calendar_delay.c how long that waits; calendar_check.c tries it for somebody; look.c gets the feed,
 * look_loop.c over HTTP, look_file.c from a file; feed.c sends it; memory.c keeps what the engine has. */

enum {
	CALENDAR_DOWNLOADS_MAX = 4, /* at once, in all */
	CALENDAR_SECRET_MS = 60 * 1000,
	CALENDAR_ANSWER_MS = 30 * 60 * 1000, /* for the engine to record a feed */
	CALENDAR_RETRY_MIN_MS = 60 * 1000,
	CALENDAR_RETRY_MAX_MS = 60 * 60 * 1000,
	CALENDAR_PIECE = 256 * 1024,
	CALENDAR_CHECKS_MAX = 4, /* at once, of one */
	CALENDAR_WOKE_MS = 10 * 1000,
};

struct calendar;

/* What the engine has of a calendar; of the source, so that it outlives a new configuration. */
struct feed_memory {
	bool known; /* FRAME_FEED_KNOWN came */
	bool has_digest;
	char *etag, *modified; /* own, or NULL; marked with the address they are of */
	uint8_t digest[SHA256_SIZE];
	uint32_t feed_token; /* of a feed the engine has not answered, 0: none */
};

enum look_phase {
	LOOK_WAITING, /* for one of the downloads */
	LOOK_TURN,
	LOOK_SECRET,
	LOOK_GETTING,
	LOOK_DONE, /* its answer is being dealt with, or waits to be sent */
};

/* What came of a look. */
struct look_result {
	enum http_outcome outcome;
	enum source_state state; /* where it failed */
	const char *error; /* borrowed; NULL: none */
	int64_t retry_ms; /* that the server wants, or 0 */
};

/* One attempt to get the feed. */
struct look {
	struct look *next; /* of those that wait for a download */
	struct calendar *calendar;
	enum look_phase phase;
	bool checking; /* for FRAME_CHECK: check_token */
	uint32_t check_token, secret_token;
	bool waiting, counted; /* in the list; among the downloads */
	struct alarm alarm;
	struct turn turn;
	char *host; /* own: of turn */
	struct http *http; /* own, or NULL */
	struct look_socket *sockets; /* list; own */
	uv_getaddrinfo_t *resolving;
	struct http_answer file; /* what a file holds; body own */
};

struct calendar {
	struct source *source; /* borrowed */
	struct alarm alarm; /* the next look, or the engine's answer is due */
	struct look *look; /* own, or NULL */
	struct look *checks[CALENDAR_CHECKS_MAX]; /* own, or NULL */
	struct look *held; /* own: got, and waits to be sent or is being sent */
	size_t sent;
	bool unanswered; /* all pieces are sent */
	int64_t next_look, rest_until, answer_by; /* monotonic ms */
	int64_t last_complete, last_byte; /* wall clock, s */
	uint32_t sync_wanted, sync; /* tokens of FRAME_SYNC: asked; of the look under way */
	bool look_again; /* asked while one was under way */
	bool gone; /* 410 */
	unsigned failures, denials;
};

struct fetch *calendar_fetch(const struct calendar *calendar);
struct feed_memory *calendar_memory(const struct calendar *calendar);
/* A look came to its end; it is let go of, or kept to be sent. */
void calendar_looked(struct look *look, const struct look_result *result);
/* Another calendar may send, if one waits to. */
void calendars_send_next(struct fetch *fetch);

/* calendar_delay.c: ms until the next look */
int64_t calendar_poll_ms(const struct calendar *calendar);
/* After one that failed; counts it. */
int64_t calendar_delay_ms(struct calendar *calendar, const struct look_result *result);
/* After the machine slept. */
int64_t calendar_woke_ms(void);

/* calendar_check.c */
/* A FRAME_CHECK. */
int check_take(struct calendar *calendar, const struct frame *frame, struct err *err);
void check_done(struct calendar *calendar, struct look *look, const struct look_result *result);
void checks_stop(struct calendar *calendar);

/* look.c */
struct look *look_new(struct calendar *calendar, bool checking, uint32_t token);
/* At once, whatever it does. */
void look_free(struct look *look);
void look_secret(struct look *look, const char *bytes, size_t size, const char *why);
struct http_answer *look_answer(struct look *look);
/* It holds no bytes any more: another one may download. */
void look_release(struct look *look);
void look_end(struct look *look, const struct look_result *result);

/* look_loop.c: HTTP on the loop */
extern const struct http_loop look_http_loop;
void look_loop_close(struct look *look);

/* look_file.c */
/* ERR_REFUSED or ERR_NOT_FOUND with a sentence. etag: of what is there already, or NULL. */
int look_file(const char *path, const char *etag, struct http_answer *out, struct err *err);

/* memory.c */
/* What a server said of the feed, to be given back to the server at url alone. NULL or "": NULL. */
char *memory_mark(struct arena *arena, const char *url, const char *word);
const char *memory_unmark(struct arena *arena, const char *url, const char *marked);
/* The feed is as the engine has it, by other names. */
void memory_rename(struct source *source, const struct http_answer *answer);

/* feed.c */
/* Sends what is held as soon as it is its turn, as far as there is credit. */
void feed_send(struct calendar *calendar);
/* It is let go of; what was sent of it is void. */
void feed_abandon(struct calendar *calendar);

#endif
