#ifndef LIAISON_CLIENT_PROBLEM_H
#define LIAISON_CLIENT_PROBLEM_H

#include "liaison/base/err.h"
#include "liaison/wire/json.h"
#include "options.h"

/* Errors on standard error: "liaison: MESSAGE", the hint, the candidates; with --json the object. Both
 * return the exit status (spec section 1). */

enum { EXIT_UNREACHABLE = 69 };

/* What the daemon answered. */
int problem_answered(const struct options *options, const json_t *error);
/* What went wrong here: the daemon cannot be reached, a file, a word. */
int problem_own(const struct options *options, const struct err *err);

#endif
