#ifndef LIAISON_MAIL_IDENTIFIER_H
#define LIAISON_MAIL_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/arena.h"

/* Message-IDs (RFC 5322 section 3.6.4), with and without their angles, amid whatever stands there. */

/* The next id at or after *at, without angles, clean, blanks dropped, at most EVENT_ID_MAX bytes;
 * NULL at the end. Bare words are taken for ids if the field has no angles: in that case only those
 * with an "@", unless it is the only word. */
const char *identifier_next(struct arena *arena, const char *bytes, size_t size, size_t *at);

#endif
