/* Bytes of a stream from a child that is not believed: chunks, fields, values, UID sets. The first
 * byte says in what pieces they arrive. */
#include <stdlib.h>

#include "liaison/base/arena.h"
#include "liaison/wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
read_fields(const struct frame *frame, struct arena *arena)
{
	struct frame_field field;
	struct uid_set uids = { 0 };
	struct err err;
	size_t cursor = 0;

	while (frame_field_next(frame, &cursor, &field, &err) == 1) {
		const char *text;
		uint64_t number;
		int64_t signed_number;

		field_u64(&field, 1000, &number, &err);
		field_i64(&field, &signed_number, &err);
		if (field_text(&field, arena, 1000, &text, &err) == 0 &&
			!text_is_utf8(text, field.size))
			abort();
		uid_set_reset(&uids);
		if (field_uids(&field, &uids, &err) == 0 && uid_set_size(&uids) > UINT32_MAX)
			abort();
	}
	if (cursor > frame->size)
		abort();
	uid_set_clear(&uids);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *arena = arena_new();
	struct frame_reader reader = { 0 };
	struct frame frame;
	struct err err;
	size_t piece = size > 0 ? bytes[0] + 1u : 1;
	int more = 0;

	for (size_t at = 1; at < size && more >= 0; at += piece) {
		frame_reader_feed(&reader, bytes + at, size - at < piece ? size - at : piece);
		while ((more = frame_reader_next(&reader, &frame, &err)) == 1) {
			if (frame.size > FRAME_MESSAGE_MAX || frame.type == 0)
				abort();
			read_fields(&frame, arena);
		}
	}
	frame_reader_clear(&reader);
	arena_free(arena);
	return 0;
}
