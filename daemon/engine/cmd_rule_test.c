#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "liaison/capture/capture.h"
#include "sweep.h"
#include "sweep_tally.h"
#include "unread.h"

/* rule.test: a draft of rules over the ledger's evidence: how it would be decided, and what changes. */

enum { SPAN = 2000, SHOW_MAX = 1000 };

struct trial {
	struct sweep sweep; /* first */
	struct worker *worker; /* of the slice */
	struct reapplied *shown; /* own; the newest ones that change, and some more */
	struct sweep_tally tally; /* as it is, and as it would be */
	size_t shown_count, shown_room;
	struct unread_folders unread;
	int64_t links, templates, levels; /* messages that stay captured and get others */
	int64_t since, unknown, by_hand, withheld, changes, gained, lost, show;
	struct text diff; /* own; items of an array */
};

static void
add_tally(void *to, const char *decision, int64_t count)
{
	struct trial *trial = to;
	struct sweep_count *of = sweep_tally_of(&trial->tally, decision);

	of->before += count;
	of->after += count;
}

/* Newest first; of the same second the one that is later in the ledger. */
static int
compare_shown(const void *a, const void *b)
{
	const struct reapplied *left = a, *right = b;

	if (left->at != right->at)
		return left->at < right->at ? 1 : -1;
	return (left->row < right->row) - (left->row > right->row);
}

static void
keep_newest(struct trial *trial)
{
	if (trial->shown_count > 0)
		qsort(trial->shown, trial->shown_count, sizeof *trial->shown, compare_shown);
	if (trial->shown_count > (size_t)trial->show)
		trial->shown_count = (size_t)trial->show;
}

static void
note_shown(struct trial *trial, const struct reapplied *told)
{
	if (trial->shown_room == 0) {
		trial->shown_room = (size_t)trial->show * 2 + 1;
		trial->shown = mem_zero(trial->shown_room, sizeof *trial->shown);
	}
	if (trial->shown_count == trial->shown_room)
		keep_newest(trial);
	trial->shown[trial->shown_count++] = *told;
}

/* What else of it would be another. */
static int
show_more(struct trial *trial, struct worker *worker, const struct reapplied *told, struct err *err)
{
	struct text more = { 0 };
	struct json_out out;
	int failed = 0;

	json_out_init(&out, &more);
	json_object_begin(&out, NULL);
	if (told->relinked)
		failed = capture_try_links(worker->store, trial->sweep.capture, worker->arena,
			told->row, &trial->unread, trial->sweep.now, &out, err);
	if (told->retemplated)
		json_text(&out, "template", told->template);
	if (told->level_after != NULL) {
		json_text(&out, "level_now", told->level_before);
		json_text(&out, "level_then", told->level_after);
	}
	json_object_end(&out);
	if (more.size > 2) {
		text_add(&trial->diff, ",");
		text_add_n(&trial->diff, more.bytes + 1, more.size - 2);
	}
	text_clear(&more);
	return failed;
}

/* The capture record as the asker may see it, with what it would be. */
static int
show(struct trial *trial, struct worker *worker, const struct reapplied *told, struct err *err)
{
	struct text record = { 0 };
	struct json_out out;
	int failed;

	json_out_init(&out, &record);
	store_set_viewer(worker->store, trial->sweep.viewer);
	failed = capture_write(worker->store, worker->arena, told->row, &out, err);
	store_set_viewer(worker->store, NULL);
	if (failed == 0) {
		text_add(&trial->diff, trial->diff.size > 0 ? "," : "");
		text_add_n(&trial->diff, record.bytes, record.size - 1);
		text_printf(&trial->diff,
			",\"now\":\"%s\",\"then\":\"%s\",\"draft\":", told->before, told->after);
		if (told->rule != 0)
			text_printf(&trial->diff, "%lld", (long long)told->rule);
		else
			text_add(&trial->diff, "null");
		failed = show_more(trial, worker, told, err);
		text_add(&trial->diff, "}");
	}
	text_clear(&record);
	return failed;
}

/* By what a draft makes of it nobody learns what mail says that is not his to read. */
static int
is_withheld(struct trial *trial, struct worker *worker, int64_t id, bool *withheld, struct err *err)
{
	int failed;

	*withheld = false;
	if (trial->sweep.viewer == NULL)
		return 0;
	store_set_viewer(worker->store, trial->sweep.viewer);
	failed = capture_withheld(worker->store, id, withheld, err);
	store_set_viewer(worker->store, NULL);
	return failed;
}

static int
count_withheld(
	struct trial *trial, struct worker *worker, const struct ledger_span *span, struct err *err)
{
	int64_t count = 0;
	int failed;

	if (trial->sweep.viewer == NULL)
		return 0;
	store_set_viewer(worker->store, trial->sweep.viewer);
	failed = ledger_withheld(worker->store, span, &count, err);
	store_set_viewer(worker->store, NULL);
	trial->withheld += count;
	return failed;
}

static int
take_row(void *to, const struct reapplied *told, struct err *err)
{
	struct trial *trial = to;
	bool withheld;

	if (is_withheld(trial, trial->worker, told->row, &withheld, err) < 0)
		return -1;
	if (withheld)
		return 0;
	trial->unknown += told->unknown;
	trial->by_hand += told->by_hand;
	trial->links += told->relinked;
	trial->templates += told->retemplated;
	trial->levels += told->level_after != NULL;
	if (told->row == 0 || (!told->changed && told->level_after == NULL))
		return 0;
	if (trial->show > 0)
		note_shown(trial, told);
	if (!told->changed)
		return 0;
	trial->changes++;
	if (strcmp(told->before, told->after) == 0)
		return 0;
	sweep_tally_of(&trial->tally, told->before)->after--;
	sweep_tally_of(&trial->tally, told->after)->after++;
	trial->gained += strcmp(told->after, "captured") == 0;
	trial->lost += strcmp(told->before, "captured") == 0;
	return 0;
}

static int
show_all(struct trial *trial, struct worker *worker, struct err *err)
{
	keep_newest(trial);
	for (size_t i = 0; i < trial->shown_count; i++) {
		if (show(trial, worker, &trial->shown[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
slice_trial(struct sweep *sweep, struct worker *worker, struct err *err)
{
	struct trial *trial = (struct trial *)sweep;
	struct ledger_span span = { .after = sweep->cursor, .since = trial->since };
	const struct trying trying = { trial, trial->unread, add_tally, take_row };

	span.last = span.after + SPAN < sweep->last ? span.after + SPAN : sweep->last;
	trial->worker = worker;
	if (count_withheld(trial, worker, &span, err) < 0 ||
		capture_try_span(worker->store, sweep->capture, worker->arena, sweep->scratch,
			&span, sweep->now, &trying, err) < 0)
		return -1;
	sweep->cursor = span.last;
	return sweep->cursor >= sweep->last ? show_all(trial, worker, err) : 0;
}

static bool
answer_trial(struct sweep *sweep, struct json_out *out, struct err *err)
{
	struct trial *trial = (struct trial *)sweep;
	int64_t messages = 0;

	(void)err;
	for (unsigned i = 0; i < trial->tally.count; i++)
		messages += trial->tally.of[i].before;
	json_object_begin(out, NULL);
	json_int(out, "messages", messages);
	json_int(out, "changed", trial->changes);
	json_int(out, "captured", trial->gained);
	json_int(out, "dropped", trial->lost);
	json_int(out, "links", trial->links);
	json_int(out, "templates", trial->templates);
	json_int(out, "levels", trial->levels);
	json_int(out, "unknown", trial->unknown);
	json_int(out, "by_hand", trial->by_hand);
	json_int(out, "withheld", trial->withheld);
	sweep_tally_write(&trial->tally, "now", "then", out);
	json_array_begin(out, "diff");
	if (trial->diff.size > 0)
		json_raw(out, NULL, trial->diff.bytes, trial->diff.size);
	json_array_end(out);
	json_object_end(out);
	return true;
}

static void
clear_trial(struct sweep *sweep)
{
	struct trial *trial = (struct trial *)sweep;

	text_clear(&trial->diff);
	free(trial->shown);
}

static int
read_trial(struct trial *trial, struct err *err)
{
	struct call *call = &trial->sweep.call->call;
	struct rule *rules;
	const char *text;
	unsigned count;
	bool given;
	int offset;

	trial->show = call_int(call, "show", 0);
	if (trial->show < 0 || trial->show > SHOW_MAX)
		return fail_field(err, ERR_USAGE, "show", "'show' is %lld: it is from 0 to %d",
			(long long)trial->show, SHOW_MAX);
	if (call_time(call, "since", false, &trial->since, &offset, &given, err) < 0 ||
		call_input_text(call, &text, err) < 0)
		return -1;
	if (!given)
		trial->since = INT64_MIN;
	if (rules_read(trial->sweep.arena, text == NULL ? "" : text, &rules, &count, err) < 0)
		return -1;
	return capture_try_rules(trial->sweep.capture, rules, count, err);
}

int
run_rule_test_loop(struct loop_call *call, struct err *err)
{
	struct trial *trial = sweep_new(call, sizeof *trial, false);

	trial->unread = unread_folders(call->call.engine, trial->sweep.arena);
	trial->sweep.slice = slice_trial;
	trial->sweep.answer = answer_trial;
	trial->sweep.clear = clear_trial;
	if (read_trial(trial, err) < 0) {
		sweep_free(&trial->sweep);
		return -1;
	}
	sweep_start(&trial->sweep);
	return 0;
}
