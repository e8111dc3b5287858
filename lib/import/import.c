#include "liaison/import/import.h"

#include <string.h>
#include <strings.h>

#include "read.h"

/* A window of a file: its encoding and kind, then the rows of that kind. */

_Static_assert(sizeof(struct state) <= IMPORT_STATE_MAX, "the state crosses as it is");

/* ---- rows ---- */

bool
reading_has_room(const struct reading *reading)
{
	return reading->answer < IMPORT_ANSWER_MAX && reading->out->count < IMPORT_ROWS_MAX;
}

struct import_row *
reading_add_row(struct reading *reading, uint32_t line)
{
	struct import_rows *out = reading->out;

	if (out->count == reading->row_room)
		out->rows = arena_grow(reading->arena, out->rows, out->count, &reading->row_room,
			sizeof *out->rows);
	reading->cell_room = 0;
	out->rows[out->count] = (struct import_row){ .line = line };
	return &out->rows[out->count++];
}

void
reading_add_cell(struct reading *reading, const char *name, const char *value)
{
	struct import_row *row = &reading->out->rows[reading->out->count - 1];

	if (row->count == IMPORT_CELLS_MAX) {
		row->error = "it has over 1000 cells";
		return;
	}
	if (row->count == reading->cell_room)
		row->cells = arena_grow(reading->arena, row->cells, row->count, &reading->cell_room,
			sizeof *row->cells);
	row->cells[row->count++] = (struct import_cell){ name, value };
}

/* One that is at fault crosses without its cells. */
void
reading_end_row(struct reading *reading)
{
	struct import_row *row = &reading->out->rows[reading->out->count - 1];

	if (row->error != NULL)
		row->count = 0;
	reading->answer += import_row_size(row);
}

bool
reading_take_back(struct reading *reading)
{
	struct import_rows *out = reading->out;
	struct import_row *row = &out->rows[out->count - 1];

	if (reading->answer <= IMPORT_ROOM_MAX)
		return false;
	reading->answer -= import_row_size(row);
	if (out->count > 1) {
		out->count--;
		return true;
	}
	row->error = arena_printf(reading->arena, "the row is over %d bytes long", IMPORT_ROW_MAX);
	reading_end_row(reading);
	return false;
}

const char *
reading_text(struct reading *reading, const char *bytes, size_t size)
{
	struct text decoded = { 0 };
	const char *clean;

	if (text_is_utf8(bytes, size))
		return text_clean(reading->arena, bytes, size, size * 3 + 1, true, NULL);
	encoding_windows(bytes, size, &decoded);
	clean = text_clean(
		reading->arena, decoded.bytes, decoded.size, decoded.size * 3 + 1, true, NULL);
	text_clear(&decoded);
	reading->out->rows[reading->out->count - 1].recoded = true;
	return clean;
}

/* ---- windows ---- */

static enum import_type
tell_type(const struct reading *reading)
{
	static const char BEGIN[] = "BEGIN:VCARD";
	size_t at = 0;

	while (at < reading->size && strchr(" \t\r\n", reading->bytes[at]) != NULL)
		at++;
	return reading->size - at >= sizeof BEGIN - 1 &&
			       strncasecmp(reading->bytes + at, BEGIN, sizeof BEGIN - 1) == 0
		       ? IMPORT_VCARD
		       : IMPORT_CSV;
}

static int
read_state(const struct import_window *window, struct state *state, size_t *mark, struct err *err)
{
	enum encoding encoding;

	*mark = 0;
	if (window->state != NULL) {
		if (window->state_size != sizeof *state)
			return fail(err, ERR_FORMAT, "the state of a file is none");
		memcpy(state, window->state, sizeof *state);
		return state->encoding <= ENCODING_UTF16BE
			       ? 0
			       : fail(err, ERR_FORMAT, "the state of a file is none");
	}
	if (encoding_tell(window->bytes, window->size, &encoding, mark, err) < 0)
		return -1;
	*state = (struct state){
		.type = (uint8_t)window->type, .encoding = (uint8_t)encoding, .line = 1
	};
	return 0;
}

static int
read_rows(struct reading *reading, struct err *err)
{
	struct state *state = reading->state;

	if (state->type == IMPORT_ANY)
		state->type = (uint8_t)tell_type(reading);
	if (state->type == IMPORT_CSV)
		return csv_read(reading, err);
	vcard_read(reading);
	return 0;
}

/* The odd byte, and half of a pair, at the end of a file are nothing. */
static uint32_t
consumed(const struct reading *reading, const struct import_window *window, size_t mark)
{
	if (reading->state->encoding == ENCODING_UTF8)
		return (uint32_t)(mark + reading->at);
	if (window->last && reading->at == reading->size)
		return (uint32_t)window->size;
	return (uint32_t)(mark + encoding_length(reading->bytes, reading->at));
}

int
import_read(const struct import_window *window, struct arena *arena, struct import_rows *out,
	struct err *err)
{
	static const char *const NAMES[] = { "utf-8", "utf-16le", "utf-16be" };
	struct import_rows rows = { 0 };
	struct text decoded = { 0 };
	struct state state;
	size_t mark;
	struct reading reading = { .state = &state, .arena = arena, .out = &rows };
	int r;

	if (read_state(window, &state, &mark, err) < 0)
		return -1;
	reading.charsets = window->charsets;
	reading.last = window->last;
	reading.full = window->size >= IMPORT_WINDOW_MAX;
	reading.bytes = window->bytes + mark;
	reading.size = window->size - mark;
	if (state.encoding != ENCODING_UTF8) {
		encoding_decode(state.encoding, reading.bytes, reading.size, &decoded);
		reading.bytes = decoded.size > 0 ? decoded.bytes : "";
		reading.size = decoded.size;
	}
	r = read_rows(&reading, err);
	if (r == 0) {
		rows.type = state.type;
		rows.encoding = NAMES[state.encoding];
		rows.delimiter = state.delimiter;
		rows.consumed = consumed(&reading, window, mark);
		memcpy(rows.state, &state, sizeof state);
		rows.state_size = sizeof state;
		*out = rows;
	}
	text_clear(&decoded);
	return r;
}
