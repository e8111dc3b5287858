#include <string.h>

#include "liaison/base/text.h"
#include "utf8.h"

/* The next character, broken bytes as themselves above Unicode so that they equal only each other. */
static size_t
glob_read(const char *at, bool fold, uint32_t *code)
{
	size_t length = utf8_read(at, strnlen(at, 4), code);

	if (*code == UTF8_INVALID) {
		*code = UTF8_INVALID + (unsigned char)*at;
		return 1;
	}
	if (fold)
		*code = utf8_fold(*code);
	return length;
}

/* Only the last star is ever taken back, so the time is the product of the lengths at most. */
bool
text_glob(const char *pattern, const char *string, bool fold)
{
	const char *star = NULL, *star_at = NULL;

	while (*string != '\0') {
		uint32_t want = 0, have;
		size_t step = glob_read(string, fold, &have), length = 0;

		if (*pattern == '*') {
			star = ++pattern;
			star_at = string;
			continue;
		}
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
		string = star_at;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
