#include <string.h>

#include "inside.h"
#include "liaison/base/crypt.h"

/* The place of one message among the threads, and its writing once the message is known to be new. */

static uint64_t
hash_id(const char *message_id)
{
	return hash64(message_id, strlen(message_id));
}

/* ---- numbers ---- */

static const char SELECT_NEXT[] =
	"SELECT CAST(value AS INTEGER) FROM setup WHERE key = 'next-thread'";

int
thread_counter_load(struct turn *turn, struct err *err)
{
	struct capture *capture = turn->capture;
	int64_t next = 1;

	if (capture->next_thread != 0)
		return 0;
	if (sql_get_int(sql_prepare(turn->store, SELECT_NEXT), &next, NULL, err) < 0)
		return -1;
	capture->next_thread = capture->saved_thread = next;
	return 0;
}

static const char PUT_NEXT[] =
	"INSERT INTO setup (key, value) VALUES ('next-thread', CAST(?1 AS TEXT)) "
	"ON CONFLICT (key) DO UPDATE SET value = excluded.value";

int
thread_counter_save(struct turn *turn, struct err *err)
{
	struct capture *capture = turn->capture;
	struct stmt *q;

	if (capture->next_thread == capture->saved_thread)
		return 0;
	q = sql_prepare(turn->store, PUT_NEXT);
	stmt_bind_int(q, capture->next_thread);
	if (stmt_run(q, err) < 0)
		return -1;
	capture->saved_thread = capture->next_thread;
	return 0;
}

/* ---- place ---- */

/* The lowest number is the thread; what else was met becomes it. */
static void
meet(struct placement *out, int64_t thread)
{
	int64_t other = thread;

	if (thread == 0 || thread == out->thread)
		return;
	for (unsigned i = 0; i < out->other_count; i++) {
		if (out->others[i] == thread)
			return;
	}
	if (out->thread == 0 || thread < out->thread) {
		other = out->thread;
		out->thread = thread;
	}
	if (other != 0)
		out->others[out->other_count++] = other;
}

struct encounter {
	struct placement *out;
	char root; /* the first reference's direction, 'r' or 0: unknown */
	char oldest; /* the oldest known reference's */
};

static int
meet_reference(struct turn *turn, struct encounter *meeting, const char *message_id, bool first,
	struct err *err)
{
	struct placement *out = meeting->out;
	uint64_t hash = hash_id(message_id);
	struct thread_seen seen;

	if (hash == out->own)
		return 0;
	if (thread_look_up(turn, hash, &seen, err) < 0)
		return -1;
	if (seen.thread == 0) {
		out->unseen[out->unseen_count++] = hash;
		return 0;
	}
	meet(out, seen.thread);
	if (first)
		meeting->root = seen.what;
	if (meeting->oldest == 0 && seen.what != 'r')
		meeting->oldest = seen.what;
	return 0;
}

static bool
refers_to(const struct event *event, const char *message_id)
{
	for (unsigned i = 0; i < event->reference_count; i++) {
		if (strcmp(event->references[i], message_id) == 0)
			return true;
	}
	return false;
}

static int
meet_references(
	struct turn *turn, struct encounter *meeting, const struct event *event, struct err *err)
{
	const char *parent = event->in_reply_to;
	struct placement *out = meeting->out;
	unsigned most = event->reference_count + 2;

	if (event->reference_count == 0 && parent == NULL) {
		out->others = arena_array(turn->arena, 2, sizeof *out->others);
		return 0;
	}
	out->unseen = arena_array(turn->arena, most, sizeof *out->unseen);
	out->others = arena_array(turn->arena, most, sizeof *out->others);
	for (unsigned i = 0; i < event->reference_count; i++) {
		if (meet_reference(turn, meeting, event->references[i], i == 0, err) < 0)
			return -1;
	}
	if (parent != NULL && !refers_to(event, parent))
		return meet_reference(turn, meeting, parent, false, err);
	return 0;
}

static int
meet_own(struct turn *turn, struct placement *out, const char *message_id, struct err *err)
{
	struct thread_seen seen;

	if (message_id == NULL)
		return 0;
	if (thread_look_up(turn, out->own, &seen, err) < 0)
		return -1;
	out->awaited = seen.thread != 0 && seen.what == 'r';
	out->reused = seen.thread != 0 && seen.what != 'r';
	meet(out, seen.thread);
	return 0;
}

/* The thread's first message says who began; as long as that is not known, the first that is. What
 * answers nothing is the first, whatever the clocks say. */
static int
find_initiator(struct turn *turn, const struct encounter *meeting, const struct event *event,
	const char *direction, struct err *err)
{
	struct placement *out = meeting->out;
	const char *first = NULL;

	if (thread_is_root(event)) {
		out->initiated_by = thread_begun_by(direction[0]);
		return 0;
	}
	if (meeting->root != 0 && meeting->root != 'r') {
		out->initiated_by = thread_begun_by(meeting->root);
		return 0;
	}
	if (!out->fresh && thread_first(turn, out->thread, event->at, &first, err) < 0)
		return -1;
	out->initiated_by = first != NULL ? first
					  : thread_begun_by(meeting->oldest != 0 ? meeting->oldest
										 : direction[0]);
	return 0;
}

int
thread_place(struct turn *turn, const struct event *event, const char *direction,
	struct placement *out, struct err *err)
{
	struct encounter meeting = { .out = out };

	*out = (struct placement){ 0 };
	if (event->message_id != NULL)
		out->own = hash_id(event->message_id);
	if (meet_references(turn, &meeting, event, err) < 0 ||
		meet_own(turn, out, event->message_id, err) < 0)
		return -1;
	if (out->thread == 0) {
		out->thread = turn->capture->next_thread++;
		out->fresh = true;
	}
	return find_initiator(turn, &meeting, event, direction, err);
}

/* ---- writing ---- */

static const char ADD_REF[] =
	"INSERT INTO thread_ref (message_id_hash, thread) VALUES (?, ?) ON CONFLICT DO NOTHING";

static int
note_unseen(struct turn *turn, const struct placement *placement, struct err *err)
{
	for (unsigned i = 0; i < placement->unseen_count; i++) {
		struct stmt *q = sql_prepare(turn->store, ADD_REF);

		stmt_bind_int(q, (int64_t)placement->unseen[i]);
		stmt_bind_int(q, placement->thread);
		if (stmt_run(q, err) < 0)
			return -1;
		thread_remember(
			&turn->capture->threads, placement->unseen[i], placement->thread, 'r');
	}
	return 0;
}

static const char SELECT_IN_THREAD[] =
	"SELECT id FROM interaction WHERE thread = ? AND thread <> 0";

static int
tell_thread(struct turn *turn, int64_t thread, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_IN_THREAD);

	stmt_bind_int(q, thread);
	while (stmt_row(q))
		turn_tell(turn, stmt_int(q), CAPTURE_CHANGED);
	return stmt_end(q, err);
}

static const char MOVE_INTERACTIONS[] =
	"UPDATE interaction SET thread = ?, version = version + 1, changed = ? "
	"WHERE thread = ? AND thread <> 0";

static int
move_interactions(struct turn *turn, int64_t from, int64_t to, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, MOVE_INTERACTIONS);

	stmt_bind_int(q, to);
	stmt_bind_int(q, turn->now);
	stmt_bind_int(q, from);
	return stmt_run(q, err);
}

static const char ADD_MERGE[] =
	"INSERT INTO thread_merge (thread, into_thread) VALUES (?, ?) ON CONFLICT DO NOTHING";

static int
join(struct turn *turn, int64_t thread, int64_t into, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, ADD_MERGE);

	stmt_bind_int(q, thread);
	stmt_bind_int(q, into);
	if (stmt_run(q, err) < 0 || tell_thread(turn, thread, err) < 0)
		return -1;
	threads_clear(&turn->capture->threads);
	return move_interactions(turn, thread, into, err);
}

int
thread_note(struct turn *turn, const struct placement *placement, const char *direction,
	bool speaks, struct err *err)
{
	for (unsigned i = 0; speaks && i < placement->other_count; i++) {
		if (join(turn, placement->others[i], placement->thread, err) < 0)
			return -1;
	}
	if (speaks && note_unseen(turn, placement, err) < 0)
		return -1;
	if (placement->own != 0 && !placement->reused)
		thread_remember(
			&turn->capture->threads, placement->own, placement->thread, direction[0]);
	return 0;
}
