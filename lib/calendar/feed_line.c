#include "feed_line.h"

#include <string.h>
#include <strings.h>

static size_t
find(const struct feed_lines *lines, size_t from, char wanted)
{
	const char *at = memchr(lines->bytes + from, wanted, lines->size - from);

	return at == NULL ? lines->size : (size_t)(at - lines->bytes);
}

void
feed_lines_init(struct feed_lines *lines, const char *bytes, size_t size)
{
	*lines = (struct feed_lines){ .bytes = bytes, .size = size };
	if (size == 0)
		return;
	lines->line_feed = find(lines, 0, '\n');
	lines->carriage_return = find(lines, 0, '\r');
}

void
feed_lines_clear(struct feed_lines *lines)
{
	text_clear(&lines->unfolded);
}

/* The bytes of the line end at at: LF, CR, CR LF, or CR CR LF as text-mode copies make it. */
static size_t
end_size(const struct feed_lines *lines, size_t at)
{
	const char *bytes = lines->bytes + at;
	size_t left = lines->size - at;

	if (left == 0)
		return 0;
	if (bytes[0] == '\n')
		return 1;
	if (left >= 2 && bytes[1] == '\n')
		return 2;
	return left >= 3 && bytes[1] == '\r' && bytes[2] == '\n' ? 3 : 1;
}

/* Moves past one physical line; returns its length without the line end. Where the next line feed
 * and carriage return are is remembered, so no byte is looked at more than once for either. */
static size_t
take_physical(struct feed_lines *lines)
{
	size_t start = lines->at, end;

	if (lines->line_feed < start)
		lines->line_feed = find(lines, start, '\n');
	if (lines->carriage_return < start)
		lines->carriage_return = find(lines, start, '\r');
	end = lines->line_feed < lines->carriage_return ? lines->line_feed : lines->carriage_return;
	lines->at = end + end_size(lines, end);
	lines->number++;
	return end - start;
}

static bool
is_folded_on(const struct feed_lines *lines)
{
	return lines->at < lines->size &&
	       (lines->bytes[lines->at] == ' ' || lines->bytes[lines->at] == '\t');
}

/* Adds the physical lines that begin with a blank, without it. */
static void
unfold(struct feed_lines *lines, struct feed_line *out)
{
	text_reset(&lines->unfolded);
	text_add_n(&lines->unfolded, out->text, out->length);
	while (is_folded_on(lines)) {
		size_t start = lines->at, length = take_physical(lines);

		text_add_n(&lines->unfolded, lines->bytes + start + 1, length - 1);
		if (length > out->longest)
			out->longest = length;
	}
	out->text = lines->unfolded.bytes;
	out->length = lines->unfolded.size;
}

static bool
is_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

/* A name, then parameters or a value; vendors' names with '_' and '.' are taken. */
static size_t
name_length(const char *text, size_t length)
{
	size_t name = 0;

	while (name < length && is_name_char(text[name]))
		name++;
	if (name == length || (text[name] != ':' && text[name] != ';'))
		return 0;
	return memchr(text + name, ':', length - name) == NULL ? 0 : name;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
feed_line_blank(const struct feed_line *line)
{
	size_t at = 0;

	while (at < line->length && is_blank(line->text[at]))
		at++;
	return at == line->length;
}

bool
feed_line_next(struct feed_lines *lines, struct feed_line *out)
{
	struct feed_line line = { .offset = lines->at, .number = lines->number + 1 };

	if (lines->at >= lines->size)
		return false;
	line.text = lines->bytes + lines->at;
	line.length = line.longest = take_physical(lines);
	line.headless = feed_line_blank(&line) && is_folded_on(lines);
	if (is_folded_on(lines))
		unfold(lines, &line);
	line.size = lines->at - line.offset;
	line.name = line.headless ? 0 : name_length(line.text, line.length);
	*out = line;
	return true;
}

void
feed_line_strip(struct feed_line *line)
{
	bool marked = line->length >= 3 && memcmp(line->text, "\xef\xbb\xbf", 3) == 0;
	size_t front = marked ? 3 : 0;

	while (front < line->length && is_blank(line->text[front]))
		front++;
	line->text += front;
	line->length -= front;
	line->name = name_length(line->text, line->length);
}

bool
feed_line_is(const struct feed_line *line, const char *name)
{
	return strlen(name) == line->name && strncasecmp(line->text, name, line->name) == 0;
}

const char *
feed_line_value(const struct feed_line *line, size_t *size)
{
	const char *end = line->text + line->length;
	const char *value = memchr(line->text, ':', line->length);

	value = value == NULL ? end : value + 1;
	while (value < end && is_blank(*value))
		value++;
	while (end > value && is_blank(end[-1]))
		end--;
	*size = (size_t)(end - value);
	return value;
}

/* The end of a parameter's value: at ';', ':' or ',' outside quotes. */
static const char *
value_end(const char *at, const char *end)
{
	bool quoted = false;

	for (; at < end; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (!quoted && (*at == ';' || *at == ':' || *at == ','))
			break;
	}
	return at;
}

static void
strip_quotes(const char **zone, size_t *size)
{
	if (*size >= 2 && **zone == '"' && (*zone)[*size - 1] == '"') {
		++*zone;
		*size -= 2;
	}
}

bool
feed_line_zone(const struct feed_line *line, const char **zone, size_t *size)
{
	static const char NAME[] = "TZID=";
	const char *at = line->text + line->name, *end = line->text + line->length;

	while (at < end && (*at == ';' || *at == ',')) {
		bool found = *at == ';' && end - at > (ptrdiff_t)sizeof NAME - 1 &&
			     strncasecmp(at + 1, NAME, sizeof NAME - 1) == 0;
		const char *value = at + (found ? sizeof NAME : 1);

		at = value_end(value, end);
		if (!found)
			continue;
		*zone = value;
		*size = (size_t)(at - value);
		strip_quotes(zone, size);
		return true;
	}
	return false;
}
