#ifndef LIAISON_CLIENT_DISCOVER_H
#define LIAISON_CLIENT_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/wire/json.h"

/* The daemon's own description of its methods (rpc.discover), as far as output and completion need it.
 * All is borrowed from the document. */

/* The longest method that the leading words spell; NULL: none. A shorthand is followed. *used: how
 * many words it took. */
const json_t *
discover_method(const json_t *document, const char *const *words, size_t count, size_t *used);
const json_t *discover_by_name(const json_t *document, const char *name);

/* "x-columns" as a comma-separated list or an array: the i-th, or NULL. */
const char *discover_column(const json_t *method, size_t i, size_t *length);
/* "x-key", or NULL. */
const char *discover_key(const json_t *method);
/* "x-access" is "reads"; false when the method is not known. */
bool discover_reads(const json_t *method);

#endif
