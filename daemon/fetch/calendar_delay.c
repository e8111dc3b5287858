#include "calendar.h"

/* How long a calendar waits for its next look. */

static int64_t
random_below(int64_t limit)
{
	uint32_t random = 0;

	random_bytes(&random, sizeof(random));
	return limit > 0 ? (int64_t)random % limit : 0;
}

/* A tenth more or less, so that many calendars of one server do not come at once. */
int64_t
calendar_poll_ms(const struct calendar *calendar)
{
	int64_t poll = calendar->source->config->poll * 1000;

	return poll - poll / 10 + random_below(poll / 5 + 1);
}

/* From a minute on, doubling, to an hour; a fourth of it by chance. */
static int64_t
backoff_ms(unsigned failures)
{
	int64_t most = (int64_t)CALENDAR_RETRY_MIN_MS << (failures < 6 ? failures : 6);

	if (most > CALENDAR_RETRY_MAX_MS)
		most = CALENDAR_RETRY_MAX_MS;
	return failures == 0 ? most : most - random_below(most / 4);
}

/* So that nobody is locked out: as for accounts. */
static int64_t
denied_ms(unsigned denials)
{
	static const int64_t MINUTES[] = { 1, 5, 15 };

	return (denials < 3 ? MINUTES[denials] : 60) * 60 * 1000;
}

int64_t
calendar_delay_ms(struct calendar *calendar, const struct look_result *result)
{
	int64_t delay = result->state == SOURCE_AUTH_FAILED ? denied_ms(calendar->denials++)
							    : backoff_ms(calendar->failures++);

	return result->retry_ms > delay ? result->retry_ms : delay;
}

/* Soon, but not all in the same second. */
int64_t
calendar_woke_ms(void)
{
	return random_below(CALENDAR_WOKE_MS);
}
