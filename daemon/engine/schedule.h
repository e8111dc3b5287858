#ifndef LIAISON_ENGINE_SCHEDULE_H
#define LIAISON_ENGINE_SCHEDULE_H

#include <stdint.h>

/* What happens by the clock: signs of life, backups, the metrics file, what is old forgotten. */

struct engine;
struct retention_counts;
struct schedule;

struct schedule *schedule_new(struct engine *engine);
void schedule_free(struct schedule *schedule);
/* Once a second. */
void schedule_tick(struct schedule *schedule, int64_t now_ms);
/* A pass of [retention] begins now, as something was dropped of which no word is to stay. */
void retention_soon(struct schedule *schedule);
/* What the last pass of [retention] dropped; *at 0: none has ended yet. Any thread. */
void retention_last(struct schedule *schedule, int64_t *at, struct retention_counts *counts);

#endif
