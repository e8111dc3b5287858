#ifndef LIAISON_MAIN_LOCK_H
#define LIAISON_MAIN_LOCK_H

#include "liaison/base/err.h"

/* Takes DATABASE.lock and writes our pid into it. Returns the descriptor that holds it: the engine
 * inherits it, so that the lock lasts until the last writer is gone. -1: ERR_UNAVAILABLE names the
 * pid that has it; ERR_STORAGE: the file cannot be had. */
int lock_take(const char *database, struct err *err);

/* Makes the folder with that mode where it is missing; its parents as private folders. */
int folder_make(const char *folder, unsigned mode, struct err *err);

#endif
