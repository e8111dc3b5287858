#include "reader.h"

#include <stdlib.h>

int
reader_open(void **state)
{
	struct reader *reader = mem_zero(1, sizeof *reader);

	reader->arena = arena_new();
	reader->step = IMPORT_WINDOW_MIN;
	*state = reader;
	return 0;
}

int
reader_close(void **state)
{
	struct reader *reader = *state;

	arena_free(reader->arena);
	free(reader);
	return 0;
}

static void
keep(struct reader *reader, const struct import_rows *rows)
{
	struct import_row *more = arena_array(
		reader->arena, reader->count + rows->count + 1, sizeof *more);

	if (reader->count > 0)
		memcpy(more, reader->rows, reader->count * sizeof *more);
	if (rows->count > 0)
		memcpy(more + reader->count, rows->rows, rows->count * sizeof *more);
	reader->rows = more;
	reader->count += rows->count;
	reader->left_out += rows->left_out;
	for (unsigned i = 0; i < rows->left_count; i++)
		import_leave(reader->left, &reader->left_count, rows->left[i]);
	reader->type = rows->type;
	reader->encoding = rows->encoding;
	reader->delimiter = rows->delimiter;
}

/* Through the wire. */
static void
cross(struct reader *reader, const struct import_rows *rows, size_t window,
	struct import_rows *back)
{
	struct frame_reader frames = { 0 };
	struct frame_writer writer;
	struct text out = { 0 };
	struct frame frame;

	frame_begin(&writer, &out, FRAME_IMPORT_ROWS, 0, 1);
	import_encode(&writer, rows);
	frame_end(&writer);
	frame_reader_feed(&frames, out.bytes, out.size);
	assert_int_equal(frame_reader_next(&frames, &frame, &reader->err), 1);
	if (import_decode(&frame, reader->arena, window, back, &reader->err) < 0)
		fail_msg("%s", reader->err.message);
	frame_reader_clear(&frames);
	text_clear(&out);
}

int
read_file(struct reader *reader, enum import_type type, const char *bytes, size_t size)
{
	struct import_window window = { .type = type, .charsets = reader->charsets };
	struct import_rows rows, back;
	size_t at = 0, wanted = reader->step;

	reader->count = reader->left_out = reader->left_count = 0;
	do {
		window.bytes = bytes + at;
		window.size = size - at < wanted ? size - at : wanted;
		window.last = at + window.size == size;
		if (import_read(&window, reader->arena, &rows, &reader->err) < 0)
			return -1;
		cross(reader, &rows, window.size, &back);
		keep(reader, &back);
		if (back.consumed == 0 && (window.last || window.size >= IMPORT_WINDOW_MAX))
			fail_msg("a window of %zu bytes at %zu is answered with nothing",
				window.size, at);
		wanted = back.consumed == 0 ? wanted + reader->step : reader->step;
		at += back.consumed;
		window.state = arena_alloc(reader->arena, back.state_size);
		memcpy((void *)(uintptr_t)window.state, back.state, back.state_size);
		window.state_size = back.state_size;
	} while (at < size);
	return 0;
}

void
read_text(struct reader *reader, const char *text)
{
	if (read_file(reader, IMPORT_ANY, text, strlen(text)) < 0)
		fail_msg("%s", reader->err.message);
}

const char *
row_text(struct reader *reader, unsigned row)
{
	const struct import_row *of = &reader->rows[row];
	const char *text = "";

	assert_true(row < reader->count);
	if (of->error != NULL)
		return arena_printf(reader->arena, "!%s", of->error);
	for (unsigned i = 0; i < of->count; i++)
		text = arena_printf(reader->arena, "%s%s%s%s%s", text, i > 0 ? "|" : "",
			of->cells[i].name != NULL ? of->cells[i].name : "",
			of->cells[i].name != NULL ? "=" : "", of->cells[i].value);
	return text;
}
