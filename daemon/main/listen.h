#ifndef LIAISON_MAIN_LISTEN_H
#define LIAISON_MAIN_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "liaison/base/err.h"

/* The control socket, listening: taken from the service manager or opened. */

struct listener {
	int descriptor;
	const char *path; /* borrowed; NULL when it is the service manager's */
	dev_t device; /* of the socket file we made, so that only that one is removed */
	ino_t inode;
};

struct listen_how {
	const char *path;
	const char *group; /* may write; NULL: only our own user may connect */
	bool everybody; /* other groups have rights too: anybody connects, the engine judges who asks */
};

/* Takes LISTEN_FDS if it was passed to us, else binds path and replaces a stale socket there.
 * ERR_UNAVAILABLE: somebody answers there; ERR_CONFIG: path too long or not a socket. */
int listen_open(const struct listen_how *how, struct listener *out, struct err *err);

/* Removes the socket file if it is still ours. */
void listen_close(struct listener *listener);

#endif
