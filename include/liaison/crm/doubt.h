#ifndef LIAISON_CRM_DOUBT_H
#define LIAISON_CRM_DOUBT_H

#include <stdint.h>

#include "liaison/wire/json.h"

/* What is to be known of a mail beside what it says: words for those of enum event_flag that people are
 * told, most of them reasons to doubt the sender. */

/* An array of words; flags 0: empty. */
void doubts_write(struct json_out *out, const char *name, int64_t flags);

/* SQL: the same as rows (word, bit). */
#define DOUBT_ROWS \
	"(SELECT 'several-from' AS word, 4 AS bit UNION ALL SELECT 'mixed-script', 128 UNION ALL " \
	"SELECT 'spoofed-name', 256 UNION ALL SELECT 'calendar', 1024 UNION ALL " \
	"SELECT 'known-name', 2048)"

#endif
