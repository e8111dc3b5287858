#ifndef LIAISON_MAIN_SERVICE_H
#define LIAISON_MAIN_SERVICE_H

#include "liaison/base/err.h"
#include "liaison/wire/config.h"
#include "place.h"

/* liaisond at work: the crew, the configuration, the service manager, signals. */

/* Runs until told to stop. config is taken over. Returns the exit status. */
int service_run(const struct place *place, struct config *config);

/* What --restore shares with it: the folders exist and the lock is ours. Returns the lock. */
int service_prepare(const struct place *place, const struct config *config, struct err *err);

/* 69 to 78 for an error (sysexits): 75 try again, 78 configuration. */
int service_exit_status(const struct err *err);

#endif
