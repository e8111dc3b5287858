#ifndef LIAISON_CRM_DUPLICATE_H
#define LIAISON_CRM_DUPLICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/query/query.h"
#include "liaison/store/sql.h"
#include "liaison/wire/json.h"

/* Contacts that may be one. What a contact is compared by is kept beside it: its name without accents
 * and legal forms, phones as digits, addresses, domains, the street, and Business Central's strings
 * (reference 2.11). Contacts that share one of its keys are compared with it; a key that more than 100
 * share says nothing. The score is the larger of Business Central's, the strings that are equal in
 * percent of all, and ours, what agrees in percent of what both fill. Persons are compared with persons,
 * and only where their names are alike or they share a mail address; two companies that own one domain
 * and two that share a mail address score 60 at least. */

/* Pairs that score duplicate-hit or more, as of the last comparison of each contact. */
extern const struct query_noun duplicate_noun;

/* Pairs that somebody separated. */
extern const struct query_noun separate_noun;

struct duplicate_hit {
	int64_t contact;
	unsigned score; /* percent */
	unsigned reasons; /* see duplicate_reasons_write */
};

/* Makes anew what the contact is compared by, in the open transaction; of one that is gone nothing is
 * left. */
int duplicate_index(struct store *store, struct arena *arena, int64_t id, struct err *err);
/* Compares the contact, as it was last indexed, and stores the pairs. The best first; those that
 * somebody separated are left out. */
int duplicate_check(struct store *store, struct arena *arena, int64_t id,
	struct duplicate_hit **out, unsigned *count, struct err *err);
/* The same for contact.add and contact.edit; nothing when setup's duplicate-search is off. */
int duplicate_check_live(struct store *store, struct arena *arena, int64_t id,
	struct duplicate_hit **out, unsigned *count, struct err *err);

/* What a search over all contacts knows from one of its turns to the next; some 7 MB. */
struct duplicate_search;
struct duplicate_search *duplicate_search_new(void);
void duplicate_search_free(struct duplicate_search *search);
/* Compares some of the contacts that have not been compared since they or setup changed, for about as
 * long as others may wait. *left: contacts that are still to be looked at, more or less; 0: all was.
 * search: or NULL. */
int duplicate_turn(struct store *store, struct arena *arena, struct duplicate_search *search,
	int64_t *left, struct err *err);

/* They are two, whatever they share; or, withdrawn, may be one. ERR_REFUSED: the same; ERR_NOT_FOUND:
 * nobody separated them. */
int duplicate_separate(
	struct store *store, int64_t contact, int64_t other, bool withdraw, struct err *err);

/* From whom somebody separated the contact. */
int duplicate_separated(struct store *store, struct arena *arena, int64_t contact, int64_t **others,
	unsigned *count, struct err *err);

/* Items of the open array: name, similar-name, email, phone, domain, address, company, strings. */
void duplicate_reasons_write(unsigned reasons, struct json_out *out);
/* {id, version, no, name, other, other_name, type, score, reasons}; seen from contact, unless that is 0. */
int duplicate_write(
	struct store *store, int64_t id, int64_t contact, struct json_out *out, struct err *err);

/* The same of a pair that was separated; its score is null, and there are no reasons. */
int separate_write(
	struct store *store, int64_t id, int64_t contact, struct json_out *out, struct err *err);

/* Setup's duplicate-strings: "name:first:5, city:last:5"; a text field of contacts or email, first or
 * last, 2 to 10 letters; at most 40. Gives it the form it is stored in. ERR_USAGE. */
int duplicate_strings_check(struct arena *arena, const char **value, struct err *err);
extern const char DUPLICATE_STRINGS[]; /* the default: Business Central's */

#endif
