#include <string.h>

#include "liaison/base/text.h"
#include "liaison/mail/identifier.h"
#include "liaison/wire/event.h"

static bool
is_printable(char c)
{
	return c > ' ' && c < 0x7f;
}

/* Copies without blanks (folding inside an id), then cleans if anything odd is left. */
static const char *
keep(struct arena *arena, const char *bytes, size_t size)
{
	char *out = arena_alloc(arena, size + 1);
	size_t kept = 0;
	bool odd = false, changed;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == ' ' || bytes[i] == '<' || bytes[i] == '>')
			continue;
		odd |= !is_printable(bytes[i]);
		out[kept++] = bytes[i];
	}
	if (odd)
		return text_clean(arena, out, kept, EVENT_ID_MAX, false, &changed);
	out[kept < EVENT_ID_MAX ? kept : EVENT_ID_MAX] = '\0';
	return out;
}

/* The id in the angles at start; an id that is not closed ends at a blank. */
static size_t
angle_size(const char *start, size_t left)
{
	const char *open = memchr(start + 1, '<', left - 1);
	const char *close;

	if (open != NULL)
		left = (size_t)(open - start);
	close = memchr(start + 1, '>', left - 1);
	if (close != NULL)
		return (size_t)(close + 1 - start);
	for (size_t i = 1; i < left; i++)
		if (start[i] == ' ' && i > 1)
			return i;
	return left;
}

/* The next word that looks like an id. */
static const char *
next_word(struct arena *arena, const char *bytes, size_t size, size_t *at)
{
	size_t first = *at;

	while (*at < size) {
		size_t start, end;

		while (*at < size && strchr(" ,;", bytes[*at]) != NULL)
			++*at;
		start = end = *at;
		while (end < size && strchr(" ,;", bytes[end]) == NULL)
			end++;
		*at = end;
		if (end > start && (memchr(bytes + start, '@', end - start) != NULL ||
					   (first == 0 && start == 0 && end == size)))
			return keep(arena, bytes + start, end - start);
	}
	return NULL;
}

const char *
identifier_next(struct arena *arena, const char *bytes, size_t size, size_t *at)
{
	if (size == 0)
		return NULL;
	if (memchr(bytes, '<', size) == NULL)
		return next_word(arena, bytes, size, at);
	while (*at < size) {
		const char *open = memchr(bytes + *at, '<', size - *at);
		const char *id;
		size_t length;

		if (open == NULL)
			break;
		length = angle_size(open, size - (size_t)(open - bytes));
		*at = (size_t)(open - bytes) + length;
		id = keep(arena, open, length);
		if (*id != '\0')
			return id;
	}
	*at = size;
	return NULL;
}
