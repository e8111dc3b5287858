#include "classify_plan.h"

#include <string.h>

#include "liaison/base/formula.h"
#include "liaison/base/text.h"
#include "liaison/crm/setup.h"

enum { DAY = 86400 };

/* ---- sources ---- */

/* A company's are its persons', too, as they are in its totals. */
#define OF_INTERACTIONS_OF_IT(column) \
	"WITH mine(id) AS (SELECT interaction_id FROM interaction_contact" \
	" WHERE contact_id = ?1 AND at BETWEEN ?2 AND ?3" \
	" UNION SELECT interaction_id FROM interaction_contact" \
	" WHERE company_id = ?1 AND at BETWEEN ?2 AND ?3)" \
	" SELECT count(*), total(i." column ") FROM mine m" \
	" JOIN interaction i ON i.id = m.id WHERE i.status NOT IN ('cancelled', 'draft')"

static const char COUNT_COSTS[] = OF_INTERACTIONS_OF_IT("cost");
static const char COUNT_DURATIONS[] = OF_INTERACTIONS_OF_IT("duration_min");
static const char COUNT_FACTS[] =
	"SELECT count(*), total(amount) FROM contact_fact WHERE contact IN"
	" (SELECT ?1 UNION ALL SELECT id FROM contact WHERE company_id = ?1)"
	" AND kind = ?4 AND date BETWEEN ?2 AND ?3";

static const struct classify_source SOURCES[] = {
	{ "interaction-quantity", OF_INTERACTIONS, FIGURE_COUNT, false, COUNT_COSTS },
	{ "interaction-frequency", OF_INTERACTIONS, FIGURE_FREQUENCY, false, COUNT_COSTS },
	{ "interaction-cost", OF_INTERACTIONS, FIGURE_AVERAGE, true, COUNT_COSTS },
	{ "interaction-duration", OF_INTERACTIONS, FIGURE_AVERAGE, false, COUNT_DURATIONS },
	/* Once there are opportunities: 100 for each that was won, 0 for each that was lost. */
	{ "opportunity-won", OF_OPPORTUNITIES, FIGURE_AVERAGE, false, NULL },
	{ "fact-sum", OF_FACTS, FIGURE_SUM, true, COUNT_FACTS },
	{ "fact-count", OF_FACTS, FIGURE_COUNT, false, COUNT_FACTS },
	{ "fact-frequency", OF_FACTS, FIGURE_FREQUENCY, false, COUNT_FACTS },
	{ "fact-average", OF_FACTS, FIGURE_AVERAGE, true, COUNT_FACTS },
	{ "rating", OF_RATINGS, FIGURE_SUM, false, NULL },
};

const struct classify_source *
source_named(const char *name)
{
	for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++) {
		if (strcmp(SOURCES[i].name, name) == 0)
			return &SOURCES[i];
	}
	return NULL; /* the table's CHECK knows no others */
}

/* ---- windows ---- */

int64_t
plan_day(const struct zone *zone, int64_t now)
{
	int64_t local = now + (zone != NULL ? (int64_t)zone_offset(zone, now) * 60 : 0);

	return local - (local % DAY + DAY) % DAY;
}

static int64_t
begin_of(const struct zone *zone, int64_t day)
{
	struct civil civil;

	time_to_civil(day, &civil);
	return zone != NULL ? zone_time(zone, &civil) : day;
}

/* A formula that leads out of the calendar ends where the calendar does. */
static int64_t
day_by(const char *text, int64_t day)
{
	struct formula formula;
	struct err ignored;
	int64_t to;

	if (formula_parse(text, &formula, &ignored) == 0 &&
		formula_apply(&formula, day, &to, &ignored) == 0)
		return to;
	return strchr(text, '-') != NULL ? TIME_MIN : TIME_MAX - DAY + 1;
}

static void
set_window(struct asked *asked, const struct zone *zone, int64_t day, const char *start,
	const char *end)
{
	asked->last_day = end != NULL ? day_by(end, day) : day;
	asked->last = begin_of(zone, asked->last_day + DAY) - 1;
	asked->first_day = start != NULL ? day_by(start, day) : TIME_MIN;
	asked->first = start != NULL ? begin_of(zone, asked->first_day) : TIME_MIN;
	if (start != NULL && asked->first_day <= asked->last_day)
		asked->days = (asked->last_day - asked->first_day) / DAY + 1;
}

/* ---- questions ---- */

static enum classify_method
method_named(const char *name)
{
	static const char *const NAMES[] = { [BY_SHARE] = "percent-of-value",
		[BY_RANK] = "percent-of-contacts",
		[BY_CUMULATION] = "cumulative-value" };

	for (unsigned i = BY_SHARE; i <= BY_CUMULATION; i++) {
		if (strcmp(NAMES[i], name) == 0)
			return i;
	}
	return BY_VALUE;
}

static const char COUNT_ASKED[] = "SELECT count(*) FROM question WHERE source IS NOT NULL";
static const char SELECT_ASKED[] =
	"SELECT q.id, q.source, q.method, q.sorting, q.decimals, q.min_answered, q.fact,"
	" n.relation, n.contact_type, q.\"start\", q.\"end\" FROM question q"
	" JOIN questionnaire n ON n.code = q.questionnaire"
	" WHERE q.source IS NOT NULL ORDER BY q.id";

static void
read_asked(struct stmt *q, const struct plan *plan, const struct zone *zone, struct asked *out)
{
	const char *sorting, *start;

	out->id = stmt_int(q);
	out->source = source_named(stmt_text(q));
	out->method = method_named(stmt_text(q));
	sorting = stmt_text(q);
	out->ascending = sorting != NULL && strcmp(sorting, "ascending") == 0;
	out->decimals = (int)stmt_int(q);
	out->min_answered = stmt_int(q);
	out->fact = stmt_text_copy(q, plan->arena);
	out->relation = stmt_text_copy(q, plan->arena);
	out->contact_type = stmt_text_copy(q, plan->arena);
	start = stmt_text_copy(q, plan->arena);
	set_window(out, zone, plan->day, start, stmt_text(q));
}

static int
read_all(struct store *store, const struct zone *zone, struct plan *plan, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_ASKED);
	int64_t count = 0;

	if (sql_get_int(q, &count, NULL, err) < 0)
		return -1;
	plan->asked = arena_array(plan->arena, (size_t)count + 1, sizeof *plan->asked);
	q = sql_prepare(store, SELECT_ASKED);
	while (plan->count < count && stmt_row(q))
		read_asked(q, plan, zone, &plan->asked[plan->count++]);
	return stmt_end(q, err);
}

/* ---- answers ---- */

static const char COUNT_BANDS[] =
	"SELECT count(*) FROM answer a JOIN question q ON q.questionnaire = a.questionnaire"
	" AND q.question = a.question WHERE q.id = ?";
static const char SELECT_BANDS[] =
	"SELECT a.id, a.\"from\" IS NULL, a.\"from\", a.\"to\" IS NULL, a.\"to\" FROM answer a"
	" JOIN question q ON q.questionnaire = a.questionnaire AND q.question = a.question"
	" WHERE q.id = ? ORDER BY a.id";

static int
read_bands(struct store *store, struct arena *arena, struct asked *asked, struct err *err)
{
	struct stmt *q = sql_prepare(store, COUNT_BANDS);
	int64_t count = 0;
	bool found, open;

	stmt_bind_int(q, asked->id);
	if (sql_get_int(q, &count, &found, err) < 0)
		return -1;
	asked->bands = arena_array(arena, (size_t)count + 1, sizeof *asked->bands);
	q = sql_prepare(store, SELECT_BANDS);
	stmt_bind_int(q, asked->id);
	while (asked->band_count < count && stmt_row(q)) {
		struct band *band = &asked->bands[asked->band_count++];

		band->answer = stmt_int(q);
		open = stmt_int(q) != 0;
		band->from = stmt_int(q);
		if (open)
			band->from = INT64_MIN;
		open = stmt_int(q) != 0;
		band->to = stmt_int(q);
		if (open)
			band->to = INT64_MAX;
	}
	return stmt_end(q, err);
}

bool
band_holds(const struct band *band, int64_t score)
{
	return band->from <= score && score <= band->to;
}

/* ---- order ---- */

static const char SELECT_USED[] =
	"SELECT DISTINCT q.id FROM rating r JOIN answer a ON a.id = r.answer_id"
	" JOIN question q ON q.questionnaire = a.questionnaire AND q.question = a.question"
	" WHERE r.question_id = ? AND q.source = 'rating'";

/* Whether all ratings that it uses are placed. */
static int
is_ready(struct store *store, const struct plan *plan, const struct asked *asked, bool *ready,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_USED);

	*ready = true;
	stmt_bind_int(q, asked->id);
	while (stmt_row(q)) {
		int64_t used = stmt_int(q);

		for (unsigned i = 0; i < plan->count; i++)
			*ready = *ready && (plan->asked[i].id != used || plan->asked[i].placed);
	}
	return stmt_end(q, err);
}

static void
place(struct asked *ordered, unsigned *count, struct asked *asked)
{
	asked->placed = true;
	ordered[(*count)++] = *asked;
}

/* Topological; ratings never go in a circle (rating_set). */
static int
put_in_order(struct store *store, struct plan *plan, struct err *err)
{
	struct asked *ordered = arena_array(plan->arena, plan->count + 1, sizeof *ordered);
	unsigned count = 0, before;
	bool ready;

	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->asked[i].source->kind != OF_RATINGS)
			place(ordered, &count, &plan->asked[i]);
	}
	do {
		before = count;
		for (unsigned i = 0; i < plan->count; i++) {
			if (plan->asked[i].placed)
				continue;
			if (is_ready(store, plan, &plan->asked[i], &ready, err) < 0)
				return -1;
			if (ready)
				place(ordered, &count, &plan->asked[i]);
		}
	} while (count > before);
	plan->asked = ordered;
	plan->count = count;
	return 0;
}

int
plan_load(struct store *store, struct arena *arena, const struct zone *zone, int64_t day,
	struct plan *out, struct err *err)
{
	*out = (struct plan){ .arena = arena, .day = day };
	if (setup_currency_exponent(store, &out->exponent, err) < 0 ||
		read_all(store, zone, out, err) < 0)
		return -1;
	for (unsigned i = 0; i < out->count; i++) {
		if (read_bands(store, arena, &out->asked[i], err) < 0)
			return -1;
	}
	return put_in_order(store, out, err);
}
