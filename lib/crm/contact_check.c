#include <string.h>

#include "code_text.h"
#include "contact_row.h"
#include "currency.h"
#include "liaison/base/text.h"
#include "liaison/base/utf8.h"

/* What the fields of a contact may hold. A message names the field, the value and the rule. */

#define TEXT_FIELD(member, max) \
	{ #member, CONTACT_TEXT, offsetof(struct contact, member), max, false },
#define FLAG_FIELD(member, own) { #member, CONTACT_FLAG, offsetof(struct contact, member), 0, own },

const struct contact_field contact_fields[] = { CONTACT_TEXTS(TEXT_FIELD)
		CONTACT_FLAGS(FLAG_FIELD){ 0 } };

static const char DIGITS[] = "0123456789", CAPITALS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* The bytes of a dash or blank that people paste into phone numbers: U+00A0, U+2010 to U+2015,
 * U+202F, U+2212; 0: it is none. */
static size_t
typographic(const char *at)
{
	if (memcmp(at, "\xc2\xa0", 2) == 0)
		return 2;
	if (strncmp(at, "\xe2\x80", 2) == 0 &&
		(((unsigned char)at[2] >= 0x90 && (unsigned char)at[2] <= 0x95) ||
			(unsigned char)at[2] == 0xaf))
		return 3;
	return strncmp(at, "\xe2\x88\x92", 3) == 0 ? 3 : 0;
}

int
phone_check(const char *field, const char *value, struct err *err)
{
	const char *at = value;

	if (value == NULL)
		return 0;
	for (size_t step; *at != '\0'; at += step) {
		step = strchr(DIGITS, *at) != NULL || strchr(" +-()./*#,;", *at) != NULL
			       ? 1
			       : typographic(at);
		if (step == 0)
			return fail_field(err, ERR_USAGE, field,
				"the %s '%s' has a letter in it: digits, "
				"blanks and + - ( ) . / * # only",
				field, value);
	}
	if (strpbrk(value, DIGITS) == NULL)
		return fail_field(err, ERR_USAGE, field, "the %s '%s' has no digit", field, value);
	return 0;
}

static int
check_places(const struct contact *contact, struct err *err)
{
	if (language_check("language", contact->language, err) < 0 ||
		language_check("format_region", contact->format_region, err) < 0)
		return -1;
	return country_check("country", contact->country, err);
}

/* A host name with a point in it, perhaps after http:// or https://, perhaps with a port and path. */
int
home_page_check(const char *value, struct err *err)
{
	const char *host = value;
	size_t size;

	if (value == NULL)
		return 0;
	if (strncasecmp(host, "http://", 7) == 0)
		host += 7;
	else if (strncasecmp(host, "https://", 8) == 0)
		host += 8;
	size = strcspn(host, "/?#:");
	if (size < 3 || host[0] == '.' || memchr(host, '.', size) == NULL ||
		value[strcspn(value, " \t\"<>\\^`{|}")] != '\0' || memchr(host, '@', size) != NULL)
		return fail_field(err, ERR_USAGE, "home_page",
			"the home page '%.100s' is no web address such as 'https://x.example'",
			value);
	return 0;
}

/* ISO 4217. */
static int
check_currency(const struct contact *contact, struct err *err)
{
	const char *value = contact->currency;

	if (value == NULL || currency_known(value))
		return 0;
	return fail_field(err, ERR_USAGE, "currency",
		"the currency '%.40s' is none of ISO 4217, such as EUR", value);
}

/* Countries write theirs with digits and letters, in groups or not. */
static int
check_vat_no(struct arena *arena, struct contact *contact, struct err *err)
{
	const char *value;

	if (contact->vat_no == NULL)
		return 0;
	value = contact->vat_no = upper_text(arena, contact->vat_no);
	if (strpbrk(value, DIGITS) == NULL)
		return fail_field(
			err, ERR_USAGE, "vat_no", "the VAT number '%s' has no digit", value);
	for (; *value != '\0'; value++) {
		if (strchr(DIGITS, *value) == NULL && strchr(CAPITALS, *value) == NULL &&
			strchr(" .-/+*", *value) == NULL)
			return fail_field(err, ERR_USAGE, "vat_no",
				"the VAT number '%s' has more in it than letters, digits, blanks "
				"and "
				". - / + *",
				contact->vat_no);
	}
	return 0;
}

/* What a company cannot have. */
static int
check_company(const struct contact *contact, struct err *err)
{
	const struct {
		const char *field, *what;
		bool given;
	} persons_only[] = {
		{ "first_name", "first name", contact->first_name != NULL },
		{ "middle_name", "middle name", contact->middle_name != NULL },
		{ "surname", "surname", contact->surname != NULL },
		{ "initials", "initials", contact->initials != NULL },
		{ "job_title", "job title", contact->job_title != NULL },
		{ "organizational_level", "organizational level",
			contact->organizational_level != NULL },
		{ "company", "company of its own", contact->company_id != 0 },
		{ "minor", "age", contact->minor },
		{ "parental_consent", "parental consent", contact->parental_consent },
	};

	for (size_t i = 0; i < sizeof persons_only / sizeof *persons_only; i++) {
		if (persons_only[i].given)
			return fail_field(err, ERR_USAGE, persons_only[i].field,
				"'%s' is a company, and a company has no %s", contact->name,
				persons_only[i].what);
	}
	return 0;
}

/* Blanks, marks of direction and joiners: Unicode's Zs and Cf, and Hangul's fillers. */
static bool
is_invisible(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} SPANS[] = { { 0, 0x20 }, { 0x7f, 0xa0 }, { 0xad, 0xad }, { 0x34f, 0x34f },
		{ 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x2800, 0x2800 },
		{ 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff } };

	for (size_t i = 0; i < sizeof SPANS / sizeof *SPANS; i++) {
		if (code >= SPANS[i].first && code <= SPANS[i].last)
			return true;
	}
	return false;
}

static bool
is_seen(const char *text)
{
	while (*text != '\0') {
		uint32_t code;

		text += utf8_read(text, UTF8_MAX, &code);
		if (!is_invisible(code))
			return true;
	}
	return false;
}

static int
check_kind(struct contact *contact, struct err *err)
{
	if (contact->name == NULL)
		return fail_field(err, ERR_USAGE, "name", "a contact must have a name");
	if (!is_seen(contact->name))
		return fail_field(
			err, ERR_USAGE, "name", "the name has no character in it that is seen");
	if (strcmp(contact->type, "person") != 0 && strcmp(contact->type, "company") != 0)
		return fail_field(err, ERR_USAGE, "type",
			"the type '%s' is neither person nor company", contact->type);
	if (contact->correspondence != NULL && strcmp(contact->correspondence, "email") != 0 &&
		strcmp(contact->correspondence, "hard-copy") != 0)
		return fail_field(err, ERR_USAGE, "correspondence",
			"the correspondence '%s' is neither email nor hard-copy",
			contact->correspondence);
	if (strcmp(contact->type, "company") == 0)
		return check_company(contact, err);
	if (contact->minor && !contact->parental_consent)
		contact->privacy_blocked = true;
	return 0;
}

static int
check_texts(struct arena *arena, struct contact *contact, struct err *err)
{
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		const char **value;

		if (f->type != CONTACT_TEXT)
			continue;
		value = contact_text_field(contact, f);
		if (*value == NULL)
			continue;
		*value = text_trim(arena, *value, strlen(*value));
		if ((*value)[0] == '\0')
			*value = NULL;
		else if (text_check(f->name, f->max, *value, err) < 0)
			return -1;
	}
	return 0;
}

int
contact_check(struct arena *arena, struct contact *contact, struct err *err)
{
	if (contact->type == NULL)
		contact->type = "person";
	if (check_texts(arena, contact, err) < 0)
		return -1;
	if (contact->country != NULL)
		contact->country = upper_text(arena, contact->country);
	if (contact->currency != NULL)
		contact->currency = upper_text(arena, contact->currency);
	if (check_kind(contact, err) < 0 || check_places(contact, err) < 0 ||
		phone_check("phone", contact->phone, err) < 0 ||
		phone_check("mobile", contact->mobile, err) < 0 ||
		phone_check("extension", contact->extension, err) < 0 ||
		phone_check("pager", contact->pager, err) < 0 ||
		phone_check("fax", contact->fax, err) < 0 || check_currency(contact, err) < 0 ||
		check_vat_no(arena, contact, err) < 0 ||
		home_page_check(contact->home_page, err) < 0 ||
		code_check(arena, "salesperson", &contact->salesperson, err) < 0 ||
		code_check(arena, "territory", &contact->territory, err) < 0 ||
		code_check(arena, "salutation", &contact->salutation, err) < 0 ||
		code_check(arena, "organizational_level", &contact->organizational_level, err) < 0)
		return -1;
	return 0;
}
