#ifndef LIAISON_MAIL_HTML_H
#define LIAISON_MAIL_HTML_H

#include <stddef.h>

#include "liaison/base/text.h"

/* HTML to the text a reader sees: never rendered, nothing fetched, one pass. Script, style and head
 * are dropped, blocks become lines, character references characters. */

/* bytes is UTF-8 (or nearly: bytes are copied as they are). Stops once out grew by max bytes. */
void html_text(const char *bytes, size_t size, size_t max, struct text *out);

#endif
