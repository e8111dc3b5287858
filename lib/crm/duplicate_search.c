#include "duplicate_search.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/crypt.h"

/* What a search reads again and again: each contact is a candidate of dozens, and most of these have
 * another name. It forgets all when anything changes that contacts are compared by. */

enum { SLOTS = 1 << 17, NAME_MAX_BYTES = 40, FULL_KEYS = 1024 };

struct known {
	int64_t contact; /* 0: none */
	uint64_t emails; /* a bit each, by hash */
	char name[NAME_MAX_BYTES]; /* a person's, its words as they are compared; "": a company */
};

struct duplicate_search {
	bool knows;
	int64_t left; /* as it was counted and counted down; 0: not yet */
	int64_t compared; /* store_compared, as this is known by it */
	int64_t full[FULL_KEYS]; /* keys that too many share, and one; 0: none */
	struct known known[SLOTS]; /* one takes another's place */
};

struct duplicate_search *
duplicate_search_new(void)
{
	return mem_zero(1, sizeof(struct duplicate_search));
}

void
duplicate_search_free(struct duplicate_search *search)
{
	free(search);
}

int64_t *
duplicate_search_left(struct duplicate_search *search)
{
	return &search->left;
}

void
duplicate_search_begin(struct duplicate_search *search, const struct store *store)
{
	int64_t compared = store_compared(store);

	if (search->knows && compared != search->compared) {
		memset(search->full, 0, sizeof search->full);
		memset(search->known, 0, sizeof search->known);
		search->knows = false;
	}
	search->compared = compared;
}

/* ---- keys ---- */

bool
duplicate_search_is_full(const struct duplicate_search *search, int64_t key)
{
	return search->full[(size_t)key % FULL_KEYS] == key + 1;
}

void
duplicate_search_note_full(struct duplicate_search *search, int64_t key)
{
	search->knows = true;
	search->full[(size_t)key % FULL_KEYS] = key + 1;
}

/* ---- names ---- */

static uint64_t
bits_of(const struct duplicate_list *emails)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < emails->count; i++)
		bits |= UINT64_C(1) << (hash64(emails->items[i], strlen(emails->items[i])) & 63);
	return bits;
}

/* false: it is too long. */
static bool
join_words(const struct duplicate_list *words, char out[NAME_MAX_BYTES])
{
	size_t used = 0;

	for (unsigned i = 0; i < words->count; i++) {
		size_t size = strlen(words->items[i]);

		if (used + size + 2 > NAME_MAX_BYTES)
			return false;
		if (i > 0)
			out[used++] = ' ';
		memcpy(out + used, words->items[i], size);
		used += size;
	}
	out[used] = '\0';
	return used > 0;
}

void
duplicate_search_learn(
	struct duplicate_search *search, int64_t contact, const struct duplicate_side *side)
{
	struct known known = { .contact = contact, .emails = bits_of(&side->emails) };

	search->knows = true;
	if (side->company || join_words(&side->words, known.name))
		search->known[(size_t)contact % SLOTS] = known;
}

bool
duplicate_search_excludes(
	const struct duplicate_search *search, const struct duplicate_side *side, int64_t contact)
{
	const struct known *known = &search->known[(size_t)contact % SLOTS];
	struct duplicate_list words;
	char name[NAME_MAX_BYTES];

	if (known->contact != contact)
		return false;
	if (side->company != (known->name[0] == '\0'))
		return true;
	if (side->company || (bits_of(&side->emails) & known->emails) != 0)
		return false;
	memcpy(name, known->name, sizeof name);
	duplicate_read_words(name, &words);
	return !duplicate_names_alike(side, &words);
}
