#include "find_judge.h"

#include <stdio.h>
#include <string.h>

#include "liaison/base/text.h"

enum {
	TEXT_MAX = 1000, /* bytes; no name is longer */
	PHONE_DIGITS = 4, /* that look like a part of a number */
	PHONE_SAME = 7, /* that make two numbers the same, one without its country or area */
};

/* ---- what is looked for ---- */

static bool
is_number(const char *text)
{
	unsigned digits = 0;

	for (const char *at = text; *at != '\0'; at++)
		digits += *at >= '0' && *at <= '9';
	return digits >= PHONE_DIGITS && text[strspn(text, "0123456789 +-()./")] == '\0';
}

/* The digits alone, so that "030 1234" is one word. */
static void
read_number(struct arena *arena, struct find_query *query)
{
	struct find_words phone = { 0 };
	char digits[FIND_WORD_BYTES];
	size_t size = 0;

	for (const char *at = query->text; *at != '\0' && size + 1 < sizeof digits; at++) {
		if (*at >= '0' && *at <= '9')
			digits[size++] = *at;
	}
	digits[size] = '\0';
	find_words_add(arena, &query->words, digits, 0);
	find_words_add_phone(arena, &phone, query->text, 0);
	if (phone.count > 0 && phone.items[0].letters >= PHONE_DIGITS)
		query->digits = phone.items[0].text;
}

void
find_query_read(struct arena *arena, const char *text, struct find_query *out)
{
	size_t size = strlen(text), kept = text_cut(text, size, TEXT_MAX);
	struct find_query query = { .is_cut = kept < size };

	query.text = text_trim(arena, text, kept);
	query.folded = text_fold(arena, query.text);
	if (is_number(query.text))
		read_number(arena, &query);
	else
		find_words_add(arena, &query.words, query.text, 0);
	query.plain = text_trim(
		arena, find_plain(arena, query.text), strlen(find_plain(arena, query.text)));
	if (query.words.count > FIND_WORDS_MAX) {
		query.words.count = FIND_WORDS_MAX;
		query.is_cut = true;
	}
	*out = query;
}

/* ---- one word against one word ---- */

struct match {
	enum find_how how;
	unsigned weight; /* NO_MATCH: it does not match at all */
	unsigned fields;
};

enum { NO_MATCH = 100 };

static unsigned
phone_bits(void)
{
	return find_field_bit('p') | find_field_bit('m');
}

static bool
ends_with(const char *text, size_t size, const char *end, size_t end_size)
{
	return size >= end_size && memcmp(text + size - end_size, end, end_size) == 0;
}

static bool
same_phone(const char *digits, const char *word, size_t size)
{
	size_t wanted = strlen(digits);

	if (wanted < PHONE_SAME || size < PHONE_SAME)
		return false;
	return ends_with(digits, wanted, word, size) || ends_with(word, size, digits, wanted);
}

static struct match
match_letters(const char *wanted, size_t wanted_size, const char *word, size_t size)
{
	if (wanted_size > size)
		return (struct match){ .weight = NO_MATCH };
	if (memcmp(word, wanted, wanted_size) == 0)
		return wanted_size == size ? (struct match){ .how = FIND_WORD, .weight = 0 }
					   : (struct match){ .how = FIND_PREFIX, .weight = 10 };
	if (memmem(word, size, wanted, wanted_size) != NULL)
		return (struct match){ .how = FIND_SUBSTRING, .weight = 20 };
	return (struct match){ .weight = NO_MATCH };
}

static struct match
match_nearly(const struct find_word *wanted, const char *word, size_t size)
{
	unsigned limit = find_tolerance(wanted), away;
	char copy[FIND_WORD_BYTES];

	if (limit == 0 || size >= sizeof copy)
		return (struct match){ .weight = NO_MATCH };
	memcpy(copy, word, size);
	copy[size] = '\0';
	away = find_distance(wanted->text, copy, limit);
	if (away > limit)
		return (struct match){ .weight = NO_MATCH };
	return (struct match){ .how = FIND_FUZZY, .weight = 30 + away };
}

static struct match
match_word(const struct find_query *query, const struct find_word *wanted, const char *word,
	size_t size, unsigned fields, enum find_how worst)
{
	struct match match = match_letters(wanted->text, wanted->size, word, size);

	if (query->digits != NULL && (fields & phone_bits()) != 0) {
		struct match phone = match_letters(
			query->digits, strlen(query->digits), word, size);

		if (same_phone(query->digits, word, size))
			phone = (struct match){ .how = FIND_EXACT, .weight = 0 };
		if (phone.weight <= match.weight)
			match = phone;
	}
	if (match.weight == NO_MATCH && worst == FIND_FUZZY)
		match = match_nearly(wanted, word, size);
	if (match.weight != NO_MATCH && match.how > worst)
		match.weight = NO_MATCH;
	match.fields = fields;
	/* Of two that match alike, the one in the name. */
	if (match.weight != NO_MATCH && (fields & find_field_bit('n')) == 0)
		match.weight++;
	return match;
}

/* ---- a contact ---- */

static const char *
first_field(unsigned fields)
{
	for (unsigned i = 0; find_fields[i].name != NULL; i++) {
		if (fields & 1u << i)
			return find_fields[i].name;
	}
	return NULL;
}

void
find_note(struct find_verdict *out, enum find_tier tier, const char *text, const char *field,
	enum find_how how)
{
	out->rank = tier * FIND_RANKS_A_TIER;
	out->count = 1;
	out->why[0] = (struct contact_why){ .word = text, .field = field, .how = how };
}

/* The name as a whole: entry is what it begins with, up to a bar. */
static bool
judge_name(const struct find_query *query, const char *entry, struct find_verdict *out)
{
	size_t size = strlen(query->plain);

	if (size == 0 || strncmp(entry, query->plain, size) != 0)
		return false;
	if (entry[size] == ' ' && entry[size + 1] == '|')
		find_note(out, TIER_NAME, query->text, "name", FIND_EXACT);
	else
		find_note(out, TIER_PREFIX, query->text, "name", FIND_PREFIX);
	return true;
}

static void
match_words(const struct find_query *query, const char *words, enum find_how worst,
	struct match best[FIND_WORDS_MAX])
{
	for (const char *at = words; *at != '\0';) {
		size_t size = strcspn(at, ":");
		const char *word = at;
		unsigned fields = 0;

		for (at += size + (at[size] == ':'); *at != '\0' && *at != ' '; at++)
			fields |= find_field_bit(*at);
		at += *at == ' ';
		for (unsigned i = 0; i < query->words.count; i++) {
			struct match match = match_word(
				query, &query->words.items[i], word, size, fields, worst);

			if (match.weight < best[i].weight)
				best[i] = match;
		}
	}
}

static enum find_tier
tier_of(enum find_how how)
{
	switch (how) {
	case FIND_EXACT:
		return TIER_NAME;
	case FIND_WORD:
	case FIND_PREFIX:
		return TIER_WORDS;
	case FIND_SUBSTRING:
		return TIER_SUBSTRING;
	case FIND_FUZZY:
		return TIER_FUZZY;
	}
	return TIER_NONE;
}

bool
find_judge(const struct find_query *query, const char *entry, enum find_how worst,
	struct find_verdict *out)
{
	const char *bar = strchr(entry, '|');
	struct match best[FIND_WORDS_MAX];
	enum find_tier tier = TIER_NAME;
	unsigned weight = 0;

	if (bar == NULL || query->words.count == 0)
		return false;
	if (judge_name(query, entry, out))
		return true;
	for (unsigned i = 0; i < query->words.count; i++)
		best[i] = (struct match){ .weight = NO_MATCH };
	match_words(query, bar + 1, worst, best);
	for (unsigned i = 0; i < query->words.count; i++) {
		if (best[i].weight == NO_MATCH)
			return false;
		weight += best[i].weight;
		if (tier_of(best[i].how) > tier)
			tier = tier_of(best[i].how);
		out->why[i] = (struct contact_why){ .word = query->words.items[i].text,
			.field = first_field(best[i].fields),
			.how = best[i].how };
	}
	out->count = query->words.count;
	out->rank = tier * FIND_RANKS_A_TIER + weight;
	return true;
}

void
contact_why_write(const struct contact_hit *hit, struct json_out *out)
{
	static const char *const HOW[] = { [FIND_EXACT] = "exact",
		[FIND_WORD] = "word",
		[FIND_PREFIX] = "prefix",
		[FIND_SUBSTRING] = "substring",
		[FIND_FUZZY] = "fuzzy" };

	json_array_begin(out, "why");
	for (unsigned i = 0; i < hit->why_count; i++) {
		json_object_begin(out, NULL);
		json_text(out, "word", hit->why[i].word);
		json_text(out, "field", hit->why[i].field);
		json_text(out, "how", HOW[hit->why[i].how]);
		json_object_end(out);
	}
	json_array_end(out);
}
