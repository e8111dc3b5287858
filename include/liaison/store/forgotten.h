#ifndef LIAISON_STORE_FORGOTTEN_H
#define LIAISON_STORE_FORGOTTEN_H

#include "liaison/store/sql.h"

/* Who is forgotten: keyed digests (HMAC-SHA256) of addresses, in a file beside the database, so that an older
 * backup of that brings nobody back. liaison.db has "forgotten" and "forgotten.key"; any other name.db has
 * "name.db.forgotten" and "name.db.forgotten.key". Each write makes the file anew, and is on the disk when it
 * returns. A database in memory has none. One thread a store, as all of it. */

struct forgotten {
	int64_t since, receipt;
	bool mark; /* it stands for a contact, not for an address */
	bool redact; /* words of what others share went too, and go again when they come back */
	char digest
		[65]; /* in hexadecimal digits; its first twelve stand for it where people read */
};

/* Reads the list; a store that did not has an empty one. ERR_STORAGE: it is damaged, others can read its key, or
 * there is none for it: whoever goes on would bring people back. */
int forgotten_load(struct store *store, struct err *err);
/* The canonical address, or what it is without its tag, is forgotten; *out may be NULL. */
bool forgotten_find(const struct store *store, const char *address, struct forgotten *out);
bool forgotten_any(const struct store *store);
/* Adds those that are not there; those that are become redact if as is. as: but for its digest. */
int forgotten_add(struct store *store, const char *const *addresses, unsigned count,
	const struct forgotten *as, struct err *err);
/* The very address, and marks that came with it; *was false: it was not forgotten. */
int forgotten_remove(struct store *store, const char *address, bool *was, struct err *err);
/* Another after each change of the list: what it was applied to knows. "": it is empty. */
const char *forgotten_stamp(const struct store *store);
int64_t forgotten_count(const struct store *store);

#endif
