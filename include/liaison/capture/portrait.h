#ifndef LIAISON_CAPTURE_PORTRAIT_H
#define LIAISON_CAPTURE_PORTRAIT_H

#include "liaison/capture/forget.h"

/* Everything that is held of a person, as one JSON document of named lists, or as text to read. */

struct portrait {
	struct forget_person person;
	bool text; /* to read */
	unsigned section;
	int64_t after; /* within the section */
	int64_t rows, in_section;
	bool done;
};

/* Adds the next part of it to out, at most some hundred rows; until done. */
int portrait_write(struct store *store, struct arena *arena, struct portrait *portrait,
	struct text *out, struct err *err);

#endif
