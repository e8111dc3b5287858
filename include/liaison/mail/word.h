#ifndef LIAISON_MAIL_WORD_H
#define LIAISON_MAIL_WORD_H

#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/mail/charset.h"

/* Header text as people read it: encoded words (RFC 2047) and raw bytes to clean UTF-8. */

/* Decodes bytes, of which at most WORDS_MAX are looked at; the result is trimmed, clean, at most max
 * bytes, and in arena. Encoded words are found also where they should not be (in quotes, glued to
 * other text), and a character split over two of them is put together. Adds EVENT_CLEANED and
 * EVENT_UNKNOWN_CHARSET to *flags. */
enum { WORDS_MAX = 16 * 1024 };

char *words_text(struct charsets *charsets, struct arena *arena, const char *bytes, size_t size,
	size_t max, unsigned *flags);

#endif
