#include "liaison/mail/transfer.h"

#include "liaison/base/crypt.h"

/* The value of a base64 digit, -1 for what is none. */
static int
base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

void
base64_loose(const char *bytes, size_t size, struct text *out)
{
	unsigned bits = 0, count = 0;

	text_reserve(out, size / 4 * 3 + 3);
	for (size_t i = 0; i < size; i++) {
		int value = base64_value((unsigned char)bytes[i]);

		if (bytes[i] == '=')
			bits = count = 0;
		if (value < 0)
			continue;
		bits = bits << 6 | (unsigned)value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			text_add_char(out, (char)(bits >> count & 0xff));
		}
	}
}

/* The size of a soft line break after "=", blanks before the line end included; 0: it is none. */
static size_t
soft_break(const char *bytes, size_t size)
{
	size_t at = 1;

	while (at < size && (bytes[at] == ' ' || bytes[at] == '\t'))
		at++;
	if (at < size && bytes[at] == '\r')
		at++;
	if (at < size && bytes[at] == '\n')
		return at + 1;
	return at == size ? size : 0; /* the input is cut here */
}

void
quoted_printable_loose(const char *bytes, size_t size, bool word, struct text *out)
{
	for (size_t i = 0; i < size;) {
		char c = bytes[i];
		int high = -1, low = -1;
		size_t jump;

		if (c == '=' && i + 2 < size) {
			high = hex_digit(bytes[i + 1]);
			low = hex_digit(bytes[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			text_add_char(out, (char)(high << 4 | low));
			i += 3;
		} else if (c == '=' && !word && (jump = soft_break(bytes + i, size - i)) > 0) {
			i += jump;
		} else {
			text_add_char(out, word && c == '_' ? ' ' : c);
			i++;
		}
	}
}
