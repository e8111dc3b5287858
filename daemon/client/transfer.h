#ifndef LIAISON_CLIENT_TRANSFER_H
#define LIAISON_CLIENT_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"
#include "liaison/wire/json.h"
#include "options.h"

/* Files the daemon reads from us or writes to us. It asks by "open"; only a path that stood among our
 * words is opened ("-" is standard input or output). A file that is written appears under its name
 * when it is whole. */

struct transfer {
	const struct options *options; /* whose words may be opened; borrowed */
	int input; /* -1: none */
	int output;
	char *input_path; /* own */
	char *path, *partial; /* of the output; partial: the name until it is whole. own */
	bool to_stdout; /* bytes went to standard output, so nothing else may */
	bool failed, cancelled;
	struct err err; /* why, when failed */
};

void transfer_init(struct transfer *transfer, const struct options *options);
void transfer_clear(struct transfer *transfer);

void transfer_open(struct transfer *transfer, const json_t *params);
void transfer_write(struct transfer *transfer, const json_t *params);
/* The descriptor to wait for, or -1. */
int transfer_input(const struct transfer *transfer);
/* Adds the input's next piece to out as a "data" message. */
void transfer_read(struct transfer *transfer, int64_t id, struct text *out);
/* The command is cancelled: no more of the input is sent. */
void transfer_cancel(struct transfer *transfer);
/* The command has ended: the output gets its name (ok), or goes. */
int transfer_finish(struct transfer *transfer, bool ok, struct err *err);
int transfer_error(const struct transfer *transfer, struct err *err);

#endif
