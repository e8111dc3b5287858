#include "import_row.h"

#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/country.h"

/* The fields of a contact that a row gives. */

enum { SETS_MAX = 64 }; /* fields of struct contact */

static int
read_flag(const char *field, const char *text, bool *out, struct err *err)
{
	static const char *const YES[] = { "true", "yes", "1", "x", "ja", "oui", "on" },
				 *const NO[] = { "false", "no", "0", "nein", "non", "off" };

	for (size_t i = 0; i < sizeof YES / sizeof *YES; i++) {
		if (text_equal_nocase(text, YES[i])) {
			*out = true;
			return 0;
		}
	}
	*out = false;
	for (size_t i = 0; i < sizeof NO / sizeof *NO; i++) {
		if (text_equal_nocase(text, NO[i]))
			return 0;
	}
	return fail_field(
		err, ERR_USAGE, field, "the %s '%.40s' is neither yes nor no", field, text);
}

/* Words of enumerations as others spell them: "Hard Copy", "E-Mail", "Company". */
static const char *
settle_word(const char *field, const char *text)
{
	static const struct {
		const char *field, *theirs, *ours;
	} WORDS[] = {
		{ "type", "company", "company" },
		{ "type", "organization", "company" },
		{ "type", "organisation", "company" },
		{ "type", "account", "company" },
		{ "type", "person", "person" },
		{ "type", "contact", "person" },
		{ "type", "individual", "person" },
		{ "correspondence", "email", "email" },
		{ "correspondence", "e-mail", "email" },
		{ "correspondence", "hard copy", "hard-copy" },
		{ "correspondence", "hard-copy", "hard-copy" },
	};

	for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
		if (strcmp(field, WORDS[i].field) == 0 && text_equal_nocase(text, WORDS[i].theirs))
			return WORDS[i].ours;
	}
	return text;
}

static int
settle_text(struct row *row, const char *field, const char **text, struct err *err)
{
	*text = settle_word(field, *text);
	return strcmp(field, "country") == 0
		       ? country_settle(row->call->store, row->call->arena, text, err)
		       : 0;
}

static bool
is_part_of_name(const char *field)
{
	return strcmp(field, "first_name") == 0 || strcmp(field, "middle_name") == 0 ||
	       strcmp(field, "surname") == 0;
}

static int
set_plain(struct row *row, const struct contact_field *field, const char *text,
	struct contact *contact, struct err *err)
{
	void *member = (char *)contact + field->offset;

	if (field->type == CONTACT_FLAG) {
		if (text[0] != '\0')
			return read_flag(field->name, text, member, err);
		*(bool *)member = false;
		return 0;
	}
	if (text[0] != '\0' && settle_text(row, field->name, &text, err) < 0)
		return -1;
	*(const char **)member = text[0] != '\0' ? text : NULL;
	row->name_given |= strcmp(field->name, "name") == 0;
	row->parts_given |= is_part_of_name(field->name);
	return 0;
}

/* Of several columns for a field the first one that is not blank counts. */
int
row_set_plains(struct row *row, struct contact *contact, struct err *err)
{
	bool set[SETS_MAX] = { false };

	for (int blanks = 0; blanks <= (row->rule->clear ? 1 : 0); blanks++) {
		for (unsigned i = 0; i < row->count; i++) {
			const struct import_value *value = &row->values[i];
			size_t place;

			if (value->target.kind != TARGET_PLAIN ||
				(value->text[0] == '\0') != (blanks == 1))
				continue;
			place = (size_t)(value->target.field - contact_fields);
			if (place >= SETS_MAX || set[place])
				continue;
			set[place] = true;
			if (blanks == 1 && strcmp(value->target.name, "type") == 0)
				continue;
			if (set_plain(row, value->target.field, value->text, contact, err) < 0)
				return -1;
		}
	}
	return 0;
}

static void
set_once(const char **out, const char *text)
{
	if (*out == NULL && text[0] != '\0')
		*out = text;
}

void
row_read_references(struct row *row)
{
	for (unsigned i = 0; i < row->count; i++) {
		const struct import_value *value = &row->values[i];

		if (value->target.kind == TARGET_NO)
			set_once(&row->no, value->text);
		if (value->target.kind == TARGET_COMPANY_NO)
			set_once(&row->company_no, value->text);
		if (value->target.kind == TARGET_COMPANY_NAME)
			set_once(&row->company_name, value->text);
		row->has_company |= value->target.kind == TARGET_COMPANY_NO ||
				    value->target.kind == TARGET_COMPANY_NAME;
	}
}

const char *
row_plain(const struct row *row, const char *field)
{
	for (unsigned i = 0; i < row->count; i++) {
		const struct import_value *value = &row->values[i];

		if (value->target.kind == TARGET_PLAIN && value->text[0] != '\0' &&
			strcmp(value->target.name, field) == 0)
			return value->text;
	}
	return NULL;
}

const char *
row_name(const struct row *row)
{
	struct contact contact = { .name = row_plain(row, "name"),
		.first_name = row_plain(row, "first_name"),
		.middle_name = row_plain(row, "middle_name"),
		.surname = row_plain(row, "surname"),
		.type = "person" };

	if (contact.name == NULL && row_names_person(row))
		contact_settle_name(row->call->arena, &contact, false, true);
	return contact.name;
}

bool
row_names_person(const struct row *row)
{
	return row_plain(row, "name") != NULL || row_plain(row, "first_name") != NULL ||
	       row_plain(row, "surname") != NULL;
}

const char *
row_type(const struct row *row)
{
	const char *type = row_plain(row, "type");

	return type == NULL ? NULL : settle_word("type", type);
}

bool
row_gives(const struct row *row, enum target_kind kind)
{
	for (unsigned i = 0; i < row->count; i++) {
		if (row->values[i].target.kind == kind && row->values[i].text[0] != '\0')
			return true;
	}
	return false;
}
