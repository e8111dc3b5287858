#include "liaison/crm/contact_part.h"

#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/code.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/setup.h"
#include "record_noun.h"

/* ---- relations ---- */

static const struct {
	const char *kind, *key;
} RELATION_KEYS[] = {
	{ "customer", "customer-relation" },
	{ "vendor", "vendor-relation" },
	{ "bank", "bank-relation" },
	{ "employee", "employee-relation" },
};

/* The kind that setup gives to the code. */
static int
guess_kind(struct store *store, struct arena *arena, struct record *record, struct err *err)
{
	const char *code = record->values[at_relation_code].text, *kind = "other", *of;

	for (size_t i = 0; i < sizeof RELATION_KEYS / sizeof *RELATION_KEYS; i++) {
		if (setup_get(store, arena, RELATION_KEYS[i].key, &of, err) < 0)
			return -1;
		if (text_equal_nocase(code, of))
			kind = RELATION_KEYS[i].kind;
	}
	record->values[at_relation_kind] = (struct record_value){ true, 0, kind };
	return 0;
}

static const char SELECT_HOLDER[] =
	"SELECT c.no FROM contact_relation r JOIN contact c ON c.id = r.contact"
	" WHERE r.kind = ?1 AND r.no = ?2 AND r.id <> ?3 AND ?1 <> 'other'";

/* A customer is one contact. */
static int
check_holder(struct store *store, struct arena *arena, const struct record *record, struct err *err)
{
	const char *kind = record->values[at_relation_kind].text;
	const char *no = record->values[at_relation_no].text, *holder = NULL;
	struct stmt *q;

	if (!record->values[at_relation_no].given)
		return 0;
	q = sql_prepare(store, SELECT_HOLDER);
	stmt_bind_text(q, kind);
	stmt_bind_text(q, no);
	stmt_bind_int(q, record->id);
	if (sql_get_text(q, arena, &holder, err) < 0)
		return -1;
	if (holder == NULL)
		return 0;
	return fail_field(err, ERR_CONFLICT, "no", "the %s '%s' is the contact '%s' already", kind,
		no, holder);
}

/* Nor does one become a customer who asked that nothing be done with them (reference 1.12). */
static int
check_blocked(
	struct store *store, struct arena *arena, const struct record *record, struct err *err)
{
	const char *kind = record->values[at_relation_kind].text;
	struct contact contact;

	if (strcmp(kind, "other") == 0)
		return 0;
	if (contact_get(store, arena, record->values[at_relation_contact].number, &contact, err) <
		0)
		return -1;
	return !contact.privacy_blocked
		       ? 0
		       : fail_field(err, ERR_REFUSED, "contact",
				 "contact '%s' (%s) is privacy-blocked: it becomes no %s",
				 contact.no, contact.name, kind);
}

static const char SELECT_SAME_KIND[] =
	"SELECT code FROM contact_relation WHERE contact = ?1 AND kind = ?2 AND id <> ?3"
	" AND kind <> 'other'";

/* And a contact one customer. */
static int
check_kind(struct store *store, struct arena *arena, const struct record *record, struct err *err)
{
	const char *kind = record->values[at_relation_kind].text, *code = NULL;
	struct stmt *q = sql_prepare(store, SELECT_SAME_KIND);

	stmt_bind_int(q, record->values[at_relation_contact].number);
	stmt_bind_text(q, kind);
	stmt_bind_int(q, record->id);
	if (sql_get_text(q, arena, &code, err) < 0)
		return -1;
	if (code == NULL || text_equal_nocase(code, record->values[at_relation_code].text))
		return 0; /* the same code is the key's own conflict */
	return fail_field(err, ERR_CONFLICT, "kind",
		"the contact is a %s already, by the code '%s'", kind, code);
}

static int
check_relation(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	if (code_take(store, arena, "business-relation", "code",
		    &record->values[at_relation_code].text, err) < 0)
		return -1;
	if (!record->values[at_relation_kind].given && guess_kind(store, arena, record, err) < 0)
		return -1;
	if ((before == NULL && check_blocked(store, arena, record, err) < 0) ||
		check_kind(store, arena, record, err) < 0)
		return -1;
	return check_holder(store, arena, record, err);
}

RECORD_PART(
	relation, "relation", "contact_relation", "code", RELATION_FIELDS, .check = check_relation);

/* ---- links ---- */

/* A scheme and something after it (RFC 3986); never one that a browser would run. */
static int
check_link(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	static const char SCHEME[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"+.-";
	const char *url = record->values[at_link_url].text;
	size_t size = strspn(url, SCHEME);

	(void)store, (void)arena, (void)before;
	if (size == 0 || url[size] != ':' || url[size + 1] == '\0' ||
		url[strcspn(url, " \t\"<>")] != '\0')
		return fail_field(err, ERR_USAGE, "url",
			"the url '%.100s' is no address such as 'https://x.example'", url);
	if (strncasecmp(url, "javascript:", 11) == 0 || strncasecmp(url, "data:", 5) == 0 ||
		strncasecmp(url, "vbscript:", 9) == 0)
		return fail_field(
			err, ERR_USAGE, "url", "the url '%.40s' is a program, no place", url);
	return 0;
}

RECORD_PART(link, "link", "contact_link", "url", LINK_FIELDS, .check = check_link);

/* ---- facts ---- */

static const char SELECT_REFERENCE[] =
	"SELECT 1 FROM contact_fact WHERE kind = ?1 AND reference = ?2 AND id <> ?3";

/* An invoice that is sent twice counts once. */
static int
check_fact(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	const struct record_value *reference = &record->values[at_fact_reference];
	const char *kind = record->values[at_fact_kind].text;
	struct stmt *q;
	bool taken;

	(void)arena, (void)before;
	if (!reference->given)
		return 0;
	q = sql_prepare(store, SELECT_REFERENCE);
	stmt_bind_text(q, kind);
	stmt_bind_text(q, reference->text);
	stmt_bind_int(q, record->id);
	if (sql_get_int(q, NULL, &taken, err) < 0)
		return -1;
	return !taken ? 0
		      : fail_field(err, ERR_CONFLICT, "reference",
				"the fact '%s' of '%s' is there already", kind, reference->text);
}

RECORD_PART(fact, "fact", "contact_fact", "kind", FACT_FIELDS, .check = check_fact);

/* ---- consents ---- */

static int
check_consent(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	struct record_value *basis = &record->values[at_consent_basis];
	const struct record_value *date = &record->values[at_consent_date];
	const struct record_value *withdrawn = &record->values[at_consent_withdrawn];

	(void)store, (void)arena, (void)before;
	if (!basis->given)
		*basis = (struct record_value){ true, 0, "consent" };
	if (withdrawn->given && withdrawn->number < date->number)
		return fail_field(err, ERR_USAGE, "withdrawn",
			"the consent '%s' was not given yet on the day it is withdrawn",
			record->values[at_consent_purpose].text);
	return 0;
}

RECORD_PART(
	consent, "consent", "contact_consent", "purpose", CONSENT_FIELDS, .check = check_consent);

static const char SELECT_HOLDS[] =
	"SELECT 1 FROM contact_consent WHERE contact = ?1 AND (?2 IS NULL OR purpose = ?2)"
	" AND date <= ?3 AND (withdrawn IS NULL OR withdrawn > ?3) LIMIT 1";

int
consent_holds(struct store *store, int64_t contact, const char *purpose, int64_t day, bool *holds,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_HOLDS);

	stmt_bind_int(q, contact);
	stmt_bind_text(q, purpose);
	stmt_bind_int(q, day);
	return sql_get_int(q, NULL, holds, err);
}

static const char SELECT_OPEN[] =
	"SELECT id FROM contact_consent WHERE contact = ?1 AND purpose = ?2 AND withdrawn IS NULL"
	" ORDER BY date DESC, id DESC LIMIT 1";

int
consent_find_open(
	struct store *store, int64_t contact, const char *purpose, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_OPEN);
	bool found;

	stmt_bind_int(q, contact);
	stmt_bind_text(q, purpose);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	if (!found)
		return fail_field(err, ERR_NOT_FOUND, "purpose",
			"the contact has no consent '%.20s' that could be withdrawn", purpose);
	return 0;
}
