#ifndef LIAISON_CALENDAR_MEETING_H
#define LIAISON_CALENDAR_MEETING_H

#include "liaison/base/arena.h"
#include "liaison/calendar/timezone.h"
#include "liaison/wire/meeting.h"

/* From the components of one UID to its versions and their occurrences, by libical behind checks of
 * our own. */

struct meeting_window {
	int64_t from, until; /* occurrences that end after from and start before until (UTC); one
	                      * that an override moved elsewhere is told if its old place is within */
	int64_t now; /* of more occurrences than a UID may have those nearest to it are told */
	const struct timezone *zone; /* of floating times and whole days; not NULL */
	bool mentioned; /* addresses in SUMMARY, LOCATION and DESCRIPTION are parties too */
	size_t text_max; /* bytes of DESCRIPTION wanted, 0: none */
};

/* bytes: VTIMEZONE and VEVENT components of one UID, one after the other, without VCALENDAR around
 * them. The versions in arena: the series first, then overrides by what they override. ERR_USAGE:
 * it cannot be read, and why, in words for people; the event is quarantined. */
int meeting_read(const struct timezones *zones, const char *bytes, size_t size,
	const struct meeting_window *window, struct arena *arena, struct meeting **out,
	unsigned *count, struct err *err);

#endif
