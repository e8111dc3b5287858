#include "recurrence.h"

#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "timezone_private.h"

enum { DAY = 86400, FIRST_YEAR = 1600 };

/* What is collected: starts in UTC. */
struct harvest {
	const struct recurrence *set;
	int64_t from, until;
	unsigned max;
	struct arena *arena;
	int64_t *removed; /* EXDATE in UTC, ascending */
	int64_t *removed_days; /* ascending */
	int64_t *starts;
	size_t count, room;
	bool more, cut;
};

static int
ascending(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* What lies outside holds no occurrence, and no arithmetic overflows within. */
static int64_t
bounded(int64_t time)
{
	const int64_t years = INT64_C(400) * 366 * DAY;

	return time < TIME_MIN - years ? TIME_MIN - years : time > TIME_MAX ? TIME_MAX : time;
}

static int64_t
utc_of(const struct recurrence *set, int64_t wall)
{
	struct civil civil;

	time_to_civil(bounded(wall), &civil);
	return timezone_time(set->zone, &civil, NULL);
}

static int64_t
midnight_of(int64_t wall)
{
	int64_t second = wall % DAY;

	return wall - (second < 0 ? second + DAY : second);
}

/* Of equal moments in UTC, so that an EXDATE meets an instance that a gap has moved. */
static bool
is_removed(const struct harvest *harvest, int64_t wall, int64_t time)
{
	const struct recurrence *set = harvest->set;
	int64_t day = midnight_of(wall);

	if (set->removed_count > 0 && bsearch(&time, harvest->removed, set->removed_count,
					      sizeof time, ascending) != NULL)
		return true;
	return set->removed_day_count > 0 &&
	       bsearch(&day, harvest->removed_days, set->removed_day_count, sizeof day,
		       ascending) != NULL;
}

static void
keep(struct harvest *harvest, int64_t time)
{
	int64_t *larger;

	if (harvest->count == harvest->room) {
		harvest->room = harvest->room > 0 ? 2 * harvest->room : 16;
		larger = arena_array(harvest->arena, harvest->room, sizeof *larger);
		if (harvest->count > 0)
			memcpy(larger, harvest->starts, harvest->count * sizeof *larger);
		harvest->starts = larger;
	}
	harvest->starts[harvest->count++] = time;
}

static void
take(struct harvest *harvest, int64_t wall)
{
	int64_t time = utc_of(harvest->set, wall);

	if (time < harvest->from || is_removed(harvest, wall, time))
		return;
	if (time >= harvest->until)
		harvest->more = true;
	else
		keep(harvest, time);
}

/* UNTIL is inclusive. A date means the whole of that day; of a time, a series of dates reads the date;
 * a time without "Z" is by the clock of the series. */
static bool
is_past(const struct recurrence *set, const struct rule *rule, int64_t wall)
{
	if (rule->until_form == UNTIL_NONE)
		return false;
	if (rule->until_form == UNTIL_DATE || set->whole_days)
		return midnight_of(wall) > midnight_of(rule->until);
	if (rule->until_form == UNTIL_LOCAL)
		return wall > rule->until;
	return utc_of(set, wall) > rule->until;
}

/* DTSTART is the first instance and is counted, whether the rule names it or not (RFC 5545 3.8.5.3:
 * it defines the first instance; 3.3.10: it always counts as the first occurrence). */
static int
walk_rule(struct harvest *harvest, const struct rule *rule, struct rule_walk *walk, struct err *err)
{
	const struct recurrence *set = harvest->set;
	size_t before = harvest->count;
	int64_t wall, counted = 1;
	bool more = harvest->more;

	if (rule_walk_begin(walk, rule, set->start, set->whole_days, err) < 0)
		return -1;
	if (rule->count == 0 && harvest->from - 2 * DAY > set->start)
		rule_walk_skip(walk, harvest->from - 2 * DAY);
	harvest->more = false;
	while (!harvest->more && harvest->count - before <= harvest->max &&
		rule_walk_next(walk, &wall)) {
		if (wall <= set->start)
			continue;
		if (is_past(set, rule, wall) || (rule->count > 0 && ++counted > rule->count))
			break;
		if (wall >= harvest->from - 2 * DAY)
			take(harvest, wall);
	}
	harvest->more = harvest->more || more;
	if (walk->steps > RULE_STEPS_MAX)
		return fail(err, ERR_USAGE, "the rule is not expanded: it takes too long");
	return 0;
}

static void
prepare_removed(struct harvest *harvest)
{
	const struct recurrence *set = harvest->set;

	harvest->removed = arena_array(harvest->arena, set->removed_count + 1, sizeof(int64_t));
	harvest->removed_days = arena_array(
		harvest->arena, set->removed_day_count + 1, sizeof(int64_t));
	for (unsigned i = 0; i < set->removed_count; i++)
		harvest->removed[i] = utc_of(set, set->removed[i]);
	for (unsigned i = 0; i < set->removed_day_count; i++)
		harvest->removed_days[i] = midnight_of(set->removed_days[i]);
	qsort(harvest->removed, set->removed_count, sizeof(int64_t), ascending);
	qsort(harvest->removed_days, set->removed_day_count, sizeof(int64_t), ascending);
}

static void
sort_and_cut(struct harvest *harvest)
{
	size_t kept = 0;

	if (harvest->count == 0)
		return;
	qsort(harvest->starts, harvest->count, sizeof *harvest->starts, ascending);
	for (size_t i = 0; i < harvest->count; i++)
		if (i == 0 || harvest->starts[i] != harvest->starts[i - 1])
			harvest->starts[kept++] = harvest->starts[i];
	harvest->cut = kept > harvest->max;
	harvest->count = harvest->cut ? harvest->max : kept;
}

static bool
expandable(int64_t wall)
{
	struct civil civil;

	if (wall < TIME_MIN - INT64_C(400) * 366 * DAY || wall > TIME_MAX)
		return false;
	time_to_civil(wall, &civil);
	return civil.year >= FIRST_YEAR && civil.year <= RULE_LAST_YEAR;
}

int
recurrence_expand(const struct recurrence *set, int64_t from, int64_t until, unsigned max,
	struct arena *arena, int64_t **starts, unsigned *count, bool *more, bool *cut,
	struct err *err)
{
	struct harvest harvest = { set, bounded(from), bounded(until), max, arena, .count = 0 };
	struct rule_walk *walk = arena_alloc(arena, sizeof *walk);
	struct rule *rule = arena_alloc(arena, sizeof *rule);

	if (!expandable(set->start))
		return fail(err, ERR_USAGE, "the series starts before 1600 or after 2200");
	prepare_removed(&harvest);
	take(&harvest, set->start);
	for (unsigned i = 0; i < set->added_count; i++)
		take(&harvest, set->added[i]);
	for (unsigned i = 0; i < set->rule_count; i++)
		if (rule_parse(set->rules[i], rule, err) < 0 ||
			walk_rule(&harvest, rule, walk, err) < 0)
			return -1;
	sort_and_cut(&harvest);
	*starts = harvest.starts;
	*count = (unsigned)harvest.count;
	*more = harvest.more || harvest.cut;
	*cut = harvest.cut;
	return 0;
}
