#include <string.h>

#include "feed_index.h"

/* What is known of a calendar's feed, and which of its events are to be read. */

enum { DAY = 86400 };

void
feed_window(const struct config_source *source, int64_t now, int64_t *from, int64_t *until)
{
	*from = source->since < 0 ? 0 : now - source->since;
	*until = now + source->until;
}

/* ---- what is known ----------------------------------------------------------------------------- */

static const char PUT_FEED[] =
	"INSERT INTO feed (stream_id, reading) VALUES (?1, ?2) ON CONFLICT (stream_id) DO UPDATE "
	"SET reading = excluded.reading, digest = NULL WHERE reading <> excluded.reading";

static const char READ_AGAIN[] = "UPDATE feed_item SET digest = NULL WHERE stream_id = ?";

/* Where events are read in another way than before, all of them are read again. */
static int
put_feed(struct store *store, struct arena *arena, int64_t stream_id,
	const struct config_source *source, struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_FEED);

	stmt_bind_int(q, stream_id);
	stmt_bind_text(q, arena_printf(arena, "since %lld until %lld text %d busy %d level %d",
				  (long long)source->since, (long long)source->until,
				  source->match_text, source->private_busy, source->level));
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(store) == 0)
		return 0;
	q = sql_prepare(store, READ_AGAIN);
	stmt_bind_int(q, stream_id);
	return stmt_run(q, err);
}

static void
read_known(struct stmt *q, struct arena *arena, struct feed_known *out)
{
	const void *digest;
	bool pending;
	size_t size;

	out->etag = stmt_text_copy(q, arena);
	out->modified = stmt_text_copy(q, arena);
	digest = stmt_blob(q, &size);
	out->has_digest = size == sizeof out->digest;
	if (out->has_digest)
		memcpy(out->digest, digest, size);
	out->items = (unsigned)stmt_int(q);
	out->last_complete = stmt_int(q);
	pending = stmt_int(q) != 0;
	out->has_digest = out->has_digest && !pending;
}

/* An absence is looked for again and again until it is believed or over. */
static const char SELECT_KNOWN[] =
	"SELECT f.etag, f.modified, f.digest, f.items, t.last_complete, "
	"EXISTS (SELECT 1 FROM feed_item i WHERE i.stream_id = f.stream_id AND i.until <= ?2) "
	"OR EXISTS (SELECT 1 FROM feed_item i WHERE i.stream_id = f.stream_id AND i.absent > 0) "
	"FROM feed f JOIN stream t ON t.id = f.stream_id WHERE f.stream_id = ?1";

int
feed_known(struct store *store, struct arena *arena, int64_t source_id,
	const struct config_source *source, int64_t now, struct feed_known *out, struct err *err)
{
	struct feed_known known = { 0 };
	struct stream stream;
	struct stmt *q;
	bool fresh;

	if (stream_open(store, arena, source_id, "", 0, "", 0, false, 0, &stream, &fresh, err) <
			0 ||
		put_feed(store, arena, stream.id, source, err) < 0)
		return -1;
	known.stream_id = stream.id;
	q = sql_prepare(store, SELECT_KNOWN);
	stmt_bind_int(q, stream.id);
	stmt_bind_int(q, now + source->until - DAY);
	if (stmt_row(q))
		read_known(q, arena, &known);
	if (stmt_end(q, err) < 0)
		return -1;
	*out = known;
	return 0;
}

static const char ONE_MORE_LOOK[] = "UPDATE feed SET looks = looks + 1 WHERE stream_id = ?";

int
feed_unchanged(struct store *store, int64_t stream_id, int64_t now, struct err *err)
{
	struct stmt *q = sql_prepare(store, ONE_MORE_LOOK);

	stmt_bind_int(q, stream_id);
	if (stmt_run(q, err) < 0)
		return -1;
	return stream_completed(store, stream_id, now, err);
}

/* ---- by UID ------------------------------------------------------------------------------------ */

void
feed_index_init(struct feed_index *index, struct arena *arena, const struct feed *feed)
{
	size_t room = 16;

	while (room < (size_t)feed->item_count * 2 + 2)
		room *= 2;
	*index = (struct feed_index){ .feed = feed, .room = room };
	index->slots = arena_array(arena, room, sizeof *index->slots);
	for (unsigned i = 0; i < feed->item_count; i++) {
		const char *uid = feed->items[i].uid;
		size_t at = hash64(uid, strlen(uid)) & (room - 1);

		while (index->slots[at] != 0)
			at = (at + 1) & (room - 1);
		index->slots[at] = i + 1;
	}
}

int
feed_index_find(const struct feed_index *index, const char *uid)
{
	size_t at = hash64(uid, strlen(uid)) & (index->room - 1);

	for (; index->slots[at] != 0; at = (at + 1) & (index->room - 1)) {
		if (strcmp(index->feed->items[index->slots[at] - 1].uid, uid) == 0)
			return (int)index->slots[at] - 1;
	}
	return -1;
}

/* ---- comparing --------------------------------------------------------------------------------- */

static const char SELECT_ITEMS[] =
	"SELECT event_uid, digest, coalesce(until <= ?2, 0) OR absent <> 0 "
	"OR coalesce(bad_version <> ?3, 0) FROM feed_item WHERE stream_id = ?1";

/* *known[i]: the item needs no reading. */
static int
find_known(struct store *store, int64_t stream_id, const struct feed_index *index, int64_t until,
	bool *known, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ITEMS);

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, until - DAY);
	stmt_bind_text(q, LIAISON_VERSION);
	while (stmt_row(q)) {
		int at = feed_index_find(index, stmt_text(q));
		const void *digest;
		size_t size;

		if (at < 0)
			continue;
		digest = stmt_blob(q, &size);
		known[at] = size == sizeof index->feed->items[at].digest &&
			    memcmp(digest, index->feed->items[at].digest, size) == 0 &&
			    stmt_int(q) == 0;
	}
	return stmt_end(q, err);
}

static const char SELECT_PRESENT[] = "SELECT items FROM feed WHERE stream_id = ?";

static int
believe(struct store *store, int64_t stream_id, const struct feed *feed, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_PRESENT);
	int64_t items = 0;

	stmt_bind_int(q, stream_id);
	if (sql_get_int(q, &items, NULL, err) < 0)
		return -1;
	if (items > 0 && feed->item_count == 0)
		fail(err, ERR_REFUSED,
			"the calendar has no event, where there were %lld: nothing is changed",
			(long long)items);
	else if ((int64_t)feed->item_count * 2 < items)
		fail(err, ERR_REFUSED,
			"the calendar has only %u of the %lld events there were: nothing is "
			"changed",
			feed->item_count, (long long)items);
	else
		return 0;
	return -1;
}

int
feed_compare(struct store *store, struct arena *arena, int64_t stream_id, const struct feed *feed,
	int64_t until, bool accept, unsigned **todo, unsigned *count, struct err *err)
{
	bool *known = arena_array(arena, (size_t)feed->item_count + 1, sizeof *known);
	unsigned *list = arena_array(arena, (size_t)feed->item_count + 1, sizeof *list);
	struct feed_index index;
	unsigned found = 0;

	if (!accept && believe(store, stream_id, feed, err) < 0)
		return -1;
	feed_index_init(&index, arena, feed);
	if (find_known(store, stream_id, &index, until, known, err) < 0)
		return -1;
	for (unsigned i = 0; i < feed->item_count; i++) {
		if (!known[i])
			list[found++] = i;
	}
	*todo = list;
	*count = found;
	return 0;
}
