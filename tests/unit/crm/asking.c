#include "asking.h"

/* ---- asking ---- */

int64_t
add_record(struct desk *desk, const struct record_noun *noun, const struct record_value *values)
{
	struct record *record = record_new(desk->arena, noun);

	for (unsigned i = 0; i < noun->count; i++) {
		if (values[i].given)
			record->values[i] = values[i];
	}
	assert_ok(record_add(desk->store, desk->arena, record, &desk->err));
	return record->id;
}

struct record_value
word(const char *text)
{
	return (struct record_value){ text != NULL, 0, text };
}

struct record_value
number(int64_t value)
{
	return (struct record_value){ true, value, NULL };
}

void
add_questionnaire(struct desk *desk, const char *code, const char *type, const char *relation)
{
	struct record_value values[questionnaire_count] = { [at_questionnaire_code] = word(code),
		[at_questionnaire_contact_type] = word(type),
		[at_questionnaire_relation] = word(relation) };

	add_record(desk, &questionnaire_noun, values);
}

int64_t
add_question(struct desk *desk, struct question question)
{
	const char *questionnaire = question.questionnaire != NULL ? question.questionnaire
								   : "TEST";
	struct record_value values[question_count] = { [at_question_questionnaire] = word(
							       questionnaire),
		[at_question_question] = word(question.text),
		[at_question_source] = word(question.source),
		[at_question_fact] = word(question.fact),
		[at_question_start] = word(question.start),
		[at_question_end] = word(question.end),
		[at_question_method] = word(question.method),
		[at_question_sorting] = word(question.sorting) };

	if (question.source != NULL)
		values[at_question_decimals] = number(question.decimals);
	if (question.min_answered != 0)
		values[at_question_min_answered] = number(question.min_answered);
	return add_record(desk, &question_noun, values);
}

int64_t
add_band(struct desk *desk, const char *question, const char *answer, int from, int to)
{
	struct record_value values[answer_count] = { [at_answer_questionnaire] = word("TEST"),
		[at_answer_question] = word(question),
		[at_answer_answer] = word(answer) };

	if (from != OPEN)
		values[at_answer_from] = number((int64_t)from * 1000);
	if (to != OPEN)
		values[at_answer_to] = number((int64_t)to * 1000);
	return add_record(desk, &answer_noun, values);
}

/* ---- what happens to contacts ---- */

int64_t
happen(struct desk *desk, int64_t contact, const char *status, int64_t at, int64_t cost,
	int64_t minutes)
{
	struct interaction interaction = { .kind = "call",
		.status = status,
		.direction = "none",
		.initiated_by = "none",
		.at = at,
		.cost = cost,
		.duration_min = minutes };
	struct interaction_link link = { .contact_id = contact,
		.role = "participant",
		.via = "manual",
		.company_id = get_contact(desk, contact).company_id };

	assert_ok(interaction_add(desk->store, &interaction, &link, 1, NULL, NOW, &desk->err));
	return interaction.id;
}

int64_t
add_fact(struct desk *desk, int64_t contact, int64_t amount, int64_t day)
{
	struct record_value values[fact_count] = { [at_fact_contact] = number(contact),
		[at_fact_kind] = word("SALES"),
		[at_fact_amount] = number(amount),
		[at_fact_date] = number(day) };

	return add_record(desk, &fact_noun, values);
}

/* ---- answering ---- */

void
answer(struct desk *desk, int64_t contact, int64_t question, int64_t answer_id, int64_t day)
{
	struct record *record;

	assert_ok(record_get(
		desk->store, desk->arena, &question_noun, question, &record, &desk->err));
	assert_ok(profile_answer(
		desk->store, desk->arena, contact, record, &answer_id, 1, false, day, &desk->err));
}

void
rate(struct desk *desk, int64_t rating, int64_t answer_id, int points)
{
	struct record *question, *rated;

	assert_ok(record_get(
		desk->store, desk->arena, &question_noun, rating, &question, &desk->err));
	assert_ok(
		record_get(desk->store, desk->arena, &answer_noun, answer_id, &rated, &desk->err));
	assert_ok(rating_set(desk->store, question, rated, (int64_t)points * 1000, &desk->err));
}

/* ---- classifying ---- */

void
classify_on(struct desk *desk, int64_t now)
{
	bool more = true;

	for (unsigned turns = 0; more; turns++) {
		assert_ok(classify_turn(desk->store, NULL, now, 3, 0, &more, &desk->err));
		if (turns > 20000)
			fail_msg("it never ends");
	}
}

void
classify(struct desk *desk)
{
	classify_on(desk, NOW);
}

static const char SELECT_ANSWERS[] =
	"SELECT group_concat(answer, ',') FROM (SELECT a.answer FROM contact_answer t"
	" JOIN answer a ON a.id = t.answer_id WHERE t.contact_id = ?1"
	" AND (?2 IS NULL OR a.question = ?2) ORDER BY a.question, a.place)";

const char *
answers_of(struct desk *desk, int64_t contact, const char *question)
{
	struct stmt *q = sql_prepare(desk->store, SELECT_ANSWERS);
	const char *answers = NULL;

	stmt_bind_int(q, contact);
	stmt_bind_text(q, question);
	if (stmt_row(q))
		answers = stmt_text_copy(q, desk->arena);
	assert_ok(stmt_end(q, &desk->err));
	return answers == NULL ? "" : answers;
}

void
assert_answers(struct desk *desk, int64_t contact, const char *wanted)
{
	const char *answers = answers_of(desk, contact, NULL);

	if (strcmp(answers, wanted) != 0)
		fail_msg(
			"contact %lld answers '%s', not '%s'", (long long)contact, answers, wanted);
}

int64_t
value_of(struct desk *desk, int64_t question, int64_t contact)
{
	struct stmt *q = sql_prepare(desk->store,
		"SELECT value FROM classify_value WHERE question_id = ?1 AND contact_id = ?2");
	int64_t value = -1;
	bool found;

	stmt_bind_int(q, question);
	stmt_bind_int(q, contact);
	assert_ok(sql_get_int(q, &value, &found, &desk->err));
	return found ? value : -1;
}

int
open_with_test(void **state)
{
	int result = desk_open(state);

	add_questionnaire(*state, "TEST", NULL, NULL);
	return result;
}
