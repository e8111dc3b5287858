#ifndef ETPAN_H
#define ETPAN_H

#include <stdbool.h>
#include <stddef.h>

#include "liaison/base/arena.h"
#include "liaison/base/clock.h"
#include "liaison/mail/charset.h"
#include "liaison/mail/mailbox.h"

/* The door to libetpan. Every function takes a slice that the pre-scan has bounded: no NUL, no
 * comments, no routes, one mailbox or one date (reliability 2.2 and 4.2). */

enum { ETPAN_SLICE_MAX = 16 * 1024 };

/* libetpan converts by charsets from now on; NULL: it converts nothing. */
void etpan_use_charsets(struct charsets *charsets);

/* One mailbox; false unless libetpan takes the whole slice for one. */
bool etpan_mailbox(struct arena *arena, const char *bytes, size_t size, struct mailbox *out);
/* A date and time of day without a zone; the numbers are as written, in no way checked. */
bool etpan_date(const char *bytes, size_t size, struct civil *out);
/* RFC 2047 as libetpan reads it, for the test that compares; NULL: it does not. */
char *etpan_words(struct arena *arena, const char *bytes, size_t size);

#endif
