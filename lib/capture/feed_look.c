#include <string.h>

#include "feed_index.h"
#include "occasion.h"

/* The end of a complete look at a feed: what was absent, what is absent for the third time, and what
 * the next request is to say; and meetings that time has passed. */

enum { LOOKS_TO_BELIEVE = 3 };

struct looking {
	struct turn turn;
	const struct feed_look *look;
	int64_t number; /* of this look */
	const char **uids; /* items that were there at the last look and are not */
	unsigned uid_count, uid_room;
};

static const char SELECT_LOOKS[] = "SELECT looks + 1 FROM feed WHERE stream_id = ?";

static int
load_number(struct looking *looking, struct err *err)
{
	struct stmt *q = sql_prepare(looking->turn.store, SELECT_LOOKS);
	bool found;

	stmt_bind_int(q, looking->look->stream_id);
	if (sql_get_int(q, &looking->number, &found, err) < 0)
		return -1;
	return found ? 0 : fail(err, ERR_NOT_FOUND, "nothing is known of that calendar");
}

static void
add_absent(struct looking *looking, const char *uid)
{
	struct arena *arena = looking->turn.lasting;

	if (looking->uid_count == looking->uid_room) {
		unsigned room = looking->uid_room * 2 + 64;
		const char **more = arena_array(arena, room, sizeof *more);

		if (looking->uid_count > 0)
			memcpy(more, looking->uids, looking->uid_count * sizeof *more);
		looking->uids = more;
		looking->uid_room = room;
	}
	looking->uids[looking->uid_count++] = arena_text(arena, uid);
}

static const char SELECT_PRESENT[] =
	"SELECT event_uid FROM feed_item WHERE stream_id = ? AND absent = 0";

static int
find_absent(struct looking *looking, struct err *err)
{
	struct stmt *q = sql_prepare(looking->turn.store, SELECT_PRESENT);
	struct feed_index index;

	feed_index_init(&index, looking->turn.lasting, looking->look->feed);
	stmt_bind_int(q, looking->look->stream_id);
	while (stmt_row(q)) {
		const char *uid = stmt_text(q);

		if (feed_index_find(&index, uid) < 0)
			add_absent(looking, uid);
	}
	return stmt_end(q, err);
}

/* Where nothing lies ahead there is nothing to wait for. */
static const char NOTE_ABSENT[] =
	"UPDATE feed_item SET absent = CASE WHEN EXISTS (SELECT 1 FROM occurrence o "
	"WHERE o.stream_id = feed_item.stream_id AND o.item = feed_item.item AND o.gone = 0 "
	"AND o.start_at > ?4) THEN ?3 ELSE -1 END WHERE stream_id = ?1 AND event_uid = ?2";

static int
note_absent(struct looking *looking, struct err *err)
{
	if (find_absent(looking, err) < 0)
		return -1;
	for (unsigned i = 0; i < looking->uid_count; i++) {
		struct stmt *q = sql_prepare(looking->turn.store, NOTE_ABSENT);

		stmt_bind_int(q, looking->look->stream_id);
		stmt_bind_text(q, looking->uids[i]);
		stmt_bind_int(q, looking->number);
		stmt_bind_int(q, looking->turn.now);
		if (stmt_run(q, err) < 0)
			return -1;
	}
	turn_step(&looking->turn, "absent");
	return 0;
}

/* ---- believed ---------------------------------------------------------------------------------- */

struct gone {
	uint32_t uid;
	int64_t start_at, message_id;
};

/* CROSS: the absent items first, they are few. */
static const char SELECT_GONE[] =
	"SELECT o.uid, o.start_at, l.message_id FROM feed_item f CROSS JOIN occurrence o "
	"ON o.stream_id = f.stream_id AND o.item = f.item JOIN ledger l "
	"ON l.stream_id = o.stream_id AND l.uid = o.uid WHERE f.stream_id = ?1 AND f.absent > 0 "
	"AND f.absent <= ?2 AND o.gone = 0 AND o.start_at > ?3 LIMIT ?4";

static int
find_gone(struct looking *looking, unsigned max, struct gone *out, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(looking->turn.store, SELECT_GONE);

	*count = 0;
	stmt_bind_int(q, looking->look->stream_id);
	stmt_bind_int(q, looking->number - (LOOKS_TO_BELIEVE - 1));
	stmt_bind_int(q, looking->turn.now);
	stmt_bind_int(q, max);
	while (*count < max && stmt_row(q)) {
		struct gone *gone = &out[(*count)++];

		gone->uid = (uint32_t)stmt_int(q);
		gone->start_at = stmt_int(q);
		gone->message_id = stmt_int(q);
	}
	return stmt_end(q, err);
}

static int
cancel_gone(struct looking *looking, unsigned max, bool *more, struct err *err)
{
	struct turn *turn = &looking->turn;
	struct gone *gone = arena_array(turn->lasting, (size_t)max + 1, sizeof *gone);
	unsigned count;

	if (find_gone(looking, max, gone, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		arena_reset(turn->arena);
		if (occurrence_set(turn, gone[i].uid, gone[i].start_at, true, err) < 0 ||
			meeting_gone(turn, gone[i].message_id, gone[i].start_at, err) < 0)
			return -1;
		turn_step(turn, "gone");
	}
	*more = count == max;
	return 0;
}

static const char BELIEVE[] = "UPDATE feed_item SET absent = -1 WHERE stream_id = ?1 "
			      "AND absent > 0 AND absent <= ?2";

static int
believe_absent(struct looking *looking, struct err *err)
{
	struct stmt *q = sql_prepare(looking->turn.store, BELIEVE);

	stmt_bind_int(q, looking->look->stream_id);
	stmt_bind_int(q, looking->number - (LOOKS_TO_BELIEVE - 1));
	return stmt_run(q, err);
}

static const char NOTE_LOOK[] =
	"UPDATE feed SET etag = ?2, modified = ?3, digest = ?4, items = ?5, "
	"looks = ?6 WHERE stream_id = ?1";

static int
note_look(struct looking *looking, struct err *err)
{
	const struct feed_look *look = looking->look;
	struct stmt *q;

	if (believe_absent(looking, err) < 0)
		return -1;
	q = sql_prepare(looking->turn.store, NOTE_LOOK);
	stmt_bind_int(q, look->stream_id);
	stmt_bind_text(q, look->etag);
	stmt_bind_text(q, look->modified);
	stmt_bind_blob(q, look->digest, sizeof look->digest);
	stmt_bind_int(q, look->feed->item_count);
	stmt_bind_int(q, looking->number);
	if (stmt_run(q, err) < 0)
		return -1;
	turn_step(&looking->turn, "look");
	return stream_completed(looking->turn.store, look->stream_id, looking->turn.now, err);
}

static int
do_look(struct looking *looking, unsigned max, bool *more, struct err *err)
{
	if (load_number(looking, err) < 0 || note_absent(looking, err) < 0 ||
		cancel_gone(looking, max, more, err) < 0)
		return -1;
	if (!*more && note_look(looking, err) < 0)
		return -1;
	return turn_end(&looking->turn, err);
}

int
feed_looked(struct store *store, struct capture *capture, struct arena *arena,
	const struct feed_look *look, unsigned max, int64_t now, struct capture_result *out,
	bool *more, struct err *err)
{
	struct looking looking = { .look = look };
	struct capture_result result = { 0 };
	struct stream stream;
	int failed;

	if (turn_begin(&looking.turn, store, capture, arena, now, &result, err) < 0 ||
		turn_at_stream(&looking.turn, look->stream_id, &stream, err) < 0)
		return -1;
	looking.turn.arena = arena_new();
	failed = do_look(&looking, max == 0 ? 1 : max, more, err);
	arena_free(looking.turn.arena);
	if (failed == 0)
		*out = result;
	return failed;
}

/* ---- held -------------------------------------------------------------------------------------- */

int
meetings_held(struct store *store, struct arena *arena, int64_t now, unsigned max,
	struct capture_result *out, int64_t *next, struct err *err)
{
	struct capture_result result = { 0 };
	struct turn turn = {
		.store = store,
		.arena = arena,
		.lasting = arena,
		.now = now,
		.result = &result,
	};
	unsigned count;
	int64_t *ids;

	if (interaction_hold(store, arena, now, max, &ids, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (turn_recount(&turn, ids[i], err) < 0)
			return -1;
		turn_tell(&turn, ids[i], CAPTURE_CHANGED);
	}
	if (turn_count(&turn, err) < 0 || interaction_next_end(store, next, err) < 0)
		return -1;
	*out = result;
	return 0;
}
