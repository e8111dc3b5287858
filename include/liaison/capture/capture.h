#ifndef LIAISON_CAPTURE_CAPTURE_H
#define LIAISON_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/query/query.h"
#include "liaison/store/sql.h"
#include "liaison/wire/config.h"
#include "liaison/wire/event.h"
#include "liaison/wire/json.h"

/* Everything a source sees ends as a decision: events in, ledger rows, interactions, links, threads,
 * wants and the moved cursor out, in one transaction. Runs on the writer's thread. */

/* What deciding needs besides the store: who we are, per source policies, caches. */
struct capture;
struct capture *capture_new(const struct config *config); /* borrows config */
void capture_free(struct capture *capture);
/* Forget cached look-ups: contacts, emails, domains or salespeople changed, or messages and addresses
 * were erased. */
void capture_contacts_changed(struct capture *capture);

/* A folder of a source on one server under one UIDVALIDITY. */
struct stream {
	int64_t id, source_id;
	const char *source, *folder; /* arena */
	uint32_t uidvalidity, cursor, anchor, low;
	bool has_since;
	int64_t since; /* the window begins here */
	const char *backfill; /* running, paused, done */
	int64_t backfill_done, backfill_total, last_complete;
	bool current;
	bool moved; /* of stream_open alone: until now the source was on another server */
};

/* Makes the rows of source for the configuration: new ones added, names kept. Returns its id. */
int
source_row(struct store *store, const struct config_source *source, int64_t *id, struct err *err);
/* Finds or makes the stream; server is what config_server() says, or empty for a calendar. Streams that
 * no server is known of are taken to be of this one, and those of others stop being current. A new one
 * gets cursor = anchor = uidnext - 1 (uidnext 0: 0, and all is new mail... then the backfill starts at
 * the highest UID found) and the window since (absolute; has_since false: all). Other streams of the
 * folder stop being current. *fresh: it was made now. */
int stream_open(struct store *store, struct arena *arena, int64_t source_id, const char *folder,
	uint32_t uidvalidity, const char *server, uint32_t uidnext, bool has_since, int64_t since,
	struct stream *out, bool *fresh, struct err *err);
int stream_get(
	struct store *store, struct arena *arena, int64_t id, struct stream *out, struct err *err);
/* Current streams of a source. */
int stream_list(struct store *store, struct arena *arena, int64_t source_id, struct stream **out,
	unsigned *count, struct err *err);
/* Restarts the backfill from the anchor with a new window; decided UIDs are not asked again. */
int
stream_backfill(struct store *store, int64_t id, bool has_since, int64_t since, struct err *err);
int stream_set_backfill(
	struct store *store, int64_t id, const char *state, int64_t total, struct err *err);
/* What is to be done was counted; done: nothing is left. A pause stays one. */
int stream_set_total(struct store *store, int64_t id, int64_t total, bool done, struct err *err);
int stream_completed(struct store *store, int64_t id, int64_t at, struct err *err);
/* UIDs of the stream in low..high that have a ledger row or lie outside the window. */
int ledger_decided(struct store *store, int64_t stream_id, uint32_t low, uint32_t high,
	struct uid_set *out, struct err *err);

/* One message of a slice, as parse answered. */
struct capture_item {
	uint32_t uid;
	struct event *event; /* NULL: cannot be read, error says why */
	const char *error; /* of a quarantined one */
	const uint8_t *header; /* of a quarantined one, or NULL */
	size_t header_size;
	int64_t size; /* of a quarantined one: bytes of the message; 0: not known */
};

enum capture_slice_kind {
	CAPTURE_NEW, /* above the cursor: all are decided whatever their date */
	CAPTURE_BACKFILL, /* below the anchor: older than the window is outside */
	CAPTURE_RETRY, /* quarantined or missing ones asked again */
};

struct capture_slice {
	int64_t stream_id;
	enum capture_slice_kind kind;
	bool sent; /* the folder is where the account's own mail goes (\Sent) */
	struct capture_item *items;
	unsigned count;
	const struct uid_set *gone; /* asked and not on the server any more */
	uint32_t
		cursor; /* CAPTURE_NEW: all up to here is accounted for by this slice; 0: no move */
	uint32_t low; /* CAPTURE_BACKFILL: all above is; 0 with low_done: the backfill is done */
	bool low_moves;
};

/* An interaction that came or changed, for watchers. */
enum capture_change { CAPTURE_RECORDED, CAPTURE_CHANGED, CAPTURE_MOVED, CAPTURE_CANCELLED };
struct capture_told {
	int64_t interaction_id;
	enum capture_change what;
};
/* "interaction.recorded", "interaction.changed", … */
const char *capture_change_word(enum capture_change what);

struct capture_result {
	struct capture_told *told; /* arena */
	unsigned told_count;
	unsigned decided, captured, outside;
	unsigned wanted; /* wants written: text to fetch */
};

/* A test kills the engine within a slice: LIAISON_TEST_KILL=name:count in the environment when
 * capture_new is called ends the process at the count-th time a step is passed. The steps of a slice
 * are begin, then for each message some of message, parties, thread, interaction, want, ledger,
 * quarantine, outside, then cursor and end (all is written, nothing is committed). Those of a meeting
 * are begin, then for each occurrence some of message, parties, interaction, ledger, occurrence,
 * version, settled, gone, or for the whole item quarantine, and item and end; those of a look absent,
 * gone, look. */

/* Decides and records a slice in the open transaction; the caller commits. A UID that has a row
 * already is left as it is (except CAPTURE_RETRY of a quarantined one). */
int capture_slice(struct store *store, struct capture *capture, struct arena *arena,
	const struct capture_slice *slice, int64_t now, struct capture_result *out,
	struct err *err);

/* Text that is to be fetched next, for one source: every folder gets its share, newest mail first. */
struct want {
	int64_t stream_id, interaction_id;
	const char *folder; /* arena */
	uint32_t uidvalidity, uid;
	const char *part;
	uint32_t bytes;
	const char *encoding, *charset, *subtype; /* how to read it */
	bool whole; /* level text: keep all, not only the snippet */
};
int want_list(struct store *store, struct arena *arena, int64_t source_id, unsigned max,
	struct want **out, unsigned *count, struct err *err);
/* Stores the text and drops the want; text NULL: it cannot be had (gone, unreadable): only drops. */
int want_done(struct store *store, struct capture *capture, struct arena *arena,
	const struct want *want, const char *text, bool truncated, int64_t now, struct err *err);
/* One more failed try; after three the want is dropped. */
int want_failed(struct store *store, const struct want *want, struct err *err);

/* Matches the past again after contact got an address or a domain: unmatched (and matched) messages
 * with that address are linked; returns how many interactions were made or linked. */
int capture_rematch_address(struct store *store, struct capture *capture, struct arena *arena,
	const char *address, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err);
int capture_rematch_domain(struct store *store, struct capture *capture, struct arena *arena,
	const char *domain, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err);
/* The same in as many transactions as it takes. */
struct past_run {
	const char *
		key; /* "ada@x.example", "@x.example" for a domain; NULL: all that nobody matched */
	int64_t after, last; /* messages up to after are done, and last was the last as it began */
	int64_t made; /* how many interactions were made or linked */
	bool awaited; /* somebody goes on with it, and waits */
	bool over;
};
/* At least one message, and more until the monotonic clock says until_ms (0: all). What is left of a key is
 * noted, and done behind capture (candidate_follow) unless whoever it is that waits goes on with it. */
int capture_past(struct store *store, struct capture *capture, struct arena *arena,
	struct past_run *run, int64_t until_ms, int64_t now, struct capture_result *out,
	struct err *err);
/* The runs of a contact's addresses and domains, or (contact_id 0) the one of all unmatched mail. */
int past_runs(struct store *store, struct arena *arena, int64_t contact_id, struct past_run **out,
	unsigned *count, struct err *err);
/* All addresses and domains of a contact, or (contact_id 0) every unmatched message. */
int capture_rematch(struct store *store, struct capture *capture, struct arena *arena,
	int64_t contact_id, int64_t now, struct capture_result *out, int64_t *count,
	struct err *err);

/* Conditions over capture records: source folder decision uid at from to cc any-address subject … */
extern const struct query_noun capture_noun;
/* The spec's capture record. */
int capture_write(struct store *store, struct arena *arena, int64_t id, struct json_out *out,
	struct err *err);
/* The same with what was kept of the header of one that could not be read. */
int capture_write_whole(struct store *store, struct arena *arena, int64_t id, struct json_out *out,
	struct err *err);

/* What explain is asked about; fields that are not given are NULL or 0. */
struct explain_thing {
	int64_t interaction;
	const char *message_id, *source, *folder, *event_uid;
	const char *recurrence_id; /* of event_uid, as in the interaction record */
	uint32_t uid;
};
/* Reads words as spec section 4 says (source names are looked up). ERR_NOT_FOUND. */
int explain_parse(struct store *store, struct arena *arena, const char *words,
	struct explain_thing *out, struct err *err);
int explain_write(struct store *store, struct capture *capture, struct arena *arena,
	const struct explain_thing *thing, struct json_out *out, struct err *err);

/* Verify of one stream against the server's UIDs. */
struct verify_row {
	const char *folder;
	uint64_t server, outside_window, decided, captured, unmatched, internal, ignored, bulk,
		automatic, private_, duplicate, quarantined, forgotten, recognised, gone, missing;
};
/* all: every UID the server has; window: those in the window by SEARCH SINCE (NULL: all are). Missing
 * UIDs are added to missing_uids when not NULL. */
int verify_stream(struct store *store, const struct stream *stream, const struct uid_set *all,
	const struct uid_set *window, struct verify_row *out, struct uid_set *missing_uids,
	struct err *err);
/* The same in two steps: what the stream's rows are is counted, which takes long, and may be while the
 * server lists. A tally that the ledger has outgrown costs nothing but the time of another count. */
int verify_tally(struct store *store, int64_t stream_id, struct verify_row *out, struct err *err);
int verify_tallied(struct store *store, const struct stream *stream, const struct uid_set *all,
	const struct uid_set *window, const struct verify_row *tally, struct verify_row *out,
	struct uid_set *missing_uids, struct err *err);
void verify_add(struct verify_row *total, const struct verify_row *row);
void verify_write(const struct verify_row *row, struct json_out *out);

/* How many of these Message-IDs, a line each without brackets, the ledger has seen. */
int message_ids_known(struct store *store, struct arena *arena, const char *lines, int64_t *known,
	struct err *err);

/* Quarantined UIDs of a source whose ids are among ids (count 0: all), to be asked again. */
struct quarantined {
	int64_t stream_id, ledger_id;
	const char *folder;
	uint32_t uidvalidity, uid;
};
int quarantine_list(struct store *store, struct arena *arena, int64_t source_id, const int64_t *ids,
	unsigned id_count, struct quarantined **out, unsigned *count, struct err *err);
/* Those of a stream, above a UID, that another release could not read: at most so many, added to out. */
int quarantine_of_others(struct store *store, int64_t stream_id, uint32_t after, unsigned most,
	struct uid_set *out, struct err *err);

#endif
