#include "import.h"

#include "liaison/base/text.h"
#include "liaison/capture/capture.h"
#include "request.h"
#include "undo.h"

/* An import with --strict is recorded whole, or nothing of it stays: what its transactions recorded before
 * one of its rows was refused, or before it was cancelled, is taken back as system.undo does. */

enum { TURN_MS = 400 };

bool
import_is_open(const struct import_run *run)
{
	return run->rule.strict && !run->settled && run->file.id != 0 && !run->call->call.dry_run;
}

/* ---- taking back ---- */

/* One transaction. by: the batch of the undo's own entries. A batch that somebody took back is done. */
static int
take_back_some(struct call *call, struct undo_run *undo, int64_t id, int64_t batch, bool *more,
	struct err *err)
{
	*more = false;
	if (batch != 0 && undo_turn(call, undo, batch, more, err) < 0 &&
		(undo->begun || (err->code != ERR_REFUSED && err->code != ERR_NOT_FOUND)))
		return -1;
	return *more ? 0 : import_drop(call->store, id, err);
}

static int
take_back(struct import_run *run, struct worker *worker, bool *more, struct err *err)
{
	struct call call = run->call->call;
	int64_t by = run->undo->undo.by;

	arena_reset(worker->arena);
	call_renew(&call, worker, worker->arena);
	call.command = command_find("system.undo");
	call.turns = run->undo_turns;
	call.turns->begun_ms = clock_monotonic_ms();
	call.journal_batch = by;
	if (store_begin(worker->store, err) < 0)
		return -1;
	if (take_back_some(&call, run->undo, run->file.id, run->journal_batch, more, err) < 0 ||
		call_tell(&call, worker, err) < 0 || store_commit(worker->store, err) < 0) {
		store_rollback(worker->store);
		capture_contacts_changed(worker->capture);
		watch_forget(worker);
		return -1;
	}
	watch_send(worker, &run->engine->done);
	return 0;
}

static void
say_kept(struct import_run *run)
{
	char hint[sizeof run->err.hint];
	int64_t kept = run->undo->undo.kept;

	text_copy(hint, sizeof hint, run->err.hint);
	if (kept > 0)
		err_hint(&run->err,
			"%.80s%sit was taken back but for %lld changes that others built on: "
			"system audit tells of batch %lld",
			hint, hint[0] != '\0' ? "; " : "", (long long)kept,
			(long long)run->journal_batch);
	else
		err_hint(&run->err, "%.150s%snothing of the file is recorded", hint,
			hint[0] != '\0' ? "; " : "");
}

static void
run_take_back(struct work *work, struct worker *worker)
{
	struct import_run *run = (struct import_run *)work;
	int64_t begun = clock_monotonic_ms();
	bool more = true;
	struct err err;

	if (run->undo == NULL) {
		run->undo = arena_alloc(run->arena, sizeof *run->undo);
		*run->undo = (struct undo_run){ 0 };
		run->undo_turns = arena_alloc(run->arena, sizeof *run->undo_turns);
		*run->undo_turns = (struct turns){ .kept = run->arena };
	}
	while (more && clock_monotonic_ms() - begun < TURN_MS &&
		!writer_is_wanted(run->engine->writer)) {
		if (take_back(run, worker, &more, &err) == 0)
			continue;
		err_hint(&run->err,
			"what it recorded, batch %lld, is taken back when the daemon starts: %.80s",
			(long long)run->journal_batch, err.message);
		run->settled = true;
		return;
	}
	run->settled = !more;
	if (!more)
		say_kept(run);
}

/* ---- whole ---- */

static void
run_end(struct work *work, struct worker *worker)
{
	struct import_run *run = (struct import_run *)work;
	struct store *store = worker->store;
	struct err err;

	run->settled = true;
	if (store_begin(store, &err) < 0) {
		import_fail(run, &err);
		return;
	}
	if (import_end(store, run->file.id, &err) == 0 && store_commit(store, &err) == 0)
		return;
	store_rollback(store);
	import_fail(run, &err);
}

static void
settled(struct work *work)
{
	struct import_run *run = (struct import_run *)work;

	run->working = false;
	import_step(run);
}

void
import_settle(struct import_run *run)
{
	run->working = true;
	run->work.run = run->failed ? run_take_back : run_end;
	run->work.done = settled;
	run->work.priority = WORK_BACKGROUND;
	writer_add(run->engine->writer, &run->work);
}

/* ---- at the start ---- */

static int
take_back_whole(struct call *call, int64_t id, int64_t batch, struct err *err)
{
	struct store *store = call->store;
	struct undo_run undo = { 0 };
	bool more = true;

	while (more) {
		arena_reset(call->turns->own);
		call->turns->begun_ms = clock_monotonic_ms();
		call->journal_batch = undo.undo.by;
		if (store_begin(store, err) < 0)
			return -1;
		if (take_back_some(call, &undo, id, batch, &more, err) < 0 ||
			store_commit(store, err) < 0) {
			store_rollback(store);
			return -1;
		}
	}
	return 0;
}

int
import_take_back_all(
	struct store *store, const struct config *config, unsigned *count, struct err *err)
{
	struct turns turns = { .kept = arena_new(), .own = arena_new() };
	struct call call = { .store = store,
		.arena = turns.own,
		.command = command_find("system.undo"),
		.config = config,
		.user = "liaison",
		.access = ~0U,
		.now = clock_now(),
		.capture = capture_new(config),
		.turns = &turns };
	int64_t id, batch;
	int result;

	*count = 0;
	while ((result = import_under_way(store, &id, &batch, err)) == 0 && id != 0) {
		result = take_back_whole(&call, id, batch, err);
		if (result < 0)
			break;
		++*count;
	}
	capture_free(call.capture);
	arena_free(turns.kept);
	arena_free(turns.own);
	return result;
}
