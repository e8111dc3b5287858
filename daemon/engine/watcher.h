#ifndef LIAISON_ENGINE_WATCHER_H
#define LIAISON_ENGINE_WATCHER_H

#include "connection.h"
#include "liaison/store/event_log.h"
#include "watch.h"

/* Who is told: one `watch` request of one connection. */

struct watcher {
	struct watcher *next;
	struct connection *connection;
	char *id; /* JSON text of the request's id; own */
	char *as; /* salesperson it acts as, or NULL; own */
	char **kinds; /* own */
	unsigned kind_count; /* 0: all */
	int64_t seq; /* the last one sent, or passed over as of another kind */
	int64_t newest; /* told while catching up: there is more to read */
	bool behind; /* reads the log until it has caught up */
	bool reading; /* a page is on its way */
	bool lagged; /* the client is over 1 MiB behind: it gets no more before it has read */
	bool gone; /* freed when the page comes */
};

/* A page of the log for one watcher. */
struct watch_page {
	struct work work; /* first */
	struct watcher *watcher;
	struct watch *watch;
	unsigned most;
	int64_t from, first; /* first: the oldest that is kept */
	bool trusted; /* as the caller is when it is asked for */
	const char *user, *as; /* arena */
	struct arena *arena;
	struct event_entry *entries;
	unsigned count;
	bool failed;
};

/* Reads it as its asker sees it; for work.run, on a reader. */
void watch_page_read(struct work *work, struct worker *worker);

void watchers_tell(struct watch *watch, const struct tell *tell);

#endif
