#ifndef LIAISON_CALENDAR_TIMEZONE_PRIVATE_H
#define LIAISON_CALENDAR_TIMEZONE_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "liaison/calendar/timezone.h"

struct timezone_change {
	int64_t time; /* UTC */
	int32_t offset; /* from then on, seconds east */
};

/* A name of the system's zones, or a zone by its own changes where system is NULL. */
struct timezone {
	const char *name;
	const struct zone *system;
	const struct timezone_change *changes; /* ascending */
	size_t change_count;
	int32_t first; /* offset before the first change */
};

#endif
