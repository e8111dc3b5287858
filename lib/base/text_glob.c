#include <string.h>

#include "liaison/base/text.h"
#include "liaison/base/utf8.h"

/* The next character, broken bytes as themselves above Unicode so that they equal only each other. Rules
 * ask this of all mail there is, and most of it is ASCII. */
static inline size_t
glob_read(const char *at, bool fold, uint32_t *code)
{
	size_t length;

	if ((unsigned char)*at < 0x80) {
		*code = (unsigned char)*at + (fold && *at >= 'A' && *at <= 'Z' ? 'a' - 'A' : 0);
		return 1;
	}
	length = utf8_read(at, UTF8_MAX, code);

	if (*code == UTF8_INVALID) {
		*code = UTF8_INVALID + (unsigned char)*at;
		return 1;
	}
	if (fold)
		*code = utf8_fold(*code);
	return length;
}

/* Behind a star that a letter follows: the next place where it may stand. U+017F folds to s, U+212A to k. */
static const char *
glob_skip(const char *pattern, const char *string, bool fold)
{
	char c = *pattern, stops[4] = { c };

	if ((unsigned char)c >= 0x80 || c == '\0' || c == '*' || c == '?')
		return string;
	if (fold && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
		stops[1] = (char)(c ^ 0x20);
		if ((c | 0x20) == 's' || (c | 0x20) == 'k')
			stops[2] = (c | 0x20) == 's' ? '\xc5' : '\xe2';
	}
	return string + strcspn(string, stops);
}

/* Only the last star is ever taken back, so the time is the product of the lengths at most. */
bool
text_glob(const char *pattern, const char *string, bool fold)
{
	const char *star = NULL, *star_at = NULL;

	while (*string != '\0') {
		uint32_t want = 0, have;
		size_t step, length = 0;

		if (*pattern == '*') {
			star = ++pattern;
			star_at = string = glob_skip(star, string, fold);
			continue;
		}
		step = glob_read(string, fold, &have);
		if (*pattern != '\0')
			length = glob_read(pattern, fold, &want);
		if (length > 0 && (*pattern == '?' || want == have)) {
			pattern += length;
			string += step;
			continue;
		}
		if (star == NULL)
			return false;
		pattern = star;
		star_at += glob_read(star_at, false, &have);
		star_at = string = glob_skip(star, star_at, fold);
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
