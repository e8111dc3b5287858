#include "series.h"

#include <stdlib.h>
#include <string.h>

static int
compare_numbers(int64_t one, int64_t other)
{
	return one < other ? -1 : one > other;
}

/* By SEQUENCE, then DTSTAMP, then LAST-MODIFIED; what comes later in the feed is newer. */
static int
compare_age(const struct calendar_event *one, const struct calendar_event *other)
{
	int order = compare_numbers(one->sequence, other->sequence);

	if (order == 0)
		order = compare_numbers(one->stamp, other->stamp);
	if (order == 0)
		order = compare_numbers(one->modified, other->modified);
	return order == 0 ? compare_numbers(one > other, other > one) : order;
}

static bool
is_copy(const struct calendar_event *one, const struct calendar_event *other)
{
	const struct content_event *a = one->content, *b = other->content;

	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* The newer of two events that claim the same place; copies to the letter do not conflict. */
static struct calendar_event *
newer(struct calendar_event *one, struct calendar_event *other)
{
	struct calendar_event *winner = compare_age(one, other) < 0 ? other : one;
	struct calendar_event *loser = winner == one ? other : one;
	bool told = winner->flags & MEETING_CONFLICTING;

	if (is_copy(one, other) && !(loser->flags & MEETING_CONFLICTING))
		return winner;
	winner->flags |= MEETING_CONFLICTING;
	if (!told)
		event_remark(winner,
			"several events have this UID%s: that with SEQUENCE %lld, the newest, "
			"counts",
			winner->override ? " and RECURRENCE-ID" : "", (long long)winner->sequence);
	return winner;
}

static enum recurrence_form
form_of(const struct moment *moment)
{
	if (moment->form == MOMENT_DATE)
		return RECURRENCE_DATE;
	return moment->floating || moment->unknown != NULL ? RECURRENCE_LOCAL : RECURRENCE_INSTANT;
}

/* A moment that says no zone itself is read in that of the series. */
static int64_t
anchored(const struct series *series, const struct moment *moment)
{
	if (moment->form == MOMENT_LOCAL && (moment->floating || moment->unknown != NULL))
		return time_of(series->anchor->zone, moment->wall, NULL);
	return moment_time(moment, NULL);
}

/* The day a time stands for in a series of whole days: midnight UTC is often written for a date. */
static int64_t
key_of_day(const struct series *series, const struct moment *moment)
{
	if (moment->form == MOMENT_UTC && day_of(moment->wall) != moment->wall)
		return day_of(wall_of(series->places->home, moment->wall));
	return day_of(moment->wall);
}

/* A date names the occurrence at the time of day of the series. */
static int64_t
time_of_key(const struct series *series, const struct moment *moment)
{
	const struct moment *anchor = series->anchor;

	if (moment->form == MOMENT_DATE)
		return time_of(
			anchor->zone, moment->wall + anchor->wall - day_of(anchor->wall), NULL);
	return anchored(series, moment);
}

int64_t
series_wall(const struct series *series, const struct moment *moment)
{
	const struct moment *anchor = series->anchor;

	if (anchor->form == MOMENT_DATE)
		return key_of_day(series, moment);
	if (moment->form == MOMENT_LOCAL &&
		(moment->floating || moment->unknown != NULL || moment->zone == anchor->zone))
		return moment->wall; /* as written, even where the clock skips it */
	return wall_of(anchor->zone, time_of_key(series, moment));
}

static void
set_key(const struct series *series, struct series_version *version)
{
	const struct moment *moment = &version->event->recurrence;

	switch (series->form) {
	case RECURRENCE_SINGLE:
	case RECURRENCE_INSTANT:
		version->key = version->original = time_of_key(series, moment);
		break;
	case RECURRENCE_DATE:
		version->key = key_of_day(series, moment);
		version->original = time_of(series->places->home, version->key, NULL);
		break;
	case RECURRENCE_LOCAL:
		version->original = time_of_key(series, moment);
		version->key = wall_of(series->anchor->zone, version->original);
		break;
	}
}

static int
compare_versions(const void *one, const void *other)
{
	const struct series_version *a = one, *b = other;
	int order = compare_numbers(a->key, b->key);

	if (order == 0)
		order = (int)a->event->future - (int)b->event->future;
	return order == 0 ? compare_numbers(a->event > b->event, b->event > a->event) : order;
}

/* Of one key and range, the newest stays. */
static void
drop_older(struct series *series)
{
	struct series_version *to = series->overrides;

	for (unsigned i = 1; i < series->override_count; i++) {
		struct series_version *next = &series->overrides[i];

		if (to->key == next->key && to->event->future == next->event->future)
			to->event = newer(to->event, next->event);
		else
			*++to = *next;
	}
	if (series->override_count > 0)
		series->override_count = (unsigned)(to - series->overrides) + 1;
}

static void
choose_master(struct series *series, struct calendar_event *events, unsigned count)
{
	struct calendar_event *chosen = NULL;

	for (unsigned i = 0; i < count; i++)
		if (!events[i].override)
			chosen = chosen == NULL ? &events[i] : newer(chosen, &events[i]);
	if (chosen == NULL)
		return;
	series->master = arena_alloc(series->places->arena, sizeof *series->master);
	series->master->event = chosen;
}

static void
gather_overrides(struct series *series, struct calendar_event *events, unsigned count)
{
	series->overrides = arena_array(series->places->arena, count, sizeof *series->overrides);
	for (unsigned i = 0; i < count; i++)
		if (events[i].override)
			series->overrides[series->override_count++].event = &events[i];
}

void
series_gather(struct series *series, struct calendar_event *events, unsigned count)
{
	const struct calendar_event *first;

	choose_master(series, events, count);
	gather_overrides(series, events, count);
	first = series->master == NULL ? series->overrides[0].event : series->master->event;
	series->anchor = series->master == NULL ? &first->recurrence : &first->start;
	series->form = form_of(series->anchor);
	if (series->override_count == 0 && first->rule_count == 0 && first->added_count == 0)
		series->form = RECURRENCE_SINGLE;
	for (unsigned i = 0; i < series->override_count; i++)
		set_key(series, &series->overrides[i]);
	if (series->override_count > 1)
		qsort(series->overrides, series->override_count, sizeof *series->overrides,
			compare_versions);
	drop_older(series);
}
