#ifndef LIAISON_TESTS_CRM_ASKING_H
#define LIAISON_TESTS_CRM_ASKING_H

#include "desk.h"

#include "liaison/crm/classify.h"
#include "liaison/crm/contact_part.h"
#include "liaison/crm/profile.h"

/* Questions with a source on a desk, and what they make of contacts. NOW is Friday, 2027-01-15, 08:00
 * UTC. */

enum { DAY = 86400, TODAY = NOW - NOW % DAY };

int64_t
add_record(struct desk *desk, const struct record_noun *noun, const struct record_value *values);
struct record_value word(const char *text);
struct record_value number(int64_t value);

void add_questionnaire(struct desk *desk, const char *code, const char *type, const char *relation);

/* Of the questionnaire TEST, unless another is named. */
struct question {
	const char *questionnaire, *text, *source, *fact, *start, *end, *method, *sorting;
	int decimals;
	int min_answered;
};
int64_t add_question(struct desk *desk, struct question question);
/* An answer of TEST; bounds in thousandths. */
enum { OPEN = INT32_MIN }; /* no bound */
int64_t add_band(struct desk *desk, const char *question, const char *answer, int from, int to);

int64_t happen(struct desk *desk, int64_t contact, const char *status, int64_t at, int64_t cost,
	int64_t minutes);
int64_t add_fact(struct desk *desk, int64_t contact, int64_t amount, int64_t day);
/* By hand. */
void answer(struct desk *desk, int64_t contact, int64_t question, int64_t answer_id, int64_t day);
void rate(struct desk *desk, int64_t rating, int64_t answer_id, int points); /* in thousandths */

/* All that is to be done. */
void classify_on(struct desk *desk, int64_t now);
void classify(struct desk *desk);
/* "A,B"; question NULL: to all. */
const char *answers_of(struct desk *desk, int64_t contact, const char *question);
void assert_answers(struct desk *desk, int64_t contact, const char *wanted);
int64_t value_of(struct desk *desk, int64_t question, int64_t contact); /* -1: none */

/* A desk with the questionnaire TEST. */
int open_with_test(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_with_test, desk_close)

#endif
