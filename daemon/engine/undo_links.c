#include "contact_removal.h"
#include "liaison/crm/contact_past.h"
#include "undo.h"

/* Taking back what became of links to interactions. */

/* ---- of a contact that was removed ---- */

/* Those of a removal come back with the contact; those that came back go to the company again. */
int
undo_contact_links(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	int64_t id = entry->entry->record;

	(void)run;
	if (entry->before == NULL)
		return remove_contact_links(call, id, err);
	if (contact_links_restore(call->store, call->arena, id, entry->entry->before, err) < 0)
		return -1;
	return call_journal_of(call, id, "contact-links", id, NULL, entry->entry->before, err);
}

/* ---- of a person that got its first company ---- */

static int
give_past(struct call *call, const struct undo_entry *entry, int64_t company, struct err *err)
{
	int64_t id = entry->entry->record;
	struct contact found;

	if (contact_get(call->store, call->arena, company, &found, err) < 0 ||
		contact_past_give(call->store, company, entry->entry->before, err) < 0)
		return -1;
	return call_journal_of(call, id, "contact-past", id, NULL, entry->entry->before, err);
}

static int
take_past(struct call *call, const struct undo_entry *entry, int64_t company, struct err *err)
{
	int64_t id = entry->entry->record;

	if (contact_past_take(call->store, company, entry->entry->after, err) < 0)
		return -1;
	return call_journal_of(call, id, "contact-past", id, entry->entry->after, NULL, err);
}

/* They follow the person: who has another company by now keeps them where they are. */
int
undo_contact_past(
	struct call *call, struct undo_run *run, const struct undo_entry *entry, struct err *err)
{
	bool given = entry->before == NULL;
	int64_t company = json_integer_value(
		json_object_get(given ? entry->after : entry->before, "company"));
	struct contact person;

	(void)run;
	if (contact_get(call->store, call->arena, entry->entry->record, &person, err) < 0)
		return -1;
	if (person.company_id != 0 && (given || person.company_id != company))
		return 0;
	return given ? take_past(call, entry, company, err) : give_past(call, entry, company, err);
}
