#ifndef LIAISON_CRM_FIND_WORD_H
#define LIAISON_CRM_FIND_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/arena.h"
#include "liaison/crm/contact_find.h"

/* Words as contact.find compares them: letters and digits, without case, accents and apostrophes. */

enum {
	FIND_WORDS_MAX = 8, /* of a text that is looked for */
	FIND_LETTERS_MAX = 32, /* of a word; the rest is cut off */
	FIND_WORD_BYTES = FIND_LETTERS_MAX * 4 + 1,
	FIND_NEAR_MAX = 29, /* ways to leave out up to two of seven letters */
};

struct find_word {
	const char *text; /* arena */
	size_t size; /* of it, bytes */
	unsigned letters;
	unsigned fields; /* a bit a row of find_fields */
};

struct find_words {
	struct find_word *items; /* arena */
	unsigned count, room;
};

/* The fields that are searched: as an entry marks them, and as people know them. */
struct find_field {
	char mark;
	const char *name;
};
extern const struct find_field find_fields[]; /* ends with a NULL name */
unsigned find_field_bit(char mark);

/* Adds the words of text, each once, with the field's bit. */
void
find_words_add(struct arena *arena, struct find_words *words, const char *text, unsigned field);
/* Adds a phone number's digits as one word, without what is dialled before them within a country. */
void find_words_add_phone(
	struct arena *arena, struct find_words *words, const char *text, unsigned field);
/* The words of text in their order, each followed by a blank: what names are compared by. */
const char *find_plain(struct arena *arena, const char *text);

/* The words of a contact's entry "ada lovelace |ada:ne lovelace:ne c00001:o ". */
void find_entry_read(struct arena *arena, const char *entry, struct find_words *out);

/* Letters that may be wrong in a word that is searched for. */
unsigned find_tolerance(const struct find_word *word);
/* Insertions, omissions, other letters and exchanged neighbours between two words; limit + 1: more. */
unsigned find_distance(const char *a, const char *b, unsigned limit);
/* Hashes that a word shares with every word at most two (of short ones: one) such mistakes away. */
unsigned find_near_hashes(const struct find_word *word, uint32_t out[FIND_NEAR_MAX]);

/* A plain word that mixes our letters with Cyrillic or Greek ones becomes what it looks like. */
void find_undisguise(char *word);

#endif
