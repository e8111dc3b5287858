#ifndef LIAISON_STORE_FILE_PATH_H
#define LIAISON_STORE_FILE_PATH_H

#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"
#include "liaison/store/file.h"

/* Where the files lie, and writing them there. */

/* The folder of a database, its links resolved. */
char *file_folder_path(struct arena *arena, const char *database);
void file_digest(const void *bytes, size_t size, char out[FILE_DIGEST]);
/* Whether a name can be one of ours. */
bool file_is_digest(const char *name);
/* Under a name that nobody believes, synced, renamed, the folder synced. One that is there with as many
 * bytes is touched instead. */
int file_write(struct arena *arena, const char *folder, const char *digest, const void *bytes,
	size_t size, struct err *err);
/* size: what it must have; the digest is checked too. */
int file_load(struct arena *arena, const char *folder, const char *digest, int64_t size,
	struct text *out, struct err *err);

#endif
