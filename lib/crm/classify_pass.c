#include "classify_plan.h"

#include "liaison/base/clock.h"

/* Percentages: a pass goes over the values of a question in order, some at a time. Where the answers by
 * the new percentage are others, the score is stored and the contact is noted. */

struct pass {
	const struct asked *asked;
	int64_t count, total;
	/* how far it is: */
	int64_t rank, sum;
	bool begun; /* a value and its contact were reached */
	int64_t value, contact;
};

/* ---- its row ---- */

static const char SELECT_PASS[] =
	"SELECT question_id, count IS NOT NULL, count, total, rank, sum, value IS NOT NULL, value,"
	" contact_id FROM classify_pass WHERE question_id > ? ORDER BY question_id LIMIT 1";
static const char COUNT_VALUES[] =
	"SELECT count(*), total(value) FROM classify_value WHERE question_id = ?";

static int
begin(struct store *store, int64_t question, struct pass *pass, struct err *err)
{
	static const double MOST = 9e18;
	struct stmt *q = sql_prepare(store, COUNT_VALUES);
	double total = 0;

	stmt_bind_int(q, question);
	if (stmt_row(q)) {
		pass->count = stmt_int(q);
		total = stmt_double(q);
	}
	pass->total = (int64_t)(total > MOST ? MOST : total < -MOST ? -MOST : total);
	return stmt_end(q, err);
}

/* The next after *question, which is 0 when there is none. */
static int
read_pass(struct store *store, int64_t *question, struct pass *pass, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_PASS);
	bool begun = true;

	*pass = (struct pass){ 0 };
	stmt_bind_int(q, *question);
	*question = 0;
	if (stmt_row(q)) {
		*question = stmt_int(q);
		begun = stmt_int(q) != 0;
		pass->count = stmt_int(q);
		pass->total = stmt_int(q);
		pass->rank = stmt_int(q);
		pass->sum = stmt_int(q);
		pass->begun = stmt_int(q) != 0;
		pass->value = stmt_int(q);
		pass->contact = stmt_int(q);
	}
	if (stmt_end(q, err) < 0)
		return -1;
	return begun ? 0 : begin(store, *question, pass, err);
}

static const char PUT_PASS[] =
	"UPDATE classify_pass SET count = ?2, total = ?3, rank = ?4, sum = ?5, value = ?6,"
	" contact_id = ?7 WHERE question_id = ?1";

static int
put_pass(struct store *store, int64_t question, const struct pass *pass, struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_PASS);

	stmt_bind_int(q, question);
	stmt_bind_int(q, pass->count);
	stmt_bind_int(q, pass->total);
	stmt_bind_int(q, pass->rank);
	stmt_bind_int(q, pass->sum);
	stmt_bind_int_or_null(q, pass->value, !pass->begun);
	stmt_bind_int_or_null(q, pass->contact, !pass->begun);
	return stmt_run(q, err);
}

static const char RENEW_PASS[] =
	"UPDATE classify_pass SET again = 0, count = NULL, total = NULL, rank = NULL, sum = NULL,"
	" value = NULL, contact_id = NULL WHERE question_id = ? AND again";
static const char DELETE_PASS[] = "DELETE FROM classify_pass WHERE question_id = ?";

/* Begins anew when a value changed meanwhile. */
static int
end_pass(struct store *store, int64_t question, struct err *err)
{
	struct stmt *q = sql_prepare(store, RENEW_PASS);

	stmt_bind_int(q, question);
	if (stmt_run(q, err) < 0)
		return -1;
	if (store_changes(store) > 0)
		return 0;
	q = sql_prepare(store, DELETE_PASS);
	stmt_bind_int(q, question);
	return stmt_run(q, err);
}

/* ---- scores ---- */

static int64_t
added(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/* Of the value that rank and sum have just come to. */
static int64_t
score_of(const struct pass *pass, int64_t value)
{
	int decimals = pass->asked->decimals;

	switch (pass->asked->method) {
	case BY_VALUE:
		return value;
	case BY_SHARE:
		return ratio((__int128)value * 100, pass->total, decimals);
	case BY_RANK:
		return ratio((__int128)pass->rank * 100, pass->count, decimals);
	case BY_CUMULATION:
		return ratio((__int128)pass->sum * 100, pass->total, decimals);
	}
	return value;
}

static bool
answers_differ(const struct asked *asked, int64_t a, int64_t b)
{
	for (unsigned i = 0; i < asked->band_count; i++) {
		if (band_holds(&asked->bands[i], a) != band_holds(&asked->bands[i], b))
			return true;
	}
	return false;
}

static const char PUT_SCORE[] =
	"UPDATE classify_value SET score = ?3 WHERE question_id = ?1 AND contact_id = ?2";
static const char NOTE[] = "INSERT INTO classify_queue SELECT ?1 UNION ALL SELECT id FROM contact"
			   " WHERE ?2 AND company_id = ?1 ON CONFLICT DO NOTHING";

static int
put_score(struct store *store, const struct asked *asked, int64_t contact, int64_t score,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, PUT_SCORE);

	stmt_bind_int(q, asked->id);
	stmt_bind_int(q, contact);
	stmt_bind_int(q, score);
	if (stmt_run(q, err) < 0)
		return -1;
	q = sql_prepare(store, NOTE);
	stmt_bind_int(q, contact);
	stmt_bind_int(q, asked->source->kind == OF_FACTS);
	return stmt_run(q, err);
}

/* ---- going on ---- */

#define VALUES_IN_ORDER(than, order) \
	"SELECT contact_id, value, score IS NULL, score FROM classify_value WHERE" \
	" question_id = ?1 AND (value, contact_id) " than " (?2, ?3)" \
	" ORDER BY value " order ", contact_id " order " LIMIT ?4"
static const char DESCENDING[] = VALUES_IN_ORDER("<", "DESC");
static const char ASCENDING[] = VALUES_IN_ORDER(">", "ASC");

struct valued {
	int64_t contact, value, score;
	bool unscored;
};

static int
read_values(struct store *store, const struct pass *pass, struct valued *out, unsigned most,
	unsigned *count, struct err *err)
{
	struct stmt *q = sql_prepare(store, pass->asked->ascending ? ASCENDING : DESCENDING);
	int64_t edge = pass->asked->ascending ? INT64_MIN : INT64_MAX;

	stmt_bind_int(q, pass->asked->id);
	stmt_bind_int(q, pass->begun ? pass->value : edge);
	stmt_bind_int(q, pass->begun ? pass->contact : edge);
	stmt_bind_int(q, most);
	*count = 0;
	while (*count < most && stmt_row(q)) {
		struct valued *one = &out[(*count)++];

		one->contact = stmt_int(q);
		one->value = stmt_int(q);
		one->unscored = stmt_int(q) != 0;
		one->score = stmt_int(q);
	}
	return stmt_end(q, err);
}

static int
step(struct store *store, struct pass *pass, const struct valued *one, struct err *err)
{
	int64_t score;

	pass->begun = true;
	pass->value = one->value;
	pass->contact = one->contact;
	pass->rank++;
	pass->sum = added(pass->sum, one->value);
	score = score_of(pass, one->value);
	if (!one->unscored && !answers_differ(pass->asked, one->score, score))
		return 0;
	return put_score(store, pass->asked, one->contact, score, err);
}

static int
go_on(struct store *store, const struct plan *plan, struct pass *pass, unsigned values,
	struct err *err)
{
	struct valued *some = arena_array(plan->arena, values, sizeof *some);
	unsigned count;

	if (read_values(store, pass, some, values, &count, err) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (step(store, pass, &some[i], err) < 0)
			return -1;
	}
	return count < values ? end_pass(store, pass->asked->id, err)
			      : put_pass(store, pass->asked->id, pass, err);
}

static const struct asked *
asked_by_id(const struct plan *plan, int64_t id)
{
	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->asked[i].id == id && plan->asked[i].method != BY_VALUE)
			return &plan->asked[i];
	}
	return NULL;
}

static int
go_on_or_end(struct store *store, const struct plan *plan, int64_t question, struct pass *pass,
	unsigned values, struct err *err)
{
	pass->asked = asked_by_id(plan, question);
	return pass->asked == NULL ? end_pass(store, question, err)
				   : go_on(store, plan, pass, values, err);
}

int
pass_turn(struct store *store, const struct plan *plan, unsigned values, struct err *err)
{
	int64_t question = 0;
	struct pass pass;

	for (;;) {
		if (read_pass(store, &question, &pass, err) < 0)
			return -1;
		if (question == 0)
			return 0;
		if (go_on_or_end(store, plan, question, &pass, values, err) < 0)
			return -1;
	}
}
