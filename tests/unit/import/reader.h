#ifndef LIAISON_TESTS_IMPORT_READER_H
#define LIAISON_TESTS_IMPORT_READER_H

#include "liaison/base/text.h"
#include "liaison/import/import.h"
#include "test.h"

#include <string.h>

/* A file read as the engine has it read: window by window, each answer sent through a frame. */

struct reader {
	struct arena *arena;
	struct import_row *rows;
	unsigned count, left_out;
	const char *left[IMPORT_LEFT_MAX];
	unsigned left_count;
	const struct import_charsets *charsets;
	enum import_type type;
	const char *encoding;
	char delimiter;
	struct err err;
	size_t step; /* bytes of which a window has more each time it is too short */
};

int reader_open(void **state);
int reader_close(void **state);

/* 0, or -1 with err. */
int read_file(struct reader *reader, enum import_type type, const char *bytes, size_t size);
/* The same of text, which must be readable. */
void read_text(struct reader *reader, const char *text);
/* "Ada|Rome" of a row of CSV; "name=Ada|city=Rome" of a vCard; "!why" of one at fault. */
const char *row_text(struct reader *reader, unsigned row);

#endif
