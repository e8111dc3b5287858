#include "alarm.h"

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"

/* The loop's timers stand still during suspend, so none is set further away than this. */
enum { LONGEST_MS = 15000, SLEPT_MS = 3000 };

struct alarms {
	uv_timer_t timer;
	struct alarm **heap; /* own, from 1 */
	size_t count, room;
	void (*woke)(void *context, int64_t milliseconds);
	void *context;
	int64_t clock; /* when it rang last, by both clocks */
	int64_t awake;
};

static void
place(struct alarms *alarms, size_t slot, struct alarm *alarm)
{
	alarms->heap[slot] = alarm;
	alarm->slot = slot;
}

static void
rise(struct alarms *alarms, struct alarm *alarm)
{
	size_t slot = alarm->slot;

	for (; slot > 1 && alarms->heap[slot / 2]->at > alarm->at; slot /= 2)
		place(alarms, slot, alarms->heap[slot / 2]);
	place(alarms, slot, alarm);
}

static void
sink(struct alarms *alarms, struct alarm *alarm)
{
	size_t slot = alarm->slot;

	for (;;) {
		size_t child = slot * 2;

		if (child > alarms->count)
			break;
		if (child < alarms->count && alarms->heap[child + 1]->at < alarms->heap[child]->at)
			child++;
		if (alarms->heap[child]->at >= alarm->at)
			break;
		place(alarms, slot, alarms->heap[child]);
		slot = child;
	}
	place(alarms, slot, alarm);
}

int64_t
alarms_next(const struct alarms *alarms)
{
	return alarms->count > 0 ? alarms->heap[1]->at : INT64_MAX;
}

static void on_timer(uv_timer_t *timer);

static void
set_timer(struct alarms *alarms)
{
	int64_t now = clock_monotonic_ms(), next = alarms_next(alarms), delay = 0;

	if (next > now)
		delay = next - now < LONGEST_MS ? next - now : LONGEST_MS;
	uv_update_time(alarms->timer.loop);
	uv_timer_start(&alarms->timer, on_timer, (uint64_t)delay, 0);
}

static void
notice_sleep(struct alarms *alarms)
{
	int64_t passed = clock_monotonic_ms() - alarms->clock;
	int64_t awake = clock_awake_ms() - alarms->awake;

	alarms->clock += passed;
	alarms->awake += awake;
	if (passed - awake > SLEPT_MS)
		alarms->woke(alarms->context, passed - awake);
}

void
alarms_ring(struct alarms *alarms)
{
	int64_t now = clock_monotonic_ms();

	notice_sleep(alarms);
	while (alarms->count > 0 && alarms->heap[1]->at <= now) {
		struct alarm *due = alarms->heap[1];

		alarm_stop(alarms, due);
		due->ring(due);
	}
	set_timer(alarms);
}

static void
on_timer(uv_timer_t *timer)
{
	alarms_ring(timer->data);
}

struct alarms *
alarms_new(uv_loop_t *loop, void (*woke)(void *context, int64_t milliseconds), void *context)
{
	struct alarms *alarms = mem_zero(1, sizeof(*alarms));

	alarms->woke = woke;
	alarms->context = context;
	alarms->timer.data = alarms;
	alarms->clock = clock_monotonic_ms();
	alarms->awake = clock_awake_ms();
	uv_timer_init(loop, &alarms->timer);
	set_timer(alarms);
	return alarms;
}

void
alarm_set(struct alarms *alarms, struct alarm *alarm, int64_t at)
{
	if (alarm->slot != 0) {
		if (alarm->at == at)
			return;
		alarm->at = at;
		rise(alarms, alarm);
		sink(alarms, alarm);
	} else {
		if (alarms->count + 2 > alarms->room) {
			alarms->room = alarms->room ? alarms->room * 2 : 64;
			alarms->heap = mem_resize(
				alarms->heap, alarms->room * sizeof(*alarms->heap));
		}
		alarm->at = at;
		place(alarms, ++alarms->count, alarm);
		rise(alarms, alarm);
	}
	if (alarms->heap[1] == alarm)
		set_timer(alarms);
}

void
alarm_stop(struct alarms *alarms, struct alarm *alarm)
{
	struct alarm *last;
	size_t slot = alarm->slot;

	if (slot == 0)
		return;
	alarm->slot = 0;
	last = alarms->heap[alarms->count--];
	if (last == alarm)
		return;
	place(alarms, slot, last);
	rise(alarms, last);
	sink(alarms, last);
}
