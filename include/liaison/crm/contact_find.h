#ifndef LIAISON_CRM_CONTACT_FIND_H
#define LIAISON_CRM_CONTACT_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/store/sql.h"
#include "liaison/wire/json.h"

/* Contacts by free text: as in Business Central (reference 1.3), over more fields, and bounded. */

/* From the sure to the vague. */
enum find_how { FIND_EXACT, FIND_WORD, FIND_PREFIX, FIND_SUBSTRING, FIND_FUZZY };

/* Which field a word of the text was found in, and how. */
struct contact_why {
	const char *word, *field; /* word: as it was looked for */
	enum find_how how;
};

struct contact_hit {
	int64_t id;
	unsigned rank; /* the lower the better */
	int64_t active; /* the last interaction; 0: none */
	const struct contact_why *why;
	unsigned why_count;
};

struct contact_finding {
	struct contact_hit *hits; /* arena */
	unsigned count;
	const char *cut; /* what was not looked at, in words; NULL: nothing */
};

/* The best limit hits, those of one rank by what happened with them last. ERR_USAGE: there is nothing in
 * text. */
int contact_find(struct store *store, struct arena *arena, const char *text, unsigned limit,
	struct contact_finding *out, struct err *err);
/* An array of {word, field, how} named why. */
void contact_why_write(const struct contact_hit *hit, struct json_out *out);

/* Derives anew what some of the contacts that were noted for it are found by, in the open transaction;
 * *more: others wait. */
int contact_index_turn(struct store *store, bool *more, struct err *err);
/* *wrong: what is looked in is not what the contact says. One that was noted is not looked at. */
int contact_index_check(struct store *store, int64_t id, bool *wrong, struct err *err);

#endif
