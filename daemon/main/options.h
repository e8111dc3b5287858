#ifndef LIAISON_MAIN_OPTIONS_H
#define LIAISON_MAIN_OPTIONS_H

#include "liaison/base/err.h"

/* What liaisond is asked to do (spec section 1). */

enum action {
	ACTION_RUN,
	ACTION_CHECK_CONFIG,
	ACTION_CHECK_SANDBOX,
	ACTION_CHECK_BACKUP,
	ACTION_RESTORE,
	ACTION_VERSION,
	ACTION_HELP,
};

struct options {
	enum action action;
	const char *config; /* -c, or NULL; borrowed from argv */
	const char *backup; /* of --check-backup and --restore */
};

/* ERR_USAGE: an unknown option, one without its value, or two things asked for at once. */
int options_parse(int argc, char **argv, struct options *out, struct err *err);

extern const char options_help[];

#endif
