#include "import.h"

#include <string.h>

#include "cmd_contact.h"
#include "cmd_record.h"
#include "liaison/base/address.h"
#include "liaison/base/text.h"
#include "liaison/crm/contact_part.h"
#include "liaison/crm/setup.h"
#include "rematch.h"

/* What a row has of addresses and of records that belong to the contact. */

/* ---- values of records ---- */

static int
wrong(const struct record_field *field, const char *value, struct err *err)
{
	return fail_field(err, ERR_USAGE, field->name, "'%.60s' is no %s", value, field->name);
}

static int
read_day(const struct record_field *field, const char *text, struct record_value *out,
	struct err *err)
{
	struct civil civil;

	if (date_parse(text, &civil) < 0 || !civil_valid(&civil))
		return wrong(field, text, err);
	out->number = civil_to_time(&civil);
	return 0;
}

/* Decimal text to minor units. */
static int
read_money(struct store *store, const struct record_field *field, const char *text,
	struct record_value *out, struct err *err)
{
	enum { DIGITS_MAX = 15 };
	const char *digits = text + (*text == '-'), *point = strchr(digits, '.');
	size_t whole = point == NULL ? strlen(digits) : (size_t)(point - digits);
	int64_t minor = 0;
	int exponent;

	if (setup_currency_exponent(store, &exponent, err) < 0)
		return -1;
	if (whole == 0 || whole > DIGITS_MAX || digits[strspn(digits, "0123456789.")] != '\0' ||
		(point != NULL && strlen(point + 1) > (size_t)exponent))
		return wrong(field, text, err);
	for (size_t i = 0; i < whole; i++)
		minor = minor * 10 + (digits[i] - '0');
	for (int i = 0; i < exponent; i++) {
		minor *= 10;
		if (point != NULL && point[1] != '\0' && point[1] != '.')
			minor += *++point - '0';
	}
	out->number = *text == '-' ? -minor : minor;
	return 0;
}

static int
read_value(struct call *call, const struct record_field *field, const char *text,
	struct record_value *out, struct err *err)
{
	out->given = true;
	switch (field->type) {
	case RECORD_TEXT:
	case RECORD_CODE:
	case RECORD_ENUM:
	case RECORD_FORMULA:
		out->text = text;
		return 0;
	case RECORD_DATE:
		return read_day(field, text, out, err);
	case RECORD_MONEY:
		return read_money(call->store, field, text, out, err);
	case RECORD_FLAG:
		out->number = strcmp(text, "true") == 0;
		return 0;
	case RECORD_INTEGER:
	case RECORD_MINUTES:
	case RECORD_PERCENT:
	case RECORD_DECIMAL:
	case RECORD_CONTACT:
		return text_to_int64(text, &out->number) == 0 ? 0 : wrong(field, text, err);
	}
	return 0;
}

static int
read_part(struct call *call, const struct list_element *element, struct record *record,
	struct err *err)
{
	const struct record_noun *noun = record->noun;

	for (unsigned i = 1; i < noun->count; i++) {
		bool key = (noun->fields[i].flags & RECORD_KEY) == RECORD_KEY;
		const char *text = key ? element->key
				       : list_attribute(element, noun->fields[i].name);

		if (text != NULL && text[0] != '\0' &&
			read_value(call, &noun->fields[i], text, &record->values[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- records that are there ---- */

static bool
agrees(const struct record_field *field, const struct record_value *there,
	const struct record_value *wanted)
{
	if (!wanted->given)
		return true;
	if (!there->given)
		return false;
	return wanted->text != NULL
		       ? text_equal_nocase(wanted->text, there->text)
		       : wanted->number == there->number || field->type == RECORD_CONTACT;
}

/* The one that says all that wanted does; *same_key: else one of its key. NULL: there is none. */
static int
find_part(struct call *call, const struct record *wanted, struct record **same,
	struct record **same_key, struct err *err)
{
	const struct record_noun *noun = wanted->noun;
	struct query_node *of_it = query_fixed(
		call->arena, "t.contact = ?", wanted->values[0].number);
	int64_t *ids;
	size_t count;

	*same = *same_key = NULL;
	if (query_ids(call->store, call->arena, noun->query, of_it, 0, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && *same == NULL; i++) {
		struct record *one;
		bool all = true;

		if (record_get(call->store, call->arena, noun, ids[i], &one, err) < 0)
			return -1;
		for (unsigned f = 1; f < noun->count; f++)
			all &= agrees(&noun->fields[f], &one->values[f], &wanted->values[f]);
		if (all)
			*same = one;
		if (text_equal_nocase(record_key(one), record_key(wanted)))
			*same_key = one;
	}
	return 0;
}

/* A contact may have several consents and facts of a kind. */
static bool
is_unique(const struct record_noun *noun)
{
	return noun != &fact_noun && noun != &consent_noun;
}

static int
change_part(struct call *call, const struct record *wanted, const struct record *before,
	int64_t *id, struct err *err)
{
	struct record *after = record_copy(call->arena, before);

	for (unsigned i = 1; i < wanted->noun->count; i++) {
		if (wanted->values[i].given)
			after->values[i] = wanted->values[i];
	}
	*id = before->id;
	return call_edit_record(call, after, before, err);
}

/* ---- days ---- */

static void
set_today(const struct call *call, struct record *record)
{
	enum { DAY = 86400 };
	int64_t local = call->now +
			(call->zone != NULL ? (int64_t)zone_offset(call->zone, call->now) * 60 : 0);

	for (unsigned i = 0; i < record->noun->count; i++) {
		if (strcmp(record->noun->fields[i].name, "date") == 0 && !record->values[i].given)
			record->values[i] = (struct record_value){ .given = true,
				.number = local - local % DAY };
	}
}

/* "2026-06-01/2026-08-31", or without an end. */
static int
add_range(struct call *call, int64_t address, const char *text, struct err *err)
{
	static const struct record_field RANGE = { .name = "range" };
	const char *slash = strchr(text, '/');
	size_t size = slash == NULL ? strlen(text) : (size_t)(slash - text);
	struct record_value from = { 0 }, until = { 0 };

	if (read_day(&RANGE, arena_text_n(call->arena, text, size), &from, err) < 0)
		return -1;
	if (slash == NULL || slash[1] == '\0')
		return address_range_add(call->store, address, from.number, NULL, err);
	if (read_day(&RANGE, slash + 1, &until, err) < 0)
		return -1;
	return address_range_add(call->store, address, from.number, &until.number, err);
}

static int
add_ranges(struct call *call, int64_t id, const struct list_element *element, struct err *err)
{
	for (unsigned i = 0; i < element->count; i++) {
		if (strcmp(element->attributes[i].name, "range") == 0 &&
			add_range(call, id, element->attributes[i].value, err) < 0)
			return -1;
	}
	return 0;
}

int
import_part(struct call *call, const struct record_noun *noun, int64_t contact,
	const struct list_element *element, bool fresh, bool *added, struct err *err)
{
	struct record *record = record_new(call->arena, noun), *same = NULL, *same_key = NULL;
	int64_t id;

	*added = false;
	record->values[0] = (struct record_value){ .given = true, .number = contact };
	if (read_part(call, element, record, err) < 0)
		return -1;
	if (!fresh && find_part(call, record, &same, &same_key, err) < 0)
		return -1;
	if (same != NULL)
		return 0;
	*added = true;
	if (same_key != NULL && is_unique(noun)) {
		if (change_part(call, record, same_key, &id, err) < 0)
			return -1;
	} else {
		set_today(call, record);
		if (call_add_record(call, record, err) < 0)
			return -1;
		id = record->id;
	}
	return noun == &address_noun ? add_ranges(call, id, element, err) : 0;
}

/* ---- addresses ---- */

static int
read_time(const struct list_element *element, const char *name, int64_t *time, bool *has,
	struct err *err)
{
	const char *text = list_attribute(element, name);
	int offset;

	*has = text != NULL;
	if (text == NULL || time_parse(text, time, &offset) == 0)
		return 0;
	return fail_field(err, ERR_USAGE, name, "'%.60s' is no moment", text);
}

static bool
is_true(const struct list_element *element, const char *name)
{
	const char *text = list_attribute(element, name);

	return text != NULL && strcmp(text, "true") == 0;
}

/* One that is there as it is wanted. */
static int
find_email(struct call *call, int64_t contact, const struct contact_email *wanted, bool *has,
	struct err *err)
{
	struct contact_email *emails;
	unsigned count;
	char *address;

	if (address_canonical(call->arena, wanted->email, &address, err) < 0 ||
		contact_emails(call->store, call->arena, contact, &emails, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		*has |= strcmp(emails[i].address, address) == 0 &&
			(!emails[i].removed || wanted->removed) &&
			(!wanted->has_from ||
				(emails[i].has_from && emails[i].from == wanted->from));
	}
	return 0;
}

/* A company and its persons may have one address, and it is theirs alone. */
static int
is_companys(struct call *call, int64_t id, const char *typed, bool *is, struct err *err)
{
	enum { HOLDERS_MAX = 100 };
	struct contact_holder holders[HOLDERS_MAX];
	struct contact contact;
	unsigned count;
	char *address;

	*is = false;
	if (address_canonical(call->arena, typed, &address, err) < 0 ||
		contact_get(call->store, call->arena, id, &contact, err) < 0 ||
		contact_by_address(
			call->store, address, call->now, holders, HOLDERS_MAX, &count, err) < 0)
		return -1;
	*is = count > 0 && count < HOLDERS_MAX;
	for (unsigned i = 0; i < count; i++) {
		const struct contact_holder *one = &holders[i];

		*is &= one->contact_id == contact.company_id || one->company_id == id ||
		       (one->company_id != 0 && one->company_id == contact.company_id &&
			       one->shared);
	}
	return 0;
}

/* One that was removed is history, which nobody contests. */
static int
put_email(struct call *call, int64_t contact, struct contact_email *email, bool *shares,
	struct err *err)
{
	int64_t linked = 0;
	struct err why;
	bool its;

	email->shared |= email->removed;
	if (contact_email_add(call->store, call->arena, contact, email, err) < 0) {
		if (err->code != ERR_CONFLICT || email->shared ||
			is_companys(call, contact, email->email, &its, &why) < 0 || !its)
			return -1;
		*shares = email->shared = true;
		if (contact_email_add(call->store, call->arena, contact, email, err) < 0)
			return -1;
	}
	if (!email->removed)
		return rematch_address(call, email->address, &linked, err);
	return contact_email_remove(call->store, call->arena, contact, email->address,
		email->has_until ? email->until : call->now, err);
}

int
import_email(struct call *call, int64_t contact, const struct list_element *element, bool first,
	bool *added, bool *shares, const char **address, struct err *err)
{
	struct contact_email email = { .email = element->key,
		.kind = list_attribute(element, "kind"),
		.shared = is_true(element, "shared"),
		.removed = is_true(element, "removed"),
		.first = first,
		.learned_from = arena_printf(call->arena, "import by %s", call->user) };
	bool has = false;

	*added = false;
	if (read_time(element, "from", &email.from, &email.has_from, err) < 0 ||
		read_time(element, "until", &email.until, &email.has_until, err) < 0 ||
		(!first && find_email(call, contact, &email, &has, err) < 0))
		return -1;
	if (has)
		return 0;
	*added = true;
	if (put_email(call, contact, &email, shares, err) < 0)
		return -1;
	*address = email.address;
	return 0;
}
