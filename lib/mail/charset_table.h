#ifndef CHARSET_TABLE_H
#define CHARSET_TABLE_H

#include <stddef.h>

/* A character set that may be read: glibc's name for it, the names mail knows it by (lower case,
 * letters and digits only, blank-separated), and a sample for the self-test. */
struct charset_row {
	const char *converter;
	const char *names;
	const char *sample;
	size_t sample_size;
	const char *utf8;
};

extern const struct charset_row charset_table[];
extern const size_t charset_table_count;

#endif
