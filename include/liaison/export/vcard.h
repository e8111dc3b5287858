#ifndef LIAISON_EXPORT_VCARD_H
#define LIAISON_EXPORT_VCARD_H

#include "liaison/base/text.h"

/* Content lines of vCards (RFC 6350 section 3, RFC 2426): escaped, and folded at 75 bytes. */

/* value NULL or "": no line. name: with its parameters. */
void vcard_text(struct text *out, const char *name, const char *value);
/* Parts with separator between them, ';' or ','; no line when all are blank. */
void vcard_parts(struct text *out, const char *name, char separator, const char *const *parts,
	unsigned count);
/* An address of the web, which is not escaped. */
void vcard_uri(struct text *out, const char *name, const char *value);

#endif
