#ifndef LIAISON_MAIL_DATE_H
#define LIAISON_MAIL_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Date fields (RFC 5322 section 3.3, with the obsolete and the merely usual forms). */

enum { DATE_YEAR_MIN = 1970, DATE_YEAR_MAX = 2200, DATE_OFFSET_MAX = 14 * 60 };

/* UTC seconds and the offset in minutes. False: no real date in DATE_YEAR_MIN..DATE_YEAR_MAX. A
 * zone that means nothing is taken as +0000. */
bool date_read(const char *bytes, size_t size, int64_t *time, int *offset_min);

/* The two ways date_read takes, for the test that they agree: the usual form read in place, and
 * everything else made plain and given to libetpan. */
bool date_plain(const char *bytes, size_t size, int64_t *time, int *offset_min);
bool date_odd(const char *bytes, size_t size, int64_t *time, int *offset_min);

#endif
