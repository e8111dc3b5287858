#include <string.h>

#include "cmd_questionnaire.h"
#include "record.h"

/* Questionnaires, their questions and the answers there are. */

/* ---- naming them ---- */

int
call_questionnaire(struct call *call, const char *param, struct record **out, struct err *err)
{
	const char *code = call_text(call, param);
	int64_t id;

	if (code == NULL)
		return fail_field(err, ERR_USAGE, param, "'%s' must name a questionnaire", param);
	if (record_find(call->store, call->arena, &questionnaire_noun, code, &id, err) < 0)
		return -1;
	return record_get(call->store, call->arena, &questionnaire_noun, id, out, err);
}

static int
no_word(const char *param, struct err *err)
{
	return fail_field(err, ERR_USAGE, param, "'%s' must name one", param);
}

int
call_question_of(struct call *call, const char *questionnaire, const char *param,
	struct record **out, struct err *err)
{
	const char *words = call_text(call, param);
	int64_t id;

	if (words == NULL)
		return no_word(param, err);
	if (question_find(call->store, call->arena, questionnaire, words, &id, err) < 0)
		return -1;
	return record_get(call->store, call->arena, &question_noun, id, out, err);
}

int
call_question(struct call *call, struct record **out, struct err *err)
{
	struct record *questionnaire;

	if (call_questionnaire(call, "questionnaire", &questionnaire, err) < 0)
		return -1;
	return call_question_of(call, record_key(questionnaire), "question", out, err);
}

int
call_answer_of(struct call *call, const struct record *question, const char *words,
	struct record **out, struct err *err)
{
	int64_t id;

	if (words == NULL)
		return no_word("answer", err);
	if (answer_find(call->store, call->arena, question, words, &id, err) < 0)
		return -1;
	return record_get(call->store, call->arena, &answer_noun, id, out, err);
}

static int
call_answer(struct call *call, struct record **out, struct err *err)
{
	struct record *question;

	if (call_question(call, &question, err) < 0)
		return -1;
	return call_answer_of(call, question, call_text(call, "answer"), out, err);
}

int
answer_record_of(struct call *call, const struct record_noun *noun, int64_t id, struct err *err)
{
	struct record *record;

	if (record_get(call->store, call->arena, noun, id, &record, err) < 0)
		return -1;
	return record_write(call->store, record, call->out, err);
}

static struct record_value
text_value(const char *text)
{
	return (struct record_value){ text != NULL, 0, text };
}

/* ---- questions ---- */

int64_t
call_today(const struct call *call)
{
	enum { DAY = 86400 };
	int64_t local = call->now +
			(call->zone != NULL ? (int64_t)zone_offset(call->zone, call->now) * 60 : 0);

	return local - local % DAY;
}

static int
run_question(struct call *call, struct err *err)
{
	struct record *record = record_new(call->arena, &question_noun), *questionnaire;

	if (call_questionnaire(call, "questionnaire", &questionnaire, err) < 0 ||
		call_read_record(call, record, err) < 0)
		return -1;
	record->values[at_question_questionnaire] = text_value(record_key(questionnaire));
	if (call_add_record(call, record, err) < 0 ||
		question_check_window(record, call_today(call), err) < 0)
		return -1;
	return answer_record_of(call, &question_noun, record->id, err);
}

/* Its names are what it was found by; text is another. */
static int
run_edit_question(struct call *call, struct err *err)
{
	struct record *before, *after;

	if (call_question(call, &before, err) < 0)
		return -1;
	after = record_copy(call->arena, before);
	if (call_if_version(call, before->noun->name, before->id, before->version, err) < 0 ||
		call_read_record(call, after, err) < 0)
		return -1;
	after->values[at_question_questionnaire] = before->values[at_question_questionnaire];
	after->values[at_question_question] = before->values[at_question_question];
	if (call_given(call, "text"))
		after->values[at_question_question] = text_value(call_text(call, "text"));
	if (call_edit_record(call, after, before, err) < 0 ||
		question_check_window(after, call_today(call), err) < 0)
		return -1;
	return answer_record_of(call, &question_noun, before->id, err);
}

static int
run_remove_question(struct call *call, struct err *err)
{
	struct record *record;

	if (call_question(call, &record, err) < 0 ||
		record_write(call->store, record, call->out, err) < 0)
		return -1;
	return call_remove_record(call, record, err);
}

/* ---- answers ---- */

static int
run_answer(struct call *call, struct err *err)
{
	struct record *record = record_new(call->arena, &answer_noun), *question;

	if (call_question(call, &question, err) < 0 || call_read_record(call, record, err) < 0)
		return -1;
	record->values[at_answer_questionnaire] = question->values[at_question_questionnaire];
	record->values[at_answer_question] = question->values[at_question_question];
	if (call_add_record(call, record, err) < 0)
		return -1;
	return answer_record_of(call, &answer_noun, record->id, err);
}

static int
run_edit_answer(struct call *call, struct err *err)
{
	struct record *before, *after;

	if (call_answer(call, &before, err) < 0)
		return -1;
	after = record_copy(call->arena, before);
	if (call_if_version(call, before->noun->name, before->id, before->version, err) < 0 ||
		call_read_record(call, after, err) < 0)
		return -1;
	for (int i = at_answer_questionnaire; i <= at_answer_answer; i++)
		after->values[i] = before->values[i];
	if (call_given(call, "text"))
		after->values[at_answer_answer] = text_value(call_text(call, "text"));
	if (call_edit_record(call, after, before, err) < 0)
		return -1;
	return answer_record_of(call, &answer_noun, before->id, err);
}

static int
run_remove_answer(struct call *call, struct err *err)
{
	struct record *record;

	if (call_answer(call, &record, err) < 0 ||
		record_write(call->store, record, call->out, err) < 0)
		return -1;
	return call_remove_record(call, record, err);
}

/* ---- the table ---- */

RECORD_PARAMS(questionnaire, QUESTIONNAIRE_FIELDS, "code of the questionnaire");

static const struct param question_params[] = { QUESTION_FIELDS(RECORD_PARAM_ADD_, question){ 0 } };
static const struct param answer_params[] = { ANSWER_FIELDS(RECORD_PARAM_ADD_, answer){ 0 } };

/* The fields that name it come first, and are required; a new text has a name of its own. */
#define EDIT_PARAMS \
	{ "text", PARAM_TEXT, 0, "another text in place of it", NULL, NULL }, \
	{ \
		"if_version", PARAM_INTEGER, 0, "refuse when the record has another version", \
			NULL, NULL \
	}
static const struct param edit_question_params[] = {
	QUESTION_FIELDS(RECORD_PARAM_ADD_, question) EDIT_PARAMS, { 0 }
};
static const struct param edit_answer_params[] = {
	ANSWER_FIELDS(RECORD_PARAM_ADD_, answer) EDIT_PARAMS, { 0 }
};

static const struct param one_question_params[] = { QUESTION_PARAM, { 0 } };
static const struct param one_answer_params[] = { QUESTION_PARAM, ANSWER_PARAM, { 0 } };
static const char COLUMNS[] = "code,description,contact_type,relation,priority";
static const char QUESTION_COLUMNS[] = "questionnaire,question,place,multiple,source,method";
static const char ANSWER_COLUMNS[] = "question,answer,place,priority,from,to,contacts";

const struct command questionnaire_commands[] = {
	{ .name = "questionnaire.add",
		.summary = "add a questionnaire",
		.params = questionnaire_add_params,
		.run = run_record_add,
		.access = ACCESS_WRITES,
		.record = &questionnaire_noun,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "questionnaire.show",
		.summary = "show a questionnaire with its questions, answers and ratings",
		.params = questionnaire_one_params,
		.run = run_record_show,
		.access = ACCESS_READS,
		.record = &questionnaire_noun,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "questionnaire.list",
		.summary = "list questionnaires",
		.run = run_record_list,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.record = &questionnaire_noun,
		.key = "code",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ .name = "questionnaire.edit",
		.summary = "change a questionnaire",
		.params = questionnaire_edit_params,
		.run = run_record_edit,
		.access = ACCESS_WRITES,
		.traits = COMMAND_NOUN_EDIT,
		.record = &questionnaire_noun,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "questionnaire.remove",
		.summary = "remove a questionnaire with all that contacts answered to it",
		.params = questionnaire_one_params,
		.run = run_record_remove,
		.access = ACCESS_WRITES,
		.traits = COMMAND_CONFIRM,
		.record = &questionnaire_noun,
		.key = "code",
		.columns = COLUMNS },
	{ .name = "questionnaire.question",
		.summary = "add a question that people answer, or that classifies contacts",
		.params = question_params,
		.run = run_question,
		.access = ACCESS_WRITES,
		.record = &question_noun,
		.key = "question",
		.columns = QUESTION_COLUMNS },
	{ .name = "questionnaire.edit-question",
		.summary = "change a question",
		.params = edit_question_params,
		.run = run_edit_question,
		.access = ACCESS_WRITES,
		.record = &question_noun,
		.key = "question",
		.columns = QUESTION_COLUMNS },
	{ .name = "questionnaire.remove-question",
		.summary = "remove a question with all that contacts answered to it",
		.params = one_question_params,
		.run = run_remove_question,
		.access = ACCESS_WRITES,
		.traits = COMMAND_CONFIRM,
		.record = &question_noun,
		.key = "question",
		.columns = QUESTION_COLUMNS },
	{ .name = "questionnaire.answer",
		.summary = "add an answer that a question may have",
		.params = answer_params,
		.run = run_answer,
		.access = ACCESS_WRITES,
		.record = &answer_noun,
		.key = "answer",
		.columns = ANSWER_COLUMNS },
	{ .name = "questionnaire.edit-answer",
		.summary = "change an answer",
		.params = edit_answer_params,
		.run = run_edit_answer,
		.access = ACCESS_WRITES,
		.record = &answer_noun,
		.key = "answer",
		.columns = ANSWER_COLUMNS },
	{ .name = "questionnaire.remove-answer",
		.summary = "remove an answer, also from the contacts that gave it",
		.params = one_answer_params,
		.run = run_remove_answer,
		.access = ACCESS_WRITES,
		.traits = COMMAND_CONFIRM,
		.record = &answer_noun,
		.key = "answer",
		.columns = ANSWER_COLUMNS },
	{ 0 },
};
