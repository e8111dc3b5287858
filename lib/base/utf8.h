#ifndef LIAISON_BASE_UTF8_PRIVATE_H
#define LIAISON_BASE_UTF8_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Code points one at a time; what text and address share. */

enum { UTF8_INVALID = 0x110000 };

/* Reads the character at bytes[0..size), size > 0. Returns its length; *out is UTF8_INVALID, and the
 * length that of the broken sequence to be replaced as one, where it is not RFC 3629. */
size_t utf8_read(const char *bytes, size_t size, uint32_t *out);
/* Writes at most 4 bytes; returns how many. */
size_t utf8_write(uint32_t code, char *out);
/* Unicode simple case folding. */
uint32_t utf8_fold(uint32_t code);
/* Controls but LF and TAB, and bidi controls: never kept. */
bool utf8_unclean(uint32_t code);

#endif
