#ifndef LIAISON_TESTS_FETCH_SIM_H
#define LIAISON_TESTS_FETCH_SIM_H

#include "liaison/base/text.h"
#include "liaison/wire/frame.h"
#include "source.h"

/* A world around fetch in a time of its own: accounts and a calendar whose servers fail in many ways,
 * an engine that records, clocks that jump, a machine that sleeps. All of it follows from a seed. */

enum {
	SIM_SECOND = 1000,
	SIM_MINUTE = 60 * SIM_SECOND,
	SIM_HOUR = 60 * SIM_MINUTE,
	SIM_DAY = 24 * SIM_HOUR,
	SIM_ACCOUNTS = 2,
	SIM_CALENDAR = SIM_ACCOUNTS, /* the place of the calendar among the sources */
	SIM_SOURCES,
	SIM_FOLDERS = 3,
	SIM_PEERS = 24,
	SIM_TRACE = 40,
	SIM_TIMES = 128, /* of connects that are remembered */
	SIM_SECRETS = 16,
};

struct sim;

/* ---- chance ---- */

int64_t sim_between(struct sim *sim, int64_t low, int64_t high);
/* As often between one and ten as between ten and a hundred. */
int64_t sim_spread(struct sim *sim, int64_t low, int64_t high);
bool sim_one_in(struct sim *sim, int64_t count);

/* ---- servers ---- */

enum sim_fault {
	SIM_WELL,
	SIM_REFUSED,
	SIM_NO_NAME,
	SIM_NO_ANSWER, /* to a connect */
	SIM_MUTE, /* no greeting */
	SIM_BYE_FIRST,
	SIM_LOGIN_REFUSED,
	SIM_LOGIN_LATER,
	SIM_NO_SECRET,
	SIM_ENDS_SOON, /* each connection after some seconds */
	SIM_DROPS_SOON, /* the same without a word */
	SIM_ONE_CONNECTION, /* others are refused */
	SIM_SLOW,
	SIM_DRIP,
	SIM_CUT, /* in the middle of a message */
	SIM_STALL,
	SIM_NO_EXAMINE,
	SIM_NO_SEARCH,
	SIM_NO_STATUS,
	SIM_GARBAGE,
	SIM_FAULTS,
	/* of the calendar's: */
	SIM_BUSY = SIM_FAULTS, /* 503 with Retry-After */
	SIM_GONE,
	SIM_FEED_FAULTS,
};

struct sim_mail {
	uint32_t uid;
	int64_t at;
	bool decided;
};

struct sim_folder {
	const char *name;
	uint32_t uidvalidity, uidnext;
	struct sim_mail *mails; /* own, by uid */
	size_t count, room, decided; /* those before decided are */
	/* of the engine: */
	uint32_t epoch, cursor; /* UIDVALIDITY that cursor is of */
	int64_t fresh_at; /* when its last complete check was told */
};

struct sim_peer {
	int descriptor; /* -1: free */
	bool silent, logged_in, leaving;
	bool readable; /* as far as is known */
	struct sim_folder *selected;
	size_t told; /* messages it told of */
	char idle_tag[24];
	int64_t idle_since, out_at, ends_at;
	struct text in, out;
};

/* What became of attempts to connect, over a while. */
struct sim_times {
	int64_t at[SIM_TIMES];
	size_t count; /* ever */
};

void sim_note_time(struct sim_times *times, int64_t now);
size_t sim_times_since(const struct sim_times *times, int64_t since);

struct sim_server {
	struct sim *sim;
	const char *name; /* its number */
	enum sim_fault fault;
	int64_t fault_since, fault_until, next_fault;
	int64_t well_since; /* nothing is wrong, nor was begun anew, since then */
	int64_t recovery; /* and how long after that all must be as it should */
	int64_t poll;
	struct sim_times dials, refused; /* connects; logins that were refused */
	struct sim_times excuses, resets; /* one more connect is right; refusals count anew */
	/* an account: */
	struct refusal refusal; /* as liaisond has it */
	bool idles, tells, tells_uidnext;
	int64_t idles_since;
	int64_t hour; /* and the lines heard since its beginning */
	unsigned lines;
	struct sim_folder folders[SIM_FOLDERS];
	struct sim_peer peers[SIM_PEERS];
	int64_t next_mail, next_epoch, next_drop;
	/* the calendar: */
	uint32_t version, recorded; /* of the feed */
	int64_t version_at, next_version, fresh_at, rest_until;
};

void sim_server_begin(struct sim_server *server, struct sim *sim);
/* The client's end of a new connection; -1: none is to be had. */
int sim_server_accept(struct sim_server *server);
/* All that is there to be read, where something is, and answered now. */
void sim_server_serve(struct sim_server *server);
/* When it has something to say, or to end. */
int64_t sim_server_next(const struct sim_server *server);
void sim_server_end_all(struct sim_server *server, bool silently);
void sim_folder_add(struct sim_folder *folder, uint32_t count, int64_t now);
void sim_folder_renumber(struct sim_folder *folder, int64_t now);

/* ---- engine ---- */

struct sim_slice {
	struct sim_slice *next;
	uint32_t token, source;
	struct sim_folder *folder;
	uint32_t epoch;
	struct uid_set waiting;
	uint32_t last;
};

struct sim_engine {
	struct sim *sim;
	int descriptor; /* -1: none */
	struct frame_reader reader;
	struct sim_slice *slices;
	size_t taken; /* bytes that no credit was given for */
	struct text feed; /* what came of one */
	uint32_t feed_token; /* to be answered at feed_at; 0: none */
	int64_t feed_at;
	uint8_t feed_digest[32];
};

void sim_engine_begin(struct sim_engine *engine, int descriptor);
void sim_engine_end(struct sim_engine *engine);
void sim_engine_serve(struct sim_engine *engine);
/* What feed is to be answered. */
void sim_engine_tick(struct sim_engine *engine);
/* What it has of the calendar. token 0: asks for nothing. */
void sim_engine_tell_feed(struct sim_engine *engine, uint32_t token);
void
sim_engine_send(struct sim_engine *engine, enum frame_type type, uint32_t source, uint32_t token);

/* ---- world ---- */

struct sim_secret {
	uint32_t source, token;
	int64_t at;
};

struct sim {
	uint64_t seed, chance;
	int64_t awake, slept, end; /* ms */
	int64_t wall; /* s that the wall clock is ahead of 2026 and of awake + slept */
	int64_t rings_at,
		rings_for; /* after a suspend: when the loop's timer rings, and for what */
	struct fetch *fetch;
	struct sim_engine engine;
	struct sim_server sources[SIM_SOURCES];
	struct sim_times dials;
	struct sim_secret secrets[SIM_SECRETS];
	size_t secret_count;
	int64_t next_suspend, next_jump, next_reload, next_kill, next_sync;
	int64_t woken_at; /* awake: when it woke last */
	unsigned naps; /* suspends that follow soon */
	bool quiet; /* no more faults */
	bool loud; /* all is told as it happens */
	uint64_t digest; /* of all that happened */
	uint64_t moves; /* times that bytes were sent or received, by anybody */
	uint64_t connects, mails, suspends;
	unsigned idle_turns; /* in which no time passed */
	int64_t hour; /* and the turns since its beginning */
	unsigned turns;
	int link; /* fetch's end of it */
	char trace[SIM_TRACE][160];
	size_t traced;
};

int64_t sim_now(const struct sim *sim);
/* Something happened that belongs to the story. */
void sim_mix(struct sim *sim, uint64_t what);
void sim_begin(struct sim *sim, uint64_t seed, int64_t days);
/* Lives all of it; what is violated ends the process. */
void sim_live(struct sim *sim);
void sim_trace(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Told only where LIAISON_TRACE is set. */
void
sim_detail(const struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_violated(struct sim *sim, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* In place of cmocka's asserts, for a life is a process of its own. */
#define sim_must(sim, condition) ((condition) ? (void)0 : sim_violated(sim, "%s", #condition))
/* fetch asked for a secret. */
void sim_ask_secret(struct sim *sim, uint32_t source, uint32_t token);
/* A connect is begun. */
void sim_dialled(struct sim *sim, struct sim_server *server);

/* sim_fate.c: what befalls the world */
void sim_fate_begin(struct sim *sim);
int64_t sim_fate_next(const struct sim *sim);
void sim_fate(struct sim *sim);

/* sim_fetch.c: a fetch that is started, configured and told to watch */
void sim_fetch_begin(struct sim *sim);
void sim_fetch_kill(struct sim *sim);
void sim_fetch_configure(struct sim *sim);

/* sim_check.c: what must hold at each moment, and in the end */
void sim_check(struct sim *sim);
void sim_check_dial(struct sim *sim, const struct sim_server *server);
/* A server hears one more line. */
void sim_check_line(struct sim_server *server);
void sim_check_end(struct sim *sim);

#endif
