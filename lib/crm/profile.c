#include "liaison/crm/profile.h"

#include <string.h>

#include "liaison/crm/contact.h"

/* ---- lists and conditions; t is the contact's answer, a the answer ---- */

#define RANK(priority) \
	"(CASE " priority " WHEN 'very-high' THEN 4 WHEN 'high' THEN 3 WHEN 'normal' THEN 2" \
	" WHEN 'low' THEN 1 ELSE 0 END)"
#define OF_QUESTION(column) \
	"(SELECT q." column " FROM question q WHERE q.questionnaire = a.questionnaire" \
	" AND q.question = a.question)"

static const struct query_field profile_fields[] = {
	{ "id", QUERY_NUMBER, "t.id", NULL, true },
	{ "questionnaire", QUERY_TEXT, "a.questionnaire COLLATE NOCASE", NULL, true },
	{ "question", QUERY_TEXT, "a.question", NULL, true },
	{ "answer", QUERY_TEXT, "a.answer", NULL, true },
	{ "priority", QUERY_TEXT, "a.priority COLLATE NOCASE", NULL, true },
	{ "rank", QUERY_NUMBER, RANK("a.priority"), NULL, true },
	{ "updated", QUERY_TIME, "t.updated", NULL, true },
	{ "source", QUERY_TEXT, OF_QUESTION("source") " COLLATE NOCASE", NULL, true },
	{ 0 },
};

static const struct query_words profile_words[] = {
	{ "priority", QUESTIONNAIRE_PRIORITIES },
	{ "source", QUESTION_SOURCES },
	{ 0 },
};

const struct query_noun profile_query = {
	.name = "answer",
	.from = "contact_answer t JOIN answer a ON a.id = t.answer_id",
	.id = "t.id",
	.fields = profile_fields,
	.words = profile_words,
	.sort = "-rank,questionnaire,question,id",
};

/* ---- as JSON ---- */

static void
write_item(struct stmt *q, struct json_out *out)
{
	bool manual;

	json_object_begin(out, NULL);
	json_int(out, "id", stmt_int(q));
	json_text(out, "questionnaire", stmt_text(q));
	json_text(out, "question", stmt_text(q));
	json_text(out, "answer", stmt_text(q));
	json_text(out, "priority", stmt_text(q));
	manual = stmt_next_is_null(q);
	json_text(out, "source", manual ? (stmt_text(q), NULL) : stmt_text(q));
	record_write_day(out, "updated", stmt_int(q));
	if (stmt_next_is_null(q))
		json_null_(out, "answered");
	else
		json_double(out, "answered", (double)stmt_int(q) / 100);
	json_object_end(out);
}

#define PROFILE_COLUMNS \
	"SELECT t.id, a.questionnaire, a.question, a.answer, a.priority, q.source, t.updated," \
	" t.answered FROM contact_answer t JOIN answer a ON a.id = t.answer_id" \
	" JOIN question q ON q.questionnaire = a.questionnaire AND q.question = a.question"

static const char SELECT_VISIBLE[] = PROFILE_COLUMNS
	" JOIN questionnaire n ON n.code = a.questionnaire"
	" WHERE t.contact_id = ? AND a.priority <> 'very-low'"
	" ORDER BY " RANK("a.priority") " DESC, " RANK("n.priority") " DESC, n.code, q.place, q.id,"
								     " a.place, a.id";

int
profile_write(struct store *store, int64_t contact, const char *name, struct json_out *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_VISIBLE);

	stmt_bind_int(q, contact);
	json_array_begin(out, name);
	while (stmt_row(q))
		write_item(q, out);
	json_array_end(out);
	return stmt_end(q, err);
}

static const char SELECT_ITEM[] = PROFILE_COLUMNS " WHERE t.id = ?";

int
profile_write_item(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ITEM);
	bool found;

	stmt_bind_int(q, id);
	found = stmt_row(q);
	if (found)
		write_item(q, out);
	if (stmt_end(q, err) < 0)
		return -1;
	return found ? 0 : fail(err, ERR_NOT_FOUND, "there is no answer '%lld'", (long long)id);
}

static const char SELECT_GIVEN[] =
	"SELECT a.answer FROM contact_answer t JOIN answer a ON a.id = t.answer_id"
	" WHERE t.contact_id = ?1 AND a.questionnaire = ?2 AND a.question = ?3"
	" ORDER BY a.place, a.id";

int
profile_write_question(struct store *store, int64_t contact, const struct record *question,
	struct json_out *out, struct err *err)
{
	const char *questionnaire = question->values[at_question_questionnaire].text;
	const char *text = question->values[at_question_question].text;
	struct stmt *q = sql_prepare(store, SELECT_GIVEN);

	stmt_bind_int(q, contact);
	stmt_bind_text(q, questionnaire);
	stmt_bind_text(q, text);
	json_object_begin(out, NULL);
	json_text(out, "questionnaire", questionnaire);
	json_text(out, "question", text);
	json_array_begin(out, "answers");
	while (stmt_row(q))
		json_text(out, NULL, stmt_text(q));
	json_array_end(out);
	json_object_end(out);
	return stmt_end(q, err);
}

static const char SELECT_DAYS[] =
	"SELECT t.updated FROM contact_answer t JOIN answer a ON a.id = t.answer_id"
	" WHERE t.contact_id = ?1 AND a.questionnaire = ?2 AND a.question = ?3"
	" ORDER BY a.place, a.id";

static void
bind_question(struct stmt *q, int64_t contact, const struct record *question)
{
	stmt_bind_int(q, contact);
	stmt_bind_text(q, question->values[at_question_questionnaire].text);
	stmt_bind_text(q, question->values[at_question_question].text);
}

int
profile_write_given(struct store *store, int64_t contact, const struct record *question,
	struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_GIVEN);

	json_object_begin(out, NULL);
	json_int(out, "contact", contact);
	json_text(out, "questionnaire", question->values[at_question_questionnaire].text);
	json_text(out, "question", question->values[at_question_question].text);
	bind_question(q, contact, question);
	json_array_begin(out, "answers");
	while (stmt_row(q))
		json_text(out, NULL, stmt_text(q));
	json_array_end(out);
	if (stmt_end(q, err) < 0)
		return -1;
	q = sql_prepare(store, SELECT_DAYS);
	bind_question(q, contact, question);
	json_array_begin(out, "days");
	while (stmt_row(q))
		json_int(out, NULL, stmt_int(q));
	json_array_end(out);
	json_object_end(out);
	return stmt_end(q, err);
}

static const char SELECT_ANSWERED[] =
	"SELECT DISTINCT q.id FROM contact_answer t JOIN answer a ON a.id = t.answer_id"
	" JOIN question q ON q.questionnaire = a.questionnaire AND q.question = a.question"
	" WHERE t.contact_id = ? AND q.source IS NULL ORDER BY q.id";

int
profile_questions(struct store *store, struct arena *arena, int64_t contact, int64_t **questions,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ANSWERED);
	unsigned room = 0;

	*questions = NULL;
	*count = 0;
	stmt_bind_int(q, contact);
	while (stmt_row(q)) {
		if (*count == room)
			*questions = arena_grow(
				arena, *questions, *count, &room, sizeof **questions);
		(*questions)[(*count)++] = stmt_int(q);
	}
	return stmt_end(q, err);
}

/* ---- answering by hand ---- */

static const char HAS_RELATION[] =
	"SELECT 1 FROM contact_relation WHERE contact IN (?1, ?2) AND code = ?3";

static int
check_relation(struct store *store, const struct contact *contact,
	const struct record *questionnaire, struct err *err)
{
	const struct record_value *relation = &questionnaire->values[at_questionnaire_relation];
	struct stmt *q;
	bool found;

	if (!relation->given)
		return 0;
	q = sql_prepare(store, HAS_RELATION);
	stmt_bind_int(q, contact->id);
	stmt_bind_int(q, contact->company_id);
	stmt_bind_text(q, relation->text);
	if (sql_get_int(q, NULL, &found, err) < 0)
		return -1;
	if (found)
		return 0;
	return fail_field(err, ERR_REFUSED, "contact",
		"'%.60s' has no business relation '%s', which the questionnaire '%s' is for",
		contact->name, relation->text, record_key(questionnaire));
}

/* Whom the questionnaire is for, and who may not be profiled (reference 1.12). */
static int
check_contact(struct store *store, struct arena *arena, int64_t id, const struct record *question,
	struct err *err)
{
	const char *code = question->values[at_question_questionnaire].text;
	const struct record_value *type;
	struct record *questionnaire;
	struct contact contact;
	int64_t row;

	if (contact_get(store, arena, id, &contact, err) < 0 ||
		record_find(store, arena, &questionnaire_noun, code, &row, err) < 0 ||
		record_get(store, arena, &questionnaire_noun, row, &questionnaire, err) < 0)
		return -1;
	if (contact.minor)
		return fail_field(err, ERR_REFUSED, "contact",
			"'%.60s' is a minor, of whom there are no profiles", contact.name);
	if (contact.privacy_blocked)
		return fail_field(err, ERR_REFUSED, "contact",
			"'%.60s' is blocked for privacy: nothing new may be recorded",
			contact.name);
	type = &questionnaire->values[at_questionnaire_contact_type];
	if (type->given && strcmp(type->text, contact.type) != 0)
		return fail_field(err, ERR_REFUSED, "contact",
			"'%.60s' is a %s, and the questionnaire '%s' is for a %s", contact.name,
			contact.type, code, type->text);
	return check_relation(store, &contact, questionnaire, err);
}

static const char DELETE_OTHERS[] =
	"DELETE FROM contact_answer WHERE contact_id = ?1 AND answer_id <> ?4 AND answer_id IN"
	" (SELECT id FROM answer WHERE questionnaire = ?2 AND question = ?3)";

static int
replace(struct store *store, int64_t contact, const struct record *question, int64_t answer,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_OTHERS);

	stmt_bind_int(q, contact);
	stmt_bind_text(q, question->values[at_question_questionnaire].text);
	stmt_bind_text(q, question->values[at_question_question].text);
	stmt_bind_int(q, answer);
	return stmt_run(q, err);
}

static const char PUT_ANSWER[] =
	"INSERT INTO contact_answer (contact_id, answer_id, updated) VALUES (?1, ?2, ?3)"
	" ON CONFLICT DO UPDATE SET updated = excluded.updated WHERE updated <> excluded.updated";

static int
put(struct store *store, int64_t contact, int64_t answer, int64_t day, struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_ANSWER);

	stmt_bind_int(q, contact);
	stmt_bind_int(q, answer);
	stmt_bind_int(q, day);
	return stmt_run(q, err);
}

static const char DELETE_ANSWER[] =
	"DELETE FROM contact_answer WHERE contact_id = ?1 AND answer_id = ?2";

static int
take(struct store *store, int64_t contact, int64_t answer, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_ANSWER);

	stmt_bind_int(q, contact);
	stmt_bind_int(q, answer);
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(store) > 0)
		return 0;
	return fail_field(
		err, ERR_NOT_FOUND, "answer", "the contact has no such answer to take back");
}

int
profile_answer(struct store *store, struct arena *arena, int64_t contact,
	const struct record *question, const int64_t *answers, unsigned count, bool take_back,
	int64_t day, struct err *err)
{
	const char *text = question->values[at_question_question].text;
	bool multiple = question->values[at_question_multiple].number != 0;

	if (question->values[at_question_source].given)
		return fail_field(err, ERR_REFUSED, "question",
			"the question '%.60s' is answered by its source '%s', not by hand", text,
			question->values[at_question_source].text);
	if (!take_back && check_contact(store, arena, contact, question, err) < 0)
		return -1;
	if (!multiple && !take_back && count > 1)
		return fail_field(err, ERR_USAGE, "answer",
			"the question '%.60s' takes one answer, not %u", text, count);
	if (!multiple && !take_back && replace(store, contact, question, answers[0], err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if ((take_back ? take(store, contact, answers[i], err)
			       : put(store, contact, answers[i], day, err)) < 0)
			return -1;
	}
	return 0;
}

int
profile_set(struct store *store, struct arena *arena, int64_t contact,
	const struct record *question, const int64_t *answers, const int64_t *days, unsigned count,
	struct err *err)
{
	if ((count > 0 && check_contact(store, arena, contact, question, err) < 0) ||
		replace(store, contact, question, 0, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (put(store, contact, answers[i], days[i], err) < 0)
			return -1;
	}
	return 0;
}
