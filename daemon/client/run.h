#ifndef LIAISON_CLIENT_RUN_H
#define LIAISON_CLIENT_RUN_H

#include "options.h"

/* Sends the words and prints what comes. Returns the exit status. */
int run_command(struct arena *arena, const struct options *options);

/* The same for help: on top the daemon's, below our own options. */
int run_help(struct arena *arena, const struct options *options);

#endif
