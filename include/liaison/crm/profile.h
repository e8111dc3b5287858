#ifndef LIAISON_CRM_PROFILE_H
#define LIAISON_CRM_PROFILE_H

#include "liaison/crm/questionnaire.h"

/* The answers that a contact bears, those that people gave and those it was classified by. */

extern const struct query_noun profile_query;

/* Gives the answers of one question on that day; of a question without multiple it is one, which
 * replaces the former. take_back: takes them away instead.
 * ERR_REFUSED: a minor, blocked for privacy, not whom the questionnaire is for, or classified by itself;
 * ERR_NOT_FOUND: one to take back is not there. */
int profile_answer(struct store *store, struct arena *arena, int64_t contact,
	const struct record *question, const int64_t *answers, unsigned count, bool take_back,
	int64_t day, struct err *err);
/* The answers to the question become these, each of its day, whatever was there. ERR_REFUSED as above. */
int profile_set(struct store *store, struct arena *arena, int64_t contact,
	const struct record *question, const int64_t *answers, const int64_t *days, unsigned count,
	struct err *err);
/* For the journal: {contact, questionnaire, question, answers: [text], days: [UTC seconds]}. */
int profile_write_given(struct store *store, int64_t contact, const struct record *question,
	struct json_out *out, struct err *err);
/* The questions that people answered for the contact. */
int profile_questions(struct store *store, struct arena *arena, int64_t contact,
	int64_t **questions, unsigned *count, struct err *err);
/* What the contact answers to it, as {questionnaire, question, answers: [text]}, one object. */
int profile_write_question(struct store *store, int64_t contact, const struct record *question,
	struct json_out *out, struct err *err);
/* Those that are not hidden, ordered by priority; name as in json_array_begin. */
int profile_write(struct store *store, int64_t contact, const char *name, struct json_out *out,
	struct err *err);
/* One of them, by the id that profile_query gives. */
int profile_write_item(struct store *store, int64_t id, struct json_out *out, struct err *err);

#endif
