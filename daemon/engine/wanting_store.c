#include "wanting.h"

/* Text that came is stored, and what has none is wanted no more. */

static int
store_one(struct wanting *wanting, unsigned i, struct worker *worker, int64_t now, struct err *err)
{
	const struct wanted *state = &wanting->states[i];
	const struct want *want = &wanting->wants[i];

	if (state->state == WANT_LEFT)
		return 0;
	if (state->state == WANT_FAILED)
		return want_failed(worker->store, want, err);
	return want_done(worker->store, worker->capture, worker->arena, want,
		state->state == WANT_TEXT ? state->text : NULL, state->truncated, now, err);
}

static int
tell_texts(struct wanting *wanting, struct worker *worker, int64_t now, struct err *err)
{
	struct capture_result result = { 0 };

	result.told = arena_array(worker->arena, wanting->count, sizeof *result.told);
	for (unsigned i = 0; i < wanting->count; i++) {
		if (wanting->states[i].state == WANT_TEXT)
			result.told[result.told_count++] = (struct capture_told){
				.interaction_id = wanting->wants[i].interaction_id,
				.what = CAPTURE_CHANGED,
			};
	}
	return watch_note_result(worker, now, &result, err);
}

void
wanting_store(struct work *work, struct worker *worker)
{
	struct wanting *wanting = (struct wanting *)work;
	int64_t now = clock_now();
	int failed;

	arena_reset(worker->arena);
	wanting->failed = true;
	if (store_begin(worker->store, &wanting->err) < 0)
		return;
	failed = 0;
	for (unsigned i = 0; i < wanting->count && failed == 0; i++)
		failed = store_one(wanting, i, worker, now, &wanting->err);
	if (failed == 0 && tell_texts(wanting, worker, now, &wanting->err) == 0 &&
		store_commit(worker->store, &wanting->err) == 0) {
		wanting->failed = false;
		watch_send(worker, &worker->engine->done);
		return;
	}
	store_rollback(worker->store);
	watch_forget(worker);
}
