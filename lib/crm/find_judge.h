#ifndef LIAISON_CRM_FIND_JUDGE_H
#define LIAISON_CRM_FIND_JUDGE_H

#include "find_word.h"

/* What somebody looks for, and how well a contact is it. */

/* The order of the hits; within one rank by what each word weighs. */
enum find_tier {
	TIER_NUMBER,
	TIER_ADDRESS,
	TIER_NAME,
	TIER_PREFIX,
	TIER_WORDS,
	TIER_SUBSTRING,
	TIER_FUZZY,
	TIER_NONE
};
enum { FIND_RANKS_A_TIER = 1000 };

struct find_query {
	const char *text; /* trimmed; long ones cut */
	const char *folded, *plain; /* plain: its words, a blank between them */
	struct find_words words; /* at most FIND_WORDS_MAX */
	const char *digits; /* of a text of digits: as of a phone number; else NULL */
	bool is_cut; /* there was more of it */
};

struct find_verdict {
	unsigned rank, count;
	struct contact_why why[FIND_WORDS_MAX];
};

void find_query_read(struct arena *arena, const char *text, struct find_query *out);
/* Whether all words stand in the entry, none worse than worst, and how well. */
bool find_judge(const struct find_query *query, const char *entry, enum find_how worst,
	struct find_verdict *out);
/* For what was found by a look-up of the whole text. */
void find_note(struct find_verdict *out, enum find_tier tier, const char *text, const char *field,
	enum find_how how);

#endif
