#include <string.h>
#include <strings.h>

#include "quote.h"

enum { ATTRIBUTION_MAX = 300 };

struct line {
	const char *bytes;
	size_t size;
};

/* How mailers say whom they quote: the line's beginning and its end. */
static const struct {
	const char *begin, *end;
} attributions[] = {
	{ "On ", "wrote:" },
	{ "Am ", "schrieb:" },
	{ "Am ", "schrieb" },
	{ "Le ", "\xc3\xa9"
		 "crit :" },
	{ "Le ", "\xc3\xa9"
		 "crit:" },
	{ "El ", "escribi\xc3\xb3:" },
	{ "Il ", "scritto:" },
	{ "Op ", "schreef:" },
};

static const char *const originals[] = { "-----Original Message", "-----Urspr", "-------- Original",
	"-----Message d'origine", "----- Original Message" };

/* The line at *at, without its end and the blanks around it. */
static bool
next_line(const struct text *in, size_t *at, struct line *out)
{
	const char *start, *end;

	if (*at >= in->size)
		return false;
	start = in->bytes + *at;
	end = memchr(start, '\n', in->size - *at);
	if (end == NULL)
		end = in->bytes + in->size;
	*at = (size_t)(end - in->bytes) + 1;
	while (start < end && (*start == ' ' || *start == '\t' || *start == '\r'))
		start++;
	while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	*out = (struct line){ start, (size_t)(end - start) };
	return true;
}

static bool
begins(const struct line *line, const char *with)
{
	size_t size = strlen(with);

	return line->size >= size && strncasecmp(line->bytes, with, size) == 0;
}

static bool
ends(const struct line *line, const char *with)
{
	size_t size = strlen(with);

	return line->size >= size && memcmp(line->bytes + line->size - size, with, size) == 0;
}

/* 1 or 2: the lines an attribution takes; 0: line begins none. */
static unsigned
attribution_lines(const struct text *in, size_t at, const struct line *line)
{
	struct line second = { "", 0 };

	if (line->size > ATTRIBUTION_MAX)
		return 0;
	next_line(in, &at, &second);
	for (unsigned i = 0; i < sizeof attributions / sizeof *attributions; i++) {
		if (!begins(line, attributions[i].begin))
			continue;
		if (ends(line, attributions[i].end))
			return 1;
		if (second.size < ATTRIBUTION_MAX && ends(&second, attributions[i].end))
			return 2;
	}
	return 0;
}

static bool
is_original(const struct line *line)
{
	for (unsigned i = 0; i < sizeof originals / sizeof *originals; i++)
		if (begins(line, originals[i]))
			return true;
	return false;
}

void
quote_drop(const struct text *in, struct text *out)
{
	struct line line;
	size_t at = 0;

	while (next_line(in, &at, &line) && !is_original(&line)) {
		unsigned skip = attribution_lines(in, at, &line);

		if (skip == 2)
			next_line(in, &at, &line);
		if (skip > 0 || begins(&line, ">"))
			continue;
		if (line.size == 0 && out->size == 0)
			continue;
		text_add_n(out, line.bytes, line.size);
		text_add_char(out, '\n');
	}
}
