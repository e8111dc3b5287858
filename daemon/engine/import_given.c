#include "import.h"

#include <string.h>

#include "cmd_questionnaire.h"
#include "contact_removal.h"
#include "liaison/base/text.h"
#include "liaison/crm/profile.h"

/* What a row has of answers to questionnaires: "LEADS|question=How warm?|answer=hot|day=2026-02-03". */

static int
find_question(
	struct call *call, const struct list_element *element, struct record **out, struct err *err)
{
	const char *words = list_attribute(element, "question");
	int64_t id;

	if (words == NULL || list_attribute(element, "answer") == NULL)
		return fail_field(err, ERR_USAGE, "answers",
			"an answer is QUESTIONNAIRE|question=TEXT|answer=TEXT");
	if (question_find(call->store, call->arena, element->key, words, &id, err) < 0)
		return -1;
	return record_get(call->store, call->arena, &question_noun, id, out, err);
}

static int
day_of(struct call *call, const struct list_element *element, int64_t *day, struct err *err)
{
	const char *text = list_attribute(element, "day");
	struct civil civil;

	if (text == NULL) {
		*day = call_today(call);
		return 0;
	}
	if (date_parse(text, &civil) < 0 || !civil_valid(&civil))
		return fail_field(err, ERR_USAGE, "answers", "'%.60s' is no day", text);
	*day = civil_to_time(&civil);
	return 0;
}

int
import_given(struct call *call, int64_t contact, const struct list_element *element, bool *added,
	struct err *err)
{
	struct record *question;
	const char *before, *after;
	int64_t answer, day = 0;

	*added = false;
	if (find_question(call, element, &question, err) < 0 ||
		answer_find(call->store, call->arena, question, list_attribute(element, "answer"),
			&answer, err) < 0 ||
		day_of(call, element, &day, err) < 0 ||
		answers_text(call, contact, question, &before, err) < 0 ||
		profile_answer(call->store, call->arena, contact, question, &answer, 1, false, day,
			err) < 0 ||
		answers_text(call, contact, question, &after, err) < 0)
		return -1;
	if (strcmp(before, after) == 0)
		return 0;
	*added = true;
	return call_journal_of(call, contact, "profile", question->id, before, after, err);
}
