#ifndef LIAISON_STORE_FORGOTTEN_FILE_H
#define LIAISON_STORE_FORGOTTEN_FILE_H

#include <stdbool.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"

/* The files of the list of the forgotten, beside the database. */

/* "/var/lib/liaison/forgotten.key" for ".key"; arena. */
char *forgotten_path(struct arena *arena, const char *database, const char *ending);
/* *there false: there is no such file. secret: it is refused where others can read it. */
int
forgotten_file_read(const char *path, bool secret, struct text *out, bool *there, struct err *err);
int forgotten_file_write(
	struct arena *arena, const char *path, const char *bytes, size_t size, struct err *err);

#endif
