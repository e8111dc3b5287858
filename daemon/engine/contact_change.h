#ifndef LIAISON_ENGINE_CONTACT_CHANGE_H
#define LIAISON_ENGINE_CONTACT_CHANGE_H

#include "command.h"
#include "liaison/crm/contact.h"

/* A change of a contact on its way: what it was and what it becomes, and the journal's entry, which is
 * two objects of the fields that differ. */

struct change {
	struct contact before, after;
	struct text old_text, new_text;
	struct json_out old_fields, new_fields;
	bool back; /* it is taken back: links to interactions go by entries of their own */
};

/* Both are the contact as it is; more may be written into the objects until it is stored. */
int change_begin(struct call *call, int64_t id, struct change *change, struct err *err);
void change_clear(struct change *change);
/* Stores after. Links that a first company is given are journaled before, as "contact-past". */
int change_store(struct call *call, struct change *change, struct err *err);
/* Ends the objects with the fields that differ, and journals them. */
int change_journal(struct call *call, struct change *change, struct err *err);
/* The persons of a company that was changed follow it, each with an entry of its own; those who came to
 * be after since, which may be TIME_MIN. */
int change_heirs(struct call *call, const struct change *company, int64_t since, struct err *err);

/* The same in as many transactions as it takes; what is kept of it is in call_keep_arena. */
struct heirs {
	struct contact before; /* the company */
	struct contact tried; /* what a dry run made of it, which the next transaction has not */
	int64_t *persons;
	size_t count, next;
	int64_t noted; /* the journal's entry by which a start goes on with it; 0: none */
};
/* Before the company is changed. */
int
heirs_note(struct call *call, const struct contact *company, struct heirs *out, struct err *err);
/* When it was, in the same transaction. */
int heirs_changed(struct call *call, struct heirs *heirs, struct err *err);
/* As many as a transaction takes; next is count when all did. */
int heirs_follow(struct call *call, struct heirs *heirs, struct err *err);
/* Before a transaction ends without heirs_follow: those who have not followed yet will. */
int heirs_settle(struct call *call, struct heirs *heirs, struct err *err);

/* Two that are two, or, separate false, may be one: journaled for both. */
int change_separate(struct call *call, int64_t id, int64_t other, bool separate, struct err *err);

/* Adds the company of a person, which has a name, with what it would hand on to the person; journaled. */
int add_company_of(
	struct call *call, const struct contact *person, struct contact *company, struct err *err);

/* The addresses, canonical or as typed, become those given, the first one primary. What was is written as
 * "email" and "domain" by change_lists. */
int change_emails(
	struct call *call, int64_t id, const char *const *emails, unsigned count, struct err *err);
int change_domains(
	struct call *call, int64_t id, const char *const *domains, unsigned count, struct err *err);
/* What of the three the contact has, as members of an open object. */
enum { CHANGE_EMAILS = 1, CHANGE_DOMAINS = 2, CHANGE_FIELDS = 4 };
int
change_lists(struct call *call, int64_t id, unsigned which, struct json_out *out, struct err *err);
/* Adds one, and matches the past by it. */
int give_email(struct call *call, int64_t id, const char *typed, struct err *err);
/* ERR_CONFLICT: that one of the addresses which the call gives is an earlier one again. */
int refuse_email_twice(struct call *call, unsigned place, struct err *err);
int give_domain(struct call *call, int64_t id, const char *typed, struct err *err);

#endif
