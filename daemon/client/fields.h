#ifndef LIAISON_CLIENT_FIELDS_H
#define LIAISON_CLIENT_FIELDS_H

#include "liaison/base/arena.h"
#include "liaison/wire/json.h"

/* The fields that --fields asks for, "no,emails.email". */

/* Whether the records of a result, or what discover says of its method (NULL: nothing), have them. An
 * empty list cannot be judged. Returns NULL, or an error as the daemon answers them; the caller's to
 * release. fields may be NULL. */
json_t *
fields_check(struct arena *arena, const char *fields, const json_t *method, const json_t *result);

#endif
