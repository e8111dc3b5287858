#include "test.h"

#include "alarm.h"
#include "liaison/base/clock.h"
#include "rate.h"

struct rung {
	int count;
	int order[8];
	uv_loop_t *loop;
	int expected;
};

struct bell {
	struct alarm alarm;
	struct turn turn;
	struct rung *rung;
	int number;
};

static void
note(struct bell *bell)
{
	bell->rung->order[bell->rung->count++] = bell->number;
	if (bell->rung->count == bell->rung->expected)
		uv_stop(bell->rung->loop);
}

static void
ring(struct alarm *alarm)
{
	note(alarm->owner);
}

static void
go(struct turn *turn)
{
	note(turn->owner);
}

static void
slept(void *context, int64_t milliseconds)
{
	(void)context;
	(void)milliseconds;
}

static void
make_bells(struct bell *bells, int count, struct rung *rung)
{
	for (int i = 0; i < count; i++) {
		bells[i] = (struct bell){ .rung = rung, .number = i };
		bells[i].alarm.ring = ring;
		bells[i].alarm.owner = &bells[i];
		bells[i].turn.go = go;
		bells[i].turn.owner = &bells[i];
		bells[i].turn.host = i < 3 ? "one" : "other";
	}
}

static void
rings_in_the_order_of_time(void **state)
{
	static uv_loop_t loop;
	struct rung rung = { .loop = &loop, .expected = 4 };
	struct bell bells[5];
	struct alarms *alarms;
	int64_t now = clock_monotonic_ms();

	(void)state;
	uv_loop_init(&loop);
	alarms = alarms_new(&loop, slept, NULL);
	make_bells(bells, 5, &rung);
	alarm_set(alarms, &bells[0].alarm, now + 40);
	alarm_set(alarms, &bells[1].alarm, now + 10);
	alarm_set(alarms, &bells[2].alarm, now + 5000);
	alarm_set(alarms, &bells[3].alarm, now + 30);
	alarm_set(alarms, &bells[4].alarm, now + 20);
	alarm_set(alarms, &bells[2].alarm, now + 15); /* moved */
	alarm_stop(alarms, &bells[4].alarm);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(rung.order[0], 1);
	assert_int_equal(rung.order[1], 2);
	assert_int_equal(rung.order[2], 3);
	assert_int_equal(rung.order[3], 0);
	assert_int_equal(bells[0].alarm.slot, 0);
}

static void
keeps_the_heap_in_order_whatever_is_set_and_stopped(void **state)
{
	static uv_loop_t loop;
	static struct bell bells[300];
	struct rung rung = { .loop = &loop };
	struct alarms *alarms;
	int64_t far = clock_monotonic_ms() + 1000 * 1000;
	unsigned seed = 7;

	(void)state;
	uv_loop_init(&loop);
	alarms = alarms_new(&loop, slept, NULL);
	make_bells(bells, 300, &rung);
	for (int i = 0; i < 20000; i++) {
		struct bell *bell = &bells[(seed = seed * 1103515245 + 12345) / 65536 % 300];

		if (seed / 4096 % 3 == 0)
			alarm_stop(alarms, &bell->alarm);
		else
			alarm_set(alarms, &bell->alarm, far + seed / 256 % 100000);
	}
	for (int i = 0; i < 300; i++)
		alarm_stop(alarms, &bells[i].alarm);
	for (int i = 0; i < 300; i++)
		assert_int_equal(bells[i].alarm.slot, 0);
}

static void
lets_a_host_connect_as_often_as_it_may_and_others_past_it(void **state)
{
	static uv_loop_t loop;
	struct rung rung = { .loop = &loop, .expected = 4 };
	struct bell bells[5];
	struct rate *rate;

	(void)state;
	uv_loop_init(&loop);
	rate = rate_new(alarms_new(&loop, slept, NULL));
	rate_limit(rate, 50, 2);
	make_bells(bells, 5, &rung);
	for (int i = 0; i < 5; i++)
		rate_wait(rate, &bells[i].turn);
	rate_leave(rate, &bells[4].turn);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(rung.order[0], 0);
	assert_int_equal(rung.order[1], 1);
	assert_int_equal(rung.order[2], 3); /* of another host: not held up by the third */
	assert_int_equal(rung.order[3], 2);
	assert_false(bells[4].turn.waiting);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_in_the_order_of_time),
		cmocka_unit_test(keeps_the_heap_in_order_whatever_is_set_and_stopped),
		cmocka_unit_test(lets_a_host_connect_as_often_as_it_may_and_others_past_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
