#include "liaison/wire/import.h"

#include <string.h>

#include "bounded.h"

/* Fields of FRAME_IMPORT_ROWS; each row opens a group. */
enum import_tag {
	IM_TYPE = TAG_MEETING + 96,
	IM_ENCODING,
	IM_DELIMITER,
	IM_CONSUMED,
	IM_STATE,
	IM_LEFT_OUT,
	IM_ROW, /* its line */
	IM_HEADER,
	IM_RECODED,
	IM_ERROR,
	IM_NAME, /* of the cell that follows */
	IM_CELL,
	IM_LEFT, /* the name of a property that is left out */
};

enum { FIELD_HEAD = 8 };

static const char WHAT[] = "a file's row";

size_t
import_row_size(const struct import_row *row)
{
	size_t size = 4 * FIELD_HEAD + sizeof(uint64_t) + IMPORT_NAME_MAX;

	for (unsigned i = 0; i < row->count; i++) {
		const struct import_cell *cell = &row->cells[i];

		size += FIELD_HEAD + strlen(cell->value);
		size += cell->name == NULL ? 0 : FIELD_HEAD + strlen(cell->name);
	}
	return size;
}

void
import_leave(const char **names, unsigned *count, const char *name)
{
	for (unsigned i = 0; i < *count; i++) {
		if (strcmp(names[i], name) == 0)
			return;
	}
	if (*count < IMPORT_LEFT_MAX)
		names[(*count)++] = name;
}

static void
put_row(struct frame_writer *writer, const struct import_row *row)
{
	frame_put_u64(writer, (enum frame_tag)IM_ROW, row->line);
	if (row->header)
		frame_put_flag(writer, (enum frame_tag)IM_HEADER);
	if (row->recoded)
		frame_put_flag(writer, (enum frame_tag)IM_RECODED);
	bounded_put(writer, IM_ERROR, row->error, IMPORT_NAME_MAX);
	for (unsigned i = 0; i < row->count; i++) {
		bounded_put(writer, IM_NAME, row->cells[i].name, IMPORT_NAME_MAX);
		frame_put_text(writer, (enum frame_tag)IM_CELL, row->cells[i].value);
	}
}

void
import_encode(struct frame_writer *writer, const struct import_rows *rows)
{
	frame_put_u64(writer, (enum frame_tag)IM_TYPE, rows->type);
	bounded_put(writer, IM_ENCODING, rows->encoding, IMPORT_NAME_MAX);
	frame_put_u64(writer, (enum frame_tag)IM_DELIMITER, (unsigned char)rows->delimiter);
	frame_put_u64(writer, (enum frame_tag)IM_CONSUMED, rows->consumed);
	frame_put(writer, (enum frame_tag)IM_STATE, rows->state, rows->state_size);
	frame_put_u64(writer, (enum frame_tag)IM_LEFT_OUT, rows->left_out);
	for (unsigned i = 0; i < rows->left_count; i++)
		bounded_put(writer, IM_LEFT, rows->left[i], IMPORT_NAME_MAX);
	for (unsigned i = 0; i < rows->count; i++)
		put_row(writer, &rows->rows[i]);
	frame_put_flag(writer, TAG_LAST);
}

/* ---- reading ---- */

struct decoder {
	struct arena *arena;
	struct import_rows *out;
	size_t window;
	unsigned row_room, cell_room;
	const char *name; /* of the next cell */
	struct err *err;
};

static int
open_row(struct decoder *to, const struct frame_field *field)
{
	struct import_rows *out = to->out;
	uint64_t line;

	if (field_u64(field, UINT32_MAX, &line, to->err) < 0)
		return -1;
	if (out->count == IMPORT_ROWS_MAX)
		return fail(to->err, ERR_FORMAT, "a window has over %d rows", IMPORT_ROWS_MAX);
	if (out->count == to->row_room)
		out->rows = arena_grow(
			to->arena, out->rows, out->count, &to->row_room, sizeof *out->rows);
	out->rows[out->count++] = (struct import_row){ .line = (uint32_t)line };
	to->cell_room = 0;
	to->name = NULL;
	return 0;
}

static int
read_cell(struct decoder *to, struct import_row *row, const struct frame_field *field)
{
	struct import_cell cell = { .name = to->name };

	if (row->count == IMPORT_CELLS_MAX)
		return fail(to->err, ERR_FORMAT, "%s has over %d cells", WHAT, IMPORT_CELLS_MAX);
	if (bounded_read(field, to->arena, IMPORT_ROOM_MAX, true, WHAT, &cell.value, to->err) < 0)
		return -1;
	if (row->count == to->cell_room)
		row->cells = arena_grow(
			to->arena, row->cells, row->count, &to->cell_room, sizeof *row->cells);
	row->cells[row->count++] = cell;
	to->name = NULL;
	return 0;
}

static int
read_row_field(struct decoder *to, const struct frame_field *field)
{
	struct import_row *row;

	if (to->out->count == 0)
		return fail(to->err, ERR_FORMAT, "field %u stands outside a row", field->tag);
	row = &to->out->rows[to->out->count - 1];
	switch ((int)field->tag) {
	case IM_HEADER:
		row->header = true;
		return 0;
	case IM_RECODED:
		row->recoded = true;
		return 0;
	case IM_ERROR:
		return bounded_read(
			field, to->arena, IMPORT_NAME_MAX, false, WHAT, &row->error, to->err);
	case IM_NAME:
		return bounded_read(
			field, to->arena, IMPORT_NAME_MAX, false, WHAT, &to->name, to->err);
	default: /* IM_CELL */
		return read_cell(to, row, field);
	}
}

static int
read_number(struct decoder *to, const struct frame_field *field, uint64_t max, uint32_t *out)
{
	uint64_t number;

	if (field_u64(field, max, &number, to->err) < 0)
		return -1;
	*out = (uint32_t)number;
	return 0;
}

static int
read_state(struct decoder *to, const struct frame_field *field)
{
	if (field->size > IMPORT_STATE_MAX)
		return fail(
			to->err, ERR_FORMAT, "the state of a file is %u bytes long", field->size);
	memcpy(to->out->state, field->bytes, field->size);
	to->out->state_size = field->size;
	return 0;
}

static int
read_left(struct decoder *to, const struct frame_field *field)
{
	const char *name;

	if (bounded_read(field, to->arena, IMPORT_NAME_MAX, false, WHAT, &name, to->err) < 0)
		return -1;
	import_leave(to->out->left, &to->out->left_count, name);
	return 0;
}

static int
read_field(struct decoder *to, const struct frame_field *field, bool *last)
{
	struct import_rows *out = to->out;
	uint32_t number;

	switch ((int)field->tag) {
	case IM_TYPE:
		if (read_number(to, field, IMPORT_VCARD, &number) < 0)
			return -1;
		out->type = (enum import_type)number;
		return 0;
	case IM_ENCODING:
		return bounded_read(
			field, to->arena, IMPORT_NAME_MAX, false, WHAT, &out->encoding, to->err);
	case IM_DELIMITER:
		if (read_number(to, field, 0x7f, &number) < 0)
			return -1;
		out->delimiter = (char)number;
		return 0;
	case IM_CONSUMED:
		return read_number(to, field, to->window, &out->consumed);
	case IM_STATE:
		return read_state(to, field);
	case IM_LEFT_OUT:
		return read_number(to, field, UINT32_MAX, &out->left_out);
	case IM_LEFT:
		return read_left(to, field);
	case IM_ROW:
		return open_row(to, field);
	case IM_HEADER:
	case IM_RECODED:
	case IM_ERROR:
	case IM_NAME:
	case IM_CELL:
		return read_row_field(to, field);
	case TAG_LAST:
		*last = true;
		return 0;
	default:
		return fail(to->err, ERR_FORMAT, "%s has an unknown field %u", WHAT, field->tag);
	}
}

int
import_decode(const struct frame *frame, struct arena *arena, size_t window,
	struct import_rows *out, struct err *err)
{
	struct import_rows rows = { .encoding = "utf-8" };
	struct decoder to = { .arena = arena, .out = &rows, .window = window, .err = err };
	struct frame_field field;
	bool last = false;
	size_t cursor = 0;
	int more;

	while ((more = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (read_field(&to, &field, &last) < 0)
			return -1;
	if (more < 0)
		return -1;
	if (!last || rows.type == IMPORT_ANY)
		return fail(err, ERR_FORMAT, "a window's answer is not whole");
	*out = rows;
	return 0;
}
