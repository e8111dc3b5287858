#ifndef LIAISON_IMPORT_READ_PRIVATE_H
#define LIAISON_IMPORT_READ_PRIVATE_H

#include "liaison/base/text.h"
#include "liaison/import/import.h"

/* What the readers of both kinds share. */

enum encoding { ENCODING_UTF8, ENCODING_UTF16LE, ENCODING_UTF16BE };

/* What is carried from window to window. */
struct state {
	uint8_t type; /* enum import_type */
	uint8_t encoding; /* enum encoding */
	uint8_t skipping; /* 1: the rest of a line of CSV, or of a card, that was refused */
	char delimiter; /* 0: the header has not been read */
	uint32_t line; /* the next one's number */
	uint32_t columns; /* of the header */
};

/* Rows as they are read, of bytes in UTF-8 or an 8-bit set. */
struct reading {
	struct state *state;
	struct arena *arena;
	struct import_rows *out;
	const char *bytes;
	size_t size, at;
	const struct import_charsets *charsets; /* or NULL */
	bool last, full; /* full: the window is as large as they get */
	unsigned row_room, cell_room;
	size_t answer; /* bytes of the rows so far */
};

/* A row that begins; false: the answer is full. */
bool reading_has_room(const struct reading *reading);
struct import_row *reading_add_row(struct reading *reading, uint32_t line);
/* Further cells of the newest row; beyond IMPORT_CELLS_MAX they are the row's error. */
void reading_add_cell(struct reading *reading, const char *name, const char *value);
void reading_end_row(struct reading *reading);
/* The newest row, if it is too much for this answer: the next one begins with it, or refuses it. */
bool reading_take_back(struct reading *reading);
/* Bytes as clean text: UTF-8 if they are, else Windows-1252, which the newest row notes. */
const char *reading_text(struct reading *reading, const char *bytes, size_t size);

int csv_read(struct reading *reading, struct err *err);
void vcard_read(struct reading *reading);

/* ---- encoding.c ---- */

/* By its first bytes; *mark gets the length of a byte order mark. ERR_USAGE: it is no text. */
int
encoding_tell(const char *bytes, size_t size, enum encoding *out, size_t *mark, struct err *err);
/* All whole characters of UTF-16 as UTF-8. */
void encoding_decode(enum encoding encoding, const char *bytes, size_t size, struct text *out);
/* Bytes of UTF-16 that so many of UTF-8 were. */
size_t encoding_length(const char *utf8, size_t size);
void encoding_windows(const char *bytes, size_t size, struct text *out);

#endif
