#include "liaison/export/csv.h"

#include <string.h>

static const char FORMULA[] = "=+-@\t\r";

static bool
is_formula(const char *value)
{
	value += strspn(value, "'");
	return *value != '\0' && strchr(FORMULA, *value) != NULL;
}

/* Other readers' delimiters are quoted, too, and blanks that they might drop. */
static bool
needs_quotes(const char *value)
{
	size_t size = strlen(value);

	return value[strcspn(value, ",;\t\"\r\n|")] != '\0' ||
	       (size > 0 && (value[0] == ' ' || value[size - 1] == ' '));
}

static void
add_quoted(struct text *out, const char *value)
{
	text_add_char(out, '"');
	for (; *value != '\0'; value++) {
		if (*value == '"')
			text_add_char(out, '"');
		text_add_char(out, *value);
	}
	text_add_char(out, '"');
}

void
csv_cell(struct text *out, const char *value, bool first, bool raw)
{
	struct text guarded = { 0 };

	if (!first)
		text_add_char(out, ',');
	if (value == NULL)
		return;
	if (!raw && is_formula(value)) {
		text_add_char(&guarded, '\'');
		text_add(&guarded, value);
		add_quoted(out, guarded.bytes);
		text_clear(&guarded);
	} else if (needs_quotes(value)) {
		add_quoted(out, value);
	} else {
		text_add(out, value);
	}
}

void
csv_end(struct text *out)
{
	text_add(out, "\r\n");
}
