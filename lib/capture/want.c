#include <stdlib.h>
#include <string.h>

#include "inside.h"

/* Text that is wanted of captured mail: written by the decision, fetched next, dropped when stored. */

enum { TRIES_MAX = 3, TEXT_ABOVE = 8 * 1024 };

/* Cuts the next blank-separated word off; "-" is none. */
static const char *
next_word(char **rest)
{
	char *word = *rest, *end;

	if (word == NULL)
		return NULL;
	end = strchr(word, ' ');
	*rest = end == NULL ? NULL : end + 1;
	if (end != NULL)
		*end = '\0';
	return strcmp(word, "-") == 0 ? NULL : word;
}

static void
read_text_part(char *words, struct want *out)
{
	char *rest = words;

	next_word(&rest);
	out->encoding = next_word(&rest);
	out->charset = next_word(&rest);
	out->subtype = next_word(&rest);
}

static void
read_want(struct stmt *q, struct arena *arena, struct want *out)
{
	char *words;

	out->stream_id = stmt_int(q);
	out->interaction_id = stmt_int(q);
	out->folder = stmt_text_copy(q, arena);
	out->uidvalidity = (uint32_t)stmt_int(q);
	out->uid = (uint32_t)stmt_int(q);
	out->part = stmt_text_copy(q, arena);
	out->bytes = (uint32_t)stmt_int(q);
	out->whole = out->bytes > TEXT_ABOVE;
	words = arena_text(arena, stmt_text(q));
	read_text_part(words, out);
}

static const char SELECT_WANTS[] =
	"SELECT w.stream_id, w.interaction_id, t.folder, t.uidvalidity, w.uid, w.part, w.bytes, "
	"m.text_part FROM want w JOIN stream t ON t.id = w.stream_id "
	"JOIN interaction i ON i.id = w.interaction_id LEFT JOIN message m ON m.id = i.message_id "
	"WHERE w.stream_id = ? ORDER BY w.stream_id, w.uid DESC LIMIT ?";

static int
wants_of_stream(struct store *store, struct arena *arena, int64_t stream_id, unsigned max,
	struct want *out, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_WANTS);
	unsigned found = 0;

	stmt_bind_int(q, stream_id);
	stmt_bind_int(q, max);
	while (found < max && stmt_row(q))
		read_want(q, arena, &out[found++]);
	*count += found;
	return stmt_end(q, err);
}

static const char SELECT_WANTING[] =
	"SELECT t.id FROM stream t WHERE t.source_id = ? AND t.current = 1 "
	"AND EXISTS (SELECT 1 FROM want w WHERE w.stream_id = t.id) ORDER BY t.id";

static int
wanting_streams(struct store *store, int64_t source_id, int64_t *ids, unsigned max, unsigned *count,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_WANTING);

	*count = 0;
	stmt_bind_int(q, source_id);
	while (*count < max && stmt_row(q))
		ids[(*count)++] = stmt_int(q);
	return stmt_end(q, err);
}

/* Every folder gets its share, so that one long backfill does not starve the others. */
int
want_list(struct store *store, struct arena *arena, int64_t source_id, unsigned max,
	struct want **out, unsigned *count, struct err *err)
{
	int64_t *streams = arena_array(arena, (size_t)max + 1, sizeof *streams);
	struct want *list = arena_array(arena, (size_t)max + 1, sizeof *list);
	unsigned stream_count, found = 0;

	if (wanting_streams(store, source_id, streams, max, &stream_count, err) < 0)
		return -1;
	for (unsigned i = 0; i < stream_count; i++) {
		unsigned share = (max - found) / (stream_count - i);

		if (wants_of_stream(store, arena, streams[i], share, list + found, &found, err) < 0)
			return -1;
	}
	*out = list;
	*count = found;
	return 0;
}

static const char DROP_WANT[] = "DELETE FROM want WHERE stream_id = ? AND uid = ? AND part = ?";

static int
drop_want(struct store *store, const struct want *want, struct err *err)
{
	struct stmt *q = sql_prepare(store, DROP_WANT);

	stmt_bind_int(q, want->stream_id);
	stmt_bind_int(q, want->uid);
	stmt_bind_text(q, want->part);
	return stmt_run(q, err);
}

int
want_done(struct store *store, struct capture *capture, struct arena *arena,
	const struct want *want, const char *text, bool truncated, int64_t now, struct err *err)
{
	(void)capture;
	(void)now;
	if (text != NULL && interaction_set_text(store, arena, want->interaction_id, text,
				    want->whole, truncated, err) < 0)
		return -1;
	return drop_want(store, want, err);
}

static const char ONE_MORE_TRY[] =
	"UPDATE want SET tries = tries + 1 WHERE stream_id = ? AND uid = ? AND part = ?";

static const char DROP_TIRED[] = "DELETE FROM want WHERE stream_id = ? AND uid = ? AND tries >= ?";

int
want_failed(struct store *store, const struct want *want, struct err *err)
{
	struct stmt *q = sql_prepare(store, ONE_MORE_TRY);

	stmt_bind_int(q, want->stream_id);
	stmt_bind_int(q, want->uid);
	stmt_bind_text(q, want->part);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(store, DROP_TIRED);
	stmt_bind_int(q, want->stream_id);
	stmt_bind_int(q, want->uid);
	stmt_bind_int(q, TRIES_MAX);
	return stmt_run(q, err);
}
