#include "liaison/capture/capture.h"
#include "liaison/capture/source.h"
#include "mailbox.h"

/* source.rename: a source's history goes to the new name of its section. */

static void
forget_row(struct engine *engine, int64_t number, const char *name)
{
	struct mailbox *mailbox;

	(void)number;
	pthread_mutex_lock(&engine->board);
	mailbox = mailbox_by_name(engine->pipeline, name);
	if (mailbox != NULL) {
		mailbox_unwatch(mailbox);
		mailbox->id = 0;
	}
	pthread_mutex_unlock(&engine->board);
	if (mailbox != NULL)
		pipeline_configure(engine->pipeline);
}

/* What a rename keeps from one transaction to the next. */
struct renaming {
	int64_t id, rows; /* rows: decisions that the new name has of its own */
	bool joins;
	struct source_join join;
};

/* The configuration may have been edited first: then what was captured under the new name since is of the
 * same mailbox. */
static int
take_name(struct call *call, struct renaming *it, const struct source *old,
	const struct source *taken, struct err *err)
{
	struct source_counts counts;

	if (old->id == taken->id)
		return fail_field(
			err, ERR_USAGE, "new", "the source's name is '%s' already", taken->name);
	if (source_count(call->store, taken->id, &counts, err) < 0)
		return -1;
	it->rows = counts.rows;
	it->joins = true;
	it->join = (struct source_join){ .from = taken->id, .into = old->id };
	if (counts.rows == 0)
		return 0; /* it is dropped */
	if (config_source_by_name(call->config, old->name) != NULL) {
		fail_field(err, ERR_CONFLICT, "new", "there is a source '%s' already", taken->name);
		return err_hint(
			err, "the configuration names both: take the section '%s' out", old->name);
	}
	return source_join_begin(call->store, call_keep_arena(call), taken, old, &it->join, err);
}

static int
begin_renaming(struct call *call, struct renaming *it, struct err *err)
{
	const char *new = call_text(call, "new");
	struct source source, taken;

	if (source_find(call->store, call->arena, call_text(call, "old"), &source, err) < 0)
		return -1;
	if (source_find(call->store, call->arena, new, &taken, err) == 0) {
		if (take_name(call, it, &source, &taken, err) < 0)
			return -1;
	} else if (err->code != ERR_NOT_FOUND) {
		return -1;
	}
	it->id = source.id;
	return 0;
}

static int
answer(struct call *call, const char *name, struct err *err)
{
	return source_write(
		call->engine->pipeline, call->store, call->arena, name, call->zone, call->out, err);
}

static int
finish_renaming(struct call *call, const struct renaming *it, struct err *err)
{
	const char *old = call_text(call, "old"), *new = call_text(call, "new");

	if (source_rename(call->store, it->id, new, err) < 0 ||
		call_journal(call, "source", it->id,
			arena_printf(call->arena, "{\"name\":\"%s\"}", old),
			arena_printf(call->arena, "{\"name\":\"%s\"}", new), err) < 0)
		return -1;
	call_after_commit(call, forget_row, 0, old);
	call_after_commit(call, forget_row, 0, new);
	return answer(call, new, err);
}

/* Until its section bears the new name, a source of the old one is not watched. */
int
run_source_rename(struct call *call, struct err *err)
{
	struct renaming *it = call_keep(call, sizeof *it);
	bool done;

	if (it->id == 0 && begin_renaming(call, it, err) < 0)
		return -1;
	if (it->joins && call->dry_run)
		return answer(call, call_text(call, "old"), err);
	for (done = !it->joins; !done;) {
		capture_contacts_changed(call_capture(call));
		if (call_is_long(call)) {
			call_continue(call, it->join.erased, it->rows, "decisions");
			return 0;
		}
		if (source_join_part(call->store, call->arena, &it->join, &done, err) < 0)
			return -1;
	}
	return finish_renaming(call, it, err);
}
