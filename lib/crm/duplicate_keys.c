#include <string.h>

#include "contact_row.h"
#include "duplicate_side.h"
#include "liaison/base/crypt.h"
#include "liaison/base/text.h"

/* Keys: what two that are one very likely have in common. */

struct keys {
	struct arena *arena;
	struct duplicate_key *items;
	unsigned count;
};

/* Forty bits of a hash: two that clash are compared for nothing. */
static void
add_key(struct keys *keys, unsigned weight, const char *text)
{
	int64_t key = (int64_t)(hash64(text, strlen(text)) & 0xffffffffff);

	for (unsigned i = 0; i < keys->count; i++) {
		if (keys->items[i].key == key)
			return;
	}
	if (keys->count < DUPLICATE_KEYS_MAX)
		keys->items[keys->count++] = (struct duplicate_key){ key, weight };
}

/* Letters that are written for one another, and vowels, which are left out. */
static char
sound_of(char c)
{
	static const char FROM[] = "cqzwvfd", TO[] = "kksvvvt";
	const char *at = strchr(FROM, c);

	if (strchr("aeiouyhj", c) != NULL)
		return '\0';
	return at != NULL ? TO[at - FROM] : c;
}

/* Words of other scripts sound like nothing we know, and stay. */
void
duplicate_sounds(const char *word, char out[DUPLICATE_SOUND])
{
	size_t used = 0;

	for (const char *at = word; *at != '\0' && used + 1 < DUPLICATE_SOUND; at++) {
		char sound = *at >= '0' && *at <= '9' ? *at : sound_of(*at);

		if ((unsigned char)*at >= 0x80) {
			text_copy(out, DUPLICATE_SOUND, word);
			return;
		}
		if (sound == '\0' && at == word)
			sound = *at == 'y' || *at == 'j' ? 'i' : *at;
		if (sound != '\0' && (used == 0 || out[used - 1] != sound))
			out[used++] = sound;
	}
	out[used] = '\0';
}

static const char *
sounds(struct arena *arena, const char *word)
{
	char *out = arena_alloc(arena, DUPLICATE_SOUND);

	duplicate_sounds(word, out);
	return out;
}

/* ---- names ---- */

static void
add_pair(struct keys *keys, const char *a, const char *b)
{
	const char *x = sounds(keys->arena, a), *y = sounds(keys->arena, b);
	bool turned = strcmp(x, y) > 0;

	add_key(keys, 4, arena_printf(keys->arena, "n%s %s", turned ? y : x, turned ? x : y));
	add_key(keys, 1, arena_printf(keys->arena, "i%.1s %.3s", x, y));
	add_key(keys, 1, arena_printf(keys->arena, "i%.1s %.3s", y, x));
}

/* The first, the second and the last word. */
static void
add_person_names(struct keys *keys, const struct duplicate_list *words)
{
	unsigned used = words->count < 3 ? words->count : 3;

	if (words->count == 1)
		add_key(keys, 3,
			arena_printf(keys->arena, "n%s", sounds(keys->arena, words->items[0])));
	for (unsigned i = 0; i < used; i++) {
		for (unsigned j = i + 1; j < used; j++)
			add_pair(
				keys, words->items[i], words->items[j == 2 ? words->count - 1 : j]);
	}
}

static void
add_company_names(struct keys *keys, const struct duplicate_list *words)
{
	enum { EACH = 4 };
	const char *initials = "";

	for (unsigned i = 0; i < words->count; i++) {
		if (i < EACH)
			add_key(keys, 2,
				arena_printf(
					keys->arena, "t%s", sounds(keys->arena, words->items[i])));
		initials = arena_printf(keys->arena, "%s%.4s", initials, words->items[i]);
	}
	add_key(keys, 4, arena_printf(keys->arena, "c%s", initials));
	if (words->count > 1)
		add_pair(keys, words->items[0], words->items[1]);
}

/* ---- places ---- */

/* The number of the house and the longest word of its street. */
static const char *
house_of(struct arena *arena, const char *street)
{
	const char *longest = "", *number = "";
	size_t best = 0;

	while (*street != '\0') {
		size_t size = strcspn(street, " ");

		if (*street >= '0' && *street <= '9')
			number = arena_text_n(arena, street, size);
		else if (size > best) {
			best = size;
			longest = arena_text_n(arena, street, size);
		}
		street += size + (street[size] == ' ');
	}
	return arena_printf(arena, "%s %s", number, sounds(arena, longest));
}

static void
add_places(struct keys *keys, const struct duplicate_side *side)
{
	const char *house;

	if (side->street[0] == '\0')
		return;
	house = house_of(keys->arena, side->street);
	if (side->post_code[0] != '\0')
		add_key(keys, 2, arena_printf(keys->arena, "a%s|%s", house, side->post_code));
	if (side->city[0] != '\0')
		add_key(keys, 2, arena_printf(keys->arena, "a%s|%s", house, side->city));
}

/* A domain is that of many; with the beginning of a name it is that of few. */
static void
add_domains(struct keys *keys, const struct duplicate_side *side)
{
	for (unsigned i = 0; i < side->domains.count && i < 3; i++) {
		const char *domain = side->domains.items[i];

		if (side->company)
			add_key(keys, 3, arena_printf(keys->arena, "d%s", domain));
		for (unsigned j = 0; !side->company && j < side->words.count && j < 2; j++)
			add_key(keys, 2,
				arena_printf(keys->arena, "x%s %.1s", domain,
					sounds(keys->arena, side->words.items[j])));
	}
}

/* ---- Business Central's strings ---- */

/* The fewer contacts share a string, the better a key it is. */
static unsigned
rank_of(const struct duplicate_string *row)
{
	static const struct {
		const char *field;
		unsigned first, last;
	} RANKS[] = {
		{ "phone", 40, 1 },
		{ "mobile", 41, 2 },
		{ "vat_no", 3, 4 },
		{ "street", 5, 8 },
		{ "name", 6, 7 },
		{ "city", 31, 32 },
		{ "post_code", 33, 34 },
		{ "country", 50, 51 },
	};

	if (row->field == NULL)
		return row->last ? 42 : 9;
	for (size_t i = 0; i < sizeof RANKS / sizeof RANKS[0]; i++) {
		if (strcmp(RANKS[i].field, row->field->name) == 0)
			return row->last ? RANKS[i].last : RANKS[i].first;
	}
	return 20;
}

/* Two that share enough strings share one of any so many, so that the rest need no keys. */
static void
add_strings(struct keys *keys, const struct duplicate_side *side, const struct duplicate_rows *rows)
{
	unsigned wanted = rows->count - (rows->count * rows->hit + 99) / 100 + 1;
	bool used[DUPLICATE_STRINGS_MAX] = { false };

	for (; wanted > 0; wanted--) {
		unsigned best = rows->count;

		for (unsigned i = 0; i < rows->count; i++) {
			if (!used[i] &&
				(best == rows->count ||
					rank_of(&rows->items[i]) < rank_of(&rows->items[best])))
				best = i;
		}
		if (best == rows->count)
			return;
		used[best] = true;
		if (best < side->strings.count && side->strings.items[best][0] != '\0')
			add_key(keys, 1,
				arena_printf(
					keys->arena, "s%u %s", best, side->strings.items[best]));
	}
}

unsigned
duplicate_keys(struct arena *arena, const struct duplicate_side *side,
	const struct duplicate_rows *rows, struct duplicate_key out[DUPLICATE_KEYS_MAX])
{
	struct keys keys = { .arena = arena, .items = out };

	for (unsigned i = 0; i < side->emails.count && i < 4; i++)
		add_key(&keys, 5, arena_printf(arena, "e%s", side->emails.items[i]));
	for (unsigned i = 0; i < side->phones.count; i++)
		add_key(&keys, 3, arena_printf(arena, "p%s", side->phones.items[i]));
	if (side->company)
		add_company_names(&keys, &side->words);
	else
		add_person_names(&keys, &side->words);
	add_domains(&keys, side);
	add_places(&keys, side);
	if (side->company)
		add_strings(&keys, side, rows);
	return keys.count;
}
