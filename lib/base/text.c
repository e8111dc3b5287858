#include "liaison/base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/utf8.h"

void
text_clear(struct text *text)
{
	free(text->bytes);
	*text = (struct text){ 0 };
}

void
text_reset(struct text *text)
{
	text->size = 0;
	if (text->bytes != NULL)
		text->bytes[0] = '\0';
}

void
text_reserve(struct text *text, size_t more)
{
	size_t need, room = text->room ? text->room : 64;

	if (__builtin_add_overflow(text->size, more, &need) || need > SIZE_MAX / 4)
		need = SIZE_MAX / 2; /* more than there is: mem_resize ends the program */
	need++;
	if (need <= text->room)
		return;
	while (room < need)
		room *= 2;
	text->bytes = mem_resize(text->bytes, room);
	text->room = room;
}

void
text_add(struct text *text, const char *string)
{
	text_add_n(text, string, strlen(string));
}

void
text_add_n(struct text *text, const void *bytes, size_t size)
{
	text_reserve(text, size);
	if (size > 0)
		memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
	text->bytes[text->size] = '\0';
}

void
text_add_char(struct text *text, char c)
{
	text_add_n(text, &c, 1);
}

void
text_add_code(struct text *text, uint32_t code)
{
	char form[UTF8_MAX];
	size_t size = utf8_write(code, form);

	text_add_n(text, form, size);
}

void
text_printf(struct text *text, const char *format, ...)
{
	va_list args;
	size_t room;
	int size;

	text_reserve(text, 64);
	room = text->room - text->size;
	va_start(args, format);
	size = vsnprintf(text->bytes + text->size, room, format, args);
	va_end(args);
	if (size < 0) {
		text->bytes[text->size] = '\0';
		return;
	}
	if ((size_t)size >= room) {
		text_reserve(text, (size_t)size);
		va_start(args, format);
		vsnprintf(text->bytes + text->size, (size_t)size + 1, format, args);
		va_end(args);
	}
	text->size += (size_t)size;
}

void
text_drop_front(struct text *text, size_t count)
{
	if (count == 0)
		return;
	if (count > text->size)
		count = text->size;
	text->size -= count;
	memmove(text->bytes, text->bytes + count, text->size + 1);
}

/* How many bytes from the start are ASCII, eight at a time. */
static size_t
ascii_prefix(const char *bytes, size_t size)
{
	size_t i = 0;
	uint64_t word;

	for (; i + sizeof word <= size; i += sizeof word) {
		memcpy(&word, bytes + i, sizeof word);
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < size && (unsigned char)bytes[i] < 0x80)
		i++;
	return i;
}

bool
text_is_utf8(const char *bytes, size_t size)
{
	size_t i = 0;
	uint32_t code;

	for (;;) {
		i += ascii_prefix(bytes + i, size - i);
		if (i >= size)
			return true;
		i += utf8_read(bytes + i, size - i, &code);
		if (code == UTF8_INVALID)
			return false;
	}
}

/* Looks back at most three bytes for a lead byte whose sequence the cut would split. */
size_t
text_cut(const char *bytes, size_t size, size_t max)
{
	size_t end = size < max ? size : max;

	for (size_t back = 1; back <= 4 && back <= end; back++) {
		unsigned char c = (unsigned char)bytes[end - back];

		if (c < 0x80)
			return end;
		if (c >= 0xc0) {
			size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

			return length > back ? end - back : end;
		}
	}
	return end;
}

void
text_copy(char *out, size_t room, const char *string)
{
	size_t size = strlen(string);

	assert(room > 0);
	size = text_cut(string, size, room - 1);
	memmove(out, string, size);
	out[size] = '\0';
}

char *
text_fold(struct arena *arena, const char *string)
{
	size_t size = strlen(string), used = 0;
	/* A folded character is at most half as long again (U+023A). */
	char *out = arena_text_n(arena, string, size);

	if (ascii_prefix(string, size) < size)
		out = arena_alloc(arena, size * 3 / 2 + 4);
	for (size_t i = 0; i < size;) {
		uint32_t code;
		size_t length = utf8_read(string + i, size - i, &code);

		if (code == UTF8_INVALID) {
			memcpy(out + used, string + i, length);
			used += length;
		} else {
			used += utf8_write(utf8_fold(code), out + used);
		}
		i += length;
	}
	out[used] = '\0';
	return out;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool
text_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
text_equal_nocase(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

bool
text_starts(const char *string, const char *prefix)
{
	return strncmp(string, prefix, strlen(prefix)) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

char *
text_trim(struct arena *arena, const char *bytes, size_t size)
{
	while (size > 0 && is_blank(bytes[0])) {
		bytes++;
		size--;
	}
	while (size > 0 && is_blank(bytes[size - 1]))
		size--;
	return arena_text_n(arena, bytes, size);
}

int
text_to_int64(const char *string, int64_t *out)
{
	const char *digits = string + (*string == '-');
	char *end;
	long long value;

	if (*digits < '0' || *digits > '9')
		return -1;
	errno = 0;
	value = strtoll(string, &end, 10);
	if (errno != 0 || *end != '\0')
		return -1;
	*out = value;
	return 0;
}

int
text_to_uint32(const char *string, uint32_t *out)
{
	int64_t value;

	if (*string == '-' || text_to_int64(string, &value) < 0 || value > UINT32_MAX)
		return -1;
	*out = (uint32_t)value;
	return 0;
}

enum { WORD_MAX = 64 };

unsigned
text_distance(const char *a, const char *b, unsigned limit)
{
	size_t rows = strlen(a), columns = strlen(b);
	unsigned row[WORD_MAX + 1];

	if (rows > WORD_MAX || columns > WORD_MAX)
		return limit + 1;
	for (size_t j = 0; j <= columns; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= rows; i++) {
		unsigned diagonal = row[0], best = row[0] = (unsigned)i;

		for (size_t j = 1; j <= columns; j++) {
			unsigned above = row[j], least = diagonal + (a[i - 1] != b[j - 1]);

			least = above + 1 < least ? above + 1 : least;
			least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
			diagonal = above;
			row[j] = least;
			best = least < best ? least : best;
		}
		if (best > limit)
			return limit + 1;
	}
	return row[columns] > limit ? limit + 1 : row[columns];
}

const char *
text_suggest(const char *word, const char *const *names, size_t count)
{
	unsigned limit = (unsigned)(strlen(word) + 2) / 3;
	const char *nearest = NULL;

	for (size_t i = 0; i < count && limit > 0; i++) {
		unsigned distance = text_distance(word, names[i], limit);

		if (distance <= limit) {
			nearest = names[i];
			limit = distance - (distance > 0);
			if (distance == 0)
				break;
		}
	}
	return nearest;
}
