#include <stdlib.h>
#include <string.h>

#include "liaison/import/import.h"

/* A file read window by window: each is answered with something, its rows are within the limits and cross to
 * the engine as they are, and windows of another size give the same rows. The first byte is the size. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#ifndef FUZZED_TYPE
#define FUZZED_TYPE IMPORT_CSV
#endif

static struct arena *arena;

static void
cross(const struct import_rows *rows, size_t window, struct import_rows *back)
{
	struct frame_reader reader = { 0 };
	struct frame_writer writer;
	struct text out = { 0 };
	struct frame frame;
	struct err err;

	frame_begin(&writer, &out, FRAME_IMPORT_ROWS, 0, 1);
	import_encode(&writer, rows);
	frame_end(&writer);
	frame_reader_feed(&reader, out.bytes, out.size);
	if (frame_reader_next(&reader, &frame, &err) != 1 ||
		import_decode(&frame, arena, window, back, &err) < 0 || back->count != rows->count)
		abort();
	frame_reader_clear(&reader);
	text_clear(&out);
}

static uint64_t
sum(uint64_t total, const struct import_row *row)
{
	total = total * 31 + row->line;
	for (unsigned i = 0; i < row->count; i++)
		for (const char *at = row->cells[i].value; *at != '\0'; at++)
			total = total * 31 + (unsigned char)*at;
	return total * 31 + row->count;
}

/* Rows and their sum; false: it is no such file. */
static bool
read_all(const char *bytes, size_t size, size_t step, uint64_t *total)
{
	struct import_window window = { .type = FUZZED_TYPE };
	struct import_rows rows, back = { 0 };
	size_t at = 0, wanted = step;
	struct err err;

	*total = 0;
	do {
		window.bytes = bytes + at;
		window.size = size - at < wanted ? size - at : wanted;
		window.last = at + window.size == size;
		if (import_read(&window, arena, &rows, &err) < 0) {
			if (err.code != ERR_USAGE)
				abort();
			return false;
		}
		cross(&rows, window.size, &back);
		for (unsigned i = 0; i < back.count; i++)
			*total = sum(*total, &back.rows[i]);
		if (back.consumed == 0 && (window.last || window.size >= IMPORT_WINDOW_MAX) &&
			window.size > 0)
			abort();
		wanted = back.consumed == 0 ? wanted + step : step;
		at += back.consumed;
		window.state = back.state;
		window.state_size = back.state_size;
	} while (at < size);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint64_t whole, parts;
	size_t step;

	if (size == 0)
		return 0;
	if (arena == NULL)
		arena = arena_new();
	step = (size_t)bytes[0] * 16 + 400; /* the encoding is told by the first 400 */
	bytes++;
	size--;
	if (read_all((const char *)bytes, size, IMPORT_WINDOW_MAX, &whole) &&
		read_all((const char *)bytes, size, step, &parts) && whole != parts)
		abort();
	arena_reset(arena);
	return 0;
}
