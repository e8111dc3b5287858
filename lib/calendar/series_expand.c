#include "series.h"

#include <stdlib.h>
#include <string.h>

static void
append(struct series *series, struct series_version *version, const struct occurrence *one)
{
	if (version->count == version->room) {
		unsigned room = version->room == 0 ? 1 : version->room * 2;
		struct occurrence *more = arena_array(series->places->arena, room, sizeof *more);

		if (version->count > 0)
			memcpy(more, version->occurrences, version->count * sizeof *more);
		version->occurrences = more;
		version->room = room;
	}
	version->occurrences[version->count++] = *one;
	series->total++;
}

bool
series_unreadable(const struct series_version *version)
{
	return (version->event->flags & MEETING_UNREADABLE) != 0;
}

static bool
in_window(const struct series *series, const struct occurrence *one)
{
	const struct meeting_window *window = series->window;

	if (one->start >= window->until)
		return false;
	return one->end > window->from || one->start >= window->from;
}

/* The occurrence at wall clock wall of zone, as long as span. */
static struct occurrence
occurrence_at(const struct timezone *zone, int64_t wall, const struct span *span)
{
	struct occurrence one = { 0 };

	one.start = time_of(zone, wall, &one.offset_min);
	one.end = span_end(span, zone, wall);
	if (one.end < one.start)
		one.end = one.start;
	return one;
}

/* One that was moved out of the window is told as long as its place in the series is within: the
 * move is news, and its absence would be read as its end. */
static void
append_moved(struct series *series, struct series_version *version, struct occurrence one,
	int64_t key, int64_t original)
{
	const struct meeting_window *window = series->window;

	one.recurrence = key;
	if (in_window(series, &one) || (original >= window->from && original < window->until))
		append(series, version, &one);
	else if (one.start >= window->until)
		series->more = true;
}

/* Wherever it may have been moved to, it is there. */
static void
append_unreadable(
	struct series *series, struct series_version *version, int64_t key, int64_t original)
{
	append(series, version,
		&(struct occurrence){ .recurrence = key, .start = original, .end = original });
}

static void
append_override(struct series *series, struct series_version *version)
{
	const struct calendar_event *event = version->event;

	if (series_unreadable(version)) {
		append_unreadable(series, version, version->key, version->original);
		return;
	}
	append_moved(series, version,
		occurrence_at(event->start.zone, event->start.wall, &event->span), version->key,
		version->original);
}

/* How far a version with THISANDFUTURE moves the wall clock of what it overrides. */
int64_t
series_move(const struct series *series, const struct series_version *version)
{
	int64_t wall = series->form == RECURRENCE_INSTANT
			       ? wall_of(series->anchor->zone, version->key)
			       : version->key;

	return series_unreadable(version) ? 0 : version->event->start.wall - wall;
}

static int64_t
key_of_start(const struct series *series, int64_t start, int64_t *wall)
{
	*wall = wall_of(series->anchor->zone, start);
	if (series->anchor->form == MOMENT_DATE)
		*wall = day_of(*wall);
	return series->form == RECURRENCE_INSTANT ? start : *wall;
}

/* A later occurrence of a version with THISANDFUTURE. */
static void
append_shifted(struct series *series, struct series_version *version, int64_t key, int64_t start,
	int64_t wall)
{
	const struct calendar_event *event = version->event;

	if (series_unreadable(version)) {
		append_unreadable(series, version, key, start);
		return;
	}
	wall += series_move(series, version);
	if (event->start.form == MOMENT_DATE)
		wall = day_of(wall);
	append_moved(
		series, version, occurrence_at(event->start.zone, wall, &event->span), key, start);
}

/* A PERIOD of RDATE has a span of its own. */
struct period {
	int64_t start;
	struct span span;
};

static int
compare_periods(const void *one, const void *other)
{
	const struct period *a = one, *b = other;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* Sorted by start. */
static unsigned
collect_periods(const struct series *series, struct period **out)
{
	const struct calendar_event *event = series->master->event;
	struct period *periods = arena_array(
		series->places->arena, event->added_count, sizeof *periods);
	unsigned count = 0;

	for (unsigned i = 0; i < event->added_count; i++)
		if (event->added[i].has_span)
			periods[count++] = (struct period){
				moment_time(&event->added[i].start, NULL), event->added[i].span
			};
	if (count > 1)
		qsort(periods, count, sizeof *periods, compare_periods);
	*out = periods;
	return count;
}

static void
append_regular(struct series *series, int64_t key, int64_t start, int64_t wall,
	const struct period *period)
{
	const struct calendar_event *event = series->master->event;
	struct occurrence one = occurrence_at(
		event->start.zone, wall, period == NULL ? &event->span : &period->span);

	one.start = start; /* in an overlap the wall clock alone would not tell */
	one.offset_min = timezone_offset(event->start.zone, start);
	if (one.end < start)
		one.end = start;
	one.recurrence = series->form == RECURRENCE_SINGLE ? 0 : key;
	if (in_window(series, &one)) {
		append(series, series->master, &one);
	} else if (series->form == RECURRENCE_SINGLE) {
		series->master->event->flags |= MEETING_OUTSIDE;
		append(series, series->master, &one);
	}
}

/* Walks overrides beside starts, both ascending. */
struct walk {
	unsigned next; /* the first override that is not behind */
	struct series_version *future; /* the newest THISANDFUTURE that was passed */
};

/* The occurrence has an override of its own. */
static bool
overridden(struct series *series, struct walk *walk, int64_t key)
{
	bool own = false;

	for (; walk->next < series->override_count; walk->next++) {
		struct series_version *version = &series->overrides[walk->next];

		if (version->key > key)
			break;
		if (version->event->future)
			walk->future = version;
		own |= version->key == key;
	}
	return own;
}

static void
place(struct series *series, const int64_t *starts, unsigned count)
{
	struct walk walk = { 0 };
	struct period *periods, wanted = { 0 };
	unsigned period_count = collect_periods(series, &periods);

	for (unsigned i = 0; i < count; i++) {
		int64_t wall, key = key_of_start(series, starts[i], &wall);

		series->more |= starts[i] >= series->window->until;
		wanted.start = starts[i];
		if (overridden(series, &walk, key))
			continue;
		if (walk.future != NULL)
			append_shifted(series, walk.future, key, starts[i], wall);
		else
			append_regular(series, key, starts[i], wall,
				bsearch(&wanted, periods, period_count, sizeof *periods,
					compare_periods));
	}
}

/* One with THISANDFUTURE stands behind a single one of the same key. */
static void
place_overrides(struct series *series)
{
	for (unsigned i = 0; i < series->override_count; i++) {
		struct series_version *version = &series->overrides[i];
		bool single_before = i > 0 && version[-1].key == version->key;

		if (!single_before)
			append_override(series, version);
	}
}

int
series_expand(struct series *series, struct err *err)
{
	int64_t *starts = NULL;
	unsigned count = 0;

	place_overrides(series);
	if (series->master != NULL) {
		if (series_starts(series, &starts, &count, err) < 0)
			return -1;
		place(series, starts, count);
	}
	series_limit(series);
	return 0;
}
