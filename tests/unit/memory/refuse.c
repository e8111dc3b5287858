#include "memory/refuse.h"

#include <dirent.h>
#include <errno.h>
#include <idn2.h>
#include <jansson.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

/* What a room does not link stays NULL. */
#pragma weak sqlite3_config
#pragma weak json_set_alloc_funcs
#pragma weak CRYPTO_set_mem_functions
#pragma weak uv_replace_allocator

static struct hunger {
	enum whose whose;
	unsigned long seen, nth; /* nth 0: it only counts */
	bool for_ever;
} hunger;

static bool
is_refused(enum whose whose)
{
	if (hunger.whose != whose)
		return false;
	hunger.seen++;
	if (hunger.nth == 0 || hunger.seen < hunger.nth ||
		(hunger.seen > hunger.nth && !hunger.for_ever))
		return false;
	errno = whose == INTERRUPTED ? EINTR : ENOMEM;
	return true;
}

void
refuse(enum whose whose, unsigned long nth, bool for_ever)
{
	hunger = (struct hunger){ .whose = whose, .nth = nth, .for_ever = for_ever };
}

unsigned long
refuse_end(void)
{
	hunger.whose = NOBODYS;
	return hunger.seen;
}

/* The linker sends the calls of our own objects to __wrap_X; __real_X is X. */
#define WRAPPED(type, name, none, parameters, arguments) \
	type __real_##name parameters __attribute__((weak)); \
	type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		return is_refused(OWN) ? (none) : __real_##name arguments; \
	}

typedef int dirent_filter(const struct dirent *);
typedef int dirent_order(const struct dirent **, const struct dirent **);

WRAPPED(void *, malloc, NULL, (size_t size), (size))
WRAPPED(void *, calloc, NULL, (size_t count, size_t size), (count, size))
WRAPPED(void *, realloc, NULL, (void *old, size_t size), (old, size))
WRAPPED(FILE *, fopen, NULL, (const char *path, const char *mode), (path, mode))
WRAPPED(DIR *, opendir, NULL, (const char *path), (path))
WRAPPED(int, scandir, -1,
	(const char *path, struct dirent ***found, dirent_filter *filter, dirent_order *order),
	(path, found, filter, order))
WRAPPED(int, idn2_to_ascii_8z, IDN2_MALLOC, (const char *domain, char **out, int flags),
	(domain, out, flags))

#define INTERRUPTIBLE(type, name, parameters, arguments) \
	type __real_##name parameters __attribute__((weak)); \
	type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		return is_refused(INTERRUPTED) ? -1 : __real_##name arguments; \
	}

static size_t
granted(size_t size)
{
	return is_refused(SHORT) && size > 1 ? 1 : size;
}

INTERRUPTIBLE(ssize_t, read, (int file, void *to, size_t size), (file, to, granted(size)))
INTERRUPTIBLE(
	ssize_t, write, (int file, const void *from, size_t size), (file, from, granted(size)))
INTERRUPTIBLE(ssize_t, recv, (int file, void *to, size_t size, int flags),
	(file, to, granted(size), flags))
INTERRUPTIBLE(ssize_t, send, (int file, const void *from, size_t size, int flags),
	(file, from, granted(size), flags))
INTERRUPTIBLE(
	ssize_t, getrandom, (void *to, size_t size, unsigned flags), (to, granted(size), flags))
INTERRUPTIBLE(int, poll, (struct pollfd * of, nfds_t count, int wait), (of, count, wait))
INTERRUPTIBLE(pid_t, waitpid, (pid_t child, int *status, int options), (child, status, options))

static void *
library_malloc(size_t size)
{
	return is_refused(LIBRARY) ? NULL : __real_malloc(size);
}

static void *
library_calloc(size_t count, size_t size)
{
	return is_refused(LIBRARY) ? NULL : __real_calloc(count, size);
}

static void *
library_realloc(void *old, size_t size)
{
	return is_refused(LIBRARY) ? NULL : __real_realloc(old, size);
}

static void *
crypto_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return size == 0 ? NULL : library_malloc(size);
}

static void *
crypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	if (size > 0)
		return library_realloc(old, size);
	free(old);
	return NULL;
}

static void
crypto_free(void *bytes, const char *file, int line)
{
	(void)file, (void)line;
	free(bytes);
}

static void *
sqlite_malloc(int size)
{
	return library_malloc((size_t)size);
}

static void *
sqlite_realloc(void *old, int size)
{
	return library_realloc(old, (size_t)size);
}

static int
sqlite_size(void *bytes)
{
	return (int)malloc_usable_size(bytes);
}

static int
sqlite_roundup(int size)
{
	return (size + 7) & ~7;
}

static int
sqlite_init(void *ignored)
{
	(void)ignored;
	return SQLITE_OK;
}

static void
sqlite_shutdown(void *ignored)
{
	(void)ignored;
}

void
refuse_prepare(void)
{
	static const sqlite3_mem_methods methods = { sqlite_malloc, free, sqlite_realloc,
		sqlite_size, sqlite_roundup, sqlite_init, sqlite_shutdown, NULL };

	if (sqlite3_config)
		sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	if (json_set_alloc_funcs)
		json_set_alloc_funcs(library_malloc, free);
	if (CRYPTO_set_mem_functions)
		CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
	if (uv_replace_allocator)
		uv_replace_allocator(library_malloc, library_realloc, library_calloc, free);
}
