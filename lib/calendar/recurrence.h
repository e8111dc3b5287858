#ifndef LIAISON_CALENDAR_RECURRENCE_PRIVATE_H
#define LIAISON_CALENDAR_RECURRENCE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/calendar/timezone.h"

/* The recurrence set of RFC 5545 3.8.5. Wall-clock moments are civil times read as UTC seconds. */

struct recurrence {
	int64_t start; /* DTSTART, wall clock in zone */
	bool whole_days; /* DTSTART is a DATE */
	const struct timezone *zone; /* not NULL; that of UTC for UTC */
	const char **rules; /* values of RRULE as written */
	unsigned rule_count;
	int64_t *added; /* RDATE, wall clock in zone */
	unsigned added_count;
	int64_t *removed; /* EXDATE, wall clock in zone */
	unsigned removed_count;
	int64_t *removed_days; /* EXDATE;VALUE=DATE of a series with times: midnight of that date */
	unsigned removed_day_count;
};

/* Starts of the set that lie in [from, until) (UTC), ascending, each once, in arena, at most max of
 * them. *more: there are some at or after until; *cut: there were more than max. ERR_USAGE: a rule
 * is refused (sub-daily, over a limit, malformed), and which. */
int recurrence_expand(const struct recurrence *set, int64_t from, int64_t until, unsigned max,
	struct arena *arena, int64_t **starts, unsigned *count, bool *more, bool *cut,
	struct err *err);

/* A zone of its own from a VTIMEZONE component; in arena. ERR_USAGE: it is over a limit (only YEARLY
 * rules or none, 100 observances, 200 RDATEs) or malformed. */
int timezone_read(const char *bytes, size_t size, struct arena *arena, const struct timezone **out,
	struct err *err);

#endif
