#ifndef LIAISON_FETCH_ALARM_H
#define LIAISON_FETCH_ALARM_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* Moments in clock_monotonic_ms() at which somebody is called; one timer of the loop for all, so
 * that ten thousand idle connections cost a place in a heap each. The clock runs on during suspend:
 * what was due meanwhile rings soon after. */

struct alarms;

struct alarm {
	int64_t at;
	size_t slot; /* place in the heap from 1; 0: not set */
	void (*ring)(struct alarm *alarm);
	void *owner; /* borrowed */
};

/* woke is called when the machine slept for milliseconds. */
struct alarms *
alarms_new(uv_loop_t *loop, void (*woke)(void *context, int64_t milliseconds), void *context);
/* Calls those whose moment has come; the loop's timer does it by itself. */
void alarms_ring(struct alarms *alarms);
/* Sets or moves; ring and owner must be set. */
void alarm_set(struct alarms *alarms, struct alarm *alarm, int64_t at);
void alarm_stop(struct alarms *alarms, struct alarm *alarm);
/* When the next one rings; INT64_MAX: none is set. */
int64_t alarms_next(const struct alarms *alarms);

#endif
