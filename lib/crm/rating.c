#include <string.h>

#include "liaison/base/text.h"
#include "liaison/crm/questionnaire.h"

/* Points that answers of other questions add to a rating. */

static const char SELECT_CIRCLE[] =
	"WITH RECURSIVE used (id) AS ("
	" SELECT q.id FROM question q JOIN answer a ON a.questionnaire = q.questionnaire"
	"  AND a.question = q.question WHERE a.id = ?2"
	" UNION SELECT q.id FROM used u JOIN rating r ON r.question_id = u.id"
	"  JOIN answer a ON a.id = r.answer_id JOIN question q"
	"  ON q.questionnaire = a.questionnaire AND q.question = a.question)"
	" SELECT 1 FROM used WHERE id = ?1";

/* Whether the answer's question is the rating, or is rated by it, however many ratings lie between. */
static int
check_circle(struct store *store, const struct record *question, const struct record *answer,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_CIRCLE);
	bool found;

	stmt_bind_int(q, question->id);
	stmt_bind_int(q, answer->id);
	if (sql_get_int(q, NULL, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	return fail_field(err, ERR_REFUSED, "rated",
		"the rating '%s' would count itself by way of '%s'",
		question->values[at_question_question].text,
		answer->values[at_answer_question].text);
}

static const char PUT_RATING[] =
	"INSERT INTO rating (question_id, answer_id, points) VALUES (?1, ?2, ?3)"
	" ON CONFLICT DO UPDATE SET points = excluded.points";

int
rating_set(struct store *store, const struct record *question, const struct record *answer,
	int64_t points, struct err *err)
{
	const struct record_value *source = &question->values[at_question_source];
	struct stmt *q;

	if (!source->given || strcmp(source->text, "rating") != 0)
		return fail_field(err, ERR_REFUSED, "question",
			"the question '%s' is no rating: its source is not 'rating'",
			question->values[at_question_question].text);
	if (check_circle(store, question, answer, err) < 0)
		return -1;
	q = sql_prepare(store, PUT_RATING);
	stmt_bind_int(q, question->id);
	stmt_bind_int(q, answer->id);
	stmt_bind_int(q, points);
	return stmt_run(q, err);
}

static const char DELETE_RATING[] = "DELETE FROM rating WHERE question_id = ?1 AND answer_id = ?2";

int
rating_remove(struct store *store, const struct record *question, const struct record *answer,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_RATING);

	stmt_bind_int(q, question->id);
	stmt_bind_int(q, answer->id);
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(store) > 0)
		return 0;
	return fail_field(err, ERR_NOT_FOUND, "answer",
		"the answer '%s' adds nothing to the rating '%s'",
		answer->values[at_answer_answer].text, question->values[at_question_question].text);
}
