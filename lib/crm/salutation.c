#include "liaison/crm/salutation.h"

#include <string.h>

#include "code_text.h"
#include "liaison/base/text.h"
#include "liaison/base/utf8.h"
#include "liaison/crm/code.h"
#include "record_noun.h"

static const char *const PLACES[] = { "job_title", "first_name", "middle_name", "surname",
	"initials", "name", "company_name" };
enum { PLACE_COUNT = sizeof PLACES / sizeof *PLACES };

/* The place named at "{", *size bytes with both braces; PLACE_COUNT: none. */
static size_t
place_at(const char *at, size_t *size)
{
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		size_t length = strlen(PLACES[i]);

		if (strncmp(at + 1, PLACES[i], length) == 0 && at[length + 1] == '}') {
			*size = length + 2;
			return i;
		}
	}
	return PLACE_COUNT;
}

static int
check_formula(const char *text, struct err *err)
{
	size_t size;

	for (const char *at = text; (at = strpbrk(at, "{}")) != NULL; at += size) {
		if (*at == '}' || place_at(at, &size) == PLACE_COUNT) {
			fail_field(
				err, ERR_USAGE, "text", "the formula has no field at '%.30s'", at);
			return err_hint(err, "fields are {job_title} {first_name} {middle_name} "
					     "{surname} {initials} {name} {company_name}");
		}
	}
	return 0;
}

static int
check_salutation(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	struct record_value *language = &record->values[at_salutation_language];
	struct record_value *manner = &record->values[at_salutation_manner];

	(void)before;
	if (!language->given)
		*language = (struct record_value){ true, 0, "" };
	if (!manner->given)
		*manner = (struct record_value){ true, 0, "formal" };
	if (language->text[0] != '\0' && language_check("language", language->text, err) < 0)
		return -1;
	if (check_formula(record->values[at_salutation_text].text, err) < 0)
		return -1;
	return code_take(
		store, arena, "salutation", "code", &record->values[at_salutation_code].text, err);
}

RECORD_NOUN(salutation, "salutation_formula", "code", SALUTATION_FIELDS, .check = check_salutation);

/* ---- rendering ---- */

/* The tag itself, then its first part, then every language. */
static const char SELECT_FORMULA[] =
	"SELECT text FROM salutation_formula WHERE code = ?1 AND manner = ?2"
	" AND language IN (?3, ?4, '') ORDER BY length(language) DESC LIMIT 1";

static const char *
first_part(struct arena *arena, const char *language)
{
	return arena_text_n(arena, language, strcspn(language, "-_"));
}

static int
find_formula(struct store *store, struct arena *arena, const char *code, const char *manner,
	const char *language, const char **out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_FORMULA);

	*out = NULL;
	stmt_bind_text(q, code);
	stmt_bind_text(q, manner);
	stmt_bind_text(q, language);
	stmt_bind_text(q, first_part(arena, language));
	return sql_get_text(q, arena, out, err);
}

/* The first letter of each given name, "A. B."; a letter may be several bytes. */
static const char *
initials(struct arena *arena, const struct contact *contact)
{
	const char *parts[] = { contact->first_name, contact->middle_name };
	const char *out = "";

	for (size_t i = 0; i < 2; i++) {
		for (const char *at = parts[i]; at != NULL && *at != '\0';) {
			size_t size = 1;

			while (!utf8_begins(at[size]))
				size++;
			out = arena_printf(
				arena, "%s%s%.*s.", out, out[0] != '\0' ? " " : "", (int)size, at);
			at += strcspn(at, " ");
			at += strspn(at, " ");
		}
	}
	return out;
}

static const char *
value_of(struct arena *arena, const struct contact *contact, const char *company, size_t place)
{
	const char *const values[PLACE_COUNT] = { contact->job_title, contact->first_name,
		contact->middle_name, contact->surname, initials(arena, contact), contact->name,
		company };

	return values[place] != NULL ? values[place] : "";
}

static const char *
fill_formula(struct arena *arena, const struct contact *contact, const char *company,
	const char *formula)
{
	struct text text = { 0 };
	const char *filled;

	while (*formula != '\0') {
		size_t size = 1, place = *formula == '{' ? place_at(formula, &size) : PLACE_COUNT;

		if (place == PLACE_COUNT) {
			text_add_char(&text, *formula++);
			continue;
		}
		filled = value_of(arena, contact, company, place);
		text_add(&text, filled);
		formula += size;
		formula += filled[0] == '\0' && *formula == ' ';
	}
	filled = arena_text_n(arena, text.bytes != NULL ? text.bytes : "", text.size);
	text_clear(&text);
	return filled;
}

static int
company_name(struct store *store, struct arena *arena, const struct contact *contact,
	const char **name, struct err *err)
{
	struct contact company;

	*name = strcmp(contact->type, "company") == 0 ? contact->name : NULL;
	if (contact->company_id == 0)
		return 0;
	if (contact_get(store, arena, contact->company_id, &company, err) < 0)
		return -1;
	*name = company.name;
	return 0;
}

int
salutation_render(struct store *store, struct arena *arena, const struct contact *contact,
	const char *manner, const char *language, const char **out, struct err *err)
{
	const char *formula, *company;

	if (language == NULL)
		language = contact->language != NULL ? contact->language : "";
	if (find_formula(store, arena, contact->salutation, manner, language, &formula, err) < 0 ||
		company_name(store, arena, contact, &company, err) < 0)
		return -1;
	*out = formula != NULL ? fill_formula(arena, contact, company, formula) : NULL;
	return 0;
}

/* ---- what a new user begins with ---- */

static const struct seed {
	const char *code, *language, *manner, *text;
} SEEDS[] = {
	{ "COMPANY", "", "formal", "Dear Sir or Madam," },
	{ "COMPANY", "de", "formal", "Sehr geehrte Damen und Herren," },
	{ "F", "", "formal", "Dear Ms {surname}," },
	{ "F", "de", "formal", "Sehr geehrte Frau {surname}," },
	{ "M", "", "formal", "Dear Mr {surname}," },
	{ "M", "de", "formal", "Sehr geehrter Herr {surname}," },
	{ "PERSON", "", "formal", "Dear {first_name} {surname}," },
	{ "F", "", "informal", "Hello {first_name}," },
	{ "M", "", "informal", "Hello {first_name}," },
	{ "PERSON", "", "informal", "Hello {first_name}," },
};

static const char SELECT_SAME[] =
	"SELECT 1 FROM salutation_formula WHERE code = ?1 AND language = ?2 AND manner = ?3";

int
salutation_seed(struct store *store, struct arena *arena, struct json_out *out, unsigned *added,
	struct err *err)
{
	json_array_begin(out, "salutation-formula");
	for (size_t i = 0; i < sizeof SEEDS / sizeof *SEEDS; i++) {
		struct record *record = record_new(arena, &salutation_noun);
		struct stmt *q = sql_prepare(store, SELECT_SAME);
		bool there;

		stmt_bind_text(q, SEEDS[i].code);
		stmt_bind_text(q, SEEDS[i].language);
		stmt_bind_text(q, SEEDS[i].manner);
		if (sql_get_int(q, NULL, &there, err) < 0)
			return -1;
		if (there)
			continue;
		record->values[at_salutation_code] = (struct record_value){ true, 0,
			SEEDS[i].code };
		record->values[at_salutation_text] = (struct record_value){ true, 0,
			SEEDS[i].text };
		record->values[at_salutation_language] = (struct record_value){
			SEEDS[i].language[0] != '\0', 0, SEEDS[i].language
		};
		record->values[at_salutation_manner] = (struct record_value){ true, 0,
			SEEDS[i].manner };
		if (record_add(store, arena, record, err) < 0)
			return -1;
		json_text(out, NULL,
			arena_printf(arena, "%s%s%s %s", SEEDS[i].code,
				SEEDS[i].language[0] != '\0' ? " " : "", SEEDS[i].language,
				SEEDS[i].manner));
		(*added)++;
	}
	json_array_end(out);
	return 0;
}
