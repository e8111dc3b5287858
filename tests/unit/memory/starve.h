#ifndef LIAISON_TESTS_MEMORY_STARVE_H
#define LIAISON_TESTS_MEMORY_STARVE_H

#include "test.h"

#include "liaison/base/err.h"
#include "liaison/base/text.h"

/* What the system refuses. A scenario is a piece of the programs' work that is done again and again,
 * each time without another one of the things it asks for:
 *
 * An allocation of our own code: the process says "out of memory" and ends with status 71, or the
 * scenario fails with a sentence that blames nobody. The same of those libraries that are told to
 * allocate as we do (jansson, libuv, libcurl).
 * An allocation of another library (SQLite, OpenSSL), or all from then on: it succeeds with the result
 * it always has, or fails with such a sentence; done again with memory, it succeeds.
 * A system call that is interrupted, or moves only one byte (or all from then on do): it succeeds.
 *
 * Never does a signal end it, and in a build with AddressSanitizer nothing is lost.
 *
 * The environment: LIAISON_EVERY, which ones are tried (every 40th, but some of each; 1: all), with an
 * offset that LIAISON_SEED repeats. */

struct scenario {
	const char *name;
	void *(*open)(void);
	/* Done repeatedly, each time after undo; out gets what the result is known by. */
	int (*run)(void *world, struct text *out, struct err *err);
	/* With memory, what else it is known by; or NULL. */
	int (*tell)(void *world, struct text *out, struct err *err);
	void (*undo)(void *world); /* as it was before run, whether that failed or not; or NULL */
	void (*close)(void *world);
	bool memory_only; /* the test's own end of a connection makes calls too: none is interrupted */
};

/* The exit status of a program whose main returns this: each scenario is a test. */
int starve_each(const struct scenario *scenarios, size_t count);

#define STARVE_EACH(scenarios) starve_each(scenarios, sizeof(scenarios) / sizeof(*(scenarios)))

#endif
