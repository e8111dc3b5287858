#include "liaison/base/address.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "liaison/base/text.h"

/* Addresses as they stand in words, records and headers. */

struct words {
	const char *at, *end;
};

/* Blanks, quotation marks and dashes beyond ASCII: U+0080 to U+00BF, U+2000 to U+207F. */
static bool
is_wide_mark(const struct words *words, const char *at)
{
	const unsigned char *code = (const unsigned char *)at;

	if (words->end - at >= 2 && code[0] == 0xc2)
		return true;
	return words->end - at >= 3 && code[0] == 0xe2 && (code[1] == 0x80 || code[1] == 0x81);
}

static bool
is_letter(const struct words *words, const char *at)
{
	return at < words->end &&
	       (isalnum((unsigned char)*at) || (unsigned char)*at >= 0x80 || *at == '-' ||
		       *at == '_') &&
	       !is_wide_mark(words, at);
}

static bool
is_in_local(const struct words *words, const char *at)
{
	return is_letter(words, at) || (at < words->end && (*at == '.' || *at == '+'));
}

static bool
is_after_mark(const struct words *words, const char *text)
{
	return (words->at - text >= 2 && is_wide_mark(words, words->at - 2) &&
		       (unsigned char)words->at[-2] == 0xc2) ||
	       (words->at - text >= 3 && is_wide_mark(words, words->at - 3) &&
		       (unsigned char)words->at[-3] == 0xe2);
}

/* A full stop ends a sentence, unless the domain goes on behind it. */
static bool
ends_domain(const struct words *words, const char *at)
{
	return !is_letter(words, at) &&
	       !(at < words->end && *at == '.' && is_letter(words, at + 1));
}

static bool
take(struct words *words, const char *part, size_t size)
{
	if ((size_t)(words->end - words->at) < size || strncasecmp(words->at, part, size) != 0)
		return false;
	words->at += size;
	return true;
}

static bool
stands_at(struct words *words, const char *address, size_t local, size_t size)
{
	if (!take(words, address, local))
		return false;
	if (local < size && words->at < words->end && *words->at == '+') {
		while (is_in_local(words, words->at) ||
			(words->at < words->end && *words->at == '='))
			words->at++;
	}
	return take(words, address + local, size - local) && ends_domain(words, words->at);
}

static size_t
local_size(const char *address, size_t size)
{
	const char *at_sign = memrchr(address, '@', size);

	return at_sign == NULL ? size : (size_t)(at_sign - address);
}

static bool
begins(const struct words *words, const char *text)
{
	return words->at == text || !is_in_local(words, words->at - 1) ||
	       is_after_mark(words, text);
}

bool
address_is_in(const char *text, size_t size, const char *canonical)
{
	size_t whole = strlen(canonical), local = local_size(canonical, whole);
	struct words words = { text, text + size };

	for (; words.at < words.end; words.at++) {
		struct words rest = words;

		if (tolower((unsigned char)*words.at) == tolower((unsigned char)*canonical) &&
			begins(&words, text) && stands_at(&rest, canonical, local, whole))
			return true;
	}
	return false;
}

/* How much of words the longest of the list is that they begin with; 0: none. */
static size_t
longest_at(const struct words *words, const char *list)
{
	size_t longest = 0;

	while (*list != '\0') {
		size_t size = strcspn(list, "\n");
		struct words rest = *words;

		if (size > 0 &&
			tolower((unsigned char)*list) == tolower((unsigned char)*words->at) &&
			stands_at(&rest, list, local_size(list, size), size) &&
			(size_t)(rest.at - words->at) > longest)
			longest = (size_t)(rest.at - words->at);
		list += size + (list[size] == '\n');
	}
	return longest;
}

bool
address_take_out(const char *text, const char *list, struct text *out)
{
	struct words words = { text, text + strlen(text) };
	const char *from = text;

	while (words.at < words.end) {
		size_t size = begins(&words, text) ? longest_at(&words, list) : 0;

		if (size > 0) {
			text_add_n(out, from, (size_t)(words.at - from));
			text_add(out, "(forgotten)");
			from = words.at + size;
		}
		words.at += size > 0 ? size : 1;
	}
	if (from == text)
		return false;
	text_add(out, from);
	return true;
}
