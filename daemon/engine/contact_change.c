#include "contact_change.h"

#include <string.h>

#include "liaison/capture/capture.h"
#include "liaison/crm/contact_past.h"
#include "liaison/crm/field.h"
#include "record.h"

/* Storing changes of contacts, with their entries and what follows from them. */

int
change_begin(struct call *call, int64_t id, struct change *change, struct err *err)
{
	*change = (struct change){ 0 };
	json_out_init(&change->old_fields, &change->old_text);
	json_out_init(&change->new_fields, &change->new_text);
	json_object_begin(&change->old_fields, NULL);
	json_object_begin(&change->new_fields, NULL);
	if (contact_get(call->store, call->arena, id, &change->before, err) < 0)
		return -1;
	change->after = change->before;
	return 0;
}

void
change_clear(struct change *change)
{
	text_clear(&change->old_text);
	text_clear(&change->new_text);
}

enum { PAST_MAX = 500 }; /* links an entry */

static int
journal_some_past(struct call *call, const struct contact *person, struct link_place *place,
	unsigned *count, struct err *err)
{
	struct text text = { 0 };
	struct json_out out;
	int result;

	json_out_init(&out, &text);
	json_object_begin(&out, NULL);
	json_int(&out, "company", person->company_id);
	result = contact_loose_links_write(
		call->store, person->id, place, PAST_MAX, "past", &out, count, err);
	json_object_end(&out);
	if (result == 0 && *count > 0)
		result = call_journal_of(
			call, person->id, "contact-past", person->id, NULL, text.bytes, err);
	text_clear(&text);
	return result;
}

static int
journal_past(struct call *call, const struct contact *person, struct err *err)
{
	struct link_place place = { TIME_MIN, 0 };
	unsigned count = PAST_MAX;

	while (count == PAST_MAX) {
		if (journal_some_past(call, person, &place, &count, err) < 0)
			return -1;
	}
	return 0;
}

int
change_store(struct call *call, struct change *change, struct err *err)
{
	bool first = change->before.company_id == 0 && change->after.company_id != 0 &&
		     strcmp(change->after.type, "person") == 0;

	if (!change->back && first && journal_past(call, &change->after, err) < 0)
		return -1;
	if ((change->back ? contact_set_back : contact_update)(
		    call->store, call->arena, &change->after, call->now, err) < 0)
		return -1;
	capture_contacts_changed(call_capture(call));
	return 0;
}

int
change_journal(struct call *call, struct change *change, struct err *err)
{
	contact_diff_write(
		&change->before, &change->after, &change->old_fields, &change->new_fields);
	json_object_end(&change->old_fields);
	json_object_end(&change->new_fields);
	return call_journal(call, "contact", change->before.id, change->old_text.bytes,
		change->new_text.bytes, err);
}

int
change_lists(struct call *call, int64_t id, unsigned which, struct json_out *out, struct err *err)
{
	struct contact_email *emails;
	const char **domains;
	unsigned count;

	if ((which & CHANGE_FIELDS) && field_write_values(call->store, id, "fields", out, err) < 0)
		return -1;
	if (which & CHANGE_EMAILS) {
		if (contact_emails(call->store, call->arena, id, &emails, &count, err) < 0)
			return -1;
		json_array_begin(out, "email");
		for (unsigned i = 0; i < count; i++) {
			if (!emails[i].removed)
				json_text(out, NULL, emails[i].address);
		}
		json_array_end(out);
	}
	if (which & CHANGE_DOMAINS) {
		if (contact_domains(call->store, call->arena, id, &domains, &count, err) < 0)
			return -1;
		json_array_begin(out, "domain");
		for (unsigned i = 0; i < count; i++)
			json_text(out, NULL, domains[i]);
		json_array_end(out);
	}
	return 0;
}

/* ---- what follows ---- */

static int
store_heir(struct call *call, const struct change *company, struct change *heir, struct err *err)
{
	if (contact_heir(call->store, call->arena, &company->before, &company->after, &heir->after,
		    err) < 0)
		return -1;
	if (!contact_differs(&heir->before, &heir->after))
		return 0;
	return change_store(call, heir, err) < 0 ? -1 : change_journal(call, heir, err);
}

static int
change_heir(
	struct call *call, int64_t id, const struct change *company, int64_t since, struct err *err)
{
	struct change heir;
	int result = change_begin(call, id, &heir, err);

	if (result == 0 && heir.before.created >= since)
		result = store_heir(call, company, &heir, err);
	change_clear(&heir);
	return result;
}

int
change_heirs(struct call *call, const struct change *company, int64_t since, struct err *err)
{
	struct query_node *of_it = query_fixed(call->arena, "c.company_id = ?", company->before.id);
	int64_t *persons;
	size_t count;

	if (strcmp(company->before.type, "company") != 0)
		return 0;
	if (query_ids(call->store, call->arena, &contact_noun, of_it, 0, &persons, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (change_heir(call, persons[i], company, since, err) < 0)
			return -1;
	}
	return 0;
}
