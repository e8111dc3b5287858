#include "import.h"

#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/contact_part.h"

/* Which field a column is: as --map says, as the program that wrote the file calls it, or by its own name. */

/* ---- our names ---- */

static const struct {
	const char *name;
	enum target_kind kind;
	const char *label; /* TARGET_LABEL */
	const struct record_noun *noun; /* TARGET_PART */
} TARGETS[] = {
	{ "no", TARGET_NO, NULL, NULL },
	{ "company_no", TARGET_COMPANY_NO, NULL, NULL },
	{ "company_name", TARGET_COMPANY_NAME, NULL, NULL },
	{ "company", TARGET_COMPANY_NAME, NULL, NULL },
	{ "email", TARGET_EMAIL, NULL, NULL },
	{ "emails", TARGET_EMAIL, NULL, NULL },
	{ "domain", TARGET_DOMAIN, NULL, NULL },
	{ "domains", TARGET_DOMAIN, NULL, NULL },
	{ "tag", TARGET_LABEL, "tag", NULL },
	{ "tags", TARGET_LABEL, "tag", NULL },
	{ "mailing_group", TARGET_LABEL, "mailing-group", NULL },
	{ "mailing_groups", TARGET_LABEL, "mailing-group", NULL },
	{ "industry_group", TARGET_LABEL, "industry-group", NULL },
	{ "industry_groups", TARGET_LABEL, "industry-group", NULL },
	{ "responsibility", TARGET_LABEL, "responsibility", NULL },
	{ "responsibilities", TARGET_LABEL, "responsibility", NULL },
	{ "web_source", TARGET_LABEL, "web-source", NULL },
	{ "web_sources", TARGET_LABEL, "web-source", NULL },
	{ "relation", TARGET_PART, NULL, &relation_noun },
	{ "relations", TARGET_PART, NULL, &relation_noun },
	{ "link", TARGET_PART, NULL, &link_noun },
	{ "links", TARGET_PART, NULL, &link_noun },
	{ "fact", TARGET_PART, NULL, &fact_noun },
	{ "facts", TARGET_PART, NULL, &fact_noun },
	{ "consent", TARGET_PART, NULL, &consent_noun },
	{ "consents", TARGET_PART, NULL, &consent_noun },
	{ "address", TARGET_PART, NULL, &address_noun },
	{ "addresses", TARGET_PART, NULL, &address_noun },
	{ "note", TARGET_NOTE, NULL, NULL },
	{ "notes", TARGET_NOTE, NULL, NULL },
	{ "answers", TARGET_ANSWER, NULL, NULL },
};

struct import_target
import_target_find(struct arena *arena, const char *name)
{
	struct import_target target = { .kind = TARGET_NONE };

	if (text_starts(name, "field.") && name[6] != '\0') {
		target.kind = TARGET_FIELD;
		target.name = arena_text(arena, name + 6);
		return target;
	}
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (strcmp(f->name, name) == 0)
			return (struct import_target){
				.kind = TARGET_PLAIN, .field = f, .name = f->name
			};
	}
	for (size_t i = 0; i < sizeof TARGETS / sizeof *TARGETS; i++) {
		if (strcmp(TARGETS[i].name, name) != 0)
			continue;
		target.kind = TARGETS[i].kind;
		target.noun = TARGETS[i].noun;
		target.name = TARGETS[i].label != NULL ? TARGETS[i].label : TARGETS[i].name;
	}
	return target;
}

/* ---- others' names ---- */

struct alias {
	const char *caption, *field;
};

/* What columns are called wherever they come from. */
static const struct alias COMMON[] = {
	{ "Full Name", "name" },
	{ "Display Name", "name" },
	{ "Given Name", "first_name" },
	{ "Last Name", "surname" },
	{ "Family Name", "surname" },
	{ "E-Mail Address", "email" },
	{ "Email Address", "email" },
	{ "Address", "street" },
	{ "Zip", "post_code" },
	{ "Zip Code", "post_code" },
	{ "Postal Code", "post_code" },
	{ "Country Code", "country" },
	{ "Website", "home_page" },
	{ "Web Page", "home_page" },
	{ "Mobile Phone", "mobile" },
	{ "Phone Number", "phone" },
	{ "Organization", "company_name" },
	{ "Title", "job_title" },
	{ NULL, NULL },
};

/* Captions of table Contact, as its list is opened in Excel. */
static const struct alias BUSINESS_CENTRAL[] = {
	{ "No.", "no" },
	{ "Company No.", "company_no" },
	{ "Address", "street" },
	{ "Address 2", "street_2" },
	{ "Country/Region Code", "country" },
	{ "Phone No.", "phone" },
	{ "Mobile Phone No.", "mobile" },
	{ "Extension No.", "extension" },
	{ "Fax No.", "fax" },
	{ "E-Mail", "email" },
	{ "E-Mail 2", "email" },
	{ "Salesperson Code", "salesperson" },
	{ "Territory Code", "territory" },
	{ "Language Code", "language" },
	{ "Format Region", "format_region" },
	{ "Currency Code", "currency" },
	{ "Salutation Code", "salutation" },
	{ "Organizational Level Code", "organizational_level" },
	{ "Correspondence Type", "correspondence" },
	{ "VAT Registration No.", "vat_no" },
	{ "Registration Number", "registration_no" },
	{ "Registration No.", "registration_no" },
	{ "Exclude from Segment", "excluded" },
	{ "Parental Consent Received", "parental_consent" },
	{ NULL, NULL },
};

static const struct alias HUBSPOT[] = {
	{ "Record ID", "external_id" },
	{ "Record ID - Contact", "external_id" },
	{ "Record ID - Company", "external_id" },
	{ "Last Name", "surname" },
	{ "Email", "email" },
	{ "Work email", "email" },
	{ "Additional email addresses", "email" },
	{ "Phone Number", "phone" },
	{ "Mobile Phone Number", "mobile" },
	{ "Fax Number", "fax" },
	{ "Company name", "company_name" },
	{ "Associated Company", "company_name" },
	{ "Associated Company (Primary)", "company_name" },
	{ "Company Domain Name", "domain" },
	{ "Street Address", "street" },
	{ "Street Address 2", "street_2" },
	{ "State/Region", "county" },
	{ "Country/Region", "country" },
	{ "Website URL", "home_page" },
	{ "Preferred language", "language" },
	{ "Original Source", "lead_source" },
	{ "Original Source Type", "lead_source" },
	{ "Unsubscribed from all email", "opted_out" },
	{ NULL, NULL },
};

/* Names of attributes, and their labels. */
static const struct alias ESPOCRM[] = {
	{ "ID", "external_id" },
	{ "Last Name", "surname" },
	{ "Email Address", "email" },
	{ "Email", "email" },
	{ "Phone Number", "phone" },
	{ "Account Name", "company_name" },
	{ "Account", "company_name" },
	{ "Account Title", "job_title" },
	{ "Title", "job_title" },
	{ "Address Street", "street" },
	{ "Address City", "city" },
	{ "Address State", "county" },
	{ "Address Postal Code", "post_code" },
	{ "Address Country", "country" },
	{ "Billing Address Street", "street" },
	{ "Billing Address City", "city" },
	{ "Billing Address State", "county" },
	{ "Billing Address Postal Code", "post_code" },
	{ "Billing Address Country", "country" },
	{ "Street", "street" },
	{ "State", "county" },
	{ "Description", "note" },
	{ "Email Address Is Opted Out", "opted_out" },
	{ "Source", "lead_source" },
	{ NULL, NULL },
};

static const struct alias *
table_of(const char *preset)
{
	if (preset == NULL)
		return NULL;
	if (strcmp(preset, "bc") == 0)
		return BUSINESS_CENTRAL;
	return strcmp(preset, "hubspot") == 0 ? HUBSPOT : ESPOCRM;
}

/* Letters and digits alone, lower case: "E-Mail", "E-mail" and "email" are one. */
static const char *
plain(struct arena *arena, const char *caption)
{
	char *copy = arena_text(arena, caption), *out = copy;

	for (const char *at = caption; *at != '\0'; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*out++ = (char)(*at - 'A' + 'a');
		else if ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') ||
			 (unsigned char)*at >= 0x80)
			*out++ = *at;
	}
	*out = '\0';
	return copy;
}

static const char *
find_alias(struct arena *arena, const struct alias *aliases, const char *wanted)
{
	for (; aliases != NULL && aliases->caption != NULL; aliases++) {
		if (strcmp(plain(arena, aliases->caption), wanted) == 0)
			return aliases->field;
	}
	return NULL;
}

static const char *
find_own(struct arena *arena, const char *wanted)
{
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (strcmp(plain(arena, f->name), wanted) == 0)
			return f->name;
	}
	for (size_t i = 0; i < sizeof TARGETS / sizeof *TARGETS; i++) {
		if (strcmp(plain(arena, TARGETS[i].name), wanted) == 0)
			return TARGETS[i].name;
	}
	return NULL;
}

/* "Address" alone is a street everywhere but in what we dumped, where the lists are "addresses". */
struct import_target
import_column_find(struct arena *arena, const char *preset, const char *caption)
{
	const char *trimmed = text_trim(arena, caption, strlen(caption));
	const char *wanted = plain(arena, trimmed), *field;

	if (text_starts(trimmed, "field."))
		return import_target_find(arena, trimmed);
	field = find_alias(arena, table_of(preset), wanted);
	if (field == NULL)
		field = find_alias(arena, COMMON, wanted);
	if (field == NULL)
		field = find_own(arena, wanted);
	if (field == NULL)
		return (struct import_target){ .kind = TARGET_NONE };
	return import_target_find(arena, field);
}

/* ---- --map ---- */

static const char *
all_fields(struct arena *arena)
{
	const char *list = "no, company_no, company_name, email, domain, tag, note, field.NAME";

	for (const struct contact_field *f = contact_fields; f->name != NULL; f++)
		list = arena_printf(arena, "%s, %s", list, f->name);
	return list;
}

/* The column before the last '=', and the field; "-" is none. */
static int
split_map(struct arena *arena, const char *map, const char **column, struct import_target *target,
	struct err *err)
{
	const char *equals = strrchr(map, '='), *field;

	if (equals == NULL || equals == map)
		return fail_field(err, ERR_USAGE, "map", "'%.80s' is not COLUMN=FIELD", map);
	*column = text_trim(arena, map, (size_t)(equals - map));
	field = text_trim(arena, equals + 1, strlen(equals + 1));
	*target = import_target_find(arena, field);
	if (target->kind != TARGET_NONE || field[0] == '\0' || strcmp(field, "-") == 0)
		return 0;
	fail_field(err, ERR_USAGE, "map", "a contact has no field '%.40s'", field);
	return err_hint(err, "fields are %.180s", all_fields(arena));
}

int
import_map_check(const struct import_run *run, struct err *err)
{
	const struct call *call = &run->call->call;

	for (unsigned i = 0; i < call_count(call, "map"); i++) {
		struct import_target target;
		const char *column;

		if (split_map(run->arena, call_text_at(call, "map", i), &column, &target, err) < 0)
			return -1;
	}
	return 0;
}

static int
apply_map(struct import_run *run, const char *map, struct err *err)
{
	struct import_target target;
	const char *column;
	bool found = false;

	if (split_map(run->arena, map, &column, &target, err) < 0)
		return -1;
	for (unsigned i = 0; i < run->column_count; i++) {
		if (!text_equal_nocase(run->captions[i], column))
			continue;
		run->columns[i] = target;
		found = true;
	}
	if (found)
		return 0;
	return fail_field(err, ERR_USAGE, "map", "the file has no column '%.80s'", column);
}

static bool
has_caption(const struct import_run *run, const char *caption)
{
	for (unsigned i = 0; i < run->column_count; i++) {
		if (strcmp(run->captions[i], caption) == 0)
			return true;
	}
	return false;
}

/* Nobody but contact.dump writes all our fields. */
static bool
is_dump(const struct import_run *run)
{
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		if (!has_caption(run, f->name))
			return false;
	}
	return has_caption(run, "no");
}

static bool
takes_several(enum target_kind kind)
{
	switch (kind) {
	case TARGET_NONE: /* it is left out */
	case TARGET_EMAIL:
	case TARGET_DOMAIN:
	case TARGET_LABEL:
	case TARGET_PART:
	case TARGET_NOTE:
	case TARGET_ANSWER:
		return true;
	case TARGET_NO:
	case TARGET_PLAIN:
	case TARGET_COMPANY_NO:
	case TARGET_COMPANY_NAME:
	case TARGET_FIELD:
		return false;
	}
	return false;
}

/* Of columns that are called the same nobody can tell which one counts. */
static int
check_twice(const struct import_run *run, struct err *err)
{
	for (unsigned i = 1; i < run->column_count; i++) {
		if (takes_several(run->columns[i].kind))
			continue;
		for (unsigned j = 0; j < i; j++) {
			if (text_equal_nocase(run->captions[i], run->captions[j]))
				return fail_field(err, ERR_USAGE, "file",
					"it has two columns '%.80s'", run->captions[i]);
		}
	}
	return 0;
}

int
import_map(struct import_run *run, const struct import_row *header, struct err *err)
{
	const struct call *call = &run->call->call;
	unsigned known = 0;

	run->column_count = header->count;
	run->columns = arena_array(run->arena, header->count + 1, sizeof *run->columns);
	run->captions = arena_array(run->arena, header->count + 1, sizeof *run->captions);
	for (unsigned i = 0; i < header->count; i++) {
		const char *caption = header->cells[i].value;

		run->captions[i] = text_clean(
			run->arena, caption, strlen(caption), 200, false, NULL);
		run->captions[i] = text_trim(
			run->arena, run->captions[i], strlen(run->captions[i]));
		run->columns[i] = import_column_find(run->arena, run->preset, run->captions[i]);
	}
	for (unsigned i = 0; i < call_count(call, "map"); i++) {
		if (apply_map(run, call_text_at(call, "map", i), err) < 0)
			return -1;
	}
	if (check_twice(run, err) < 0)
		return -1;
	run->rule.exact = is_dump(run);
	for (unsigned i = 0; i < header->count; i++)
		known += run->columns[i].kind != TARGET_NONE;
	if (known > 0)
		return 0;
	fail_field(err, ERR_USAGE, "file", "none of its columns is known: the first one is '%.80s'",
		header->count > 0 ? run->captions[0] : "");
	return err_hint(err, "its first line names the columns; say --map COLUMN=FIELD");
}
