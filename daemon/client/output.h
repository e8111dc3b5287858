#ifndef LIAISON_CLIENT_OUTPUT_H
#define LIAISON_CLIENT_OUTPUT_H

#include <stdbool.h>
#include <sys/types.h>

#include "liaison/base/arena.h"
#include "liaison/wire/json.h"
#include "options.h"

/* The result of a command on standard output, in the form asked for. A list may come in pages. */

struct output {
	const struct options *options;
	struct arena *arena;
	const json_t *method; /* what discover says of it, or NULL */
	bool terminal; /* standard output is one */
	bool color;
	size_t width; /* of the terminal, else 0 */
	struct zone *zone; /* how times are shown on a terminal; own */
	pid_t pager; /* 0: none */
	const char **columns;
	size_t column_count;
	size_t *widths;
	size_t items; /* printed so far */
	struct text json; /* FORMAT_JSON: the items, comma-separated */
	struct text rest; /* and the result's other members */
};

void output_open(struct output *output, struct arena *arena, const struct options *options);
/* The form needs to know what discover says of the command. */
bool output_wants_method(const struct output *output);

/* One result; for a list, one page; last: no other follows. */
void output_result(struct output *output, const json_t *result, bool last);
/* Lines as they are, but for what a terminal must not get: help. */
void output_text(struct output *output, const char *text);
/* Ends the pager. -1: standard output could not be written (a reader that left is no error). */
int output_close(struct output *output, struct err *err);

/* The result is a list: {"items": […]}. */
bool output_is_list(const json_t *result);

#endif
