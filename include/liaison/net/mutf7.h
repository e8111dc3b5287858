#ifndef LIAISON_NET_MUTF7_H
#define LIAISON_NET_MUTF7_H

#include <stddef.h>

#include "liaison/base/text.h"

/* Mailbox names in modified UTF-7 (RFC 3501 5.1.3). */

/* Appends the UTF-8 form of wire. -1, and out as it was: not modified UTF-7 in its one right form,
 * so that encoding what was decoded always gives the same bytes. */
int mutf7_decode(const char *wire, size_t size, struct text *out);
/* Appends the wire form of name, which is valid UTF-8. */
void mutf7_encode(const char *name, struct text *out);

#endif
