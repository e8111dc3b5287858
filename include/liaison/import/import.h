#ifndef LIAISON_IMPORT_IMPORT_H
#define LIAISON_IMPORT_IMPORT_H

#include "liaison/base/text.h"
#include "liaison/wire/import.h"

/* Files of contacts: CSV (RFC 4180 and what programs make of it) and vCard 2.1, 3 and 4 (RFC 2426,
 * 6350). Pure functions over bytes that nobody believes. */

/* Decodes bytes of a character set that a card names, and appends them as UTF-8. False: it is unknown. */
struct import_charsets {
	bool (*decode)(
		void *data, const char *name, const char *bytes, size_t size, struct text *out);
	void *data;
};

struct import_window {
	const struct import_charsets *charsets; /* NULL: none but UTF-8 is known */
	enum import_type type; /* IMPORT_ANY: told by the first bytes */
	const uint8_t *state; /* answered for the window before; NULL: this is the first */
	size_t state_size;
	const char *bytes;
	size_t size;
	bool last; /* nothing comes after it */
};

/* Reads the rows that lie whole in the window; all in arena. None may be consumed of one that is
 * shorter than IMPORT_WINDOW_MAX and not the last: more of the file is needed. A row at fault is a row
 * with an error. ERR_USAGE: it is no such file (a spreadsheet, say). ERR_FORMAT: the state is none. */
int import_read(const struct import_window *window, struct arena *arena, struct import_rows *out,
	struct err *err);

#endif
