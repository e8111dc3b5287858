#ifndef LIAISON_BASE_INI_H
#define LIAISON_BASE_INI_H

#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* INI text to entries: "[kind name]" sections, "key = value", "#" comments at the start of a line
 * or after a blank, values in double quotes keep blanks and '#'. No meaning is checked here. */

struct ini_entry {
	const char *file; /* arena or borrowed */
	int line;
	const char *kind; /* "account" of "[account work]" */
	const char *name; /* "work", "*", or "" */
	const char *key; /* NULL: the section's own line */
	const char *value; /* without the quotes around it */
	const char *raw; /* as written, for lists and commands, which have quotes of their own */
};

struct ini {
	struct ini_entry *entries; /* arena, in file order */
	size_t count;
};

/* Called for each mistake, so that all are reported in one pass. */
typedef void ini_complain(void *context, const char *file, int line, const char *message);

/* Adds file's entries to out. Returns 0, or -1 if complain was called. NUL bytes, lines over 4096
 * bytes, invalid UTF-8, keys outside a section and empty names are mistakes. */
int ini_parse(struct arena *arena, const char *file, const char *bytes, size_t size,
	struct ini *out, ini_complain *complain, void *context);

#endif
