#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "liaison/base/crypt.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/classify.h"
#include "liaison/store/idempotency.h"
#include "liaison/store/journal.h"
#include "request.h"
#include "values.h"
#include "watch.h"

/* Runs requests on a thread's store and writes their answers. */

struct call_event {
	struct call_event *next;
	const char *kind; /* arena */
	int64_t interaction;
};

struct call_events {
	struct call_event *first, *last;
};

struct call_after {
	struct after *first, *last;
};

int
call_prepare(struct call *call, const struct batch *batch, const struct request *request,
	struct worker *worker, struct err *err)
{
	*call = (struct call){
		.store = worker->store,
		.arena = batch->arena,
		.command = request->command,
		.config = &batch->settings->config,
		.user = batch->caller.user,
		.as = request->as,
		.now = clock_now(),
		.dry_run = request->dry_run,
		.yes = request->yes,
		.access = batch->caller.access,
		.engine = worker->engine,
		.capture = worker->capture,
	};
	call->events = arena_alloc(batch->arena, sizeof *call->events);
	call->after = arena_alloc(batch->arena, sizeof *call->after);
	if (request->cancelled && !request->turns.must_end)
		return fail(err, ERR_UNAVAILABLE, "'%s' was cancelled", request->command->name);
	if (call_admit(call, batch, request, worker, err) < 0)
		return -1;
	return input_give(call, request, err);
}

int
call_journal(struct call *call, const char *noun, int64_t record, const char *before,
	const char *after, struct err *err)
{
	return call_journal_of(
		call, strcmp(noun, "contact") == 0 ? record : 0, noun, record, before, after, err);
}

int
call_journal_of(struct call *call, int64_t contact, const char *noun, int64_t record,
	const char *before, const char *after, struct err *err)
{
	struct journal_entry entry = {
		.user = call->user,
		.method = call->command->name,
		.noun = noun,
		.record = record,
		.contact = contact,
		.before = before,
		.after = after,
		.batch = call->journal_batch,
	};
	int64_t id;

	if (journal_add(call->store, &entry, &id, err) < 0)
		return -1;
	if (call->journal_batch == 0)
		call->journal_batch = id;
	return 0;
}

int
call_event(struct call *call, const char *kind, int64_t interaction, struct err *err)
{
	struct call_event *event = arena_alloc(call->arena, sizeof *event);

	(void)err;
	event->kind = arena_text(call->arena, kind);
	event->interaction = interaction;
	if (call->events->last != NULL)
		call->events->last->next = event;
	else
		call->events->first = event;
	call->events->last = event;
	return 0;
}

void
call_after_commit(struct call *call,
	void (*run)(struct engine *engine, int64_t number, const char *text), int64_t number,
	const char *text)
{
	struct after *after = mem_alloc(sizeof *after);

	*after = (struct after){ NULL, run, number, text ? mem_text(text) : NULL };
	if (call->after->last != NULL)
		call->after->last->next = after;
	else
		call->after->first = after;
	call->after->last = after;
}

static void
drop_afters(struct call *call)
{
	struct after *after, *next;

	for (after = call->after->first; after != NULL; after = next) {
		next = after->next;
		free(after->text);
		free(after);
	}
	call->after->first = call->after->last = NULL;
}

void
call_renew(struct call *call, struct worker *worker, struct arena *arena)
{
	call->store = worker->store;
	call->capture = worker->capture;
	call->arena = arena;
	call->events = arena_alloc(arena, sizeof *call->events);
	call->after = arena_alloc(arena, sizeof *call->after);
}

/* Moves what is to be told to the thread's lists, which go out on COMMIT. */
int
call_tell(struct call *call, struct worker *worker, struct err *err)
{
	for (struct call_event *event = call->events->first; event != NULL; event = event->next) {
		if (watch_note_interaction(
			    worker, call->now, event->kind, event->interaction, err) < 0)
			return -1;
	}
	if (call->after->first == NULL)
		return 0;
	if (worker->last_after != NULL)
		worker->last_after->next = call->after->first;
	else
		worker->afters = call->after->first;
	worker->last_after = call->after->last;
	call->after->first = call->after->last = NULL;
	return 0;
}

/* For whom the store reads a command says no more than this; what comes after the handler, the events
 * and the thread's own work, is ours again. Watchers have their own place for it, watch_page.c. */
static int
run_handler(struct call *call, struct text *out, struct err *err)
{
	struct json_out json;
	int result;

	json_out_init(&json, out);
	call->out = &json;
	store_set_viewer(call->store, call->viewer);
	result = call->command->run(call, err);
	store_set_viewer(call->store, NULL);
	return result;
}

static void
run_read(struct batch *batch, const struct request *request, struct worker *worker)
{
	size_t mark = batch->out.size;
	struct call call;
	struct err err;

	answer_begin(&batch->out, request->id);
	if (call_prepare(&call, batch, request, worker, &err) == 0 &&
		run_handler(&call, &batch->out, &err) == 0) {
		answer_end(&batch->out);
	} else {
		batch->out.size = mark;
		answer_error(&batch->out, request->id, 0, &err, NULL);
	}
	if (request->id == NULL)
		batch->out.size = mark;
}

void
batch_undone(struct work *work, const struct err *err)
{
	struct batch *batch = (struct batch *)work;

	text_reset(&batch->out);
	batch->reached = batch->count;
	while (batch->next_request < batch->count)
		answer_error(&batch->out, batch->requests[batch->next_request++].id, 0, err, NULL);
}

/* Others wait for this thread, and what is answered takes memory until the client has read it. */
static bool
has_had_its_turn(const struct batch *batch, int64_t begun)
{
	enum { TURN_MS = 20, TURN_BYTES = 128 * 1024 };

	return batch->out.size > TURN_BYTES || clock_monotonic_ms() - begun > TURN_MS;
}

void
batch_run_reads(struct work *work, struct worker *worker)
{
	struct batch *batch = (struct batch *)work;
	int64_t begun = clock_monotonic_ms();
	struct err err;

	if (store_begin(worker->store, &err) < 0) {
		batch_undone(work, &err);
		return;
	}
	while (batch->next_request < batch->count && !has_had_its_turn(batch, begun))
		run_read(batch, &batch->requests[batch->next_request++], worker);
	if (store_commit(worker->store, &err) < 0)
		store_rollback(worker->store);
}

static void
digest(const struct request *request, uint8_t out[IDEMPOTENCY_DIGEST])
{
	char *params = request->params == NULL
			       ? NULL
			       : json_dumps(request->params, JSON_SORT_KEYS | JSON_COMPACT);
	struct sha256_state *state = sha256_new();

	sha256_add(state, request->command->name, strlen(request->command->name) + 1);
	if (request->as != NULL)
		sha256_add(state, request->as, strlen(request->as) + 1);
	if (params != NULL)
		sha256_add(state, params, strlen(params));
	if (request->input != NULL)
		sha256_add(state, request->input->bytes.bytes, request->input->bytes.size);
	sha256_end(state, out);
	free(params);
}

/* The answer that the same key had before; *known false: it is new. */
static int
find_known(struct batch *batch, const struct request *request, struct worker *worker,
	const uint8_t *hash, bool *known, struct err *err)
{
	const char *result;

	if (idempotency_find(worker->store, batch->arena, batch->caller.user, request->key, hash,
		    clock_now(), &result, err) < 0)
		return -1;
	*known = result != NULL;
	if (*known)
		text_add(&batch->out, result);
	return 0;
}

static bool
must_confirm(const struct call *call, const struct request *request)
{
	return (request->command->traits & COMMAND_CONFIRM || call_is_bulk(call)) &&
	       !request->yes && !request->dry_run;
}

static int
keep(struct call *call, const struct request *request, struct worker *worker, const uint8_t *hash,
	const char *result, size_t size, struct err *err)
{
	if (call_tell(call, worker, err) < 0)
		return -1;
	if (request->key == NULL || call->turns->again)
		return 0;
	return idempotency_add(
		worker->store, call->user, request->key, hash, call->now, result, size, err);
}

/* Within a savepoint. 1: keep it; 0: it was a dry run, undo it; -1. */
static int
run_write_inside(struct batch *batch, struct request *request, struct worker *worker,
	struct call *call, struct err *err)
{
	uint8_t hash[IDEMPOTENCY_DIGEST];
	size_t start = batch->out.size;
	bool known = false, real;

	if (call_prepare(call, batch, request, worker, err) < 0)
		return -1;
	real = !request->dry_run && !must_confirm(call, request);
	call->dry_run = !real;
	if (request->key != NULL && real) {
		digest(request, hash);
		if (request->turns.number == 0 &&
			find_known(batch, request, worker, hash, &known, err) < 0)
			return -1;
	}
	if (known)
		return 1;
	turns_begin(call, request);
	if (run_handler(call, &batch->out, err) < 0 ||
		classify_if_little(worker->store, call->own_zone, call->now, err) < 0)
		return -1;
	turns_end(call, request);
	if (!real)
		return 0;
	if (keep(call, request, worker, hash, batch->out.bytes + start, batch->out.size - start,
		    err) < 0)
		return -1;
	return 1;
}

/* The dry run's result goes along as the counts. */
static void
answer_refused(struct batch *batch, const struct request *request, size_t mark, size_t start)
{
	size_t size = batch->out.size - start;
	const struct answer_more counts = { "counts",
		arena_text_n(batch->arena, batch->out.bytes + start, size), size };
	struct err err;

	fail(&err, ERR_REFUSED, "'%s' must be confirmed", request->command->name);
	err_hint(&err, "run it with yes (liaison --yes) after looking at the counts");
	batch->out.size = mark;
	answer_error(&batch->out, request->id, 0, &err, &counts);
}

/* What it did in earlier transactions is there, and is said to be. */
static void
tell_what_stays(const struct request *request, struct err *err)
{
	const struct turns *turns = &request->turns;

	if (!turns->stays)
		return;
	err_hint(err, "%lld of %lld %s were done and stay: system undo %lld takes them back",
		(long long)turns->done, (long long)turns->total, turns->unit,
		(long long)turns->journal_batch);
}

/* True: it goes on in another transaction. */
static bool
run_write(struct batch *batch, struct request *request, struct worker *worker)
{
	size_t mark = batch->out.size, start;
	struct call call = { 0 };
	struct err err;
	int kept = -1;

	answer_begin(&batch->out, request->id);
	start = batch->out.size;
	if (store_savepoint(worker->store, &err) == 0) {
		kept = run_write_inside(batch, request, worker, &call, &err);
		if (kept <= 0)
			store_rollback_to(worker->store);
		else if (store_release(worker->store, &err) < 0)
			kept = -1;
		if (kept <= 0 && call.after != NULL)
			drop_afters(&call);
		if (kept <= 0 && worker->capture != NULL)
			capture_contacts_changed(worker->capture);
	}
	if (kept >= 0 && request->turns.again) {
		batch->out.size = mark;
		return true;
	}
	if (kept == 0 && !request->dry_run) { /* it must be confirmed */
		answer_refused(batch, request, mark, start);
	} else if (kept >= 0) {
		answer_end(&batch->out);
	} else {
		batch->out.size = mark;
		tell_what_stays(request, &err);
		answer_error(&batch->out, request->id, 0, &err, NULL);
	}
	if (request->id == NULL)
		batch->out.size = mark;
	return false;
}

void
batch_run_writes(struct work *work, struct worker *worker)
{
	struct batch *batch = (struct batch *)work;

	batch->reached = batch->next_request;
	while (batch->reached < batch->count &&
		!run_write(batch, &batch->requests[batch->reached], worker))
		batch->reached++;
}
