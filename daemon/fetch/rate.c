#include <stdbool.h>

#include "rate.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
#include "liaison/base/crypt.h"

enum { HOST_BUCKETS = 256, PLACES_MAX = 1000 };

/* When the last ones connected; a ring, so that no second (or longer, of less than one a second) has more
 * than the limit, wherever it begins. */
struct window {
	int64_t *ends; /* own; when each counts no more, the oldest at next; NULL: never used */
	size_t count, next;
};

struct host {
	struct host *next;
	char *name; /* own */
	struct window window;
};

struct rate {
	struct alarms *alarms;
	struct alarm alarm;
	double all, a_host;
	struct window window;
	struct host *hosts[HOST_BUCKETS];
	struct turn *first, *last;
};

static struct host *
host_named(struct rate *rate, const char *name)
{
	struct host **at = &rate->hosts[hash64(name, strlen(name)) % HOST_BUCKETS];

	for (; *at; at = &(*at)->next)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	*at = mem_zero(1, sizeof(**at));
	(*at)->name = mem_text(name);
	return *at;
}

static size_t
places_of(double limit)
{
	return limit > PLACES_MAX ? PLACES_MAX : limit >= 1 ? (size_t)limit : 1;
}

/* Milliseconds until one more may connect. Another limit begins anew. */
static int64_t
wait_for(struct window *window, double limit, int64_t now)
{
	if (window->count != places_of(limit)) {
		window->count = places_of(limit);
		window->next = 0;
		free(window->ends);
		window->ends = mem_zero(window->count, sizeof(*window->ends));
	}
	return window->ends[window->next] > now ? window->ends[window->next] - now : 0;
}

static void
note(struct window *window, double limit, int64_t now)
{
	window->ends[window->next] = now + (int64_t)((double)window->count * 1000 / limit) + 1;
	window->next = (window->next + 1) % window->count;
}

static void
take_out(struct rate *rate, struct turn *turn)
{
	*(turn->previous ? &turn->previous->next : &rate->first) = turn->next;
	*(turn->next ? &turn->next->previous : &rate->last) = turn->previous;
	turn->previous = turn->next = NULL;
	turn->waiting = false;
}

/* Lets go who may; the next look is when the first of the others may. */
static void
serve(struct rate *rate)
{
	int64_t now = clock_monotonic_ms(), soonest = 60000;

	for (struct turn *turn = rate->first, *next; turn; turn = next) {
		struct host *host = host_named(rate, turn->host);
		int64_t all = wait_for(&rate->window, rate->all, now);
		int64_t one = wait_for(&host->window, rate->a_host, now);

		next = turn->next;
		if (all == 0 && one == 0) {
			note(&rate->window, rate->all, now);
			note(&host->window, rate->a_host, now);
			take_out(rate, turn);
			turn->go(turn);
			continue;
		}
		if ((all > one ? all : one) < soonest)
			soonest = all > one ? all : one;
		if (all > 0)
			break;
	}
	if (rate->first)
		alarm_set(rate->alarms, &rate->alarm, now + soonest);
}

static void
ring(struct alarm *alarm)
{
	serve(alarm->owner);
}

struct rate *
rate_new(struct alarms *alarms)
{
	struct rate *rate = mem_zero(1, sizeof(*rate));

	rate->alarms = alarms;
	rate->alarm.ring = ring;
	rate->alarm.owner = rate;
	rate_limit(rate, 10, 5);
	return rate;
}

void
rate_limit(struct rate *rate, double all, double a_host)
{
	rate->all = all > 0.01 ? all : 0.01;
	rate->a_host = a_host > 0.01 ? a_host : 0.01;
}

void
rate_wait(struct rate *rate, struct turn *turn)
{
	turn->next = NULL;
	turn->previous = rate->last;
	*(rate->last ? &rate->last->next : &rate->first) = turn;
	rate->last = turn;
	turn->waiting = true;
	if (rate->first == turn)
		serve(rate);
	else
		alarm_set(rate->alarms, &rate->alarm, clock_monotonic_ms() + 1);
}

void
rate_leave(struct rate *rate, struct turn *turn)
{
	if (turn->waiting)
		take_out(rate, turn);
}
