#ifndef LIAISON_CLIENT_LINES_H
#define LIAISON_CLIENT_LINES_H

#include "liaison/base/text.h"
#include "liaison/wire/json.h"

/* Records as lines for programs: csv (RFC 4180, safe from formulas), tsv, and indented JSON. */

/* One field, with the comma before it unless it is the first of the line. Text that a spreadsheet
 * would run as a formula gets a leading apostrophe; numbers do not. */
void csv_field(struct text *out, const char *text, bool is_text, bool first);
void csv_end(struct text *out); /* CRLF */

/* Tab, LF, CR and backslash become \t \n \r \\; other controls a space. */
void tsv_field(struct text *out, const char *text, bool first);

/* A finished JSON document with a line for each member. */
void json_indent(struct text *out, const char *json, size_t size);

#endif
