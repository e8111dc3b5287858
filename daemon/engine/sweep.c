#include "sweep.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/capture/source.h"
#include "pipeline.h"
#include "request.h"
#include "watch.h"

enum { SLICE_MS = 60, ROWS_MAX = 500, WINDOW = 10000, PRESSED_ROWS = 20 };

void *
sweep_new(struct loop_call *call, size_t size, bool writes)
{
	struct sweep *sweep = mem_zero(1, size);

	sweep->call = call;
	sweep->settings = settings_hold(call->batch->settings);
	sweep->arena = arena_new();
	sweep->scratch = arena_new();
	sweep->writes = writes;
	sweep->now = call->call.now;
	sweep->viewer = arena_text(sweep->arena, call->call.viewer);
	if (!writes)
		sweep->capture = capture_new(&sweep->settings->config);
	return sweep;
}

void
sweep_free(struct sweep *sweep)
{
	if (sweep->clear != NULL)
		sweep->clear(sweep);
	capture_free(sweep->capture);
	settings_release(sweep->settings);
	arena_free(sweep->arena);
	arena_free(sweep->scratch);
	free(sweep);
}

/* ---- which rows -------------------------------------------------------------------------------- */

static int
add_test(struct sweep *sweep, const struct query_context *context, const char *param,
	const char *field, enum query_op op, struct query_node **where, struct err *err)
{
	const char *value = call_text(&sweep->call->call, param);
	struct query_node *one;

	if (value == NULL)
		return 0;
	if (query_compare(sweep->arena, &capture_noun, context, field, op, value, &one, err) < 0)
		return -1;
	*where = query_and(sweep->arena, *where, one);
	return 0;
}

static int
read_filter(struct sweep *sweep, struct err *err)
{
	const struct call *call = &sweep->call->call;
	const struct query_context context = { .now = call->now, .zone = call->zone };
	struct query_node *where = NULL, *condition = NULL;

	if (add_test(sweep, &context, "source", "source", QUERY_EQ, &where, err) < 0 ||
		add_test(sweep, &context, "since", "date", QUERY_GE, &where, err) < 0)
		return -1;
	if (call_text(call, "where") != NULL &&
		query_parse(sweep->arena, &capture_noun, &context, call_text(call, "where"),
			&condition, err) < 0)
		return -1;
	sweep->source = arena_text(sweep->arena, call_text(call, "source"));
	sweep->where = query_and(sweep->arena, where, condition);
	return 0;
}

int
sweep_filter(struct sweep *sweep, struct err *err)
{
	if (read_filter(sweep, err) == 0)
		return 0;
	sweep_free(sweep);
	return -1;
}

static int
next_rows(struct sweep *sweep, struct worker *worker, int64_t until, int64_t **ids, size_t *count,
	struct err *err)
{
	struct arena *arena = worker->arena;
	struct query_node *where = query_fixed(arena, "l.id > ?", sweep->cursor);
	int failed;

	where = query_and(arena, where, query_fixed(arena, "l.id <= ?", until));
	if (sweep->where != NULL)
		where = query_and(arena, where, (struct query_node *)sweep->where);
	store_set_viewer(worker->store, sweep->viewer); /* counts tell what conditions find */
	failed = query_ids(worker->store, arena, &capture_noun, where, ROWS_MAX, ids, count, err);
	store_set_viewer(worker->store, NULL);
	return failed;
}

static bool
had_its_time(const struct sweep *sweep, struct worker *worker, int64_t begun_ms, size_t rows)
{
	if (clock_monotonic_ms() - begun_ms >= SLICE_MS)
		return true;
	return sweep->writes && rows >= PRESSED_ROWS && writer_pressed(worker->engine->writer);
}

int
sweep_rows(struct sweep *sweep, struct worker *worker,
	int (*row)(struct sweep *sweep, struct worker *worker, int64_t id, struct err *err),
	struct err *err)
{
	int64_t begun_ms = clock_monotonic_ms(), *ids;
	int64_t until = sweep->cursor + WINDOW < sweep->last ? sweep->cursor + WINDOW : sweep->last;
	size_t count, i = 0;

	if (next_rows(sweep, worker, until, &ids, &count, err) < 0)
		return -1;
	while (i < count && !(i > 0 && had_its_time(sweep, worker, begun_ms, i))) {
		arena_reset(sweep->scratch);
		if (row(sweep, worker, ids[i], err) < 0)
			return -1;
		sweep->cursor = ids[i++];
	}
	if (i == count && count < ROWS_MAX)
		sweep->cursor = until;
	return 0;
}

/* ---- slices ------------------------------------------------------------------------------------ */

static int
begin_sweep(struct sweep *sweep, struct worker *worker, struct err *err)
{
	struct source source;

	sweep->begun = true;
	if (sweep->source != NULL &&
		source_find(worker->store, worker->arena, sweep->source, &source, err) < 0)
		return -1;
	if (ledger_last(worker->store, &sweep->last, err) < 0)
		return -1;
	return sweep->begin == NULL ? 0 : sweep->begin(sweep, worker, err);
}

static int
run_inside(struct sweep *sweep, struct worker *worker, struct err *err)
{
	if (store_begin(worker->store, err) < 0)
		return -1;
	if (!sweep->begun && begin_sweep(sweep, worker, err) < 0)
		return -1;
	if (sweep->cursor < sweep->last && sweep->slice(sweep, worker, err) < 0)
		return -1;
	return store_commit(worker->store, err);
}

static void
run_sweep(struct work *work, struct worker *worker)
{
	struct sweep *sweep = (struct sweep *)work;

	arena_reset(worker->arena);
	sweep->failed = run_inside(sweep, worker, &sweep->err) < 0;
	if (sweep->failed && store_in_transaction(worker->store)) {
		store_rollback(worker->store);
		if (sweep->writes)
			capture_contacts_changed(worker->capture);
	}
	if (!sweep->writes)
		return;
	if (sweep->failed)
		watch_forget(worker);
	else
		watch_send(worker, &worker->engine->done);
}

static void
end_sweep(struct sweep *sweep)
{
	struct loop_call *call = sweep->call;
	struct text result = { 0 };
	struct json_out out;
	struct err err;

	json_out_init(&out, &result);
	if (sweep->answer(sweep, &out, &err)) {
		json_raw(call->call.out, NULL, result.bytes, result.size);
		loop_call_answer(call);
	} else {
		const struct answer_more counts = { "counts", result.bytes, result.size };

		loop_call_fail_with(call, &err, &counts);
	}
	text_clear(&result);
}

static void
sweep_done(struct work *work)
{
	struct sweep *sweep = (struct sweep *)work;
	struct engine *engine = sweep->call->call.engine;

	if (sweep->wanted > 0 && !sweep->failed)
		wanting_look(engine, 0, NULL);
	sweep->wanted = 0;
	if (sweep->call->cancelled && !sweep->failed && sweep->cursor < sweep->last) {
		sweep->failed = true;
		fail(&sweep->err, ERR_UNAVAILABLE, "it was cancelled");
	}
	if (!sweep->failed && sweep->cursor < sweep->last) {
		loop_call_progress(sweep->call, sweep->cursor, sweep->last, "records");
		sweep_start(sweep);
		return;
	}
	if (sweep->failed)
		loop_call_fail(sweep->call, &sweep->err);
	else
		end_sweep(sweep);
	sweep_free(sweep);
}

void
sweep_start(struct sweep *sweep)
{
	struct engine *engine = sweep->call->call.engine;

	sweep->work.run = run_sweep;
	sweep->work.done = sweep_done;
	sweep->work.priority = WORK_BACKGROUND;
	if (sweep->writes)
		writer_add(engine->writer, &sweep->work);
	else
		pool_add(engine->readers, &sweep->work);
}
