#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inside.h"
#include "liaison/capture/rule.h"
#include "liaison/crm/contact.h"

/* The state kept between slices, and one turn of work on it in the caller's transaction. */

/* "name:count": a test asks to be killed at the count-th time a step is passed. */
static void
read_kill(struct capture *capture)
{
	const char *words = getenv("LIAISON_TEST_KILL");
	const char *colon = words == NULL ? NULL : strchr(words, ':');
	uint32_t count;

	if (colon == NULL || (size_t)(colon - words) >= sizeof capture->kill_step)
		return;
	if (text_to_uint32(colon + 1, &count) < 0)
		return;
	memcpy(capture->kill_step, words, (size_t)(colon - words));
	capture->kill_count = count;
}

void
turn_step(struct turn *turn, const char *name)
{
	struct capture *capture = turn->capture;

	if (capture->kill_count == 0 || strcmp(capture->kill_step, name) != 0)
		return;
	if (--capture->kill_count > 0)
		return;
	raise(SIGKILL);
	_exit(137);
}

struct capture *
capture_new(const struct config *config)
{
	struct capture *capture = mem_zero(1, sizeof *capture);

	capture->config = config;
	capture->generation = 1;
	own_init(&capture->own, config);
	known_init(&capture->known);
	read_kill(capture);
	return capture;
}

void
capture_free(struct capture *capture)
{
	if (capture == NULL)
		return;
	own_clear(&capture->own);
	known_clear(&capture->known);
	rules_clear(&capture->rules);
	rules_clear(&capture->former);
	threads_clear(&capture->threads);
	text_clear(&capture->scratch);
	past_list_clear(&capture->past);
	free(capture->uncounted);
	free(capture);
}

void
capture_contacts_changed(struct capture *capture)
{
	capture->generation++;
	capture->next_thread = 0; /* as it was counted in a transaction that may be rolled back */
	capture->uncounted_count = 0;
	threads_clear(&capture->threads);
}

static const char SELECT_LAST[] = "SELECT stream_id, uid FROM ledger WHERE id = ?";

/* Row numbers learned in a transaction that was rolled back are worth nothing. */
static int
notice_rollback(struct turn *turn, struct err *err)
{
	struct capture *capture = turn->capture;
	struct stmt *q;
	bool there = false;

	if (capture->last_id == 0)
		return 0;
	q = sql_prepare(turn->store, SELECT_LAST);
	stmt_bind_int(q, capture->last_id);
	if (stmt_row(q))
		there = stmt_int(q) == capture->last_stream && stmt_int(q) == capture->last_uid;
	if (stmt_end(q, err) < 0)
		return -1;
	if (!there) {
		known_flush(&capture->known);
		threads_clear(&capture->threads);
		capture->next_thread = 0;
		capture->last_id = 0;
	}
	return 0;
}

int
turn_begin(struct turn *turn, struct store *store, struct capture *capture, struct arena *arena,
	int64_t now, struct capture_result *result, struct err *err)
{
	*turn = (struct turn){
		.store = store,
		.capture = capture,
		.arena = arena,
		.lasting = arena,
		.now = now,
		.result = result,
	};
	if (notice_rollback(turn, err) < 0 || own_learn(turn, err) < 0 ||
		rules_refresh(turn, err) < 0)
		return -1;
	return thread_counter_load(turn, err);
}

int
turn_at_stream(struct turn *turn, int64_t stream_id, struct stream *out, struct err *err)
{
	if (stream_get(turn->store, turn->arena, stream_id, out, err) < 0)
		return -1;
	turn->stream_id = stream_id;
	turn->source_id = out->source_id;
	turn->source_name = out->source;
	turn->folder = out->folder;
	turn->source = config_source_by_name(turn->capture->config, out->source);
	return 0;
}

static const char SELECT_BLOCKED[] =
	"SELECT c.id FROM interaction_contact x JOIN contact c ON c.id = x.contact_id "
	"WHERE x.interaction_id = ? AND c.privacy_blocked";

int
turn_let_blocked(struct turn *turn, int64_t interaction_id, struct err *err)
{
	enum { MOST = 64 };
	int64_t found[MOST];
	unsigned count = 0;
	struct stmt *q;

	turn->blocked_too_count = 0;
	if (interaction_id == 0)
		return 0;
	q = sql_prepare(turn->store, SELECT_BLOCKED);
	stmt_bind_int(q, interaction_id);
	while (count < MOST && stmt_row(q))
		found[count++] = stmt_int(q);
	if (count > 0) {
		int64_t *kept = arena_array(turn->arena, count, sizeof *kept);

		memcpy(kept, found, count * sizeof *kept);
		turn->blocked_too = kept;
		turn->blocked_too_count = count;
	}
	return stmt_end(q, err);
}

void
turn_at_sighting(struct turn *turn, const struct sighting *sighting)
{
	turn->stream_id = sighting->stream_id;
	turn->source_id = sighting->source_id;
	turn->source_name = sighting->source;
	turn->folder = sighting->folder;
	turn->source = config_source_by_name(turn->capture->config, sighting->source);
}

/* Doubles an array of the arena; the old one stays there until the arena goes. */
static void *
doubled(struct arena *arena, const void *old, unsigned count, unsigned *room, size_t size)
{
	void *more;

	*room = *room == 0 ? 16 : *room * 2;
	more = arena_array(arena, *room, size);
	if (count > 0)
		memcpy(more, old, count * size);
	return more;
}

const char *
capture_change_word(enum capture_change what)
{
	switch (what) {
	case CAPTURE_RECORDED:
		break;
	case CAPTURE_CHANGED:
		return "interaction.changed";
	case CAPTURE_MOVED:
		return "interaction.moved";
	case CAPTURE_CANCELLED:
		return "interaction.cancelled";
	}
	return "interaction.recorded";
}

/* A change of what was told a moment ago adds nothing, nor does the same thing told twice. */
static bool
told_lately(const struct capture_result *result, int64_t interaction_id, enum capture_change what)
{
	for (unsigned i = result->told_count; i > 0 && result->told_count - i < 64; i--) {
		const struct capture_told *told = &result->told[i - 1];

		if (told->interaction_id == interaction_id &&
			(what == CAPTURE_CHANGED || told->what == what))
			return true;
	}
	return false;
}

void
turn_tell(struct turn *turn, int64_t interaction_id, enum capture_change what)
{
	struct capture_result *result = turn->result;

	if (what != CAPTURE_RECORDED && told_lately(result, interaction_id, what))
		return;
	if (result->told_count == turn->told_room)
		result->told = doubled(turn->lasting, result->told, result->told_count,
			&turn->told_room, sizeof *result->told);
	result->told[result->told_count++] = (struct capture_told){ interaction_id, what };
}

static void
note_recount(struct turn *turn, int64_t contact_id)
{
	for (unsigned i = 0; i < turn->recount_count; i++) {
		if (turn->recount[i] == contact_id)
			return;
	}
	if (turn->recount_count == turn->recount_room)
		turn->recount = doubled(turn->lasting, turn->recount, turn->recount_count,
			&turn->recount_room, sizeof *turn->recount);
	turn->recount[turn->recount_count++] = contact_id;
}

static const char SELECT_LINKED[] =
	"SELECT contact_id, company_id FROM interaction_contact WHERE interaction_id = ?";

int
turn_recount(struct turn *turn, int64_t interaction_id, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, SELECT_LINKED);
	int64_t company;

	stmt_bind_int(q, interaction_id);
	while (stmt_row(q)) {
		note_recount(turn, stmt_int(q));
		company = stmt_int(q);
		if (company != 0)
			note_recount(turn, company);
	}
	return stmt_end(q, err);
}

int
turn_count(struct turn *turn, struct err *err)
{
	bool changed;

	for (unsigned i = 0; i < turn->recount_count; i++) {
		if (contact_recount(turn->store, turn->recount[i], &changed, err) < 0)
			return -1;
	}
	turn->recount_count = 0;
	return 0;
}

int
turn_end(struct turn *turn, struct err *err)
{
	if (turn_count(turn, err) < 0 || rules_save(turn, err) < 0)
		return -1;
	return thread_counter_save(turn, err);
}

static void
note_uncounted(struct capture *capture, int64_t contact_id)
{
	for (unsigned i = 0; i < capture->uncounted_count; i++) {
		if (capture->uncounted[i] == contact_id)
			return;
	}
	if (capture->uncounted_count == capture->uncounted_room) {
		capture->uncounted_room = capture->uncounted_room * 2 + 16;
		capture->uncounted = mem_resize(
			capture->uncounted, capture->uncounted_room * sizeof *capture->uncounted);
	}
	capture->uncounted[capture->uncounted_count++] = contact_id;
}

int
turn_end_uncounted(struct turn *turn, struct err *err)
{
	for (unsigned i = 0; i < turn->recount_count; i++)
		note_uncounted(turn->capture, turn->recount[i]);
	turn->recount_count = 0;
	return turn_end(turn, err);
}

int
capture_count(struct store *store, struct capture *capture, struct err *err)
{
	bool changed;

	for (unsigned i = 0; i < capture->uncounted_count; i++) {
		if (contact_recount(store, capture->uncounted[i], &changed, err) < 0)
			return -1;
	}
	capture->uncounted_count = 0;
	return 0;
}
