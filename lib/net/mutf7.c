#include "liaison/net/mutf7.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "liaison/base/utf8.h"

/* Base64 with "," for "/" and without padding, of UTF-16. */
static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* Adds a UTF-16 unit; *high keeps the first half of a pair. 0 or -1. */
static int
put_unit(struct text *out, uint32_t unit, uint32_t *high)
{
	bool low = unit >= 0xDC00 && unit < 0xE000;

	if ((*high != 0) != low || unit == 0)
		return -1;
	if (low) {
		text_add_code(out, 0x10000 + ((*high - 0xD800) << 10) + (unit - 0xDC00));
		*high = 0;
	} else if (unit >= 0xD800 && unit < 0xDC00)
		*high = unit;
	else
		text_add_code(out, unit);
	return 0;
}

/* Between "&" and "-". */
static int
decode_shifted(const char *digits, size_t size, struct text *out)
{
	uint32_t bits = 0, high = 0;
	unsigned count = 0;

	for (size_t i = 0; i < size; i++) {
		const char *digit = digits[i] ? strchr(DIGITS, digits[i]) : NULL;

		if (!digit)
			return -1;
		bits = bits << 6 | (uint32_t)(digit - DIGITS);
		count += 6;
		if (count < 16)
			continue;
		count -= 16;
		if (put_unit(out, bits >> count & 0xFFFF, &high) < 0)
			return -1;
		bits &= (1u << count) - 1;
	}
	return high != 0 || bits != 0 || count >= 6 ? -1 : 0;
}

static int
decode(const char *wire, size_t size, struct text *out)
{
	for (size_t i = 0; i < size; i++) {
		const char *end;

		if (wire[i] != '&') {
			text_add_char(out, wire[i]);
			continue;
		}
		end = memchr(wire + i, '-', size - i);
		if (!end)
			return -1;
		if (end == wire + i + 1)
			text_add_char(out, '&');
		else if (decode_shifted(wire + i + 1, (size_t)(end - wire - i - 1), out) < 0)
			return -1;
		i = (size_t)(end - wire);
	}
	return 0;
}

int
mutf7_decode(const char *wire, size_t size, struct text *out)
{
	size_t before = out->size;
	struct text again = { 0 };
	int result = decode(wire, size, out);

	if (result == 0) {
		mutf7_encode(out->bytes ? out->bytes + before : "", &again);
		if (again.size != size || memcmp(again.bytes ? again.bytes : "", wire, size) != 0)
			result = -1;
		text_clear(&again);
	}
	if (result < 0 && out->bytes) {
		out->size = before;
		out->bytes[before] = '\0';
	}
	return result;
}

struct encoder {
	struct text *out;
	uint32_t bits;
	unsigned count;
};

static void
put_bits(struct encoder *encoder, uint32_t unit)
{
	encoder->bits = encoder->bits << 16 | unit;
	encoder->count += 16;
	while (encoder->count >= 6) {
		encoder->count -= 6;
		text_add_char(encoder->out, DIGITS[encoder->bits >> encoder->count & 0x3F]);
	}
	encoder->bits &= (1u << encoder->count) - 1;
}

static void
end_shift(struct encoder *encoder)
{
	if (encoder->count > 0)
		text_add_char(encoder->out, DIGITS[encoder->bits << (6 - encoder->count) & 0x3F]);
	encoder->bits = encoder->count = 0;
	text_add_char(encoder->out, '-');
}

void
mutf7_encode(const char *name, struct text *out)
{
	struct encoder encoder = { .out = out };
	bool shifted = false;

	while (*name != '\0') {
		uint32_t point;
		bool direct;

		name += utf8_read(name, UTF8_MAX, &point);
		direct = point >= 0x20 && point < 0x7F;
		if (direct != !shifted) {
			if (shifted)
				end_shift(&encoder);
			else
				text_add_char(out, '&');
			shifted = !shifted;
		}
		if (direct && point == '&')
			text_add(out, "&-");
		else if (direct)
			text_add_char(out, (char)point);
		else if (point >= 0x10000) {
			put_bits(&encoder, 0xD800 + ((point - 0x10000) >> 10 & 0x3FF));
			put_bits(&encoder, 0xDC00 + ((point - 0x10000) & 0x3FF));
		} else
			put_bits(&encoder, point);
	}
	if (shifted)
		end_shift(&encoder);
}
