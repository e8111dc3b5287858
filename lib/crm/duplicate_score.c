#include <string.h>

#include "duplicate_side.h"
#include "find_word.h"
#include "liaison/base/utf8.h"

/* How alike two contacts are. Shares are in thousands. */

enum { WHOLE = 1000, SOUND = 850, INITIAL = 860, ALIKE = 700 };

/* ---- names ---- */

/* Mistakes that a word of so many letters may have in it. */
static unsigned
tolerance(size_t letters)
{
	return letters < 4 ? 0 : letters < 8 ? 1 : 2;
}

static bool
sound_alike(const char *a, const char *b)
{
	char x[DUPLICATE_SOUND], y[DUPLICATE_SOUND];

	duplicate_sounds(a, x);
	duplicate_sounds(b, y);
	return x[0] != '\0' && x[1] != '\0' && strcmp(x, y) == 0;
}

static unsigned
spelling_share(const char *a, const char *b, size_t longer, unsigned limit)
{
	unsigned distance = find_distance(a, b, limit);

	return distance > limit ? 0 : WHOLE - distance * WHOLE / (unsigned)longer;
}

/* Names of a man and of a woman sound alike, and end with another letter. */
static bool
end_alike(const char *a, const char *b)
{
	return a[strlen(a) - 1] == b[strlen(b) - 1];
}

/* A mistake that nobody hears is half a mistake. */
static unsigned
sound_share(const char *a, const char *b, size_t longer, unsigned limit)
{
	enum { LETTERS_LEAST = 5 };
	unsigned share = longer < LETTERS_LEAST || !end_alike(a, b)
				 ? 0
				 : (WHOLE + spelling_share(a, b, longer, limit)) / 2;

	return share > SOUND ? share : SOUND;
}

static unsigned
word_share(const char *a, const char *b, bool initials)
{
	size_t la = utf8_count(a), lb = utf8_count(b), longer = la > lb ? la : lb;
	unsigned limit = tolerance(la < lb ? la : lb);
	size_t more = longer - (la < lb ? la : lb);

	if (strcmp(a, b) == 0)
		return WHOLE;
	if (la == 1 || lb == 1)
		return initials && strncmp(a, b, strlen(la == 1 ? a : b)) == 0 ? INITIAL : 0;
	if (more <= 1 && sound_alike(a, b))
		return sound_share(a, b, longer, limit);
	return limit == 0 || more > limit ? 0 : spelling_share(a, b, longer, limit);
}

/* The best of b that no other word took; *at: which. */
static unsigned
best_share(const char *word, const struct duplicate_list *b, const bool *taken, bool initials,
	unsigned *at)
{
	unsigned best = 0;

	for (unsigned i = 0; i < b->count; i++) {
		unsigned share = taken[i] ? 0 : word_share(word, b->items[i], initials);

		if (share > best) {
			best = share;
			*at = i;
		}
	}
	return best;
}

/* In any order. Of a company's name long words count for more; of a person's each counts alike. */
static unsigned
name_share(const struct duplicate_list *a, const struct duplicate_list *b, bool company)
{
	bool taken[DUPLICATE_WORDS_MAX] = { false };
	size_t whole = 0, common = 0;

	for (unsigned i = 0; i < b->count; i++)
		whole += company ? utf8_count(b->items[i]) : 1;
	for (unsigned i = 0; i < a->count; i++) {
		size_t weight = company ? utf8_count(a->items[i]) : 1;
		unsigned at = 0, share;

		whole += weight;
		share = best_share(a->items[i], b, taken, !company, &at);
		if (share == 0)
			continue;
		taken[at] = true;
		if (company)
			weight += utf8_count(b->items[at]);
		else
			weight++;
		common += weight * share;
	}
	return whole == 0 ? 0 : (unsigned)(common / whole);
}

bool
duplicate_names_alike(const struct duplicate_side *person, const struct duplicate_list *words)
{
	return name_share(&person->words, words, false) >= ALIKE;
}

/* ---- the rest ---- */

static bool
share_item(const struct duplicate_list *a, const struct duplicate_list *b)
{
	for (unsigned i = 0; i < a->count; i++) {
		for (unsigned j = 0; j < b->count; j++) {
			if (strcmp(a->items[i], b->items[j]) == 0)
				return true;
		}
	}
	return false;
}

static bool
both(const char *a, const char *b)
{
	return a[0] != '\0' && b[0] != '\0';
}

/* What agrees, of what both fill. */
struct tally {
	unsigned weight, agreed; /* agreed in thousands of weight */
	unsigned kinds; /* that agree, beside the name */
	unsigned reasons;
};

static void
agree(struct tally *tally, unsigned weight, enum duplicate_reason reason)
{
	tally->weight += weight;
	tally->agreed += weight * WHOLE;
	tally->kinds++;
	tally->reasons |= 1u << reason;
}

static void
weigh_list(struct tally *tally, const struct duplicate_list *a, const struct duplicate_list *b,
	unsigned same, unsigned other, enum duplicate_reason reason)
{
	if (share_item(a, b))
		agree(tally, same, reason);
	else if (a->count > 0 && b->count > 0)
		tally->weight += other;
}

static void
weigh_address(struct tally *tally, const struct duplicate_side *a, const struct duplicate_side *b)
{
	bool streets = both(a->street, b->street), codes = both(a->post_code, b->post_code);
	bool cities = both(a->city, b->city);
	bool code = codes && strcmp(a->post_code, b->post_code) == 0;
	bool city = cities && strcmp(a->city, b->city) == 0;

	if (streets && strcmp(a->street, b->street) == 0 && (code || city || (!codes && !cities)))
		agree(tally, 25, DUPLICATE_ADDRESS);
	else if (streets)
		tally->weight += 20;
	else if (code || city) {
		tally->weight += 8;
		tally->agreed += 8 * WHOLE;
	} else if (codes || cities) {
		tally->weight += 10;
	}
}

/* Mail addresses that differ say nothing: people have several. */
static void
weigh(struct tally *tally, const struct duplicate_side *a, const struct duplicate_side *b,
	unsigned name)
{
	tally->weight = 40;
	tally->agreed = 40 * name;
	if (name >= 600)
		tally->reasons |= 1u << (name == WHOLE ? DUPLICATE_NAME : DUPLICATE_SIMILAR_NAME);
	weigh_list(tally, &a->emails, &b->emails, 40, 0, DUPLICATE_EMAIL);
	weigh_list(tally, &a->phones, &b->phones, 30, 15, DUPLICATE_PHONE);
	weigh_list(tally, &a->domains, &b->domains, a->company ? 30 : 15, a->company ? 15 : 0,
		DUPLICATE_DOMAIN);
	weigh_address(tally, a, b);
	if (both(a->employer, b->employer) && strcmp(a->employer, b->employer) == 0)
		agree(tally, 20, DUPLICATE_COMPANY);
}

/* A mail address that two have, or a domain that is two companies' own, is shown whatever their names. */
static unsigned
least_of(const struct duplicate_side *a, const struct duplicate_side *b, const struct tally *tally)
{
	enum { SHARED = 60 };

	if (tally->reasons & 1u << DUPLICATE_EMAIL)
		return SHARED;
	return a->company && share_item(&a->own, &b->own) ? SHARED : 0;
}

/* Colleagues share phone, address and domain, and are still two. */
static bool
names_allow(const struct duplicate_side *side, const struct tally *tally, unsigned name)
{
	bool email = tally->reasons & 1u << DUPLICATE_EMAIL;

	if (!side->company)
		return name >= ALIKE || (email && name >= 450);
	return name >= 750 || (name >= 300 && tally->kinds >= 2) || tally->kinds >= 3;
}

/* Little that agrees is little, even if there is nothing else. */
static unsigned
most_of(const struct duplicate_side *side, const struct duplicate_side *other,
	const struct tally *tally, unsigned name)
{
	bool half = !side->company && (side->words.count < 2 || other->words.count < 2);

	if (tally->kinds >= 2)
		return 100;
	if (tally->kinds == 1)
		return half ? 80 : 95;
	return half ? 45 : (unsigned)(75ull * name * name * name / WHOLE / WHOLE / WHOLE);
}

struct strings {
	unsigned all, filled, equal;
};

static struct strings
compare_strings(const struct duplicate_side *a, const struct duplicate_side *b)
{
	struct strings strings = { .all = a->strings.count };

	for (unsigned i = 0; i < a->strings.count && i < b->strings.count; i++) {
		if (!both(a->strings.items[i], b->strings.items[i]))
			continue;
		strings.filled++;
		strings.equal += strcmp(a->strings.items[i], b->strings.items[i]) == 0;
	}
	return strings;
}

/* Of all strings, as Business Central counts; and of those that both fill, if that is enough of them and
 * the names are alike. Persons of one company share most strings, so that their names must be alike. */
static unsigned
strings_score(const struct duplicate_side *a, const struct duplicate_side *b, unsigned name)
{
	enum { ENOUGH = 6 };
	struct strings strings = compare_strings(a, b);
	unsigned score = 0;

	if (strings.all == 0 || (!a->company && name < ALIKE))
		return 0;
	score = strings.equal * 100 / strings.all;
	if (strings.filled >= ENOUGH && name >= 500 && strings.equal * 100 / strings.filled > score)
		score = strings.equal * 100 / strings.filled;
	return score;
}

unsigned
duplicate_score(const struct duplicate_side *a, const struct duplicate_side *b, unsigned *reasons)
{
	struct tally tally = { 0 };
	unsigned name, score = 0, least, most, strings;

	*reasons = 0;
	if (a->company != b->company)
		return 0;
	name = name_share(&a->words, &b->words, a->company);
	weigh(&tally, a, b, name);
	if (names_allow(a, &tally, name)) {
		score = tally.agreed / tally.weight / 10;
		most = most_of(a, b, &tally, name);
		score = score < most ? score : most;
	}
	least = least_of(a, b, &tally);
	score = score > least ? score : least;
	strings = strings_score(a, b, name);
	if (strings >= 50)
		tally.reasons |= 1u << DUPLICATE_STRINGS_ALIKE;
	*reasons = tally.reasons;
	return strings > score ? strings : score;
}
