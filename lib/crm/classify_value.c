#include "classify_plan.h"

/* One contact's value of one question. */

static const __int128 LIMIT = INT64_C(9000000000000000000);

int64_t
ratio(__int128 part, __int128 whole, int decimals)
{
	__int128 unit = 1, rounded;

	if (whole == 0)
		return 0;
	if (whole < 0) {
		part = -part;
		whole = -whole;
	}
	for (int i = 0; i < decimals; i++)
		unit *= 10;
	rounded = ((part < 0 ? -part : part) * unit * 2 + whole) / (whole * 2);
	rounded *= MILLION / unit;
	if (rounded > LIMIT)
		rounded = LIMIT;
	return (int64_t)(part < 0 ? -rounded : rounded);
}

struct figures {
	int64_t count, sum;
};

/* As far as a sum of int64_t is exact in SQLite's total(), which unlike sum() never fails. */
static int64_t
limited(double sum)
{
	static const double MOST = 9e15;

	return sum > MOST ? (int64_t)MOST : sum < -MOST ? -(int64_t)MOST : (int64_t)sum;
}

static int
count(struct store *store, const struct asked *asked, int64_t subject, struct figures *out,
	struct err *err)
{
	bool by_day = asked->source->kind == OF_FACTS; /* facts have days, not moments */
	struct stmt *q = sql_prepare(store, asked->source->sql);

	*out = (struct figures){ 0 };
	stmt_bind_int(q, subject);
	stmt_bind_int(q, by_day ? asked->first_day : asked->first);
	stmt_bind_int(q, by_day ? asked->last_day : asked->last);
	if (by_day)
		stmt_bind_text(q, asked->fact);
	if (stmt_row(q)) {
		out->count = stmt_int(q);
		out->sum = limited(stmt_double(q));
	}
	return stmt_end(q, err);
}

/* Percentages are of values as exact as they are kept. */
static int
places_of(const struct asked *asked)
{
	return asked->method == BY_VALUE ? asked->decimals : 6;
}

static int64_t
figure(const struct plan *plan, const struct asked *asked, const struct figures *figures)
{
	int places = places_of(asked);
	int64_t unit = 1;

	for (int i = 0; asked->source->money && i < plan->exponent; i++)
		unit *= 10;
	switch (asked->source->figure) {
	case FIGURE_COUNT:
		return ratio(figures->count, 1, places);
	case FIGURE_FREQUENCY:
		return ratio((__int128)figures->count * 365, asked->days, places);
	case FIGURE_SUM:
		return ratio(figures->sum, unit, places);
	case FIGURE_AVERAGE:
		return ratio(figures->sum, (__int128)figures->count * unit, places);
	}
	return 0;
}

/* ---- ratings ---- */

static const char SUM_POINTS[] =
	"SELECT total(r.points), coalesce(min(t.updated), 0) FROM rating r"
	" JOIN contact_answer t ON t.answer_id = r.answer_id AND t.contact_id = ?2"
	" WHERE r.question_id = ?1";
/* Any answer to a question counts, one without points too. */
static const char COUNT_ANSWERED[] =
	"SELECT count(*), total(EXISTS (SELECT 1 FROM answer b JOIN contact_answer t"
	" ON t.answer_id = b.id AND t.contact_id = ?2 WHERE b.questionnaire = o.questionnaire"
	" AND b.question = o.question)) FROM (SELECT DISTINCT a.questionnaire, a.question"
	" FROM rating r JOIN answer a ON a.id = r.answer_id WHERE r.question_id = ?1) o";

static int
find_answered(struct store *store, const struct asked *asked, int64_t contact, int64_t *all,
	int64_t *answered, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_ANSWERED);

	stmt_bind_int(q, asked->id);
	stmt_bind_int(q, contact);
	if (stmt_row(q)) {
		*all = stmt_int(q);
		*answered = (int64_t)stmt_double(q);
	}
	return stmt_end(q, err);
}

static int
find_rating(struct store *store, const struct asked *asked, int64_t contact, int64_t *value,
	struct rated *rated, bool *has, struct err *err)
{
	int64_t all = 0, answered = 0;
	struct stmt *q;

	if (find_answered(store, asked, contact, &all, &answered, err) < 0)
		return -1;
	*has = all > 0 && answered * 100 * 100 >= all * asked->min_answered;
	if (!*has)
		return 0;
	rated->answered = ratio((__int128)answered * 100 * 100, all, 0) / MILLION;
	q = sql_prepare(store, SUM_POINTS);
	stmt_bind_int(q, asked->id);
	stmt_bind_int(q, contact);
	if (stmt_row(q)) {
		*value = ratio(limited(stmt_double(q)), MILLION, asked->decimals);
		rated->updated = stmt_int(q);
	}
	return stmt_end(q, err);
}

/* ---- who has one ---- */

static const char HAS_RELATION[] =
	"SELECT 1 FROM contact_relation WHERE contact IN (?1, ?2) AND code = ?3 LIMIT 1";

int
has_relation(struct store *store, const struct asked *asked, const struct subject *subject,
	bool *has, struct err *err)
{
	struct stmt *q;

	*has = true;
	if (asked->relation == NULL)
		return 0;
	q = sql_prepare(store, HAS_RELATION);
	stmt_bind_int(q, subject->id);
	stmt_bind_int(q, subject->company);
	stmt_bind_text(q, asked->relation);
	return sql_get_int(q, NULL, has, err);
}

int
value_find(struct store *store, const struct plan *plan, const struct asked *asked,
	const struct subject *subject, int64_t *value, struct rated *rated, bool *has,
	struct err *err)
{
	struct figures figures;

	if (has_relation(store, asked, subject, has, err) < 0)
		return -1;
	if (!*has || subject->closed) {
		*has = false;
		return 0;
	}
	if (asked->source->kind == OF_RATINGS)
		return find_rating(store, asked, subject->id, value, rated, has, err);
	*has = asked->source->sql != NULL;
	if (!*has)
		return 0;
	if (count(store, asked, subject->id, &figures, err) < 0)
		return -1;
	*value = figure(plan, asked, &figures);
	return 0;
}
