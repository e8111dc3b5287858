#include "contact_change.h"

#include <string.h>

#include "liaison/capture/capture.h"
#include "liaison/crm/contact_past.h"
#include "liaison/crm/duplicate.h"
#include "liaison/crm/field.h"
#include "liaison/crm/following.h"
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
	struct json_doc doc;
	const char *after;
	int result;

	json_doc_begin(&doc);
	json_object_begin(&doc.out, NULL);
	json_int(&doc.out, "company", person->company_id);
	result = contact_links_write(
		call->store, person->id, LINKS_LOOSE, place, PAST_MAX, &doc.out, count, err);
	json_object_end(&doc.out);
	if (json_doc_end(&doc, call->arena, result, &after) < 0 || *count == 0)
		return result;
	return call_journal_of(call, person->id, "contact-past", person->id, NULL, after, err);
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

/* ---- that two are two ---- */

static int
journal_separate(struct call *call, int64_t id, int64_t other, bool separate, struct err *err)
{
	const char *fact = arena_printf(call->arena, "{\"separate\":%lld}", (long long)other);

	return call_journal(
		call, "contact", id, separate ? NULL : fact, separate ? fact : NULL, err);
}

int
change_separate(struct call *call, int64_t id, int64_t other, bool separate, struct err *err)
{
	if (duplicate_separate(call->store, id, other, !separate, err) < 0 ||
		journal_separate(call, id, other, separate, err) < 0)
		return -1;
	return journal_separate(call, other, id, separate, err);
}

/* ---- a company for a person ---- */

int
add_company_of(
	struct call *call, const struct contact *person, struct contact *company, struct err *err)
{
	const char *record, *mine;

	company->type = "company";
	contact_forebear(person, company);
	if (call_salesperson(call, &mine, err) < 0 ||
		contact_fill_defaults(call->store, call->arena, company, mine, err) < 0 ||
		contact_add(call->store, call->arena, company, call->now, err) < 0 ||
		contact_text(call, company->id, &record, err) < 0)
		return -1;
	return call_journal(call, "contact", company->id, NULL, record, err);
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

	if (result == 0 && heir.before.created >= since &&
		heir.before.company_id == company->before.id)
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

int
heirs_note(struct call *call, const struct contact *company, struct heirs *out, struct err *err)
{
	struct query_node *of_it = query_fixed(call->arena, "c.company_id = ?", company->id);
	struct arena *kept = call_keep_arena(call);

	*out = (struct heirs){ 0 };
	if (strcmp(company->type, "company") != 0)
		return 0;
	if (query_ids(call->store, kept, &contact_noun, of_it, 0, &out->persons, &out->count, err) <
		0)
		return -1;
	return out->count == 0 ? 0 : contact_get(call->store, kept, company->id, &out->before, err);
}

int
heirs_changed(struct call *call, struct heirs *heirs, struct err *err)
{
	if (!call->dry_run || heirs->count == 0)
		return 0;
	return contact_get(
		call->store, call_keep_arena(call), heirs->before.id, &heirs->tried, err);
}

/* One that was removed meanwhile follows nobody. */
static int
follow_next(struct call *call, struct heirs *heirs, const struct change *company, struct err *err)
{
	int64_t id = heirs->persons[heirs->next++];
	struct contact person;

	if (contact_get(call->store, call->arena, id, &person, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	return change_heir(call, id, company, TIME_MIN, err);
}

int
heirs_settle(struct call *call, struct heirs *heirs, struct err *err)
{
	bool over = heirs->next == heirs->count;
	int64_t noted = heirs->noted;

	if (call->dry_run)
		return 0;
	call_must_end(call, !over);
	if (!over && noted == 0)
		return following_add(call->store, heirs->before.id, &heirs->noted, err);
	if (!over || noted == 0)
		return 0;
	heirs->noted = 0;
	return following_end(call->store, noted, err);
}

/* What became of the company meanwhile is followed, too. */
int
heirs_follow(struct call *call, struct heirs *heirs, struct err *err)
{
	struct change company = { .before = heirs->before, .after = heirs->tried };

	if (heirs->next == heirs->count)
		return 0;
	if (heirs->tried.id == 0 &&
		contact_get(call->store, call->arena, heirs->before.id, &company.after, err) < 0) {
		heirs->next = heirs->count;
		return err->code == ERR_NOT_FOUND ? heirs_settle(call, heirs, err) : -1;
	}
	while (heirs->next < heirs->count && !call_is_long(call)) {
		if (follow_next(call, heirs, &company, err) < 0)
			return -1;
	}
	return heirs_settle(call, heirs, err);
}
