#include <string.h>

#include "classify_plan.h"

/* A contact's values, and the answers it bears by them. */

struct standing {
	int64_t answer, updated, answered; /* answered -1: of no rating */
	bool wanted;
};

struct marking {
	struct store *store;
	const struct plan *plan;
	struct subject subject;
	struct arena *arena;
	struct standing *standing; /* the answers it has */
	unsigned count;
	bool changed;
};

/* ---- who it is ---- */

static const char SELECT_SUBJECT[] =
	"SELECT type = 'person', coalesce(company_id, 0), minor OR privacy_blocked"
	" FROM contact WHERE id = ?";

static int
read_subject(struct store *store, int64_t id, struct subject *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_SUBJECT);

	*out = (struct subject){ 0 };
	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		out->id = id;
		out->person = stmt_int(q) != 0;
		out->company = stmt_int(q);
		out->closed = stmt_int(q) != 0;
	}
	return stmt_end(q, err);
}

static bool
fits_type(const struct asked *asked, const struct subject *subject)
{
	return asked->contact_type == NULL ||
	       strcmp(asked->contact_type, subject->person ? "person" : "company") == 0;
}

/* Facts are of customers and the like, which companies are: a company's persons go by its value. */
static int64_t
value_holder(const struct asked *asked, const struct subject *subject)
{
	return asked->source->kind == OF_FACTS && subject->company != 0 ? subject->company
									: subject->id;
}

/* A company has a value for its persons, though it is not asked itself. */
static bool
may_have_value(const struct asked *asked, const struct subject *subject)
{
	return fits_type(asked, subject) || (asked->source->kind == OF_FACTS && !subject->person);
}

/* ---- values ---- */

static const char PUT_VALUE[] =
	"INSERT INTO classify_value (question_id, contact_id, value, score)"
	" VALUES (?1, ?2, ?3, CASE WHEN ?4 THEN ?3 END) ON CONFLICT DO UPDATE SET"
	" value = excluded.value, score = CASE WHEN ?4 THEN ?3 ELSE score END"
	" WHERE value <> excluded.value OR (?4 AND score IS NOT ?3)";
static const char DELETE_VALUE[] =
	"DELETE FROM classify_value WHERE question_id = ?1 AND contact_id = ?2";

static const char NOTE_PERSONS[] =
	"INSERT INTO classify_queue SELECT id FROM contact WHERE company_id = ?"
	" ON CONFLICT DO NOTHING";

static int
note_persons(struct marking *marking, struct err *err)
{
	struct stmt *q = sql_prepare(marking->store, NOTE_PERSONS);

	stmt_bind_int(q, marking->subject.id);
	return stmt_run(q, err);
}

static int
put_value(struct marking *marking, const struct asked *asked, bool has, int64_t value,
	struct err *err)
{
	struct stmt *q = sql_prepare(marking->store, has ? PUT_VALUE : DELETE_VALUE);

	stmt_bind_int(q, asked->id);
	stmt_bind_int(q, marking->subject.id);
	if (has) {
		stmt_bind_int(q, value);
		stmt_bind_int(q, asked->method == BY_VALUE);
	}
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(marking->store) == 0)
		return 0;
	marking->changed = true;
	return asked->source->kind == OF_FACTS ? note_persons(marking, err) : 0;
}

static int
settle_value(
	struct marking *marking, const struct asked *asked, struct rated *rated, struct err *err)
{
	const struct subject *subject = &marking->subject;
	int64_t value = 0;
	bool has = false;

	if (value_holder(asked, subject) == subject->id && may_have_value(asked, subject) &&
		value_find(marking->store, marking->plan, asked, subject, &value, rated, &has,
			err) < 0)
		return -1;
	return put_value(marking, asked, has, value, err);
}

/* ---- answers ---- */

static const char COUNT_STANDING[] = "SELECT count(*) FROM contact_answer WHERE contact_id = ?";
static const char SELECT_STANDING[] =
	"SELECT answer_id, updated, coalesce(answered, -1) FROM contact_answer"
	" WHERE contact_id = ?";

static int
read_standing(struct marking *marking, struct err *err)
{
	struct stmt *q = sql_prepare(marking->store, COUNT_STANDING);
	int64_t count = 0;

	stmt_bind_int(q, marking->subject.id);
	if (sql_get_int(q, &count, NULL, err) < 0)
		return -1;
	marking->standing = arena_array(
		marking->arena, (size_t)count + 1, sizeof *marking->standing);
	q = sql_prepare(marking->store, SELECT_STANDING);
	stmt_bind_int(q, marking->subject.id);
	while (marking->count < count && stmt_row(q)) {
		struct standing *one = &marking->standing[marking->count++];

		one->answer = stmt_int(q);
		one->updated = stmt_int(q);
		one->answered = stmt_int(q);
	}
	return stmt_end(q, err);
}

static const struct standing *
standing_of(const struct marking *marking, int64_t answer)
{
	for (unsigned i = 0; i < marking->count; i++) {
		if (marking->standing[i].answer == answer)
			return &marking->standing[i];
	}
	return NULL;
}

static const char PUT_ANSWER[] =
	"INSERT INTO contact_answer (contact_id, answer_id, updated, answered)"
	" VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET updated = excluded.updated,"
	" answered = excluded.answered";

static int
give(struct marking *marking, const struct standing *answer, struct err *err)
{
	struct stmt *q = sql_prepare(marking->store, PUT_ANSWER);

	marking->changed = true;
	stmt_bind_int(q, marking->subject.id);
	stmt_bind_int(q, answer->answer);
	stmt_bind_int(q, answer->updated);
	stmt_bind_int_or_null(q, answer->answered, answer->answered < 0);
	return stmt_run(q, err);
}

static const char DELETE_ANSWER[] =
	"DELETE FROM contact_answer WHERE contact_id = ?1 AND answer_id = ?2";

static int
take(struct marking *marking, int64_t answer, struct err *err)
{
	struct stmt *q = sql_prepare(marking->store, DELETE_ANSWER);

	marking->changed = true;
	stmt_bind_int(q, marking->subject.id);
	stmt_bind_int(q, answer);
	return stmt_run(q, err);
}

/* The day of an answer is the one it was first found; of a rating, that of the oldest it used. */
static int
mark_band(struct marking *marking, const struct asked *asked, const struct band *band, bool holds,
	const struct rated *rated, struct err *err)
{
	const struct standing *is = standing_of(marking, band->answer);
	bool is_rating = asked->source->kind == OF_RATINGS;
	struct standing wanted = { band->answer, marking->plan->day, -1, true };

	if (!holds)
		return is == NULL ? 0 : take(marking, band->answer, err);
	if (is_rating) {
		wanted.answered = rated->answered;
		if (rated->updated != 0)
			wanted.updated = rated->updated;
		else if (is != NULL)
			wanted.updated = is->updated;
	}
	if (is != NULL &&
		(!is_rating || (is->updated == wanted.updated && is->answered == wanted.answered)))
		return 0;
	return give(marking, &wanted, err);
}

static const char SELECT_SCORE[] =
	"SELECT score FROM classify_value WHERE question_id = ?1 AND contact_id = ?2"
	" AND score IS NOT NULL";

static int
find_score(struct marking *marking, const struct asked *asked, int64_t *score, bool *has,
	struct err *err)
{
	struct stmt *q;
	bool is_asked;

	*has = false;
	if (marking->subject.closed || !fits_type(asked, &marking->subject))
		return 0;
	if (has_relation(marking->store, asked, &marking->subject, &is_asked, err) < 0)
		return -1;
	if (!is_asked)
		return 0;
	q = sql_prepare(marking->store, SELECT_SCORE);
	stmt_bind_int(q, asked->id);
	stmt_bind_int(q, value_holder(asked, &marking->subject));
	return sql_get_int(q, score, has, err);
}

static int
mark(struct marking *marking, const struct asked *asked, struct err *err)
{
	struct rated rated = { 0 };
	int64_t score = 0;
	bool has;

	if (settle_value(marking, asked, &rated, err) < 0 ||
		find_score(marking, asked, &score, &has, err) < 0)
		return -1;
	for (unsigned i = 0; i < asked->band_count; i++) {
		bool holds = has && band_holds(&asked->bands[i], score);

		if (mark_band(marking, asked, &asked->bands[i], holds, &rated, err) < 0)
			return -1;
	}
	return 0;
}

static const char DONE[] = "DELETE FROM classify_queue WHERE contact_id = ?";

static int
note_done(struct store *store, int64_t contact, struct err *err)
{
	struct stmt *q = sql_prepare(store, DONE);

	stmt_bind_int(q, contact);
	return stmt_run(q, err);
}

int
mark_contact(struct store *store, const struct plan *plan, int64_t contact, bool *changed,
	struct err *err)
{
	struct marking marking = { .store = store, .plan = plan };
	int result;

	if (read_subject(store, contact, &marking.subject, err) < 0)
		return -1;
	*changed = false;
	if (marking.subject.id == 0)
		return note_done(store, contact, err);
	marking.arena = arena_new();
	result = read_standing(&marking, err);
	for (unsigned i = 0; result == 0 && i < plan->count; i++)
		result = mark(&marking, &plan->asked[i], err);
	arena_free(marking.arena);
	*changed = marking.changed;
	/* What it noted of itself meanwhile is done, too: ratings come last. */
	return result < 0 ? -1 : note_done(store, contact, err);
}
