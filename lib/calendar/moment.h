#ifndef LIAISON_CALENDAR_MOMENT_PRIVATE_H
#define LIAISON_CALENDAR_MOMENT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "liaison/base/err.h"
#include "liaison/calendar/timezone.h"

#include "content.h"

/* Times and durations as RFC 5545 section 3.3 writes them, within the ranges that are sane here. */

enum {
	MOMENT_YEAR_MIN = 1900, /* birthdays begin long ago */
	MOMENT_YEAR_MAX = 2200,
	SPAN_DAYS_MAX = 366,
	DAY = 86400,
};

/* Where times are read. */
struct places {
	const struct timezones *system;
	const struct timezone *utc;
	const struct timezone *home; /* of floating times and whole days */
	const struct content_zone *zones; /* the feed's own */
	const struct timezone **read; /* of each: what it was read as */
	bool *tried;
	unsigned zone_count;
	struct arena *arena;
};

enum moment_form { MOMENT_DATE, MOMENT_LOCAL, MOMENT_UTC };

struct moment {
	enum moment_form form;
	int64_t wall; /* the wall clock read as UTC */
	const struct timezone *zone; /* it is read in; never NULL */
	bool floating; /* no zone was named */
	const char *name; /* of the zone that was named, or its TZID; else NULL */
	const char *unknown; /* the TZID that nobody knows; else NULL */
};

/* What lies between start and end: days by the wall clock, then seconds. */
struct span {
	int64_t days, seconds;
};

/* size bytes at value; tzid or NULL, which a date or a UTC time does not need. ERR_USAGE: no time. */
int moment_read(const struct places *places, const char *value, size_t size, const char *tzid,
	struct moment *out, struct err *err);
int64_t moment_time(const struct moment *moment, int *offset_min); /* offset_min may be NULL */
/* The wall clock of zone at time, read as UTC; and back. */
int64_t wall_of(const struct timezone *zone, int64_t time);
int64_t time_of(const struct timezone *zone, int64_t wall, int *offset_min);
/* Midnight of the wall clock's day. */
int64_t day_of(int64_t wall);

/* ERR_USAGE: it is no duration, or over SPAN_DAYS_MAX days. */
int span_read(const char *value, size_t size, struct span *out, struct err *err);
int64_t span_end(const struct span *span, const struct timezone *zone, int64_t wall);

#endif
