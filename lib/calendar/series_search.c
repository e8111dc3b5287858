#include "series.h"

#include <stdlib.h>

#include "recurrence.h"

/* Where a series' rules and dates put its starts, within the window and as far around it as an
 * occurrence may reach or be moved into it. */

enum {
	REACH_MAX = 2 * SPAN_DAYS_MAX * DAY,
	STARTS_MAX = MEETING_OCCURRENCES_MAX + 2 * SPAN_DAYS_MAX, /* those before the window, too */
	NARROWINGS_MAX = 16,
};

static void
add_removed(const struct series *series, const struct moment *moment, struct recurrence *set)
{
	if (moment->form == MOMENT_DATE && !set->whole_days)
		set->removed_days[set->removed_day_count++] = moment->wall;
	else
		set->removed[set->removed_count++] = series_wall(series, moment);
}

static struct recurrence
set_of(const struct series *series)
{
	const struct calendar_event *event = series->master->event;
	struct arena *arena = series->places->arena;
	struct recurrence set = {
		.start = event->start.wall,
		.whole_days = event->start.form == MOMENT_DATE,
		.zone = event->start.zone,
		.rules = event->rules,
		.rule_count = event->rule_count,
		.added = arena_array(arena, event->added_count, sizeof *set.added),
		.removed = arena_array(arena, event->removed_count, sizeof *set.removed),
		.removed_days = arena_array(arena, event->removed_count, sizeof *set.removed_days),
	};

	for (unsigned i = 0; i < event->added_count; i++)
		set.added[set.added_count++] = series_wall(series, &event->added[i].start);
	for (unsigned i = 0; i < event->removed_count; i++)
		add_removed(series, &event->removed[i], &set);
	return set;
}

static int64_t
larger(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

static int64_t
length_of(const struct span *span)
{
	return span->days * DAY + span->seconds;
}

/* How long before the window an occurrence may start that reaches into it. */
static int64_t
longest(const struct series *series)
{
	const struct calendar_event *event = series->master->event;
	int64_t length = length_of(&event->span);

	for (unsigned i = 0; i < event->added_count; i++)
		length = larger(length, length_of(&event->added[i].span));
	for (unsigned i = 0; i < series->override_count; i++)
		if (series->overrides[i].event->future)
			length = larger(length, length_of(&series->overrides[i].event->span));
	return length;
}

static int64_t
farthest_move(const struct series *series)
{
	int64_t move = 0;

	for (unsigned i = 0; i < series->override_count; i++)
		if (series->overrides[i].event->future)
			move = larger(move, llabs(series_move(series, &series->overrides[i])));
	return move;
}

/* How far around the window starts are looked for; what is beyond that is said to be cut. */
static int64_t
bounded(struct series *series, int64_t reach)
{
	if (reach <= REACH_MAX || series->master->event->rule_count == 0)
		return reach;
	series->master->event->flags |= MEETING_CUT;
	series->incomplete = true;
	return REACH_MAX;
}

/* What series_starts looks for, and where. */
struct search {
	struct recurrence set;
	int64_t from, until;
	int64_t *starts;
	unsigned count;
	bool more, cut;
};

static int
search_within(const struct series *series, struct search *it, int64_t from, int64_t until,
	struct err *err)
{
	return recurrence_expand(&it->set, from, until, STARTS_MAX, series->places->arena,
		&it->starts, &it->count, &it->more, &it->cut, err);
}

/* There are too many: the widest span around now, or nearly so, that has not. If none has
 * any the first ones stay. */
static void
search_around_now(const struct series *series, struct search *it)
{
	const int64_t now = series->window->now;
	int64_t fits = 0, cut = larger(llabs(it->until - now), llabs(now - it->from));
	struct search best = *it;
	struct err ignored;

	for (unsigned i = 0; i < NARROWINGS_MAX && cut - fits > 1; i++) {
		int64_t reach = fits + (cut - fits) / 2;
		int64_t from = larger(it->from, now - reach);
		int64_t until = now + reach < it->until ? now + reach : it->until;
		struct search narrow = *it;

		if (search_within(series, &narrow, from, until, &ignored) < 0)
			break;
		if (narrow.cut) {
			cut = reach;
			continue;
		}
		fits = reach;
		if (narrow.count > 0)
			best = narrow;
		if (best.count >= MEETING_OCCURRENCES_MAX)
			break;
	}
	*it = best;
	it->more = it->cut = true;
}

static int
search(const struct series *series, struct search *it, struct err *err)
{
	if (search_within(series, it, it->from, it->until, err) < 0)
		return -1;
	if (it->cut)
		search_around_now(series, it);
	return 0;
}

static struct search
search_of(struct series *series)
{
	int64_t move = farthest_move(series);
	struct search it = {
		.set = set_of(series),
		.from = series->window->from - bounded(series, longest(series) + move) - DAY,
		.until = series->window->until + bounded(series, move),
	};

	if (series->form == RECURRENCE_SINGLE) { /* it is told wherever it is */
		it.from = TIME_MIN;
		it.until = TIME_MAX;
	}
	return it;
}

/* Where a rule is refused the first occurrence and those of RDATE are all there is. */
int
series_starts(struct series *series, int64_t **starts, unsigned *count, struct err *err)
{
	struct calendar_event *event = series->master->event;
	struct search it = search_of(series);
	int r = search(series, &it, err);

	if (r < 0 && it.set.rule_count > 0) {
		event->flags |= MEETING_RULE_REFUSED;
		event_remark(event, "only its first occurrence is read: %s", err->message);
		it.set.rule_count = 0;
		r = search(series, &it, err);
	}
	if (it.cut) {
		event->flags |= MEETING_CUT;
		series->incomplete = true;
	}
	series->more |= it.more;
	*starts = it.starts;
	*count = it.count;
	return r;
}
