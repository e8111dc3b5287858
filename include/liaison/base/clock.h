#ifndef LIAISON_BASE_CLOCK_H
#define LIAISON_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* Times are UTC seconds since 1970 with the original offset in minutes; years 1900 to 2999. */

#define TIME_MIN INT64_C(-2208988800) /* 1900-01-01T00:00:00Z */
#define TIME_MAX INT64_C(32503679999) /* 2999-12-31T23:59:59Z */

struct civil {
	int year, month, day, hour, minute, second; /* month and day from 1 */
};

int64_t clock_now(void); /* wall clock, seconds */
int64_t clock_monotonic_ms(void); /* CLOCK_BOOTTIME: runs on during suspend */
int64_t clock_awake_ms(void); /* CLOCK_MONOTONIC: stands still during suspend */

int64_t civil_to_time(const struct civil *civil); /* proleptic Gregorian, UTC */
void time_to_civil(int64_t time, struct civil *out);
bool civil_valid(const struct civil *civil); /* real date in range, second to 60 */
int weekday(int64_t time); /* 0 is Monday */

/* RFC 3339 with the offset: "2026-11-21T08:30:00+01:00"; offset 0 is "Z". */
char *time_text(struct arena *arena, int64_t time, int offset_min);
enum { TIME_TEXT_SIZE = 26 };
/* The same into out, which has TIME_TEXT_SIZE bytes; returns the length. */
size_t time_write(char *out, int64_t time, int offset_min);
char *date_text(struct arena *arena, int64_t time, int offset_min); /* YYYY-MM-DD */
/* Strict RFC 3339 date-time (lower-case t and z taken, fractions dropped). 0 or -1. */
int time_parse(const char *string, int64_t *time, int *offset_min);
int date_parse(const char *string, struct civil *out); /* YYYY-MM-DD; 0 or -1 */

/* "90s 15m 2h 2d 3w 6mo 3y": seconds, a month 30 days and a year 365. 0 or -1. */
int duration_parse(const char *string, int64_t *seconds);
char *duration_text(struct arena *arena, int64_t seconds); /* "2d", the largest exact unit */
int size_parse(const char *string, int64_t *bytes); /* 25M: K, M, G are powers of 1024 */

/* A time zone read from the system's zoneinfo; own. */
struct zone;
/* name: IANA ("Europe/Berlin"), NULL or "" for the system's, or "UTC". Names are checked against
 * ^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$ before any file is opened. ERR_USAGE: unknown. */
struct zone *zone_load(const char *name, struct err *err);
void zone_free(struct zone *zone);
const char *zone_name(const struct zone *zone);
int zone_offset(const struct zone *zone, int64_t time); /* minutes east of UTC at time */
/* Local wall clock to time; in a gap the later side, in an overlap the first. */
int64_t zone_time(const struct zone *zone, const struct civil *local);

/* What a user may write for a moment: RFC 3339, a date (start of that day in zone, or its last
 * second when end is set), "2026-11-21 14:05" in zone, "now", "today", "yesterday", "tomorrow",
 * "today-90d", "now+2h", and "90d" for today-90d as "2h" for now-2h.
 * zone may be NULL for UTC. ERR_USAGE with what was expected. */
int moment_parse(const char *string, const struct zone *zone, int64_t now, bool end, int64_t *time,
	int *offset_min, struct err *err);

#endif
