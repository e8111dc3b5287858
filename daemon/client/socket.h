#ifndef LIAISON_CLIENT_SOCKET_H
#define LIAISON_CLIENT_SOCKET_H

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* Where the daemon's socket is: the flag, $LIAISON_SOCKET, the configuration $LIAISON_CONFIG names,
 * the user's configuration or usual place if there is one, the system's. */
const char *socket_find(struct arena *arena, const char *flag);

/* Connects. ERR_UNAVAILABLE: nobody listens; ERR_PERMISSION: we may not. */
int socket_connect(const char *path, int *descriptor, struct err *err);
/* All of it, to what need not be a socket; -1 with errno. */
int write_all(int descriptor, const void *bytes, size_t size);

#endif
