#include <string.h>
#include <strings.h>

#include "vcard.h"

/* What of a contact the properties of a card are. */

static void
add(struct card *card, struct card_list *list, const char *name, const char *value)
{
	struct card_cell *cell;

	if (value[0] == '\0')
		return;
	cell = arena_alloc(card->reading->arena, sizeof *cell);
	*cell = (struct card_cell){ NULL, name, value };
	if (list->last != NULL)
		list->last->next = cell;
	else
		list->first = cell;
	list->last = cell;
	card->size += strlen(name) + strlen(value);
}

static const char *
text_of(struct card *card, const struct property *property)
{
	return property_part(card->reading->arena, property->value, '\0', 0);
}

static const char *
one_line(struct arena *arena, const char *text)
{
	char *copy = arena_text(arena, text);

	for (char *at = copy; *at != '\0'; at++)
		*at = *at == '\n' || *at == '\t' ? ' ' : *at;
	return copy;
}

/* As an element of a list: the signs of lists are escaped. */
static const char *
element(struct arena *arena, const char *text)
{
	char *copy = arena_alloc(arena, strlen(text) * 2 + 1), *out = copy;

	for (; *text != '\0'; text++) {
		if (strchr("\\;|", *text) != NULL)
			*out++ = '\\';
		*out++ = *text;
	}
	*out = '\0';
	return copy;
}

/* One whose name is none is only counted. */
static void
leave_out(struct card *card, const struct property *property)
{
	enum { LONG = 40 };
	struct import_rows *out = card->reading->out;
	size_t size = strlen(property->name);

	out->left_out++;
	if (size <= LONG &&
		strspn(property->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == size)
		import_leave(out->left, &out->left_count, property->name);
}

/* The first one of a kind counts. */
static void
add_once(struct card *card, const struct property *property, bool *has, const char *name,
	const char *value)
{
	if (*has) {
		leave_out(card, property);
		return;
	}
	*has = true;
	add(card, &card->fields, name, value);
}

static void
take_name(struct card *card, const struct property *property)
{
	struct arena *arena = card->reading->arena;

	card->surname = one_line(arena, property_part(arena, property->value, ';', 0));
	card->first_name = one_line(arena, property_part(arena, property->value, ';', 1));
	card->middle_name = one_line(arena, property_part(arena, property->value, ';', 2));
}

static void
take_kind(struct card *card, const struct property *property)
{
	const char *kind = text_of(card, property);

	card->company = strcasecmp(kind, "org") == 0 || strcasecmp(kind, "company") == 0;
	card->person = strcasecmp(kind, "individual") == 0 || strcasecmp(kind, "person") == 0;
}

static const char *
without_scheme(const char *text, const char *scheme)
{
	return strncasecmp(text, scheme, strlen(scheme)) == 0 ? text + strlen(scheme) : text;
}

static void
take_phone(struct card *card, const struct property *property)
{
	char *phone = arena_text(
		card->reading->arena, without_scheme(text_of(card, property), "tel:"));

	if (property->flags & PROPERTY_FAX)
		add_once(card, property, &card->has_fax, "fax", phone);
	else if (property->flags & PROPERTY_PAGER)
		add_once(card, property, &card->has_pager, "pager", phone);
	else if (property->flags & PROPERTY_CELL)
		add_once(card, property, &card->has_mobile, "mobile", phone);
	else
		add_once(card, property, &card->has_phone, "phone", phone);
}

static void
take_email(struct card *card, const struct property *property)
{
	struct arena *arena = card->reading->arena;
	const char *address = element(arena, without_scheme(text_of(card, property), "mailto:"));
	struct card_list first = { 0 };

	if (address[0] == '\0')
		return;
	if (property->kind != NULL)
		address = arena_printf(
			arena, "%s|kind=%s", address, element(arena, property->kind));
	if (card->emails.first == NULL || property->preference >= card->preference) {
		if (card->emails.first == NULL)
			card->preference = property->preference;
		add(card, &card->emails, "emails", address);
		return;
	}
	card->preference = property->preference;
	add(card, &first, "emails", address);
	if (first.first != NULL) {
		first.first->next = card->emails.first;
		card->emails.first = first.first;
	}
}

static void
take_address(struct card *card, const struct property *property)
{
	static const char *const NAMES[] = { NULL, "street_2", "street", "city", "county",
		"post_code", "country" };
	struct arena *arena = card->reading->arena;

	if (card->has_address) {
		leave_out(card, property);
		return;
	}
	card->has_address = true;
	for (unsigned i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		const char *part = one_line(arena, property_part(arena, property->value, ';', i));

		if (NAMES[i] != NULL)
			add(card, &card->fields, NAMES[i], part);
		else if (part[0] != '\0')
			leave_out(card, property);
	}
}

static void
take_page(struct card *card, const struct property *property)
{
	struct arena *arena = card->reading->arena;
	const char *page = text_of(card, property);

	if (!card->has_home_page)
		add_once(card, property, &card->has_home_page, "home_page", page);
	else
		add(card, &card->fields, "links", element(arena, page));
}

/* A tag is one word. */
static void
take_categories(struct card *card, const struct property *property)
{
	struct arena *arena = card->reading->arena;

	for (unsigned i = 0; i < property_parts(property->value, ','); i++) {
		char *tag = arena_text(arena, property_part(arena, property->value, ',', i));

		for (char *at = tag; *at != '\0'; at++)
			*at = strchr(" \t\n", *at) != NULL ? '-' : *at;
		add(card, &card->fields, "tags", element(arena, tag));
	}
}

static void
take_note(struct card *card, const struct property *property)
{
	add(card, &card->notes, "notes", element(card->reading->arena, text_of(card, property)));
}

static void
take_organization(struct card *card, const struct property *property)
{
	struct arena *arena = card->reading->arena;

	if (card->organization == NULL)
		card->organization = one_line(arena, property_part(arena, property->value, ';', 0));
}

static void
take_full_name(struct card *card, const struct property *property)
{
	if (card->name == NULL)
		card->name = one_line(card->reading->arena, text_of(card, property));
}

static void
take_title(struct card *card, const struct property *property)
{
	add_once(card, property, &card->has_title, "job_title",
		one_line(card->reading->arena, text_of(card, property)));
}

static void
take_language(struct card *card, const struct property *property)
{
	add_once(card, property, &card->has_language, "language", text_of(card, property));
}

static void
ignore(struct card *card, const struct property *property)
{
	(void)card, (void)property;
}

static const struct {
	const char *name;
	void (*take)(struct card *card, const struct property *property);
} PROPERTIES[] = {
	{ "FN", take_full_name },
	{ "N", take_name },
	{ "KIND", take_kind },
	{ "X-ABSHOWAS", take_kind },
	{ "X-ADDRESSBOOKSERVER-KIND", take_kind },
	{ "ORG", take_organization },
	{ "TITLE", take_title },
	{ "TEL", take_phone },
	{ "EMAIL", take_email },
	{ "ADR", take_address },
	{ "URL", take_page },
	{ "NOTE", take_note },
	{ "CATEGORIES", take_categories },
	{ "LANG", take_language },
	{ "VERSION", ignore },
	{ "PRODID", ignore },
	{ "REV", ignore },
	{ "UID", ignore },
	{ "SOURCE", ignore },
};

/* Our own: X-LIAISON-LEAD-STATUS is the field lead_status, X-LIAISON-FIELD;X-NAME=size field.size. */
static bool
take_own(struct card *card, const struct property *property)
{
	static const char PREFIX[] = "X-LIAISON-";
	struct arena *arena = card->reading->arena;
	char *name;

	if (strncmp(property->name, PREFIX, sizeof PREFIX - 1) != 0)
		return false;
	name = arena_text(arena, property->name + sizeof PREFIX - 1);
	for (char *at = name; *at != '\0'; at++)
		*at = *at == '-' ? '_' : *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
	if (strlen(name) > IMPORT_NAME_MAX / 2 || name[0] < 'a' || name[0] > 'z' ||
		name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0') {
		leave_out(card, property);
		return true;
	}
	if (strcmp(name, "field") == 0 && property->label != NULL &&
		strlen(property->label) <= IMPORT_NAME_MAX / 2)
		name = arena_printf(arena, "field.%s", one_line(arena, property->label));
	if (strcmp(name, "type") == 0)
		take_kind(card, property);
	if (strcmp(name, "emails") == 0) {
		card->own_emails = text_of(card, property);
		card->size += strlen(card->own_emails);
		return true;
	}
	card->own_notes |= strcmp(name, "notes") == 0;
	add(card, &card->own, name, text_of(card, property));
	return true;
}

void
card_take(struct card *card, const struct property *property)
{
	if (take_own(card, property))
		return;
	for (size_t i = 0; i < sizeof PROPERTIES / sizeof *PROPERTIES; i++) {
		if (strcmp(property->name, PROPERTIES[i].name) == 0) {
			PROPERTIES[i].take(card, property);
			return;
		}
	}
	leave_out(card, property);
}

/* ---- cells ---- */

static void
put_list(struct card *card, const struct card_list *list)
{
	for (const struct card_cell *cell = list->first; cell != NULL; cell = cell->next)
		reading_add_cell(card->reading, cell->name, cell->value);
}

static void
put(struct card *card, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		reading_add_cell(card->reading, name, value);
}

static bool
is_blank(const char *text)
{
	return text == NULL || text[0] == '\0';
}

/* Of an organization that does not say so: no name of a person, and its own name as the card's. */
static bool
is_company(const struct card *card)
{
	if (card->company || card->person)
		return card->company;
	return !is_blank(card->organization) && is_blank(card->surname) &&
	       is_blank(card->first_name) &&
	       (is_blank(card->name) || strcmp(card->name, card->organization) == 0);
}

/* What liaison wrote itself comes first, and wins; but for addresses, which other programs change. */
void
card_end(struct card *card)
{
	bool company = is_company(card);

	put_list(card, &card->own);
	put(card, "type", company ? "company" : "person");
	put(card, "name", company && is_blank(card->name) ? card->organization : card->name);
	if (!company) {
		put(card, "first_name", card->first_name);
		put(card, "middle_name", card->middle_name);
		put(card, "surname", card->surname);
		put(card, "company_name", card->organization);
	}
	put_list(card, &card->fields);
	if (card_keeps_emails(card))
		put(card, "emails", card->own_emails);
	else
		put_list(card, &card->emails);
	if (!card->own_notes)
		put_list(card, &card->notes);
}
