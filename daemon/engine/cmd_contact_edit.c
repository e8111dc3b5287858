#include "cmd_contact.h"

#include <stdio.h>
#include <string.h>

#include "contact_change.h"
#include "liaison/base/text.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/country.h"
#include "liaison/crm/contact_past.h"
#include "liaison/crm/field.h"
#include "liaison/crm/series.h"
#include "liaison/store/journal.h"
#include "record.h"
#include "rematch.h"

/* contact.add and contact.edit. */

static void
read_field(const struct call *call, const struct contact_field *field, struct contact *contact)
{
	void *member = (char *)contact + field->offset;

	if (field->own_verb || !call_given(call, field->name))
		return;
	switch (field->type) {
	case CONTACT_TEXT:
		*(const char **)member = call_text(call, field->name);
		return;
	case CONTACT_FLAG:
		*(bool *)member = call_flag(call, field->name);
		return;
	}
}

/* The company that the person names and that is not there. */
static int
create_company(struct call *call, const struct contact *person, int64_t *id, struct err *err)
{
	struct contact company = { .name = call_text(call, "company") };

	if (add_company_of(call, person, &company, err) < 0)
		return -1;
	*id = company.id;
	return 0;
}

/* A company is never made silently. */
static int
read_company(struct call *call, struct contact *contact, struct err *err)
{
	if (!call_given(call, "company"))
		return 0;
	if (call_text(call, "company") == NULL) {
		contact->company_id = 0;
		return 0;
	}
	if (call_contact(call, "company", false, &contact->company_id, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	if (call_flag(call, "create"))
		return create_company(call, contact, &contact->company_id, err);
	return err_hint(
		err, "add the company first: contact add NAME --type company; or say --create");
}

static int
read_contact(struct call *call, struct contact *contact, struct err *err)
{
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++)
		read_field(call, f, contact);
	if (call_settle_me(call, &contact->salesperson, err) < 0)
		return -1;
	if (call_given(call, "country") &&
		country_settle(call->store, call->arena, &contact->country, err) < 0)
		return -1;
	return read_company(call, contact, err);
}

/* Only a company has domains; a person's words beside them are then refused by name. */
static const char *
guess_type(const struct call *call)
{
	return call_count(call, "domain") > 0 && !call_given(call, "company") ? "company"
									      : "person";
}

static int
set_fields(struct call *call, int64_t id, struct err *err)
{
	for (unsigned i = 0; i < call_count(call, "field"); i++) {
		if (field_set(call->store, call->arena, id, call_text_at(call, "field", i),
			    call->zone, call->now, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- add ---- */

static int
give_addresses(struct call *call, int64_t id, struct err *err)
{
	for (unsigned i = 0; i < call_count(call, "email"); i++) {
		if (refuse_email_twice(call, i, err) < 0 ||
			give_email(call, id, call_text_at(call, "email", i), err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < call_count(call, "domain"); i++) {
		if (give_domain(call, id, call_text_at(call, "domain", i), err) < 0)
			return -1;
	}
	return 0;
}

/* What is to be told of the number that was drawn; NULL: nothing. */
static int
number_warning(
	struct call *call, const struct contact *contact, const char **warning, struct err *err)
{
	const char *code;

	*warning = NULL;
	if (call_given(call, "no"))
		return 0;
	if (series_choose(call->store, call->arena, "contact-series", contact->series, &code, err) <
		0)
		return -1;
	return series_warning(call->store, call->arena, code, contact->no, warning, err);
}

struct adding {
	int64_t id; /* 0: not begun */
	const char *warning;
};

static int
add(struct call *call, struct adding *adding, struct err *err)
{
	struct contact contact = { .type = guess_type(call),
		.no = call_text(call, "no"),
		.series = call_text(call, "series") };
	const char *record, *mine, *warning;

	if (read_contact(call, &contact, err) < 0 || call_salesperson(call, &mine, err) < 0 ||
		contact_follow_company(call->store, call->arena, NULL, &contact, err) < 0 ||
		contact_fill_defaults(call->store, call->arena, &contact, mine, err) < 0 ||
		contact_add(call->store, call->arena, &contact, call->now, err) < 0 ||
		give_addresses(call, contact.id, err) < 0 ||
		set_fields(call, contact.id, err) < 0 ||
		contact_text(call, contact.id, &record, err) < 0 ||
		call_journal(call, "contact", contact.id, NULL, record, err) < 0 ||
		number_warning(call, &contact, &warning, err) < 0)
		return -1;
	adding->id = contact.id;
	adding->warning = arena_text(call_keep_arena(call), warning);
	return 0;
}

int
run_contact_add(struct call *call, struct err *err)
{
	struct adding *adding = call_keep(call, sizeof *adding);
	bool first = adding->id == 0 || call->dry_run;

	rematch_wait(call);
	if ((first ? add(call, adding, err) : rematch_go_on(call, err)) < 0)
		return -1;
	if (rematch_continues(call))
		return 0;
	return answer_with_duplicates(call, adding->id, adding->warning, err);
}

/* ---- edit ---- */

/* Which lists of the contact the edit says anew. */
static unsigned
lists_given(const struct call *call)
{
	return (call_given(call, "email") ? CHANGE_EMAILS : 0) |
	       (call_given(call, "domain") ? CHANGE_DOMAINS : 0) |
	       (call_given(call, "field") ? CHANGE_FIELDS : 0);
}

static int
store_lists(struct call *call, int64_t id, struct err *err)
{
	const char *const *words;
	unsigned count;

	if (call_given(call, "email")) {
		words = call_words(call, "email", &count);
		if (change_emails(call, id, words, count, err) < 0)
			return -1;
	}
	if (call_given(call, "domain")) {
		words = call_words(call, "domain", &count);
		if (change_domains(call, id, words, count, err) < 0)
			return -1;
	}
	return set_fields(call, id, err);
}

static int
store_edit(struct call *call, struct change *edit, struct err *err)
{
	int64_t id = edit->before.id;
	unsigned lists = lists_given(call);

	if (change_lists(call, id, lists, &edit->old_fields, err) < 0 ||
		((lists & CHANGE_EMAILS) && contact_email_spans_write(call->store, id,
						    "email_spans", &edit->old_fields, err) < 0) ||
		change_store(call, edit, err) < 0 || store_lists(call, id, err) < 0 ||
		change_lists(call, id, lists, &edit->new_fields, err) < 0 ||
		change_journal(call, edit, err) < 0)
		return -1;
	return 0;
}

static bool
parts_given(const struct call *call)
{
	return call_given(call, "first_name") || call_given(call, "middle_name") ||
	       call_given(call, "surname");
}

static int
read_edit(struct call *call, struct change *edit, struct err *err)
{
	if (call_if_version(call, "contact", edit->before.id, edit->before.version, err) < 0 ||
		read_contact(call, &edit->after, err) < 0)
		return -1;
	if (edit->after.type == NULL)
		edit->after.type = edit->before.type;
	contact_settle_name(call->arena, &edit->after, call_given(call, "name"), parts_given(call));
	return contact_follow_company(call->store, call->arena, &edit->before, &edit->after, err);
}

/* What the lists become is known only once it is stored; the rest is not touched when nothing differs. The
 * persons who follow it are left to heirs_follow. */
static int
edit_one(struct call *call, int64_t id, struct heirs *heirs, struct err *err)
{
	struct change edit;
	int result = change_begin(call, id, &edit, err);

	*heirs = (struct heirs){ 0 };
	if (result == 0)
		result = read_edit(call, &edit, err);
	if (result == 0 && contact_differs(&edit.before, &edit.after))
		result = heirs_note(call, &edit.before, heirs, err);
	if (result == 0 && (contact_differs(&edit.before, &edit.after) || lists_given(call) != 0))
		result = store_edit(call, &edit, err);
	if (result == 0)
		result = heirs_changed(call, heirs, err);
	change_clear(&edit);
	return result;
}

/* ---- many at once ---- */

struct bulk {
	int64_t *ids;
	size_t count, next;
	int64_t changed;
	struct heirs heirs; /* of the last one */
};

static int
find_all(struct call *call, struct bulk *bulk, struct err *err)
{
	struct query_context context = call_query_context(call);
	struct query_node *where;

	if (query_parse(call->arena, &contact_noun, &context, call_text(call, "where"), &where,
		    err) < 0)
		return -1;
	return query_ids(call->store, call_keep_arena(call), &contact_noun, where, 0, &bulk->ids,
		&bulk->count, err);
}

/* Says at which of them it fails; one that was removed meanwhile is none any more. */
static int
edit_next(struct call *call, struct bulk *bulk, struct err *err)
{
	int64_t id = bulk->ids[bulk->next++];
	struct contact contact;
	char field[sizeof err->field], message[sizeof err->message];

	if (contact_get(call->store, call->arena, id, &contact, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	if (edit_one(call, id, &bulk->heirs, err) == 0)
		return 0;
	memcpy(field, err->field, sizeof field);
	memcpy(message, err->message, sizeof message);
	return fail_field(err, err->code, field, "contact '%s': %s", contact.no, message);
}

static bool
is_followed(const struct heirs *heirs)
{
	return heirs->next == heirs->count;
}

/* As many as a transaction takes. The persons who follow their company are changed, too. */
static int
edit_some(struct call *call, struct bulk *bulk, struct err *err)
{
	int64_t last, changed;

	if (journal_last(call->store, &last, err) < 0)
		return -1;
	do {
		if (heirs_follow(call, &bulk->heirs, err) < 0)
			return -1;
		if (!is_followed(&bulk->heirs))
			break;
		if (bulk->next < bulk->count && edit_next(call, bulk, err) < 0)
			return -1;
	} while ((bulk->next < bulk->count || !is_followed(&bulk->heirs)) && !call_is_long(call));
	if (heirs_settle(call, &bulk->heirs, err) < 0 ||
		journal_records(call->store, "contact", last, &changed, err) < 0)
		return -1;
	bulk->changed += changed;
	return 0;
}

static int
edit_all(struct call *call, struct err *err)
{
	struct bulk *bulk = call_keep(call, sizeof *bulk);

	if (bulk->ids == NULL && find_all(call, bulk, err) < 0)
		return -1;
	if (edit_some(call, bulk, err) < 0)
		return -1;
	if (bulk->next < bulk->count || !is_followed(&bulk->heirs)) {
		call_continue(call, (int64_t)bulk->next, (int64_t)bulk->count, "contacts");
		return 0;
	}
	json_object_begin(call->out, NULL);
	json_int(call->out, "matched", (int64_t)bulk->count);
	json_int(call->out, "changed", bulk->changed);
	if (bulk->changed > 0 && !call->dry_run)
		json_int(call->out, "batch", call->journal_batch);
	json_object_end(call->out);
	return 0;
}

struct editing {
	int64_t id; /* 0: not begun */
	struct heirs heirs;
};

static int
begin_edit(struct call *call, struct editing *editing, struct err *err)
{
	int64_t id;

	if (call_contact(call, "contact", false, &id, err) < 0 ||
		edit_one(call, id, &editing->heirs, err) < 0)
		return -1;
	editing->id = id;
	return 0;
}

/* A dry run answers what it becomes itself, and looks at as many persons, and as much of the past, as a
 * transaction takes. */
int
run_contact_edit(struct call *call, struct err *err)
{
	struct editing *editing;

	if (call_is_bulk(call))
		return edit_all(call, err);
	editing = call_keep(call, sizeof *editing);
	rematch_wait(call);
	if ((editing->id == 0 ? begin_edit(call, editing, err) : rematch_go_on(call, err)) < 0 ||
		heirs_follow(call, &editing->heirs, err) < 0)
		return -1;
	if (!call->dry_run && !is_followed(&editing->heirs)) {
		call_continue(call, (int64_t)editing->heirs.next, (int64_t)editing->heirs.count,
			"persons");
		return 0;
	}
	if (!call->dry_run && rematch_continues(call))
		return 0;
	return answer_with_duplicates(call, editing->id, NULL, err);
}

/* ---- opting out ---- */

static int
store_optout(struct call *call, struct change *change, struct err *err)
{
	change->after.opted_out = !call_flag(call, "withdraw");
	if (!contact_differs(&change->before, &change->after))
		return 0;
	return change_store(call, change, err) < 0 ? -1 : change_journal(call, change, err);
}

int
run_contact_optout(struct call *call, struct err *err)
{
	struct change change;
	int64_t id;
	int result;

	if (call_contact(call, "contact", false, &id, err) < 0)
		return -1;
	result = change_begin(call, id, &change, err);
	if (result == 0)
		result = store_optout(call, &change, err);
	change_clear(&change);
	return result < 0 ? -1 : answer_contact(call, id, err);
}
