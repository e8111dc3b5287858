#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "liaison/base/crypt.h"

/* Threads: a message belongs to the thread of the Message-IDs it refers to, and of those that
 * referred to it. Threads that turn out to be one are joined under the lower number: the higher one
 * leads to it in thread_merge, so that no old message has to be written again. */

enum { THREADS_MAX = 16 * 1024, ROOM_FIRST = 1024 };

/* ---- what was asked lately ---- */

void
threads_clear(struct thread_table *table)
{
	free(table->slots);
	*table = (struct thread_table){ 0 };
}

static struct thread_seen *
seen_slot(struct thread_seen *slots, size_t room, uint64_t hash)
{
	size_t i = hash & (room - 1);

	while (slots[i].thread != 0 && slots[i].hash != hash)
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static void
seen_grow(struct thread_table *table)
{
	size_t room = table->room == 0 ? ROOM_FIRST : table->room * 2;
	struct thread_seen *slots = mem_zero(room, sizeof *slots);

	for (size_t i = 0; i < table->room; i++) {
		if (table->slots[i].thread != 0)
			*seen_slot(slots, room, table->slots[i].hash) = table->slots[i];
	}
	free(table->slots);
	table->slots = slots;
	table->room = room;
}

void
thread_remember(struct thread_table *table, uint64_t hash, int64_t thread, char what)
{
	struct thread_seen *slot;

	if (table->count >= THREADS_MAX)
		threads_clear(table);
	if ((table->count + 1) * 2 > table->room)
		seen_grow(table);
	slot = seen_slot(table->slots, table->room, hash);
	if (slot->thread == 0)
		table->count++;
	*slot = (struct thread_seen){ hash, thread, what };
}

/* ---- what the store knows ---- */

static const char SELECT_MERGE[] = "SELECT into_thread FROM thread_merge WHERE thread = ?";

int
thread_current(struct turn *turn, int64_t thread, int64_t *current, struct err *err)
{
	bool found = thread != 0;

	while (found) {
		struct stmt *q = sql_prepare(turn->store, SELECT_MERGE);

		stmt_bind_int(q, thread);
		if (sql_get_int(q, &thread, &found, err) < 0)
			return -1;
	}
	*current = thread;
	return 0;
}

static const char SELECT_THREAD[] =
	"SELECT thread, direction FROM message WHERE message_id_hash = ?1 AND thread <> 0 "
	"UNION ALL SELECT thread, NULL FROM thread_ref WHERE message_id_hash = ?1";

/* A message says more than a reference to it; of several with one Message-ID the first counts. */
static int
ask(struct turn *turn, uint64_t hash, struct thread_seen *out, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_THREAD);

	*out = (struct thread_seen){ .hash = hash };
	stmt_bind_int(q, (int64_t)hash);
	while (stmt_row(q)) {
		int64_t thread = stmt_int(q);
		const char *direction = stmt_text(q);

		if (out->thread == 0 || (direction != NULL && out->what == 'r')) {
			out->thread = thread;
			out->what = direction == NULL ? 'r' : direction[0];
		}
	}
	if (stmt_end(q, err) < 0)
		return -1;
	return thread_current(turn, out->thread, &out->thread, err);
}

int
thread_look_up(struct turn *turn, uint64_t hash, struct thread_seen *out, struct err *err)
{
	struct thread_table *table = &turn->capture->threads;

	if (table->room > 0) {
		*out = *seen_slot(table->slots, table->room, hash);
		if (out->thread != 0)
			return 0;
	}
	if (ask(turn, hash, out, err) < 0)
		return -1;
	if (out->thread != 0)
		thread_remember(table, hash, out->thread, out->what);
	return 0;
}

/* ---- who began ---- */

const char *
thread_begun_by(char what)
{
	return what == 'i' ? "them" : "us";
}

bool
thread_is_root(const struct event *event)
{
	return event->in_reply_to == NULL && event->reference_count == 0;
}

static const char SELECT_FIRST[] =
	"SELECT initiated_by FROM interaction WHERE thread = ?1 AND thread <> 0 AND +at <= ?2 "
	"ORDER BY at, id LIMIT 1";

int
thread_first(struct turn *turn, int64_t thread, int64_t at, const char **out, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_FIRST);

	*out = NULL;
	stmt_bind_int(q, thread);
	stmt_bind_int(q, at);
	return sql_get_text(q, turn->arena, out, err);
}

int
thread_initiator(struct turn *turn, int64_t thread, const struct event *event,
	const char *direction, const char **initiated_by, struct err *err)
{
	const char *parent = event->in_reply_to;
	struct thread_seen seen = { 0 };

	*initiated_by = NULL;
	if (!thread_is_root(event) && thread_first(turn, thread, event->at, initiated_by, err) < 0)
		return -1;
	if (*initiated_by != NULL)
		return 0;
	if (parent != NULL && thread_look_up(turn, hash64(parent, strlen(parent)), &seen, err) < 0)
		return -1;
	*initiated_by = thread_begun_by(
		seen.thread != 0 && seen.what != 'r' ? seen.what : direction[0]);
	return 0;
}

static const char SELECT_LATER[] =
	"SELECT id FROM interaction WHERE thread = ?1 AND thread <> 0 AND +at >= ?2 "
	"AND initiated_by <> ?3 AND kind = 'email'";

static int
later_of_thread(struct turn *turn, int64_t thread, int64_t at, const char *initiated_by,
	int64_t **ids, unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_LATER);
	unsigned room = 0;

	*ids = NULL;
	*count = 0;
	stmt_bind_int(q, thread);
	stmt_bind_int(q, at);
	stmt_bind_text(q, initiated_by);
	while (stmt_row(q)) {
		if (*count == room) {
			int64_t *more = arena_array(turn->arena, room * 2 + 8, sizeof *more);

			if (*count > 0)
				memcpy(more, *ids, *count * sizeof *more);
			*ids = more;
			room = room * 2 + 8;
		}
		(*ids)[(*count)++] = stmt_int(q);
	}
	return stmt_end(q, err);
}

static const char UPDATE_INITIATOR[] =
	"UPDATE interaction SET initiated_by = ?, version = version + 1, changed = ? WHERE id = ?";

int
thread_harmonise(
	struct turn *turn, int64_t thread, int64_t at, const char *initiated_by, struct err *err)
{
	int64_t *ids;
	unsigned count;

	if (later_of_thread(turn, thread, at, initiated_by, &ids, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		struct stmt *q = sql_prepare(turn->store, UPDATE_INITIATOR);

		stmt_bind_text(q, initiated_by);
		stmt_bind_int(q, turn->now);
		stmt_bind_int(q, ids[i]);
		if (stmt_run(q, err) < 0 || turn_recount(turn, ids[i], err) < 0)
			return -1;
		turn_tell(turn, ids[i], CAPTURE_CHANGED);
	}
	return 0;
}
