#include "contact_row.h"
#include "liaison/base/text.h"
#include "liaison/crm/code.h"
#include "liaison/crm/salesperson.h"

/* Codes among the fields of a contact: with unknown-codes = refuse somebody has to have added them. */

static const struct {
	const char *kind, *field;
	size_t offset;
} CODES[] = {
	{ "territory", "territory", offsetof(struct contact, territory) },
	{ "country", "country", offsetof(struct contact, country) },
	{ "language", "language", offsetof(struct contact, language) },
	{ "salutation", "salutation", offsetof(struct contact, salutation) },
	{ "organizational-level", "organizational_level",
		offsetof(struct contact, organizational_level) },
	{ "lead-status", "lead_status", offsetof(struct contact, lead_status) },
	{ "lead-source", "lead_source", offsetof(struct contact, lead_source) },
};

static const char *
text_at(const struct contact *contact, size_t offset)
{
	return *(const char *const *)(const void *)((const char *)contact + offset);
}

int
contact_check_codes(struct store *store, struct arena *arena, const struct contact *before,
	const struct contact *contact, struct err *err)
{
	const char *salesperson = contact->salesperson;

	for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
		const char *code = text_at(contact, CODES[i].offset);

		if (before != NULL && text_same(code, text_at(before, CODES[i].offset)))
			continue;
		if (code_settle(store, arena, CODES[i].kind, CODES[i].field, &code, err) < 0)
			return -1;
	}
	if (before != NULL && text_same(salesperson, before->salesperson))
		return 0;
	return salesperson_settle(store, arena, "salesperson", &salesperson, err);
}
