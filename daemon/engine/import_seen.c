#include "import.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/crypt.h"

/* What a dry run would have added, so that later rows find it. */

static uint64_t
hash_of(char kind, const char *text)
{
	uint64_t hash = hash64(text, strlen(text)) * 31 + (unsigned char)kind;

	return hash == 0 ? 1 : hash;
}

static size_t
place_of(const struct import_seen *seen, uint64_t hash)
{
	size_t at = (size_t)hash & (seen->room - 1);

	while (seen->slots[at] != 0 && seen->slots[at] != hash)
		at = (at + 1) & (seen->room - 1);
	return at;
}

static void
grow(struct import_seen *seen)
{
	struct import_seen larger = { .room = seen->room == 0 ? 1024 : seen->room * 2 };

	larger.slots = mem_zero(larger.room, sizeof *larger.slots);
	for (size_t i = 0; i < seen->room; i++) {
		if (seen->slots[i] != 0)
			larger.slots[place_of(&larger, seen->slots[i])] = seen->slots[i];
	}
	larger.count = seen->count;
	free(seen->slots);
	*seen = larger;
}

void
import_seen_add(struct import_seen *seen, char kind, const char *text)
{
	uint64_t hash = hash_of(kind, text);
	size_t at;

	if (seen->count * 2 >= seen->room)
		grow(seen);
	at = place_of(seen, hash);
	seen->count += seen->slots[at] == 0;
	seen->slots[at] = hash;
}

bool
import_seen_has(const struct import_seen *seen, char kind, const char *text)
{
	uint64_t hash = hash_of(kind, text);

	return seen->room > 0 && seen->slots[place_of(seen, hash)] == hash;
}
