#include "liaison/crm/questionnaire.h"

#include <string.h>

#include "liaison/base/formula.h"
#include "liaison/base/text.h"
#include "liaison/crm/code.h"
#include "record_noun.h"

static void
set_default(struct record_value *value, const char *text)
{
	if (!value->given)
		*value = (struct record_value){ true, 0, text };
}

/* The records of the ids that the statement gives, as an array. */
static int
write_records(struct store *store, struct stmt *q, const struct record_noun *noun, const char *name,
	struct json_out *out, struct err *err)
{
	struct arena *arena = arena_new();
	struct err inner = { 0 };
	int result = 0;

	json_array_begin(out, name);
	while (result == 0 && stmt_row(q)) {
		struct record *record;

		result = record_get(store, arena, noun, stmt_int(q), &record, &inner);
		if (result == 0)
			result = record_write(store, record, out, &inner);
	}
	json_array_end(out);
	arena_free(arena);
	if (stmt_end(q, err) < 0)
		return -1;
	if (result < 0)
		*err = inner;
	return result;
}

/* ---- questionnaires ---- */

static int
check_questionnaire(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	struct record_value *relation = &record->values[at_questionnaire_relation];

	(void)before;
	set_default(&record->values[at_questionnaire_priority], "normal");
	if (!relation->given)
		return 0;
	return code_settle(store, arena, "business-relation", "relation", &relation->text, err);
}

static const char SELECT_QUESTION_IDS[] =
	"SELECT id FROM question WHERE questionnaire = ? ORDER BY place, id";

static int
write_questions(
	struct store *store, const struct record *record, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_QUESTION_IDS);

	stmt_bind_text(q, record->values[at_questionnaire_code].text);
	return write_records(store, q, &question_noun, "questions", out, err);
}

RECORD_NOUN(questionnaire, "questionnaire", "code", QUESTIONNAIRE_FIELDS,
	.check = check_questionnaire, .write_more = write_questions);

/* ---- questions ---- */

static bool
starts(const struct record_value *value, const char *prefix)
{
	return value->given && text_starts(value->text, prefix);
}

static bool
is(const struct record_value *value, const char *word)
{
	return value->given && strcmp(value->text, word) == 0;
}

static int
not_of(const struct record *question, enum question_place place, const char *what, struct err *err)
{
	const char *name = question_noun.fields[place].name;

	if (!question->values[place].given)
		return 0;
	return fail_field(err, ERR_USAGE, name, "'%s' is for %s", name, what);
}

static int
check_manual(const struct record *question, struct err *err)
{
	static const enum question_place PLACES[] = { at_question_fact, at_question_start,
		at_question_end, at_question_method, at_question_sorting, at_question_decimals,
		at_question_min_answered };

	for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
		if (not_of(question, PLACES[i], "questions with a source", err) < 0)
			return -1;
	}
	return 0;
}

static int
check_fact(const struct record *question, struct err *err)
{
	const struct record_value *source = &question->values[at_question_source];

	if (!starts(source, "fact-"))
		return not_of(question, at_question_fact, "sources of facts", err);
	if (question->values[at_question_fact].given)
		return 0;
	return fail_field(err, ERR_USAGE, "fact",
		"the source '%s' needs the kind of the facts, such as SALES", source->text);
}

static int
check_rating(const struct record *question, struct err *err)
{
	const struct record_value *method = &question->values[at_question_method];

	if (!is(&question->values[at_question_source], "rating"))
		return not_of(question, at_question_min_answered, "ratings", err);
	if (!is(method, "defined-value"))
		return fail_field(err, ERR_USAGE, "method",
			"the method '%s' is not for ratings, whose points are a defined-value",
			method->text);
	return not_of(question, at_question_start, "sources that know days", err) < 0
		       ? -1
		       : not_of(question, at_question_end, "sources that know days", err);
}

static int
check_source(struct record *question, struct err *err)
{
	struct record_value *values = question->values;
	const struct record_value *source = &values[at_question_source];
	bool is_defined;

	set_default(&values[at_question_method], "defined-value");
	if (!values[at_question_decimals].given)
		values[at_question_decimals] = (struct record_value){ .given = true };
	is_defined = is(&values[at_question_method], "defined-value");
	if (is(source, "opportunity-won"))
		return fail_field(err, ERR_REFUSED, "source",
			"the source 'opportunity-won' needs opportunities, which are not kept yet");
	if (is_defined && not_of(question, at_question_sorting, "percentages", err) < 0)
		return -1;
	if (!is_defined)
		set_default(&values[at_question_sorting], "descending");
	if (strstr(source->text, "-frequency") != NULL && !values[at_question_start].given)
		return fail_field(err, ERR_USAGE, "start",
			"the source '%s' needs a start, such as -1Y", source->text);
	return check_fact(question, err) < 0 ? -1 : check_rating(question, err);
}

static const char LAST_QUESTION[] =
	"SELECT coalesce(max(place), 0) FROM question WHERE questionnaire = ?1";
static const char MOVE_QUESTIONS[] =
	"UPDATE question SET place = place + 1 WHERE questionnaire = ?1 AND place >= ?2"
	" AND id <> ?3 AND EXISTS (SELECT 1 FROM question WHERE questionnaire = ?1"
	" AND place = ?2 AND id <> ?3)";

/* The place that was asked for, from which others move on; else behind the last. */
static int
settle_place(struct stmt *last, struct record_value *place, struct err *err)
{
	int64_t highest = 0;

	if (sql_get_int(last, &highest, NULL, err) < 0)
		return -1;
	if (!place->given || place->number == 0)
		*place = (struct record_value){ true, highest + 1, NULL };
	return 0;
}

static int
place_question(
	struct store *store, struct record *record, const struct record *before, struct err *err)
{
	struct record_value *place = &record->values[at_question_place];
	const char *questionnaire = record->values[at_question_questionnaire].text;
	struct stmt *q;

	if (before != NULL && place->given &&
		place->number == before->values[at_question_place].number)
		return 0;
	q = sql_prepare(store, LAST_QUESTION);
	stmt_bind_text(q, questionnaire);
	if (settle_place(q, place, err) < 0)
		return -1;
	q = sql_prepare(store, MOVE_QUESTIONS);
	stmt_bind_text(q, questionnaire);
	stmt_bind_int(q, place->number);
	stmt_bind_int(q, record->id);
	return stmt_run(q, err);
}

static int
check_question(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	const struct record_value *source = &record->values[at_question_source];

	(void)arena;
	if (before != NULL && !text_same(source->text, before->values[at_question_source].text))
		return fail_field(err, ERR_REFUSED, "source",
			"the source of the question '%s' stays as it is",
			record->values[at_question_question].text);
	if ((source->given ? check_source(record, err) : check_manual(record, err)) < 0)
		return -1;
	return place_question(store, record, before, err);
}

static const char SELECT_ANSWER_IDS[] =
	"SELECT id FROM answer WHERE questionnaire = ?1 AND question = ?2 ORDER BY place, id";

static int
write_answers(
	struct store *store, const struct record *record, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ANSWER_IDS);

	stmt_bind_text(q, record->values[at_question_questionnaire].text);
	stmt_bind_text(q, record->values[at_question_question].text);
	return write_records(store, q, &answer_noun, "answers", out, err);
}

static const char SELECT_RATINGS[] =
	"SELECT a.questionnaire, a.question, a.answer, r.points FROM rating r"
	" JOIN answer a ON a.id = r.answer_id JOIN question q ON"
	" q.questionnaire = a.questionnaire AND q.question = a.question"
	" WHERE r.question_id = ? ORDER BY a.questionnaire, q.place, a.place, a.id";

static int
write_ratings(struct store *store, int64_t question, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_RATINGS);

	stmt_bind_int(q, question);
	json_array_begin(out, "ratings");
	while (stmt_row(q)) {
		json_object_begin(out, NULL);
		json_text(out, "questionnaire", stmt_text(q));
		json_text(out, "question", stmt_text(q));
		json_text(out, "answer", stmt_text(q));
		json_double(out, "points", (double)stmt_int(q) / 1000000);
		json_object_end(out);
	}
	json_array_end(out);
	return stmt_end(q, err);
}

static int
write_question(
	struct store *store, const struct record *record, struct json_out *out, struct err *err)
{
	return write_answers(store, record, out, err) < 0
		       ? -1
		       : write_ratings(store, record->id, out, err);
}

RECORD_NOUN(question, "question", "question", QUESTION_FIELDS, .check = check_question,
	.write_more = write_question);

static int
apply(const struct record *question, unsigned at, int64_t day, int64_t *out, struct err *err)
{
	const char *words = question->values[at].text;
	struct formula parsed;

	if (formula_parse(words, &parsed, err) < 0)
		return -1;
	if (formula_apply(&parsed, day, out, err) == 0)
		return 0;
	return fail_field(err, ERR_USAGE, question->noun->fields[at].name,
		"'%.60s' leads out of the years 1900 to 2999", words);
}

int
question_check_window(const struct record *question, int64_t day, struct err *err)
{
	const struct record_value *start = &question->values[at_question_start];
	const struct record_value *end = &question->values[at_question_end];
	int64_t first, last = day;

	if (end->given && apply(question, at_question_end, day, &last, err) < 0)
		return -1;
	if (!start->given)
		return 0;
	if (apply(question, at_question_start, day, &first, err) < 0)
		return -1;
	if (first > last)
		return fail_field(err, ERR_USAGE, "end",
			"the window from '%s' to '%s' ends before it begins", start->text,
			end->given ? end->text : "today");
	return 0;
}

/* ---- answers ---- */

static const char LAST_ANSWER[] = "SELECT coalesce(max(place), 0) FROM answer"
				  " WHERE questionnaire = ?1 AND question = ?2";
static const char MOVE_ANSWERS[] =
	"UPDATE answer SET place = place + 1 WHERE questionnaire = ?1 AND question = ?2"
	" AND place >= ?3 AND id <> ?4 AND EXISTS (SELECT 1 FROM answer"
	" WHERE questionnaire = ?1 AND question = ?2 AND place = ?3 AND id <> ?4)";

static int
place_answer(
	struct store *store, struct record *record, const struct record *before, struct err *err)
{
	struct record_value *place = &record->values[at_answer_place];
	struct stmt *q;

	if (before != NULL && place->given &&
		place->number == before->values[at_answer_place].number)
		return 0;
	q = sql_prepare(store, LAST_ANSWER);
	stmt_bind_text(q, record->values[at_answer_questionnaire].text);
	stmt_bind_text(q, record->values[at_answer_question].text);
	if (settle_place(q, place, err) < 0)
		return -1;
	q = sql_prepare(store, MOVE_ANSWERS);
	stmt_bind_text(q, record->values[at_answer_questionnaire].text);
	stmt_bind_text(q, record->values[at_answer_question].text);
	stmt_bind_int(q, place->number);
	stmt_bind_int(q, record->id);
	return stmt_run(q, err);
}

static const char SELECT_SOURCE[] =
	"SELECT source IS NOT NULL FROM question WHERE questionnaire = ?1 AND question = ?2";

static int
check_bounds(struct store *store, const struct record *record, struct err *err)
{
	const struct record_value *from = &record->values[at_answer_from];
	const struct record_value *to = &record->values[at_answer_to];
	struct stmt *q;
	int64_t has_source = 0;

	if (!from->given && !to->given)
		return 0;
	if (from->given && to->given && from->number > to->number)
		return fail_field(err, ERR_USAGE, "to", "the answer '%s' ends before it begins",
			record->values[at_answer_answer].text);
	q = sql_prepare(store, SELECT_SOURCE);
	stmt_bind_text(q, record->values[at_answer_questionnaire].text);
	stmt_bind_text(q, record->values[at_answer_question].text);
	if (sql_get_int(q, &has_source, NULL, err) < 0)
		return -1;
	if (has_source)
		return 0;
	return fail_field(err, ERR_USAGE, from->given ? "from" : "to",
		"'%s' is for answers of questions with a source", from->given ? "from" : "to");
}

static int
check_answer(struct store *store, struct arena *arena, struct record *record,
	const struct record *before, struct err *err)
{
	(void)arena;
	set_default(&record->values[at_answer_priority], "normal");
	return check_bounds(store, record, err) < 0 ? -1 : place_answer(store, record, before, err);
}

static const char COUNT_CONTACTS[] = "SELECT count(*) FROM contact_answer WHERE answer_id = ?";

static int
write_count(struct store *store, const struct record *record, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_CONTACTS);
	int64_t count = 0;

	stmt_bind_int(q, record->id);
	if (sql_get_int(q, &count, NULL, err) < 0)
		return -1;
	json_int(out, "contacts", count);
	return 0;
}

RECORD_NOUN(answer, "answer", "answer", ANSWER_FIELDS, .check = check_answer,
	.write_more = write_count);
