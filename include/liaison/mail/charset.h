#ifndef LIAISON_MAIL_CHARSET_H
#define LIAISON_MAIL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"

/* The character sets mail may be written in: an allow-list, each converter opened once, so that no
 * byte of a message decides what code is loaded (reliability: converters are attack surface, and
 * the sandbox forbids loading one later). */

struct charsets;

/* Opens the converters; one the system lacks is unknown afterwards. Also makes libetpan use them
 * and no others, so only one object may live at a time. Never NULL. */
struct charsets *charsets_new(void);
void charsets_free(struct charsets *charsets);

/* Number of character sets that can be read here. */
unsigned charsets_count(const struct charsets *charsets);
/* Decodes a sample of each open charset. ERR_INTERNAL: one came out wrong (names it). */
int charsets_check(struct charsets *charsets, struct err *err);

/* Whether name, in any of its usual spellings, can be read. */
bool charset_known(const struct charsets *charsets, const char *name, size_t name_size);
/* Appends bytes as UTF-8; what the charset has no meaning for becomes U+FFFD. False: the charset is
 * unknown, and all but ASCII became '?' (or stayed, if it was valid UTF-8 anyway). */
bool charset_decode(struct charsets *charsets, const char *name, size_t name_size,
	const char *bytes, size_t size, struct text *out);
/* Appends bytes nobody named a charset for: as UTF-8 if they are, else as windows-1252. */
void charset_guess(struct charsets *charsets, const char *bytes, size_t size, struct text *out);

#endif
