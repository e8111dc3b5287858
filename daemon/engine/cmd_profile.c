#include <string.h>

#include "cmd_questionnaire.h"
#include "contact_removal.h"
#include "liaison/base/text.h"
#include "liaison/crm/profile.h"
#include "record.h"

/* What contacts answer to questionnaires, and are classified by. */

static int
find_answers(struct call *call, const struct record *question, int64_t **out, unsigned *count,
	struct err *err)
{
	unsigned given = call_count(call, "answer");
	int64_t *ids = arena_array(call->arena, given + 1, sizeof *ids);

	for (unsigned i = 0; i < given; i++) {
		if (answer_find(call->store, call->arena, question, call_text_at(call, "answer", i),
			    &ids[i], err) < 0)
			return -1;
	}
	*out = ids;
	*count = given;
	return 0;
}

static int
run_contact_answer(struct call *call, struct err *err)
{
	const char *before, *after;
	struct record *question;
	int64_t contact, *answers;
	unsigned count;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		call_question(call, &question, err) < 0 ||
		find_answers(call, question, &answers, &count, err) < 0 ||
		answers_text(call, contact, question, &before, err) < 0 ||
		profile_answer(call->store, call->arena, contact, question, answers, count,
			call_flag(call, "remove"), call_today(call), err) < 0 ||
		answers_text(call, contact, question, &after, err) < 0)
		return -1;
	if (strcmp(before, after) != 0 &&
		call_journal_of(call, contact, "profile", question->id, before, after, err) < 0)
		return -1;
	return profile_write_question(call->store, contact, question, call->out, err);
}

static int
answer_profile(struct call *call, int64_t id, struct err *err)
{
	return profile_write_item(call->store, id, call->out, err);
}

static int
run_profile(struct call *call, struct err *err)
{
	struct query_list list;
	int64_t contact;

	if (call_contact(call, "contact", false, &contact, err) < 0 ||
		call_list(call, &profile_query,
			query_fixed(call->arena, "t.contact_id = ?", contact), &list, err) < 0)
		return -1;
	return call_answer_list(call, &list, answer_profile, err);
}

/* ---- the table ---- */

#define CONTACT_PARAM \
	{ \
		"contact", PARAM_CONTACT, PARAM_REQUIRED, "a number, an address or a name", NULL, \
			NULL \
	}
static const struct param contact_answer_params[] = {
	CONTACT_PARAM,
	QUESTION_PARAM,
	{ "answer", PARAM_TEXT, PARAM_REQUIRED | PARAM_REPEATS,
		"the answers: each its text, the begin of it, or its place", NULL, NULL },
	{ "remove", PARAM_FLAG, 0, "takes them back", NULL, NULL },
	{ 0 },
};
static const struct param profile_params[] = { CONTACT_PARAM, { 0 } };

static const char COLUMNS[] = "questionnaire,question,answer,priority,updated,source";

const struct command profile_commands[] = {
	{ .name = "contact.answer",
		.summary = "note what a contact answers to a question",
		.params = contact_answer_params,
		.run = run_contact_answer,
		.access = ACCESS_WRITES,
		.columns = "questionnaire,question,answers" },
	{ .name = "contact.profile",
		.summary = "list all that a contact answers or is classified by",
		.params = profile_params,
		.run = run_profile,
		.access = ACCESS_READS,
		.traits = COMMAND_LIST,
		.key = "id",
		.columns = COLUMNS,
		.view = VIEW_TABLE },
	{ 0 },
};
