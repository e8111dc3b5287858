#ifndef LIAISON_TESTS_FETCH_STAND_IN_H
#define LIAISON_TESTS_FETCH_STAND_IN_H

/* Included by one file of a program: that program's clocks, dials and secrets are those of the world. */

#include "crew.h"
#include "dial.h"
#include "liaison/base/clock.h"
#include "world.h"

int64_t
clock_awake_ms(void)
{
	return world_awake_ms();
}

int64_t
clock_monotonic_ms(void)
{
	return world_monotonic_ms();
}

int64_t
clock_now(void)
{
	return world_now();
}

struct dial *
dial_host(uv_loop_t *loop, struct alarms *alarms, const char *host, int port, dial_done *done,
	void *context)
{
	(void)loop;
	assert_int_equal(port, 143);
	return world_dial(alarms, host, done, context);
}

void
dial_cancel(struct dial *dial)
{
	world_dial_cancel(dial);
}

void
crew_ask_secret(struct crew *crew, uint32_t source, uint32_t token)
{
	(void)crew;
	world_ask_secret(source, token);
}

void
crew_tell_refusal(struct crew *crew, uint32_t source, const struct refusal *refusal)
{
	(void)crew;
	world_note_refusal(source, refusal);
}

#endif
