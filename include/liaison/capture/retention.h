#ifndef LIAISON_CAPTURE_RETENTION_H
#define LIAISON_CAPTURE_RETENTION_H

#include "liaison/capture/capture.h"

/* How long things are kept: passes over the database, a slice a transaction, by the [retention] of the
 * capture's configuration. Mail counts from its own time, a meeting from its end, evidence from when it
 * was decided, what cannot be read from when it was tried last. */

/* How far a pass has come; all zero: it begins. */
struct retention_place {
	unsigned step;
	bool merges; /* the search index at the end; set before it begins, and kept */
	bool begun;
	int64_t at, id;
};

struct retention_counts {
	uint64_t mails, meetings; /* taken out */
	uint64_t bared; /* of these, that people worked on: they stay without what was captured */
	uint64_t texts, evidence, headers;
};

/* The next slice, in the open transaction; the caller commits. *more false: the pass is over. What was
 * dropped is added to counts. */
int retention_turn(struct store *store, struct capture *capture, struct arena *arena,
	struct retention_place *place, int64_t now, struct retention_counts *counts, bool *more,
	struct err *err);

/* The older of since and what [retention] keeps of mail or meetings; seconds back, negative: all. */
int64_t retention_window(const struct config *config, const struct config_source *source);

/* When the next mail, or meeting, is over its time; 0: none is, or they are kept for ever. */
int retention_next(struct store *store, const struct config *config, bool meetings, int64_t *at,
	struct err *err);

/* ---- what a mailbox has no more (on-delete) ---- */

/* Of the rows of a stream those that are gone, as all is what the server has, and those noted as gone that
 * it has. Reads only. */
int gone_compare(struct store *store, int64_t stream_id, const struct uid_set *all,
	struct uid_set *gone, struct uid_set *back, struct err *err);
/* Notes them; at most a few hundred a transaction. */
int gone_note(struct store *store, int64_t stream_id, const struct uid_set *gone,
	const struct uid_set *back, int64_t now, struct err *err);
/* All rows of the folders of a source that are not among names: they were accepted as gone. */
int gone_folders(struct store *store, int64_t source_id, const char *const *names, unsigned count,
	int64_t now, struct err *err);

struct gone_counts {
	unsigned mails, texts; /* dropped */
	unsigned doubted; /* not believed, as so many left at once */
	unsigned open; /* noted later than before: they wait for the next look */
};

/* Does what the source's on-delete says with messages that left all of it before that time: at most
 * some dozen; *more: there are others. accept: however many left at once. */
int gone_settle(struct store *store, struct capture *capture, struct arena *arena,
	int64_t source_id, int64_t before, bool accept, int64_t now, struct capture_result *result,
	struct gone_counts *counts, bool *more, struct err *err);
/* Messages of a stream that left at once and are not believed to. */
int gone_doubted(struct store *store, int64_t stream_id, int64_t *count, struct err *err);

/* Rows of a stream with these UIDs whose message is not kept out by held yet: held is HELD_PRIVATE (1), or
 * 0 for those of only-keyword. Reads only; ids of the ledger in arena. */
int held_compare(struct store *store, struct arena *arena, int64_t stream_id,
	const struct uid_set *uids, bool private_, int64_t **rows, unsigned *count,
	struct err *err);
/* They got the keyword: at most a few dozen a transaction. */
int
held_note(struct store *store, struct capture *capture, struct arena *arena, const int64_t *rows,
	unsigned count, bool private_, int64_t now, struct capture_result *result, struct err *err);

#endif
