#ifndef LIAISON_MAIN_SPAWN_H
#define LIAISON_MAIN_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* Starting a program: only the named descriptors, default signals, ends when liaisond does. */

enum { SPAWN_DESCRIPTORS_MAX = 8 };

struct spawn {
	const char *path; /* with search: looked for in PATH */
	char *const *words; /* argv, ends with NULL */
	char *const *environment;
	int descriptors
		[SPAWN_DESCRIPTORS_MAX]; /* the i-th becomes the program's i; -1: /dev/null */
	size_t count;
	bool search;
	bool group; /* a process group of its own, to be killed as one */
	bool root; /* working directory / */
};

enum { SPAWN_FAILED = 127 }; /* the exit status of a program that could not be executed */

/* The pid; -1: ERR_UNAVAILABLE. */
pid_t spawn_start(const struct spawn *spawn, struct err *err);

/* What our own children see of the environment: LANG, TZ, LIAISON_TEST_*; little else. */
char **spawn_small_environment(struct arena *arena);
/* What configured commands see: all but the variables the service manager meant for us. */
char **spawn_full_environment(struct arena *arena);

/* "was killed by signal 11 (Segmentation fault)", "ended with status 1". */
const char *spawn_how_ended(struct arena *arena, int status);

#endif
