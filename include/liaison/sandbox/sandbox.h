#ifndef LIAISON_SANDBOX_SANDBOX_H
#define LIAISON_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/err.h"

/* What a program may still do once it has started: one profile each (house section 1.4). */

enum sandbox_profile { SANDBOX_MAIN, SANDBOX_ENGINE, SANDBOX_FETCH, SANDBOX_PARSE, SANDBOX_CLIENT };

struct sandbox_path {
	const char *path;
	bool writable; /* else read only; Landlock beneath it */
};

/* No new privileges, not dumpable, rlimits, Landlock over paths (where the kernel has it), seccomp.
 * Called once, after start-up and before the first foreign byte; threads started later inherit it.
 * descriptors: the limit of open files, 0 for the profile's own. ERR_INTERNAL: it cannot be had,
 * and the program must end. Builds under a sanitizer use a named relaxed profile. */
int sandbox_enter(enum sandbox_profile profile, const struct sandbox_path *paths, size_t count,
	unsigned descriptors, struct err *err);

/* What the kernel lacks, as a sentence for status, or "". */
const char *sandbox_missing(void);

/* Tries operations the profile forbids, each in a forked child of a program that entered it; prints
 * a line each to stdout, and what the kernel lacks. Returns the number that were not refused. */
int sandbox_check(enum sandbox_profile profile);

#endif
