#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "liaison/base/utf8.h"
#include "liaison/mail/charset.h"

#include "charset_table.h"
#include "etpan.h"

enum { NAME_MAX_SIZE = 40, ALIASES_MAX = 256 };

struct alias {
	char name[24];
	unsigned row;
};

struct charsets {
	iconv_t *converters; /* one a row; (iconv_t)-1: the system lacks it */
	struct alias *aliases; /* sorted */
	size_t alias_count;
	struct text scratch;
};

static const char REPLACEMENT[] = "\xef\xbf\xbd";

static int
compare_alias(const void *a, const void *b)
{
	return strcmp(((const struct alias *)a)->name, ((const struct alias *)b)->name);
}

static void
add_aliases(struct charsets *charsets, unsigned row)
{
	const char *names = charset_table[row].names;

	while (*names != '\0' && charsets->alias_count < ALIASES_MAX) {
		struct alias *alias = &charsets->aliases[charsets->alias_count++];
		size_t size = strcspn(names, " ");
		size_t kept = size < sizeof alias->name ? size : sizeof alias->name - 1;

		memcpy(alias->name, names, kept);
		alias->row = row;
		names += size;
		names += strspn(names, " ");
	}
}

struct charsets *
charsets_new(void)
{
	struct charsets *charsets = mem_zero(1, sizeof *charsets);

	charsets->converters = mem_zero(charset_table_count, sizeof *charsets->converters);
	charsets->aliases = mem_zero(ALIASES_MAX, sizeof *charsets->aliases);
	for (unsigned i = 0; i < charset_table_count; i++) {
		charsets->converters[i] = iconv_open("UTF-8", charset_table[i].converter);
		add_aliases(charsets, i);
	}
	qsort(charsets->aliases, charsets->alias_count, sizeof *charsets->aliases, compare_alias);
	etpan_use_charsets(charsets);
	return charsets;
}

void
charsets_free(struct charsets *charsets)
{
	if (charsets == NULL)
		return;
	etpan_use_charsets(NULL);
	for (unsigned i = 0; i < charset_table_count; i++)
		if (charsets->converters[i] != (iconv_t)-1)
			iconv_close(charsets->converters[i]);
	text_clear(&charsets->scratch);
	free(charsets->converters);
	free(charsets->aliases);
	free(charsets);
}

unsigned
charsets_count(const struct charsets *charsets)
{
	unsigned count = 2; /* UTF-8 and US-ASCII */

	for (unsigned i = 0; i < charset_table_count; i++)
		count += charsets->converters[i] != (iconv_t)-1;
	return count;
}

/* Lower case, letters and digits only: "ISO_8859-1" and "iso-8859-1" are "iso88591". */
static bool
plain_name(const char *name, size_t size, char out[NAME_MAX_SIZE])
{
	size_t kept = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)name[i];

		if (!isalnum(c) || c >= 0x80)
			continue;
		if (kept + 1 == NAME_MAX_SIZE)
			return false;
		out[kept++] = (char)tolower(c);
	}
	out[kept] = '\0';
	return kept > 0;
}

enum kind { KIND_UNKNOWN, KIND_UTF8, KIND_ASCII, KIND_CONVERTED };

static enum kind
find(const struct charsets *charsets, const char *name, size_t size, iconv_t *converter)
{
	char plain[NAME_MAX_SIZE];
	struct alias key = { 0 };
	const struct alias *alias;

	if (!plain_name(name, size, plain))
		return KIND_UNKNOWN;
	if (strcmp(plain, "utf8") == 0 || strcmp(plain, "unicode11utf8") == 0 ||
		strcmp(plain, "xutf8utf8") == 0 || strcmp(plain, "utf8mb4") == 0)
		return KIND_UTF8;
	if (strcmp(plain, "usascii") == 0 || strcmp(plain, "ascii") == 0 ||
		strcmp(plain, "ansix341968") == 0 || strcmp(plain, "iso646us") == 0 ||
		strcmp(plain, "7bit") == 0 || strcmp(plain, "8bit") == 0 ||
		strcmp(plain, "unknown8bit") == 0)
		return KIND_ASCII;
	if (strlen(plain) >= sizeof key.name)
		return KIND_UNKNOWN;
	memcpy(key.name, plain, strlen(plain) + 1);
	alias = bsearch(&key, charsets->aliases, charsets->alias_count, sizeof key, compare_alias);
	if (alias == NULL || charsets->converters[alias->row] == (iconv_t)-1)
		return KIND_UNKNOWN;
	*converter = charsets->converters[alias->row];
	return KIND_CONVERTED;
}

bool
charset_known(const struct charsets *charsets, const char *name, size_t name_size)
{
	iconv_t converter;

	return find(charsets, name, name_size, &converter) != KIND_UNKNOWN;
}

/* Converters keep state (shifts, waiting accents): each text starts anew and is flushed. */
static void
convert(iconv_t converter, const char *bytes, size_t size, struct text *out)
{
	char *in = (char *)(uintptr_t)bytes;
	char buffer[1024];
	char *to = buffer;
	size_t room = sizeof buffer;

	iconv(converter, NULL, NULL, NULL, NULL);
	while (size > 0) {
		size_t r = iconv(converter, &in, &size, &to, &room);
		int error = errno;

		text_add_n(out, buffer, (size_t)(to - buffer));
		to = buffer;
		room = sizeof buffer;
		if (r != (size_t)-1)
			break;
		if (error == E2BIG)
			continue;
		text_add_n(out, REPLACEMENT, 3);
		if (error == EINVAL)
			break;
		in++;
		size--;
	}
	iconv(converter, NULL, NULL, &to, &room);
	text_add_n(out, buffer, (size_t)(to - buffer));
}

static void
add_utf8(const char *bytes, size_t size, struct text *out)
{
	if (text_is_utf8(bytes, size)) {
		text_add_n(out, bytes, size);
		return;
	}
	for (size_t at = 0; at < size;) {
		uint32_t code;
		size_t length = utf8_read(bytes + at, size - at, &code);

		if (code == UTF8_INVALID) {
			text_add(out, REPLACEMENT);
			at++;
			continue;
		}
		text_add_n(out, bytes + at, length);
		at += length;
	}
}

static bool
add_unknown(const char *bytes, size_t size, struct text *out)
{
	if (text_is_utf8(bytes, size)) {
		text_add_n(out, bytes, size);
		return false;
	}
	for (size_t i = 0; i < size; i++)
		text_add_char(out, (unsigned char)bytes[i] < 0x80 ? bytes[i] : '?');
	return false;
}

bool
charset_decode(struct charsets *charsets, const char *name, size_t name_size, const char *bytes,
	size_t size, struct text *out)
{
	iconv_t converter;

	switch (find(charsets, name, name_size, &converter)) {
	case KIND_UNKNOWN:
		return add_unknown(bytes, size, out);
	case KIND_UTF8:
		add_utf8(bytes, size, out);
		return true;
	case KIND_ASCII:
		charset_guess(charsets, bytes, size, out);
		return true;
	case KIND_CONVERTED:
		convert(converter, bytes, size, out);
		return true;
	}
	return false;
}

void
charset_guess(struct charsets *charsets, const char *bytes, size_t size, struct text *out)
{
	iconv_t western;

	if (text_is_utf8(bytes, size))
		text_add_n(out, bytes, size);
	else if (find(charsets, "cp1252", 6, &western) == KIND_CONVERTED)
		convert(western, bytes, size, out);
	else
		add_utf8(bytes, size, out);
}

int
charsets_check(struct charsets *charsets, struct err *err)
{
	struct text *out = &charsets->scratch;

	for (unsigned i = 0; i < charset_table_count; i++) {
		const struct charset_row *row = &charset_table[i];

		if (charsets->converters[i] == (iconv_t)-1)
			continue;
		text_reset(out);
		convert(charsets->converters[i], row->sample, row->sample_size, out);
		if (out->size != strlen(row->utf8) || memcmp(out->bytes, row->utf8, out->size) != 0)
			return fail(err, ERR_INTERNAL, "the character set '%s' is decoded wrongly",
				row->converter);
	}
	return 0;
}
