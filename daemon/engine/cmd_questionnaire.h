#ifndef LIAISON_ENGINE_CMD_QUESTIONNAIRE_H
#define LIAISON_ENGINE_CMD_QUESTIONNAIRE_H

#include "cmd_record.h"
#include "liaison/crm/questionnaire.h"

/* How commands name questionnaires, questions and answers. */

/* The questionnaire that a parameter names. */
int call_questionnaire(struct call *call, const char *param, struct record **out, struct err *err);
/* The question that a parameter names, of the questionnaire with that code. */
int call_question_of(struct call *call, const char *questionnaire, const char *param,
	struct record **out, struct err *err);
/* The question that the parameters questionnaire and question name. */
int call_question(struct call *call, struct record **out, struct err *err);
/* The answer of the question that words name. */
int call_answer_of(struct call *call, const struct record *question, const char *words,
	struct record **out, struct err *err);
/* The day it is for the caller. */
int64_t call_today(const struct call *call);
/* The record as the answer. */
int
answer_record_of(struct call *call, const struct record_noun *noun, int64_t id, struct err *err);

#define QUESTION_PARAM \
	{ "questionnaire", PARAM_CODE, PARAM_REQUIRED, "code of the questionnaire", NULL, NULL }, \
	{ \
		"question", PARAM_TEXT, PARAM_REQUIRED, \
			"the question: its text, the begin of it, or its place", NULL, NULL \
	}
#define ANSWER_PARAM \
	{ \
		"answer", PARAM_TEXT, PARAM_REQUIRED, \
			"the answer: its text, the begin of it, or its place", NULL, NULL \
	}

#endif
