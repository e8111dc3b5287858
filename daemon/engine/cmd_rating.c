#include <string.h>

#include "cmd_questionnaire.h"
#include "liaison/base/text.h"
#include "liaison/crm/classify.h"

/* What answers add to ratings; classifying all contacts anew. */

/* ---- ratings ---- */

/* The record of a question as text in the arena, for the journal. */
static int
record_text(struct call *call, const struct record_noun *noun, int64_t id, const char **out,
	struct err *err)
{
	struct record *record;
	struct json_doc doc;

	if (record_get(call->store, call->arena, noun, id, &record, err) < 0)
		return -1;
	json_doc_begin(&doc);
	return json_doc_end(
		&doc, call->arena, record_write(call->store, record, &doc.out, err), out);
}

/* The rating, and the answer of which it is said what it adds: of another questionnaire when that is
 * given, else of the same. */
static int
call_rating(struct call *call, struct record **rating, struct record **answer, struct err *err)
{
	const char *code;
	struct record *of, *rated;

	if (call_question(call, rating, err) < 0)
		return -1;
	code = (*rating)->values[at_question_questionnaire].text;
	if (call_text(call, "of") != NULL) {
		if (call_questionnaire(call, "of", &of, err) < 0)
			return -1;
		code = record_key(of);
	}
	if (call_question_of(call, code, "rated", &rated, err) < 0)
		return -1;
	return call_answer_of(call, rated, call_text(call, "answer"), answer, err);
}

static int
change_rating(struct call *call, bool add, struct err *err)
{
	struct record *rating, *answer;
	const char *before, *after;
	int64_t points = 0;

	if (call_rating(call, &rating, &answer, err) < 0 ||
		record_text(call, &question_noun, rating->id, &before, err) < 0 ||
		(add && call_decimal(call, "points", &points, err) < 0))
		return -1;
	if ((add ? rating_set(call->store, rating, answer, points, err)
		 : rating_remove(call->store, rating, answer, err)) < 0 ||
		record_text(call, &question_noun, rating->id, &after, err) < 0)
		return -1;
	if (strcmp(before, after) != 0 &&
		call_journal(call, "rating", rating->id, before, after, err) < 0)
		return -1;
	return answer_record_of(call, &question_noun, rating->id, err);
}

static int
run_rate(struct call *call, struct err *err)
{
	return change_rating(call, true, err);
}

static int
run_unrate(struct call *call, struct err *err)
{
	return change_rating(call, false, err);
}

/* ---- classifying ---- */

struct classifying {
	int64_t total;
};

/* All contacts anew, in as many turns as it takes. */
static int
run_classify(struct call *call, struct err *err)
{
	enum { CONTACTS = 100000, MS = 50 };
	struct classifying *kept = call_keep(call, sizeof *kept);
	int64_t waiting;
	bool more;

	if (kept->total == 0 && (classify_begin_again(call->store, err) < 0 ||
					classify_count_waiting(call->store, &kept->total, err) < 0))
		return -1;
	if (classify_turn(call->store, call->own_zone, call->now, CONTACTS, MS, &more, err) < 0 ||
		classify_count_waiting(call->store, &waiting, err) < 0)
		return -1;
	if (more && !call->dry_run) {
		call_continue(call, waiting < kept->total ? kept->total - waiting : 0, kept->total,
			"contacts");
		return 0;
	}
	json_object_begin(call->out, NULL);
	json_int(call->out, "contacts", kept->total - waiting);
	json_object_end(call->out);
	return 0;
}

/* ---- the table ---- */

#define RATED_PARAM \
	{ \
		"rated", PARAM_TEXT, PARAM_REQUIRED, "the question whose answer is rated", NULL, \
			NULL \
	}
#define OF_PARAM \
	{ \
		"of", PARAM_CODE, 0, "questionnaire of the rated question; else the same", NULL, \
			NULL \
	}

static const struct param rate_params[] = {
	QUESTION_PARAM,
	RATED_PARAM,
	ANSWER_PARAM,
	{ "points", PARAM_DECIMAL, PARAM_REQUIRED, "what the answer adds; may be negative", NULL,
		NULL },
	OF_PARAM,
	{ 0 },
};
static const struct param unrate_params[] = { QUESTION_PARAM, RATED_PARAM, ANSWER_PARAM, OF_PARAM,
	{ 0 } };

static const char COLUMNS[] = "questionnaire,question,place,multiple,source,method";

const struct command rating_commands[] = {
	{ .name = "questionnaire.rate",
		.summary = "say what an answer adds to a rating",
		.params = rate_params,
		.run = run_rate,
		.access = ACCESS_WRITES,
		.record = &question_noun,
		.key = "question",
		.columns = COLUMNS },
	{ .name = "questionnaire.unrate",
		.summary = "take an answer out of a rating",
		.params = unrate_params,
		.run = run_unrate,
		.access = ACCESS_WRITES,
		.record = &question_noun,
		.key = "question",
		.columns = COLUMNS },
	{ .name = "questionnaire.classify",
		.summary = "classify all contacts anew",
		.run = run_classify,
		.access = ACCESS_WRITES,
		.columns = "contacts" },
	{ 0 },
};
