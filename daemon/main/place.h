#ifndef LIAISON_MAIN_PLACE_H
#define LIAISON_MAIN_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* Where the configuration is, and where the programs are. */

struct place {
	const char *file; /* absolute */
	bool user_mode; /* defaults are the user's directories, not the system's */
	bool with_conf_d; /* conf.d/ *.conf beside it belong to it */
};

/* Order: flag (may be NULL), $LIAISON_CONFIG, the user's file, the system's. The system's file means
 * system mode, so that the service's own user finds /var/lib; any other file does so only for root,
 * and the user's never. ERR_CONFIG: there is none. */
int place_find(struct arena *arena, const char *flag, struct place *out, struct err *err);

/* The path of a program of ours: beside liaisond in a build tree, in ../libexec/liaison beside an
 * installed one, or in the libexec folder it was built for. ERR_CONFIG: nowhere. */
int place_program(struct arena *arena, const char *name, const char **out, struct err *err);

/* path itself, or below the working directory. */
const char *place_absolute(struct arena *arena, const char *path);
/* path without links, as far as it is there: the same before and after its folders are made. */
const char *place_real(struct arena *arena, const char *path);
/* path without its last component; "." when it has only one. */
const char *place_directory(struct arena *arena, const char *path);

#endif
