#ifndef LIAISON_CRM_CONTACT_PART_H
#define LIAISON_CRM_CONTACT_PART_H

#include "liaison/crm/record.h"

/* What belongs to a contact and is a row of fields: relations to outside records, links, facts,
 * consents. */

#define RELATION_KINDS "customer|vendor|bank|employee|other"
#define CONSENT_BASES \
	"consent|contract|legal-obligation|vital-interest|public-task|legitimate-interest"

#define CONTACT_FIELD_(F, N) \
	F(N, contact, CONTACT, RECORD_REQUIRED | RECORD_FIXED, 0, NULL, \
		"a number, an address or a name")

#define RELATION_FIELDS(F, N) \
	CONTACT_FIELD_(F, N) \
	F(N, code, CODE, RECORD_KEY, 20, NULL, "code of the business relation") \
	F(N, no, TEXT, RECORD_POSITIONAL, 50, NULL, "number of the record outside") \
	F(N, kind, ENUM, 0, 0, RELATION_KINDS, \
		"what the record outside is; else as setup says of the code")

#define LINK_FIELDS(F, N) \
	CONTACT_FIELD_(F, N) \
	F(N, url, TEXT, RECORD_KEY, 1000, NULL, "the address, https://… or another scheme") \
	F(N, description, TEXT, RECORD_POSITIONAL, 250, NULL, "what is there")

#define FACT_FIELDS(F, N) \
	CONTACT_FIELD_(F, N) \
	F(N, kind, CODE, RECORD_KEY, 20, NULL, "what it counts, such as SALES") \
	F(N, amount, MONEY, RECORD_REQUIRED, 0, NULL, "the amount") \
	F(N, date, DATE, 0, 0, NULL, "the day; else today") \
	F(N, reference, TEXT, 0, 100, NULL, \
		"number of the record it comes from; the same kind and number is taken once")

#define CONSENT_FIELDS(F, N) \
	CONTACT_FIELD_(F, N) \
	F(N, purpose, CODE, RECORD_KEY, 20, NULL, "what for, such as NEWS") \
	F(N, basis, ENUM, 0, 0, CONSENT_BASES, "on what ground (GDPR article 6); else consent") \
	F(N, source, TEXT, 0, 250, NULL, "where it was given") \
	F(N, date, DATE, 0, 0, NULL, "when; else today") \
	F(N, withdrawn, DATE, 0, 0, NULL, "when it was taken back")

#define ADDRESS_FIELDS(F, N) \
	CONTACT_FIELD_(F, N) \
	F(N, code, CODE, RECORD_KEY, 20, NULL, "code of the address, such as SUMMER") \
	F(N, name, TEXT, 0, 250, NULL, "the name on it") \
	F(N, name_2, TEXT, 0, 100, NULL, "second line of the name") \
	F(N, street, TEXT, 0, 250, NULL, "street and number") \
	F(N, street_2, TEXT, 0, 250, NULL, "second line of the street") \
	F(N, post_code, TEXT, 0, 20, NULL, "post code") \
	F(N, city, TEXT, 0, 100, NULL, "city") \
	F(N, county, TEXT, 0, 100, NULL, "county, state or province") \
	F(N, country, CODE, 0, 3, NULL, "code of the country") \
	F(N, phone, TEXT, 0, 40, NULL, "phone there") \
	F(N, extension, TEXT, 0, 40, NULL, "extension of that phone") \
	F(N, mobile, TEXT, 0, 40, NULL, "mobile number there") \
	F(N, pager, TEXT, 0, 40, NULL, "pager there") \
	F(N, fax, TEXT, 0, 40, NULL, "fax there") \
	F(N, home_page, TEXT, 0, 1000, NULL, "web address of the place") \
	F(N, email, TEXT, 0, 254, NULL, "address for mail sent there; nothing is matched by it")

RECORD_PLACES(address, ADDRESS_FIELDS);
RECORD_PLACES(relation, RELATION_FIELDS);
RECORD_PLACES(link, LINK_FIELDS);
RECORD_PLACES(fact, FACT_FIELDS);
RECORD_PLACES(consent, CONSENT_FIELDS);

extern const struct record_noun address_noun, relation_noun, link_noun, fact_noun, consent_noun;
extern const struct query_noun address_query, relation_query, link_query, fact_query, consent_query;

/* From that day to the other, or for ever when until is NULL, the address may be the one in force; the
 * range that begins last wins (reference 1.3). One that begins that day is replaced. */
int address_range_add(
	struct store *store, int64_t address, int64_t from, const int64_t *until, struct err *err);
/* The one in force on a day; *id 0: the contact's own. */
int
address_in_force(struct store *store, int64_t contact, int64_t day, int64_t *id, struct err *err);
/* Whether a consent of that purpose, or of any when NULL, holds on a day. */
int consent_holds(struct store *store, int64_t contact, const char *purpose, int64_t day,
	bool *holds, struct err *err);

/* The newest of that purpose which is not withdrawn. ERR_NOT_FOUND. */
int consent_find_open(
	struct store *store, int64_t contact, const char *purpose, int64_t *id, struct err *err);

#endif
