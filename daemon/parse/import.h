#ifndef PARSE_IMPORT_H
#define PARSE_IMPORT_H

#include "item.h"

/* FRAME_PARSE_IMPORT: FRAME_IMPORT_ROWS, or FRAME_REJECT when the bytes are no file of contacts. */
int import_take_window(
	struct parser *parser, const struct frame *frame, struct text *out, struct err *err);

#endif
