#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/arena.h"
#include "liaison/wire/frame.h"

static struct text out;
static struct frame_reader reader;

static int
set_up(void **state)
{
	(void)state;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	text_clear(&out);
	frame_reader_clear(&reader);
	return 0;
}

static uint8_t *
pattern(size_t size)
{
	uint8_t *bytes = mem_alloc(size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
	return bytes;
}

static void
put_message(uint16_t type, uint32_t source, uint32_t token, size_t size)
{
	struct frame_writer writer;
	uint8_t *bytes = pattern(size);

	frame_begin(&writer, &out, (enum frame_type)type, source, token);
	frame_put(&writer, TAG_BYTES, bytes, size);
	frame_end(&writer);
	free(bytes);
}

static void
expect_message(uint16_t type, uint32_t source, uint32_t token, size_t size)
{
	struct frame frame;
	struct frame_field field;
	size_t cursor = 0;
	struct err err;
	uint8_t *bytes = pattern(size);

	assert_int_equal(frame_reader_next(&reader, &frame, &err), 1);
	assert_int_equal(frame.type, type);
	assert_int_equal(frame.source, source);
	assert_int_equal(frame.token, token);
	assert_int_equal(frame_field_next(&frame, &cursor, &field, &err), 1);
	assert_int_equal(field.tag, TAG_BYTES);
	assert_int_equal(field.size, size);
	assert_memory_equal(field.bytes, bytes, size);
	assert_int_equal(frame_field_next(&frame, &cursor, &field, &err), 0);
	free(bytes);
}

static const size_t SIZES[] = { 0, 1, 100, FRAME_CHUNK_MAX - 9, FRAME_CHUNK_MAX - 8,
	FRAME_CHUNK_MAX - 7, FRAME_CHUNK_MAX, 3 * FRAME_CHUNK_MAX - 8, 3 * FRAME_CHUNK_MAX,
	FRAME_MESSAGE_MAX - 8 };

enum { SIZE_COUNT = sizeof SIZES / sizeof SIZES[0] };

static void
carries_messages_of_every_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZE_COUNT; i++)
		put_message((uint16_t)(i + 1), (uint32_t)i, (uint32_t)(i * 3), SIZES[i]);
	frame_reader_feed(&reader, out.bytes, out.size);
	for (size_t i = 0; i < SIZE_COUNT; i++)
		expect_message((uint16_t)(i + 1), (uint32_t)i, (uint32_t)(i * 3), SIZES[i]);
}

static void
puts_messages_together_from_single_bytes(void **state)
{
	struct frame frame;
	size_t seen = 0;

	(void)state;
	put_message(5, 1, 2, 100);
	put_message(6, 1, 2, FRAME_CHUNK_MAX + 100);
	put_message(7, 1, 2, 0);
	for (size_t i = 0; i < out.size; i++) {
		frame_reader_feed(&reader, out.bytes + i, 1);
		while (frame_reader_next(&reader, &frame, NULL) == 1) {
			assert_int_equal(frame.type, 5 + seen);
			seen++;
		}
	}
	assert_int_equal(seen, 3);
}

static void
hands_out_a_message_of_one_chunk_where_it_lies(void **state)
{
	struct frame frame;

	(void)state;
	put_message(5, 1, 2, 100);
	frame_reader_feed(&reader, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&reader, &frame, NULL), 1);
	assert_ptr_equal(frame.bytes, reader.in.bytes + FRAME_HEADER_SIZE);
	assert_null(reader.message.bytes);
}

static void
splits_into_chunks_a_packet_can_carry(void **state)
{
	size_t at = 0, chunks = 0, size;

	(void)state;
	put_message(5, 1, 2, FRAME_MESSAGE_MAX - 8);
	while ((size = frame_chunk_size(out.bytes + at, out.size - at)) > 0) {
		assert_in_range(size, FRAME_HEADER_SIZE, FRAME_HEADER_SIZE + FRAME_CHUNK_MAX);
		frame_reader_feed(&reader, out.bytes + at, size);
		at += size;
		chunks++;
	}
	assert_int_equal(at, out.size);
	assert_int_equal(chunks, FRAME_MESSAGE_MAX / FRAME_CHUNK_MAX);
	expect_message(5, 1, 2, FRAME_MESSAGE_MAX - 8);
	assert_int_equal(frame_chunk_size(out.bytes, 15), 0);
	assert_int_equal(frame_chunk_size(out.bytes, 1000), 0);
}

static void
put_chunk(uint32_t size, uint16_t type, uint16_t flags, uint32_t source, uint32_t token,
	size_t payload)
{
	uint8_t *bytes = pattern(payload);

	text_add_n(&out, &size, 4);
	text_add_n(&out, &type, 2);
	text_add_n(&out, &flags, 2);
	text_add_n(&out, &source, 4);
	text_add_n(&out, &token, 4);
	text_add_n(&out, bytes, payload);
	free(bytes);
}

static int
read_all(void)
{
	struct frame frame;
	struct err err;
	int more;

	frame_reader_clear(&reader);
	frame_reader_feed(&reader, out.bytes, out.size);
	while ((more = frame_reader_next(&reader, &frame, &err)) == 1)
		;
	if (more < 0)
		assert_int_equal(err.code, ERR_FORMAT);
	text_reset(&out);
	return more;
}

static void
gives_up_on_chunks_that_are_none(void **state)
{
	(void)state;
	put_chunk(FRAME_CHUNK_MAX + 1, 1, 0, 0, 0, 0);
	assert_int_equal(read_all(), -1);
	put_chunk(0xffffffff, 1, 0, 0, 0, 0);
	assert_int_equal(read_all(), -1);
	put_chunk(0, 0, 0, 0, 0, 0);
	assert_int_equal(read_all(), -1);
	put_chunk(0, 1, 2, 0, 0, 0);
	assert_int_equal(read_all(), -1);
	put_chunk(0, 1, 1, 0, 0, 0); /* an endless run of nothing */
	assert_int_equal(read_all(), -1);
	put_chunk(8, 1, 1, 5, 6, 8);
	put_chunk(8, 2, 0, 5, 6, 8); /* another message within the first */
	assert_int_equal(read_all(), -1);
	put_chunk(8, 1, 1, 5, 6, 8);
	put_chunk(8, 1, 0, 5, 7, 8);
	assert_int_equal(read_all(), -1);
	put_chunk(8, 1, 1, 5, 6, 8);
	put_chunk(8, 1, 0, 6, 6, 8);
	assert_int_equal(read_all(), -1);
	for (int i = 0; i < 17; i++)
		put_chunk(FRAME_CHUNK_MAX, 1, 1, 0, 0, FRAME_CHUNK_MAX);
	assert_int_equal(read_all(), -1);
	put_chunk(8, 1, 1, 5, 6, 8);
	put_chunk(8, 1, 0, 5, 6, 8);
	assert_int_equal(read_all(), 0);
}

static void
gives_up_on_fields_that_are_none(void **state)
{
	static const struct {
		uint16_t tag, zero;
		uint32_t size;
		size_t room;
	} CASES[] = { { 0, 0, 0, 8 }, { 1, 1, 0, 8 }, { 1, 0, 1, 8 }, { 1, 0, 0xffffffff, 8 },
		{ 1, 0, 0, 7 }, { 1, 0, 9, 16 } };

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		uint8_t bytes[16] = { 0 };
		struct frame frame = { .type = 1, .bytes = bytes, .size = CASES[i].room };
		struct frame_field field;
		struct err err;
		size_t cursor = 0;

		memcpy(bytes, &CASES[i], 8);
		assert_int_equal(frame_field_next(&frame, &cursor, &field, &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
	}
}

/* Any one byte changed: a message, an error or a wait, but nothing read that was not sent. */
static void
survives_a_corrupted_byte(void **state)
{
	(void)state;
	srand(17);
	for (int round = 0; round < 20000; round++) {
		struct frame frame;
		char *bytes;

		text_reset(&out);
		frame_reader_clear(&reader);
		put_message(5, 1, 2, (size_t)rand() % 40);
		put_message(6, 1, 2, (size_t)rand() % 40);
		bytes = mem_alloc(out.size);
		memcpy(bytes, out.bytes, out.size);
		bytes[(size_t)rand() % out.size] = (char)rand();
		frame_reader_feed(&reader, bytes, (size_t)rand() % (out.size + 1));
		free(bytes);
		for (int i = 0; i < 10 && frame_reader_next(&reader, &frame, NULL) == 1; i++) {
			struct frame_field field;
			size_t cursor = 0;

			while (frame_field_next(&frame, &cursor, &field, NULL) == 1)
				assert_true(field.bytes + field.size <= frame.bytes + frame.size);
		}
	}
}

static void
reads_values_and_refuses_others(void **state)
{
	struct arena *arena = arena_new();
	struct frame_writer writer;
	struct frame frame;
	struct frame_field field;
	size_t cursor = 0;
	uint64_t number;
	int64_t signed_number;
	const char *text;

	(void)state;
	frame_begin(&writer, &out, FRAME_STATE, 1, 2);
	frame_put_u64(&writer, TAG_NUMBER, 77);
	frame_put_i64(&writer, TAG_NEXT_TRY, -5);
	frame_put_text(&writer, TAG_TEXT, "grün");
	frame_put_text(&writer, TAG_ERROR, NULL);
	frame_put(&writer, TAG_BYTES, "a\0b", 3);
	frame_put(&writer, TAG_VALUE, "\xff", 1);
	frame_put_flag(&writer, TAG_LAST);
	frame_end(&writer);
	frame_reader_feed(&reader, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&reader, &frame, NULL), 1);
	frame_field_next(&frame, &cursor, &field, NULL);
	assert_int_equal(field_u64(&field, 77, &number, NULL), 0);
	assert_int_equal(number, 77);
	assert_int_equal(field_u64(&field, 76, &number, NULL), -1);
	frame_field_next(&frame, &cursor, &field, NULL);
	assert_int_equal(field_i64(&field, &signed_number, NULL), 0);
	assert_true(signed_number == -5);
	frame_field_next(&frame, &cursor, &field, NULL);
	assert_int_equal(field_text(&field, arena, 5, &text, NULL), 0);
	assert_string_equal(text, "grün");
	assert_int_equal(field_text(&field, arena, 4, &text, NULL), -1);
	assert_int_equal(field_u64(&field, 100, &number, NULL), -1);
	frame_field_next(&frame, &cursor, &field, NULL);
	assert_int_equal(field.tag, TAG_BYTES);
	assert_int_equal(field_text(&field, arena, 100, &text, NULL), -1);
	frame_field_next(&frame, &cursor, &field, NULL);
	assert_int_equal(field_text(&field, arena, 100, &text, NULL), -1);
	frame_field_next(&frame, &cursor, &field, NULL);
	assert_int_equal(field.tag, TAG_LAST);
	assert_int_equal(field.size, 0);
	assert_int_equal(frame_field_next(&frame, &cursor, &field, NULL), 0);
	arena_free(arena);
}

static void
passes_on_the_fields_of_another(void **state)
{
	struct frame_writer writer;
	struct frame frame;
	struct text second = { 0 };

	(void)state;
	put_message(FRAME_ITEM, 1, 2, 1000);
	frame_reader_feed(&reader, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&reader, &frame, NULL), 1);
	frame_begin(&writer, &second, FRAME_PARSE_MESSAGE, 3, 4);
	frame_put_fields(&writer, frame.bytes, frame.size);
	frame_end(&writer);
	frame_reader_clear(&reader);
	frame_reader_feed(&reader, second.bytes, second.size);
	expect_message(FRAME_PARSE_MESSAGE, 3, 4, 1000);
	text_clear(&second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(carries_messages_of_every_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			puts_messages_together_from_single_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			hands_out_a_message_of_one_chunk_where_it_lies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			splits_into_chunks_a_packet_can_carry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			gives_up_on_chunks_that_are_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			gives_up_on_fields_that_are_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_a_corrupted_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_values_and_refuses_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(passes_on_the_fields_of_another, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
