#include "code_text.h"

#include <stdbool.h>
#include <string.h>

#include "liaison/base/utf8.h"

char *
upper_text(struct arena *arena, const char *text)
{
	char *copy = arena_text(arena, text);

	for (char *c = copy; *c != '\0'; c++) {
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	}
	return copy;
}

int
text_check(const char *field, unsigned max, const char *value, struct err *err)
{
	size_t length = utf8_count(value);

	if (max > 0 && length > max)
		return fail_field(err, ERR_USAGE, field,
			"the %s '%.40s…' has %zu characters and may have %u", field, value, length,
			max);
	if (strpbrk(value, "\r\n") != NULL)
		return fail_field(err, ERR_USAGE, field, "the %s is more than one line", field);
	return 0;
}

int
code_check(struct arena *arena, const char *field, const char **value, struct err *err)
{
	enum { CODE_MAX = 20 };
	static const char OF[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (*value == NULL)
		return 0;
	*value = upper_text(arena, *value);
	if (**value == '\0' || strlen(*value) > CODE_MAX || (*value)[strspn(*value, OF)] != '\0')
		return fail_field(err, ERR_USAGE, field,
			"the %s '%.40s' is no code: 1 to 20 of A-Z 0-9 . _ -", field, *value);
	return 0;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Two or three letters, then subtags of two to eight letters or digits. */
static bool
is_language(const char *value)
{
	size_t part = 0, letters = 0;

	while (is_letter(value[letters]))
		letters++;
	if (letters < 2 || letters > 3)
		return false;
	for (value += letters; *value != '\0'; value += part) {
		if (*value != '-' && *value != '_')
			return false;
		value++;
		for (part = 0;
			is_letter(value[part]) || (value[part] >= '0' && value[part] <= '9');)
			part++;
		if (part < 2 || part > 8)
			return false;
	}
	return true;
}

int
language_check(const char *field, const char *value, struct err *err)
{
	if (value == NULL || is_language(value))
		return 0;
	return fail_field(err, ERR_USAGE, field,
		"the %s '%.40s' is no code such as 'de' or 'pt-BR'", field, value);
}

int
country_check(const char *field, const char *value, struct err *err)
{
	static const char UPPER[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (value == NULL ||
		(strlen(value) >= 2 && strlen(value) <= 3 && value[strspn(value, UPPER)] == '\0'))
		return 0;
	return fail_field(err, ERR_USAGE, field,
		"the %s '%.40s' is no code of two or three letters such as 'DE'", field, value);
}
