#ifndef LIAISON_MAIL_TRANSFER_H
#define LIAISON_MAIL_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/text.h"

/* Content-transfer-encodings (RFC 2045) read as tolerantly as people's mailers write them: bytes
 * that do not belong are skipped, and the input may be cut anywhere. */

/* Appends the bytes. Padding ends a run; what follows starts a new one. */
void base64_loose(const char *bytes, size_t size, struct text *out);
/* word: the Q encoding of RFC 2047, where "_" is a blank; else line ends are kept as they are. */
void quoted_printable_loose(const char *bytes, size_t size, bool word, struct text *out);

#endif
