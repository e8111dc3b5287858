#include <string.h>

#include "liaison/capture/capture.h"
#include "liaison/crm/interaction.h"
#include "liaison/store/journal.h"
#include "sweep.h"
#include "sweep_tally.h"
#include "unread.h"
#include "watch.h"

/* capture.reapply, rule.test, capture.refetch: rules and levels brought to the past, or only tried. */

/* ---- reapply ----------------------------------------------------------------------------------- */

struct reapply {
	struct sweep sweep; /* first */
	struct sweep_tally tally;
	int64_t messages, changed, unknown, by_hand, batch;
	const char *filter, *user;
	struct reapply_scope scope;
	enum reapply_found found;
	bool dry;
	bool dropped; /* words that the search index has in older pieces still */
	bool merging; /* all rows are done, and these leave it */
};

static int
journal_row(struct reapply *reapply, struct worker *worker, const struct reapplied *told,
	struct err *err)
{
	struct arena *arena = reapply->sweep.scratch;
	struct journal_entry entry = {
		.user = reapply->user,
		.method = "capture.reapply",
		.noun = "capture",
		.record = told->row,
		.before = arena_printf(arena, "{\"decision\":\"%s\"}", told->before),
		.after = arena_printf(arena, "{\"decision\":\"%s\",\"rule\":%lld}", told->after,
			(long long)told->rule),
		.batch = reapply->batch,
	};
	int64_t id;

	if (journal_add(worker->store, &entry, &id, err) < 0)
		return -1;
	if (reapply->batch == 0)
		reapply->batch = id;
	return 0;
}

/* It was captured, and is not any more, or is but bare. */
static bool
drops_words(const struct reapplied *told)
{
	return strcmp(told->before, "captured") == 0 &&
	       (told->by_hand || strcmp(told->after, "captured") != 0);
}

static int
reapply_row(struct sweep *sweep, struct worker *worker, int64_t id, struct err *err)
{
	struct reapply *reapply = (struct reapply *)sweep;
	struct capture *capture = sweep->writes ? worker->capture : sweep->capture;
	struct capture_result result;
	struct reapplied told;

	if (capture_reapply_row(worker->store, capture, sweep->scratch, id, &reapply->scope,
		    reapply->dry, sweep->now, &result, &told, err) < 0)
		return -1;
	if (told.row == 0)
		return 0;
	reapply->messages++;
	reapply->unknown += told.unknown;
	reapply->by_hand += told.by_hand;
	reapply->changed += told.changed;
	sweep_tally_of(&reapply->tally, told.before)->before++;
	sweep_tally_of(&reapply->tally, told.after)->after++;
	if (reapply->dry)
		return 0;
	sweep->wanted += result.wanted;
	reapply->dropped |= told.changed && drops_words(&told);
	if (told.changed && journal_row(reapply, worker, &told, err) < 0)
		return -1;
	return watch_note_result(worker, sweep->now, &result, err);
}

/* A run of the same that did not come to its end is gone on with. */
static int
begin_reapply(struct sweep *sweep, struct worker *worker, struct err *err)
{
	struct reapply *reapply = (struct reapply *)sweep;

	if (reapply->dry)
		return 0;
	if (reapply_key(worker->store, worker->capture, sweep->arena, reapply->filter,
		    &reapply->scope.unread, &reapply->filter, err) < 0)
		return -1;
	return reapply_resume(worker->store, reapply->filter, sweep->now, &sweep->cursor,
		&reapply->batch, &reapply->found, err);
}

/* A transaction after the rows: until that is committed the index has their words. */
static int
merge_index(struct reapply *reapply, struct worker *worker, struct err *err)
{
	bool more = false;

	if (interaction_merge_search(worker->store, &more, err) < 0)
		return -1;
	if (!more)
		reapply->sweep.cursor = reapply->sweep.last;
	return 0;
}

static int
note_reapply(struct reapply *reapply, struct worker *worker, struct err *err)
{
	struct sweep *sweep = &reapply->sweep;
	bool done = sweep->cursor >= sweep->last;

	if (reapply_note(worker->store, reapply->filter, sweep->cursor, reapply->batch, done, err) <
		0)
		return -1;
	reapply->merging = done && (reapply->dropped || reapply->found == REAPPLY_RESUMED);
	if (reapply->merging)
		sweep->cursor = sweep->last - 1;
	return 0;
}

static int
slice_reapply(struct sweep *sweep, struct worker *worker, struct err *err)
{
	struct reapply *reapply = (struct reapply *)sweep;

	if (reapply->merging)
		return merge_index(reapply, worker, err);
	if (sweep_rows(sweep, worker, reapply_row, err) < 0)
		return -1;
	if (reapply->dry)
		return 0;
	if (capture_count(worker->store, worker->capture, err) < 0)
		return -1;
	return note_reapply(reapply, worker, err);
}

static bool
answer_reapply(struct sweep *sweep, struct json_out *out, struct err *err)
{
	const struct reapply *reapply = (const struct reapply *)sweep;
	const struct call *call = &sweep->call->call;

	json_object_begin(out, NULL);
	json_int(out, "messages", reapply->messages);
	json_int(out, "changed", reapply->changed);
	json_int(out, "unknown", reapply->unknown);
	json_int(out, "by_hand", reapply->by_hand);
	sweep_tally_write(&reapply->tally, "before", "after", out);
	json_bool(out, "resumed", reapply->found == REAPPLY_RESUMED);
	json_bool(out, "begun_anew", reapply->found == REAPPLY_OUTDATED);
	json_object_end(out);
	if (!reapply->dry || call->dry_run)
		return true;
	fail(err, ERR_REFUSED, "'%s' must be confirmed", call->command->name);
	err_hint(err, "run it with yes (liaison --yes) after looking at the counts");
	return false;
}

static const char *
filter_text(struct arena *arena, const struct call *call)
{
	const char *source = call_text(call, "source"), *since = call_text(call, "since"),
		   *where = call_text(call, "where");

	return arena_printf(arena, "%s\n%s\n%s", source == NULL ? "" : source,
		since == NULL ? "" : since, where == NULL ? "" : where);
}

int
run_reapply_loop(struct loop_call *call, struct err *err)
{
	bool dry = call->call.dry_run || !call->call.yes;
	struct reapply *reapply = sweep_new(call, sizeof *reapply, !dry);

	reapply->dry = dry;
	reapply->sweep.begin = begin_reapply;
	reapply->sweep.slice = slice_reapply;
	reapply->sweep.answer = answer_reapply;
	reapply->user = arena_text(reapply->sweep.arena, call->call.user);
	reapply->filter = filter_text(reapply->sweep.arena, &call->call);
	if (sweep_filter(&reapply->sweep, err) < 0)
		return -1;
	reapply->scope.where = reapply->sweep.where;
	reapply->scope.viewer = reapply->sweep.viewer;
	reapply->scope.unread = unread_folders(call->call.engine, reapply->sweep.arena);
	sweep_start(&reapply->sweep);
	return 0;
}

/* ---- refetch ----------------------------------------------------------------------------------- */

struct refetch {
	struct sweep sweep; /* first */
	int64_t *ids; /* arena */
	unsigned id_count;
	int64_t asked, wanted;
	const char *user;
	bool dry;
};

static int
refetch_row(struct sweep *sweep, struct worker *worker, int64_t id, struct err *err)
{
	struct refetch *refetch = (struct refetch *)sweep;
	bool wanted;

	if (capture_refetch(worker->store, worker->capture, sweep->scratch, id, sweep->now, &wanted,
		    err) < 0)
		return -1;
	refetch->asked++;
	refetch->wanted += wanted;
	sweep->wanted += wanted;
	return 0;
}

static int
refetch_ids(struct refetch *refetch, struct worker *worker, struct err *err)
{
	for (unsigned i = 0; i < refetch->id_count; i++) {
		arena_reset(refetch->sweep.scratch);
		if (refetch_row(&refetch->sweep, worker, refetch->ids[i], err) < 0)
			return -1;
	}
	refetch->sweep.cursor = refetch->sweep.last;
	return 0;
}

static int
journal_refetch(struct refetch *refetch, struct worker *worker, struct err *err)
{
	struct journal_entry entry = {
		.user = refetch->user,
		.method = "capture.refetch",
		.noun = "capture",
		.after = arena_printf(
			refetch->sweep.scratch, "{\"wanted\":%lld}", (long long)refetch->wanted),
	};
	int64_t id;

	return journal_add(worker->store, &entry, &id, err);
}

static int
slice_refetch(struct sweep *sweep, struct worker *worker, struct err *err)
{
	struct refetch *refetch = (struct refetch *)sweep;
	int failed = refetch->id_count > 0 ? refetch_ids(refetch, worker, err)
					   : sweep_rows(sweep, worker, refetch_row, err);

	if (failed < 0 || sweep->cursor < sweep->last || refetch->wanted == 0)
		return failed;
	return journal_refetch(refetch, worker, err);
}

static bool
answer_refetch(struct sweep *sweep, struct json_out *out, struct err *err)
{
	const struct refetch *refetch = (const struct refetch *)sweep;

	(void)err;
	json_object_begin(out, NULL);
	json_int(out, "asked", refetch->asked);
	json_int(out, "wanted", refetch->wanted);
	json_object_end(out);
	return true;
}

static int
read_ids(struct refetch *refetch, const struct call *call, struct err *err)
{
	struct arena *arena = refetch->sweep.arena;

	refetch->id_count = call_count(call, "id");
	if (refetch->id_count == 0 && !call_given(call, "source") && !call_given(call, "since") &&
		!call_given(call, "where"))
		return fail_field(err, ERR_USAGE, "id",
			"which text to fetch is not said: expected records, source, since or "
			"where");
	refetch->ids = arena_array(arena, refetch->id_count + 1, sizeof *refetch->ids);
	for (unsigned i = 0; i < refetch->id_count; i++)
		text_to_int64(call_text_at(call, "id", i), &refetch->ids[i]);
	return 0;
}

int
run_refetch_loop(struct loop_call *call, struct err *err)
{
	struct refetch *refetch = sweep_new(call, sizeof *refetch, true);

	refetch->sweep.slice = slice_refetch;
	refetch->sweep.answer = answer_refetch;
	refetch->user = arena_text(refetch->sweep.arena, call->call.user);
	if (read_ids(refetch, &call->call, err) < 0) {
		sweep_free(&refetch->sweep);
		return -1;
	}
	if (sweep_filter(&refetch->sweep, err) < 0)
		return -1;
	sweep_start(&refetch->sweep);
	return 0;
}
