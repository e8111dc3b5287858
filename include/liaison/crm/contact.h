#ifndef LIAISON_CRM_CONTACT_H
#define LIAISON_CRM_CONTACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/query/query.h"
#include "liaison/store/sql.h"
#include "liaison/wire/json.h"

/* A person or a company that mail and meetings are matched to. */

struct contact_email {
	int64_t id;
	const char *email; /* as typed */
	const char *address; /* canonical */
	const char *kind;
	bool primary, shared;
	bool removed; /* no longer matched, kept as history */
	bool first; /* to be added to a contact that never had one, which is not looked for */
	bool has_from, has_until;
	int64_t from, until; /* validity, both ends included; see has_ */
	const char *learned_from;
};

/* What people set, by the names of record and columns: texts with their characters at most, flags. */
#define CONTACT_TEXTS(F) \
	F(type, 10) /* "person" or "company" */ \
	F(name, 250) \
	F(name_2, 100) \
	F(first_name, 100) \
	F(middle_name, 100) \
	F(surname, 100) \
	F(initials, 30) \
	F(job_title, 100) \
	F(organizational_level, 20) \
	F(salesperson, 20) \
	F(territory, 20) \
	F(language, 20) \
	F(country, 3) \
	F(format_region, 20) \
	F(street, 250) \
	F(street_2, 250) \
	F(city, 100) \
	F(post_code, 20) \
	F(county, 100) \
	F(phone, 40) \
	F(extension, 40) \
	F(mobile, 40) \
	F(pager, 40) \
	F(fax, 40) \
	F(home_page, 1000) \
	F(correspondence, 20) \
	F(salutation, 20) \
	F(currency, 3) \
	F(vat_no, 30) \
	F(registration_no, 50) \
	F(external_id, 50) \
	F(lead_status, 50) \
	F(lead_source, 50)
/* and whether a command of its own sets it, not add and edit */
#define CONTACT_FLAGS(F) \
	F(privacy_blocked, false) \
	F(minor, false) \
	F(parental_consent, false) \
	F(excluded, false) \
	F(opted_out, true)

#define CONTACT_TEXT_MEMBER_(name, max) const char *name;
#define CONTACT_FLAG_MEMBER_(name, own) bool name;

struct contact {
	int64_t id, version;
	const char *no;
	const char *series; /* asked for by who adds one; NULL: that of setup */
	struct series_roll *numbers; /* of who adds many in one transaction, or NULL */
	CONTACT_TEXTS(CONTACT_TEXT_MEMBER_)
	CONTACT_FLAGS(CONTACT_FLAG_MEMBER_)
	int64_t company_id; /* 0: none */
	int64_t picture_id; /* a file (store/file.h); 0: none. Set by contact_picture_set alone */
	int64_t created, changed;
	int64_t interactions, last_interaction, last_attempt, cost, duration_min;
	int last_interaction_offset, last_attempt_offset;
	bool has_last_interaction, has_last_attempt;
};

extern const struct query_noun contact_noun, contact_email_noun, contact_note_noun;

/* The fields that people set: text and flags of struct contact, by the names of the record. */
enum contact_field_type { CONTACT_TEXT, CONTACT_FLAG };
struct contact_field {
	const char *name;
	enum contact_field_type type;
	size_t offset; /* in struct contact: const char * or bool */
	unsigned max; /* characters of a text */
	bool own_verb; /* set by a command of its own, not by add and edit */
};
extern const struct contact_field contact_fields[]; /* ends with a NULL name */

/* Stores contact (number from the setup's contact series when no is NULL; a person's name composed
 * from or split into its parts, reference 2.8) and sets id, no, version and whatever else it filled.
 * All fields are checked: ERR_USAGE names field, value and rule. ERR_CONFLICT: the number is taken. */
int contact_add(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err);
int contact_get(
	struct store *store, struct arena *arena, int64_t id, struct contact *out, struct err *err);
/* Writes all settable fields of contact back and adds one to version. A person that gets its first
 * company brings its past there; else history keeps the company of its time. ERR_REFUSED: a change of
 * type that Business Central refuses; a minor without consent unblocked. */
int contact_update(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err);
/* The same for what is taken back: no past is brought anywhere. */
int contact_set_back(struct store *store, struct arena *arena, struct contact *contact, int64_t now,
	struct err *err);
/* What a person takes from a company that becomes its own, by the switches of setup (reference 2.8):
 * before is NULL for a new one, after what was asked for. What was asked in so many words stays. */
int contact_follow_company(struct store *store, struct arena *arena, const struct contact *before,
	struct contact *after, struct err *err);
/* The same for a new one whose company was read. */
int contact_follow_new(struct store *store, struct arena *arena, const struct contact *company,
	struct contact *person, struct err *err);
/* What a person of a company that was changed takes over: where it had what the company had. */
int contact_heir(struct store *store, struct arena *arena, const struct contact *before,
	const struct contact *after, struct contact *person, struct err *err);
/* What a company that is made for a person is given, so that it hands it on: where they are, and who
 * looks after them. */
void contact_forebear(const struct contact *person, struct contact *company);
/* Fills what is blank in a new one from setup; mine: the caller's salesperson, or NULL. */
int contact_fill_defaults(struct store *store, struct arena *arena, struct contact *contact,
	const char *mine, struct err *err);
/* After an edit that gave the name, its parts, or both: makes the others follow (persons). */
void contact_settle_name(
	struct arena *arena, struct contact *contact, bool name_given, bool parts_given);
/* Whether a field that people set, or the company, is another. */
bool contact_differs(const struct contact *a, const struct contact *b);
/* The fields in which the two differ, version with them, into two open objects. */
void contact_diff_write(const struct contact *before, const struct contact *after,
	struct json_out *old_fields, struct json_out *new_fields);
/* Adds one to version: something the record shows was changed beside its own row. */
int contact_touch(struct store *store, int64_t id, int64_t now, struct err *err);

/* BC's rules (reference 1.3): a person's interactions go to the company they were had with, else to
 * its own; a company takes its persons with it; interactions stay, if need be without a contact. */
int contact_remove(struct store *store, int64_t id, struct err *err);
/* What a removal would take with it. */
struct contact_removal {
	int64_t persons, emails, interactions;
};
int contact_removal_count(
	struct store *store, int64_t id, struct contact_removal *out, struct err *err);
/* <contact>: a number, an address, or a name (exact wins, else a unique prefix). ERR_NOT_FOUND,
 * ERR_AMBIGUOUS with candidates. */
int contact_resolve(
	struct store *store, struct arena *arena, const char *words, int64_t *id, struct err *err);
/* The same by number or whole address only: for what cannot be undone. */
int contact_resolve_exact(
	struct store *store, struct arena *arena, const char *words, int64_t *id, struct err *err);
/* The spec's contact record as one JSON object. Fast: prepared statements only. */
int contact_write(struct store *store, struct arena *arena, int64_t id, struct json_out *out,
	struct err *err);
/* The same as members of an open object. */
int contact_write_members(struct store *store, int64_t id, struct json_out *out, struct err *err);

/* email.address and email.id are set. The first one of a contact is primary. ERR_CONFLICT: another
 * contact holds it at that time and email does not say shared; or this one does. */
int contact_email_add(struct store *store, struct arena *arena, int64_t contact_id,
	struct contact_email *email, struct err *err);
/* Ends it for matching; history stays. ERR_NOT_FOUND. */
int contact_email_remove(struct store *store, struct arena *arena, int64_t contact_id,
	const char *address, int64_t now, struct err *err);
/* Makes the active address the primary one; NULL: keeps it, or takes the oldest when there is none. */
int
contact_email_choose(struct store *store, int64_t contact_id, const char *address, struct err *err);
int contact_emails(struct store *store, struct arena *arena, int64_t contact_id,
	struct contact_email **out, unsigned *count, struct err *err);
/* domain: any form; a company's only. ERR_CONFLICT: it has that one already. */
int contact_domain_add(struct store *store, struct arena *arena, int64_t contact_id,
	const char *domain, struct err *err);
/* An array of the record's emails; name as in json_array_begin. */
int contact_emails_write(
	struct store *store, int64_t id, const char *name, struct json_out *out, struct err *err);
/* One of them. */
int contact_email_write(struct store *store, int64_t id, struct json_out *out, struct err *err);
int contact_domain_remove(
	struct store *store, int64_t contact_id, const char *canonical, struct err *err);
int contact_domains(struct store *store, struct arena *arena, int64_t contact_id, const char ***out,
	unsigned *count, struct err *err);
int contact_note_add(struct store *store, int64_t contact_id, const char *user, const char *note,
	int64_t now, int64_t *id, struct err *err);
/* Newest first: an array of {id, at, user, note}. */
int contact_note_write(struct store *store, int64_t id, struct json_out *out, struct err *err);

/* Who holds an address at a time: contacts by address, valid then. */
struct contact_holder {
	int64_t contact_id, company_id;
	bool person, shared;
};
int contact_by_address(struct store *store, const char *address, int64_t at,
	struct contact_holder *out, unsigned max, unsigned *count, struct err *err);
/* Companies whose domain it is, the longest suffix match; free-mail domains never match. domain is
 * canonical. */
int contact_by_domain(struct store *store, const char *domain, struct contact_holder *out,
	unsigned max, unsigned *count, struct err *err);

/* Totals: a contact's are those of the interactions linked to it; a company's also of those linked to
 * a person that was its own at the time, each interaction once. Cancelled ones and drafts do not
 * count, planned ones are no last interaction yet, and of two at the same time the larger offset is
 * the last. Recomputes and stores one contact's; *changed tells if they differed. */
int contact_recount(struct store *store, int64_t id, bool *changed, struct err *err);

#endif
