#include <string.h>

#include "cmd_contact.h"
#include "liaison/base/text.h"
#include "liaison/crm/merge.h"
#include "record.h"

/* contact.merge and contact.unmerge. */

/* The survivor's fields and who went up in it: what the journal says was changed of it. */
static const char *
journal_fields(
	struct call *call, const char *fields, const struct merge_result *result, const char *what)
{
	size_t size = strlen(fields);

	return arena_printf(call->arena, "%.*s,\"%s\":\"%s\",\"merge\":%lld}", (int)size - 1,
		fields, what, result->merged_no, (long long)result->id);
}

static void
write_counts(struct call *call, const struct merge_result *result, bool back)
{
	json_array_begin(call->out, "parts");
	for (unsigned i = 0; i < result->count; i++) {
		const struct merge_count *count = &result->counts[i];

		json_object_begin(call->out, NULL);
		json_text(call->out, "part", count->part);
		json_int(call->out, back ? "restored" : "moved", count->moved);
		json_int(call->out, back ? "stayed" : "dropped", count->dropped);
		if (!back)
			json_int(call->out, "changed", count->changed);
		json_object_end(call->out);
	}
	json_array_end(call->out);
}

static void
write_conflicts(struct call *call, const struct merge_result *result)
{
	json_array_begin(call->out, "conflicts");
	for (unsigned i = 0; i < result->conflict_count; i++) {
		const struct merge_conflict *conflict = &result->conflicts[i];

		json_object_begin(call->out, NULL);
		json_text(call->out, "field", conflict->field);
		json_text(call->out, "into", conflict->into);
		json_text(call->out, "merged", conflict->merged);
		json_bool(call->out, "taken", conflict->taken);
		json_object_end(call->out);
	}
	json_array_end(call->out);
}

/* What the merge filled in, as the record has it: a company by its number. */
static int
write_filled(
	struct call *call, const struct merge_result *result, const char *name, struct err *err)
{
	struct contact company;
	json_t *filled, *id;
	int status = 0;

	if (json_line_parse(result->after, strlen(result->after), &filled, err) < 0)
		return -1;
	json_object_del(filled, "version");
	id = json_object_get(filled, "company");
	if (json_is_integer(id)) {
		status = contact_get(
			call->store, call->arena, json_integer_value(id), &company, err);
		if (status == 0)
			json_object_set_new(filled, "company", json_string(company.no));
	}
	if (status == 0)
		json_value(call->out, name, filled);
	json_decref(filled);
	return status;
}

/* ---- contact.merge ---- */

static int
journal_merge(
	struct call *call, const struct merge_result *result, const char *merged, struct err *err)
{
	const char *after = journal_fields(call, result->after, result, "merged");

	if (call_journal(call, "contact", result->into, result->before, after, err) < 0)
		return -1;
	return call_journal_of(call, result->into, "contact", result->merged, merged, NULL, err);
}

static int
answer_merge(struct call *call, const struct merge_result *result, struct err *err)
{
	json_object_begin(call->out, NULL);
	if (contact_write_members(call->store, result->into, call->out, err) < 0)
		return -1;
	json_int(call->out, "merge", result->id);
	json_text(call->out, "merged", result->merged_no);
	if (write_filled(call, result, "filled", err) < 0)
		return -1;
	write_conflicts(call, result);
	write_counts(call, result, false);
	json_object_end(call->out);
	return 0;
}

/* Of a dry run, which has no other transaction, all is told now. */
static int
go_on(struct call *call, struct merge_result *result, bool back, bool *again, struct err *err)
{
	capture_contacts_changed(call_capture(call));
	*again = !result->done && !call->dry_run;
	if (!*again)
		return result->done ? 0 : contact_merge_rest(call->store, back, result, err);
	call_must_end(call, true);
	return 0;
}

static int
begin_merge(struct call *call, struct merge_result *result, struct err *err)
{
	const char *const *take, *merged;
	int64_t from, into;
	unsigned count;

	take = call_words(call, "take", &count);
	if (call_contact(call, "contact", true, &from, err) < 0 ||
		call_contact(call, "into", true, &into, err) < 0 ||
		contact_text(call, from, &merged, err) < 0 ||
		contact_merge(call->store, call_keep_arena(call), from, into, take, count,
			call->user, call->now, call_until(call), result, err) < 0)
		return -1;
	return result->again ? 0 : journal_merge(call, result, merged, err);
}

/* How many rows go over is not known before they have. */
static int
run_merge(struct call *call, struct err *err)
{
	struct merge_result *result = call_keep(call, sizeof *result);
	bool again;

	if ((result->id == 0 ? begin_merge(call, result, err)
			     : contact_merge(call->store, call->arena, 0, 0, NULL, 0, call->user,
				       call->now, call_until(call), result, err)) < 0 ||
		go_on(call, result, false, &again, err) < 0)
		return -1;
	if (!again)
		return answer_merge(call, result, err);
	call_continue(call, result->rows, result->total, "rows");
	return 0;
}

/* ---- contact.unmerge ---- */

static int
journal_unmerge(struct call *call, const struct merge_result *result, struct err *err)
{
	const char *after = journal_fields(call, result->after, result, "unmerged"), *merged;

	if (contact_text(call, result->merged, &merged, err) < 0 ||
		call_journal(call, "contact", result->into, result->before, after, err) < 0)
		return -1;
	return call_journal(call, "contact", result->merged, NULL, merged, err);
}

int
unmerge_contact(
	struct call *call, int64_t merge, struct merge_result *result, bool *again, struct err *err)
{
	bool begun = result->id != 0;

	if (contact_unmerge(call->store, begun ? call->arena : call_keep_arena(call), merge,
		    call->now, call_until(call), result, err) < 0 ||
		(!begun && !result->again && journal_unmerge(call, result, err) < 0))
		return -1;
	return go_on(call, result, true, again, err);
}

static int
answer_unmerge(struct call *call, const struct merge_result *result, struct err *err)
{
	json_object_begin(call->out, NULL);
	if (contact_write_members(call->store, result->merged, call->out, err) < 0)
		return -1;
	json_int(call->out, "merge", result->id);
	json_text(call->out, "into", result->into_no);
	write_counts(call, result, true);
	json_object_end(call->out);
	return 0;
}

static int
run_unmerge(struct call *call, struct err *err)
{
	struct merge_result *result = call_keep(call, sizeof *result);
	int64_t merge = result->id;
	bool again;

	if ((merge == 0 && merge_find(call->store, call_text(call, "merge"), &merge, err) < 0) ||
		unmerge_contact(call, merge, result, &again, err) < 0)
		return -1;
	if (!again)
		return answer_unmerge(call, result, err);
	call_continue(call, result->rows, result->total, "rows");
	return 0;
}

/* ---- the table ---- */

static const struct param merge_params[] = {
	{ "contact", PARAM_CONTACT, PARAM_REQUIRED,
		"the one that goes up in the other: a number or a whole address", NULL, NULL },
	{ "into", PARAM_CONTACT, PARAM_REQUIRED, "the one that stays: a number or a whole address",
		NULL, NULL },
	{ "take", PARAM_TEXT, PARAM_REPEATS,
		"a field in which the two differ and the first one is right", NULL, NULL },
	{ 0 },
};

static const struct param unmerge_params[] = {
	{ "merge", PARAM_TEXT, PARAM_REQUIRED,
		"the number of the contact that was merged, or that of the merge", NULL, NULL },
	{ 0 },
};

static const char MERGE_COLUMNS[] =
	"no,name,merged,conflicts.field,conflicts.into,conflicts.merged";

const struct command contact_merge_commands[] = {
	{ .name = "contact.merge",
		.summary = "make one contact of two; what both have comes together",
		.params = merge_params,
		.run = run_merge,
		.access = ACCESS_WRITES,
		.traits = COMMAND_CONFIRM,
		.key = "no",
		.columns = MERGE_COLUMNS },
	{ .name = "contact.unmerge",
		.summary = "take a merge back; what was changed since stays with the other",
		.params = unmerge_params,
		.run = run_unmerge,
		.access = ACCESS_WRITES,
		.key = "no",
		.columns = "no,name,into,parts.part,parts.restored,parts.stayed" },
	{ 0 },
};
