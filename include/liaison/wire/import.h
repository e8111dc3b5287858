#ifndef LIAISON_WIRE_IMPORT_H
#define LIAISON_WIRE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"
#include "liaison/wire/frame.h"

/* A file of contacts on its way through parse. It is read in windows: parse is given bytes and the
 * state that it answered for the window before, and answers the rows that lie whole within them, how
 * many bytes these take, and the next state. So it keeps nothing of a file, and what a window that
 * ends it has cost is known. A row is the cells of a line of CSV, or the fields of a vCard. */

enum import_type { IMPORT_ANY, IMPORT_CSV, IMPORT_VCARD };

enum {
	IMPORT_WINDOW_MIN = 192 * 1024, /* with so much of it, a window has a whole row as a rule */
	IMPORT_WINDOW_MAX = 960 * 1024, /* and with so much always, or what is left out of a card */
	IMPORT_ROW_MAX = 768 * 1024, /* bytes of a row, without pictures and the like */
	IMPORT_CELLS_MAX = 1000, /* of a row */
	IMPORT_NAME_MAX = 200, /* bytes of a field's name, and of an error */
	IMPORT_STATE_MAX = 64,
	IMPORT_LEFT_MAX = 20, /* names of properties that are left out */
	IMPORT_ROWS_MAX = 20000, /* of a window */
	IMPORT_ANSWER_MAX = 512 * 1024, /* no further row after so many bytes */
	IMPORT_ROOM_MAX = FRAME_MESSAGE_MAX - 32 * 1024, /* of all rows */
};

struct import_cell {
	const char *name; /* of a vCard: the field; of CSV NULL */
	const char *value; /* clean, lines are kept */
};

struct import_row {
	uint32_t line; /* of the file, where it begins, from 1 */
	bool header; /* it names the columns */
	bool recoded; /* it was no UTF-8, and read as Windows-1252 */
	const char *error; /* it cannot be read, and why; or NULL */
	struct import_cell *cells;
	unsigned count;
};

struct import_rows {
	enum import_type type; /* what the file proved to be */
	const char *encoding; /* of the file: "utf-8", "utf-16le", "utf-16be" */
	char delimiter; /* of CSV, once its header was read; else 0 */
	uint32_t consumed; /* bytes of the window */
	uint8_t state[IMPORT_STATE_MAX];
	uint32_t state_size;
	uint32_t left_out; /* properties of vCards that are none of a contact's fields */
	const char *left[IMPORT_LEFT_MAX]; /* names of such, each once */
	unsigned left_count;
	struct import_row *rows;
	unsigned count;
};

/* Adds the name to those that are left out, unless it is there or they are many; it stays the caller's. */
void import_leave(const char **names, unsigned *count, const char *name);
/* Bytes a row takes in the message. */
size_t import_row_size(const struct import_row *row);
/* Writes the answer into the open message; its rows are within the limits above. */
void import_encode(struct frame_writer *writer, const struct import_rows *rows);
/* Reads and checks it; all in arena. ERR_FORMAT: out of bounds, unclean text, more than window bytes
 * consumed. */
int import_decode(const struct frame *frame, struct arena *arena, size_t window,
	struct import_rows *out, struct err *err);

#endif
