#include <string.h>

#include "explain.h"
#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"
#include "withheld.h"

/* What is meant, and when nothing is there: why not. */

void
story_add_row(struct story *story, int64_t id)
{
	for (unsigned i = 0; i < story->row_count; i++) {
		if (story->rows[i] == id)
			return;
	}
	if (story->row_count < sizeof story->rows / sizeof story->rows[0])
		story->rows[story->row_count++] = id;
}

void
story_add_message(struct story *story, int64_t id)
{
	if (id != 0 && story->message_count < sizeof story->messages / sizeof story->messages[0])
		story->messages[story->message_count++] = id;
}

/* ---- an interaction ---- */

static const char SELECT_INTERACTION[] = "SELECT kind, message_id FROM interaction WHERE id = ?";

static int
find_interaction(struct story *story, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, SELECT_INTERACTION);
	const char *kind = NULL;
	int64_t message = 0;

	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		kind = stmt_text_copy(q, story->turn.lasting);
		message = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	if (kind == NULL)
		return fail(err, ERR_NOT_FOUND, "there is no interaction '%lld'", (long long)id);
	story_add_message(story, message);
	if (message == 0)
		story->answer = arena_printf(story->turn.lasting,
			"interaction %lld, a %s, was entered by hand: nothing was captured for it",
			(long long)id, kind);
	return 0;
}

/* ---- a Message-ID ---- */

static const char SELECT_BY_ID[] = "SELECT m.id FROM message m WHERE m.message_id_hash = ?1 AND "
				   "m.message_id = ?2 AND " MESSAGE_KNOWN " ORDER BY m.id";

static const char COUNT_FILLING[] =
	"SELECT count(*) FROM stream WHERE current = 1 AND backfill <> 'done'";

/* ERR_NOT_FOUND, and what may be the reason. */
static int
not_seen(struct story *story, const char *what, const char *id, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, COUNT_FILLING);
	struct arena *arena = story->turn.lasting;
	const char *answer;
	int64_t filling = 0;

	if (sql_get_int(q, &filling, NULL, err) < 0)
		return -1;
	answer = arena_printf(arena, "no %s '%s' was seen in any folder", what, id);
	if (filling > 0)
		answer = arena_printf(arena, "%s; %lld of them are still being filled back", answer,
			(long long)filling);
	if (story->turn.capture->config->unmatched == UNMATCHED_NONE)
		answer = arena_printf(arena,
			"%s; and of what is not captured nothing is kept (unmatched = none)",
			answer);
	return fail(err, ERR_NOT_FOUND, "%s", answer);
}

static int
find_message_id(struct story *story, const char *words, struct err *err)
{
	size_t size = strlen(words);
	bool brackets = size >= 2 && words[0] == '<' && words[size - 1] == '>';
	const char *id = brackets ? arena_text_n(story->turn.lasting, words + 1, size - 2) : words;
	struct stmt *q = sql_prepare(story->turn.store, SELECT_BY_ID);

	stmt_bind_int(q, (int64_t)hash64(id, strlen(id)));
	stmt_bind_text(q, id);
	while (stmt_row(q))
		story_add_message(story, stmt_int(q));
	if (stmt_end(q, err) < 0)
		return -1;
	return story->message_count > 0 ? 0
					: not_seen(story, "message with the Message-ID", id, err);
}

/* ---- an event ---- */

/* Of a long series the last ones. */
static const char SELECT_EVENT[] =
	"SELECT g.message_id FROM meeting g JOIN message m ON m.id = g.message_id "
	"WHERE g.event_uid = ?1 AND (?2 IS NULL OR g.recurrence = ?2) AND " MESSAGE_KNOWN
	" ORDER BY m.at DESC LIMIT 16";

static const char SELECT_BAD_EVENT[] =
	"SELECT l.id FROM stream t JOIN source s ON s.id = t.source_id "
	"JOIN feed_item f ON f.stream_id = t.id "
	"JOIN ledger l ON l.stream_id = f.stream_id AND l.uid = f.bad_uid "
	"WHERE s.kind = 'ical' AND f.event_uid = ? AND " SOURCE_KNOWN;

static int
find_bad_event(struct story *story, const char *uid, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, SELECT_BAD_EVENT);

	stmt_bind_text(q, uid);
	while (stmt_row(q))
		story_add_row(story, stmt_int(q));
	return stmt_end(q, err);
}

static const char SELECT_CALENDAR[] =
	"SELECT s.name FROM stream t JOIN source s ON s.id = t.source_id "
	"JOIN feed_item f ON f.stream_id = t.id WHERE s.kind = 'ical' AND f.event_uid = ? "
	"AND " SOURCE_KNOWN " LIMIT 1";

/* A calendar has the event, but nothing of it is recorded. */
static int
why_no_occurrence(struct story *story, const struct explain_thing *thing, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, SELECT_CALENDAR);
	struct arena *arena = story->turn.lasting;
	const char *calendar = NULL;

	stmt_bind_text(q, thing->event_uid);
	if (sql_get_text(q, arena, &calendar, err) < 0)
		return -1;
	if (calendar == NULL)
		return not_seen(story, "event with the UID", thing->event_uid, err);
	story->answer =
		thing->recurrence_id == NULL
			? arena_printf(arena,
				  "the event '%s' is in %s, and none of it lies in the window",
				  thing->event_uid, calendar)
			: arena_printf(arena,
				  "the event '%s' is in %s, but not on '%s', or that lies outside "
				  "the window",
				  thing->event_uid, calendar, thing->recurrence_id);
	return 0;
}

static int
find_event(struct story *story, const struct explain_thing *thing, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, SELECT_EVENT);

	stmt_bind_text(q, thing->event_uid);
	stmt_bind_text(q, thing->recurrence_id);
	while (stmt_row(q))
		story_add_message(story, stmt_int(q));
	if (stmt_end(q, err) < 0 || find_bad_event(story, thing->event_uid, err) < 0)
		return -1;
	if (story->message_count > 0 || story->row_count > 0)
		return 0;
	return why_no_occurrence(story, thing, err);
}

/* ---- a place: source, folder, UID ---- */

static const char SELECT_SOURCE[] = "SELECT id FROM source WHERE name = ?";

static const char SELECT_CURRENT[] =
	"SELECT id FROM stream WHERE source_id = ? AND folder = ? AND current = 1";

/* *id 0: no such folder is known. */
static int
find_stream(struct story *story, const struct explain_thing *thing, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, SELECT_SOURCE);
	int64_t source_id;
	bool found;

	*id = 0;
	stmt_bind_text(q, thing->source);
	if (sql_get_int(q, &source_id, &found, err) < 0)
		return -1;
	if (!found)
		return fail_field(
			err, ERR_NOT_FOUND, "source", "there is no source '%s'", thing->source);
	q = sql_prepare(story->turn.store, SELECT_CURRENT);
	stmt_bind_int(q, source_id);
	stmt_bind_text(q, thing->folder);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	if (!found)
		story->answer = arena_printf(story->turn.lasting,
			"the folder '%s' of '%s' was never read: it is not watched, or it is not "
			"there",
			thing->folder, thing->source);
	return 0;
}

static const char IS_OUTSIDE[] = "SELECT 1 FROM outside WHERE stream_id = ? AND uid = ?";

static int
is_outside(struct story *story, int64_t stream_id, uint32_t uid, bool *outside, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, IS_OUTSIDE);

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, uid);
	return sql_get_int(q, NULL, outside, err);
}

/* A UID without a row: where it lies tells why. */
static const char *
why_not_here(struct arena *arena, const struct stream *stream, uint32_t uid, bool outside)
{
	const char *since = stream->has_since ? date_text(arena, stream->since, 0) : NULL;

	if (outside)
		return arena_printf(arena, "UID %u is older than the window, which begins at %s",
			uid, since == NULL ? "another date now" : since);
	if (uid > stream->cursor)
		return arena_printf(arena, "UID %u was not seen yet: UIDs up to %u are decided",
			uid, stream->cursor);
	if (uid <= stream->anchor && uid <= stream->low && strcmp(stream->backfill, "done") != 0)
		return arena_printf(arena,
			"the backfill has not come to UID %u yet: it is %s, and "
			"everything above UID %u is decided",
			uid, stream->backfill, stream->low);
	if (uid <= stream->anchor && since != NULL)
		return arena_printf(arena,
			"UID %u lies before the window, which begins at %s, or was "
			"gone when the folder was read",
			uid, since);
	return arena_printf(
		arena, "the server had no message with UID %u when the folder was read", uid);
}

static const char SELECT_ROW[] =
	"SELECT id, message_id FROM ledger WHERE stream_id = ? AND uid = ?";

static int
find_row(struct story *story, int64_t stream_id, uint32_t uid, struct err *err)
{
	struct stmt *q = sql_prepare(story->turn.store, SELECT_ROW);

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, uid);
	if (stmt_row(q)) {
		story_add_row(story, stmt_int(q));
		story_add_message(story, stmt_int(q));
	}
	return stmt_end(q, err);
}

static int
find_place(struct story *story, const struct explain_thing *thing, struct err *err)
{
	struct stream stream;
	int64_t stream_id;
	bool outside;

	if (thing->folder == NULL || thing->uid == 0)
		return fail_field(err, ERR_USAGE, thing->folder == NULL ? "folder" : "uid",
			"a message of source '%s' is named by its folder and UID", thing->source);
	if (find_stream(story, thing, &stream_id, err) < 0)
		return -1;
	if (stream_id == 0)
		return 0;
	if (find_row(story, stream_id, thing->uid, err) < 0)
		return -1;
	if (story->row_count > 0)
		return 0;
	if (stream_get(story->turn.store, story->turn.lasting, stream_id, &stream, err) < 0 ||
		is_outside(story, stream_id, thing->uid, &outside, err) < 0)
		return -1;
	story->answer = why_not_here(story->turn.lasting, &stream, thing->uid, outside);
	return 0;
}

int
story_find(struct story *story, const struct explain_thing *thing, struct err *err)
{
	if (thing->interaction != 0)
		return find_interaction(story, thing->interaction, err);
	if (thing->source != NULL)
		return find_place(story, thing, err);
	if (thing->message_id != NULL)
		return find_message_id(story, thing->message_id, err);
	if (thing->event_uid != NULL)
		return find_event(story, thing, err);
	return fail(err, ERR_USAGE,
		"say what is to be explained: an interaction, a Message-ID, "
		"or source, folder and UID");
}
