#ifndef LIAISON_MAIN_COMMAND_H
#define LIAISON_MAIN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

#include "liaison/base/err.h"

/* A configured command that prints a secret, while it runs. */

struct secret_command;

/* Called once; secret is NULL when err tells why, and is wiped afterwards. */
typedef void
secret_command_done(void *context, const char *secret, size_t size, const struct err *err);

/* Starts it; name is for the log. NULL: it could not be started. What it says on stderr is logged,
 * up to a bound. */
struct secret_command *secret_command_start(uv_loop_t *loop, const char *name, const char *line,
	secret_command_done *done, void *context, struct err *err);
/* Its process ended: true when pid is its. Done is called when its output has ended as well. */
bool secret_command_reap(struct secret_command *command, pid_t pid, int status);
/* Kills it; done is not called. */
void secret_command_abandon(struct secret_command *command);

#endif
