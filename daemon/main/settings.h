#ifndef LIAISON_MAIN_SETTINGS_H
#define LIAISON_MAIN_SETTINGS_H

#include "liaison/base/err.h"
#include "liaison/base/text.h"
#include "liaison/wire/config.h"
#include "place.h"

/* The configuration as liaisond reads it: the file and what lies in conf.d beside it. */

/* Every mistake found, as "file:line: message\n" lines. */
struct mistakes {
	struct text lines;
	unsigned count;
	struct text remarks; /* lines; what is right and still worth telling */
};

void mistakes_clear(struct mistakes *mistakes);
void mistakes_remark(struct mistakes *mistakes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Reads and checks everything; *out is filled only when there is no mistake (config_free it).
 * Besides config_build's checks: a literal secret in a file that others can read, and commands that
 * are not words. Returns 0, or -1 with the mistakes told. */
int settings_load(const struct place *place, struct config *out, struct mistakes *mistakes);

#endif
