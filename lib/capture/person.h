#ifndef CAPTURE_PERSON_H
#define CAPTURE_PERSON_H

#include "inside.h"
#include "liaison/capture/candidate.h"

/* Who behind an address may be a person that is not one of us. */

/* The address as the source at hand folds it; known_find's key from then on. */
struct known *person_find(struct turn *turn, const char *address);
/* Neither ours nor a colleague's, and no machine's by its local part. */
bool person_is_stranger(struct turn *turn, struct known *known);
/* "no-reply@…" and its like: data/robots.txt. */
bool address_is_robot(const char *address);
/* Sets the company of candidate: the one that alone has its domain, never by a free-mail domain. */
int candidate_guess_company(
	struct store *store, struct arena *arena, struct candidate *candidate, struct err *err);
/* A digest of all that person_find and person_is_stranger go by. */
int64_t person_digest(const struct config *config);

#endif
