#ifndef LIAISON_CRM_SALESPERSON_H
#define LIAISON_CRM_SALESPERSON_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/crm/record.h"

/* Who of us looks after contacts (reference 1.5), and which local user is who. */

#define SALESPERSON_FIELDS(F, N) \
	F(N, code, CODE, RECORD_KEY, 20, NULL, "code of the salesperson") \
	F(N, name, TEXT, RECORD_POSITIONAL, 100, NULL, "the salesperson's name") \
	F(N, job_title, TEXT, 0, 100, NULL, "what they do") \
	F(N, phone, TEXT, 0, 30, NULL, "phone number") \
	F(N, commission, PERCENT, 0, 0, NULL, "their share of what they sell, in percent") \
	F(N, user, TEXT, 0, 39, NULL, "login name on this machine, who sees what is theirs") \
	F(N, privacy_blocked, FLAG, 0, 0, NULL, "theirs is not to be used any more") \
	F(N, blocked, FLAG, 0, 0, NULL, "is nobody any more: neither `me` nor an owner")

RECORD_PLACES(salesperson, SALESPERSON_FIELDS);
/* ERR_USAGE: a reserved code, a user that is no name; ERR_CONFLICT: the code or the user is taken. The
 * record has emails [{email, from, until}] besides. */
extern const struct record_noun salesperson_noun;
extern const struct query_noun salesperson_query;

struct salesperson_email {
	const char *email; /* as typed */
	bool has_from, has_until;
	int64_t from, until;
};

/* In arena, in the order they were given. */
int salesperson_emails(struct store *store, struct arena *arena, int64_t id,
	struct salesperson_email **out, unsigned *count, struct err *err);
/* Those of all, blocked or not, as canonical addresses in the order of their bytes. */
int salesperson_addresses(struct store *store, struct arena *arena, struct salesperson_email **out,
	unsigned *count, struct err *err);
/* These and no others. ERR_USAGE: no address, or a time that ends before it begins; ERR_CONFLICT: one
 * is given twice. */
int salesperson_set_emails(struct store *store, struct arena *arena, int64_t id,
	const struct salesperson_email *emails, unsigned count, struct err *err);
/* As the member emails. */
int
salesperson_emails_write(struct store *store, int64_t id, struct json_out *out, struct err *err);
/* The other way round: they become what such a member says. */
int salesperson_emails_restore(struct store *store, struct arena *arena, int64_t id,
	const json_t *emails, struct err *err);
/* The code, in arena, of the one who is not blocked and is that local user; NULL: none is. */
int salesperson_of_user(struct store *store, struct arena *arena, const char *user,
	const char **code, struct err *err);
/* One that a record is to be given: with unknown-codes = refuse one that is not there is ERR_NOT_FOUND of
 * field. *code may be NULL. */
int salesperson_settle(struct store *store, struct arena *arena, const char *field,
	const char **code, struct err *err);
/* Whether there is such a salesperson and it is blocked. */
int salesperson_is_blocked(struct store *store, const char *code, bool *blocked, struct err *err);
/* The code, in arena, of whose the canonical address was at that time; NULL: nobody's. */
int salesperson_of_address(struct store *store, struct arena *arena, const char *address,
	int64_t at, const char **code, struct err *err);

#endif
