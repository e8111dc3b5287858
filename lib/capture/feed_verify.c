#include <string.h>

#include "occasion.h"

/* The proof for calendars: what a whole feed has within the window laid beside the ledger. */

struct feed_verify {
	struct store *store; /* borrowed */
	struct arena *arena;
	int64_t stream_id, from, until;
	uint64_t seen; /* rows of the window that the feed has */
	struct verify_row row;
};

struct feed_verify *
feed_verify_new(struct store *store, struct arena *arena, int64_t stream_id, int64_t from,
	int64_t until, struct err *err)
{
	struct feed_verify *verify = arena_alloc(arena, sizeof *verify);
	struct stream stream;

	if (stream_get(store, arena, stream_id, &stream, err) < 0)
		return NULL;
	*verify = (struct feed_verify){ store, arena, stream_id, from, until, 0, { 0 } };
	verify->row.folder = stream.folder;
	return verify;
}

static void
count_decided(struct feed_verify *verify, const char *decision)
{
	verify->row.decided++;
	++*verify_column(&verify->row, decision_by_word(decision));
}

/* Its number in the ledger is what a quarantined event is known by. */
static const char SELECT_BAD[] =
	"SELECT l.decision FROM feed_item f JOIN ledger l ON l.stream_id = f.stream_id "
	"AND l.uid = f.bad_uid WHERE f.stream_id = ? AND f.event_uid = ?";

static int
count_quarantined(struct feed_verify *verify, const char *uid, bool *found, struct err *err)
{
	struct stmt *q = sql_prepare(verify->store, SELECT_BAD);

	stmt_bind_int(q, verify->stream_id);
	stmt_bind_text(q, uid);
	*found = stmt_row(q);
	if (*found) {
		verify->row.server++;
		verify->seen++;
		count_decided(verify, stmt_text(q));
	}
	return stmt_end(q, err);
}

static const char SELECT_OCCURRENCE[] =
	"SELECT o.start_at, l.decision FROM feed_item f JOIN occurrence o "
	"ON o.stream_id = f.stream_id AND o.item = f.item JOIN ledger l "
	"ON l.stream_id = o.stream_id AND l.uid = o.uid "
	"WHERE f.stream_id = ? AND f.event_uid = ? AND o.recurrence = ?";

/* A single event that is not within the window may have been when it was recorded; of what cannot be
 * read there is nothing to record. flags: of its version. */
static int
count_occurrence(struct feed_verify *verify, const char *uid, const char *recurrence,
	unsigned flags, struct err *err)
{
	struct stmt *q = sql_prepare(verify->store, SELECT_OCCURRENCE);
	bool found;

	stmt_bind_int(q, verify->stream_id);
	stmt_bind_text(q, uid);
	stmt_bind_text(q, recurrence);
	found = stmt_row(q);
	verify->row.server += found || (flags & MEETING_UNREADABLE) == 0;
	if (found) {
		int64_t start = stmt_int(q);

		verify->seen += start >= verify->from && start < verify->until;
		count_decided(verify, stmt_text(q));
	} else if ((flags & MEETING_OUTSIDE) != 0) {
		verify->row.outside_window++;
	} else if ((flags & MEETING_UNREADABLE) == 0) {
		verify->row.missing++;
	}
	return stmt_end(q, err);
}

int
feed_verify_add(struct feed_verify *verify, const struct feed_item *item,
	const struct meeting *versions, unsigned count, struct err *err)
{
	unsigned found = 0, flags;
	struct arena *arena;
	bool quarantined;
	int failed = 0;

	if (count_quarantined(verify, item->uid, &quarantined, err) < 0)
		return -1;
	if (count == 0) {
		verify->row.server += !quarantined;
		verify->row.missing += !quarantined;
		return 0;
	}
	/* one that can be read by now stays the one row that it is, until it is tried again */
	flags = quarantined ? MEETING_UNREADABLE : 0;
	arena = arena_new();
	for (unsigned v = 0; failed == 0 && v < count; v++) {
		found += versions[v].occurrence_count;
		for (unsigned i = 0; failed == 0 && i < versions[v].occurrence_count; i++) {
			const char *name = recurrence_text(
				arena, versions[v].form, versions[v].occurrences[i].recurrence);

			failed = count_occurrence(verify, item->uid, name == NULL ? "" : name,
				versions[v].flags | flags, err);
		}
	}
	arena_free(arena);
	if (found == 0 && !quarantined) {
		verify->row.server++;
		verify->row.outside_window++;
	}
	return failed;
}

static const char COUNT_ROWS[] =
	"SELECT (SELECT count(*) FROM occurrence WHERE stream_id = ?1 AND start_at >= ?2 "
	"AND start_at < ?3) + (SELECT count(*) FROM feed_item WHERE stream_id = ?1 "
	"AND bad_uid IS NOT NULL)";

int
feed_verify_end(struct feed_verify *verify, struct verify_row *out, struct err *err)
{
	struct stmt *q = sql_prepare(verify->store, COUNT_ROWS);
	int64_t rows = 0;
	bool found;

	stmt_bind_int(q, verify->stream_id);
	stmt_bind_int(q, verify->from);
	stmt_bind_int(q, verify->until);
	if (sql_get_int(q, &rows, &found, err) < 0)
		return -1;
	verify->row.gone = (uint64_t)rows > verify->seen ? (uint64_t)rows - verify->seen : 0;
	*out = verify->row;
	return 0;
}
