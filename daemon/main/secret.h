#ifndef LIAISON_MAIN_SECRET_H
#define LIAISON_MAIN_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "liaison/base/err.h"
#include "liaison/wire/config.h"

/* Fetching secrets, anew at each ask: by a command (argv, no shell, 30 s, first line of its output),
 * from a file, from a systemd credential, or as configured. Never logged, wiped after use. */

enum { SECRET_SIZE_MAX = 8 * 1024, SECRET_TIMEOUT_MS = 30 * 1000 };

struct secrets;

/* Who asked, given back with the answer. */
struct secret_asker {
	uint32_t child, source, token;
};

/* secret is NULL when err tells why; it is wiped when the call returns. */
typedef void secret_answer(void *context, const struct secret_asker *asker, const char *secret,
	size_t size, const struct err *err);

struct secrets *secrets_new(uv_loop_t *loop, secret_answer *answer, void *context);
/* Kills the commands that run and closes their handles; free after the loop has turned. */
void secrets_stop(struct secrets *secrets);
void secrets_free(struct secrets *secrets);

/* Answers now or when the source's command has ended; asks meanwhile for that source share it. */
void secret_ask(struct secrets *secrets, const struct config_source *source,
	const struct secret_asker *asker);
/* A process ended: true when it was one of these. */
bool secrets_reap(struct secrets *secrets, pid_t pid, int status);

/* The first line of bytes; ERR_CONFIG: empty, too long, or with CR or NUL inside. */
int secret_line(const char *bytes, size_t size, size_t *length, struct err *err);
/* Reads the first line of a file into out (SECRET_SIZE_MAX + 2 bytes). checked: refuse a file that
 * others can read. */
int secret_read_file(const char *path, bool checked, char *out, size_t *size, struct err *err);

#endif
