#ifndef LIAISON_EXPORT_CSV_H
#define LIAISON_EXPORT_CSV_H

#include <stdbool.h>

#include "liaison/base/text.h"

/* CSV as RFC 4180 has it: commas, CRLF, quotes where they are needed. A cell that a spreadsheet would
 * take for a formula gets an apostrophe before it, and another one where it begins with such, so that it
 * can be taken off again (OWASP: CSV injection). */

/* The next cell of a row; value NULL: blank. raw: without the apostrophe, for machines. */
void csv_cell(struct text *out, const char *value, bool first, bool raw);
void csv_end(struct text *out);

#endif
