#include <string.h>

#include "cmd_contact.h"
#include "contact_change.h"
#include "contact_removal.h"
#include "liaison/base/text.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/contact_past.h"
#include "liaison/crm/duplicate.h"
#include "liaison/crm/merge.h"
#include "record.h"
#include "rematch.h"
#include "undo.h"
#include "undo_list.h"

/* Taking back changes of contacts. */

static const char *
title_of(struct call *call, const struct contact *contact)
{
	return arena_printf(call->arena, "%s %s", contact->no, contact->name);
}

/* ---- one that was added goes ---- */

static int
why_stays(struct call *call, struct undo_run *run, const struct undo_entry *entry, const char **why,
	struct err *err)
{
	int64_t id = entry->entry->record;
	bool touched;

	if (contact_barred(call->store, id, BAR_UNADD, why, err) < 0)
		return -1;
	if (*why != NULL) {
		*why = arena_printf(call->arena, "it has %s", *why);
		return 0;
	}
	if (undo_is_touched(call->store, entry->entry, id, run->undo.by, &touched, err) < 0)
		return -1;
	*why = touched ? "it was changed since" : NULL;
	return 0;
}

static int
remove_added(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	struct contact contact;
	const char *why;

	if (contact_get(call->store, call->arena, entry->entry->record, &contact, err) < 0 ||
		why_stays(call, run, entry, &why, err) < 0)
		return -1;
	if (why != NULL) {
		undo_keep_it(call, run, entry, title_of(call, &contact), NULL, why);
		return 0;
	}
	if (remove_one_contact(call, contact.id, err) < 0)
		return -1;
	undo_tell(call, run, entry, UNDO_REMOVED, title_of(call, &contact), NULL);
	return 0;
}

/* ---- one that was removed comes back ---- */

/* What came to be known of its addresses meanwhile is its own again. */
static int
match_anew(struct call *call, int64_t id, struct err *err)
{
	struct contact_email *emails;
	const char **domains;
	unsigned count;
	int64_t ignored = 0;

	if (contact_emails(call->store, call->arena, id, &emails, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (!emails[i].removed &&
			rematch_address(call, emails[i].address, &ignored, err) < 0)
			return -1;
	}
	if (contact_domains(call->store, call->arena, id, &domains, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (rematch_domain(call, domains[i], &ignored, err) < 0)
			return -1;
	}
	return 0;
}

/* One that went up in another. */
static int
take_apart(struct call *call, struct undo_run *run, const struct undo_entry *entry, int64_t merge,
	struct err *err)
{
	struct contact contact;

	if (unmerge_contact(call, merge, &run->merge, &run->again, err) < 0)
		return -1;
	if (run->again)
		return 0;
	run->merge = (struct merge_result){ 0 };
	if (contact_get(call->store, call->arena, entry->entry->record, &contact, err) < 0)
		return -1;
	undo_tell(call, run, entry, UNDO_ADDED, title_of(call, &contact), NULL);
	return 0;
}

static int
restore_removed(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	int64_t id = entry->entry->record;
	const char *lost, *record;
	struct contact contact;
	int64_t merge;

	if (strcmp(entry->entry->method, "contact.merge") == 0)
		return merge_of_contact(call->store, id, &merge, err) < 0
			       ? -1
			       : take_apart(call, run, entry, merge, err);
	if (contact_restore(call->store, call->arena, id, entry->entry->before, call->now, &lost,
		    err) < 0 ||
		contact_get(call->store, call->arena, id, &contact, err) < 0 ||
		contact_text(call, id, &record, err) < 0 ||
		call_journal(call, "contact", id, NULL, record, err) < 0 ||
		match_anew(call, id, err) < 0)
		return -1;
	capture_contacts_changed(call_capture(call));
	undo_tell(call, run, entry, UNDO_ADDED, title_of(call, &contact), NULL);
	if (lost != NULL)
		undo_keep_it(call, run, entry, title_of(call, &contact), NULL, lost);
	return 0;
}

/* ---- one that was changed becomes what it was ---- */

static bool
has_text(const struct contact *contact, const struct contact_field *field, const json_t *json)
{
	const char *present = *(
		const char *const *)(const void *)((const char *)contact + field->offset);
	const char *text = json_string_value(json);

	return text_same(present, text);
}

static bool
has_value(const struct contact *contact, const struct contact_field *field, const json_t *json)
{
	if (field->type == CONTACT_TEXT)
		return has_text(contact, field, json);
	return *(const bool *)((const char *)contact + field->offset) == json_is_true(json);
}

static void
set_value(struct call *call, struct contact *contact, const struct contact_field *field,
	const json_t *json)
{
	void *member = (char *)contact + field->offset;

	if (field->type == CONTACT_TEXT)
		*(const char **)member = arena_text(call->arena, json_string_value(json));
	else
		*(bool *)member = json_is_true(json);
}

static void
take_scalars(struct undo_change *back)
{
	const struct undo_entry *entry = back->entry;

	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		const json_t *wrote = json_object_get(entry->after, f->name);
		const json_t *old = json_object_get(entry->before, f->name);

		if (wrote == NULL || has_value(&back->change.before, f, old))
			continue;
		if (!has_value(&back->change.before, f, wrote)) {
			undo_keep_field(back, f->name, "it was changed since");
			continue;
		}
		set_value(back->call, &back->change.after, f, old);
		undo_name_field(back, f->name);
	}
}

static int
take_company(struct undo_change *back, struct err *err)
{
	const json_t *wrote = json_object_get(back->entry->after, "company");
	int64_t old = json_integer_value(json_object_get(back->entry->before, "company"));
	int64_t present = back->change.before.company_id;
	struct contact company;

	if (wrote == NULL || present == old)
		return 0;
	if (present != json_integer_value(wrote)) {
		undo_keep_field(back, "company", "it was changed since");
		return 0;
	}
	if (old != 0 && contact_get(back->call->store, back->call->arena, old, &company, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		undo_keep_field(back, "company", "the company it had is not there any more");
		return 0;
	}
	back->change.after.company_id = old;
	undo_name_field(back, "company");
	return 0;
}

static bool
is_field(const char *name)
{
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (strcmp(f->name, name) == 0)
			return true;
	}
	return strcmp(name, "version") == 0 || strcmp(name, "company") == 0;
}

static void
keep_unknown(struct undo_change *back)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)back->entry->after, name, value)
	{
		if (!is_field(name) && !undo_is_list(name))
			undo_keep_field(back, name, "this cannot be taken back");
	}
}

/* Persons of the company who were there follow by entries of their own; later ones follow it now. */
static int
store_change(struct undo_change *back, struct err *err)
{
	struct call *call = back->call;

	if (undo_lists(back, err) < 0)
		return -1;
	if (back->fields == NULL)
		return 0;
	if (change_store(call, &back->change, err) < 0 ||
		change_journal(call, &back->change, err) < 0 ||
		change_heirs(call, &back->change, back->entry->entry->at, err) < 0)
		return -1;
	undo_tell(call, back->run, back->entry, UNDO_CHANGED, back->title, back->fields);
	return 0;
}

static int
change_back(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	struct undo_change back = { .call = call, .run = run, .entry = entry };
	int result = change_begin(call, entry->entry->record, &back.change, err);

	back.change.back = true;
	if (result == 0) {
		back.title = title_of(call, &back.change.before);
		take_scalars(&back);
		keep_unknown(&back);
		result = take_company(&back, err);
	}
	if (result == 0)
		result = store_change(&back, err);
	change_clear(&back.change);
	return result;
}

/* ---- that two are two ---- */

/* It was journaled for both: with the one it is done for the other, too. */
static int
separate_back(struct call *call, struct undo_run *run, const struct undo_entry *entry,
	const json_t *with, bool separate, struct err *err)
{
	int64_t id = entry->entry->record, other_id = json_integer_value(with);
	struct contact contact, other;

	if (id > other_id)
		return 0;
	if (contact_get(call->store, call->arena, id, &contact, err) < 0 ||
		contact_get(call->store, call->arena, other_id, &other, err) < 0 ||
		change_separate(call, id, other_id, separate, err) < 0)
		return -1;
	undo_tell(call, run, entry, UNDO_CHANGED, title_of(call, &contact), "separate");
	return 0;
}

int
undo_contact(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	if (json_object_get(entry->before, "separate") != NULL)
		return separate_back(
			call, run, entry, json_object_get(entry->before, "separate"), true, err);
	if (json_object_get(entry->after, "separate") != NULL)
		return separate_back(
			call, run, entry, json_object_get(entry->after, "separate"), false, err);
	if (entry->after == NULL)
		return restore_removed(call, run, entry, err);
	if (json_object_get(entry->after, "merge") != NULL)
		return 0; /* it goes with the contact that went up in it */
	if (entry->before != NULL)
		return change_back(call, run, entry, err);
	if (json_object_get(entry->after, "no") != NULL)
		return remove_added(call, run, entry, err);
	undo_keep_it(call, run, entry, NULL, NULL, "this cannot be taken back");
	return 0;
}

/* ---- notes ---- */

static int
remove_note(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	int64_t contact = json_integer_value(json_object_get(entry->after, "contact"));

	if (remove_contact_note(call, contact, entry->entry->record, err) < 0)
		return -1;
	undo_tell(call, run, entry, UNDO_REMOVED, NULL, NULL);
	return 0;
}

int
undo_contact_note(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	int64_t id = entry->entry->record;
	int64_t contact = json_integer_value(json_object_get(entry->before, "contact"));

	if (entry->before == NULL)
		return remove_note(call, run, entry, err);
	if (contact_note_restore(call->store, id, entry->entry->before, err) < 0 ||
		call_journal_of(call, contact, "contact-note", id, NULL,
			arena_printf(call->arena, "{\"contact\":%lld}", (long long)contact),
			err) < 0)
		return -1;
	undo_tell(call, run, entry, UNDO_ADDED, NULL, NULL);
	return 0;
}
