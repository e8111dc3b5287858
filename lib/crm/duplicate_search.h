#ifndef LIAISON_CRM_DUPLICATE_SEARCH_H
#define LIAISON_CRM_DUPLICATE_SEARCH_H

#include "duplicate_side.h"
#include "liaison/store/sql.h"

/* What a search over all contacts knows already. */

/* Before the comparisons of a turn: what has changed is forgotten. */
void duplicate_search_begin(struct duplicate_search *search, const struct store *store);

/* Contacts that are still to be looked at, more or less; 0: nobody counted them. */
int64_t *duplicate_search_left(struct duplicate_search *search);

/* Keys that too many share. */
bool duplicate_search_is_full(const struct duplicate_search *search, int64_t key);
void duplicate_search_note_full(struct duplicate_search *search, int64_t key);

/* The contact was read; whether it was, and what is known rules out that it is side. */
void duplicate_search_learn(
	struct duplicate_search *search, int64_t contact, const struct duplicate_side *side);
bool duplicate_search_excludes(
	const struct duplicate_search *search, const struct duplicate_side *side, int64_t contact);

#endif
