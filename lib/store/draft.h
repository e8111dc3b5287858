#ifndef LIAISON_STORE_DRAFT_H
#define LIAISON_STORE_DRAFT_H

#include <stddef.h>

#include "liaison/base/arena.h"

/* The file at path says the bytes from now on, or, when -1 with errno, what it said before: they are
 * written to PATH.part, which takes its place once it is on the disk. */
int draft_put(struct arena *arena, const char *path, const void *bytes, size_t size);

#endif
