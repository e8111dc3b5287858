#include <string.h>

#include "occasion.h"

/* The rows of meetings: evidence, and which occurrences a feed's item has. */

/* ---- items ------------------------------------------------------------------------------------- */

static const char SELECT_ITEM[] =
	"SELECT f.item, f.digest IS NOT NULL, f.bad_uid, (SELECT l.id FROM ledger l "
	"WHERE l.stream_id = f.stream_id AND l.uid = f.bad_uid) FROM feed_item f "
	"WHERE f.stream_id = ? AND f.event_uid = ?";

static int
load_item(struct turn *turn, const char *event_uid, struct item_row *out, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_ITEM);

	stmt_bind_int(q, turn->stream_id);
	stmt_bind_text(q, event_uid);
	if (stmt_row(q)) {
		out->known = true;
		out->item = stmt_int(q);
		out->finished = stmt_int(q) != 0;
		out->bad_uid = stmt_int(q);
		out->bad_id = stmt_int(q);
	}
	return stmt_end(q, err);
}

#define VERSION_COLUMNS \
	"g.end_at, g.sequence, g.stamp, g.content, g.stream_id, g.override, " \
	"(SELECT v.source_id FROM message v WHERE v.id = g.message_id)"

static void
read_version(struct stmt *q, struct recorded *out)
{
	out->end_at = stmt_int(q);
	out->sequence = stmt_int(q);
	out->stamp = stmt_int(q);
	out->content = stmt_int(q);
	out->stream_id = stmt_int(q);
	out->override = stmt_int(q) != 0;
	out->source_id = stmt_int(q);
}

static const char SELECT_OCCURRENCES[] =
	"SELECT o.recurrence, o.uid, o.start_at, o.gone, l.message_id, " VERSION_COLUMNS
	" FROM occurrence o JOIN ledger l ON l.stream_id = o.stream_id AND l.uid = o.uid "
	"JOIN meeting g ON g.message_id = l.message_id "
	"WHERE o.stream_id = ? AND o.item = ? ORDER BY o.recurrence";

static int
load_occurrences(struct turn *turn, struct item_row *out, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_OCCURRENCES);
	unsigned room = 0;

	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, out->item);
	while (stmt_row(q)) {
		struct recorded *one;

		if (out->recorded_count == room) {
			room = room * 2 + 16;
			one = arena_array(turn->lasting, room, sizeof *one);
			if (out->recorded_count > 0)
				memcpy(one, out->recorded, out->recorded_count * sizeof *one);
			out->recorded = one;
		}
		one = &out->recorded[out->recorded_count++];
		one->recurrence = stmt_text_copy(q, turn->lasting);
		one->uid = (uint32_t)stmt_int(q);
		one->start_at = stmt_int(q);
		one->gone = stmt_int(q) != 0;
		one->message_id = stmt_int(q);
		read_version(q, one);
	}
	return stmt_end(q, err);
}

int
item_load(struct turn *turn, const char *event_uid, struct item_row *out, struct err *err)
{
	*out = (struct item_row){ 0 };
	if (load_item(turn, event_uid, out, err) < 0)
		return -1;
	return out->known ? load_occurrences(turn, out, err) : 0;
}

static const char ADD_ITEM[] =
	"INSERT INTO feed_item (stream_id, event_uid, item) VALUES (?1, ?2, "
	"(SELECT coalesce(max(item), 0) + 1 FROM feed_item WHERE stream_id = ?1)) "
	"RETURNING item";

int
item_make(struct turn *turn, const char *event_uid, struct item_row *out, struct err *err)
{
	struct stmt *q;

	if (item_load(turn, event_uid, out, err) < 0)
		return -1;
	if (out->known)
		return 0;
	q = sql_prepare(turn->store, ADD_ITEM);
	stmt_bind_int(q, turn->stream_id);
	stmt_bind_text(q, event_uid);
	return sql_get_int(q, &out->item, &out->known, err);
}

struct recorded *
item_find(const struct item_row *item, const char *recurrence)
{
	unsigned low = 0, high = item->recorded_count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		int order = strcmp(recurrence, item->recorded[middle].recurrence);

		if (order == 0)
			return &item->recorded[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* ---- evidence ---------------------------------------------------------------------------------- */

static const char *const status_words[] = {
	[MEETING_CONFIRMED] = "confirmed",
	[MEETING_TENTATIVE] = "tentative",
	[MEETING_CANCELLED] = "cancelled",
};

static const char PUT_MEETING[] =
	"INSERT INTO meeting (message_id, event_uid, recurrence, end_at, all_day, location, "
	"status, "
	"sequence, stamp, override, stream_id, content, zone, zone_known, remark) "
	"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

/* Where nothing is kept of strangers, the next version is decided about whether it is new or not. */
static void
bind_facts(struct stmt *q, const struct meeting_facts *facts, int64_t stream_id, enum keep keep)
{
	bool says = keep == KEEP_ALL;

	stmt_bind_int(q, facts->end_at);
	stmt_bind_int(q, facts->all_day);
	stmt_bind_text(q, says ? facts->location : NULL);
	stmt_bind_text(q, status_words[facts->status]);
	stmt_bind_int(q, facts->sequence);
	stmt_bind_int(q, facts->stamp);
	stmt_bind_int(q, facts->override);
	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, keep == KEEP_NOTHING ? 0 : facts->content);
	stmt_bind_text(q, facts->zone);
	stmt_bind_int(q, facts->zone_known);
	stmt_bind_text(q, says ? facts->remark : NULL);
}

int
meeting_put(struct turn *turn, const struct view *view, int64_t message_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, PUT_MEETING);

	stmt_bind_int(q, message_id);
	stmt_bind_text(q, view->meeting->event_uid);
	stmt_bind_text(q, view->meeting->recurrence);
	bind_facts(
		q, view->meeting, turn->stream_id, keep_for(turn->capture->config, view->decision));
	return stmt_run(q, err);
}

int
meeting_parties_put(struct turn *turn, const struct view *view, enum keep keep, int64_t message_id,
	unsigned first, struct err *err)
{
	if (keep == KEEP_PRIVATE || keep == KEEP_NOTHING)
		return 0;
	for (unsigned i = first; i < view->event->party_count; i++) {
		if (party_put(turn, &view->event->parties[i], view->meeting->responses[i],
			    keep == KEEP_ALL, message_id, i, err) < 0)
			return -1;
	}
	return 0;
}

static const char REPLACE_MESSAGE[] =
	"UPDATE message SET subject = ?2, at = ?3, offset_min = ?4, sensitivity = ?5, "
	"party_total = ?6, source_id = ?7, kept = ?8 WHERE id = ?1";

static const char REPLACE_MEETING[] =
	"UPDATE meeting SET end_at = ?2, all_day = ?3, location = ?4, status = ?5, sequence = ?6, "
	"stamp = ?7, override = ?8, stream_id = ?9, content = ?10, zone = ?11, zone_known = ?12, "
	"remark = ?13 WHERE message_id = ?1";

static const char DROP_PARTIES[] = "DELETE FROM party WHERE message_id = ?";

int
meeting_replace(struct turn *turn, const struct view *view, enum keep keep, int64_t message_id,
	struct err *err)
{
	const struct event *event = view->event;
	struct stmt *q = sql_prepare(turn->store, REPLACE_MESSAGE);

	stmt_bind_int(q, message_id);
	stmt_bind_text(q, keep == KEEP_ALL ? event->subject : NULL);
	stmt_bind_int(q, event->at);
	stmt_bind_int(q, event->offset_min);
	stmt_bind_text(q, event->sensitivity);
	stmt_bind_int(q,
		event->party_total > event->party_count ? event->party_total : event->party_count);
	stmt_bind_int(q, turn->source_id);
	stmt_bind_int(q, keep);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(turn->store, REPLACE_MEETING);
	stmt_bind_int(q, message_id);
	bind_facts(q, view->meeting, turn->stream_id, keep);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(turn->store, DROP_PARTIES);
	stmt_bind_int(q, message_id);
	if (stmt_run(q, err) < 0)
		return -1;
	return meeting_parties_put(turn, view, keep, message_id, 0, err);
}

static const char NOTE_VERSION[] =
	"UPDATE meeting SET sequence = ?2, stamp = ?3, content = ?4 WHERE message_id = ?1";

int
meeting_note_version(
	struct turn *turn, const struct meeting_facts *facts, int64_t message_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, NOTE_VERSION);

	stmt_bind_int(q, message_id);
	stmt_bind_int(q, facts->sequence);
	stmt_bind_int(q, facts->stamp);
	stmt_bind_int(q, facts->content);
	return stmt_run(q, err);
}

static const char SELECT_VERSION[] = "SELECT m.at, " VERSION_COLUMNS
				     " FROM message m JOIN meeting g ON g.message_id = m.id "
				     "WHERE m.id = ?";

int
recorded_of_message(struct turn *turn, int64_t message_id, struct recorded *out, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_VERSION);
	bool found = false;

	*out = (struct recorded){ .message_id = message_id };
	stmt_bind_int(q, message_id);
	if (stmt_row(q)) {
		found = true;
		out->start_at = stmt_int(q);
		read_version(q, out);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	return found ? 0 : fail(err, ERR_INTERNAL, "a meeting was there and is not");
}

/* ---- occurrences ------------------------------------------------------------------------------- */

static const char ADD_OCCURRENCE[] = "INSERT INTO occurrence (stream_id, item, recurrence, uid, "
				     "start_at) VALUES (?, ?, ?, ?, ?)";

int
occurrence_put(struct turn *turn, const struct item_row *item, const char *recurrence, uint32_t uid,
	int64_t start_at, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, ADD_OCCURRENCE);

	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, item->item);
	stmt_bind_text(q, recurrence);
	stmt_bind_int(q, uid);
	stmt_bind_int(q, start_at);
	return stmt_run(q, err);
}

static const char SET_OCCURRENCE[] =
	"UPDATE occurrence SET start_at = ?3, gone = ?4 WHERE stream_id = ?1 AND uid = ?2";

int
occurrence_set(struct turn *turn, uint32_t uid, int64_t start_at, bool gone, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SET_OCCURRENCE);

	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, uid);
	stmt_bind_int(q, start_at);
	stmt_bind_int(q, gone);
	return stmt_run(q, err);
}

static const char ALIGN[] =
	"UPDATE occurrence SET start_at = (SELECT at FROM message WHERE id = ?1) "
	"WHERE (stream_id, uid) IN (SELECT stream_id, uid FROM ledger WHERE message_id = ?1)";

int
occurrences_align(struct turn *turn, int64_t message_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, ALIGN);

	stmt_bind_int(q, message_id);
	return stmt_run(q, err);
}

static const char SELECT_IDENTITY[] = "SELECT id FROM message WHERE identity = ?";
static const char RENAME_OCCURRENCE[] =
	"UPDATE occurrence SET recurrence = ?3 WHERE stream_id = ?1 AND uid = ?2";
static const char RENAME_MESSAGE[] = "UPDATE message SET identity = ?2 WHERE id = ?1";
static const char RENAME_MEETING[] = "UPDATE meeting SET recurrence = ?2 WHERE message_id = ?1";

static int
rename_message(
	struct turn *turn, const struct reading *reading, int64_t message_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, RENAME_MESSAGE);

	stmt_bind_int(q, message_id);
	stmt_bind_blob(q, reading->event.identity, sizeof reading->event.identity);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(turn->store, RENAME_MEETING);
	stmt_bind_int(q, message_id);
	stmt_bind_text(q, reading->facts.recurrence);
	return stmt_run(q, err);
}

/* *done false: another calendar has shown the new one as a meeting of its own. */
int
occurrence_rename(struct turn *turn, const struct reading *reading, uint32_t uid,
	int64_t message_id, bool *done, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_IDENTITY);
	int64_t other = 0;
	bool taken;

	stmt_bind_blob(q, reading->event.identity, sizeof reading->event.identity);
	if (sql_get_int(q, &other, &taken, err) < 0)
		return -1;
	*done = !taken || other == message_id;
	if (!*done)
		return 0;
	if (!taken && rename_message(turn, reading, message_id, err) < 0)
		return -1;
	q = sql_prepare(turn->store, RENAME_OCCURRENCE);
	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, uid);
	stmt_bind_text(q, reading->facts.recurrence);
	return stmt_run(q, err);
}
