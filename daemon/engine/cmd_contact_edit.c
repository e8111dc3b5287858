#include "cmd_contact.h"

#include <string.h>

#include "liaison/base/address.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/field.h"
#include "record.h"

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
	return err->code != ERR_NOT_FOUND
		       ? -1
		       : err_hint(err, "add the company first: contact add NAME --type company");
}

static int
read_contact(struct call *call, struct contact *contact, struct err *err)
{
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++)
		read_field(call, f, contact);
	return read_company(call, contact, err);
}

/* Only a company has domains; a person's words beside them are then refused by name. */
static const char *
guess_type(const struct call *call)
{
	return call_count(call, "domain") > 0 && !call_given(call, "company") ? "company"
									      : "person";
}

/* ---- addresses and domains ---- */

static int
give_email(struct call *call, int64_t id, const char *typed, int64_t *count, struct err *err)
{
	struct contact_email email = { .email = typed,
		.learned_from = arena_printf(call->arena, "user %s", call->user) };

	if (contact_email_add(call->store, call->arena, id, &email, err) < 0)
		return -1;
	return rematch_address(call, email.address, count, err);
}

static int
give_domain(struct call *call, int64_t id, const char *typed, int64_t *count, struct err *err)
{
	char *canonical;

	if (domain_canonical(call->arena, typed, &canonical, err) < 0 ||
		contact_domain_add(call->store, call->arena, id, canonical, err) < 0)
		return -1;
	return rematch_domain(call, canonical, count, err);
}

/* Whether the parameter has the value, in canonical form. */
static bool
is_wanted(struct call *call, const char *param, const char *canonical)
{
	for (unsigned i = 0; i < call_count(call, param); i++) {
		struct err ignored;
		char *wanted;
		const char *typed = call_text_at(call, param, i);
		int result = strcmp(param, "email") == 0
				     ? address_canonical(call->arena, typed, &wanted, &ignored)
				     : domain_canonical(call->arena, typed, &wanted, &ignored);

		if (result == 0 && strcmp(wanted, canonical) == 0)
			return true;
	}
	return false;
}

static bool
has_email(const struct contact_email *emails, unsigned count, const char *address)
{
	for (unsigned i = 0; i < count; i++) {
		if (!emails[i].removed && strcmp(emails[i].address, address) == 0)
			return true;
	}
	return false;
}

/* The addresses given replace those it had; the first one becomes primary. */
static int
replace_emails(struct call *call, int64_t id, int64_t *rematched, struct err *err)
{
	struct contact_email *emails;
	unsigned count;
	char *address, *first = NULL;

	if (contact_emails(call->store, call->arena, id, &emails, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (!emails[i].removed && !is_wanted(call, "email", emails[i].address) &&
			contact_email_remove(call->store, call->arena, id, emails[i].address,
				call->now, err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < call_count(call, "email"); i++) {
		const char *typed = call_text_at(call, "email", i);

		if (address_canonical(call->arena, typed, &address, err) < 0)
			return -1;
		if (!has_email(emails, count, address) &&
			give_email(call, id, typed, rematched, err) < 0)
			return -1;
		first = first != NULL ? first : address;
	}
	return first == NULL ? 0 : contact_email_choose(call->store, id, first, err);
}

static int
replace_domains(struct call *call, int64_t id, int64_t *rematched, struct err *err)
{
	const char **domains;
	unsigned count;

	if (contact_domains(call->store, call->arena, id, &domains, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (contact_domain_remove(call->store, id, domains[i], err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < call_count(call, "domain"); i++) {
		if (give_domain(call, id, call_text_at(call, "domain", i), rematched, err) < 0)
			return -1;
	}
	return 0;
}

static int
give_addresses(struct call *call, int64_t id, struct err *err)
{
	int64_t rematched = 0;

	for (unsigned i = 0; i < call_count(call, "email"); i++) {
		if (give_email(call, id, call_text_at(call, "email", i), &rematched, err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < call_count(call, "domain"); i++) {
		if (give_domain(call, id, call_text_at(call, "domain", i), &rematched, err) < 0)
			return -1;
	}
	return 0;
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

int
run_contact_add(struct call *call, struct err *err)
{
	struct contact contact = { .type = guess_type(call), .no = call_text(call, "no") };
	const char *record, *mine;

	if (read_contact(call, &contact, err) < 0 || call_salesperson(call, &mine, err) < 0 ||
		contact_follow_company(call->store, call->arena, NULL, &contact, err) < 0 ||
		contact_fill_defaults(call->store, call->arena, &contact, mine, err) < 0 ||
		contact_add(call->store, call->arena, &contact, call->now, err) < 0 ||
		give_addresses(call, contact.id, err) < 0 ||
		set_fields(call, contact.id, err) < 0 ||
		contact_text(call, contact.id, &record, err) < 0 ||
		call_journal(call, "contact", contact.id, NULL, record, err) < 0)
		return -1;
	json_raw(call->out, NULL, record, strlen(record));
	return 0;
}

/* ---- edit ---- */

/* What a contact's row and lists were before or are after an edit, for the journal. */
static int
write_lists(struct call *call, int64_t id, struct json_out *out, struct err *err)
{
	struct contact_email *emails;
	const char **domains;
	unsigned count;

	if (call_given(call, "field") &&
		field_write_values(call->store, id, "fields", out, err) < 0)
		return -1;

	if (call_given(call, "email")) {
		if (contact_emails(call->store, call->arena, id, &emails, &count, err) < 0)
			return -1;
		json_array_begin(out, "email");
		for (unsigned i = 0; i < count; i++) {
			if (!emails[i].removed)
				json_text(out, NULL, emails[i].address);
		}
		json_array_end(out);
	}
	if (call_given(call, "domain")) {
		if (contact_domains(call->store, call->arena, id, &domains, &count, err) < 0)
			return -1;
		json_array_begin(out, "domain");
		for (unsigned i = 0; i < count; i++)
			json_text(out, NULL, domains[i]);
		json_array_end(out);
	}
	return 0;
}

struct edit {
	struct contact before, after;
	struct text old_text, new_text;
	struct json_out old_fields, new_fields;
	bool changed;
};

static void
edit_begin(struct edit *edit)
{
	json_out_init(&edit->old_fields, &edit->old_text);
	json_out_init(&edit->new_fields, &edit->new_text);
	json_object_begin(&edit->old_fields, NULL);
	json_object_begin(&edit->new_fields, NULL);
}

static void
edit_clear(struct edit *edit)
{
	text_clear(&edit->old_text);
	text_clear(&edit->new_text);
}

static int
store_edit(struct call *call, struct edit *edit, struct err *err)
{
	int64_t id = edit->before.id, rematched = 0;

	if (write_lists(call, id, &edit->old_fields, err) < 0 ||
		contact_update(call->store, call->arena, &edit->after, call->now, err) < 0)
		return -1;
	capture_contacts_changed(call_capture(call));
	if (call_given(call, "email") && replace_emails(call, id, &rematched, err) < 0)
		return -1;
	if (call_given(call, "domain") && replace_domains(call, id, &rematched, err) < 0)
		return -1;
	if (set_fields(call, id, err) < 0)
		return -1;
	return write_lists(call, id, &edit->new_fields, err);
}

static int
journal_edit(struct call *call, struct edit *edit, struct err *err)
{
	contact_diff_write(&edit->before, &edit->after, &edit->old_fields, &edit->new_fields);
	json_object_end(&edit->old_fields);
	json_object_end(&edit->new_fields);
	return call_journal(
		call, "contact", edit->before.id, edit->old_text.bytes, edit->new_text.bytes, err);
}

static int
edit_heir(struct call *call, int64_t id, const struct edit *company, struct err *err)
{
	struct edit edit = { 0 };
	int result;

	if (contact_get(call->store, call->arena, id, &edit.before, err) < 0)
		return -1;
	edit.after = edit.before;
	if (contact_heir(call->store, call->arena, &company->before, &company->after, &edit.after,
		    err) < 0)
		return -1;
	if (!contact_differs(&edit.before, &edit.after))
		return 0;
	edit_begin(&edit);
	result = contact_update(call->store, call->arena, &edit.after, call->now, err);
	if (result == 0)
		result = journal_edit(call, &edit, err);
	edit_clear(&edit);
	return result;
}

/* The persons of a company that was changed follow it, each with an entry of its own. */
static int
edit_heirs(struct call *call, const struct edit *company, struct err *err)
{
	struct query_node *of_it = query_fixed(call->arena, "c.company_id = ?", company->before.id);
	int64_t *persons;
	size_t count;

	if (strcmp(company->before.type, "company") != 0)
		return 0;
	if (query_ids(call->store, call->arena, &contact_noun, of_it, 0, &persons, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (edit_heir(call, persons[i], company, err) < 0)
			return -1;
	}
	return 0;
}

static bool
parts_given(const struct call *call)
{
	return call_given(call, "first_name") || call_given(call, "middle_name") ||
	       call_given(call, "surname");
}

static int
run_edit(struct call *call, int64_t id, struct edit *edit, struct err *err)
{
	edit_begin(edit);
	if (contact_get(call->store, call->arena, id, &edit->before, err) < 0 ||
		call_if_version(call, "contact", id, edit->before.version, err) < 0)
		return -1;
	edit->after = edit->before;
	if (read_contact(call, &edit->after, err) < 0)
		return -1;
	if (edit->after.type == NULL)
		edit->after.type = edit->before.type;
	contact_settle_name(call->arena, &edit->after, call_given(call, "name"), parts_given(call));
	if (contact_follow_company(call->store, call->arena, &edit->before, &edit->after, err) < 0)
		return -1;
	if (!contact_differs(&edit->before, &edit->after) && !call_given(call, "email") &&
		!call_given(call, "domain") && !call_given(call, "field"))
		return 0;
	edit->changed = true;
	if (store_edit(call, edit, err) < 0 || journal_edit(call, edit, err) < 0)
		return -1;
	return edit_heirs(call, edit, err);
}

static int
edit_one(struct call *call, int64_t id, bool *changed, struct err *err)
{
	struct edit edit = { 0 };
	int result = run_edit(call, id, &edit, err);

	edit_clear(&edit);
	*changed = edit.changed;
	return result;
}

static int
edit_all(struct call *call, struct err *err)
{
	struct query_context context = call_query_context(call);
	int64_t *ids, count_changed = 0;
	struct query_node *where;
	size_t count;
	bool changed;

	if (query_parse(call->arena, &contact_noun, &context, call_text(call, "where"), &where,
		    err) < 0 ||
		query_ids(call->store, call->arena, &contact_noun, where, 0, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (edit_one(call, ids[i], &changed, err) < 0)
			return -1;
		count_changed += changed;
	}
	json_object_begin(call->out, NULL);
	json_int(call->out, "matched", (int64_t)count);
	json_int(call->out, "changed", count_changed);
	json_object_end(call->out);
	return 0;
}

int
run_contact_edit(struct call *call, struct err *err)
{
	int64_t id;
	bool changed;

	if (call_is_bulk(call))
		return edit_all(call, err);
	if (call_contact(call, "contact", false, &id, err) < 0 ||
		edit_one(call, id, &changed, err) < 0)
		return -1;
	return answer_contact(call, id, err);
}

/* ---- opting out ---- */

int
run_contact_optout(struct call *call, struct err *err)
{
	struct edit edit = { 0 };
	int64_t id;
	int result;

	if (call_contact(call, "contact", false, &id, err) < 0 ||
		contact_get(call->store, call->arena, id, &edit.before, err) < 0)
		return -1;
	edit.after = edit.before;
	edit.after.opted_out = !call_flag(call, "withdraw");
	if (!contact_differs(&edit.before, &edit.after))
		return answer_contact(call, id, err);
	edit_begin(&edit);
	result = contact_update(call->store, call->arena, &edit.after, call->now, err);
	if (result == 0)
		result = journal_edit(call, &edit, err);
	edit_clear(&edit);
	return result < 0 ? -1 : answer_contact(call, id, err);
}
