#include "import_row.h"

#include <string.h>

#include "contact_change.h"
#include "liaison/base/address.h"
#include "liaison/base/text.h"
#include "record.h"

/* Whom a row means, and which company. */

/* ---- which contact it is ---- */

/* A company that has the address is not the person whose row this is, nor the other way round. */
static bool
is_other_type(const struct row *row, bool person)
{
	const char *type = row_type(row);

	if (type == NULL && row->company_name == NULL && row->company_no == NULL)
		return false;
	if (type == NULL)
		return !person && !row_gives(row, TARGET_DOMAIN) && row_names_person(row);
	return person != (strcmp(type, "person") == 0);
}

/* Who would have been added by an earlier row, and is called as this one or not. */
static int
match_seen(struct row *row, const char *address, struct err *err)
{
	struct arena *arena = row->call->arena;
	const char *name = row_name(row);

	if (is_other_type(row, import_seen_has(row->seen, 'P', address)))
		return 0;
	row->virtual = true;
	if (name == NULL || import_seen_has(row->seen, 'a',
				    arena_printf(arena, "%s %s", address, text_fold(arena, name))))
		return 0;
	return fail_field(err, ERR_CONFLICT, "email",
		"an earlier row of this file has the address '%.100s' and another name", address);
}

static int
match_email(struct row *row, const char *typed, int64_t *id, struct err *err)
{
	enum { HOLDERS_MAX = 3 };
	struct contact_holder holders[HOLDERS_MAX];
	unsigned count;
	char *address;

	if (address_canonical(row->call->arena, typed, &address, err) < 0)
		return fail_field(err, ERR_USAGE, "email", "'%.100s' is no address", typed);
	if (contact_by_address(row->call->store, address, row->call->now, holders, HOLDERS_MAX,
		    &count, err) < 0)
		return -1;
	if (count == 0 && row->seen != NULL && import_seen_has(row->seen, 'e', address))
		return match_seen(row, address, err);
	for (unsigned i = 0; i < count; i++) {
		if (is_other_type(row, holders[i].person))
			continue;
		if (*id != 0 && *id != holders[i].contact_id)
			return fail_field(err, ERR_CONFLICT, "email",
				"its addresses belong to more than one contact, '%.100s' too",
				typed);
		*id = holders[i].contact_id;
	}
	return 0;
}

static int
match_emails(struct row *row, int64_t *id, struct err *err)
{
	for (unsigned i = 0; i < row->count; i++) {
		const char *at = row->values[i].text;
		struct list_element element;

		if (row->values[i].target.kind != TARGET_EMAIL)
			continue;
		while (list_next(row->call->arena, &at, &element)) {
			if (list_attribute(&element, "removed") == NULL &&
				match_email(row, element.key, id, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* What another program knows it by; persons and companies are numbered apart there. */
static int
match_external(struct row *row, int64_t *id, struct err *err)
{
	const char *external = row_plain(row, "external_id"), *type = row_type(row);

	if (external == NULL)
		return 0;
	if (type == NULL)
		type = row_gives(row, TARGET_DOMAIN) ||
				       (row->company_name != NULL && !row_names_person(row))
			       ? "company"
			       : "person";
	if (import_find_external(row->call->store, external, type, id, err) < 0)
		return -1;
	if (*id == 0 && row->seen != NULL)
		row->virtual = import_seen_has(row->seen, type[0] == 'p' ? 'x' : 'X', external);
	return 0;
}

/* *id 0: it is a new one. */
int
row_match(struct row *row, int64_t *id, struct err *err)
{
	*id = 0;
	if (row->no == NULL) {
		if (match_external(row, id, err) < 0)
			return -1;
		if (*id != 0 || row->virtual)
			return 0;
		row->by_email = true;
		return match_emails(row, id, err);
	}
	if (import_find_no(row->call->store, row->no, id, err) < 0)
		return -1;
	if (*id == 0 && row->seen != NULL)
		row->virtual = import_seen_has(row->seen, 'n', row->no);
	return 0;
}

/* ---- its company ---- */

static int
make_company(struct row *row, const struct contact *person, int64_t *id, struct err *err)
{
	struct contact company = { .name = row->company_name, .numbers = &row->defaults->numbers };

	if (add_company_of(row->call, person, &company, err) < 0)
		return -1;
	*id = row->out->company_id = company.id;
	row->out->companies++;
	if (row->seen != NULL) {
		import_seen_add(row->seen, 'c', text_fold(row->call->arena, company.name));
		import_seen_add(row->seen, 'm', company.name);
	}
	return 0;
}

/* Persons of one company often stand together. */
static int
find_named(struct row *row, int64_t *id, struct err *err)
{
	struct import_defaults *defaults = row->defaults;
	struct call *call = row->call;

	if (defaults->company_name != NULL &&
		strcmp(defaults->company_name, row->company_name) == 0) {
		*id = defaults->company.id;
		return 0;
	}
	defaults->company_name = NULL;
	if (import_find_company(call->store, call->arena, row->company_name, id, err) < 0)
		return -1;
	if (*id == 0)
		return 0;
	if (contact_get(call->store, defaults->arena, *id, &defaults->company, err) < 0)
		return -1;
	defaults->company_name = arena_text(defaults->arena, row->company_name);
	return 0;
}

static int
find_company(struct row *row, int64_t *id, struct err *err)
{
	if (row->company_no != NULL)
		return import_find_no(row->call->store, row->company_no, id, err);
	return find_named(row, id, err);
}

static bool
would_have_company(const struct row *row)
{
	const char *name = row->company_name;

	if (row->seen == NULL)
		return false;
	if (row->company_no != NULL)
		return import_seen_has(row->seen, 'n', row->company_no);
	return import_seen_has(row->seen, 'c', text_fold(row->call->arena, name));
}

static int
no_company(const struct row *row, struct err *err)
{
	if (row->company_no != NULL)
		return fail_field(err, ERR_NOT_FOUND, "company_no",
			"there is no company '%.40s', in the file or before", row->company_no);
	fail_field(err, ERR_NOT_FOUND, "company_name",
		"there is no company '%.80s', in the file or before", row->company_name);
	return err_hint(err, "have such companies made with --create");
}

/* The one it has keeps its name, whoever else is called so. */
static int
has_that_company(const struct row *row, const struct contact *contact, bool *has, struct err *err)
{
	struct contact company;

	*has = false;
	if (contact->company_id == 0 || row->company_no != NULL)
		return 0;
	if (contact_get(row->call->store, row->call->arena, contact->company_id, &company, err) < 0)
		return -1;
	*has = text_same(company.name, row->company_name);
	return 0;
}

/* A company whose persons came so long before it that it was made for them. */
int
row_match_made(struct row *row, const struct contact *contact, int64_t *id, struct err *err)
{
	*id = 0;
	if (strcmp(contact->type, "company") != 0 || contact->name == NULL)
		return 0;
	if (row->seen != NULL)
		row->virtual = import_seen_has(row->seen, 'm', contact->name);
	if (import_company_take(row->call->store, row->call->arena, row->defaults->file,
		    contact->name, id, err) < 0)
		return -1;
	row->made = *id != 0;
	return 0;
}

/* Exports give a company its own number there. */
static int
check_own_company(const struct row *row, const struct contact *contact, struct err *err)
{
	if (row->company_no == NULL || text_same(row->company_no, row->no) ||
		text_same(row->company_no, contact->no))
		return 0;
	return fail_field(err, ERR_USAGE, "company_no",
		"a company belongs to no company, and its company_no is '%.40s'", row->company_no);
}

/* 1: it has to wait for a later row. */
int
row_set_company(struct row *row, struct contact *contact, struct err *err)
{
	int64_t id = 0;
	bool has;

	if (strcmp(contact->type, "company") == 0)
		return check_own_company(row, contact, err);
	if (row->company_no == NULL && row->company_name == NULL) {
		if (row->has_company && row->rule->clear)
			contact->company_id = 0;
		return 0;
	}
	if (has_that_company(row, contact, &has, err) < 0)
		return -1;
	if (has)
		return 0;
	if (find_company(row, &id, err) < 0)
		return -1;
	if (id == 0 && would_have_company(row))
		return 0;
	if (id == 0 && !row->late)
		return 1;
	if (id == 0 && row->rule->create && row->company_name != NULL &&
		make_company(row, contact, &id, err) < 0)
		return -1;
	if (id == 0)
		return no_company(row, err);
	contact->company_id = id;
	return 0;
}
