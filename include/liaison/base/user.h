#ifndef LIAISON_BASE_USER_H
#define LIAISON_BASE_USER_H

#include "liaison/base/arena.h"

/* The folders of the user we run as; absolute paths, NULL where there is none. */

/* $HOME, else what the user database says. */
const char *user_home(struct arena *arena);
/* $XDG_RUNTIME_DIR, else /run/user/UID if it is there and ours. */
const char *user_runtime(struct arena *arena);

#endif
