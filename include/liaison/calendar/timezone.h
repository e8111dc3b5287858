#ifndef LIAISON_CALENDAR_TIMEZONE_H
#define LIAISON_CALENDAR_TIMEZONE_H

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"

/* Time zones as calendars name them. All of the system's are loaded before the sandbox closes. */

struct timezones; /* own */
struct timezone;

struct timezones *timezones_load(void);
void timezones_free(struct timezones *zones);
/* By IANA name ("Europe/Berlin", any case), by Windows name ("W. Europe Standard Time", CLDR's
 * table), or as one of these behind a vendor's prefix
 * ("/freeassociation.sourceforge.net/Europe/Berlin"). NULL: nobody knows it. */
const struct timezone *timezone_find(const struct timezones *zones, const char *tzid);
/* The IANA name; for one made of a VTIMEZONE its TZID. */
const char *timezone_name(const struct timezone *zone);
/* Wall clock to UTC by RFC 5545 3.3.5: in a gap with the offset before it, in an overlap the first
 * of the two. *offset_min: of that moment. */
int64_t timezone_time(const struct timezone *zone, const struct civil *local, int *offset_min);
/* Minutes east of UTC at time. */
int timezone_offset(const struct timezone *zone, int64_t time);

#endif
