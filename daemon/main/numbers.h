#ifndef LIAISON_MAIN_NUMBERS_H
#define LIAISON_MAIN_NUMBERS_H

#include <stddef.h>

#include "liaison/wire/config.h"

/* The number of each source name: the same for as long as liaisond runs, also when the source leaves
 * the configuration and comes back. */

struct numbers {
	char **names; /* own; the number is the place, from 1 */
	size_t count;
};

void numbers_give(struct numbers *numbers, struct config *config);
void numbers_clear(struct numbers *numbers);

#endif
