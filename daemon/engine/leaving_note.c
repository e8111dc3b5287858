#include "leaving.h"

/* A look at what became of mail, on threads: a reader compares, the writer notes and settles. */

enum {
	NOTED_MAX = 500, /* rows of a transaction, */
	HELD_AT_ONCE = 20, /* of which these are more work */
};

void
run_compare(struct work *work, struct worker *worker)
{
	struct leaving *leaving = (struct leaving *)work;
	struct store *store = worker->store;

	leaving->failed = (leaving->has_all &&
				  gone_compare(store, leaving->stream, &leaving->all,
					  &leaving->gone, &leaving->back, &leaving->err) < 0) ||
			  held_compare(store, leaving->arena, leaving->stream, &leaving->skip, true,
				  &leaving->skip_rows, &leaving->skip_count, &leaving->err) < 0 ||
			  held_compare(store, leaving->arena, leaving->stream, &leaving->only,
				  false, &leaving->only_rows, &leaving->only_count,
				  &leaving->err) < 0;
}

static int
note_gone(struct leaving *leaving, struct worker *worker, int64_t now, struct err *err)
{
	struct uid_set gone = { 0 }, back = { 0 };
	int result;

	uid_set_take_lowest(&leaving->gone, NOTED_MAX, &gone);
	uid_set_take_lowest(&leaving->back, NOTED_MAX, &back);
	result = gone_note(worker->store, leaving->stream, &gone, &back, now, err);
	uid_set_clear(&gone);
	uid_set_clear(&back);
	return result;
}

static int
note_held(struct leaving *leaving, struct worker *worker, int64_t now,
	struct capture_result *result, struct err *err)
{
	bool skip = leaving->skip_count > 0;
	unsigned *count = skip ? &leaving->skip_count : &leaving->only_count;
	int64_t *rows = skip ? leaving->skip_rows : leaving->only_rows;
	unsigned now_count = *count < HELD_AT_ONCE ? *count : HELD_AT_ONCE;

	*count -= now_count;
	return held_note(worker->store, worker->capture, worker->arena, rows + *count, now_count,
		skip, now, result, err);
}

static int
note_inside(struct leaving *leaving, struct worker *worker, struct capture_result *result,
	struct err *err)
{
	int64_t now = clock_now();

	if (leaving->stream == 0)
		return gone_settle(worker->store, worker->capture, worker->arena,
			leaving->source_id, leaving->begun, leaving->accept, now, result,
			&leaving->counts, &leaving->more, err);
	if (leaving->gone.count + leaving->back.count > 0) {
		if (note_gone(leaving, worker, now, err) < 0)
			return -1;
	} else if (note_held(leaving, worker, now, result, err) < 0)
		return -1;
	leaving->more = leaving->gone.count + leaving->back.count + leaving->skip_count +
				leaving->only_count >
			0;
	return 0;
}

void
run_note(struct work *work, struct worker *worker)
{
	struct leaving *leaving = (struct leaving *)work;
	struct capture_result result = { 0 };

	leaving->failed = true;
	leaving->wanted = 0;
	arena_reset(worker->arena);
	if (worker->capture == NULL || store_is_poisoned(worker->store)) {
		fail(&leaving->err, ERR_UNAVAILABLE, "nothing can be written");
		return;
	}
	if (store_begin(worker->store, &leaving->err) < 0)
		return;
	if (note_inside(leaving, worker, &result, &leaving->err) == 0 &&
		watch_note_result(worker, clock_now(), &result, &leaving->err) == 0 &&
		store_commit(worker->store, &leaving->err) == 0) {
		leaving->failed = false;
		leaving->wanted = result.wanted;
		watch_send(worker, &worker->engine->done);
		return;
	}
	store_rollback(worker->store);
	capture_contacts_changed(worker->capture);
	watch_forget(worker);
}

void
run_folders(struct work *work, struct worker *worker)
{
	struct leaving *leaving = (struct leaving *)work;

	leaving->failed = true;
	if (store_begin(worker->store, &leaving->err) < 0)
		return;
	if (gone_folders(worker->store, leaving->source_id, (const char *const *)leaving->names,
		    leaving->name_count, clock_now(), &leaving->err) == 0 &&
		store_commit(worker->store, &leaving->err) == 0)
		leaving->failed = false;
	else
		store_rollback(worker->store);
}
