#ifndef LIAISON_TESTS_CALENDAR_FIXTURE_H
#define LIAISON_TESTS_CALENDAR_FIXTURE_H

#include "liaison/calendar/meeting.h"

/* The zones there are, and an arena: what every test that reads events stands on. */

extern struct timezones *zones;
extern struct arena *arena;

int fixture_open(void **state);
int fixture_close(void **state);

#endif
