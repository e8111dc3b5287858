#ifndef LIAISON_FETCH_FETCH_H
#define LIAISON_FETCH_FETCH_H

#include <stdbool.h>
#include <uv.h>

#include "alarm.h"
#include "liaison/net/tls.h"
#include "liaison/wire/config.h"
#include "rate.h"

/* liaison-fetch: one loop, all connections to the outside. What all its parts share. */

struct source;
struct link;
struct crew;
struct look;
struct calendar;

/* How calendars take turns; see calendar.h. */
struct calendars {
	struct look *first_waiting, *last_waiting; /* for a download */
	unsigned downloads;
	struct calendar *sending; /* whose feed is on its way to the engine, one in the process */
};

/* What is trusted for a ca-file; made before the sandbox closes the files. */
struct trust {
	struct trust *next;
	char *ca_file; /* own; NULL: the system's */
	struct tls_context *context; /* own; NULL: error says why not */
	char *error; /* own */
};

/* A folder with a feed in it. */
struct place {
	struct place *next;
	char *path; /* own */
};

struct fetch {
	uv_loop_t loop;
	struct alarms *alarms;
	struct rate *rate;
	struct crew *crew;
	struct link *link;
	struct config config;
	bool configured;
	struct source *sources; /* list; own */
	struct trust *trusts; /* list; own */
	struct place *places; /* list; own */
	struct calendars calendars;
	struct outage *outages; /* list; own */
	int64_t reached_at; /* monotonic ms: when a host was connected to last */
	struct alarm tidying;
	uint32_t last_token;
	bool stopping;
};

/* A token nobody else uses for the next two thousand million askings. */
uint32_t fetch_token_next(struct fetch *fetch);
/* NULL and err: the file was not there when fetch began. */
struct tls_context *fetch_trust(struct fetch *fetch, const char *ca_file, struct err *err);
/* Loads what configured sources trust; once before the sandbox, harmless after it. */
void fetch_load_trust(struct fetch *fetch);
/* All that is configured could be read. */
bool fetch_trusts_all(struct fetch *fetch);
/* place.c: notes the folders of configured feeds; true: there is one more than before. */
bool fetch_learn_places(struct fetch *fetch);
/* outage.c: the host cannot be connected to, and can. */
void outage_begins(struct fetch *fetch, const char *host);
void outage_ends(struct fetch *fetch, const char *host);
/* Some connections came to rest: what they used on the way goes back to the system soon. */
void fetch_tidy_soon(struct fetch *fetch);
/* Logs out of everything and ends the loop. */
void fetch_stop(struct fetch *fetch);

#endif
