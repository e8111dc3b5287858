#include "find_word.h"
#include "liaison/base/utf8.h"

/* Cyrillic and Greek letters that look like one of ours, in small letters or in capitals (Unicode TS 39). */
static const struct {
	uint32_t code;
	char like;
} LOOKALIKES[] = {
	{ 0x3b1, 'a' },
	{ 0x3b2, 'b' },
	{ 0x3b5, 'e' },
	{ 0x3b6, 'z' },
	{ 0x3b7, 'h' },
	{ 0x3b9, 'i' },
	{ 0x3ba, 'k' },
	{ 0x3bc, 'm' },
	{ 0x3bd, 'v' },
	{ 0x3bf, 'o' },
	{ 0x3c1, 'p' },
	{ 0x3c4, 't' },
	{ 0x3c5, 'y' },
	{ 0x3c7, 'x' },
	{ 0x3f2, 'c' },
	{ 0x3f3, 'j' },
	{ 0x430, 'a' },
	{ 0x432, 'b' },
	{ 0x435, 'e' },
	{ 0x43a, 'k' },
	{ 0x43c, 'm' },
	{ 0x43d, 'h' },
	{ 0x43e, 'o' },
	{ 0x440, 'p' },
	{ 0x441, 'c' },
	{ 0x442, 't' },
	{ 0x443, 'y' },
	{ 0x445, 'x' },
	{ 0x455, 's' },
	{ 0x456, 'i' },
	{ 0x458, 'j' },
	{ 0x4bb, 'h' },
	{ 0x4cf, 'l' },
	{ 0x501, 'd' },
	{ 0x51b, 'q' },
	{ 0x51d, 'w' },
};

static uint32_t
without_disguise(uint32_t code)
{
	for (size_t i = 0; i < sizeof LOOKALIKES / sizeof *LOOKALIKES; i++) {
		if (LOOKALIKES[i].code == code)
			return (uint32_t)LOOKALIKES[i].like;
	}
	return code;
}

static bool
mixes_scripts(const char *word)
{
	bool ours = false, theirs = false;

	while (*word != '\0') {
		uint32_t code;

		word += utf8_read(word, UTF8_MAX, &code);
		ours |= code >= 'a' && code <= 'z';
		theirs |= code >= 0x370 && code <= 0x52f;
	}
	return ours && theirs;
}

/* In place: letters only become shorter. */
void
find_undisguise(char *word)
{
	const char *at = word;
	size_t size = 0;

	if (!mixes_scripts(word))
		return;
	while (*at != '\0') {
		uint32_t code;

		at += utf8_read(at, UTF8_MAX, &code);
		size += utf8_write(without_disguise(code), word + size);
	}
	word[size] = '\0';
}
