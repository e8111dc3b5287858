#include "find_word.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/text.h"
#include "liaison/base/utf8.h"

struct plain_letter {
	uint16_t letter, plain;
};

#include "plain_table.h"

const struct find_field find_fields[] = {
	{ 'n', "name" },
	{ 'o', "no" },
	{ 'e', "email" },
	{ 'd', "domain" },
	{ 'p', "phone" },
	{ 'm', "mobile" },
	{ 'c', "city" },
	{ 'z', "post_code" },
	{ 's', "street" },
	{ 'N', "name_2" },
	{ 'v', "vat_no" },
	{ 'r', "registration_no" },
	{ 'x', "external_id" },
	{ 't', "tag" },
	{ 'f', "field" },
	{ 0 },
};

unsigned
find_field_bit(char mark)
{
	for (unsigned i = 0; find_fields[i].name != NULL; i++) {
		if (find_fields[i].mark == mark)
			return 1u << i;
	}
	return 0;
}

/* ---- letters ---- */

enum { SEPARATOR = 0, IGNORED = 1 }; /* beside code points, which are printable ones */

/* A byte that is no UTF-8 separates. */
static uint32_t
next_code(const char **at)
{
	uint32_t code;

	*at += utf8_read(*at, UTF8_MAX, &code);
	return code == UTF8_INVALID ? SEPARATOR : code;
}

static int
compare_letters(const void *key, const void *row)
{
	return (int)*(const uint32_t *)key - (int)((const struct plain_letter *)row)->letter;
}

static bool
within(uint32_t code, uint32_t first, uint32_t last)
{
	return code >= first && code <= last;
}

/* Marks above and below letters, and apostrophes. */
static bool
is_ignored(uint32_t code)
{
	return code == '\'' || code == 0x2019 || code == 0x2bc || within(code, 0x300, 0x36f) ||
	       within(code, 0x591, 0x5c7) || within(code, 0x64b, 0x65f);
}

/* What stands between words: signs of Latin-1, general and CJK punctuation. */
static bool
is_sign(uint32_t code)
{
	if (code < 0x80)
		return !within(code, '0', '9') && !within(code, 'a', 'z');
	return (code < 0xc0 && code != 0xaa && code != 0xb5 && code != 0xba) || code == 0xd7 ||
	       code == 0xf7 || within(code, 0x2000, 0x2bff) || within(code, 0x3000, 0x3004) ||
	       within(code, 0x3008, 0x3030) || code == 0x30fb || within(code, 0xff00, 0xff0f) ||
	       within(code, 0xff1a, 0xff20) || code >= 0xfff0;
}

/* The plain form of a folded character. */
static uint32_t
plain_of(uint32_t code)
{
	const struct plain_letter *found;

	if (is_ignored(code))
		return IGNORED;
	if (within(code, 0xff10, 0xff5a)) /* the wide forms of ASCII */
		code -= 0xfee0;
	if (is_sign(code))
		return SEPARATOR;
	if (code < 0xc0 || code > 0x1fff)
		return code;
	found = bsearch(&code, PLAIN_LETTERS, sizeof PLAIN_LETTERS / sizeof *PLAIN_LETTERS,
		sizeof *PLAIN_LETTERS, compare_letters);
	return found != NULL ? found->plain : code;
}

/* Letters that Unicode does not take apart, and how they are written without them. */
static const struct {
	uint32_t code;
	char written[3];
} SPELT[] = {
	{ 0xdf, "ss" },
	{ 0xe6, "ae" },
	{ 0xf0, "d" },
	{ 0xf8, "o" },
	{ 0xfe, "th" },
	{ 0x111, "d" },
	{ 0x131, "i" },
	{ 0x142, "l" },
	{ 0x153, "oe" },
};

static const char *
spelt(uint32_t code)
{
	for (size_t i = 0; code >= 0xdf && code <= 0x153 && i < sizeof SPELT / sizeof *SPELT; i++) {
		if (SPELT[i].code == code)
			return SPELT[i].written;
	}
	return NULL;
}

/* ---- words ---- */

/* The next word of folded text; false: there is none. */
static bool
take_word(const char **at, char out[FIND_WORD_BYTES], unsigned *letters)
{
	size_t size = 0;

	*letters = 0;
	while (**at != '\0') {
		uint32_t code = plain_of(next_code(at));
		const char *written = spelt(code);

		if (code == IGNORED)
			continue;
		if (code == SEPARATOR) {
			if (*letters > 0)
				break;
			continue;
		}
		for (unsigned i = 0; *letters < FIND_LETTERS_MAX; i++) {
			if (written != NULL && written[i] == '\0')
				break;
			size += utf8_write(
				written != NULL ? (uint32_t)written[i] : code, out + size);
			++*letters;
			if (written == NULL)
				break;
		}
	}
	out[size] = '\0';
	find_undisguise(out);
	return *letters > 0;
}

static void
add_word(struct arena *arena, struct find_words *words, const char *text, unsigned letters,
	unsigned field)
{
	for (unsigned i = 0; i < words->count; i++) {
		if (strcmp(words->items[i].text, text) == 0) {
			words->items[i].fields |= field;
			return;
		}
	}
	if (words->count == words->room)
		words->items = arena_grow(
			arena, words->items, words->count, &words->room, sizeof *words->items);
	words->items[words->count++] = (struct find_word){ .text = arena_text(arena, text),
		.size = strlen(text),
		.letters = letters,
		.fields = field };
}

void
find_words_add(struct arena *arena, struct find_words *words, const char *text, unsigned field)
{
	const char *at = text_fold(arena, text);
	char word[FIND_WORD_BYTES];
	unsigned letters;

	while (take_word(&at, word, &letters))
		add_word(arena, words, word, letters, field);
}

/* "+49 (0)171 234", "0049171234" and "0171 234": the country's code stays, 00 and 0 go. */
void
find_words_add_phone(
	struct arena *arena, struct find_words *words, const char *text, unsigned field)
{
	char digits[FIND_LETTERS_MAX + 1];
	unsigned count = 0;

	for (const char *at = text; *at != '\0' && count < FIND_LETTERS_MAX; at++) {
		if (text_starts(at, "(0)"))
			at += 2;
		else if (*at >= '0' && *at <= '9' && (count > 0 || *at != '0'))
			digits[count++] = *at;
	}
	digits[count] = '\0';
	if (count > 0)
		add_word(arena, words, digits, count, field);
}

const char *
find_plain(struct arena *arena, const char *text)
{
	const char *at = text_fold(arena, text);
	struct text plain = { 0 };
	char word[FIND_WORD_BYTES];
	unsigned letters;
	char *copy;

	while (take_word(&at, word, &letters)) {
		text_add(&plain, word);
		text_add_char(&plain, ' ');
	}
	copy = arena_text(arena, plain.size > 0 ? plain.bytes : "");
	text_clear(&plain);
	return copy;
}

void
find_entry_read(struct arena *arena, const char *entry, struct find_words *out)
{
	const char *at = strchr(entry, '|');

	for (at = at != NULL ? at + 1 : entry; *at != '\0'; at += *at == ' ') {
		size_t size = strcspn(at, ":");
		const char *text = arena_text_n(arena, at, size);
		unsigned fields = 0;

		for (at += size + (at[size] == ':'); *at != '\0' && *at != ' '; at++)
			fields |= find_field_bit(*at);
		add_word(arena, out, text, (unsigned)utf8_count(text), fields);
	}
}

/* ---- typing mistakes ---- */

static bool
has_digit(const char *text)
{
	return strpbrk(text, "0123456789") != NULL;
}

unsigned
find_tolerance(const struct find_word *word)
{
	if (word->letters < 4 || has_digit(word->text))
		return 0;
	return word->letters < 8 ? 1 : 2;
}

static unsigned
read_codes(const char *text, uint32_t out[FIND_LETTERS_MAX])
{
	unsigned count = 0;

	while (*text != '\0' && count < FIND_LETTERS_MAX)
		out[count++] = next_code(&text);
	return count;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Damerau's distance with each part of the word changed once (optimal string alignment). */
unsigned
find_distance(const char *a, const char *b, unsigned limit)
{
	uint32_t left[FIND_LETTERS_MAX], right[FIND_LETTERS_MAX];
	unsigned m = read_codes(a, left), n = read_codes(b, right);
	unsigned char rows[3][FIND_LETTERS_MAX + 1];

	if (m > n + limit || n > m + limit)
		return limit + 1;
	for (unsigned j = 0; j <= n; j++)
		rows[0][j] = (unsigned char)j;
	for (unsigned i = 1; i <= m; i++) {
		unsigned char *now = rows[i % 3], *last = rows[(i + 2) % 3];
		const unsigned char *before = rows[(i + 1) % 3];
		unsigned best = now[0] = (unsigned char)i;

		for (unsigned j = 1; j <= n; j++) {
			unsigned cost = left[i - 1] != right[j - 1];
			unsigned value = least(least(now[j - 1], last[j]) + 1, last[j - 1] + cost);

			if (i > 1 && j > 1 && left[i - 1] == right[j - 2] &&
				left[i - 2] == right[j - 1])
				value = least(value, before[j - 2] + 1u);
			now[j] = (unsigned char)value;
			best = least(best, value);
		}
		if (best > limit)
			return limit + 1;
	}
	return least(rows[m % 3][n], limit + 1);
}

enum { NEAR_LETTERS = 7 };

/* FNV-1a of the letters but those at two places. */
static uint32_t
hash_without(const uint32_t *codes, unsigned count, unsigned first, unsigned second)
{
	uint32_t hash = 2166136261u;

	for (unsigned i = 0; i < count; i++) {
		if (i != first && i != second)
			hash = (hash ^ codes[i]) * 16777619u;
	}
	return hash;
}

/* Two beginnings of seven letters that are at most two mistakes apart are the same when each lacks at
 * most two of its letters. */
unsigned
find_near_hashes(const struct find_word *word, uint32_t out[FIND_NEAR_MAX])
{
	uint32_t codes[FIND_LETTERS_MAX];
	unsigned count = least(read_codes(word->text, codes), NEAR_LETTERS), used = 0;

	if (word->letters < 3 || has_digit(word->text))
		return 0;
	out[used++] = hash_without(codes, count, count, count);
	for (unsigned i = 0; i < count; i++) {
		out[used++] = hash_without(codes, count, i, i);
		for (unsigned j = i + 1; j < count && word->letters >= 6; j++)
			out[used++] = hash_without(codes, count, i, j);
	}
	return used;
}
