#ifndef LIAISON_CAPTURE_FORGET_H
#define LIAISON_CAPTURE_FORGET_H

#include "liaison/capture/capture.h"

/* Erasing a person: everything that is held of a contact, or of an address that is nobody's. An erasure is noted
 * first, then its addresses go to the list of the forgotten (store/forgotten.h), then it is done step by step,
 * each slice a transaction; whatever ends it between is gone on with at the next start. */

struct forget_person {
	int64_t contact; /* 0: a bare address */
	const char *no; /* of the contact, or NULL */
	const char *address; /* canonical, of a bare one; or NULL */
};

/* Reads a number or a whole address. ERR_NOT_FOUND: no contact has the number. */
int forget_find(struct store *store, struct arena *arena, const char *words,
	struct forget_person *out, struct err *err);
/* ERR_REFUSED: it is one of us, or a rule or a saved list names it. */
int forget_check(struct store *store, struct capture *capture, struct arena *arena,
	const struct forget_person *person, struct err *err);
/* What would go, as members of an open object. */
int forget_count(struct store *store, struct arena *arena, const struct forget_person *person,
	struct json_out *out, struct err *err);

/* Notes it, in the open transaction; *id: of the receipt. backups: JSON, or NULL. */
int forget_begin(struct store *store, struct arena *arena, const struct forget_person *person,
	const char *user, bool redact, const char *backups, int64_t now, int64_t *id,
	struct err *err);
/* One slice of it, outside of a transaction. *held: something that reads the database keeps its log from being
 * cleared; trying again later goes on. *done: nothing of the person is left. */
int forget_slice(struct store *store, struct capture *capture, struct arena *arena, int64_t id,
	int64_t now, bool *held, bool *done, struct err *err);
/* The receipt, as members of an open object. */
int forget_write(struct store *store, int64_t id, struct json_out *out, struct err *err);

/* At a start: goes on with what is not done, and erases of whom is forgotten what an older database brought
 * back. *erased: how many. Loads the list. */
int forget_settle(struct store *store, const struct config *config, int64_t now, unsigned *erased,
	struct err *err);

#endif
