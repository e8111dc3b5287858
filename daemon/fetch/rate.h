#ifndef LIAISON_FETCH_RATE_H
#define LIAISON_FETCH_RATE_H

#include "alarm.h"

/* How often we connect: so many a second in all and so many a host, the rest wait their turn. */

struct rate;

struct turn {
	const char *host; /* borrowed */
	void (*go)(struct turn *turn); /* it is your turn */
	void *owner; /* borrowed */
	struct turn *previous, *next;
	bool waiting;
};

struct rate *rate_new(struct alarms *alarms);
/* In any second, wherever it begins. */
void rate_limit(struct rate *rate, double all, double a_host);
/* Calls go at once or later. */
void rate_wait(struct rate *rate, struct turn *turn);
void rate_leave(struct rate *rate, struct turn *turn);

#endif
