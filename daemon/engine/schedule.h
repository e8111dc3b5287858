#ifndef LIAISON_ENGINE_SCHEDULE_H
#define LIAISON_ENGINE_SCHEDULE_H

#include <stdint.h>

/* What happens by the clock: signs of life, backups, the metrics file, what is old forgotten. */

struct engine;
struct schedule;

struct schedule *schedule_new(struct engine *engine);
void schedule_free(struct schedule *schedule);
/* Once a second. */
void schedule_tick(struct schedule *schedule, int64_t now_ms);

#endif
