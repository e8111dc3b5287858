/* Text as it may be kept, and as it may be logged. */
#include <string.h>

#include "liaison/base/text.h"
#include "liaison/base/utf8.h"

bool
text_is_clean(const char *bytes, size_t size, bool lines)
{
	uint32_t code;

	for (size_t i = 0; i < size;) {
		unsigned char c = (unsigned char)bytes[i];

		if (c >= 0x20 && c < 0x7f) {
			i++;
			continue;
		}
		i += utf8_read(bytes + i, size - i, &code);
		if (code == UTF8_INVALID || utf8_unclean(code) || (!lines && code < 0x20))
			return false;
	}
	return true;
}

void
text_mend(char *string)
{
	char *to = string;

	for (const char *from = string; *from != '\0';) {
		uint32_t code;
		size_t length = utf8_read(from, strnlen(from, UTF8_MAX), &code);

		if (code == UTF8_INVALID)
			*to++ = '?';
		else if (code < 0x20 || code == 0x7f)
			*to++ = ' ';
		else {
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	*to = '\0';
}

/* One character of the copy: what it becomes, and whether that is a change. */
static uint32_t
cleaned(uint32_t code, bool lines, bool *changed)
{
	if (code == UTF8_INVALID) {
		*changed = true;
		return 0xfffd;
	}
	if (utf8_unclean(code) || (!lines && code < 0x20)) {
		*changed = true;
		return ' ';
	}
	return code;
}

static char *
clean_slowly(
	struct arena *arena, const char *bytes, size_t size, size_t max, bool lines, bool *changed)
{
	struct text out = { 0 };
	char *copy;

	text_reserve(&out, size < max ? size : max);
	for (size_t i = 0; i < size;) {
		uint32_t code;
		char form[UTF8_MAX];
		size_t length;

		if (lines && bytes[i] == '\r' && i + 1 < size && bytes[i + 1] == '\n') {
			i++; /* CRLF ends a line like LF */
			continue;
		}
		i += utf8_read(bytes + i, size - i, &code);
		length = utf8_write(cleaned(code, lines, changed), form);
		if (out.size + length > max)
			break;
		text_add_n(&out, form, length);
	}
	copy = arena_text_n(arena, out.bytes, out.size);
	text_clear(&out);
	return copy;
}

char *
text_clean(
	struct arena *arena, const char *bytes, size_t size, size_t max, bool lines, bool *changed)
{
	bool ignored = false;

	if (text_is_clean(bytes, size, lines))
		return arena_text_n(arena, bytes, text_cut(bytes, size, max));
	return clean_slowly(arena, bytes, size, max, lines, changed ? changed : &ignored);
}

char *
text_escape(struct arena *arena, const char *bytes, size_t size, size_t max)
{
	struct text out = { 0 };
	char *copy;

	text_add(&out, "");
	for (size_t i = 0; i < size;) {
		uint32_t code;
		size_t length = utf8_read(bytes + i, size - i, &code), start = out.size;

		if (code == UTF8_INVALID || utf8_unclean(code) || code < 0x20)
			for (size_t k = 0; k < length; k++)
				text_printf(&out, "\\x%02x", (unsigned char)bytes[i + k]);
		else
			text_add_n(&out, bytes + i, length);
		if (out.size > max) {
			out.size = start;
			break;
		}
		i += length;
	}
	copy = arena_text_n(arena, out.bytes, out.size);
	text_clear(&out);
	return copy;
}
