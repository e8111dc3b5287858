#ifndef LIAISON_BASE_UTF8_H
#define LIAISON_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 (RFC 3629) a character at a time; whole texts are text.h's. */

enum { UTF8_INVALID = 0x110000, UTF8_MAX = 4 /* bytes of a character */ };

/* Reads the character at bytes[0..size), size > 0. Returns its length; *out is UTF8_INVALID, and the
 * length that of the broken sequence to be replaced as one, where it is not RFC 3629. A NUL ends what
 * is broken, so that size may be UTF8_MAX anywhere in a string. */
size_t utf8_read(const char *bytes, size_t size, uint32_t *out);
/* Writes at most UTF8_MAX bytes and no NUL behind them; returns how many. code < 0x110000. */
size_t utf8_write(uint32_t code, char *out);

/* Of valid text: a character begins here; a NUL is one. */
static inline bool
utf8_begins(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}
/* The characters of valid text: in a string, and in bytes[0..size). */
size_t utf8_count(const char *string);
size_t utf8_count_n(const char *bytes, size_t size);

/* Unicode simple case folding. */
uint32_t utf8_fold(uint32_t code);
/* Controls but LF and TAB, and bidi controls: never kept. */
bool utf8_unclean(uint32_t code);

#endif
