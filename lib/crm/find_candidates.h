#ifndef LIAISON_CRM_FIND_CANDIDATES_H
#define LIAISON_CRM_FIND_CANDIDATES_H

#include "find_judge.h"

/* Contacts that one word of what is looked for may mean. */
struct find_candidates {
	int64_t *ids;
	unsigned count, max;
	unsigned judged; /* of the first ones nothing new is to be learned */
	bool more; /* there are others */
};

struct find_look {
	struct store *store;
	struct arena *arena;
	const struct find_query *query;
};

/* Adds what has the word or one that begins with it, contains it, is a typing mistake away. */
typedef int find_fn(const struct find_look *look, const struct find_word *word,
	struct find_candidates *to, struct err *err);
find_fn find_beginning, find_containing, find_mistaken;
/* Runs a bound statement of ids. */
int find_collect(struct find_candidates *to, struct stmt *q, struct err *err);

#endif
