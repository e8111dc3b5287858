#include "import.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "input.h"

/* contact.import on the loop: what comes next. */

static void
free_window(struct import_window_rows *window)
{
	if (window == NULL)
		return;
	arena_free(window->arena);
	free(window);
}

static void
end(struct import_run *run)
{
	struct loop_call *call = run->call;

	run->engine->imported_ms = 0;
	if (run->failed)
		loop_call_fail(call, &run->err);
	else {
		import_tell_end(run);
		loop_call_answer(call);
	}
	import_let_go(run);
	free_window(run->read);
	free_window(run->current);
	text_clear(&run->bytes);
	text_clear(&run->errors);
	text_clear(&run->changes);
	free(run->seen.slots);
	arena_free(run->waiting.arena);
	arena_free(run->arena);
	free(run);
}

void
import_fail(struct import_run *run, const struct err *err)
{
	if (run->failed)
		return;
	run->failed = true;
	run->err = *err;
}

/* How far it came is said, so that nobody wonders. */
static void
say_how_far(struct import_run *run)
{
	int64_t done = run->counts.added + run->counts.changed;

	if (run->rule.strict || run->err.hint[0] != '\0' || done == 0 || run->journal_batch == 0 ||
		run->call->call.dry_run)
		return;
	err_hint(&run->err,
		"%lld rows before are recorded; the same file goes on behind them, and system undo "
		"%lld takes them back",
		(long long)done, (long long)run->journal_batch);
}

static bool
is_read(const struct import_run *run)
{
	return run->whole && run->bytes.size == 0 && run->ask == NULL && run->read == NULL;
}

/* Those that wait for their companies are the last window. */
static bool
take_waiting(struct import_run *run)
{
	if (run->late || run->waiting.rows.count == 0)
		return false;
	run->late = true;
	run->current = mem_zero(1, sizeof *run->current);
	*run->current = run->waiting;
	run->waiting = (struct import_window_rows){ .arena = arena_new() };
	return true;
}

static void
next_window(struct import_run *run)
{
	free_window(run->current);
	run->current = run->read;
	run->read = NULL;
	if (run->current == NULL && is_read(run))
		take_waiting(run);
}

static bool
wants_window(const struct import_run *run)
{
	return run->ask == NULL && run->read == NULL && run->bytes.size > 0 &&
	       (run->whole || run->bytes.size >= run->need);
}

static void
fail_if_cancelled(struct import_run *run)
{
	struct err err;

	if (!run->call->cancelled)
		return;
	fail(&err, ERR_UNAVAILABLE, "'contact.import' was cancelled");
	import_fail(run, &err);
}

/* Lines between cards are nothing, so that any text is a file of no cards. */
static void
fail_if_none(struct import_run *run)
{
	struct err err;

	if (run->type != IMPORT_VCARD || run->counts.rows > 0)
		return;
	fail_field(&err, ERR_USAGE, "file", "it has no vCard");
	import_fail(run, &err);
}

/* The run is gone after its end. */
void
import_step(struct import_run *run)
{
	fail_if_cancelled(run);
	if (!run->working && run->failed && import_is_open(run)) {
		import_settle(run);
		return;
	}
	if (!run->working && run->failed) {
		say_how_far(run);
		end(run);
		return;
	}
	if (!run->working && (run->current == NULL || run->current->at == run->current->rows.count))
		next_window(run);
	if (!run->failed && wants_window(run))
		import_ask(run);
	if (!run->working && run->current != NULL)
		import_record(run);
	else if (!run->working && is_read(run)) {
		fail_if_none(run);
		if (import_is_open(run))
			import_settle(run);
		else
			end(run);
		return;
	}
	loop_call_hold(run->call, run->bytes.size > IMPORT_AHEAD_MAX);
}

/* ---- what comes from outside ---- */

static void
take(struct loop_call *call, const char *bytes, size_t size, bool last)
{
	struct import_run *run = call->data;
	struct err err;

	run->received += (int64_t)size;
	run->whole = last;
	if (run->received > IMPORT_FILE_MAX) {
		fail_field(&err, ERR_USAGE, "file", "the file is longer than %d bytes",
			IMPORT_FILE_MAX);
		call->fed = true;
		import_fail(run, &err);
	} else if (size > 0)
		text_add_n(&run->bytes, bytes, size);
	if (last && run->received == 0) {
		fail_field(&err, ERR_USAGE, "file", "the file is empty");
		import_fail(run, &err);
	}
	import_step(run);
}

static void
starved(struct loop_call *call, const struct err *err)
{
	import_fail(call->data, err);
	import_step(call->data);
}

static void
cancelled(struct loop_call *call)
{
	import_step(call->data);
}

/* ---- its beginning ---- */

static enum import_type
type_of(const struct call *call)
{
	const char *type = call_text(call, "type");

	if (type == NULL)
		return IMPORT_ANY;
	return strcmp(type, "csv") == 0 ? IMPORT_CSV : IMPORT_VCARD;
}

static struct import_run *
run_new(struct loop_call *call)
{
	const struct call *words = &call->call;
	struct import_run *run = mem_zero(1, sizeof *run);

	run->call = call;
	run->engine = words->engine;
	run->arena = arena_new();
	run->waiting.arena = arena_new();
	run->rule = (struct import_rule){ .clear = call_flag(words, "clear"),
		.create = call_flag(words, "create"),
		.again = call_flag(words, "again"),
		.strict = call_flag(words, "strict"),
		.raw = call_flag(words, "raw") };
	run->preset = call_text(words, "preset");
	run->type = type_of(words);
	run->need = IMPORT_WINDOW_MIN;
	run->encoding = "utf-8";
	run->file = (struct import_file){
		.name = call_text(words, "file"),
		.user = words->user,
		.at = words->now,
		.whole = run->rule.strict,
	};
	return run;
}

int
run_import_loop(struct loop_call *call, struct err *err)
{
	const struct input *input = call->call.input;
	struct import_run *run;

	if (input == NULL)
		return fail(
			err, ERR_USAGE, "'contact.import' is not a notification: it needs an id");
	run = run_new(call);
	call->data = run;
	if (import_map_check(run, err) < 0) {
		arena_free(run->waiting.arena);
		arena_free(run->arena);
		free(run);
		return -1;
	}
	call->take = take;
	call->starved = starved;
	call->cancel = cancelled;
	call->fed = input->whole;
	take(call, input->bytes.bytes, input->bytes.size, input->whole);
	return 0;
}
