#include "import_record.h"

#include "liaison/capture/capture.h"
#include "request.h"

/* A row of an import into the open transaction. */

/* A card that contact.dump wrote has its number; of CSV the columns tell. */
static struct import_rule
rule_of(const struct import_run *run, const struct import_value *values, unsigned count)
{
	struct import_rule rule = run->rule;

	for (unsigned i = 0; run->type == IMPORT_VCARD && i < count; i++)
		rule.exact |= values[i].target.kind == TARGET_NO;
	return rule;
}

static int
count_outcome(
	struct import_run *run, const struct import_row *row, const struct import_outcome *out)
{
	run->counts.companies += out->companies;
	run->counts.shared += out->shares;
	if (out->shares && run->counts.first_shared == 0)
		run->counts.first_shared = row->line;
	if (out->end == IMPORT_ADDED && run->first_id == 0)
		run->first_id = out->id;
	switch (out->end) {
	case IMPORT_ADDED:
		run->counts.added++;
		break;
	case IMPORT_CHANGED:
		run->counts.changed++;
		break;
	case IMPORT_SAME:
		run->counts.same++;
		return 0;
	case IMPORT_WAITS:
		return 0;
	}
	if (run->call->call.dry_run)
		import_tell_change(run, row->line, out);
	return 0;
}

/* Lines come in order, but for those that waited. */
static int
is_known(struct import_run *run, struct call *call, const struct import_mark *place, bool *known,
	struct err *err)
{
	*known = false;
	if (run->rule.again || place->line > run->last_line)
		return 0;
	return import_row_known(call->store, &run->file, place, known, err);
}

int
import_record_try(
	struct import_run *run, struct call *call, const struct import_row *row, struct err *err)
{
	struct import_value *values = arena_array(call->arena, row->count + 1, sizeof *values);
	unsigned count = import_read_values(run, call->arena, row, values);
	const struct import_rule rule = rule_of(run, values, count);
	struct import_seen *seen = call->dry_run ? &run->seen : NULL;
	const struct import_mark place = import_mark_row(row);
	const bool late = run->late || (rule.create && import_is_full(run));
	struct import_outcome out;
	bool known;

	if (is_known(run, call, &place, &known, err) < 0)
		return -1;
	if (known) {
		run->counts.skipped++;
		return 0;
	}
	run->defaults.file = run->file.digest;
	run->defaults.first_id = run->first_id;
	if (import_apply(call, &rule, seen, &run->defaults, values, count, late, &out, err) < 0)
		return -1;
	if (out.end == IMPORT_WAITS)
		return 1;
	if (!call->dry_run && import_row_add(call->store, &run->file, &place, out.id,
				      call->journal_batch, err) < 0)
		return -1;
	if (!call->dry_run && !run->late && out.company_id != 0 &&
		import_company_add(call->store, &run->file, out.company_id, err) < 0)
		return -1;
	return count_outcome(run, row, &out);
}

bool
import_is_fault(const struct err *err)
{
	return err->code != ERR_STORAGE && err->code != ERR_UNAVAILABLE &&
	       err->code != ERR_INTERNAL;
}

static void
refuse(struct import_run *run, const struct import_row *row, const struct err *err)
{
	run->counts.refused++;
	import_tell_error(run, row->line, err);
}

int
import_record_row(struct import_run *run, struct call *call, struct worker *worker,
	const struct import_row *row, struct err *err)
{
	const struct series_roll numbers = run->defaults.numbers;
	const struct import_counts counts = run->counts;
	const struct import_file file = run->file;
	int result = -1;

	if (store_savepoint(call->store, err) < 0)
		return -1;
	if (row->error != NULL)
		fail(err, ERR_USAGE, "%s", row->error);
	else
		result = import_record_try(run, call, row, err);
	if (result == 0)
		return store_release(call->store, err) < 0 || call_tell(call, worker, err) < 0 ? -1
											       : 0;
	store_rollback_to(call->store);
	call_renew(call, worker, call->arena);
	call->journal_batch = run->journal_batch;
	run->counts = counts;
	run->file = file;
	run->defaults.numbers = numbers;
	run->defaults.company_name = NULL;
	if (result == 1 && import_wait(run, row))
		return 0;
	if (result == 1)
		fail_field(err, ERR_NOT_FOUND, "company_name",
			"its company comes too late in the file: sort companies first");
	if (!import_is_fault(err) && row->error == NULL)
		return -1;
	refuse(run, row, err);
	return run->rule.strict ? -1 : 0;
}

void
import_count_row(struct import_run *run, const struct import_row *row)
{
	if (run->late)
		return;
	run->counts.rows++;
	run->counts.recoded += row->recoded;
	if (row->recoded && run->counts.first_recoded == 0)
		run->counts.first_recoded = row->line;
}
