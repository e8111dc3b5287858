#include <stddef.h>
#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/setup.h"

/* What persons take from their company, and new contacts from setup (reference 2.8). An address is a
 * block of four and the county; what is said in the same command wins over both. */

enum manner {
	ALWAYS, /* overwrites what a person has when the company becomes its own */
	BLOCK, /* with the other fields of the block, into an empty one or the old company's */
	ALONG, /* as the block, and not looked at */
	ONE /* by itself, into an empty one or the old company's */
};

struct heirloom {
	size_t offset;
	enum manner manner;
	const char *key; /* the setup key that switches it */
};

#define OF(member) offsetof(struct contact, member)

static const struct heirloom HEIRLOOMS[] = {
	{ OF(salesperson), ALWAYS, "inherit-salesperson" },
	{ OF(territory), ALWAYS, "inherit-territory" },
	{ OF(country), ALWAYS, "inherit-country" },
	{ OF(language), ALWAYS, "inherit-language" },
	{ OF(format_region), ALWAYS, "inherit-format-region" },
	{ OF(street), BLOCK, "inherit-address" },
	{ OF(street_2), BLOCK, "inherit-address" },
	{ OF(post_code), BLOCK, "inherit-address" },
	{ OF(city), BLOCK, "inherit-address" },
	{ OF(county), ALONG, "inherit-address" },
	{ OF(phone), ONE, "inherit-communication" },
	{ OF(extension), ONE, "inherit-communication" },
	{ OF(mobile), ONE, "inherit-communication" },
	{ OF(pager), ONE, "inherit-communication" },
	{ OF(fax), ONE, "inherit-communication" },
	{ OF(home_page), ONE, "inherit-communication" },
	{ OF(correspondence), ONE, "inherit-communication" },
};
enum { HEIRLOOM_COUNT = sizeof HEIRLOOMS / sizeof *HEIRLOOMS };

static const struct contact NOBODY;

static const char *
get(const struct contact *contact, const struct heirloom *heirloom)
{
	return *(const char *const *)(const void *)((const char *)contact + heirloom->offset);
}

static void
set(struct contact *contact, const struct heirloom *heirloom, const char *value)
{
	*(const char **)(void *)((char *)contact + heirloom->offset) = value;
}

static bool
is_blank(const char *text)
{
	return text == NULL || text[0] == '\0';
}

static bool
same(const struct contact *a, const struct contact *b, const struct heirloom *heirloom)
{
	const char *left = get(a, heirloom), *right = get(b, heirloom);

	return is_blank(left) ? is_blank(right) : text_same(left, right);
}

static int
is_on(struct store *store, struct arena *arena, const struct heirloom *heirloom, bool *on,
	struct err *err)
{
	const char *value;

	if (setup_get(store, arena, heirloom->key, &value, err) < 0)
		return -1;
	*on = strcmp(value, "true") == 0;
	return 0;
}

/* Whether the person's address is empty, or all of it that of the company. */
static bool
has_block_of(const struct contact *person, const struct contact *company)
{
	for (size_t i = 0; i < HEIRLOOM_COUNT; i++) {
		if (HEIRLOOMS[i].manner == BLOCK && !same(person, company, &HEIRLOOMS[i]))
			return false;
	}
	return true;
}

/* ---- a person gets a company ---- */

static bool
takes(const struct heirloom *heirloom, const struct contact *before, const struct contact *after,
	const struct contact *old_company)
{
	switch (heirloom->manner) {
	case ALWAYS:
		return same(before, after, heirloom);
	case BLOCK:
	case ALONG:
		return has_block_of(after, &NOBODY) || has_block_of(after, old_company);
	case ONE:
		return is_blank(get(after, heirloom)) || same(after, old_company, heirloom);
	}
	return false;
}

static int
take_all(struct store *store, struct arena *arena, const struct contact *before,
	const struct contact *old_company, const struct contact *company, struct contact *after,
	struct err *err)
{
	const struct contact asked = *after;

	for (size_t i = 0; i < HEIRLOOM_COUNT; i++) {
		const struct heirloom *heirloom = &HEIRLOOMS[i];
		bool on;

		if (same(company, &asked, heirloom) ||
			!takes(heirloom, before, &asked, old_company))
			continue;
		if (is_on(store, arena, heirloom, &on, err) < 0)
			return -1;
		if (on)
			set(after, heirloom, get(company, heirloom));
	}
	return 0;
}

int
contact_follow_company(struct store *store, struct arena *arena, const struct contact *before,
	struct contact *after, struct err *err)
{
	struct contact old_company = NOBODY, company;

	if (before == NULL)
		before = &NOBODY;
	if (after->company_id == 0 || after->company_id == before->company_id)
		return 0;
	if (before->company_id != 0 &&
		contact_get(store, arena, before->company_id, &old_company, err) < 0)
		return -1;
	if (contact_get(store, arena, after->company_id, &company, err) < 0)
		return -1;
	return take_all(store, arena, before, &old_company, &company, after, err);
}

int
contact_follow_new(struct store *store, struct arena *arena, const struct contact *company,
	struct contact *person, struct err *err)
{
	return take_all(store, arena, &NOBODY, &NOBODY, company, person, err);
}

/* ---- a company changes ---- */

static bool
follows(const struct contact *person, const struct contact *company,
	const struct heirloom *heirloom, bool block)
{
	switch (heirloom->manner) {
	case ALWAYS:
	case ONE:
		return same(person, company, heirloom);
	case BLOCK:
	case ALONG:
		return block;
	}
	return false;
}

int
contact_heir(struct store *store, struct arena *arena, const struct contact *before,
	const struct contact *after, struct contact *person, struct err *err)
{
	bool block = has_block_of(person, before);

	for (size_t i = 0; i < HEIRLOOM_COUNT; i++) {
		const struct heirloom *heirloom = &HEIRLOOMS[i];
		bool on;

		if (same(before, after, heirloom))
			continue;
		if (!follows(person, before, heirloom, block))
			continue;
		if (is_on(store, arena, heirloom, &on, err) < 0)
			return -1;
		if (on)
			set(person, heirloom, get(after, heirloom));
	}
	return 0;
}

void
contact_forebear(const struct contact *person, struct contact *company)
{
	for (size_t i = 0; i < HEIRLOOM_COUNT; i++) {
		if (HEIRLOOMS[i].manner != ONE)
			set(company, &HEIRLOOMS[i], get(person, &HEIRLOOMS[i]));
	}
}

/* ---- setup's defaults ---- */

static int
fill(struct store *store, struct arena *arena, const char *key, const char **value, struct err *err)
{
	return is_blank(*value) ? setup_get(store, arena, key, value, err) : 0;
}

int
contact_fill_defaults(struct store *store, struct arena *arena, struct contact *contact,
	const char *mine, struct err *err)
{
	const char *salutation = strcmp(contact->type, "company") == 0
					 ? "default-company-salutation"
					 : "default-person-salutation";

	if (is_blank(contact->salesperson))
		contact->salesperson = mine;
	if (fill(store, arena, "default-salesperson", &contact->salesperson, err) < 0 ||
		fill(store, arena, "default-territory", &contact->territory, err) < 0 ||
		fill(store, arena, "default-country", &contact->country, err) < 0 ||
		fill(store, arena, "default-language", &contact->language, err) < 0 ||
		fill(store, arena, "default-format-region", &contact->format_region, err) < 0 ||
		fill(store, arena, "default-correspondence", &contact->correspondence, err) < 0)
		return -1;
	return fill(store, arena, salutation, &contact->salutation, err);
}
