#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
#include "rate.h"

/* Many that want to connect at once, in a time of the test's own. */

enum { SECOND = 1000, VISITORS = 500, HOSTS = 40, ALL = 10, A_HOST = 5 };

static int64_t now_ms = 3600 * SECOND;

int64_t
clock_awake_ms(void)
{
	return now_ms;
}

int64_t
clock_monotonic_ms(void)
{
	return now_ms;
}

int64_t
clock_now(void)
{
	return now_ms / SECOND;
}

struct visits {
	struct turn turns[VISITORS];
	const char *hosts[VISITORS]; /* in the order they went */
	int64_t at[VISITORS];
	size_t count;
};

static void
go(struct turn *turn)
{
	struct visits *visits = turn->owner;

	visits->hosts[visits->count] = turn->host;
	visits->at[visits->count++] = now_ms;
}

static void
slept(void *context, int64_t milliseconds)
{
	(void)context;
	(void)milliseconds;
}

/* The network is back, and all sources want to connect. */
static void
storm(struct visits *visits)
{
	static uv_loop_t loop;
	static char hosts[HOSTS][20];
	struct alarms *alarms;
	struct rate *rate;

	uv_loop_init(&loop);
	alarms = alarms_new(&loop, slept, NULL);
	rate = rate_new(alarms);
	rate_limit(rate, ALL, A_HOST);
	for (size_t i = 0; i < VISITORS; i++) {
		/* Every second one goes to the first host. */
		size_t host = i % 2 == 0 ? 0 : i % HOSTS;

		snprintf(hosts[host], sizeof(hosts[host]), "imap%zu.x.example", host);
		visits->turns[i] = (struct turn){ .host = hosts[host], .go = go, .owner = visits };
		rate_wait(rate, &visits->turns[i]);
	}
	while (visits->count < VISITORS) {
		assert_true(alarms_next(alarms) > now_ms);
		now_ms = alarms_next(alarms);
		alarms_ring(alarms);
	}
}

static size_t
others_within_a_second(const struct visits *visits, size_t place, bool of_its_host)
{
	size_t count = 0;

	for (size_t i = place; i < VISITORS && visits->at[i] < visits->at[place] + SECOND; i++)
		count += !of_its_host || visits->hosts[i] == visits->hosts[place];
	return count;
}

static void
lets_so_many_connect_in_a_second_wherever_it_begins(void **state)
{
	struct visits *visits = mem_zero(1, sizeof(*visits));

	(void)state;
	storm(visits);
	for (size_t i = 0; i < VISITORS; i++) {
		assert_in_range(others_within_a_second(visits, i, false), 1, ALL);
		assert_in_range(others_within_a_second(visits, i, true), 1, A_HOST);
	}
	assert_in_range(visits->at[VISITORS - 1] - visits->at[0], 40 * SECOND, 60 * SECOND);
	free(visits);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_so_many_connect_in_a_second_wherever_it_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
