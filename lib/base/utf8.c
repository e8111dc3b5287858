#include "liaison/base/utf8.h"

#include <string.h>

struct fold_run {
	uint32_t first, last;
	int step, distance;
};

#include "fold_table.h"

/* The length a lead byte promises and the range its second byte must be in (RFC 3629, section 4). */
static size_t
sequence(unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef) {
		*low = lead == 0xe0 ? 0xa0 : 0x80;
		*high = lead == 0xed ? 0x9f : 0xbf;
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		*low = lead == 0xf0 ? 0x90 : 0x80;
		*high = lead == 0xf4 ? 0x8f : 0xbf;
		return 4;
	}
	return 0;
}

size_t
utf8_read(const char *bytes, size_t size, uint32_t *out)
{
	unsigned char lead = (unsigned char)bytes[0], low, high;
	size_t length;
	uint32_t code;

	if (lead < 0x80) {
		*out = lead;
		return 1;
	}
	length = sequence(lead, &low, &high);
	*out = UTF8_INVALID;
	if (length == 0)
		return 1;
	code = lead & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		unsigned char next = i < size ? (unsigned char)bytes[i] : 0;

		if (next < low || next > high)
			return i;
		code = code << 6 | (next & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*out = code;
	return length;
}

size_t
utf8_write(uint32_t code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

size_t
utf8_count_n(const char *bytes, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += utf8_begins(bytes[i]);
	return count;
}

size_t
utf8_count(const char *string)
{
	return utf8_count_n(string, strlen(string));
}

uint32_t
utf8_fold(uint32_t code)
{
	size_t low = 0, high = sizeof FOLD_RUNS / sizeof FOLD_RUNS[0];

	if (code < 0x80)
		return code >= 'A' && code <= 'Z' ? code + 32 : code;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct fold_run *run = &FOLD_RUNS[middle];

		if (code < run->first)
			high = middle;
		else if (code > run->last)
			low = middle + 1;
		else if ((code - run->first) % (unsigned)run->step == 0)
			return (uint32_t)((int64_t)code + run->distance);
		else
			return code;
	}
	return code;
}

bool
utf8_unclean(uint32_t code)
{
	if (code < 0x20)
		return code != '\n' && code != '\t';
	if (code < 0x7f)
		return false;
	return code <= 0x9f || code == 0x61c || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}
