#ifndef LIAISON_CRM_SALESPERSON_H
#define LIAISON_CRM_SALESPERSON_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/query/query.h"
#include "liaison/store/sql.h"
#include "liaison/wire/json.h"

/* Who of us looks after contacts (reference 1.5), and which local user is who. */

struct salesperson {
	int64_t id, version;
	const char *code; /* upper case */
	const char *name; /* or NULL */
	const char *user; /* login name on this machine, or NULL */
	bool blocked; /* is nobody any more: neither `me` nor an owner */
};

struct salesperson_email {
	const char *email; /* as typed */
	bool has_from, has_until;
	int64_t from, until;
};

extern const struct query_noun salesperson_noun;

/* Stores it; sets id and version. ERR_USAGE: a reserved code, a name or user that cannot be one;
 * ERR_CONFLICT: the code or the user is taken. */
int salesperson_add(struct store *store, struct arena *arena, struct salesperson *salesperson,
	int64_t now, struct err *err);
/* Fills out, its texts in arena. ERR_NOT_FOUND. */
int salesperson_get(struct store *store, struct arena *arena, const char *code,
	struct salesperson *out, struct err *err);
/* Stores the fields of that id as the next version. */
int salesperson_update(struct store *store, struct arena *arena, struct salesperson *salesperson,
	int64_t now, struct err *err);
/* In arena, in the order they were given. */
int salesperson_emails(struct store *store, struct arena *arena, int64_t id,
	struct salesperson_email **out, unsigned *count, struct err *err);
/* These and no others. ERR_USAGE: no address, or a time that ends before it begins; ERR_CONFLICT: one
 * is given twice. */
int salesperson_set_emails(struct store *store, struct arena *arena, int64_t id,
	const struct salesperson_email *emails, unsigned count, struct err *err);
/* {id, version, code, name, user, blocked, emails [{email, from, until}]} */
int salesperson_write(struct store *store, int64_t id, struct json_out *out, struct err *err);
/* The emails of that as member name. */
int salesperson_emails_write(
	struct store *store, int64_t id, const char *name, struct json_out *out, struct err *err);
/* The code, in arena, of the one who is not blocked and is that local user; NULL: none is. */
int salesperson_of_user(struct store *store, struct arena *arena, const char *user,
	const char **code, struct err *err);
/* Whether there is such a salesperson and it is blocked. */
int salesperson_is_blocked(struct store *store, const char *code, bool *blocked, struct err *err);
/* The code, in arena, of whose the canonical address was at that time; NULL: nobody's. */
int salesperson_of_address(struct store *store, struct arena *arena, const char *address,
	int64_t at, const char **code, struct err *err);

#endif
