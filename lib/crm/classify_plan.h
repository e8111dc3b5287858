#ifndef LIAISON_CRM_CLASSIFY_PLAN_H
#define LIAISON_CRM_CLASSIFY_PLAN_H

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
#include "liaison/crm/classify.h"

/* What the parts of classification share: classify.c has the turns, classify_plan.c reads what there is
 * to ask, classify_value.c finds values, classify_mark.c gives answers, classify_pass.c percentages. */

enum { MILLION = 1000000 };

enum source_kind { OF_INTERACTIONS, OF_FACTS, OF_OPPORTUNITIES, OF_RATINGS };
enum figure { FIGURE_COUNT, FIGURE_FREQUENCY, FIGURE_SUM, FIGURE_AVERAGE };

struct classify_source {
	const char *name;
	enum source_kind kind;
	enum figure figure;
	bool money; /* the sum is in minor units */
	const char
		*sql; /* count and sum of ?1, a contact, from ?2 to ?3; NULL: cannot be asked yet */
};

enum classify_method { BY_VALUE, BY_SHARE, BY_RANK, BY_CUMULATION };

struct band {
	int64_t answer, from, to; /* both ends included; without from INT64_MIN, without to MAX */
};

struct asked {
	int64_t id;
	const struct classify_source *source;
	enum classify_method method;
	bool ascending;
	int decimals;
	int64_t min_answered; /* hundredths of a percent */
	const char *fact, *relation; /* NULL: none */
	const char *contact_type; /* NULL: both */
	int64_t first_day, last_day, days; /* of the window; days 0: since ever */
	int64_t first, last; /* its seconds in the zone */
	struct band *bands;
	unsigned band_count;
	bool placed; /* while they are put in order */
};

/* Questions with a source, ratings behind what they use. */
struct plan {
	struct arena *arena; /* borrowed */
	int64_t day;
	int exponent; /* of the local currency */
	struct asked *asked;
	unsigned count;
};

int plan_load(struct store *store, struct arena *arena, const struct zone *zone, int64_t day,
	struct plan *out, struct err *err);
/* The day it is there. */
int64_t plan_day(const struct zone *zone, int64_t now);
/* The row of that name. */
const struct classify_source *source_named(const char *name);
bool band_holds(const struct band *band, int64_t score);

/* part / whole to decimals places, half away from zero, in millionths; limited to what fits. */
int64_t ratio(__int128 part, __int128 whole, int decimals);

/* Who is classified. */
struct subject {
	int64_t id, company;
	bool person, closed; /* closed: a minor, or blocked for privacy */
};

struct rated {
	int64_t updated; /* the oldest of the answers used, 0: none */
	int64_t answered; /* hundredths of a percent */
};

/* *has false: it has none. rated is filled for ratings. */
int value_find(struct store *store, const struct plan *plan, const struct asked *asked,
	const struct subject *subject, int64_t *value, struct rated *rated, bool *has,
	struct err *err);
/* Whether a business relation of the question's is the contact's or its company's. */
int has_relation(struct store *store, const struct asked *asked, const struct subject *subject,
	bool *has, struct err *err);
/* The contact's values and answers; *changed: they were others. What was noted of it is done. */
int mark_contact(struct store *store, const struct plan *plan, int64_t contact, bool *changed,
	struct err *err);

/* At most so many values of each pass that is under way. */
int pass_turn(struct store *store, const struct plan *plan, unsigned values, struct err *err);

#endif
