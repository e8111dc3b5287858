#include <time.h>

#include "liaison/base/clock.h"

/* Apart from what is reckoned with times, so that a test may be linked with clocks of its own. */

static int64_t
milliseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int64_t
clock_monotonic_ms(void)
{
	return milliseconds(CLOCK_BOOTTIME);
}

int64_t
clock_awake_ms(void)
{
	return milliseconds(CLOCK_MONOTONIC);
}
