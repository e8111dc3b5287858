#include "test.h"

#include "write.h"

/* When two slices share a transaction. */

static void
shares_nothing_before_a_transaction_was_timed(void **state)
{
	struct pipeline pipeline = { 0 };

	(void)state;
	assert_false(write_is_short(&pipeline, 2));
	pipeline.row_us = 1;
	assert_true(write_is_short(&pipeline, 2));
}

static void
shares_as_long_as_the_pen_is_free_again_within_100_ms(void **state)
{
	struct pipeline pipeline = { .row_us = 50 };

	(void)state;
	assert_true(write_is_short(&pipeline, 2 * SLICE_MAX));
	pipeline.row_us = 100;
	assert_false(write_is_short(&pipeline, 2 * SLICE_MAX));
	assert_true(write_is_short(&pipeline, SLICE_MAX + PRESSED_MAX));
}

static void
shares_no_more_than_two_slices_hold(void **state)
{
	struct pipeline pipeline = { .row_us = 1 };

	(void)state;
	assert_false(write_is_short(&pipeline, 2 * SLICE_MAX + 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_nothing_before_a_transaction_was_timed),
		cmocka_unit_test(shares_as_long_as_the_pen_is_free_again_within_100_ms),
		cmocka_unit_test(shares_no_more_than_two_slices_hold),
	};

	return cmocka_run_group_tests_name("write", tests, NULL, NULL);
}
