#include <string.h>

#include "liaison/base/utf8.h"
#include "read.h"

/* Character sets of files: UTF-8, UTF-16, and Windows-1252, of which ISO 8859-1 is a part. */

enum { SAMPLE = 400 };

struct zeros {
	size_t even, odd, total;
};

static struct zeros
count_zeros(const char *bytes, size_t size)
{
	struct zeros zeros = { 0 };

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\0')
			continue;
		zeros.total++;
		if (i % 2 == 0)
			zeros.even++;
		else
			zeros.odd++;
	}
	return zeros;
}

static int
refuse_packed(const char *bytes, size_t size, struct err *err)
{
	static const char *const BEGINS[] = { "PK\x03\x04", "\xd0\xcf\x11\xe0", "%PDF",
		"\x1f\x8b" };

	for (size_t i = 0; i < sizeof BEGINS / sizeof *BEGINS; i++) {
		if (size >= strlen(BEGINS[i]) && memcmp(bytes, BEGINS[i], strlen(BEGINS[i])) == 0)
			return fail(err, ERR_USAGE,
				"it is a spreadsheet or another packed file: save it as CSV");
	}
	return 0;
}

int
encoding_tell(const char *bytes, size_t size, enum encoding *out, size_t *mark, struct err *err)
{
	size_t sample = size < SAMPLE ? size : SAMPLE;
	struct zeros zeros = count_zeros(bytes, sample);

	*mark = 0;
	*out = ENCODING_UTF8;
	if (refuse_packed(bytes, size, err) < 0)
		return -1;
	if (size >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
		*out = ENCODING_UTF16LE, *mark = 2;
	else if (size >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
		*out = ENCODING_UTF16BE, *mark = 2;
	else if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		*mark = 3;
	else if (zeros.odd > sample / 4 && zeros.even == 0)
		*out = ENCODING_UTF16LE;
	else if (zeros.even > sample / 4 && zeros.odd == 0)
		*out = ENCODING_UTF16BE;
	else if (zeros.total > 0)
		return fail(err, ERR_USAGE, "it is no text: bytes of it are zero");
	return 0;
}

/* ---- UTF-16 (RFC 2781) ---- */

static uint32_t
unit_at(enum encoding encoding, const char *bytes)
{
	uint32_t first = (unsigned char)bytes[0], second = (unsigned char)bytes[1];

	return encoding == ENCODING_UTF16LE ? second << 8 | first : first << 8 | second;
}

static bool
is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool
is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/* Half a pair is U+FFFD, which is one unit like what it stands for. */
void
encoding_decode(enum encoding encoding, const char *bytes, size_t size, struct text *out)
{
	enum { REPLACEMENT = 0xfffd };

	text_reserve(out, size + size / 2);
	for (size_t at = 0; at + 2 <= size; at += 2) {
		uint32_t unit = unit_at(encoding, bytes + at), next = 0;

		if (is_high(unit) && at + 4 > size)
			return; /* its other half is in the next window, if there is one */
		if (is_high(unit))
			next = unit_at(encoding, bytes + at + 2);
		if (is_low(next)) {
			unit = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
			at += 2;
		} else if (is_high(unit) || is_low(unit) || unit == 0) {
			unit = REPLACEMENT;
		}
		text_add_code(out, unit);
	}
}

size_t
encoding_length(const char *utf8, size_t size)
{
	size_t units = 0;

	for (size_t i = 0; i < size; i++) {
		units += utf8_begins(utf8[i]);
		units += (unsigned char)utf8[i] >= 0xf0;
	}
	return units * 2;
}

/* ---- Windows-1252 ---- */

void
encoding_windows(const char *bytes, size_t size, struct text *out)
{
	static const uint16_t HIGH[32] = { 0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020,
		0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd,
		0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161,
		0x203a, 0x0153, 0xfffd, 0x017e, 0x0178 };

	text_reserve(out, size);
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)bytes[i];

		text_add_code(out, c >= 0x80 && c < 0xa0 ? HIGH[c - 0x80] : c);
	}
}
