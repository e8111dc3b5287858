#ifndef LIAISON_MAIL_PARAMETER_H
#define LIAISON_MAIL_PARAMETER_H

#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/mail/charset.h"

/* File names of parts (RFC 2183), in RFC 2231's extended and continued forms and in RFC 2047's
 * words, which mailers use though they may not. */

enum { PARAMETER_PIECES_MAX = 100 };

/* The name, clean and without directories, at most max bytes; NULL if nothing is left. bytes is a
 * plain value, an extended one ("utf-8''na%C3%AFve.pdf"), or parameters as they stand in the field
 * ("filename*0*=utf-8''na; filename*1*=%C3%AFve.pdf"). */
char *parameter_file_name(struct charsets *charsets, struct arena *arena, const char *bytes,
	size_t size, size_t max, unsigned *flags);

#endif
