#ifndef LIAISON_CAPTURE_MEETING_H
#define LIAISON_CAPTURE_MEETING_H

#include "liaison/capture/capture.h"
#include "liaison/wire/meeting.h"

/* Calendars: what a feed has, held against what is recorded of it; then each occurrence of what
 * changed is decided and recorded as mail is: evidence, ledger row, interaction, links. A meeting is
 * known by UID and occurrence over all feeds: a second feed that has it is a second sighting. Its
 * versions are ordered by SEQUENCE, then DTSTAMP. The stream of a calendar has folder "" and
 * UIDVALIDITY 0; the uid of its ledger rows counts the occurrences in the order they were first
 * seen and is shown to nobody. Runs on the writer's thread where it writes, on any where it reads. */

/* What the server said of the feed that is recorded, for the next conditional request. */
struct feed_known {
	int64_t stream_id;
	const char *etag, *modified; /* or NULL */
	uint8_t digest[32];
	bool has_digest; /* false: the whole feed is wanted, as nothing is recorded yet, or the window
	                  * reaches a day further into a series than what is recorded of it */
	unsigned items; /* present at the last complete look */
	int64_t last_complete; /* 0: never */
};

/* The source's stream, made if it is not there. */
int feed_known(struct store *store, struct arena *arena, int64_t source_id,
	const struct config_source *source, int64_t now, struct feed_known *out, struct err *err);

/* The window of a source: [now - since (or all, 1970), now + until). */
void feed_window(const struct config_source *source, int64_t now, int64_t *from, int64_t *until);

/* Which of feed's items are to be read now: new ones, changed ones (digest), those recorded up to an
 * earlier end of the window that go on, and quarantined ones of an older version of this program. In
 * arena, ascending. ERR_REFUSED: the feed as a whole is not believed: it has no event where there
 * were some, or fewer than half; the message says so and what to do. accept: it is believed. */
int
feed_compare(struct store *store, struct arena *arena, int64_t stream_id, const struct feed *feed,
	int64_t until, bool accept, unsigned **todo, unsigned *count, struct err *err);

/* One item as parse read it. */
struct meeting_item {
	int64_t stream_id;
	const struct feed_item *item;
	const struct meeting
		*versions; /* count 0: it cannot be read, error says why: quarantined */
	unsigned count;
	const char *error;
	int64_t from, until; /* the window it was read with */
};

/* Decides and records occurrences of the item in the open transaction, from the first-th on and at
 * most max of them (in the order of the versions); *next: where to go on, or 0 when all of it is
 * recorded, its digest noted, and those of its occurrences that lie ahead and are no longer there
 * are cancelled. Repeating any of it changes nothing. */
int capture_meeting(struct store *store, struct capture *capture, struct arena *arena,
	const struct meeting_item *item, unsigned first, unsigned max, int64_t now,
	struct capture_result *out, unsigned *next, struct err *err);

/* All items were recorded: notes what was present and absent, and what is absent for the third
 * complete look in a row is cancelled where it lies ahead (unless another feed still has it), at most
 * max of them a call: *more: call again. The last call notes etag, modified, digest. */
struct feed_look {
	int64_t stream_id;
	const struct feed *feed;
	const char *etag, *modified;
	uint8_t digest[32];
	int64_t until; /* of the window */
};
int feed_looked(struct store *store, struct capture *capture, struct arena *arena,
	const struct feed_look *look, unsigned max, int64_t now, struct capture_result *out,
	bool *more, struct err *err);
/* The server said that nothing changed. */
int feed_unchanged(struct store *store, int64_t stream_id, int64_t now, struct err *err);

/* Meetings that were planned and have ended are held now: at most max in the open transaction.
 * *next: when the next one ends, 0: none is planned; now or earlier: call again. */
int meetings_held(struct store *store, struct arena *arena, int64_t now, unsigned max,
	struct capture_result *out, int64_t *next, struct err *err);

/* Verify of a calendar: what a whole feed has within the window against the ledger. Feed all items'
 * versions to add, then read row. */
struct feed_verify;
struct feed_verify *feed_verify_new(struct store *store, struct arena *arena, int64_t stream_id,
	int64_t from, int64_t until, struct err *err);
int feed_verify_add(struct feed_verify *verify, const struct feed_item *item,
	const struct meeting *versions, unsigned count, struct err *err);
int feed_verify_end(struct feed_verify *verify, struct verify_row *out, struct err *err);

#endif
