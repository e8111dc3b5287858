#ifndef LIAISON_CALENDAR_SERIES_PRIVATE_H
#define LIAISON_CALENDAR_SERIES_PRIVATE_H

#include "liaison/calendar/meeting.h"

#include "event.h"

/* All events of one UID: a master and overrides of its occurrences, or overrides alone, and which
 * occurrence within the window follows which of them. */

struct series_version {
	struct calendar_event *event;
	int64_t key; /* of an override: what it overrides, in the series' form */
	int64_t original; /* the same as UTC */
	struct occurrence *occurrences; /* ascending by recurrence */
	unsigned count, room;
};

struct series {
	const struct places *places;
	const struct meeting_window *window;
	enum recurrence_form form;
	const struct moment
		*anchor; /* DTSTART of the master, else what the first override overrides */
	struct series_version *master; /* or NULL */
	struct series_version *overrides; /* by key; of one key those of later ones too come last */
	unsigned override_count;
	unsigned total; /* occurrences in all versions */
	bool incomplete; /* some may be in none of them */
	bool more; /* something of it lies after the window */
};

/* Chooses the versions that count among events of one UID, all read. */
void series_gather(struct series *series, struct calendar_event *events, unsigned count);
/* The wall clock of an RDATE or EXDATE in the zone of the series. */
int64_t series_wall(const struct series *series, const struct moment *moment);
/* Only what it overrides can be read of it. */
bool series_unreadable(const struct series_version *version);
/* How far a version with THISANDFUTURE moves the wall clock of what it overrides. */
int64_t series_move(const struct series *series, const struct series_version *version);
/* Of the master, ascending, in the arena; series_search.c. ERR_USAGE: they cannot be found. */
int series_starts(struct series *series, int64_t **starts, unsigned *count, struct err *err);
/* Of more occurrences than there may be those nearest to now stay; series_limit.c. */
void series_limit(struct series *series);
/* Fills in the occurrences. ERR_USAGE: they cannot be found. */
int series_expand(struct series *series, struct err *err);

#endif
