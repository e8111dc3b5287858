#ifndef STORE_SHIM_H
#define STORE_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file system for SQLite that stands before the system's own: what it is asked can be refused, and
 * what it did is told. Nothing is really synced, and nobody really sleeps. */

enum shim_call {
	SHIM_OPEN,
	SHIM_READ,
	SHIM_WRITE,
	SHIM_TRUNCATE,
	SHIM_SYNC,
	SHIM_SIZE,
	SHIM_LOCK,
	SHIM_MAP,
	SHIM_DELETE,
	SHIM_ACCESS,
};

struct shim {
	/* A result code of SQLite's to fail with, or 0. SHIM_READ may fail with SQLITE_IOERR_SHORT_READ. */
	int (*refuse)(enum shim_call call);
	/* Each may be NULL. folder: the folder was synced too. Only files with a name are told of. */
	void (*made)(const char *name);
	void (*wrote)(const char *name, const void *bytes, size_t size, int64_t at);
	void (*cut_short)(const char *name, int64_t size);
	void (*synced)(const char *name, bool folder);
	void (*removed)(const char *name, bool folder);
};

/* Makes it the default; call before any store is opened. shim: borrowed. */
void shim_install(const struct shim *shim);

#endif
