#ifndef LIAISON_CRM_QUESTIONNAIRE_H
#define LIAISON_CRM_QUESTIONNAIRE_H

#include "liaison/crm/record.h"

/* Questions about contacts and the answers there are. A question without a source is answered by people
 * (crm/profile.h); one with a source classifies contacts by itself (crm/classify.h). */

#define QUESTIONNAIRE_PRIORITIES "very-low|low|normal|high|very-high"
#define QUESTION_SOURCES \
	"interaction-quantity|interaction-frequency|interaction-cost|interaction-duration|" \
	"opportunity-won|fact-sum|fact-count|fact-frequency|fact-average|rating"
#define QUESTION_METHODS "defined-value|percent-of-value|percent-of-contacts|cumulative-value"

#define QUESTIONNAIRE_FIELDS(F, N) \
	F(N, code, CODE, RECORD_KEY, 20, NULL, "code of the questionnaire") \
	F(N, description, TEXT, RECORD_POSITIONAL, 250, NULL, "what it is about") \
	F(N, contact_type, ENUM, 0, 0, "company|person", "whom it is for; else both") \
	F(N, relation, CODE, 0, 20, NULL, \
		"business relation that a contact, or its company, must have") \
	F(N, priority, ENUM, 0, 0, QUESTIONNAIRE_PRIORITIES, \
		"orders answers of the same priority; else normal")

#define QUESTION_FIELDS(F, N) \
	F(N, questionnaire, CODE, RECORD_REQUIRED | RECORD_FIXED, 20, NULL, \
		"code of the questionnaire") \
	F(N, question, TEXT, RECORD_KEY, 250, NULL, "what is asked") \
	F(N, place, INTEGER, 0, 10000, NULL, "its place among the questions; else the last") \
	F(N, multiple, FLAG, 0, 0, NULL, "a contact may have several of its answers") \
	F(N, source, ENUM, RECORD_FIXED, 0, QUESTION_SOURCES, \
		"what classifies contacts; else people answer") \
	F(N, fact, CODE, 0, 20, NULL, "kind of the facts, such as SALES") \
	F(N, start, FORMULA, 0, 0, NULL, "first day that counts, from today; else from ever") \
	F(N, end, FORMULA, 0, 0, NULL, "last day that counts, from today; else today") \
	F(N, method, ENUM, 0, 0, QUESTION_METHODS, \
		"what the bounds of the answers are about; else defined-value") \
	F(N, sorting, ENUM, 0, 0, "descending|ascending", \
		"who is first in percent-of-contacts and cumulative-value; else descending") \
	F(N, decimals, INTEGER, 0, 6, NULL, "places that are rounded to; else 0") \
	F(N, min_answered, PERCENT, 0, 0, NULL, \
		"of a rating: share of its questions that must be answered")

#define ANSWER_FIELDS(F, N) \
	F(N, questionnaire, CODE, RECORD_REQUIRED | RECORD_FIXED, 20, NULL, \
		"code of the questionnaire") \
	F(N, question, TEXT, RECORD_REQUIRED | RECORD_FIXED, 250, NULL, \
		"the question: its text, the begin of it, or its place") \
	F(N, answer, TEXT, RECORD_KEY, 250, NULL, "the answer") \
	F(N, place, INTEGER, 0, 10000, NULL, "its place among the answers; else the last") \
	F(N, priority, ENUM, 0, 0, QUESTIONNAIRE_PRIORITIES, \
		"orders the profile, which leaves out very-low; else normal") \
	F(N, from, DECIMAL, 0, 0, NULL, "from that value on; else from any") \
	F(N, to, DECIMAL, 0, 0, NULL, "up to that value; else to any")

RECORD_PLACES(questionnaire, QUESTIONNAIRE_FIELDS);
RECORD_PLACES(question, QUESTION_FIELDS);
RECORD_PLACES(answer, ANSWER_FIELDS);

extern const struct record_noun questionnaire_noun, question_noun, answer_noun;
extern const struct query_noun questionnaire_query, question_query, answer_query;

/* Which is meant: the whole text in any case, else the place, else how one text alone begins. Texts are
 * as stored. ERR_NOT_FOUND lists what there is, ERR_AMBIGUOUS. */
int question_find(struct store *store, struct arena *arena, const char *questionnaire,
	const char *words, int64_t *id, struct err *err);
int answer_find(struct store *store, struct arena *arena, const struct record *question,
	const char *words, int64_t *id, struct err *err);

/* ERR_USAGE: on that day the question's window ends before it begins. */
int question_check_window(const struct record *question, int64_t day, struct err *err);

/* What an answer adds to the rating, in millionths; replaces what it added. ERR_REFUSED: the question is
 * no rating, or the answer's would count itself. */
int rating_set(struct store *store, const struct record *question, const struct record *answer,
	int64_t points, struct err *err);
/* ERR_NOT_FOUND. */
int rating_remove(struct store *store, const struct record *question, const struct record *answer,
	struct err *err);

#endif
