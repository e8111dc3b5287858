#include <string.h>

#include "cmd_record.h"
#include "liaison/base/text.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/salesperson.h"
#include "record_nouns.h"
#include "undo.h"

/* Taking back changes of records that are a row of fields. */

static int
remove_added(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const struct record_noun *noun, struct err *err)
{
	struct record *record;
	bool touched;

	if (record_get(call->store, call->arena, noun, entry->entry->record, &record, err) < 0)
		return -1;
	if (undo_is_touched(call->store, entry->entry, 0, run->undo.by, &touched, err) < 0)
		return -1;
	if (touched) {
		undo_keep_it(call, run, entry, record_key(record), NULL, "it was changed since");
		return 0;
	}
	if (call_remove_record(call, record, err) < 0)
		return -1;
	capture_contacts_changed(call_capture(call)); /* what was a salesperson's is ours no more */
	undo_tell(call, run, entry, UNDO_REMOVED, record_key(record), NULL);
	return 0;
}

static bool
is_own_field(const struct record_noun *noun, const char *name)
{
	for (unsigned i = 0; i < noun->count; i++) {
		if (strcmp(noun->fields[i].name, name) == 0)
			return true;
	}
	return strcmp(name, "id") == 0 || strcmp(name, "version") == 0;
}

/* What went with the record and is not in the journal: values of a field, questions of a questionnaire. */
static void
keep_lost(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const struct record *record, const json_t *present)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)entry->before, name, value)
	{
		if (!is_own_field(record->noun, name) &&
			!json_equal(value, json_object_get(present, name)))
			undo_keep_it(call, run, entry, record_key(record), name,
				"what went with it does not come back");
	}
}

static int
tell_lost(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const struct record *record, struct err *err)
{
	struct json_doc doc;
	const char *text;
	json_t *present;

	if (record->noun->write_more == NULL || record->noun->restore_more != NULL)
		return 0;
	json_doc_begin(&doc);
	if (json_doc_end(&doc, call->arena, record_write(call->store, record, &doc.out, err),
		    &text) < 0 ||
		json_line_parse(text, strlen(text), &present, err) < 0)
		return -1;
	keep_lost(call, run, entry, record, present);
	json_decref(present);
	return 0;
}

static int
restore_removed(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const struct record_noun *noun, struct err *err)
{
	struct record *record = record_new(call->arena, noun);
	bool *given = arena_array(call->arena, noun->count, sizeof *given);

	record->id = entry->entry->record;
	if (record_read(call->store, call->arena, entry->before, record, given, err) < 0 ||
		record_restore(call->store, record, entry->before, err) < 0 ||
		call_journal_record(call, record, true, err) < 0)
		return -1;
	undo_tell(call, run, entry, UNDO_ADDED, record_key(record), NULL);
	return tell_lost(call, run, entry, record, err);
}

/* The fields go back that are what the entry wrote; "city, phone" of those into *fields. */
static void
choose_fields(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const struct record *old, const struct record *wrote, const bool *given,
	struct record *record, const char **fields)
{
	const struct record present = *record_copy(call->arena, record);

	for (unsigned i = 0; i < record->noun->count; i++) {
		const struct record_field *field = &record->noun->fields[i];

		if (!given[i] || record_same(field, &old->values[i], &present.values[i]))
			continue;
		if (!record_same(field, &wrote->values[i], &present.values[i])) {
			undo_keep_it(call, run, entry, record_key(record), field->name,
				"it was changed since");
			continue;
		}
		record->values[i] = old->values[i];
		*fields = *fields == NULL
				  ? field->name
				  : arena_printf(call->arena, "%s, %s", *fields, field->name);
	}
}

/* What the command set beside the fields. */
static void
keep_unknown(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const struct record *record)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)entry->after, name, value)
	{
		unsigned i = 0;

		while (i < record->noun->count && strcmp(record->noun->fields[i].name, name) != 0)
			i++;
		if (i == record->noun->count && strcmp(name, "version") != 0 &&
			!(record->noun == &salesperson_noun && strcmp(name, "emails") == 0))
			undo_keep_it(call, run, entry, record_key(record), name,
				"this cannot be taken back");
	}
}

static int
change_back(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const struct record_noun *noun, struct err *err)
{
	struct record *before = record_new(call->arena, noun), *wrote, *old, *record;
	bool *given = arena_array(call->arena, noun->count, sizeof *given);
	const char *fields = NULL;
	bool emails = false;

	wrote = record_new(call->arena, noun);
	old = record_new(call->arena, noun);
	if (record_get(call->store, call->arena, noun, entry->entry->record, &before, err) < 0 ||
		record_read(call->store, call->arena, entry->before, old, given, err) < 0 ||
		record_read(call->store, call->arena, entry->after, wrote, given, err) < 0)
		return -1;
	record = record_copy(call->arena, before);
	keep_unknown(call, run, entry, record);
	choose_fields(call, run, entry, old, wrote, given, record, &fields);
	if (fields != NULL && call_edit_record(call, record, before, err) < 0)
		return -1;
	if (noun == &salesperson_noun &&
		undo_salesperson_emails(call, run, entry, record_key(record), &emails, err) < 0)
		return -1;
	if (emails)
		fields = fields == NULL ? "emails"
					: arena_printf(call->arena, "%s, emails", fields);
	if (fields == NULL)
		return 0;
	undo_tell(call, run, entry, UNDO_CHANGED, record_key(record), fields);
	return 0;
}

int
undo_record(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	const struct record_noun *noun = record_noun_named(entry->entry->noun);

	if (entry->before == NULL)
		return remove_added(call, run, entry, noun, err);
	if (entry->after == NULL)
		return restore_removed(call, run, entry, noun, err);
	return change_back(call, run, entry, noun, err);
}
