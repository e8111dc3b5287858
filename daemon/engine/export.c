#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "liaison/capture/portrait.h"
#include "liaison/store/journal.h"
#include "loop_call.h"

/* contact.export: who asks is noted in the journal first; then what is held is read part by part on a reader's
 * thread, and sent as the client takes it. */

enum { BACKLOG_MAX = 256 * 1024, SLICE_MS = 50 };

struct export
{
	struct work work; /* first */
	struct loop_call *call;
	struct engine *engine;
	struct arena *arena; /* own */
	const char *words, *user;
	struct portrait portrait;
	struct text out; /* to be sent */
	int64_t size;
	bool noted, working, failed;
	struct err err;
};

/* ---- on threads -------------------------------------------------------------------------------- */

/* Of a bare address the journal says no more than that there was one. */
static int
note_read(struct export *export, struct store *store, struct err *err)
{
	struct journal_entry entry = {
		.user = export->user,
		.method = "contact.export",
		.noun = "export",
		.record = export->portrait.person.contact,
		.contact = export->portrait.person.contact,
		.after = export->portrait.text ? "{\"type\":\"text\"}" : "{\"type\":\"json\"}",
	};
	int64_t id;

	return journal_add(store, &entry, &id, err);
}

static int
begin(struct export *export, struct store *store, struct err *err)
{
	int result;

	if (store_begin(store, err) < 0)
		return -1;
	result = forget_find(store, export->arena, export->words, &export->portrait.person, err);
	if (result == 0)
		result = note_read(export, store, err);
	if (result == 0)
		result = store_commit(store, err);
	if (store_in_transaction(store))
		store_rollback(store);
	return result;
}

static void
run_begin(struct work *work, struct worker *worker)
{
	struct export *export = (struct export *)work;

	export->failed = begin(export, worker->store, &export->err) < 0;
}

static int
read_some(struct export *export, struct worker *worker, struct err *err)
{
	int64_t begun = clock_monotonic_ms();
	int result = 0;

	if (store_begin(worker->store, err) < 0)
		return -1;
	while (result == 0 && !export->portrait.done && export->out.size < BACKLOG_MAX &&
		clock_monotonic_ms() - begun < SLICE_MS) {
		arena_reset(worker->arena);
		result = portrait_write(
			worker->store, worker->arena, &export->portrait, &export->out, err);
	}
	store_rollback(worker->store);
	return result;
}

static void
run_read(struct work *work, struct worker *worker)
{
	struct export *export = (struct export *)work;

	export->failed = read_some(export, worker, &export->err) < 0;
}

/* ---- on the loop ------------------------------------------------------------------------------- */

static void
end(struct export *export)
{
	struct loop_call *call = export->call;
	struct json_out *out = call->call.out;

	if (export->failed) {
		loop_call_fail(call, &export->err);
	} else {
		json_object_begin(out, NULL);
		json_text(out, "contact", export->portrait.person.no);
		json_text(out, "type", export->portrait.text ? "text" : "json");
		json_int(out, "rows", export->portrait.rows);
		json_int(out, "size", export->size);
		json_object_end(out);
		loop_call_answer(call);
	}
	text_clear(&export->out);
	arena_free(export->arena);
	free(export);
}

static void
go_on(struct loop_call *call)
{
	struct export *export = call->data;

	if (export->working)
		return;
	if (call->cancelled && !export->failed)
		export->failed = fail(&export->err, ERR_UNAVAILABLE, "cancelled") < 0;
	if (export->failed) {
		end(export);
		return;
	}
	export->size += loop_call_data_all(call, &export->out);
	if (export->portrait.done) {
		loop_call_data(call, "", 0, true);
		end(export);
		return;
	}
	if (loop_call_backlog(call) > BACKLOG_MAX)
		return; /* until it is drained */
	export->working = true;
	export->work.run = export->noted ? run_read : run_begin;
	if (export->noted)
		pool_add(export->engine->background, &export->work);
	else
		writer_add(export->engine->writer, &export->work);
	export->noted = true;
}

static void
slice_done(struct work *work)
{
	struct export *export = (struct export *)work;

	export->working = false;
	go_on(export->call);
}

int
run_export_loop(struct loop_call *call, struct err *err)
{
	const char *type = call_text(&call->call, "type");
	struct export *export;

	if (loop_call_id(call) == NULL)
		return fail(
			err, ERR_USAGE, "'contact.export' is not a notification: it needs an id");
	export = mem_zero(1, sizeof *export);
	export->call = call;
	export->engine = call->call.engine;
	export->arena = arena_new();
	export->words = arena_text(export->arena, call_text(&call->call, "contact"));
	export->user = arena_text(export->arena, call->call.user);
	export->portrait.text = type != NULL && strcmp(type, "text") == 0;
	export->work.priority = WORK_COMMAND;
	export->work.done = slice_done;
	call->data = export;
	call->cancel = go_on;
	call->drained = go_on;
	loop_call_open(call, "file", "write");
	go_on(call);
	return 0;
}
