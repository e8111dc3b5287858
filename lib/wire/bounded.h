#ifndef LIAISON_WIRE_BOUNDED_PRIVATE_H
#define LIAISON_WIRE_BOUNDED_PRIVATE_H

#include "liaison/wire/frame.h"

/* Text with a limit: cut when it is written, refused over it when it is read. */

/* Writes nothing for NULL. True: it was cut. */
bool bounded_put(struct frame_writer *writer, unsigned tag, const char *text, size_t max);
/* Clean UTF-8, with line feeds and tabs if lines is set. ERR_FORMAT; what: "a meeting". */
int bounded_read(const struct frame_field *field, struct arena *arena, size_t max, bool lines,
	const char *what, const char **out, struct err *err);

/* A group of fields that may come several times: each is opened by a field of its tag. */
struct bounded_group {
	unsigned tag, max;
	const char *name; /* "parties" */
	unsigned count; /* out */
};

/* Counts the groups of a message, so that their arrays are allocated once. ERR_FORMAT: there are more of
 * one than may be. */
int bounded_count(const struct frame *frame, struct bounded_group *groups, unsigned group_count,
	const char *what, struct err *err);

#endif
