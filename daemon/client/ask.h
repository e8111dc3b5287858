#ifndef LIAISON_CLIENT_ASK_H
#define LIAISON_CLIENT_ASK_H

#include <stdbool.h>

#include "liaison/wire/json.h"
#include "options.h"

/* A command that must be confirmed answers "refused" with the counts of a dry run. */

/* error is such an answer, and somebody sits at the terminal. */
bool ask_possible(const struct options *options, const json_t *error);
/* Shows the counts and asks. */
bool ask_agreed(const json_t *error);

#endif
