#ifndef LIAISON_CLIENT_OPTIONS_H
#define LIAISON_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/base/err.h"

/* The client's own options (spec section 1), taken out of the words wherever they stand before "--".
 * Everything else is the daemon's to understand. */

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV, FORMAT_TSV, FORMAT_IDS };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	const char *socket, *host, *as;
	enum format format;
	const char *fields; /* "a,b", or NULL */
	enum color color;
	bool no_pager, dry_run, yes, quiet, verbose;
	bool help, version;
	bool bridge; /* hidden: connect standard input and output to the socket */
	bool complete; /* hidden: complete the last of the words */
	const char **words; /* arena; ends with NULL */
	size_t count;
	bool limited; /* the words say how much is wanted: --limit, --after or --count */
};

/* ERR_USAGE: a value is missing or unknown, a word is not UTF-8. out is filled as far as it got, so
 * that the error can be told in the format asked for. */
int options_parse(struct arena *arena, int argc, char **argv, struct options *out, struct err *err);

/* One row an option, for help and completion; ends with a NULL name. */
struct option_row {
	const char *name; /* "--format" */
	char letter; /* or 0 */
	const char *value; /* what it takes, or NULL */
	const char *summary; /* NULL: hidden */
};
extern const struct option_row option_rows[];

/* The options as lines, for when the daemon cannot tell more. */
extern const char options_usage[];
char *options_text(struct arena *arena);

#endif
