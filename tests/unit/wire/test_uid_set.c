#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/wire/frame.h"

/* The naive model: a flag for each UID up to 199. */
enum { MODEL = 200 };

static void
compare(const struct uid_set *set, const bool *model)
{
	uint64_t size = 0;

	for (uint32_t uid = 1; uid < MODEL; uid++) {
		size += model[uid];
		if (uid_set_has(set, uid) != model[uid])
			fail_msg("uid %u", uid);
	}
	assert_int_equal(uid_set_size(set), size);
	for (size_t i = 0; i < set->count; i++) {
		assert_true(
			set->ranges[i].first >= 1 && set->ranges[i].first <= set->ranges[i].last);
		assert_true(i == 0 || set->ranges[i].first > set->ranges[i - 1].last + 1);
	}
}

static void
set_model(bool *model, uint32_t first, uint32_t last, bool value)
{
	for (uint32_t uid = first; uid <= last; uid++)
		model[uid] = value;
}

static void
step(struct uid_set *set, bool *model)
{
	uint32_t first = 1 + (uint32_t)rand() % (MODEL - 1), last = first + (uint32_t)rand() % 20;

	if (last >= MODEL)
		last = MODEL - 1;
	switch (rand() % 3) {
	case 0:
		uid_set_add(set, first);
		model[first] = true;
		break;
	case 1:
		uid_set_add_range(set, first, last);
		set_model(model, first, last, true);
		break;
	default:
		uid_set_remove(set, first);
		model[first] = false;
	}
}

static void
behaves_as_a_naive_set(void **state)
{
	(void)state;
	srand(23);
	for (int round = 0; round < 300; round++) {
		struct uid_set set = { 0 };
		bool model[MODEL] = { 0 };

		for (int i = 0; i < 100; i++) {
			step(&set, model);
			compare(&set, model);
		}
		uid_set_clear(&set);
	}
}

static void
subtracts_as_a_naive_set(void **state)
{
	(void)state;
	srand(29);
	for (int round = 0; round < 3000; round++) {
		struct uid_set a = { 0 }, b = { 0 };
		bool in_a[MODEL] = { 0 }, in_b[MODEL] = { 0 };

		for (int i = 0; i < 30; i++) {
			step(&a, in_a);
			step(&b, in_b);
		}
		uid_set_subtract(&a, &b);
		for (uint32_t uid = 0; uid < MODEL; uid++)
			in_a[uid] = in_a[uid] && !in_b[uid];
		compare(&a, in_a);
		compare(&b, in_b);
		uid_set_clear(&a);
		uid_set_clear(&b);
	}
}

static void
unites_as_a_naive_set(void **state)
{
	(void)state;
	srand(37);
	for (int round = 0; round < 3000; round++) {
		struct uid_set a = { 0 }, b = { 0 };
		bool in_a[MODEL] = { 0 }, in_b[MODEL] = { 0 };

		for (int i = rand() % 30; i > 0; i--)
			step(&a, in_a);
		for (int i = rand() % 30; i > 0; i--)
			step(&b, in_b);
		uid_set_unite(&a, &b);
		for (uint32_t uid = 0; uid < MODEL; uid++)
			in_a[uid] = in_a[uid] || in_b[uid];
		compare(&a, in_a);
		compare(&b, in_b);
		uid_set_clear(&a);
		uid_set_clear(&b);
	}
}

static void
unites_ranges_that_touch_and_the_ends_and_itself(void **state)
{
	struct uid_set set = { 0 }, other = { 0 };

	(void)state;
	uid_set_add_range(&set, 5, 9);
	uid_set_add_range(&other, 10, UINT32_MAX);
	uid_set_unite(&set, &other);
	assert_int_equal(set.count, 1);
	uid_set_reset(&other);
	uid_set_add_range(&other, 1, 4);
	uid_set_unite(&set, &other);
	assert_int_equal(set.count, 1);
	assert_int_equal(uid_set_size(&set), UINT32_MAX);
	uid_set_unite(&set, &set);
	assert_int_equal(uid_set_size(&set), UINT32_MAX);
	uid_set_clear(&set);
	uid_set_clear(&other);
}

static void
takes_from_either_end(void **state)
{
	(void)state;
	srand(31);
	for (int round = 0; round < 3000; round++) {
		struct uid_set set = { 0 }, taken = { 0 };
		bool model[MODEL] = { 0 }, out[MODEL] = { 0 };
		size_t count = (size_t)rand() % 60, left = count;
		bool highest = rand() % 2;

		for (int i = 0; i < 30; i++)
			step(&set, model);
		for (uint32_t i = 1; i < MODEL && left > 0; i++) {
			uint32_t uid = highest ? MODEL - i : i;

			if (!model[uid])
				continue;
			model[uid] = false;
			out[uid] = true;
			left--;
		}
		if (highest)
			uid_set_take_highest(&set, count, &taken);
		else
			uid_set_take_lowest(&set, count, &taken);
		compare(&set, model);
		compare(&taken, out);
		uid_set_clear(&set);
		uid_set_clear(&taken);
	}
}

static void
holds_the_ends_of_the_range(void **state)
{
	struct uid_set set = { 0 }, taken = { 0 };
	struct text text = { 0 };

	(void)state;
	uid_set_add(&set, UINT32_MAX);
	uid_set_add(&set, 1);
	uid_set_add(&set, 0);
	uid_set_add_range(&set, 5, 4);
	uid_set_add(&set, UINT32_MAX - 1);
	uid_set_text(&set, &text);
	assert_string_equal(text.bytes, "1,4294967294:4294967295");
	assert_false(uid_set_has(&set, 0));
	uid_set_remove(&set, 0);
	uid_set_remove(&set, UINT32_MAX);
	assert_false(uid_set_has(&set, UINT32_MAX));
	uid_set_add_range(&set, 1, UINT32_MAX);
	assert_int_equal(set.count, 1);
	assert_true(uid_set_size(&set) == UINT32_MAX);
	uid_set_take_highest(&set, 1, &taken);
	assert_true(uid_set_has(&taken, UINT32_MAX));
	uid_set_take_lowest(&set, 2, &taken);
	assert_int_equal(set.ranges[0].first, 3);
	uid_set_subtract(&set, &set);
	assert_int_equal(set.count, 0);
	uid_set_clear(&set);
	uid_set_clear(&taken);
	text_clear(&text);
}

static void
writes_sequence_sets(void **state)
{
	struct uid_set set = { 0 };
	struct text text = { 0 };

	(void)state;
	uid_set_text(&set, &text);
	assert_int_equal(text.size, 0);
	uid_set_add(&set, 9);
	uid_set_add_range(&set, 1, 5);
	uid_set_text(&set, &text);
	assert_string_equal(text.bytes, "1:5,9");
	uid_set_clear(&set);
	text_clear(&text);
}

static struct frame_field
field_of(const struct uid_range *ranges, size_t count)
{
	return (struct frame_field){ TAG_UIDS, (const uint8_t *)ranges,
		(uint32_t)(count * sizeof *ranges) };
}

static void
crosses_a_frame_and_is_not_believed(void **state)
{
	static const struct uid_range GOOD[] = { { 1, 5 }, { 6, 6 }, { 9, UINT32_MAX } };
	static const struct uid_range BAD[][2] = { { { 0, 5 }, { 7, 8 } }, { { 5, 4 }, { 7, 8 } },
		{ { 1, 5 }, { 5, 8 } }, { { 7, 8 }, { 1, 5 } }, { { 1, UINT32_MAX }, { 1, 1 } } };
	struct uid_set set = { 0 };
	struct frame_field field = field_of(GOOD, 3);
	struct err err;

	(void)state;
	assert_int_equal(field_uids(&field, &set, &err), 0);
	assert_int_equal(set.count, 2);
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		uid_set_reset(&set);
		field = field_of(BAD[i], 2);
		assert_int_equal(field_uids(&field, &set, &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
		assert_int_equal(set.count, 0);
	}
	field = field_of(GOOD, 1);
	field.size = 7;
	assert_int_equal(field_uids(&field, &set, &err), -1);
	uid_set_clear(&set);
}

static void
is_written_as_it_is_read(void **state)
{
	struct uid_set set = { 0 }, back = { 0 };
	struct text out = { 0 };
	struct frame_writer writer;
	struct frame_reader reader = { 0 };
	struct frame frame;
	struct frame_field field;
	size_t cursor = 0;

	(void)state;
	for (uint32_t uid = 1; uid < 20000; uid += 3)
		uid_set_add(&set, uid);
	frame_begin(&writer, &out, FRAME_UIDS, 1, 1);
	frame_put_uids(&writer, TAG_UIDS, &set);
	frame_end(&writer);
	frame_reader_feed(&reader, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&reader, &frame, NULL), 1);
	assert_int_equal(frame_field_next(&frame, &cursor, &field, NULL), 1);
	assert_int_equal(field_uids(&field, &back, NULL), 0);
	assert_int_equal(back.count, set.count);
	assert_memory_equal(back.ranges, set.ranges, set.count * sizeof *set.ranges);
	uid_set_clear(&set);
	uid_set_clear(&back);
	text_clear(&out);
	frame_reader_clear(&reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaves_as_a_naive_set),
		cmocka_unit_test(subtracts_as_a_naive_set),
		cmocka_unit_test(unites_as_a_naive_set),
		cmocka_unit_test(unites_ranges_that_touch_and_the_ends_and_itself),
		cmocka_unit_test(takes_from_either_end),
		cmocka_unit_test(holds_the_ends_of_the_range),
		cmocka_unit_test(writes_sequence_sets),
		cmocka_unit_test(crosses_a_frame_and_is_not_believed),
		cmocka_unit_test(is_written_as_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
