#ifndef LIAISON_MAIL_BODY_H
#define LIAISON_MAIL_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/mail/charset.h"

/* A part's raw bytes, possibly cut anywhere, to clean text. */

/* Up to BODY_SNIPPET_MAX a snippet is meant: one line, without quoted replies. */
enum { BODY_SNIPPET_MAX = 4096, BODY_TEXT_MAX = 256 * 1024 };

struct body {
	const char *bytes;
	size_t size;
	const char *encoding; /* "base64", "quoted-printable", else as is; or NULL */
	const char *charset; /* or NULL */
	const char *subtype; /* "html" is turned into text; or NULL */
	size_t max; /* bytes of the result, at most BODY_TEXT_MAX */
};

/* The text, in arena; *truncated tells if more was there. */
char *
body_text(struct charsets *charsets, struct arena *arena, const struct body *body, bool *truncated);

#endif
