#include "liaison/base/log.h"
#include "liaison/capture/candidate.h"
#include "pipeline.h"
#include "schedule_slot.h"

/* Candidates are counted behind capture, a few hundred messages a transaction: one transaction a second
 * while mail is captured, so that a backfill is not slowed, and one after the other when it is over. */

enum { COUNTED_AT_ONCE = 500 };

static int
tell(struct worker *worker, int64_t now, int64_t id, struct err *err)
{
	struct json_out out;

	text_reset(&worker->record);
	json_out_init(&out, &worker->record);
	if (candidate_write(worker->store, worker->arena, id, &out, err) < 0)
		return -1;
	return watch_note(worker, now, "candidate.new", worker->record.bytes, err);
}

static int
count(struct worker *worker, struct candidate_result *result, struct err *err)
{
	int64_t now = clock_now();

	if (candidate_follow(worker->store, worker->capture, worker->arena, COUNTED_AT_ONCE, now,
		    result, err) < 0 ||
		watch_note_result(worker, now, &result->capture, err) < 0)
		return -1;
	for (unsigned i = 0; i < result->fresh_count; i++) {
		if (tell(worker, now, result->fresh[i], err) < 0)
			return -1;
	}
	return store_commit(worker->store, err);
}

void
run_candidates(struct work *work, struct worker *worker)
{
	struct job_slot *slot = (struct job_slot *)work;
	struct candidate_result result = { 0 };
	struct err err;

	slot->more = slot->wanted = false;
	if (worker->capture == NULL || store_is_poisoned(worker->store))
		return; /* nobody has said yet who we are, or nothing can be written */
	if (store_begin(worker->store, &err) == 0) {
		if (count(worker, &result, &err) == 0) {
			watch_send(worker, &worker->engine->done);
			slot->failed = false;
			slot->more = result.more && result.newest == slot->newest;
			slot->newest = result.newest;
			slot->wanted = result.capture.wanted > 0;
			return;
		}
		store_rollback(worker->store);
		capture_contacts_changed(worker->capture);
		watch_forget(worker);
	}
	if (!slot->failed)
		log_write(LOG_WARNING, "candidates: they are not counted: %s", err.message);
	slot->failed = true;
}

void
candidates_done(struct work *work)
{
	struct job_slot *slot = (struct job_slot *)work;
	struct engine *engine = slot->schedule->engine;

	slot->busy = slot->more && !engine->stopping;
	if (slot->wanted)
		wanting_look(engine, 0, NULL);
	if (slot->busy)
		slot->schedule->ways.write(engine->writer, work);
}
