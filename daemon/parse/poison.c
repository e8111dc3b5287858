#include "poison.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>

static const char FIELD[] = "\nX-Liaison-Test:";

static void
obey(const char *word, size_t size)
{
	volatile bool forever = true;

	if (size > 0 && *word == ' ') {
		word++;
		size--;
	}
	if (size >= 5 && memcmp(word, "crash", 5) == 0)
		__builtin_trap();
	if (size >= 4 && memcmp(word, "hang", 4) == 0)
		while (forever)
			poll(NULL, 0, -1);
	if (size >= 4 && memcmp(word, "spin", 4) == 0)
		while (forever)
			;
}

/* What follows the field's name, wherever in the block it stands; NULL without it. */
static const char *
find_field(const char *block, size_t size)
{
	size_t name = sizeof FIELD - 2; /* without the line end before it */
	const char *at;

	if (size > name && memcmp(block, FIELD + 1, name) == 0)
		return block + name;
	at = memmem(block, size, FIELD, name + 1);
	return at == NULL ? NULL : at + name + 1;
}

void
poison_obey(const struct frame *frame, enum frame_tag tag)
{
	struct frame_field field;
	struct err err;
	size_t cursor = 0;

	while (frame_field_next(frame, &cursor, &field, &err) > 0) {
		const char *end = (const char *)field.bytes + field.size;
		const char *at;

		if (field.tag != tag)
			continue;
		at = find_field((const char *)field.bytes, field.size);
		if (at != NULL)
			obey(at, (size_t)(end - at));
	}
}
