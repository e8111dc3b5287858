#include <stdlib.h>
#include <string.h>

#include "liaison/crm/import.h"
#include "liaison/base/text.h"
#include "record_nouns.h"
#include "request.h"
#include "undo.h"

/* system.undo: a batch of journal entries, taken back in turns of the writer. */

/* ---- what is told ---- */

static const char *
end_text(struct call *call, struct json_doc *doc)
{
	const char *kept;

	json_object_end(&doc->out);
	json_doc_end(doc, call_keep_arena(call), 0, &kept);
	return kept;
}

static void
begin_text(const struct undo_entry *entry, const char *name, struct json_doc *doc)
{
	json_doc_begin(doc);
	json_object_begin(&doc->out, NULL);
	json_int(&doc->out, "entry", entry->entry->id);
	json_text(&doc->out, "noun", entry->entry->noun);
	json_int(&doc->out, "record", entry->entry->record);
	json_text(&doc->out, "name", name);
}

void
undo_tell(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	enum undo_what what, const char *name, const char *fields)
{
	static const char *const WORDS[] = {
		[UNDO_CHANGED] = "changed", [UNDO_ADDED] = "added", [UNDO_REMOVED] = "removed"
	};
	struct json_doc doc;

	run->undo.changed += what == UNDO_CHANGED;
	run->undo.added += what == UNDO_ADDED;
	run->undo.removed += what == UNDO_REMOVED;
	if (run->change_count == UNDO_TOLD)
		return;
	begin_text(entry, name, &doc);
	json_text(&doc.out, "what", WORDS[what]);
	json_text(&doc.out, "fields", fields);
	run->changes[run->change_count++] = end_text(call, &doc);
}

void
undo_keep_it(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const char *name, const char *field, const char *why)
{
	struct json_doc doc;

	run->undo.kept++;
	if (run->kept_count == UNDO_TOLD)
		return;
	begin_text(entry, name, &doc);
	json_text(&doc.out, "field", field);
	json_text(&doc.out, "why", why);
	run->kept[run->kept_count++] = end_text(call, &doc);
}

static void
write_told(struct json_out *out, const char *name, const char *const *told, unsigned count)
{
	json_array_begin(out, name);
	for (unsigned i = 0; i < count; i++)
		json_raw(out, NULL, told[i], strlen(told[i]));
	json_array_end(out);
}

static int
answer(struct call *call, const struct undo_run *run)
{
	const struct undo *undo = &run->undo;

	json_object_begin(call->out, NULL);
	json_int(call->out, "batch", undo->batch);
	json_text(call->out, "method", run->batch.method);
	if (call->dry_run)
		json_null_(call->out, "by");
	else
		json_int(call->out, "by", undo->by);
	json_int(call->out, "entries", undo->entries);
	json_int(call->out, "changed", undo->changed);
	json_int(call->out, "added", undo->added);
	json_int(call->out, "removed", undo->removed);
	json_int(call->out, "kept", undo->kept);
	write_told(call->out, "changes", run->changes, run->change_count);
	write_told(call->out, "kept_first", run->kept, run->kept_count);
	json_object_end(call->out);
	return 0;
}

/* ---- an entry ---- */

static undo_noun *
noun_of(const char *name)
{
	static const struct {
		const char *name;
		undo_noun *back;
	} NOUNS[] = {
		{ "contact", undo_contact },
		{ "contact-links", undo_contact_links },
		{ "contact-past", undo_contact_past },
		{ "contact-note", undo_contact_note },
		{ "profile", undo_profile },
	};

	for (size_t i = 0; i < sizeof NOUNS / sizeof *NOUNS; i++) {
		if (strcmp(NOUNS[i].name, name) == 0)
			return NOUNS[i].back;
	}
	return record_noun_named(name) != NULL ? undo_record : NULL;
}

static int
parse(const char *text, json_t **out, struct err *err)
{
	*out = NULL;
	return text == NULL ? 0 : json_line_parse(text, strlen(text), out, err);
}

static int
take_back(struct call *call, struct undo_run *run, const struct audit_entry *entry, struct err *err)
{
	undo_noun *back = noun_of(entry->noun);
	json_t *before = NULL, *after = NULL;
	struct undo_entry this = { .entry = entry };
	int result;

	if (strcmp(entry->noun, "undo") == 0)
		return 0; /* it only says that the rest is one */
	if (back == NULL) {
		undo_keep_it(call, run, &this, NULL, NULL, "this cannot be taken back");
		return 0;
	}
	result = parse(entry->before, &before, err);
	if (result == 0)
		result = parse(entry->after, &after, err);
	this.before = before;
	this.after = after;
	if (result == 0)
		result = back(call, run, &this, err);
	json_decref(before);
	json_decref(after);
	return result;
}

/* Rules of the domain keep what they forbid; a sick database ends the undo. */
static bool
is_rule(const struct err *err)
{
	return err->code == ERR_CONFLICT || err->code == ERR_REFUSED || err->code == ERR_USAGE ||
	       err->code == ERR_NOT_FOUND;
}

static int
take_back_safely(
	struct call *call, struct undo_run *run, const struct audit_entry *entry, struct err *err)
{
	const struct undo_run before = *run;
	struct undo_entry this = { .entry = entry };

	if (store_savepoint(call->store, err) < 0)
		return -1;
	if (take_back(call, run, entry, err) == 0)
		return store_release(call->store, err);
	store_rollback_to(call->store);
	if (!is_rule(err))
		return -1;
	*run = before;
	undo_keep_it(
		call, run, &this, NULL, err->field[0] != '\0' ? err->field : NULL, err->message);
	return 0;
}

/* ---- the batch ---- */

/* Whoever may not do it may not take it back. */
static int
check_access(const struct call *call, const struct undo_batch *batch, struct err *err)
{
	const struct command *command = command_find(batch->method);

	if (command == NULL)
		return fail(err, ERR_PERMISSION,
			"'%s' cannot be taken back: no command is called so any more",
			batch->method);
	if ((call->access & command_needs(command)) != 0)
		return 0;
	return fail(err, ERR_PERMISSION, "'%s' may not take back '%s', which is not theirs to run",
		call->user, batch->method);
}

/* Two that were taken apart are merged by looking at both, as before. */
static int
refuse_merge(const struct undo_batch *batch, struct err *err)
{
	if (strcmp(batch->method, "contact.unmerge") != 0 &&
		(!batch->is_undo || strcmp(batch->method, "contact.merge") != 0))
		return 0;
	fail_field(err, ERR_REFUSED, "audit_id",
		"'%lld' took a merge back, which is not done again", (long long)batch->id);
	return err_hint(err, "contact merge merges the two");
}

static int
refuse_undone(const struct undo *last, struct err *err)
{
	fail_field(err, ERR_REFUSED, "audit_id", "the batch '%lld' was taken back already",
		(long long)last->batch);
	return err_hint(err, "system undo %lld brings it back", (long long)last->by);
}

/* The entry that says so is the first of a batch of its own. */
static int
begin_batch(struct call *call, struct undo_run *run, struct err *err)
{
	const char *after = arena_printf(call->arena, "{\"batch\":%lld,\"method\":\"%s\"}",
		(long long)run->batch.id, run->batch.method);

	if (call_journal(call, "undo", run->batch.id, NULL, after, err) < 0 ||
		import_forget(call->store, run->batch.id, err) < 0)
		return -1;
	run->undo = (struct undo){ .batch = run->batch.id,
		.by = call->journal_batch,
		.next = run->batch.last,
		.entries = run->batch.entries };
	return undo_add(call->store, &run->undo, err);
}

static int
begin(struct call *call, struct undo_run *run, int64_t entry, struct err *err)
{
	struct undo last;
	bool undone;

	if (undo_batch(call->store, call_keep_arena(call), entry, &run->batch, err) < 0 ||
		check_access(call, &run->batch, err) < 0 || refuse_merge(&run->batch, err) < 0 ||
		undo_find(call->store, run->batch.id, &last, err) < 0 ||
		undo_is_undone(call->store, run->batch.id, &undone, err) < 0)
		return -1;
	if (undone)
		return refuse_undone(&last, err);
	run->begun = true;
	if (last.id == 0 || last.next == 0)
		return begin_batch(call, run, err);
	run->undo = last; /* it was interrupted */
	call->journal_batch = last.by;
	return 0;
}

/* Two at a time would count the same entries twice. */
static int
check_alone(struct call *call, const struct undo_run *run, struct err *err)
{
	struct undo last;

	if (call->dry_run)
		return 0; /* of which nothing is kept */
	if (undo_find(call->store, run->batch.id, &last, err) < 0)
		return -1;
	if (last.id == run->undo.id && last.next == run->undo.next)
		return 0;
	return fail_field(err, ERR_CONFLICT, "audit_id",
		"the batch '%lld' is being taken back by somebody else", (long long)run->batch.id);
}

enum { PART = 100 };

static int
run_part(struct call *call, struct undo_run *run, struct err *err)
{
	struct audit_entry *entries;
	unsigned count;

	if (undo_entries(call->store, call->arena, run->undo.batch, run->undo.next, PART, &entries,
		    &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (take_back_safely(call, run, &entries[i], err) < 0)
			return -1;
		if (run->again)
			return 0;
		run->undo.next = entries[i].id > run->undo.batch ? entries[i].id - 1 : 0;
		run->done++;
		if (call_is_long(call))
			return 0;
	}
	if (count < PART)
		run->undo.next = 0;
	return 0;
}

int
undo_turn(struct call *call, struct undo_run *run, int64_t entry, bool *more, struct err *err)
{
	if ((run->begun ? check_alone(call, run, err) : begin(call, run, entry, err)) < 0)
		return -1;
	run->again = false;
	while (run->undo.next > 0 && !run->again && !call_is_long(call)) {
		if (run_part(call, run, err) < 0)
			return -1;
	}
	if (undo_keep(call->store, &run->undo, err) < 0)
		return -1;
	*more = run->undo.next > 0;
	return 0;
}

static int
run_undo(struct call *call, struct err *err)
{
	struct undo_run *run = call_keep(call, sizeof *run);
	bool more;

	if (undo_turn(call, run, call_int(call, "audit_id", 0), &more, err) < 0)
		return -1;
	call_must_end(call, run->again);
	if (!more)
		return answer(call, run);
	call_continue(call, run->done, run->undo.entries, "entries");
	return 0;
}

static const struct param undo_params[] = {
	{ "audit_id", PARAM_INTEGER, PARAM_REQUIRED,
		"an entry of the journal, as system audit tells; all that its command did goes",
		NULL, NULL },
	{ 0 },
};

const struct command undo_commands[] = {
	{ .name = "system.undo",
		.summary = "take back what a command did: an edit of many, an import, a removal",
		.params = undo_params,
		.run = run_undo,
		.access = ACCESS_WRITES,
		.traits = COMMAND_CONFIRM,
		.key = "by",
		.columns = "batch,method,by,changed,added,removed,kept" },
	{ 0 },
};
