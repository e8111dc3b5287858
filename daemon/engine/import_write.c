#include "import.h"

#include "import_record.h"
#include "liaison/base/text.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/field.h"
#include "request.h"

/* The writer's share of an import: rows into the database, in transactions that others need not wait for.
 * A row that is refused is undone alone, and told; with --strict all of the import is
 * (import_whole.c), which ends. A dry run does the same and keeps nothing. What undoes a part of a
 * transaction is a copy of all pages that it changes: a window has none until a row of it is refused. */

enum { PEN_MS = 80, PRESSED_MS = 25, TURN_MS = 400, PROGRESS_MS = 250, GROUP_ROWS = 32 };

/* What a transaction that is undone did not do. */
struct mark {
	struct import_counts counts;
	struct import_file file;
	struct series_roll numbers;
	int64_t journal_batch, first_id;
	unsigned at, error_count, change_count;
	size_t errors, changes;
	unsigned waiting;
};

static struct mark
mark(const struct import_run *run)
{
	return (struct mark){ .counts = run->counts,
		.file = run->file,
		.numbers = run->defaults.numbers,
		.journal_batch = run->journal_batch,
		.first_id = run->first_id,
		.at = run->current->at,
		.error_count = run->error_count,
		.change_count = run->change_count,
		.errors = run->errors.size,
		.changes = run->changes.size,
		.waiting = run->waiting.rows.count };
}

static void
go_back(struct import_run *run, const struct mark *to)
{
	run->counts = to->counts;
	run->file = to->file;
	run->defaults.numbers = to->numbers;
	run->defaults.company_name = NULL;
	run->journal_batch = to->journal_batch;
	run->first_id = to->first_id;
	run->current->at = to->at;
	run->error_count = to->error_count;
	run->change_count = to->change_count;
	run->errors.size = to->errors;
	run->changes.size = to->changes;
	run->waiting.rows.count = to->waiting;
}

/* 1: the row that is next is at fault. */
static int
record_try(struct import_run *run, struct call *call, struct err *err)
{
	const struct import_window_rows *window = run->current;

	for (unsigned i = 0; i < GROUP_ROWS && run->current->at < window->rows.count; i++) {
		const struct import_row *row = &window->rows.rows[window->at];
		int result = row->error != NULL ? -1 : import_record_try(run, call, row, err);

		if (result < 0 || (result == 1 && !import_wait(run, row)))
			return 1;
		run->journal_batch = call->journal_batch;
		import_count_row(run, row);
		run->current->at++;
	}
	return 0;
}

/* Rows under one savepoint, as each of its own costs a copy of every page that it changes. 1: one of them
 * is at fault, and none is recorded. */
static int
record_group(struct import_run *run, struct call *call, struct err *err)
{
	const struct mark before = mark(run);

	if (store_savepoint(call->store, err) < 0)
		return -1;
	if (record_try(run, call, err) == 0)
		return store_release(call->store, err);
	store_rollback_to(call->store);
	go_back(run, &before);
	return 1;
}

static int
record_each(struct import_run *run, struct call *call, struct worker *worker, struct err *err)
{
	struct import_window_rows *window = run->current;

	for (unsigned i = 0; i < GROUP_ROWS && window->at < window->rows.count; i++) {
		const struct import_row *row = &window->rows.rows[window->at];

		if (import_record_row(run, call, worker, row, err) < 0)
			return -1;
		run->journal_batch = call->journal_batch;
		import_count_row(run, row);
		window->at++;
	}
	return 0;
}

static void
renew(const struct import_run *run, struct call *call, struct worker *worker)
{
	arena_reset(worker->arena);
	call_renew(call, worker, worker->arena);
	call->journal_batch = run->journal_batch;
}

/* Without a savepoint at all until a row is at fault; 1: one is, which undoes the transaction. */
static int
record_some_rows(struct import_run *run, struct call *call, struct worker *worker, struct err *err)
{
	bool careful = run->current->careful;
	int result = 1;

	if (!call->dry_run)
		result = careful ? record_group(run, call, err) : record_try(run, call, err);
	if (result == 0)
		return call_tell(call, worker, err);
	if (result < 0 || (!careful && !call->dry_run))
		return result;
	renew(run, call, worker);
	return record_each(run, call, worker, err);
}

static int
record_rows(struct import_run *run, struct worker *worker, struct err *err)
{
	int64_t begun = clock_monotonic_ms();
	struct import_window_rows *window = run->current;
	struct call call = run->call->call;

	while (window->at < window->rows.count) {
		int64_t spent = clock_monotonic_ms() - begun;
		int result;

		if (spent > PEN_MS || (spent > PRESSED_MS && writer_pressed(run->engine->writer)))
			break;
		renew(run, &call, worker);
		result = record_some_rows(run, &call, worker, err);
		if (result != 0)
			return result;
	}
	return 0;
}

static void
undo(struct worker *worker)
{
	store_rollback(worker->store);
	capture_contacts_changed(worker->capture);
	watch_forget(worker);
}

static int
say_line(struct import_run *run, struct err *err)
{
	char message[sizeof err->message], field[sizeof err->field], hint[sizeof err->hint];

	text_copy(message, sizeof message, err->message);
	text_copy(field, sizeof field, err->field);
	text_copy(hint, sizeof hint, err->hint);
	fail_field(err, err->code, field, "line %u: %.330s",
		run->current->rows.rows[run->current->at].line, message);
	return hint[0] != '\0' ? err_hint(err, "%s", hint) : -1;
}

static void
write_failed(struct import_run *run, const struct err *err)
{
	run->write_failed = true;
	run->write_err = *err;
}

/* One that nobody declared would be refused in each row. */
static int
check_fields(struct import_run *run, struct worker *worker, struct err *err)
{
	for (unsigned i = 0; i < run->column_count && !run->fields_known; i++) {
		const struct import_target *target = &run->columns[i];
		int64_t id;

		if (target->kind != TARGET_FIELD ||
			record_find(worker->store, worker->arena, &field_noun, target->name, &id,
				err) == 0)
			continue;
		if (err->code != ERR_NOT_FOUND)
			return -1;
		fail_field(err, ERR_NOT_FOUND, "file",
			"its column '%.80s' is no field: there is none '%.40s'", run->captions[i],
			target->name);
		return err_hint(err,
			"field add contact %.40s TYPE declares it; --map '%.80s=-' leaves the "
			"column out",
			target->name, run->captions[i]);
	}
	run->fields_known = true;
	return 0;
}

/* One transaction, or none: then the same rows come again, with more care. */
static void
record_in_transaction(struct import_run *run, struct worker *worker)
{
	const struct mark before = mark(run);
	struct err err;
	int result;

	if (store_begin(worker->store, &err) < 0) {
		write_failed(run, &err);
		return;
	}
	store_put_off(worker->store, true);
	result = check_fields(run, worker, &err);
	if (result == 0)
		result = import_last_line(worker->store, &run->file, &run->last_line, &err);
	if (result == 0)
		result = record_rows(run, worker, &err);
	if (result == 0)
		result = series_roll_end(worker->store, &run->defaults.numbers, &err);
	store_put_off(worker->store, false);
	if (result < 0 && run->fields_known && run->rule.strict && import_is_fault(&err))
		say_line(run, &err);
	if (result == 0 && run->call->call.dry_run) {
		undo(worker);
		return;
	}
	if (result == 0 && store_commit(worker->store, &err) == 0) {
		watch_send(worker, &run->engine->done);
		return;
	}
	undo(worker);
	go_back(run, &before);
	if (result == 1)
		run->current->careful = true;
	else
		write_failed(run, &err);
}

static void
record_some(struct import_run *run, struct worker *worker)
{
	store_undo_in_memory(worker->store, true);
	record_in_transaction(run, worker);
	store_undo_in_memory(worker->store, false);
}

/* One transaction after the other while nobody else wants the pen. */
static void
run_record(struct work *work, struct worker *worker)
{
	struct import_run *run = (struct import_run *)work;
	int64_t begun = clock_monotonic_ms();

	do {
		struct arena *arena = arena_new();

		run->defaults = (struct import_defaults){ .arena = arena, .numbers.arena = arena };
		record_some(run, worker);
		arena_free(arena);
		arena_reset(worker->arena);
	} while (!run->write_failed && run->current->at < run->current->rows.count &&
		 !writer_is_wanted(run->engine->writer) && clock_monotonic_ms() - begun < TURN_MS);
}

/* Once the file is read; 0 before. */
static int64_t
total_rows(const struct import_run *run)
{
	int64_t total = run->counts.rows;

	if (!run->whole || run->bytes.size > 0 || run->ask != NULL)
		return 0;
	if (run->current != NULL && !run->late)
		total += run->current->rows.count - run->current->at;
	return total + (run->read != NULL ? run->read->rows.count : 0);
}

static void
tell_progress(struct import_run *run)
{
	int64_t now = clock_monotonic_ms();

	if (run->call->cancelled || now - run->told_ms < PROGRESS_MS)
		return;
	run->told_ms = now;
	loop_call_progress(run->call, run->counts.rows, total_rows(run), "rows");
}

static void
record_done(struct work *work)
{
	struct import_run *run = (struct import_run *)work;

	run->working = false;
	if (run->write_failed)
		import_fail(run, &run->write_err);
	tell_progress(run);
	import_step(run);
}

void
import_record(struct import_run *run)
{
	run->working = true;
	run->engine->imported_ms = clock_monotonic_ms();
	run->work.run = run_record;
	run->work.done = record_done;
	run->work.priority = WORK_BACKGROUND;
	writer_add(run->engine->writer, &run->work);
}
