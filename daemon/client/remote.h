#ifndef LIAISON_CLIENT_REMOTE_H
#define LIAISON_CLIENT_REMOTE_H

#include <sys/types.h>

#include "options.h"

/* Another machine's daemon, over ssh: there, `liaison --bridge` connects to the socket. */

/* Starts ssh; *in and *out are its pipes. ERR_USAGE: the host's name looks like an option. */
int remote_open(const struct options *options, int *in, int *out, pid_t *ssh, struct err *err);

/* What runs over there: standard input to the socket, the socket to standard output, until either
 * ends. Returns the exit status. */
int remote_bridge(const struct options *options, struct err *err);

#endif
