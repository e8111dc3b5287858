#include "series.h"

#include <stdlib.h>

/* Of more occurrences than a UID may have, those nearest to now are told. */

static uint64_t
distance_of(const struct series *series, const struct occurrence *one)
{
	return (uint64_t)llabs(one->start - series->window->now);
}

static int
compare_distances(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return (a > b) - (a < b);
}

/* version i: the master, if there is one, then the overrides. */
static struct series_version *
version_at(const struct series *series, unsigned i)
{
	if (series->master == NULL)
		return &series->overrides[i];
	return i == 0 ? series->master : &series->overrides[i - 1];
}

static unsigned
version_count(const struct series *series)
{
	return series->override_count + (series->master != NULL);
}

/* How far the last one that may stay is; *equal: how many of those that are as far may. */
static uint64_t
limit_of(const struct series *series, unsigned *equal)
{
	uint64_t *all = arena_array(series->places->arena, series->total, sizeof *all);
	unsigned count = 0, last = MEETING_OCCURRENCES_MAX - 1;

	for (unsigned i = 0; i < version_count(series); i++) {
		const struct series_version *version = version_at(series, i);

		for (unsigned k = 0; k < version->count; k++)
			all[count++] = distance_of(series, &version->occurrences[k]);
	}
	qsort(all, count, sizeof *all, compare_distances);
	*equal = 1;
	while (*equal <= last && all[last - *equal] == all[last])
		++*equal;
	return all[last];
}

static void
limit_version(
	struct series *series, struct series_version *version, uint64_t limit, unsigned *equal)
{
	unsigned kept = 0;

	for (unsigned k = 0; k < version->count; k++) {
		uint64_t distance = distance_of(series, &version->occurrences[k]);

		if (distance > limit || (distance == limit && *equal == 0))
			continue;
		*equal -= distance == limit;
		version->occurrences[kept++] = version->occurrences[k];
	}
	if (kept < version->count)
		version->event->flags |= MEETING_CUT;
	version->count = kept;
}

void
series_limit(struct series *series)
{
	uint64_t limit;
	unsigned equal;

	if (series->total <= MEETING_OCCURRENCES_MAX)
		return;
	series->incomplete = true;
	limit = limit_of(series, &equal);
	for (unsigned i = 0; i < version_count(series); i++)
		limit_version(series, version_at(series, i), limit, &equal);
	series->total = MEETING_OCCURRENCES_MAX;
}
